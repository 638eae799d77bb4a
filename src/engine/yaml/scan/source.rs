//! Where the scanner stands in the text, and what it can see and take from there.

use std::ops::Range;

use super::stream::{BOM, Pieces, Stream};
use crate::yaml::chars::{Stops, at, is_blank_or_end, is_break, is_break_or_end, width};
use crate::yaml::fault::{Mark, YamlError};

/// What ends a line.
const LINE_STOPS: Stops = Stops::new(b"\0\r\n");

/// Characters that [`Input::pass_run`] leaves to those who look ahead.
const AHEAD: usize = 4;

pub struct Input<'t> {
    /// Beyond its end the scanner sees NUL.
    pub text: &'t [u8],
    /// The offset of the mark is the place in `text`.
    pub mark: Mark,
    /// Characters from the start on that are there, with the NULs that stand for the end.
    available: usize,
    pieces: Option<&'t Pieces>,
    /// The pieces that were asked for.
    taken: usize,
    /// Where libyaml's buffer would start.
    buffer_start: usize,
}

impl<'t> Input<'t> {
    pub fn new(stream: &'t Stream<'_>) -> Self {
        Input {
            text: &stream.text,
            mark: Mark { offset: stream.start, ..Mark::default() },
            available: if stream.pieces.is_some() { 0 } else { usize::MAX },
            pieces: stream.pieces.as_ref(),
            taken: 0,
            buffer_start: stream.start,
        }
    }

    /// Makes `count` characters available, or the NULs after the end of the text.
    pub fn ensure(&mut self, count: usize) -> Result<(), YamlError> {
        if self.available.saturating_sub(self.mark.index) >= count { Ok(()) } else { self.refill(count) }
    }

    /// The byte `ahead` bytes from here.
    pub fn peek(&self, ahead: usize) -> u8 {
        at(self.text, self.mark.offset + ahead)
    }

    /// Whether a line break stands `ahead` bytes from here.
    pub fn breaks(&self, ahead: usize) -> bool {
        is_break(self.text, self.mark.offset + ahead)
    }

    pub fn break_or_end(&self, ahead: usize) -> bool {
        is_break_or_end(self.text, self.mark.offset + ahead)
    }

    pub fn blank_or_end(&self, ahead: usize) -> bool {
        is_blank_or_end(self.text, self.mark.offset + ahead)
    }

    /// Whether libyaml's buffer starts with a byte order mark. It looks there and not at the position.
    pub fn at_byte_order_mark(&self) -> bool {
        self.pieces.is_some() && self.text.get(self.buffer_start..).is_some_and(|it| it.starts_with(BOM))
    }

    /// Passes one character that is no line break.
    pub fn skip(&mut self) {
        self.advance(width(self.peek(0)), 1);
        self.mark.column += 1;
    }

    /// Passes one character that is no line break and gives its place.
    pub fn pass(&mut self) -> Range<usize> {
        let start = self.mark.offset;
        self.skip();
        start..self.mark.offset
    }

    /// Passes one character that is no line break and keeps it.
    pub fn read(&mut self, into: &mut Vec<u8>) {
        let place = self.pass();
        into.extend_from_slice(self.text.get(place).unwrap_or_default());
    }

    /// Passes the spaces that stand here, up to so many. There must be one.
    pub fn skip_spaces(&mut self, most: usize) {
        let rest = self.rest();
        let count = rest.iter().take(most).take_while(|it| **it == b' ').count();
        self.pass_ascii(count);
    }

    /// Passes what stands before the end of the line, or part of it, and gives its place. There must be a character.
    pub fn pass_line(&mut self) -> Range<usize> {
        /// Looking further would cost the square of a line of other letters.
        const FAR: usize = 256;
        let rest = self.rest();
        let rest = rest.get(..FAR).unwrap_or(rest);
        let line = memchr::memchr2(b'\n', b'\r', rest).map_or(rest, |it| &rest[..it]);
        if self.pieces.is_none() && line.is_ascii() { self.pass_ascii(line.len()) } else { self.pass_run(&LINE_STOPS) }
    }

    /// Passes what stands before the next of these bytes, or one character where that is nothing, and gives its place.
    pub fn pass_run(&mut self, stops: &Stops) -> Range<usize> {
        let rest = self.rest();
        self.pass_ascii(rest.iter().position(|it| stops.has(*it)).unwrap_or(rest.len()))
    }

    /// As [`Input::pass_run`], for a text between quotes: spaces that may stand at the end of a line end it too.
    pub fn pass_words(&mut self, stops: &Stops) -> Range<usize> {
        let rest = self.rest();
        let mut run = rest.iter().position(|it| stops.has(*it)).map_or(rest, |it| &rest[..it]);
        if !matches!(rest.get(run.len()), Some(b'"' | b'\'' | b'\\')) {
            while let Some(shorter) = run.strip_suffix(b" ") {
                run = shorter;
            }
        }
        self.pass_ascii(run.len())
    }

    /// The text from here on that needs no look ahead.
    pub fn rest(&self) -> &'t [u8] {
        let room = self.available.saturating_sub(self.mark.index).saturating_sub(AHEAD);
        let rest = self.text.get(self.mark.offset..).unwrap_or_default();
        rest.get(..room).unwrap_or(rest)
    }

    /// Passes so many ASCII characters without a line break, or one character where that is none, and gives their place.
    pub fn pass_ascii(&mut self, length: usize) -> Range<usize> {
        if length == 0 {
            return self.pass();
        }
        let start = self.mark.offset;
        self.advance(length, length);
        self.mark.column += length;
        start..self.mark.offset
    }

    /// Passes one line break.
    pub fn skip_line(&mut self) {
        if self.peek(0) == b'\r' && self.peek(1) == b'\n' {
            self.advance(2, 2);
        } else if self.breaks(0) {
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
        } else if self.breaks(0) {
            into.push(b'\n');
        }
        self.skip_line();
    }

    fn advance(&mut self, bytes: usize, characters: usize) {
        self.mark.offset += bytes;
        self.mark.index += characters;
    }

    #[cold]
    fn refill(&mut self, count: usize) -> Result<(), YamlError> {
        self.buffer_start = self.mark.offset;
        let Some(pieces) = self.pieces else { return Ok(()) };
        while self.available.saturating_sub(self.mark.index) < count {
            match (pieces.ends.get(self.taken), pieces.fault) {
                (Some(end), _) => {
                    self.available = *end;
                    self.taken += 1;
                }
                (None, Some(fault)) => return Err(YamlError::plain(fault, self.mark)),
                (None, None) => {
                    self.available = self.available.max(self.mark.index) + 1;
                    break;
                }
            }
        }
        Ok(())
    }
}
