//! Go's `fmt`: the printing verbs over template values.

use crate::engine::value::{Str, Value};

/// `fmt.Sprintf`.
pub fn sprintf(format: &[u8], args: &[Value]) -> Str {
    todo!("{format:?} {args:?}")
}

/// `fmt.Sprint`: a space between two operands where neither is a string.
pub fn sprint(args: &[Value]) -> Str {
    todo!("{args:?}")
}

/// `fmt.Sprintln`.
pub fn sprintln(args: &[Value]) -> Str {
    todo!("{args:?}")
}

/// What `%v` prints for one value; the untyped `nil` is `<nil>`.
pub fn print_value(value: &Value) -> Str {
    todo!("{value:?}")
}
