//! YAML and JSON as Helm reads and writes them.

use crate::engine::value::{Str, Value};

/// Reads one document as `sigs.k8s.io/yaml.Unmarshal` into an `interface{}` does. The error is Go's text:
/// `error converting YAML to JSON: yaml: line 2: ...`.
pub fn read(text: &[u8]) -> Result<Value, String> {
    todo!("{text:?}")
}

/// Writes as `sigs.k8s.io/yaml.Marshal` does, with the final newline. The error is Go's text.
pub fn write(value: &Value) -> Result<Str, String> {
    todo!("{value:?}")
}

/// Reads JSON as `encoding/json.Unmarshal` into an `interface{}` does; numbers are float64. The error is Go's text.
pub fn read_json(text: &[u8]) -> Result<Value, String> {
    todo!("{text:?}")
}

/// Writes as `encoding/json.Marshal` does: sorted keys, and `<`, `>`, `&`, U+2028, U+2029 escaped where `escape_html`.
pub fn write_json(value: &Value, escape_html: bool) -> Result<Str, String> {
    todo!("{value:?} {escape_html}")
}
