//! `html`, `js` and `urlquery`.

use crate::fmt;
use crate::value::{Failure, Str, Value};

pub(super) fn html(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(fmt::html_escape(&text_of(args))))
}

pub(super) fn js(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(fmt::js_escape(&text_of(args))))
}

pub(super) fn urlquery(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(fmt::query_escape(&text_of(args))))
}

/// The arguments as one text. Mirrors `evalArgs`: a nil is `<no value>`.
fn text_of(args: &[Value]) -> Str {
    match args {
        [Value::Str(text)] => return text.clone(),
        [Value::Object(object)] => return object.output().into(),
        _ => {}
    }
    let printable = |it: &Value| if matches!(it, Value::Nil) { Value::from("<no value>") } else { it.clone() };
    fmt::sprint(&args.iter().map(printable).collect::<Vec<_>>())
}
