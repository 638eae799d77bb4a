//! Strings as Go sees them: runes decoded from bytes that need not be UTF-8.
//!
//! Mirrors `unicode/utf8`: each byte that starts no valid sequence is one U+FFFD of width 1.

use super::unicode;
pub(super) use memchr::memmem::find;

pub(super) use crate::strconv::decode_rune as decode;

/// What an invalid byte decodes to.
pub(super) const ERROR: char = '\u{FFFD}';

/// The last rune and its width in bytes.
///
/// Mirrors `utf8.DecodeLastRune`.
pub(super) fn decode_last(bytes: &[u8]) -> (char, usize) {
    if bytes.is_empty() {
        return (ERROR, 0);
    }
    for width in 1..=bytes.len().min(4) {
        let tail = bytes.get(bytes.len() - width..).unwrap_or_default();
        if let (rune, size) = decode(tail)
            && size == width
            && (width > 1 || rune != ERROR)
        {
            return (rune, size);
        }
    }
    (ERROR, 1)
}

/// The runes of `bytes`.
pub(super) fn runes(bytes: &[u8]) -> Runes<'_> {
    Runes { rest: bytes }
}

/// See [`runes`].
pub(super) struct Runes<'a> {
    rest: &'a [u8],
}

impl Iterator for Runes<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let (rune, width) = decode(self.rest);
        if width == 0 {
            return None;
        }
        self.rest = self.rest.get(width..).unwrap_or_default();
        Some(rune)
    }
}

/// `bytes` without leading and trailing runes that satisfy `drop`.
///
/// Mirrors `strings.TrimFunc`.
pub(super) fn trim(bytes: &[u8], drop: impl Fn(char) -> bool) -> &[u8] {
    let mut rest = bytes;
    while let (rune, width @ 1..) = decode(rest)
        && drop(rune)
    {
        rest = rest.get(width..).unwrap_or_default();
    }
    while let (rune, width @ 1..) = decode_last(rest)
        && drop(rune)
    {
        rest = rest.get(..rest.len() - width).unwrap_or_default();
    }
    rest
}

/// Mirrors `strings.TrimSpace`.
pub(super) fn trim_space(bytes: &[u8]) -> &[u8] {
    trim(bytes, unicode::is_space)
}

/// Splits around each `separator`, into at most `limit` parts where it is given; an empty separator splits into runes.
///
/// Mirrors `strings.SplitN` for a positive limit and `strings.Split` without one.
pub(super) fn split<'a>(text: &'a [u8], separator: &[u8], limit: Option<usize>) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while !rest.is_empty() {
            let width = if limit.is_some_and(|it| parts.len() + 1 == it) { rest.len() } else { decode(rest).1 };
            let (part, after) = rest.split_at(width);
            parts.push(part);
            rest = after;
        }
        return parts;
    }
    while limit.is_none_or(|it| parts.len() + 1 < it)
        && let Some(at) = find(rest, separator)
    {
        parts.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + separator.len()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

/// Replaces every `old`; an empty one stands before each rune and at the end.
///
/// Mirrors `strings.ReplaceAll`.
pub(super) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    if old.is_empty() {
        while let (_, width @ 1..) = decode(rest) {
            let (rune, after) = rest.split_at(width);
            out.extend_from_slice(new);
            out.extend_from_slice(rune);
            rest = after;
        }
        out.extend_from_slice(new);
        return out;
    }
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new);
        rest = rest.get(at + old.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// Appends a rune as UTF-8.
pub(super) fn push(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_are_single_runes() {
        assert_eq!(runes(b"a\xff\xe2\x82b\xe2\x82\xac").collect::<String>(), "a\u{FFFD}\u{FFFD}\u{FFFD}b€");
        assert_eq!(decode_last(b"a\xe2\x82"), (ERROR, 1));
        assert_eq!(decode_last("a€".as_bytes()), ('€', 3));
        assert_eq!(decode_last("a\u{FFFD}".as_bytes()), (ERROR, 3));
    }

    #[test]
    fn splits_as_go() {
        assert_eq!(split(b"a,b,c", b",", None), [b"a", b"b", b"c"]);
        assert_eq!(split(b"a,b,c", b",", Some(2)), [&b"a"[..], b"b,c"]);
        assert_eq!(split("aé\u{20AC}".as_bytes(), b"", Some(2)), [&b"a"[..], "é€".as_bytes()]);
        assert_eq!(split(b"", b",", None), [b""]);
        assert!(split(b"", b"", None).is_empty());
    }
}
