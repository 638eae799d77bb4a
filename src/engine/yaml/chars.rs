//! The classes of characters YAML 1.1 knows. Each function looks at the start of the given bytes; beyond the end of the
//! text stands NUL, as in libyaml's buffer.

/// The byte at `index`, or NUL beyond the end.
pub fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// Bytes of the UTF-8 character that starts with `lead`; 1 where it cannot start one.
pub fn width(lead: u8) -> usize {
    match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

/// A letter, digit, `_` or `-`.
pub fn is_alpha(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

pub fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// CR, LF, NEL, LS or PS at `index`.
pub fn is_break(text: &[u8], index: usize) -> bool {
    match at(text, index) {
        b'\r' | b'\n' => true,
        0xC2 => at(text, index + 1) == 0x85,
        0xE2 => at(text, index + 1) == 0x80 && matches!(at(text, index + 2), 0xA8 | 0xA9),
        _ => false,
    }
}

pub fn is_break_or_end(text: &[u8], index: usize) -> bool {
    !is_visible(text, index) && (at(text, index) == 0 || is_break(text, index))
}

pub fn is_blank_or_end(text: &[u8], index: usize) -> bool {
    !is_visible(text, index) && (is_blank(at(text, index)) || is_break_or_end(text, index))
}

/// Whether an ASCII character that is no blank stands there: most often one does.
fn is_visible(text: &[u8], index: usize) -> bool {
    text.get(index).is_some_and(u8::is_ascii_graphic)
}

/// Whether the emitter may write the character unescaped. Mirrors go-yaml, which takes no character beyond the basic
/// plane for printable.
pub fn is_printable(text: &[u8], index: usize) -> bool {
    let (second, third) = (at(text, index + 1), at(text, index + 2));
    match at(text, index) {
        b'\n' | 0x20..=0x7E | 0xC3..=0xEC | 0xEE => true,
        0xC2 => second >= 0xA0,
        0xED => second < 0xA0,
        0xEF => !(second == 0xBB && third == 0xBF || second == 0xBF && matches!(third, 0xBE | 0xBF)),
        _ => false,
    }
}

/// ASCII characters that end a run; any other byte ends it too.
pub struct Stops([bool; 256]);

impl Stops {
    pub const fn new(bytes: &[u8]) -> Self {
        let mut stops = [false; 256];
        let mut index = 0;
        while index < bytes.len() {
            stops[bytes[index] as usize] = true;
            index += 1;
        }
        let mut byte = 0x80;
        while byte < stops.len() {
            stops[byte] = true;
            byte += 1;
        }
        Stops(stops)
    }

    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}
