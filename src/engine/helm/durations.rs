//! The functions on durations that Helm has from 4.3 on.
//!
//! Mirrors the duration helpers of `pkg/engine/funcs.go`.

use crate::fmt::print_value;
use crate::gotmpl::{Body, Function, Sealed};
use crate::strconv;
use crate::time::{DURATION, Duration};
use crate::value::{Failure, Kind, Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    function("mustToDuration", ONE, DURATION, |args| read(first(args)).map(Value::from).map_err(Failure::new)),
    function("durationSeconds", ONE, Type::Float64, |args| Ok(count(args, "Seconds", 1.0))),
    function("durationMilliseconds", ONE, Type::Int64, |args| Ok(whole(args, 1_000_000))),
    function("durationMicroseconds", ONE, Type::Int64, |args| Ok(whole(args, 1_000))),
    function("durationNanoseconds", ONE, Type::Int64, |args| Ok(whole(args, 1))),
    function("durationMinutes", ONE, Type::Float64, |args| Ok(count(args, "Minutes", 1.0))),
    function("durationHours", ONE, Type::Float64, |args| Ok(count(args, "Hours", 1.0))),
    function("durationDays", ONE, Type::Float64, |args| Ok(count(args, "Hours", 24.0))),
    function("durationWeeks", ONE, Type::Float64, |args| match count(args, "Hours", 24.0) {
        Value::Float(days) => Ok(Value::Float(days / 7.0)),
        other => Ok(other),
    }),
    function("durationRoundTo", TWO, DURATION, |args| Ok(to_multiple(args, Duration::round))),
    function("durationTruncateTo", TWO, DURATION, |args| Ok(to_multiple(args, Duration::truncate))),
];

const ONE: &[Type] = &[Type::Any];
const TWO: &[Type] = &[Type::Any, Type::Any];

const fn function(
    name: &'static str,
    params: &'static [Type],
    result: Type,
    body: fn(&[Value]) -> Result<Value, Failure>,
) -> Function {
    Function { name, params, variadic: false, result, sealed: Sealed::Refuse, body: Body::Pure(body) }
}

fn first(args: &[Value]) -> &Value {
    args.first().unwrap_or(&Value::Nil)
}

/// A fraction of a unit by one of the duration's own methods, divided further. What is no duration counts as none.
fn count(args: &[Value], method: &str, divisor: f64) -> Value {
    use crate::value::Object as _;
    let duration = read(first(args)).unwrap_or(Duration(0));
    match duration.call(method, &[]) {
        Ok(Value::Float(it)) => Value::Float(it / divisor),
        _ => Value::Float(0.0),
    }
}

fn whole(args: &[Value], nanos: i64) -> Value {
    Value::Int64(read(first(args)).unwrap_or(Duration(0)).0 / nanos)
}

/// The duration itself where the second argument is none.
fn to_multiple(args: &[Value], step: fn(Duration, Duration) -> Duration) -> Value {
    let Ok(duration) = read(first(args)) else { return Duration(0).into() };
    match read(args.get(1).unwrap_or(&Value::Nil)) {
        Ok(multiple) => step(duration, multiple).into(),
        Err(_) => duration.into(),
    }
}

const SECOND: i64 = Duration::SECOND.0;
const SECOND_FLOAT: f64 = SECOND as f64;
/// 2^63, to which Go rounds its largest integer.
const MOST: f64 = i64::MAX as f64;
const LEAST: f64 = i64::MIN as f64;

/// A duration, a text in Go's form, or a number of seconds, also as a text. The error is Helm's text.
fn read(value: &Value) -> Result<Duration, String> {
    match value {
        Value::Nil => Err("invalid duration".into()),
        Value::Str(text) => {
            let trimmed = String::from_utf8_lossy(text);
            let trimmed = trimmed.trim();
            if trimmed.is_empty() {
                return Err("empty duration".into());
            }
            if let Ok(duration) = Duration::parse(trimmed.as_bytes()) {
                return Ok(duration);
            }
            match strconv::parse_float(trimmed) {
                Ok(seconds) => from_float(seconds),
                Err(_) => Err(format!("could not parse duration {}", strconv::quote(text))),
            }
        }
        Value::Int(it) | Value::Int64(it) => from_integer(*it),
        Value::Int32(it) => from_integer(i64::from(*it)),
        Value::Uint8(it) => from_integer(i64::from(*it)),
        Value::Uint64(it) => {
            i64::try_from(*it).map_err(|_| overflow(it)).and_then(|it| from_integer(it).map_err(|_| overflow(&it)))
        }
        Value::Float(it) => from_float(*it),
        Value::Object(object) => match (object.as_any().downcast_ref::<Duration>(), object.object_type().kind()) {
            (Some(duration), _) => Ok(*duration),
            (None, Kind::Int | Kind::Int32 | Kind::Int64) => read(&object.plain()),
            (None, _) => Err(unsupported(value)),
        },
        _ => Err(unsupported(value)),
    }
}

fn unsupported(value: &Value) -> String {
    format!("unsupported duration type {}", value.type_name())
}

fn overflow(seconds: &dyn std::fmt::Display) -> String {
    format!("duration seconds overflow: {seconds}")
}

fn from_integer(seconds: i64) -> Result<Duration, String> {
    seconds.checked_mul(SECOND).map(Duration).ok_or_else(|| overflow(&seconds))
}

fn from_float(seconds: f64) -> Result<Duration, String> {
    let printed = |it: f64| print_value(&Value::Float(it)).to_text().into_owned();
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", printed(seconds)));
    }
    if !(LEAST / SECOND_FLOAT..=MOST / SECOND_FLOAT).contains(&seconds) {
        return Err(overflow(&printed(seconds)));
    }
    let nanos = seconds * SECOND_FLOAT;
    if !(LEAST..=MOST).contains(&nanos) {
        return Err(format!("duration nanoseconds overflow: {}", printed(nanos)));
    }
    // One step beyond the largest integer is taken for the smallest by the processors Helm runs on.
    Ok(Duration(if nanos >= MOST { i64::MIN } else { nanos as i64 }))
}
