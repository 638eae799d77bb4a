//! Values to JSON.

use std::collections::BTreeSet;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::budget;
use crate::strconv;
use crate::value::{Str, Value};

/// How to write.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form {
    /// Escapes `<`, `>` and `&`.
    pub escape_html: bool,
    /// Puts every item on a line of its own, indented by this for each level.
    pub indent: Option<&'static str>,
}

/// Levels below which Go looks for no cycle.
const CYCLE_FREE_DEPTH: usize = 1000;

/// Writes a value. The error is Go's.
///
/// Mirrors `encoding/json.Marshal` and `MarshalIndent`.
pub fn write(value: &Value, form: Form) -> Result<Vec<u8>, String> {
    let mut writer = Writer { out: Vec::new(), form, stack: Vec::new(), seen: BTreeSet::new() };
    writer.value(value.clone())?;
    while let Some(frame) = writer.stack.last_mut() {
        let first = std::mem::take(&mut frame.fresh);
        let item = frame.items.next();
        if !first && item.is_some() {
            writer.out.push(b',');
        }
        if budget::lacks(writer.out.len()) {
            budget::ask(writer.out.len()).map_err(|it| it.to_string())?;
        }
        match item {
            Some((key, item)) => {
                writer.line(writer.stack.len());
                if let Some(key) = key {
                    string(&mut writer.out, &key, form.escape_html);
                    writer.out.extend_from_slice(if form.indent.is_some() { b": " } else { b":" });
                }
                writer.value(item)?;
            }
            None => writer.close(first),
        }
    }
    Ok(writer.out)
}

/// A float64 as JSON has it.
pub fn float_text(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        let sign = if value.is_sign_negative() && value == 0.0 { "-" } else { "" };
        return format!("{sign}{}", value as i64);
    }
    let magnitude = value.abs();
    if (1e-6..1e21).contains(&magnitude) {
        return strconv::format_float(value, b'f', -1);
    }
    let text = strconv::format_float(value, b'e', -1);
    match text.split_once("e-0") {
        Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
        None => text,
    }
}

struct Writer {
    out: Vec<u8>,
    form: Form,
    stack: Vec<Frame>,
    /// Addresses of the open collections that lie deep.
    seen: BTreeSet<usize>,
}

struct Frame {
    items: std::vec::IntoIter<(Option<Str>, Value)>,
    close: u8,
    fresh: bool,
    address: usize,
}

impl Writer {
    /// Writes a scalar, or opens a collection.
    fn value(&mut self, value: Value) -> Result<(), String> {
        let out = &mut self.out;
        match value {
            Value::Nil => out.extend_from_slice(b"null"),
            Value::Bool(it) => out.extend_from_slice(if it { b"true" } else { b"false" }),
            Value::Int(it) | Value::Int64(it) => push_display(out, it),
            Value::Int32(it) => push_display(out, it),
            Value::Uint8(it) => push_display(out, it),
            Value::Uint64(it) => push_display(out, it),
            Value::Float(it) if it.is_finite() => out.extend_from_slice(float_text(it).as_bytes()),
            Value::Float(it) => {
                return Err(format!("json: unsupported value: {}", strconv::format_float(it, b'g', -1)));
            }
            Value::Str(text) => string(out, &text, self.form.escape_html),
            Value::Bytes(bytes) => {
                out.push(b'"');
                out.extend_from_slice(STANDARD.encode(&*bytes).as_bytes());
                out.push(b'"');
            }
            Value::List(list) if list.is_nil() => out.extend_from_slice(b"null"),
            Value::Map(map) if map.is_nil() => out.extend_from_slice(b"null"),
            Value::List(list) => {
                let address = std::ptr::from_ref(&*list.items()).addr();
                let items = list.items().iter().map(|it| (None, it.clone())).collect();
                self.open(items, [b'[', b']'], address, || Value::List(list).type_name())?;
            }
            Value::Map(map) => {
                let address = std::ptr::from_ref(&*map.entries()).addr();
                let items = map.entries().iter().map(|(key, it)| (Some(key.clone()), it.clone())).collect();
                self.open(items, [b'{', b'}'], address, || Value::Map(map).type_name())?;
            }
            Value::Object(object) => match object.plain() {
                // Struct fields keep the order of Go, whatever their tags call them.
                Value::Map(map) if object.fields().is_some() => {
                    let fields = object.fields().unwrap_or_default();
                    let place = |key: &Str| {
                        let plain = key.to_text().replace(['_', '-'], "");
                        fields.iter().position(|(name, _)| name.eq_ignore_ascii_case(&plain))
                    };
                    let address = std::ptr::from_ref(&*map.entries()).addr();
                    let mut items = map.to_vec();
                    items.sort_by_cached_key(|(key, _)| place(key));
                    let items = items.into_iter().map(|(key, it)| (Some(key), it)).collect();
                    self.open(items, [b'{', b'}'], address, || object.object_type().to_string())?;
                }
                Value::Object(_) => return Err(format!("json: unsupported type: {}", object.object_type())),
                plain => return self.value(plain),
            },
        }
        Ok(())
    }

    fn open(
        &mut self,
        items: Vec<(Option<Str>, Value)>,
        [open, close]: [u8; 2],
        address: usize,
        type_name: impl FnOnce() -> String,
    ) -> Result<(), String> {
        if self.stack.len() >= CYCLE_FREE_DEPTH && !self.seen.insert(address) {
            return Err(format!("json: unsupported value: encountered a cycle via {}", type_name()));
        }
        self.out.push(open);
        self.stack.push(Frame { items: items.into_iter(), close, fresh: true, address });
        Ok(())
    }

    fn close(&mut self, empty: bool) {
        let Some(frame) = self.stack.pop() else { return };
        if self.stack.len() >= CYCLE_FREE_DEPTH {
            self.seen.remove(&frame.address);
        }
        if !empty {
            self.line(self.stack.len());
        }
        self.out.push(frame.close);
    }

    /// Begins a line of the given depth, where lines are wanted.
    fn line(&mut self, depth: usize) {
        if let Some(indent) = self.form.indent {
            self.out.push(b'\n');
            for _ in 0..depth {
                self.out.extend_from_slice(indent.as_bytes());
            }
        }
    }
}

fn push_display(out: &mut Vec<u8>, number: impl std::fmt::Display) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{number}");
}

/// Writes a string with its quotes.
fn string(out: &mut Vec<u8>, text: &[u8], escape_html: bool) {
    out.push(b'"');
    if let Ok(text) = std::str::from_utf8(text) {
        out.reserve(text.len() + 1);
        valid(out, text, escape_html);
        out.push(b'"');
        return;
    }
    for chunk in text.utf8_chunks() {
        valid(out, chunk.valid(), escape_html);
        for _ in chunk.invalid() {
            out.extend_from_slice(br"\ufffd");
        }
    }
    out.push(b'"');
}

/// For each byte the letter that escapes it after a back slash, 0 where it stands for itself. Some are [`RARE`].
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0;
    while byte < letters.len() {
        letters[byte] = match byte as u8 {
            it @ (b'"' | b'\\') => it,
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 | b'<' | b'>' | b'&' | 0xE2 => RARE,
            _ => 0,
        };
        byte += 1;
    }
    letters
};

/// Escaped by number, or perhaps not at all.
const RARE: u8 = b'u';

fn valid(out: &mut Vec<u8>, text: &str, escape_html: bool) {
    /// So many bytes are at most twice as many with their escapes, which a byte counts.
    const CHUNK: usize = 100;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let chunk = rest.get(..CHUNK).unwrap_or(rest);
        let (mut written, mut filled, mut taken) = ([0; 256], 0_u8, chunk.len());
        for (at, &byte) in chunk.iter().enumerate() {
            match LETTERS[usize::from(byte)] {
                0 => {
                    written[usize::from(filled)] = byte;
                    filled += 1;
                }
                RARE => {
                    taken = at;
                    break;
                }
                letter => {
                    written[usize::from(filled)] = b'\\';
                    written[usize::from(filled + 1)] = letter;
                    filled += 2;
                }
            }
        }
        out.extend_from_slice(&written[..usize::from(filled)]);
        let is_cut = taken < chunk.len();
        rest = &rest[taken..];
        if is_cut {
            let (rare, after) = rest.split_at(rare_width(rest, escape_html).max(1));
            match rare {
                [0xE2, _, last] => _ = write!(out, "\\u{:04x}", 0x2000 + u32::from(last & 0x3F)),
                [byte] if *byte == 0xE2 || !escape_html && matches!(byte, b'<' | b'>' | b'&') => out.push(*byte),
                _ => _ = write!(out, "\\u{:04x}", rare[0]),
            }
            rest = after;
        }
    }
}

/// How many bytes of the text are escaped by number: those of LS and PS, a control character, or one that HTML knows where
/// it is not to be read as HTML.
fn rare_width(text: &[u8], escape_html: bool) -> usize {
    match text {
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        [0xE2, ..] => 0,
        [b'<' | b'>' | b'&', ..] => usize::from(escape_html),
        _ => 1,
    }
}
