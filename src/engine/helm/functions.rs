//! The functions Helm adds to sprig's, and those of sprig's it replaces or takes away.

use super::behaviour::Behaviour;
use super::capabilities::{VERSION_SET, VERSION_SET_OF_3};
use super::durations;
use super::exec_error::{MARK_END, MARK_START};
use crate::gotmpl::{Body, Function, Functions, Keys, Layout, Machine, ParseError, Sealed};
use crate::sprig::{self, toml};
use crate::strconv;
use crate::value::{Failure, Kind, List, Map, Str, Type, Value};
use crate::yaml;

/// Everything that a chart's templates may call under any Helm.
pub fn functions() -> Functions {
    sprig::functions().without(&["env", "expandenv"]).with(FUNCTIONS).with(durations::FUNCTIONS)
}

/// Everything that a chart's templates may call under this Helm.
pub(super) fn functions_of(behaviour: &Behaviour) -> Functions {
    functions().without(behaviour.lacks)
}

/// How often a template may be included by name from within itself.
const MAX_NESTING: usize = crate::limits::INCLUDES.size();

const STRING: &[Type] = &[Type::String];
const ANY: &[Type] = &[Type::Any];
const STRING_ANY: &[Type] = &[Type::String, Type::Any];
const LOOKUP: &[Type] = &[Type::String, Type::String, Type::String, Type::String];
const VALUES: &[Type] = &[Type::VALUES];
const WRITER: Type = Type::Named { name: "io.Writer", kind: Kind::Interface, underlying: None };
const VALUES_WRITER: &[Type] = &[Type::VALUES, WRITER];
const VERSIONS_STRING: &[Type] = &[VERSION_SET, Type::String];
const VALUES_STRING: &[Type] = &[Type::VALUES, Type::String];
const VALUES_OF_3: &[Type] = &[Type::VALUES_OF_HELM_3];
const VALUES_WRITER_OF_3: &[Type] = &[Type::VALUES_OF_HELM_3, WRITER];
const VERSIONS_STRING_OF_3: &[Type] = &[VERSION_SET_OF_3, Type::String];
const VALUES_STRING_OF_3: &[Type] = &[Type::VALUES_OF_HELM_3, Type::String];

const FUNCTIONS: &[Function] = &[
    Function { sealed: Sealed::Keys(Keys::First(1)), ..machine("include", STRING_ANY, include) },
    Function { sealed: Sealed::Template, ..machine("tpl", STRING_ANY, tpl) },
    Function { sealed: Sealed::Truth, ..pure("required", STRING_ANY, Type::Any, required) },
    Function { sealed: Sealed::Refuse, ..pure("fail", STRING, Type::String, fail) },
    Function {
        name: "lookup",
        params: LOOKUP,
        variadic: false,
        result: Type::MAP,
        sealed: Sealed::Refuse,
        body: Body::Impure,
    },
    // Without DNS, which Helm has to be told to use, every host is unknown.
    Function { sealed: Sealed::Refuse, ..pure("getHostByName", STRING, Type::String, |_| Ok(Value::from(""))) },
    Function { sealed: Sealed::Layout(Layout::Yaml), ..pure("toYaml", ANY, Type::String, to_yaml) },
    Function { sealed: Sealed::Layout(Layout::Yaml), ..pure("mustToYaml", ANY, Type::String, must_to_yaml) },
    Function { sealed: Sealed::Layout(Layout::Yaml), ..pure("toYamlPretty", ANY, Type::String, to_yaml_pretty) },
    Function { sealed: Sealed::Read, ..pure("fromYaml", STRING, Type::MAP, from_yaml) },
    Function { sealed: Sealed::Read, ..pure("fromYamlArray", STRING, Type::LIST, from_yaml_array) },
    Function { sealed: Sealed::Layout(Layout::Json), ..pure("toJson", ANY, Type::String, to_json) },
    Function { sealed: Sealed::Layout(Layout::Json), ..pure("mustToJson", ANY, Type::String, must_to_json) },
    Function { sealed: Sealed::Read, ..pure("fromJson", STRING, Type::MAP, from_json) },
    Function { sealed: Sealed::Read, ..pure("fromJsonArray", STRING, Type::LIST, from_json_array) },
    Function { sealed: Sealed::Defer, ..pure("toToml", ANY, Type::String, toml::to_toml) },
    Function { sealed: Sealed::Defer, ..pure("mustToToml", ANY, Type::String, toml::must_to_toml) },
    Function { sealed: Sealed::Refuse, ..pure("fromToml", STRING, Type::MAP, toml::from_toml) },
    Function {
        sealed: Sealed::Refuse,
        ..pure("chartutil.VersionSet.Has", VERSIONS_STRING_OF_3, Type::Bool, versions_has)
    },
    pure("chartutil.Values.Encode", VALUES_WRITER_OF_3, Type::Any, |_| Ok(Value::Nil)),
    pure("chartutil.Values.AsMap", VALUES_OF_3, Type::MAP, values_as_map),
    Function { sealed: Sealed::Refuse, ..pure("chartutil.Values.YAML", VALUES_OF_3, Type::String, values_yaml) },
    Function {
        sealed: Sealed::Keys(Keys::All),
        ..pure("chartutil.Values.Table", VALUES_STRING_OF_3, Type::VALUES_OF_HELM_3, values_table)
    },
    pure("chartutil.Values.PathValue", VALUES_STRING_OF_3, Type::Any, values_path_value),
    Function { sealed: Sealed::Refuse, ..pure("common.VersionSet.Has", VERSIONS_STRING, Type::Bool, versions_has) },
    // Nothing that a template has can be written to, so that no call of it is right.
    pure("common.Values.Encode", VALUES_WRITER, Type::Any, |_| Ok(Value::Nil)),
    pure("common.Values.AsMap", VALUES, Type::MAP, values_as_map),
    Function { sealed: Sealed::Refuse, ..pure("common.Values.YAML", VALUES, Type::String, values_yaml) },
    Function {
        sealed: Sealed::Keys(Keys::All),
        ..pure("common.Values.Table", VALUES_STRING, Type::VALUES, values_table)
    },
    pure("common.Values.PathValue", VALUES_STRING, Type::Any, values_path_value),
];

const fn pure(
    name: &'static str,
    params: &'static [Type],
    result: Type,
    body: fn(&[Value]) -> Result<Value, Failure>,
) -> Function {
    Function { name, params, variadic: false, result, sealed: Sealed::Pass, body: Body::Pure(body) }
}

const fn machine(
    name: &'static str,
    params: &'static [Type],
    body: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>,
) -> Function {
    Function { name, params, variadic: false, result: Type::String, sealed: Sealed::Pass, body: Body::Machine(body) }
}

fn text(args: &[Value], index: usize) -> Str {
    match args.get(index) {
        Some(Value::Str(text)) => text.clone(),
        _ => Str::default(),
    }
}

fn any(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Nil)
}

fn include(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    let name = text(args, 0);
    let count = machine.nesting(&name);
    if *count > MAX_NESTING {
        return Err(Failure::new(format!(
            "rendering template has a nested reference name: {name}: unable to execute template"
        )));
    }
    *count += 1;
    let printed = machine.execute(&name, any(args, 1));
    *machine.nesting(&name) -= 1;
    printed.map(Value::Str)
}

fn tpl(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    let template = text(args, 0);
    match machine.execute_text("gotpl", &template, any(args, 1)) {
        Ok(printed) => Ok(Value::Str(without_no_value(printed))),
        Err(inner) => {
            let unparsable = inner.source.as_ref().is_some_and(|it| it.is::<ParseError>());
            let what = if unparsable { "cannot parse template" } else { "error during tpl function execution for" };
            let message = format!("{what} {}: {inner}", strconv::quote(&template));
            Err(Failure { message, source: inner.source })
        }
    }
}

/// What is missing prints as `<no value>` even though a missing key is asked to be a zero value; Helm takes it out.
pub(super) fn without_no_value(printed: Str) -> Str {
    const MARK: &[u8] = b"<no value>";
    let finder = memchr::memmem::Finder::new(MARK);
    let mut out = Vec::new();
    let mut rest: &[u8] = &printed;
    while let Some(at) = finder.find(rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    if rest.len() == printed.len() {
        return printed;
    }
    out.extend_from_slice(rest);
    Str::from(out)
}

fn required(args: &[Value]) -> Result<Value, Failure> {
    match any(args, 1) {
        Value::Nil => Err(marked(&text(args, 0))),
        Value::Str(it) if it.is_empty() => Err(marked(&text(args, 0))),
        value => Ok(value.clone()),
    }
}

fn fail(args: &[Value]) -> Result<Value, Failure> {
    Err(marked(&text(args, 0)))
}

fn marked(message: &Str) -> Failure {
    Failure::new(format!("{MARK_START}{message}{MARK_END}"))
}

fn to_yaml(args: &[Value]) -> Result<Value, Failure> {
    Ok(must_to_yaml(args).unwrap_or_else(|_| Value::from("")))
}

fn must_to_yaml(args: &[Value]) -> Result<Value, Failure> {
    yaml::write(any(args, 0)).map(without_last_newline).map_err(Failure::new)
}

fn to_yaml_pretty(args: &[Value]) -> Result<Value, Failure> {
    Ok(without_last_newline(yaml::write_pretty(any(args, 0))?))
}

fn without_last_newline(text: Str) -> Value {
    match text.strip_suffix(b"\n") {
        Some(head) => Value::Str(head.into()),
        None => Value::Str(text),
    }
}

fn from_yaml(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Map(yaml::read_map(&text(args, 0)).unwrap_or_else(error_entry)))
}

fn from_yaml_array(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::List(yaml::read_list(&text(args, 0)).unwrap_or_else(|it| error_item(it.to_string()))))
}

fn to_json(args: &[Value]) -> Result<Value, Failure> {
    Ok(must_to_json(args).unwrap_or_else(|_| Value::from("")))
}

fn must_to_json(args: &[Value]) -> Result<Value, Failure> {
    yaml::write_json(any(args, 0), true).map(Value::Str).map_err(Failure::new)
}

fn from_json(args: &[Value]) -> Result<Value, Failure> {
    let (map, fault) = yaml::read_json_map(&text(args, 0));
    if let Some(message) = fault {
        map.insert("Error", Value::from(message));
    }
    Ok(Value::Map(map))
}

fn from_json_array(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::List(yaml::read_json_list(&text(args, 0)).unwrap_or_else(|it| error_item(it.to_string()))))
}

/// A fault as the only entry of a map, as Helm tells templates of one.
fn error_entry(message: String) -> Map {
    Map::from_entries([("Error".into(), Value::from(message))])
}

/// A fault as the only item of a list.
fn error_item(message: String) -> List {
    List::any(vec![Value::from(message)])
}

fn versions_has(args: &[Value]) -> Result<Value, Failure> {
    let wanted = text(args, 1);
    let has = |it: &Value| matches!(it, Value::Str(text) if *text == wanted);
    Ok(Value::Bool(matches!(args.first(), Some(Value::List(list)) if list.items().iter().any(has))))
}

fn receiver(args: &[Value]) -> Map {
    match args.first() {
        Some(Value::Map(map)) => map.clone(),
        _ => Map::any(),
    }
}

fn values_as_map(args: &[Value]) -> Result<Value, Failure> {
    let values = receiver(args);
    Ok(Value::Map(if values.is_empty() { Map::any() } else { values.with_type(Type::MAP) }))
}

fn values_yaml(args: &[Value]) -> Result<Value, Failure> {
    yaml::write(&Value::Map(receiver(args))).map(Value::Str).map_err(Failure::new)
}

fn values_table(args: &[Value]) -> Result<Value, Failure> {
    let values = receiver(args);
    super::values::table(&values, &text(args, 1).to_text())
        .map(|it| Value::Map(it.with_type(values.map_type())))
        .map_err(|key| Failure::new(format!("{} is not a table", strconv::quote(key.as_bytes()))))
}

fn values_path_value(args: &[Value]) -> Result<Value, Failure> {
    let path = text(args, 1).to_text().into_owned();
    if path.is_empty() {
        return Err(Failure::new("YAML path cannot be empty"));
    }
    super::values::path_value(&receiver(args), &path).ok_or_else(|| {
        let key = path.rsplit('.').next().unwrap_or_default();
        Failure::new(format!("{} is not a value", strconv::quote(key.as_bytes())))
    })
}
