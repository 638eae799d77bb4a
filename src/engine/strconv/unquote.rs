//! The text of Go string and character literals.

use super::rune::decode_rune;

/// What one character of a literal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unquoted {
    /// A code point, written in UTF-8.
    Rune(char),
    /// A byte of its own, from `\xff` or `\377`.
    Byte(u8),
}

impl Unquoted {
    /// The value as Go's `rune`.
    pub fn code(self) -> u32 {
        match self {
            Unquoted::Rune(it) => it.into(),
            Unquoted::Byte(it) => it.into(),
        }
    }
}

/// `strconv.Unquote` for all three quote characters; `None` where Go gives `ErrSyntax`.
pub fn unquote(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let (delimiter, mut rest) = text.as_ref().split_first()?;
    if !matches!(delimiter, b'`' | b'"' | b'\'') {
        return None;
    }
    if *delimiter == b'`' {
        let (close, inner) = rest.split_last()?;
        let whole = *close == b'`' && !inner.contains(&b'`');
        return whole.then(|| inner.iter().copied().filter(|it| *it != b'\r').collect());
    }
    // Most stand for themselves.
    if let Some((close, inner)) = rest.split_last()
        && close == delimiter
        && *delimiter == b'"'
        && memchr::memchr3(b'"', b'\\', b'\n', inner).is_none()
        && std::str::from_utf8(inner).is_ok()
    {
        return Some(inner.to_vec());
    }
    let mut out = Vec::with_capacity(rest.len());
    while rest.first()? != delimiter {
        if rest.first() == Some(&b'\n') {
            return None;
        }
        let (unquoted, tail) = unquote_char(rest, *delimiter)?;
        match unquoted {
            Unquoted::Byte(it) => out.push(it),
            Unquoted::Rune(it) => out.extend_from_slice(it.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = tail;
        if *delimiter == b'\'' {
            break;
        }
    }
    (rest == [*delimiter]).then_some(out)
}

/// The first character of the inside of a literal, and what follows it; `None` where Go gives `ErrSyntax`.
///
/// Mirrors `strconv.UnquoteChar`: `delimiter` is the quote that must be escaped, or 0.
pub fn unquote_char(text: &[u8], delimiter: u8) -> Option<(Unquoted, &[u8])> {
    match text {
        [] => None,
        [first @ (b'\'' | b'"'), ..] if *first == delimiter => None,
        [b'\\', letter, rest @ ..] => escape(*letter, rest, delimiter),
        [b'\\'] => None,
        _ => {
            let (rune, width) = decode_rune(text);
            Some((Unquoted::Rune(rune), text.get(width..).unwrap_or_default()))
        }
    }
}

fn escape(letter: u8, rest: &[u8], delimiter: u8) -> Option<(Unquoted, &[u8])> {
    let byte = match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        b'\'' | b'"' if letter == delimiter => letter,
        b'x' => {
            let (value, tail) = number(rest, 2, 16)?;
            return Some((Unquoted::Byte(u8::try_from(value).ok()?), tail));
        }
        b'u' | b'U' => {
            let (value, tail) = number(rest, if letter == b'u' { 4 } else { 8 }, 16)?;
            return Some((Unquoted::Rune(char::from_u32(value)?), tail));
        }
        b'0'..=b'7' => {
            let (low, tail) = number(rest, 2, 8)?;
            let value = u32::from(letter - b'0') * 64 + low;
            return Some((Unquoted::Byte(u8::try_from(value).ok()?), tail));
        }
        _ => return None,
    };
    Some((Unquoted::Rune(byte.into()), rest))
}

/// The number of exactly `count` digits at the start, and what follows it.
fn number(text: &[u8], count: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (digits, tail) = text.split_at_checked(count)?;
    let value =
        digits.iter().try_fold(0u32, |sum, it| Some(sum.wrapping_mul(radix) | char::from(*it).to_digit(radix)?))?;
    Some((value, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_three_forms() {
        for (text, want) in [
            (r#""""#, &b""[..]),
            (r#""\a\b\f\n\r\t\v\\\"'""#, b"\x07\x08\x0c\n\r\t\x0b\\\"'"),
            (r#""\xff\377\u00e9\U0001f600é""#, b"\xff\xff\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9"),
            ("`a\\n\r\n\"`", b"a\\n\n\""),
            (r"'\''", b"'"),
            ("'é'", "é".as_bytes()),
            ("''", b""),
        ] {
            assert_eq!(unquote(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn rejects_what_go_rejects() {
        let bad = [
            "",
            "\"",
            "a",
            "\"a",
            "\"a'",
            "\"\n\"",
            r#""\'""#,
            r#"'\"'"#,
            r#""\400""#,
            r#""\ud800""#,
            r#""\U00110000""#,
            r#""\x1""#,
            "'ab'",
            "`a`b`",
            "\"a\"b",
            r#""\q""#,
            r#""\"#,
            r#""\08""#,
        ];
        for text in bad {
            assert_eq!(unquote(text), None, "{text}");
        }
        assert_eq!(unquote(b"\"\xff\""), Some("\u{fffd}".into()));
    }

    #[test]
    fn characters_leave_their_tail() {
        assert_eq!(unquote_char(br"\x41bc", b'\''), Some((Unquoted::Byte(0x41), &b"bc"[..])));
        assert_eq!(unquote_char("é'".as_bytes(), b'\''), Some((Unquoted::Rune('é'), &b"'"[..])));
        assert_eq!(unquote_char(b"'", b'\''), None);
        assert_eq!(unquote_char(b"'", 0), Some((Unquoted::Rune('\''), &b""[..])));
    }
}
