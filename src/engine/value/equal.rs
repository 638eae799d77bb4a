//! `reflect.DeepEqual`.

use super::{List, Map, Value};

/// How deep two values are compared before they are taken for equal, as Go takes a cycle.
const DEPTH: usize = 10_000;

/// Whether two values are of the same type and equal to the leaves. A nil list or map differs from an empty one.
pub(crate) fn deep_equal(left: &Value, right: &Value) -> bool {
    equal(left, right, 0)
}

fn equal(left: &Value, right: &Value, depth: usize) -> bool {
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => a == b,
        (Value::Int32(a), Value::Int32(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Uint64(a), Value::Uint64(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) | (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => lists_equal(a, b, depth),
        (Value::Map(a), Value::Map(b)) => maps_equal(a, b, depth),
        (Value::Object(a), Value::Object(b)) => a.object_type() == b.object_type() && a.deep_equals(b.as_ref()),
        _ => false,
    }
}

fn lists_equal(left: &List, right: &List, depth: usize) -> bool {
    if left.list_type() != right.list_type() || left.is_nil() != right.is_nil() || left.len() != right.len() {
        return false;
    }
    if left.same(right) || depth > DEPTH {
        return true;
    }
    let (left, right) = (left.items(), right.items());
    left.iter().zip(right.iter()).all(|(a, b)| equal(a, b, depth + 1))
}

fn maps_equal(left: &Map, right: &Map, depth: usize) -> bool {
    if left.map_type() != right.map_type() || left.is_nil() != right.is_nil() || left.len() != right.len() {
        return false;
    }
    if left.same(right) || depth > DEPTH {
        return true;
    }
    let (left, right) = (left.entries(), right.entries());
    left.iter().zip(right.iter()).all(|((key, a), (other, b))| key == other && equal(a, b, depth + 1))
}
