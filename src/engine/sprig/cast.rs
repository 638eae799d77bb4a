//! Loose conversions of any value to numbers and strings.
//!
//! Mirrors `github.com/spf13/cast` 1.7 (`ToInt64`, `ToInt`, `ToFloat64`, which give 0 where nothing fits) and sprig's
//! `strval` and `strslice`.

use crate::fmt;
use crate::strconv;
use crate::value::{Kind, List, Str, Type, Value};

/// Mirrors `cast.ToInt64` and `cast.ToInt`.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(it) | Value::Int64(it) => *it,
        Value::Int32(it) => i64::from(*it),
        Value::Uint8(it) => i64::from(*it),
        Value::Uint64(it) => it.cast_signed(),
        Value::Float(it) => truncate(*it),
        Value::Bool(it) => i64::from(*it),
        Value::Str(it) => {
            it.as_utf8().and_then(|text| strconv::parse_int(trim_zero_decimal(text), 0, 64).ok()).unwrap_or(0)
        }
        Value::Object(it) => calendar(&it.object_type(), || it.plain()),
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// Mirrors `cast.ToFloat64`.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Float(it) => *it,
        Value::Uint64(it) => *it as f64,
        Value::Str(it) => it.as_utf8().and_then(|text| strconv::parse_float(text).ok()).unwrap_or(0.0),
        other => to_int(other) as f64,
    }
}

/// The text of a value: strings and bytes as they are, everything else as `%v` prints it.
pub(super) fn to_text(value: &Value) -> Str {
    match value {
        Value::Str(it) | Value::Bytes(it) => it.clone(),
        Value::Object(it) => it.print().into(),
        other => fmt::print_value(other),
    }
}

/// The texts of the items of a list that are not nil, or of the value itself. A `[]string` is given back as it is, with
/// its contents shared.
pub(super) fn to_texts(value: &Value) -> List {
    match value {
        Value::List(list) if list.list_type() == Type::STRINGS => list.clone(),
        Value::List(list) => {
            let items = list.to_vec();
            let texts = items.iter().filter(|it| !matches!(it, Value::Nil)).map(|it| Value::Str(to_text(it)));
            List::with_capacity(Type::STRINGS, texts.collect(), items.len())
        }
        Value::Bytes(bytes) => List::strings(bytes.iter().map(u8::to_string)),
        Value::Nil => List::strings(Vec::<Str>::new()),
        other => List::strings([to_text(other)]),
    }
}

/// `int64(float)` as amd64 computes it: what does not fit is the smallest integer.
fn truncate(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}

/// Drops a fraction of nothing but zeros: `1.00` is `1`, `1.` stays.
fn trim_zero_decimal(text: &str) -> &str {
    match text.trim_end_matches('0') {
        head if head.len() < text.len() => head.strip_suffix('.').unwrap_or(text),
        _ => text,
    }
}

/// `time.Month` and `time.Weekday` are the only named integers that convert.
fn calendar(named: &Type, plain: impl Fn() -> Value) -> i64 {
    match named {
        Type::Named { name: "time.Month" | "time.Weekday", kind: Kind::Int, .. } => match plain() {
            Value::Int(it) | Value::Int64(it) => it,
            _ => 0,
        },
        _ => 0,
    }
}
