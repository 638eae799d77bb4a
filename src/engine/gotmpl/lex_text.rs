//! What the lexer asks of plain text: line ends, white space and the marks that trim it.

use crate::strconv::decode_rune;

pub(super) fn count_line_ends(text: &[u8]) -> usize {
    /// What is shorter is counted sooner than vectors are set up.
    const SHORT: usize = 16;
    if text.len() < SHORT {
        return text.iter().filter(|it| **it == b'\n').count();
    }
    memchr::memchr_iter(b'\n', text).count()
}

/// Letters, digits and underscores of ASCII.
pub(super) static WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte < word.len() {
        word[byte] = byte == b'_' as usize || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    word
};

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

pub(super) fn has_left_trim_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', space, ..] if is_space(*space))
}

pub(super) fn has_right_trim_marker(text: &[u8]) -> bool {
    matches!(text, [space, b'-', ..] if is_space(*space))
}

pub(super) fn find(text: &[u8], what: &[u8; 2]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(what[0], text.get(from..)?)?;
        if text.get(at + 1) == Some(&what[1]) {
            return Some(at);
        }
        from = at + 1;
    }
}

pub(super) fn first_runes(text: &[u8], count: usize) -> &[u8] {
    let mut end = 0;
    for _ in 0..count {
        if end < text.len() {
            end += decode_rune(&text[end..]).1;
        }
    }
    &text[..end]
}
