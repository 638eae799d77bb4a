//! The characters of a TOML text, with the line they stand on.

use crate::strconv;

/// A place in the text that can be moved forward by characters, and back again.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

/// A fault: what is wrong, and on which line.
#[derive(Debug)]
pub struct TomlError {
    pub line: usize,
    pub message: String,
}

/// The end of the text where a character is looked for; no text may hold it.
pub const END: char = '\0';

impl<'a> Cursor<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Cursor { text, at: 0, line: 1 }
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn line(&self) -> usize {
        self.line
    }

    /// The text from a position up to here.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Takes the next character, or [`END`].
    pub fn next(&mut self) -> Result<char, TomlError> {
        let Some(first) = self.text.get(self.at) else { return Ok(END) };
        let line = if *first == b'\n' { self.line + 1 } else { self.line };
        let (rune, width) = strconv::decode_rune(&self.text[self.at..]);
        let refuse = |message| Err(TomlError { line, message });
        if rune == char::REPLACEMENT_CHARACTER && width <= 1 {
            return refuse(format!("invalid UTF-8 byte: 0x{first:02x}"));
        }
        let lonely_return = rune == '\r' && self.text.get(self.at + 1) != Some(&b'\n');
        if lonely_return || (rune.is_ascii_control() && !matches!(rune, '\t' | '\r' | '\n')) {
            return refuse(format!("TOML files cannot contain control characters: '0x{first:02x}'"));
        }
        self.at += width;
        self.line = line;
        Ok(rune)
    }

    /// The next character, which stays.
    pub fn peek(&self) -> Result<char, TomlError> {
        let mut ahead = *self;
        ahead.next()
    }

    /// Takes the next character if it is this one.
    pub fn accept(&mut self, wanted: char) -> Result<bool, TomlError> {
        let before = *self;
        let found = self.next()? == wanted;
        if !found {
            *self = before;
        }
        Ok(found)
    }

    /// Gives back one character of one byte that is no line break.
    pub fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// Takes characters as long as the test holds.
    pub fn skip(&mut self, test: impl Fn(char) -> bool) -> Result<(), TomlError> {
        loop {
            let before = *self;
            let rune = self.next()?;
            if rune == END || !test(rune) {
                *self = before;
                return Ok(());
            }
        }
    }

    /// A fault on this line.
    pub fn fault<T>(&self, message: impl Into<String>) -> Result<T, TomlError> {
        Err(TomlError { line: self.line, message: message.into() })
    }

    /// A fault at the character taken last: where that is the end of the text after a line break, it is shown on the
    /// line before.
    pub fn fault_at<T>(&self, taken: char, message: impl Into<String>) -> Result<T, TomlError> {
        let before = taken == END && self.since(0).ends_with(b"\n");
        Err(TomlError { line: self.line - usize::from(before), message: message.into() })
    }

    /// A fault shown a line up, wherever it is.
    pub fn fault_above<T>(&self, message: impl Into<String>) -> Result<T, TomlError> {
        Err(TomlError { line: self.line - 1, message: message.into() })
    }

    /// A fault at the character taken last: where that is a line feed, it is shown on the line it ends.
    pub fn fault_before<T>(&self, taken: char, message: impl Into<String>) -> Result<T, TomlError> {
        Err(TomlError { line: self.line - usize::from(taken == '\n'), message: message.into() })
    }
}

pub fn is_blank(rune: char) -> bool {
    matches!(rune, ' ' | '\t')
}

pub fn is_newline(rune: char) -> bool {
    matches!(rune, '\n' | '\r')
}

/// Whether a character may stand in a bare key.
pub fn is_bare(rune: u32) -> bool {
    char::from_u32(rune).is_some_and(|it| it.is_ascii_alphanumeric() || it == '_' || it == '-')
}
