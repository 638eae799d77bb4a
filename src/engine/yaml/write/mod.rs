//! Values to YAML.

mod emitter;
mod order;
mod scalar;

use std::collections::BTreeSet;

use super::decode::decode;
use super::json::{self, Form};
use super::node;
use super::resolve::{Numbers, Scalar, Version, resolve_plain};
use crate::budget;
use crate::strconv;
use crate::value::{Kind, Object, Str, Type, Value};
use emitter::Emitter;

/// Writes as `sigs.k8s.io/yaml.Marshal` does, by way of JSON, with the final newline. The error is Go's text.
pub fn write(value: &Value) -> Result<Vec<u8>, String> {
    match Writer::new(Mode::Values).write(value.clone()) {
        Ok(text) => return Ok(text),
        Err(Unusual::TooLarge) => return Err(too_large()),
        Err(_) => {}
    }
    // What JSON and its reading as YAML change or refuse is rare, so only then do we take the way Go always takes.
    let text = json::write(value, Form { escape_html: true, indent: None });
    let text = text.map_err(|it| format!("error marshaling into JSON: {it}"))?;
    write_read_back(&text)
}

/// Writes as [`write()`] does what JSON can say, but every text as it is and every key however long.
pub fn write_exactly(value: &Value) -> Result<Vec<u8>, String> {
    Writer::new(Mode::Exact).write(value.clone()).map_err(|_| "json: unsupported value".into())
}

/// Writes what JSON says, once it was read as YAML.
fn write_read_back(json: &[u8]) -> Result<Vec<u8>, String> {
    let document = node::parse(json).map_err(|it| it.to_string())?;
    let value = match document {
        Some(document) => decode(&document, document.root, Numbers::Typed, false)?,
        None => Value::Nil,
    };
    Writer::new(Mode::ReadBack).write(value).map_err(|_| "json: unsupported value".into())
}

/// Writes as Helm's `toYamlPretty` does: the encoder of `go.yaml.in/yaml/v3` with an indentation of 2, straight from the
/// values.
pub fn write_pretty(value: &Value) -> Result<Vec<u8>, String> {
    Writer::new(Mode::Pretty).write(value.clone()).map_err(|it| match it {
        Unusual::Foreign(go_type) => format!("cannot marshal type: {go_type}"),
        Unusual::Changes => "yaml: value contains itself".into(),
        Unusual::TooLarge => too_large(),
    })
}

/// Asks for all there is and more, to close the account.
fn too_large() -> String {
    budget::ask(usize::MAX).map_or_else(|it| it.to_string(), |()| "yaml: value is too large".into())
}

/// Where values come from, and so how they are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Any value, to be written as its JSON would be read.
    Values,
    /// Plain values, to be written as they are and with numbers as JSON has them.
    Exact,
    /// What was read from JSON.
    ReadBack,
    /// Any value, to be written as it is by go-yaml v3.
    Pretty,
}

/// Why the writer stopped.
enum Unusual {
    /// At something that JSON, or reading it, would change or refuse.
    Changes,
    /// At what no YAML is made of.
    Foreign(Type),
    /// Where memory ends.
    TooLarge,
}

/// Bytes of a key that cannot exceed the limit of 1024 characters however JSON escapes it.
const SAFE_KEY: usize = 170;
/// Levels that need no look for cycles.
const SAFE_DEPTH: usize = 1000;

enum Frame {
    Sequence(std::vec::IntoIter<Value>),
    Mapping(std::vec::IntoIter<(Str, Value)>),
}

struct Writer {
    source: Mode,
    emitter: Emitter,
    /// The open collections, and the indentation around each.
    stack: Vec<(Frame, isize)>,
    /// Addresses of the open collections that lie deep.
    seen: BTreeSet<usize>,
}

impl Writer {
    fn new(source: Mode) -> Self {
        let version = if source == Mode::Pretty { Version::V3 } else { Version::V2 };
        Writer { source, emitter: Emitter::new(version), stack: Vec::new(), seen: BTreeSet::new() }
    }

    fn write(mut self, value: Value) -> Result<Vec<u8>, Unusual> {
        self.node(value, false)?;
        while let Some((frame, outer)) = self.stack.last_mut() {
            if budget::lacks(self.emitter.out.len()) {
                return Err(Unusual::TooLarge);
            }
            match frame {
                Frame::Sequence(items) => {
                    if let Some(item) = items.next() {
                        self.emitter.indent_line();
                        self.emitter.indicator(b"-", true, false, true);
                        self.node(item, false)?;
                        continue;
                    }
                }
                Frame::Mapping(entries) => {
                    if let Some((key, item)) = entries.next() {
                        self.key(&key)?;
                        self.node(item, true)?;
                        continue;
                    }
                }
            }
            self.emitter.indent = *outer;
            self.stack.pop();
        }
        self.emitter.indent_line();
        Ok(self.emitter.out)
    }

    fn key(&mut self, key: &[u8]) -> Result<(), Unusual> {
        if self.source == Mode::Values && key.len() > SAFE_KEY {
            return Err(Unusual::Changes);
        }
        self.emitter.indent_line();
        let mut text = self.text(key)?;
        if self.source == Mode::Exact && key == b"<<" {
            // Go reads as a merge what it wrote without quotes.
            text.quote();
        }
        if text.is_simple_key() {
            self.emitter.scalar(&text, true);
            self.emitter.indicator(b":", false, false, false);
        } else {
            self.emitter.indicator(b"?", true, false, true);
            self.emitter.scalar(&text, false);
            self.emitter.indent_line();
            self.emitter.indicator(b":", true, false, true);
        }
        Ok(())
    }

    /// Writes a scalar or an empty collection, or opens a collection. `in_mapping`: it is the value of a key.
    fn node(&mut self, value: Value, in_mapping: bool) -> Result<(), Unusual> {
        match value {
            Value::Nil => self.emitter.word("null"),
            Value::Bool(true) => self.emitter.word("true"),
            Value::Bool(false) => self.emitter.word("false"),
            Value::Int(it) | Value::Int64(it) => self.emitter.word(&it.to_string()),
            Value::Int32(it) => self.emitter.word(&it.to_string()),
            Value::Uint8(it) => self.emitter.word(&it.to_string()),
            Value::Uint64(it) => self.emitter.word(&it.to_string()),
            Value::Float(it) => {
                let text = self.float(it)?;
                self.emitter.word(&text);
            }
            Value::Str(it) => {
                let text = self.text(&it)?;
                self.emitter.scalar(&text, false);
            }
            Value::Bytes(it) if self.source == Mode::Pretty => {
                let items = it.iter().map(|&byte| Value::Uint8(byte)).collect();
                self.sequence(items, in_mapping);
            }
            Value::Bytes(_) => return Err(Unusual::Changes),
            Value::List(list) if list.is_nil() && self.source != Mode::Pretty => self.emitter.word("null"),
            Value::Map(map) if map.is_nil() && self.source != Mode::Pretty => self.emitter.word("null"),
            Value::List(list) => {
                self.enter(std::ptr::from_ref(&*list.items()).addr())?;
                self.sequence(list.to_vec(), in_mapping);
            }
            Value::Map(map) if map.is_empty() => self.emitter.empty(b'{', b'}'),
            Value::Map(map) => {
                self.enter(std::ptr::from_ref(&*map.entries()).addr())?;
                let entries = order::sorted(map.to_vec(), self.emitter.version);
                self.open(Frame::Mapping(entries.into_iter()), false);
            }
            Value::Object(object) if self.source == Mode::Pretty => self.object(&*object, in_mapping)?,
            Value::Object(object) => match object.plain() {
                Value::Object(_) => return Err(Unusual::Changes),
                plain => self.node(plain, in_mapping)?,
            },
        }
        Ok(())
    }

    /// An object as go-yaml v3 sees it, which knows nothing of its JSON.
    fn object(&mut self, object: &dyn Object, in_mapping: bool) -> Result<(), Unusual> {
        let object_type = object.object_type();
        let is_struct = matches!(object_type.kind(), Kind::Struct | Kind::Ptr);
        match object.plain() {
            // The one struct go-yaml knows, which it writes without quotes.
            Value::Str(text) if object_type.to_string() == "time.Time" => self.emitter.word(&text.to_text()),
            Value::Object(_) => return Err(Unusual::Foreign(object_type)),
            Value::Map(_) if let Some(fields) = object.fields() => {
                let exported =
                    fields.into_iter().filter(|(name, _)| name.starts_with(|it: char| it.is_ascii_uppercase()));
                let entries: Vec<_> = exported.map(|(name, it)| (name.to_lowercase().into(), it)).collect();
                self.open(Frame::Mapping(entries.into_iter()), false);
            }
            Value::Map(map) if is_struct && !map.is_empty() => {
                let lower = |(key, value): (Str, Value)| (Str::from(key.to_ascii_lowercase()), value);
                let entries: Vec<_> = map.to_vec().into_iter().map(lower).collect();
                self.open(Frame::Mapping(entries.into_iter()), false);
            }
            plain => self.node(plain, in_mapping)?,
        }
        Ok(())
    }

    /// A collection that contains itself goes deep; the way over JSON finds it.
    fn enter(&mut self, address: usize) -> Result<(), Unusual> {
        let deep = self.stack.len() > SAFE_DEPTH;
        match self.source {
            Mode::Values if deep => Err(Unusual::Changes),
            Mode::Pretty if deep && !self.seen.insert(address) => Err(Unusual::Changes),
            _ => Ok(()),
        }
    }

    fn sequence(&mut self, items: Vec<Value>, in_mapping: bool) {
        if items.is_empty() {
            return self.emitter.empty(b'[', b']');
        }
        let indentless = in_mapping && self.emitter.version == Version::V2 && !self.emitter.indention;
        self.open(Frame::Sequence(items.into_iter()), indentless);
    }

    fn open(&mut self, frame: Frame, indentless: bool) {
        let outer = self.emitter.indent;
        self.stack.push((frame, outer));
        if outer < 0 {
            self.emitter.indent = 0;
        } else if !indentless {
            self.emitter.indent += emitter::INDENT;
        }
    }

    fn text<'t>(&self, text: &'t [u8]) -> Result<scalar::Text<'t>, Unusual> {
        if self.source == Mode::Values && scalar::changes_by_json(text) {
            return Err(Unusual::Changes);
        }
        Ok(scalar::Text::new(text, self.emitter.version))
    }

    fn float(&self, float: f64) -> Result<String, Unusual> {
        if matches!(self.source, Mode::Values | Mode::Exact) {
            if !float.is_finite() {
                return Err(Unusual::Changes);
            }
            let text = json::float_text(float);
            return Ok(match resolve_plain(text.as_bytes(), Version::V2) {
                Scalar::Int(it) => it.to_string(),
                Scalar::Uint(it) => it.to_string(),
                _ => strconv::format_float(float, b'g', -1),
            });
        }
        Ok(match strconv::format_float(float, b'g', -1) {
            it if it == "+Inf" => ".inf".into(),
            it if it == "-Inf" => "-.inf".into(),
            it if it == "NaN" => ".nan".into(),
            it => it,
        })
    }
}
