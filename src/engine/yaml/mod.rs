//! YAML and JSON as Helm reads and writes them.
//!
//! Reading goes through [`scan`], [`parse`], [`compose`] and [`decode`]; [`node`] is for who wants the places too. The
//! scanner is our own and not libyaml's: go-yaml v2 descends from an older libyaml, and its errors name lines of their own.

mod chars;
mod compose;
mod decode;
mod fault;
mod golang;
mod json;
pub mod node;
mod parse;
mod resolve;
mod scan;
mod timestamp;
mod write;

pub use fault::{Fault, Mark};

use crate::engine::value::{List, Map, Str, Type, Value};
use decode::Numbers;
use json::Form;

/// Reads one document as `sigs.k8s.io/yaml.Unmarshal` into an `interface{}` does. The error is Go's text:
/// `error converting YAML to JSON: yaml: line 2: ...`.
pub fn read(text: &[u8]) -> Result<Value, String> {
    read_document(text, false)
}

/// Reads one document with its numbers as go-yaml resolves them: `int`, `uint64` or `float64`. That is what
/// `sigs.k8s.io/yaml` turns into text for a field that is a string. The error is that of [`read`].
pub fn read_typed(text: &[u8]) -> Result<Value, String> {
    let converting = |it: &dyn std::fmt::Display| format!("error converting YAML to JSON: {it}");
    match node::parse(text).map_err(|it| converting(&it))? {
        Some(document) => {
            decode::decode(&document, document.root, Numbers::Typed, false).map_err(|it| converting(&it))
        }
        None => Ok(Value::Nil),
    }
}

/// Reads as `sigs.k8s.io/yaml.UnmarshalStrict` does: equal keys in a mapping are errors.
pub fn read_strict(text: &[u8]) -> Result<Value, String> {
    read_document(text, true)
}

/// Reads into a `map[string]interface{}`, empty for `null`, as Helm's `fromYaml` does.
pub fn read_map(text: &[u8]) -> Result<Map, String> {
    match read(text)? {
        Value::Map(map) => Ok(map),
        Value::Nil => Ok(Map::any()),
        other => Err(mismatch(&other, Type::MAP)),
    }
}

/// Reads into an `[]interface{}`, empty for `null`, as Helm's `fromYamlArray` does.
pub fn read_list(text: &[u8]) -> Result<List, String> {
    match read(text)? {
        Value::List(list) => Ok(list),
        Value::Nil => Ok(List::any(Vec::new())),
        other => Err(mismatch(&other, Type::LIST)),
    }
}

/// Writes as `sigs.k8s.io/yaml.Marshal` does, with the final newline. The error is Go's text.
pub fn write(value: &Value) -> Result<Str, String> {
    write::write(value).map(Str::from)
}

/// Writes as Helm's `toYamlPretty` does, with the final newline: go-yaml v3 with an indentation of 2.
pub fn write_pretty(value: &Value) -> Result<Str, String> {
    write::write_pretty(value).map(Str::from)
}

/// Reads JSON as `encoding/json.Unmarshal` into an `interface{}` does; numbers are float64. The error is Go's text.
pub fn read_json(text: &[u8]) -> Result<Value, String> {
    json::read(text)
}

/// Reads JSON into a `map[string]interface{}`, `nil` for `null`, as Helm's `fromJson` does. With an error stands what Go
/// had decoded by then.
pub fn read_json_map(text: &[u8]) -> (Map, Option<String>) {
    json::read_map(text)
}

/// Reads JSON into an `[]interface{}`, `nil` for `null`, as Helm's `fromJsonArray` does.
pub fn read_json_list(text: &[u8]) -> Result<List, String> {
    json::read_list(text)
}

/// Writes as `encoding/json.Marshal` does: sorted keys, and `<`, `>`, `&` escaped where `escape_html`.
pub fn write_json(value: &Value, escape_html: bool) -> Result<Str, String> {
    json::write(value, Form { escape_html, indent: None }).map(Str::from)
}

/// Writes as `encoding/json.MarshalIndent` with an indentation of two spaces does.
pub fn write_json_indented(value: &Value) -> Result<Str, String> {
    json::write(value, Form { escape_html: true, indent: Some("  ") }).map(Str::from)
}

fn read_document(text: &[u8], strict: bool) -> Result<Value, String> {
    let document = node::parse(text).map_err(|it| format!("error converting YAML to JSON: {it}"))?;
    match document {
        Some(document) => decode::decode(&document, document.root, Numbers::Json, strict),
        None => Ok(Value::Nil),
    }
}

fn mismatch(value: &Value, wanted: Type) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {}", json::mismatch(value, wanted))
}
