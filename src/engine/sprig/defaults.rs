//! Choosing between values by whether they are empty.
//!
//! Mirrors sprig's `defaults.go`.

use super::arguments::{ANY, BOOL, any, boolean, function, rest, variadic};
use crate::gotmpl::{Function, Sealed};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("default", &[ANY, ANY], ANY, Sealed::Truth, |args| {
        Ok(match args.get(1) {
            Some(given) if !empty(given) => given.clone(),
            _ => any(args, 0),
        })
    }),
    function("empty", &[ANY], BOOL, Sealed::Truth, |args| Ok(empty(&any(args, 0)).into())),
    variadic("coalesce", &[ANY], ANY, Sealed::Truth, |args| {
        Ok(args.iter().find(|it| !empty(it)).cloned().unwrap_or(Value::Nil))
    }),
    variadic("all", &[ANY], BOOL, Sealed::Truth, |args| Ok((!rest(args, 0).iter().any(empty)).into())),
    variadic("any", &[ANY], BOOL, Sealed::Truth, |args| Ok((!rest(args, 0).iter().all(empty)).into())),
    function("ternary", &[ANY, ANY, BOOL], ANY, Sealed::Pass, |args| {
        Ok(any(args, if boolean(args, 2) { 0 } else { 1 }))
    }),
];

/// Whether sprig takes a value for unset: nil, false, zero, or of no length. A struct never is.
pub(super) fn empty(value: &Value) -> bool {
    !value.truth()
}
