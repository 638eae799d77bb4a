//! Code points: decoding as `unicode/utf8` does, and which of them Go calls printable.

use super::printable::BOUNDARIES;

/// The first code point and its width in bytes: U+FFFD and 1 where the bytes are invalid, U+FFFD and 0 where there are none.
///
/// Mirrors `utf8.DecodeRune`.
pub fn decode_rune(bytes: &[u8]) -> (char, usize) {
    let width = match bytes.first() {
        None => return (char::REPLACEMENT_CHARACTER, 0),
        Some(&byte @ 0..0x80) => return (char::from(byte), 1),
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(_) => return (char::REPLACEMENT_CHARACTER, 1),
    };
    let decoded = bytes.get(..width).and_then(|it| std::str::from_utf8(it).ok()).and_then(|it| it.chars().next());
    decoded.map_or((char::REPLACEMENT_CHARACTER, 1), |it| (it, width))
}

/// The number of code points, each invalid byte counted as one.
///
/// Mirrors `utf8.RuneCount`.
pub fn rune_count(bytes: &[u8]) -> usize {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.chars().count();
    }
    let (mut count, mut at) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|it| !it.is_empty()) {
        at += decode_rune(rest).1;
        count += 1;
    }
    count
}

/// `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space, of Unicode 15.
pub fn is_print(rune: char) -> bool {
    match rune {
        ' '..='~' => true,
        rune => BOUNDARIES.partition_point(|it| *it <= rune.into()) % 2 == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_have_width_one() {
        assert_eq!(decode_rune("é!".as_bytes()), ('é', 2));
        assert_eq!(decode_rune(b"\xe2\x82"), ('\u{fffd}', 1));
        assert_eq!(decode_rune(b"\xed\xa0\x80"), ('\u{fffd}', 1));
        assert_eq!(decode_rune("\u{fffd}".as_bytes()), ('\u{fffd}', 3));
        assert_eq!(decode_rune(b""), ('\u{fffd}', 0));
        assert_eq!(rune_count(b"a\xe2\x82\xc3\xa9"), 4);
    }

    #[test]
    fn printable_is_no_space_but_the_ascii_one() {
        for (rune, print) in [
            (' ', true),
            ('\u{a0}', false),
            ('\u{ad}', false),
            ('\u{3000}', false),
            ('\u{378}', false),
            ('\u{1fae8}', true),
            ('\u{10ffff}', false),
        ] {
            assert_eq!(is_print(rune), print, "{:x}", u32::from(rune));
        }
        // The count over all code points, as Go gives it.
        assert_eq!(('\0'..=char::MAX).filter(|it| is_print(*it)).count(), 148_998);
    }
}
