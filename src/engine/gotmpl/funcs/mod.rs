//! The builtin functions. Mirrors `text/template/funcs.go`.

mod compare;
mod escape;
mod index;

use crate::fmt;
use crate::gotmpl::function::{Body, Function, Functions, Gives, REFLECT, Sealed};
use crate::value::{Failure, Kind, Type, Value};

/// Go's builtins.
pub(super) const BUILTINS: &[Function] = &[
    builtin("and", &[REFLECT, REFLECT], true, REFLECT, Sealed::Pass, Body::Lazy { until: false }),
    builtin("call", &[REFLECT, REFLECT], true, REFLECT, Sealed::Refuse, Body::Call),
    builtin("eq", &[REFLECT, REFLECT], true, Type::Bool, Sealed::Equal { if_equal: true }, Body::Pure(compare::eq)),
    builtin("ge", &[REFLECT, REFLECT], false, Type::Bool, Sealed::Refuse, Body::Pure(compare::ge)),
    builtin("gt", &[REFLECT, REFLECT], false, Type::Bool, Sealed::Refuse, Body::Pure(compare::gt)),
    builtin("html", &[Type::Any], true, Type::String, Sealed::Known(Gives::SameBraces), Body::Pure(escape::html)),
    builtin("index", &[REFLECT, REFLECT], true, REFLECT, Sealed::Outer, Body::Pure(index::index)),
    builtin("js", &[Type::Any], true, Type::String, Sealed::Known(Gives::Text), Body::Pure(escape::js)),
    builtin("le", &[REFLECT, REFLECT], false, Type::Bool, Sealed::Refuse, Body::Pure(compare::le)),
    builtin("len", &[REFLECT], false, Type::Int, Sealed::Outer, Body::Reflect(index::len)),
    builtin("lt", &[REFLECT, REFLECT], false, Type::Bool, Sealed::Refuse, Body::Pure(compare::lt)),
    builtin("ne", &[REFLECT, REFLECT], false, Type::Bool, Sealed::Equal { if_equal: false }, Body::Pure(compare::ne)),
    builtin("not", &[REFLECT], false, Type::Bool, Sealed::Truth, Body::Pure(not)),
    builtin("or", &[REFLECT, REFLECT], true, REFLECT, Sealed::Pass, Body::Lazy { until: true }),
    builtin("print", &[Type::Any], true, Type::String, Sealed::Pass, Body::Pure(print)),
    builtin(
        "printf",
        &[Type::String, Type::Any],
        true,
        Type::String,
        Sealed::Known(Gives::Formatted),
        Body::Pure(printf),
    ),
    builtin("println", &[Type::Any], true, Type::String, Sealed::Pass, Body::Pure(println)),
    builtin("slice", &[REFLECT, REFLECT], true, REFLECT, Sealed::Outer, Body::Reflect(index::slice)),
    builtin("urlquery", &[Type::Any], true, Type::String, Sealed::Known(Gives::Code), Body::Pure(escape::urlquery)),
];

impl Default for Functions {
    fn default() -> Self {
        Functions::none().with(BUILTINS)
    }
}

/// Truth as `if`, `with`, `and`, `or` and `not` see it: the one place that decides it.
pub fn truth(value: &Value) -> bool {
    value.truth()
}

/// The name of the type behind a pointer, or of the type itself.
pub(super) fn indirect_type(value_type: &Type) -> String {
    let name = value_type.to_string();
    match name.strip_prefix('*') {
        Some(pointee) if value_type.kind() == Kind::Ptr => pointee.into(),
        _ => name,
    }
}

const fn builtin(
    name: &'static str,
    params: &'static [Type],
    variadic: bool,
    result: Type,
    sealed: Sealed,
    body: Body,
) -> Function {
    Function { name, params, variadic, result, sealed, body }
}

fn not(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Bool(!args.first().is_some_and(truth)))
}

fn print(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(fmt::sprint(args)))
}

fn println(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(fmt::sprintln(args)))
}

fn printf(args: &[Value]) -> Result<Value, Failure> {
    match args {
        [Value::Str(format), args @ ..] => Ok(Value::Str(fmt::sprintf(format, args))),
        _ => Err(Failure::new("no format")),
    }
}
