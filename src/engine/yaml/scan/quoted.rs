//! Single and double quoted scalars.

use super::gather::Gathered;
use super::{Scan, Scanner, Style, Token, TokenKind};
use crate::yaml::chars::{Stops, is_blank};
use crate::yaml::fault::Mark;

const SINGLE: Stops = Stops::new(b"\0\t\r\n'");
const DOUBLE: Stops = Stops::new(b"\0\t\r\n\"\\");

impl<'t> Scanner<'t> {
    pub(super) fn scan_quoted(&mut self, single: bool) -> Scan<Token<'t>> {
        let start = self.source.mark;
        let quote = if single { b'\'' } else { b'"' };
        self.source.skip();
        if let Some(token) = self.scan_quoted_line(single, start) {
            return Ok(token);
        }
        let mut text = Gathered::new(self.source.text);
        let (mut leading_break, mut trailing_breaks) = (Vec::new(), Vec::new());
        loop {
            self.source.ensure(4)?;
            if self.at_document_indicator() {
                return self.fault("found unexpected document indicator");
            }
            if self.source.peek(0) == 0 {
                return self.fault("found unexpected end of stream");
            }
            let mut on_new_line = self.scan_quoted_word(single, &mut text)?;
            self.source.ensure(1)?;
            if self.source.peek(0) == quote {
                break;
            }
            let mut blanks = self.source.mark.offset..self.source.mark.offset;
            loop {
                if is_blank(self.source.peek(0)) {
                    self.source.skip();
                    if !on_new_line {
                        blanks.end = self.source.mark.offset;
                    }
                } else if self.source.breaks(0) {
                    self.source.ensure(2)?;
                    if on_new_line {
                        self.source.read_line(&mut trailing_breaks);
                    } else {
                        self.source.read_line(&mut leading_break);
                        on_new_line = true;
                    }
                } else {
                    break;
                }
                self.source.ensure(1)?;
            }
            if on_new_line {
                fold(text.copy(), &mut leading_break, &mut trailing_breaks);
            } else {
                text.add(blanks);
            }
        }
        self.source.skip();
        let style = if single { Style::SingleQuoted } else { Style::DoubleQuoted };
        Ok(Token { value: text.finish(), style, ..Token::new(TokenKind::Scalar, start, self.source.mark) })
    }

    /// The whole scalar where it is ASCII in one line without escapes, as most are.
    fn scan_quoted_line(&mut self, single: bool, start: Mark) -> Option<Token<'t>> {
        let (style, stops) = if single { (Style::SingleQuoted, &SINGLE) } else { (Style::DoubleQuoted, &DOUBLE) };
        let rest = self.source.rest();
        let length = rest.iter().position(|it| stops.has(*it))?;
        match rest[length..] {
            [b'\'', b'\'', ..] => return None,
            [b'\'' | b'"', ..] => {}
            _ => return None,
        }
        let value = rest.get(..length)?;
        self.source.pass_ascii(length + 1);
        Some(Token { value: value.into(), style, ..Token::new(TokenKind::Scalar, start, self.source.mark) })
    }

    /// Characters up to a blank, break or the closing quote. True where an escaped line break ended them.
    fn scan_quoted_word(&mut self, single: bool, text: &mut Gathered<'t>) -> Scan<bool> {
        let stops = if single { &SINGLE } else { &DOUBLE };
        while !self.source.blank_or_end(0) {
            match self.source.peek(0) {
                b'\'' if single && self.source.peek(1) == b'\'' => {
                    self.source.skip();
                    text.add(self.source.pass());
                }
                b'\'' if single => break,
                b'"' if !single => break,
                b'\\' if !single && self.source.breaks(1) => {
                    self.source.ensure(3)?;
                    self.source.skip();
                    self.source.skip_line();
                    return Ok(true);
                }
                b'\\' if !single => match self.source.peek(1) {
                    b'"' | b'\\' => {
                        self.source.skip();
                        text.add(self.source.pass());
                    }
                    _ => self.scan_escape(text.copy())?,
                },
                _ => text.add(self.source.pass_words(stops)),
            }
            self.source.ensure(2)?;
        }
        Ok(false)
    }

    fn scan_escape(&mut self, text: &mut Vec<u8>) -> Scan {
        let mut digits = 0;
        let plain: &[u8] = match self.source.peek(1) {
            b'0' => b"\0",
            b'a' => b"\x07",
            b'b' => b"\x08",
            b't' | b'\t' => b"\t",
            b'n' => b"\n",
            b'v' => b"\x0B",
            b'f' => b"\x0C",
            b'r' => b"\r",
            b'e' => b"\x1B",
            b' ' => b" ",
            b'"' => b"\"",
            b'\'' => b"'",
            b'\\' => b"\\",
            b'N' => "\u{85}".as_bytes(),
            b'_' => "\u{A0}".as_bytes(),
            b'L' => "\u{2028}".as_bytes(),
            b'P' => "\u{2029}".as_bytes(),
            letter @ (b'x' | b'u' | b'U') => {
                digits = match letter {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                b""
            }
            _ => return self.fault("found unknown escape character"),
        };
        text.extend_from_slice(plain);
        self.source.skip();
        self.source.skip();
        if digits == 0 {
            return Ok(());
        }
        self.source.ensure(digits)?;
        let mut value = 0;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.source.peek(ahead)).to_digit(16) else {
                return self.fault("did not find expected hexdecimal number");
            };
            value = value << 4 | u64::from(digit);
        }
        let Some(character) = u32::try_from(value).ok().and_then(char::from_u32) else {
            return self.fault("found invalid Unicode character escape code");
        };
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        for _ in 0..digits {
            self.source.skip();
        }
        Ok(())
    }
}

/// One line break becomes a space; of more, all but the first stay.
pub(super) fn fold(text: &mut Vec<u8>, leading_break: &mut Vec<u8>, trailing_breaks: &mut Vec<u8>) {
    if leading_break.first() == Some(&b'\n') {
        if trailing_breaks.is_empty() {
            text.push(b' ');
        }
        leading_break.clear();
    }
    text.append(leading_break);
    text.append(trailing_breaks);
}
