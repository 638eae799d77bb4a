//! Text made safe for HTML, JavaScript and URLs: the functions `html`, `js` and `urlquery` of templates.

use crate::strconv;
use crate::value::Str;

/// `template.HTMLEscapeString`.
pub fn html_escape(text: &[u8]) -> Str {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    out.into()
}

/// `template.JSEscapeString`.
pub fn js_escape(text: &[u8]) -> Str {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (rune, width) = strconv::decode_rune(rest);
        let (this, tail) = rest.split_at(width);
        match rune {
            '\\' | '\'' | '"' => out.extend([b'\\', rune as u8]),
            '\0'..' ' | '<' | '>' | '&' | '=' => out.extend(format!("\\u{:04X}", u32::from(rune)).bytes()),
            '\x7f' => out.push(0x7f),
            _ if strconv::is_print(rune) => out.extend_from_slice(this),
            _ => out.extend(format!("\\u{:04X}", u32::from(rune)).bytes()),
        }
        rest = tail;
    }
    out.into()
}

/// `url.QueryEscape`.
pub fn query_escape(text: &[u8]) -> Str {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(*byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html() {
        assert_eq!(html_escape(b"a\"'&<>\0\xff;"), Str::from(&b"a&#34;&#39;&amp;&lt;&gt;\xef\xbf\xbd\xff;"[..]));
    }

    #[test]
    fn javascript() {
        let text = "\\'\"<>&=\n\x7fé\u{2028}\u{a0}😀\u{e0001}/";
        let want = concat!(r#"\\\'\"\u003C\u003E\u0026\u003D\u000A"#, "\x7fé\\u2028\\u00A0😀\\uE0001/");
        assert_eq!(js_escape(text.as_bytes()), want);
        assert_eq!(js_escape(b"\xff"), Str::from(&b"\xff"[..]));
    }

    #[test]
    fn query() {
        assert_eq!(query_escape("a b+c/é~*".as_bytes()), "a+b%2Bc%2F%C3%A9~%2A");
    }
}
