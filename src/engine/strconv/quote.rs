//! Go string and rune literals.

use super::rune::{decode_rune, is_print};

/// `strconv.Quote`.
pub fn quote(text: &[u8]) -> String {
    quoted(text, is_print)
}

/// `strconv.QuoteToASCII`.
pub fn quote_to_ascii(text: &[u8]) -> String {
    quoted(text, is_ascii_print)
}

/// `strconv.QuoteRune`.
pub fn quote_rune(rune: char) -> String {
    quoted_rune(rune, is_print)
}

/// `strconv.QuoteRuneToASCII`.
pub fn quote_rune_to_ascii(rune: char) -> String {
    quoted_rune(rune, is_ascii_print)
}

/// `strconv.CanBackquote`: whether a raw literal on one line can hold the text.
pub fn can_backquote(text: &[u8]) -> bool {
    let plain = |it: char| !matches!(it, '\0'..='\x08' | '\n'..='\x1f' | '`' | '\x7f' | '\u{feff}');
    std::str::from_utf8(text).is_ok_and(|it| it.chars().all(plain))
}

fn quoted(text: &[u8], keep: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut at = 0;
    while let Some(rest @ [first, ..]) = text.get(at..) {
        let (rune, width) = decode_rune(rest);
        if rune == char::REPLACEMENT_CHARACTER && width == 1 {
            out.push_str(&format!("\\x{first:02x}"));
        } else {
            push_escaped(&mut out, rune, '"', keep);
        }
        at += width;
    }
    out.push('"');
    out
}

fn quoted_rune(rune: char, keep: fn(char) -> bool) -> String {
    let mut out = String::from('\'');
    push_escaped(&mut out, rune, '\'', keep);
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, rune: char, delimiter: char, keep: fn(char) -> bool) {
    match rune {
        '\\' => out.push_str("\\\\"),
        it if it == delimiter => out.extend(['\\', it]),
        it if keep(it) => out.push(it),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        '\0'..' ' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(rune))),
        '\0'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(rune))),
        _ => out.push_str(&format!("\\U{:08x}", u32::from(rune))),
    }
}

fn is_ascii_print(rune: char) -> bool {
    matches!(rune, ' '..='~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_is_not_printable() {
        let text = "\u{7}\u{8}\u{c}\n\r\t\u{b}\0\u{7f}\"'\\é\u{a0}\u{feff}\u{1f600}\u{e0001}".as_bytes();
        assert_eq!(quote(text), r#""\a\b\f\n\r\t\v\x00\x7f\"'\\é\u00a0\ufeff😀\U000e0001""#);
        assert_eq!(quote_to_ascii(text), r#""\a\b\f\n\r\t\v\x00\x7f\"'\\\u00e9\u00a0\ufeff\U0001f600\U000e0001""#);
        assert_eq!(quote(b"a\xffb\xe2\x82"), r#""a\xffb\xe2\x82""#);
    }

    #[test]
    fn runes_escape_the_single_quote() {
        assert_eq!(quote_rune('\''), r"'\''");
        assert_eq!(quote_rune('"'), "'\"'");
        assert_eq!(quote_rune('☺'), "'☺'");
        assert_eq!(quote_rune_to_ascii('☺'), r"'\u263a'");
        assert_eq!(quote_rune('\u{3000}'), r"'\u3000'");
    }

    #[test]
    fn backquotes_hold_no_control_characters() {
        assert!(can_backquote("\ta\u{80}é\"".as_bytes()));
        for text in [&b"`"[..], b"\n", b"\x7f", b"\xff", "\u{feff}".as_bytes()] {
            assert!(!can_backquote(text));
        }
    }
}
