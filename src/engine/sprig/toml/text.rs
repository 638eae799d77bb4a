//! Strings: quoting for output, and the escapes of input.

use crate::value::Str;

/// A basic string on one line.
pub fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            0x08 => out.extend(b"\\b"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            0x0c => out.extend(b"\\f"),
            b'\r' => out.extend(b"\\r"),
            0..0x20 | 0x7f => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}

/// Without the line break a multi-line string may begin with.
pub fn strip_first_newline(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\n").or_else(|| text.strip_prefix(b"\r\n")).unwrap_or(text)
}

/// Without the backslashes that end a line and the blanks after them.
pub fn strip_escaped_newlines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|it| *it == b'\\') {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before);
        let blanks = escape[1..].iter().take_while(|it| matches!(it, b' ' | b'\t' | b'\r' | b'\n')).count();
        if escape[1..=blanks].contains(&b'\n') {
            rest = &escape[1 + blanks..];
        } else {
            // An escaped backslash is kept together, so that its second half begins nothing.
            let length = if escape.get(1) == Some(&b'\\') { 2 } else { 1 };
            out.extend_from_slice(&escape[..length]);
            rest = &escape[length..];
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Replaces escapes, whose form the caller has checked. The error is Go's text.
pub fn unescape(text: &[u8]) -> Result<Str, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|it| *it == b'\\') {
        out.extend_from_slice(&rest[..at]);
        let code = rest.get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match code {
            b'b' => out.push(0x08),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'f' => out.push(0x0c),
            b'r' => out.push(b'\r'),
            b'e' => out.push(0x1b),
            b'x' | b'u' | b'U' => {
                let length = match code {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                let (digits, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
                let digits = String::from_utf8_lossy(digits);
                let rune = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                let rune = rune.ok_or_else(|| format!("Escaped character '\\u{digits}' is not valid UTF-8."))?;
                out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            b' ' | b'\t' => return Err(format!("invalid escape: '\\{}'", char::from(code))),
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    Ok(out.into())
}
