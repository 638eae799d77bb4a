//! The text as libyaml's reader hands it to the scanner: checked, made UTF-8, and in pieces of 512 bytes.
//!
//! The pieces show: a forbidden character anywhere in a piece is reported before any fault of the scanner in it, and a
//! byte order mark is seen only where a piece was asked for. A text with neither is one piece, and is not copied.

use std::borrow::Cow;

use crate::yaml::chars::at;

pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";
const PIECE: usize = 512;

/// A text to scan.
pub struct Stream<'t> {
    /// In UTF-8, with the byte order mark it began with.
    pub(super) text: Cow<'t, [u8]>,
    /// Bytes of the byte order mark.
    pub(super) start: usize,
    pub(super) pieces: Option<Pieces>,
}

/// Where the pieces of a text end.
pub(super) struct Pieces {
    /// Characters before each end.
    pub ends: Vec<usize>,
    /// Why there are no more.
    pub fault: Option<&'static str>,
}

impl<'t> Stream<'t> {
    pub fn new(raw: &'t [u8]) -> Self {
        // go-yaml reads an empty text as an empty line.
        let raw = if raw.is_empty() { b"\n" } else { raw };
        let start = if raw.starts_with(BOM) { BOM.len() } else { 0 };
        if raw.get(start..).is_some_and(is_harmless) {
            return Stream { text: Cow::Borrowed(raw), start, pieces: None };
        }
        Reader::new(raw).read()
    }
}

/// Whether all of a text is UTF-8 without forbidden characters. May err where it is not plain ASCII.
fn is_harmless(raw: &[u8]) -> bool {
    // Beyond ASCII, forbidden characters and byte order marks begin with these two bytes.
    let suspect = |it: u8| it < b' ' && !matches!(it, b'\t' | b'\n' | b'\r') || matches!(it, 0x7F | 0xC2 | 0xEF);
    !raw.iter().fold(false, |found, &it| found | suspect(it)) && std::str::from_utf8(raw).is_ok()
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16 { big_endian: bool },
}

struct Reader<'t> {
    raw: &'t [u8],
    /// The raw bytes fetched and not yet decoded.
    window: std::ops::Range<usize>,
    window_untouched: bool,
    ended: bool,
    encoding: Encoding,
    text: Vec<u8>,
    characters: usize,
}

impl<'t> Reader<'t> {
    fn new(raw: &'t [u8]) -> Self {
        Reader {
            raw,
            window: 0..0,
            window_untouched: false,
            ended: false,
            encoding: Encoding::Utf8,
            text: Vec::with_capacity(raw.len()),
            characters: 0,
        }
    }

    fn read(mut self) -> Stream<'t> {
        let start = self.determine_encoding();
        let mut pieces = Pieces { ends: Vec::new(), fault: None };
        loop {
            if self.window.is_empty() {
                self.fetch();
            }
            if let Err(fault) = self.decode_window() {
                pieces.fault = Some(fault);
                break;
            }
            pieces.ends.push(self.characters);
            if self.ended {
                break;
            }
            if !self.window.is_empty() {
                self.fetch();
            }
        }
        let is_harmless = pieces.fault.is_none() && memchr::memmem::find(&self.text[start..], BOM).is_none();
        Stream { text: Cow::Owned(self.text), start, pieces: (!is_harmless).then_some(pieces) }
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

    /// Passes the byte order mark and gives its length.
    fn determine_encoding(&mut self) -> usize {
        while !self.ended && self.window.len() < 3 {
            self.fetch();
        }
        let begin = &self.raw[self.window.clone()];
        let (encoding, length) = if begin.starts_with(b"\xFF\xFE") {
            (Encoding::Utf16 { big_endian: false }, 2)
        } else if begin.starts_with(b"\xFE\xFF") {
            (Encoding::Utf16 { big_endian: true }, 2)
        } else if begin.starts_with(BOM) {
            (Encoding::Utf8, 3)
        } else {
            (Encoding::Utf8, 0)
        };
        self.encoding = encoding;
        self.text.extend_from_slice(&begin[..length]);
        self.window.start += length;
        self.window_untouched &= length == 0;
        length
    }

    fn decode_window(&mut self) -> Result<(), &'static str> {
        while !self.window.is_empty() && self.decode()? {}
        Ok(())
    }

    /// Decodes one character; false where the window holds only part of it.
    fn decode(&mut self) -> Result<bool, &'static str> {
        let bytes = &self.raw[self.window.clone()];
        let decoded = match self.encoding {
            Encoding::Utf16 { big_endian } => decode_utf16(bytes, big_endian, self.ended)?,
            Encoding::Utf8 => decode_utf8(bytes, self.ended)?,
        };
        let Some((character, length)) = decoded else { return Ok(false) };
        let allowed = matches!(character,
            '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..);
        if !allowed {
            return Err("control characters are not allowed");
        }
        self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.characters += 1;
        self.window.start += length;
        self.window_untouched = false;
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
