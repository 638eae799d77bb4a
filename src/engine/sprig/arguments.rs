//! Declaring functions and reading their arguments.
//!
//! The executor has checked count and types against the declaration before a body runs, so a reader that meets another
//! type gives the zero value of the type it was asked for.

use crate::budget;
use crate::gotmpl::{Body, Function, Sealed};
use crate::value::{Failure, List, Map, Str, Type, Value};

/// What a function body returns.
pub(super) type Outcome = Result<Value, Failure>;

/// A function of fixed parameters.
pub(super) const fn function(
    name: &'static str,
    params: &'static [Type],
    result: Type,
    sealed: Sealed,
    body: fn(&[Value]) -> Outcome,
) -> Function {
    Function { name, params, variadic: false, result, sealed, body: Body::Pure(body) }
}

/// A function whose last parameter repeats.
pub(super) const fn variadic(
    name: &'static str,
    params: &'static [Type],
    result: Type,
    sealed: Sealed,
    body: fn(&[Value]) -> Outcome,
) -> Function {
    Function { name, params, variadic: true, result, sealed, body: Body::Pure(body) }
}

pub(super) const STRING: Type = Type::String;
pub(super) const INT: Type = Type::Int;
pub(super) const ANY: Type = Type::Any;
pub(super) const BOOL: Type = Type::Bool;
/// `[]int`.
pub(super) const INTS: Type = Type::Slice(&Type::Int);
/// `[][]interface {}`.
pub(super) const LISTS: Type = Type::Slice(&Type::LIST);
/// `map[string]string`.
pub(super) const STRING_MAP: Type = Type::Map(&Type::String);

/// What Go says when a method is called on the type of a nil interface.
pub(super) const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The argument at `index`, or nil.
pub(super) fn any(args: &[Value], index: usize) -> Value {
    args.get(index).cloned().unwrap_or(Value::Nil)
}

/// A `string` argument.
pub(super) fn text(args: &[Value], index: usize) -> Str {
    match args.get(index) {
        Some(Value::Str(it)) => it.clone(),
        _ => Str::default(),
    }
}

/// An `int` argument.
pub(super) fn int(args: &[Value], index: usize) -> i64 {
    match args.get(index) {
        Some(Value::Int(it)) => *it,
        _ => 0,
    }
}

/// A `bool` argument.
pub(super) fn boolean(args: &[Value], index: usize) -> bool {
    matches!(args.get(index), Some(Value::Bool(true)))
}

/// A `map[string]interface {}` argument, with that static type whatever named type came in.
pub(super) fn map(args: &[Value], index: usize) -> Map {
    match args.get(index) {
        Some(Value::Map(it)) if it.map_type() == Type::MAP => it.clone(),
        Some(Value::Map(it)) => it.with_type(Type::MAP),
        _ => Map::nil(Type::MAP),
    }
}

/// The arguments from `start` on: those of a variadic parameter.
pub(super) fn rest(args: &[Value], start: usize) -> &[Value] {
    args.get(start..).unwrap_or_default()
}

/// A `string` result.
pub(super) fn string(text: impl Into<Str>) -> Outcome {
    Ok(Value::Str(text.into()))
}

/// An `[]interface {}` result.
pub(super) fn list(items: Vec<Value>) -> Outcome {
    budget::ask_items(items.len())?;
    Ok(Value::List(List::any(items)))
}

/// An `[]interface {}` result that Go appends to one by one.
pub(super) fn grown(items: Vec<Value>) -> Outcome {
    budget::ask_items(items.len())?;
    Ok(Value::List(List::grown(Type::LIST, items)))
}

/// A `[]string` result.
pub(super) fn strings<S: Into<Str>, I: IntoIterator<Item = S>>(items: I) -> Outcome {
    let list = List::strings(items);
    budget::ask_items(list.len())?;
    Ok(Value::List(list))
}
