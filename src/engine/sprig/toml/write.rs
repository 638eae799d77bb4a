//! Writing TOML.

use crate::budget;
use crate::sprig::toml::number::{LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME};
use crate::sprig::toml::{joined_keys, quoted_key, text};
use crate::strconv;
use crate::time::{Duration, Time, Zone};
use crate::value::{Str, Value};

/// Why a value cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The encoder's own error.
    #[error("{0}")]
    Refused(String),
    /// What makes Go's encoder panic: `nil` itself.
    #[error("reflect: call of reflect.Value.Type on zero Value")]
    NilValue,
}

/// Writes a value: a map or struct as a document, anything else as it stands after a key.
///
/// Mirrors `toml.Encoder.Encode`.
pub fn write(value: &Value) -> Result<Str, WriteError> {
    if matches!(value, Value::Nil) {
        return Err(WriteError::NilValue);
    }
    let mut writer = Writer { out: Vec::new(), depth: 0 };
    writer.encode(&[], value)?;
    Ok(writer.out.into())
}

/// Deeper values are refused; in Go they end the process.
const DEEPEST: usize = crate::limits::TOML_DEPTH.size();

struct Writer {
    out: Vec<u8>,
    depth: usize,
}

impl Writer {
    fn encode(&mut self, key: &[Str], value: &Value) -> Result<(), WriteError> {
        self.deeper()?;
        match &plain(value) {
            Value::Map(map) if map.is_nil() => (),
            Value::Map(_) => self.table(key, &Entries::of(value))?,
            Value::List(list) if shape(value, self.depth)? == Shape::Tables => {
                if key.is_empty() {
                    return Err(refused("top-level values must be Go maps or structs"));
                }
                for item in list.to_vec() {
                    self.newline();
                    self.indent(key);
                    self.write(&[b"[[", &joined_keys(key)[..], b"]]"].concat());
                    self.newline();
                    self.entries(key, &Entries::of(&item), false)?;
                }
            }
            _ => self.key_value(key, value, false)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn table(&mut self, key: &[Str], table: &Entries) -> Result<(), WriteError> {
        if key.len() == 1 {
            self.newline();
        }
        if !key.is_empty() {
            self.indent(key);
            self.write(&[b"[", &joined_keys(key)[..], b"]"].concat());
            self.newline();
        }
        self.entries(key, table, false)
    }

    /// Plain keys first, then tables, so that no key lands in a table before it.
    fn entries(&mut self, key: &[Str], table: &Entries, inline: bool) -> Result<(), WriteError> {
        let mut direct = Vec::new();
        let mut tables = Vec::new();
        for (index, (name, value)) in table.entries.iter().enumerate() {
            match shape(value, self.depth)? {
                Shape::Table | Shape::Tables => tables.push((index, name, value)),
                _ => direct.push((index, name, value)),
            }
        }
        if inline {
            self.write(b"{");
        }
        for (entries, more) in [(&direct, !tables.is_empty()), (&tables, false)] {
            for (position, (index, name, value)) in entries.iter().enumerate() {
                if value.is_nil() {
                    continue;
                }
                if !inline {
                    self.encode(&[key, std::slice::from_ref(*name)].concat(), value)?;
                    continue;
                }
                self.key_value(std::slice::from_ref(*name), value, true)?;
                // A skipped last entry leaves its comma behind; which one is last, structs and maps see differently.
                let last = if table.ordered { index + 1 == table.entries.len() } else { position + 1 == entries.len() };
                if !last || (more && !table.ordered) {
                    self.write(b", ");
                }
            }
        }
        if inline {
            self.write(b"}");
        }
        Ok(())
    }

    fn key_value(&mut self, key: &[Str], value: &Value, inline: bool) -> Result<(), WriteError> {
        let Some(last) = key.last() else {
            return match plain(value) {
                Value::Object(it) => {
                    Err(WriteError::Refused(format!("unsupported type for key '': {}", it.object_type())))
                }
                _ => self.element(value),
            };
        };
        self.indent(key);
        self.write(&[&quoted_key(last)[..], b" = "].concat());
        self.element(value)?;
        if !inline {
            self.newline();
        }
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Result<(), WriteError> {
        if let Value::Object(object) = value {
            if let Some(time) = object.as_any().downcast_ref::<Time>() {
                self.write(&format_time(time));
                return Ok(());
            }
            if let Some(duration) = object.as_any().downcast_ref::<Duration>() {
                self.write(&text::quoted(duration.to_string().as_bytes()));
                return Ok(());
            }
        }
        self.deeper()?;
        match &plain(value) {
            Value::Nil => return Err(refused("cannot encode array with nil element")),
            Value::Bool(it) => self.write(it.to_string().as_bytes()),
            Value::Int(it) | Value::Int64(it) => self.write(it.to_string().as_bytes()),
            Value::Int32(it) => self.write(it.to_string().as_bytes()),
            Value::Uint8(it) => self.write(it.to_string().as_bytes()),
            Value::Uint64(it) => self.write(it.to_string().as_bytes()),
            Value::Float(it) => self.write(format_float(*it).as_bytes()),
            Value::Str(it) => self.write(&text::quoted(it)),
            Value::Bytes(it) => {
                let numbers = it.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
                self.write(format!("[{numbers}]").as_bytes());
            }
            Value::List(list) => {
                self.write(b"[");
                for (index, item) in list.to_vec().iter().enumerate() {
                    if index > 0 {
                        self.write(b", ");
                    }
                    self.element(item)?;
                }
                self.write(b"]");
            }
            Value::Map(_) => self.entries(&[], &Entries::of(value), true)?,
            Value::Object(_) => (),
        }
        self.depth -= 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), WriteError> {
        if budget::lacks(self.out.len()) {
            budget::ask(self.out.len()).map_err(|it| WriteError::Refused(it.to_string()))?;
        }
        self.depth += 1;
        if self.depth > DEEPEST { Err(too_deep()) } else { Ok(()) }
    }

    fn indent(&mut self, key: &[Str]) {
        for _ in 1..key.len() {
            self.write(b"  ");
        }
    }

    /// A line break, but none before anything is written.
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }
}

/// The entries of a map by key, or of a struct in the order of its fields.
struct Entries {
    entries: Vec<(Str, Value)>,
    ordered: bool,
}

impl Entries {
    fn of(value: &Value) -> Self {
        let fields = match value {
            Value::Object(object) => object.fields(),
            _ => None,
        };
        match (fields, plain(value)) {
            (Some(fields), _) => {
                // What Go does not export is not written.
                let exported =
                    fields.into_iter().filter(|(name, _)| name.starts_with(|it: char| it.is_ascii_uppercase()));
                let entries = exported.map(|(name, value)| (Str::from(name), value)).collect();
                Entries { entries, ordered: true }
            }
            (None, Value::Map(map)) => Entries { entries: map.to_vec(), ordered: false },
            (None, _) => Entries { entries: Vec::new(), ordered: false },
        }
    }
}

/// What a value is to TOML, as far as its place in a table depends on it.
#[derive(PartialEq, Eq)]
enum Shape {
    Nil,
    Table,
    /// A list of nothing but tables.
    Tables,
    Other,
}

fn shape(value: &Value, depth: usize) -> Result<Shape, WriteError> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    if value.is_nil() {
        return Ok(Shape::Nil);
    }
    Ok(match plain(value) {
        Value::Map(_) => Shape::Table,
        Value::List(list) => {
            let mut all_tables = !list.is_empty();
            for item in list.items().iter() {
                match shape(item, depth + 1)? {
                    Shape::Nil => return Err(refused("cannot encode array with nil element")),
                    Shape::Table => (),
                    _ => all_tables = false,
                }
            }
            if all_tables { Shape::Tables } else { Shape::Other }
        }
        Value::Object(it) => return Err(WriteError::Refused(format!("unsupported type: {}", it.object_type()))),
        _ => Shape::Other,
    })
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => object.plain(),
        other => other.clone(),
    }
}

fn format_time(time: &Time) -> Vec<u8> {
    let layout: &[u8] = match time.zone.name() {
        LOCAL_DATETIME => b"2006-01-02T15:04:05.999999999",
        LOCAL_DATE => b"2006-01-02",
        LOCAL_TIME => b"15:04:05.999999999",
        _ => return time.format(b"2006-01-02T15:04:05.999999999Z07:00"),
    };
    time.within(Zone::Utc).format(layout)
}

fn format_float(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return format!("{sign}nan");
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let text = strconv::format_float(value, b'g', -1);
    if text.contains(['e', '.']) { text } else { format!("{text}.0") }
}

fn refused(message: &str) -> WriteError {
    WriteError::Refused(format!("toml: {message}"))
}

fn too_deep() -> WriteError {
    refused("value is nested too deeply")
}
