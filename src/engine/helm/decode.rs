//! YAML into fixed shapes, with the conversions and the faults of `sigs.k8s.io/yaml.Unmarshal` into a Go struct.
//!
//! Names match without regard to case, unknown names are dropped, null leaves a field as it is, and numbers and booleans
//! become text where text is wanted. The first value of a wrong type is the fault; the rest is still read.

use std::collections::BTreeMap;

use crate::strconv;
use crate::time;
use crate::value::{Map, Value};
use crate::yaml;

/// Reads one document and hands it to `read` as the Go struct type of this name (`v2.Metadata`). A document that is
/// empty or null reads nothing. The error is Go's text.
pub(super) fn document(
    text: &[u8],
    go_type: &'static str,
    read: impl FnOnce(&mut Decoder, &Map),
) -> Result<(), String> {
    decode(yaml::read_typed(text)?, go_type, read)
}

/// As [`document`], where `read` looks at no other entries than these.
pub(super) fn document_entries(
    text: &[u8],
    entries: &[&str],
    go_type: &'static str,
    read: impl FnOnce(&mut Decoder, &Map),
) -> Result<(), String> {
    let wanted = |key: &[u8]| entries.iter().any(|it| it.as_bytes().eq_ignore_ascii_case(key));
    decode(yaml::read_typed_entries(text, wanted)?, go_type, read)
}

fn decode(value: Value, go_type: &'static str, read: impl FnOnce(&mut Decoder, &Map)) -> Result<(), String> {
    let mut decoder = Decoder::default();
    let name = go_type.rsplit('.').next().unwrap_or(go_type);
    match &value {
        Value::Nil => {}
        Value::Map(map) => decoder.inside(name, |it| read(it, map)),
        other => decoder.mismatch(other, go_type),
    }
    if let Some(text) = not_json(&value, decoder.texts) {
        return Err(format!("error converting YAML to JSON: json: unsupported value: {text}"));
    }
    decoder.fault.map_or(Ok(()), |fault| Err(format!("error unmarshaling JSON: while decoding JSON: {fault}")))
}

/// The first number JSON cannot hold, but for those that were read as texts.
fn not_json(value: &Value, mut texts: Vec<String>) -> Option<String> {
    let mut found = Vec::new();
    let mut rest = vec![value.clone()];
    while let Some(value) = rest.pop() {
        match &value {
            Value::Float(it) if !it.is_finite() => found.push(scalar_text(&value)),
            Value::List(list) => rest.extend(list.items().iter().rev().cloned()),
            Value::Map(map) => rest.extend(map.entries().values().rev().cloned()),
            _ => {}
        }
    }
    // Texts stand in `metadata`, behind most else.
    found.reverse();
    found.retain(|it| match texts.iter().position(|text| text == it) {
        Some(at) => {
            texts.swap_remove(at);
            false
        }
        None => true,
    });
    found.pop()
}

/// Where in the shape the reader stands, and the first fault.
#[derive(Default)]
pub(super) struct Decoder {
    structs: Vec<&'static str>,
    path: Vec<&'static str>,
    fault: Option<String>,
    /// The infinite numbers and those that are none, read as texts.
    texts: Vec<String>,
}

impl Decoder {
    /// Reads the fields of a struct of this Go name.
    fn inside(&mut self, name: &'static str, read: impl FnOnce(&mut Self)) {
        self.structs.push(name);
        read(self);
        self.structs.pop();
    }

    /// Calls `read` for each entry of the map that names one of `fields`, in the map's order.
    pub(super) fn fields(
        &mut self,
        map: &Map,
        fields: &'static [&'static str],
        mut read: impl FnMut(&mut Self, &'static str, &Value),
    ) {
        for (key, value) in map.entries().iter() {
            let exact = fields.iter().find(|it| *key == **it);
            let found = exact.or_else(|| fields.iter().find(|it| it.as_bytes().eq_ignore_ascii_case(key)));
            if let Some(field) = found {
                self.path.push(field);
                read(self, field, value);
                self.path.pop();
            }
        }
    }

    pub(super) fn string(&mut self, value: &Value, out: &mut String) {
        match value {
            Value::Nil => {}
            Value::Map(_) | Value::List(_) => self.mismatch(value, "string"),
            other => {
                *out = scalar_text(other);
                if matches!(other, Value::Float(it) if !it.is_finite()) {
                    self.texts.push(out.clone());
                }
            }
        }
    }

    pub(super) fn boolean(&mut self, value: &Value, out: &mut bool) {
        match value {
            Value::Nil => {}
            Value::Bool(it) => *out = *it,
            other => self.mismatch(other, "bool"),
        }
    }

    /// `time.Time`, whose value nobody asks for.
    ///
    /// A fault of a scalar ends the reading, and so is told even where others came before it.
    pub(super) fn time(&mut self, value: &Value) {
        const LAYOUT: &[u8] = b"2006-01-02T15:04:05Z07:00";
        const NO_STRING: &str = "Time.UnmarshalJSON: input is not a JSON string";
        match value {
            Value::Nil => {}
            Value::List(_) | Value::Map(_) => {
                self.fault.get_or_insert_with(|| NO_STRING.into());
            }
            Value::Str(_) => {
                let json = yaml::write_json(value, true).unwrap_or_default();
                let text = json.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(&json);
                if let Err(fault) = time::parse(LAYOUT, text, &time::Rules::utc()) {
                    self.fault = Some(fault);
                }
            }
            _ => self.fault = Some(NO_STRING.into()),
        }
    }

    /// `[]string`; null makes it nil again.
    pub(super) fn strings(&mut self, value: &Value, out: &mut Vec<String>) {
        self.list(value, "[]string", out, |it, item, mut text| {
            it.string(item, &mut text);
            text
        });
    }

    /// `map[string]string`, which keeps what it holds already.
    pub(super) fn string_map(&mut self, value: &Value, out: &mut Option<BTreeMap<String, String>>) {
        match value {
            Value::Nil => *out = None,
            Value::Map(map) => {
                let entries = out.get_or_insert_default();
                for (key, item) in map.entries().iter() {
                    let mut text = String::new();
                    self.string(item, &mut text);
                    entries.insert(key.to_text().into_owned(), text);
                }
            }
            other => self.mismatch(other, "map[string]string"),
        }
    }

    /// A list, whose items are read into those that stand in their places already.
    pub(super) fn list<T: Default>(
        &mut self,
        value: &Value,
        go_type: &'static str,
        out: &mut Vec<T>,
        mut read: impl FnMut(&mut Self, &Value, T) -> T,
    ) {
        match value {
            Value::Nil => out.clear(),
            Value::List(list) => {
                let mut held = std::mem::take(out).into_iter();
                out.extend(list.items().iter().map(|item| read(self, item, held.next().unwrap_or_default())));
            }
            other => self.mismatch(other, go_type),
        }
    }

    /// A struct of this Go type; null reads nothing.
    pub(super) fn structure(&mut self, value: &Value, go_type: &'static str, read: impl FnOnce(&mut Self, &Map)) {
        let name = if go_type.starts_with("struct {") { "" } else { go_type.rsplit('.').next().unwrap_or(go_type) };
        match value {
            Value::Nil => {}
            Value::Map(map) => self.inside(name, |it| read(it, map)),
            other => self.mismatch(other, go_type),
        }
    }

    fn mismatch(&mut self, value: &Value, go_type: &str) {
        let found = match value {
            Value::Map(_) => "object",
            Value::List(_) => "array",
            Value::Str(_) | Value::Bytes(_) => "string",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        let target = match self.structs.last() {
            Some(name) if !self.path.is_empty() => format!("Go struct field {name}.{}", self.path.join(".")),
            _ => "Go value".into(),
        };
        self.fault.get_or_insert_with(|| format!("json: cannot unmarshal {found} into {target} of type {go_type}"));
    }
}

/// A scalar as text, numbers as `sigs.k8s.io/yaml` formats them for a string field.
fn scalar_text(value: &Value) -> String {
    match value {
        Value::Str(text) | Value::Bytes(text) => text.to_text().into_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Int(it) | Value::Int64(it) => it.to_string(),
        Value::Int32(it) => it.to_string(),
        Value::Uint8(it) => it.to_string(),
        Value::Uint64(it) => it.to_string(),
        Value::Float(it) => strconv::format_float(*it, b'g', -1),
        Value::Nil | Value::List(_) | Value::Map(_) | Value::Object(_) => String::new(),
    }
}
