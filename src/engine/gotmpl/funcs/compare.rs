//! `eq`, `ne`, `lt`, `le`, `gt` and `ge`.

use std::cmp::Ordering;

use crate::fmt;
use crate::gotmpl::funcs::index::plain;
use crate::value::{Failure, Kind, Str, Value};

/// Whether the first argument equals any of the others.
pub(super) fn eq(args: &[Value]) -> Result<Value, Failure> {
    let (first, others) = match args {
        [] | [_] => return Err("missing argument for comparison".into()),
        [first, others @ ..] => (first, others),
    };
    for other in others {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(args: &[Value]) -> Result<Value, Failure> {
    let (left, right) = pair(args)?;
    Ok(Value::Bool(!equal(left, right)?))
}

pub(super) fn lt(args: &[Value]) -> Result<Value, Failure> {
    let (left, right) = pair(args)?;
    Ok(Value::Bool(less(left, right)?))
}

pub(super) fn le(args: &[Value]) -> Result<Value, Failure> {
    let (left, right) = pair(args)?;
    Ok(Value::Bool(less(left, right)? || equal(left, right)?))
}

/// The opposite of `le`, also where NaN is compared.
pub(super) fn gt(args: &[Value]) -> Result<Value, Failure> {
    let (left, right) = pair(args)?;
    Ok(Value::Bool(!(less(left, right)? || equal(left, right)?)))
}

/// The opposite of `lt`, also where NaN is compared.
pub(super) fn ge(args: &[Value]) -> Result<Value, Failure> {
    let (left, right) = pair(args)?;
    Ok(Value::Bool(!less(left, right)?))
}

fn pair(args: &[Value]) -> Result<(&Value, &Value), Failure> {
    match args {
        [left, right] => Ok((left, right)),
        _ => Err("missing argument for comparison".into()),
    }
}

/// A value by its kind, as far as comparison knows it.
enum Basic {
    Bool(bool),
    Complex,
    /// A signed or unsigned integer. Those may be compared with each other.
    Int(i128),
    Float(f64),
    Text(Str),
    /// What has no order, and equals only nil or its like.
    Other,
}

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(it) => Basic::Bool(*it),
        Value::Int(it) | Value::Int64(it) => Basic::Int((*it).into()),
        Value::Int32(it) => Basic::Int((*it).into()),
        Value::Uint8(it) => Basic::Int((*it).into()),
        Value::Uint64(it) => Basic::Int((*it).into()),
        Value::Float(it) => Basic::Float(*it),
        Value::Str(it) => Basic::Text(it.clone()),
        Value::Object(object) => match value.kind() {
            Kind::Complex128 => Basic::Complex,
            Kind::Interface | Kind::Slice | Kind::Map | Kind::Struct | Kind::Ptr | Kind::Func | Kind::Invalid => {
                Basic::Other
            }
            _ => match object.plain() {
                Value::Object(_) => Basic::Other,
                plain => basic(&plain),
            },
        },
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => Basic::Other,
    }
}

fn equal(left: &Value, right: &Value) -> Result<bool, Failure> {
    match (basic(left), basic(right)) {
        (Basic::Bool(left), Basic::Bool(right)) => Ok(left == right),
        (Basic::Int(left), Basic::Int(right)) => Ok(left == right),
        (Basic::Float(left), Basic::Float(right)) => Ok(left == right),
        (Basic::Text(left), Basic::Text(right)) => Ok(left == right),
        (Basic::Complex, Basic::Complex) | (Basic::Other, Basic::Other) => equal_other(left, right),
        _ if matches!(left, Value::Nil) || matches!(right, Value::Nil) => Ok(false),
        _ => Err(incompatible(left, right)),
    }
}

fn equal_other(left: &Value, right: &Value) -> Result<bool, Failure> {
    let (left_kind, right_kind) = (left.kind(), right.kind());
    if left_kind != right_kind && left_kind != Kind::Invalid && right_kind != Kind::Invalid {
        return Err(Failure::new(format!(
            "non-comparable types {}: {}, {}: {}",
            text(left),
            left.type_name(),
            right.type_name(),
            fmt::print_value(right)
        )));
    }
    if left.is_nil() || right.is_nil() {
        return Ok(left.is_nil() == right.is_nil());
    }
    match (left, right) {
        (Value::Object(left), Value::Object(other)) if !matches!(right_kind, Kind::Slice | Kind::Map) => {
            Ok(left.equals(&**other))
        }
        _ => Err(Failure::new(format!("non-comparable type {}: {}", text(right), right.type_name()))),
    }
}

fn less(left: &Value, right: &Value) -> Result<bool, Failure> {
    let order = match (basic(left), basic(right)) {
        (Basic::Other, _) | (_, Basic::Other) => return Err(BAD_TYPE.into()),
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex, Basic::Complex) => return Err(BAD_TYPE.into()),
        (Basic::Int(left), Basic::Int(right)) => left.cmp(&right),
        (Basic::Text(left), Basic::Text(right)) => left.cmp(&right),
        (Basic::Float(left), Basic::Float(right)) => return Ok(left < right),
        _ => return Err(incompatible(left, right)),
    };
    Ok(order == Ordering::Less)
}

const BAD_TYPE: &str = "invalid type for comparison";

fn incompatible(left: &Value, right: &Value) -> Failure {
    let (left, right) = (left.type_name(), right.type_name());
    Failure::new(format!("incompatible types for comparison: {left} and {right}"))
}

/// What `%s` prints.
fn text(value: &Value) -> Str {
    fmt::sprintf(b"%s", &[plain(value)])
}
