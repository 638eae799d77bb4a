//! The functions of the cases, beside Go's builtins: those of `tests/data/gotmpl/record/main.go`.

use helm_engine::fmt;
use helm_engine::gotmpl::{Body, Function, Sealed};
use helm_engine::value::{Failure, List, Map, Type, Value};

pub const FUNCTIONS: &[Function] = &[
    shows("str", &[Type::String]),
    shows("int", &[Type::Int]),
    shows("int32", &[Type::Int32]),
    shows("int64", &[Type::Int64]),
    shows("uint8", &[Type::Uint8]),
    shows("uint64", &[Type::Uint64]),
    shows("float", &[Type::Float64]),
    shows("bool", &[Type::Bool]),
    shows("any", &[Type::Any]),
    shows("map", &[Type::MAP]),
    shows("values", &[Type::VALUES]),
    shows("slice_", &[Type::LIST]),
    shows("strs", &[Type::STRINGS]),
    shows("bytes", &[Type::BYTES]),
    shows("two", &[Type::String, Type::Any]),
    Function { variadic: true, ..shows("anys", &[Type::Any]) },
    Function { variadic: true, ..function("many", &[Type::String, Type::Int], Type::String, many) },
    function("none", &[], Type::String, |_| Ok("none".into())),
    function("null", &[], Type::Any, |_| Ok(Value::Nil)),
    function("boxed", &[], Type::Any, |_| Ok(Value::map([("a", Value::map([("b", "boxed".into())]))]))),
    function("plain", &[], Type::MAP, |_| Ok(Value::map([("a", "plain".into())]))),
    function("same", &[Type::Any], Type::Any, |args| Ok(args[0].clone())),
    function("fail", &[Type::String], Type::String, |args| Err(Failure::new(text(&args[0])))),
    Function { variadic: true, ..function("list", &[Type::Any], Type::LIST, |args| Ok(Value::list(args.to_vec()))) },
    Function { variadic: true, ..function("dict", &[Type::Any], Type::MAP, dict) },
    function("set", &[Type::MAP, Type::String, Type::Any], Type::MAP, set),
    function("common.Values.AsMap", &[Type::VALUES], Type::MAP, |args| Ok(with_type(&args[0], Type::MAP))),
    function("common.Values.Table", &[Type::VALUES, Type::String], Type::VALUES, table),
];

/// A function that shows what it was given, with its types.
const fn shows(name: &'static str, params: &'static [Type]) -> Function {
    function(name, params, Type::String, show)
}

const fn function(
    name: &'static str,
    params: &'static [Type],
    result: Type,
    body: fn(&[Value]) -> Result<Value, Failure>,
) -> Function {
    Function { name, params, variadic: false, result, sealed: Sealed::Pass, body: Body::Pure(body) }
}

fn show(args: &[Value]) -> Result<Value, Failure> {
    let shown: Vec<String> = args.iter().map(|it| format!("{}:{}", it.type_name(), text(it))).collect();
    Ok(shown.join(";").into())
}

fn many(args: &[Value]) -> Result<Value, Failure> {
    let ints = match &args[1..] {
        [] => List::nil(Type::Slice(&Type::Int)),
        ints => List::new(Type::Slice(&Type::Int), ints.to_vec()),
    };
    show(&[args[0].clone(), Value::List(ints)])
}

fn dict(args: &[Value]) -> Result<Value, Failure> {
    let (pairs, _) = args.as_chunks::<2>();
    let dict = Map::any();
    for [key, value] in pairs {
        dict.insert(text(key), value.clone());
    }
    Ok(Value::Map(dict))
}

fn set(args: &[Value]) -> Result<Value, Failure> {
    if let (Value::Map(map), Value::Str(key)) = (&args[0], &args[1]) {
        map.insert(key.clone(), args[2].clone());
    }
    Ok(args[0].clone())
}

fn table(args: &[Value]) -> Result<Value, Failure> {
    let (Value::Map(map), Value::Str(key)) = (&args[0], &args[1]) else {
        return Err(Failure::new("checked"));
    };
    match map.get(key) {
        Some(table @ Value::Map(_)) if table.type_of() == Some(Type::MAP) => Ok(with_type(&table, Type::VALUES)),
        _ => Err(Failure::new(format!("{} is not a table", helm_engine::strconv::quote(key)))),
    }
}

fn with_type(value: &Value, map_type: Type) -> Value {
    match value {
        Value::Map(map) => Value::Map(map.with_type(map_type)),
        other => other.clone(),
    }
}

fn text(value: &Value) -> String {
    fmt::print_value(value).to_string()
}
