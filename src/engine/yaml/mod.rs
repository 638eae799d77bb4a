//! YAML and JSON as Helm reads and writes them.
//!
//! Reading goes through `scan`, `parse`, `compose` and `decode`, but for what `lines` can read by itself; [`node`] is for who
//! wants the places too. The scanner is our own: go-yaml v2 descends from an older libyaml than any crate, which shows in
//! what it takes and what it says.

mod chars;
mod compose;
mod decode;
mod eight;
mod fault;
mod golang;
mod json;
mod lines;
mod parse;
mod parse_collections;
mod resolve;
mod scan;
mod timestamp;
mod tree;
mod write;

pub use fault::{Mark, YamlError};
pub use json::{JsonError, SyntaxError};

/// A document as written: its nodes with their places, tags and styles.
pub mod node {
    pub use super::compose::{parse, parse_all};
    pub use super::tree::{Document, Node, NodeKind, Style};
}

use crate::value::{List, Map, Str, Type, Value};
use json::Form;
use resolve::Numbers;

/// Reads one document as `sigs.k8s.io/yaml.Unmarshal` into an `interface{}` does. The error is Go's text:
/// `error converting YAML to JSON: yaml: line 2: ...`.
pub fn read(text: &[u8]) -> Result<Value, String> {
    match lines::read(text, Numbers::Json, |_| true) {
        Some(map) => Ok(Value::Map(map)),
        None => read_document(text, false),
    }
}

/// What a document that is composed already means, as [`read`] gives it.
pub fn read_composed(document: &node::Document) -> Result<Value, String> {
    decode::decode(document, document.root, Numbers::Json, false)
}

/// Reads one document with its numbers as go-yaml resolves them: `int`, `uint64` or `float64`. That is what
/// `sigs.k8s.io/yaml` turns into text for a field that is a string. The error is that of [`read`].
pub fn read_typed(text: &[u8]) -> Result<Value, String> {
    let converting = |it: &dyn std::fmt::Display| format!("error converting YAML to JSON: {it}");
    match node::parse(text).map_err(|it| converting(&it))? {
        Some(document) => decode::decode(&document, document.root, Numbers::Typed, false).map_err(|it| converting(&it)),
        None => Ok(Value::Nil),
    }
}

/// Reads as [`read_typed`] does, but of a mapping only the entries whose keys are wanted, others perhaps among them.
pub(crate) fn read_typed_entries(text: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Result<Value, String> {
    match lines::read(text, Numbers::Typed, wanted) {
        Some(map) => Ok(Value::Map(map)),
        None => read_typed(text),
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

/// Writes as [`write()`] does what JSON can say, but every text as it is, which JSON would not leave so, and every key
/// however long, which Go cannot. The error is a sentence.
pub fn write_exactly(value: &Value) -> Result<Str, String> {
    write::write_exactly(value).map(Str::from)
}

/// Writes as Helm's `toYamlPretty` does, with the final newline: go-yaml v3 with an indentation of 2.
pub fn write_pretty(value: &Value) -> Result<Str, String> {
    write::write_pretty(value).map(Str::from)
}

/// Reads JSON as `encoding/json.Unmarshal` into an `interface{}` does; numbers are float64.
pub fn read_json(text: &[u8]) -> Result<Value, JsonError> {
    json::read(text)
}

/// Checks the syntax of JSON as `encoding/json.Unmarshal` does before it decodes.
pub(crate) fn check_json(text: &[u8]) -> Result<(), SyntaxError> {
    json::check(text)
}

/// Reads JSON into a `map[string]interface{}`, `nil` for `null`, as Helm's `fromJson` does. With an error stands what Go
/// had decoded by then.
pub fn read_json_map(text: &[u8]) -> (Map, Option<String>) {
    json::read_map(text)
}

/// Reads JSON into an `[]interface{}`, `nil` for `null`, as Helm's `fromJsonArray` does.
pub fn read_json_list(text: &[u8]) -> Result<List, JsonError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_are_errors_where_strict() {
        let text = b"a: 1\nb:\n  c: 1\n  c: 2\n1: x\n'1': y\na:\n  2\n";
        let expected = "error converting YAML to JSON: yaml: unmarshal errors:\n  \
            line 4: key \"c\" already set in map\n  line 8: key \"a\" already set in map";
        assert_eq!(read_strict(text).unwrap_err(), expected);
        assert!(read(text).is_ok());
    }

    #[test]
    fn merged_keys_count_as_equal_where_strict() {
        let text = b"x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n";
        let expected = "error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key \"a\" already set in map";
        assert_eq!(read_strict(text).unwrap_err(), expected);
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        let value = Value::map([("a", Value::Float(f64::NAN))]);
        assert_eq!(write(&value).unwrap_err(), "error marshaling into JSON: json: unsupported value: NaN");
        assert_eq!(write_json(&value, true).unwrap_err(), "json: unsupported value: NaN");
        assert_eq!(write_pretty(&value).unwrap(), "a: .nan\n");
    }

    #[test]
    fn a_value_in_itself_is_refused() {
        let map = Map::any();
        map.insert("x", Value::list([Value::Map(map.clone())]));
        let cycle = "json: unsupported value: encountered a cycle via map[string]interface {}";
        assert_eq!(write_json(&Value::Map(map.clone()), true).unwrap_err(), cycle);
        assert_eq!(write(&Value::Map(map.clone())).unwrap_err(), format!("error marshaling into JSON: {cycle}"));
        assert!(write_pretty(&Value::Map(map.clone())).is_err());
        map.remove("x");
    }

    #[test]
    fn types_of_go_are_written() {
        let items = || Value::list([Value::Bytes("hello".into()), Value::Uint64(u64::MAX), Value::Float(1e6)]);
        assert_eq!(write(&items()).unwrap(), "- aGVsbG8=\n- 18446744073709551615\n- 1000000\n");
        let pretty = "- - 104\n  - 101\n  - 108\n  - 108\n  - 111\n- 18446744073709551615\n- 1e+06\n";
        assert_eq!(write_pretty(&items()).unwrap(), pretty);
        assert_eq!(write(&Value::Map(Map::nil(Type::MAP))).unwrap(), "null\n");
        assert_eq!(write_pretty(&Value::Map(Map::nil(Type::MAP))).unwrap(), "{}\n");
    }

    #[test]
    fn depth_is_bounded() {
        let limit = "error converting YAML to JSON: yaml: exceeded max depth of 10000";
        assert_eq!(read("[".repeat(100_000).as_bytes()).unwrap_err(), limit);
        assert_eq!(read("- ".repeat(100_000).as_bytes()).unwrap_err(), limit);
        assert_eq!(
            read_json("[".repeat(10_001).as_bytes()).unwrap_err().to_string(),
            "invalid character '[' exceeded max depth"
        );
    }
}
