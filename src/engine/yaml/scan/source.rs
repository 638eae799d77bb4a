//! The text as libyaml's reader hands it to the scanner: checked, made UTF-8, and in pieces of 512 bytes.
//!
//! The pieces show: a forbidden character anywhere in a piece is reported before any fault of the scanner in it.

use crate::engine::yaml::chars::{at, is_blank_or_end, is_break, is_break_or_end, width};
use crate::engine::yaml::fault::{Fault, Mark};

const PIECE: usize = 512;
const BOM: &[u8] = b"\xEF\xBB\xBF";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Unknown,
    Utf8,
    Utf16 { big_endian: bool },
}

pub struct Source<'a> {
    raw: &'a [u8],
    /// The raw bytes fetched and not yet decoded.
    window: std::ops::Range<usize>,
    window_untouched: bool,
    ended: bool,
    encoding: Encoding,
    /// What was decoded so far. Beyond its end the scanner sees NUL.
    pub text: Vec<u8>,
    pub pos: usize,
    /// Characters decoded and not yet passed, with the NULs that stand for the end.
    unread: usize,
    /// Where libyaml's buffer would start.
    buffer_start: usize,
    pub mark: Mark,
}

impl<'a> Source<'a> {
    pub fn new(raw: &'a [u8]) -> Self {
        Source {
            raw,
            window: 0..0,
            window_untouched: false,
            ended: false,
            encoding: Encoding::Unknown,
            text: Vec::with_capacity(raw.len()),
            pos: 0,
            unread: 0,
            buffer_start: 0,
            mark: Mark::default(),
        }
    }

    /// Makes `count` characters available, or the NULs after the end of the text.
    pub fn ensure(&mut self, count: usize) -> Result<(), Fault> {
        if self.unread >= count { Ok(()) } else { self.refill(count) }
    }

    /// The byte `ahead` bytes from here.
    pub fn peek(&self, ahead: usize) -> u8 {
        at(&self.text, self.pos + ahead)
    }

    /// Whether a line break stands `ahead` bytes from here.
    pub fn breaks(&self, ahead: usize) -> bool {
        is_break(&self.text, self.pos + ahead)
    }

    pub fn break_or_end(&self, ahead: usize) -> bool {
        is_break_or_end(&self.text, self.pos + ahead)
    }

    pub fn blank_or_end(&self, ahead: usize) -> bool {
        is_blank_or_end(&self.text, self.pos + ahead)
    }

    /// Whether libyaml's buffer starts with a byte order mark. It looks there and not at the position.
    pub fn at_byte_order_mark(&self) -> bool {
        self.text.get(self.buffer_start..).is_some_and(|it| it.starts_with(BOM))
    }

    /// Passes one character that is no line break.
    pub fn skip(&mut self) {
        self.advance(width(self.peek(0)), 1);
        self.mark.column += 1;
    }

    /// Passes one character that is no line break and keeps it.
    pub fn read(&mut self, into: &mut Vec<u8>) {
        let end = (self.pos + width(self.peek(0))).min(self.text.len());
        if let Some(character) = self.text.get(self.pos..end) {
            into.extend_from_slice(character);
        }
        self.skip();
    }

    /// Passes one line break.
    pub fn skip_line(&mut self) {
        if self.peek(0) == b'\r' && self.peek(1) == b'\n' {
            self.advance(2, 2);
        } else if is_break(&self.text, self.pos) {
            self.advance(width(self.peek(0)), 1);
        } else {
            return;
        }
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// Passes one line break and keeps it: LS and PS as they are, any other as a line feed.
    pub fn read_line(&mut self, into: &mut Vec<u8>) {
        if self.peek(0) == 0xE2 {
            into.extend_from_slice(&[0xE2, 0x80, self.peek(2)]);
        } else if is_break(&self.text, self.pos) {
            into.push(b'\n');
        }
        self.skip_line();
    }

    fn advance(&mut self, bytes: usize, characters: usize) {
        self.pos += bytes;
        self.mark.offset += bytes;
        self.mark.index += characters;
        self.unread = self.unread.saturating_sub(characters);
    }

    fn refill(&mut self, count: usize) -> Result<(), Fault> {
        if self.encoding == Encoding::Unknown {
            self.determine_encoding();
        }
        self.buffer_start = self.pos;
        let mut first = true;
        while self.unread < count {
            if !first || self.window.is_empty() {
                self.fetch();
            }
            first = false;
            while !self.window.is_empty() {
                if !self.decode()? {
                    break;
                }
            }
            if self.ended {
                self.unread += 1;
                break;
            }
        }
        Ok(())
    }

    fn fetch(&mut self) {
        if self.ended || self.window_untouched && self.window.len() == PIECE {
            return;
        }
        let room = PIECE - self.window.len();
        let count = room.min(self.raw.len() - self.window.end);
        self.ended = count == 0;
        self.window.end += count;
        self.window_untouched = true;
    }

    fn determine_encoding(&mut self) {
        while !self.ended && self.window.len() < 3 {
            self.fetch();
        }
        let start = &self.raw[self.window.clone()];
        let (encoding, length) = if start.starts_with(b"\xFF\xFE") {
            (Encoding::Utf16 { big_endian: false }, 2)
        } else if start.starts_with(b"\xFE\xFF") {
            (Encoding::Utf16 { big_endian: true }, 2)
        } else if start.starts_with(BOM) {
            (Encoding::Utf8, 3)
        } else {
            (Encoding::Utf8, 0)
        };
        self.encoding = encoding;
        self.window.start += length;
        self.window_untouched &= length == 0;
        self.mark.offset = length;
    }

    /// Decodes one character; false where the window holds only part of it.
    fn decode(&mut self) -> Result<bool, Fault> {
        let bytes = &self.raw[self.window.clone()];
        let decoded = match self.encoding {
            Encoding::Utf16 { big_endian } => decode_utf16(bytes, big_endian, self.ended),
            _ => decode_utf8(bytes, self.ended),
        };
        let Some((character, length)) = decoded.map_err(|problem| Fault::plain(problem, self.mark))? else {
            return Ok(false);
        };
        let allowed = matches!(character,
            '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..);
        if !allowed {
            return Err(Fault::plain("control characters are not allowed", self.mark));
        }
        if length == 1 {
            self.text.push(character as u8);
        } else {
            self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.window.start += length;
        self.window_untouched = false;
        self.unread += 1;
        Ok(true)
    }
}

type Decoded = Result<Option<(char, usize)>, &'static str>;

fn decode_utf8(bytes: &[u8], ended: bool) -> Decoded {
    let lead = at(bytes, 0);
    let (length, mut value, least) = match lead {
        0..=0x7F => return Ok(Some((char::from(lead), 1))),
        0xC0..=0xDF => (2, u32::from(lead & 0x1F), 0x80),
        0xE0..=0xEF => (3, u32::from(lead & 0x0F), 0x800),
        0xF0..=0xF7 => (4, u32::from(lead & 0x07), 0x10000),
        _ => return Err("invalid leading UTF-8 octet"),
    };
    let Some(rest) = bytes.get(1..length) else {
        return if ended { Err("incomplete UTF-8 octet sequence") } else { Ok(None) };
    };
    for &octet in rest {
        if octet & 0xC0 != 0x80 {
            return Err("invalid trailing UTF-8 octet");
        }
        value = value << 6 | u32::from(octet & 0x3F);
    }
    if value < least {
        return Err("invalid length of a UTF-8 sequence");
    }
    let character = char::from_u32(value).ok_or("invalid Unicode character")?;
    Ok(Some((character, length)))
}

fn decode_utf16(bytes: &[u8], big_endian: bool, ended: bool) -> Decoded {
    let unit = |index: usize| {
        let pair: [u8; 2] = bytes.get(index..index + 2)?.try_into().ok()?;
        Some(u32::from(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
    };
    let Some(first) = unit(0) else {
        return if ended { Err("incomplete UTF-16 character") } else { Ok(None) };
    };
    match first & 0xFC00 {
        0xDC00 => Err("unexpected low surrogate area"),
        0xD800 => {
            let Some(second) = unit(2) else {
                return if ended { Err("incomplete UTF-16 surrogate pair") } else { Ok(None) };
            };
            if second & 0xFC00 != 0xDC00 {
                return Err("expected low surrogate area");
            }
            let value = 0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF);
            Ok(char::from_u32(value).map(|it| (it, 4)))
        }
        _ => Ok(char::from_u32(first).map(|it| (it, 2))),
    }
}
