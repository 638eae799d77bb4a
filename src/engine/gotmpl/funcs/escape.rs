//! `html`, `js` and `urlquery`.

use crate::engine::fmt;
use crate::engine::gotmpl::unicode::{decode_rune, is_print};
use crate::engine::value::{Failure, Str, Value};

pub(super) fn html(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(html_escape(&text_of(args)).into()))
}

pub(super) fn js(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(js_escape(&text_of(args)).into()))
}

pub(super) fn urlquery(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(query_escape(&text_of(args)).into()))
}

/// Mirrors `template.HTMLEscapeString`.
pub fn html_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{FFFD}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            byte => out.push(*byte),
        }
    }
    out
}

/// Mirrors `template.JSEscapeString`.
pub fn js_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(byte) = rest.first() {
        let mut width = 1;
        match byte {
            b'\\' | b'\'' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            b'<' | b'>' | b'&' | b'=' | 0..0x20 => out.extend_from_slice(format!("\\u{byte:04X}").as_bytes()),
            0x20..0x80 => out.push(*byte),
            _ => {
                let (rune, found) = decode_rune(rest);
                width = found;
                if is_print(rune) {
                    out.extend_from_slice(&rest[..width]);
                } else {
                    out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes());
                }
            }
        }
        rest = &rest[width..];
    }
    out
}

/// Mirrors `url.QueryEscape`.
pub fn query_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => out.push(*byte),
            byte => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}

/// The arguments as one text. Mirrors `evalArgs`: a nil is `<no value>`.
fn text_of(args: &[Value]) -> Str {
    if let [Value::Str(text)] = args {
        return text.clone();
    }
    let printable = |it: &Value| if matches!(it, Value::Nil) { Value::from("<no value>") } else { it.clone() };
    fmt::sprint(&args.iter().map(printable).collect::<Vec<_>>())
}
