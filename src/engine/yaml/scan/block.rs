//! Literal and folded block scalars.

use super::gather::Gathered;
use super::{Scan, Scanner, Style, Token, TokenKind};
use crate::yaml::chars::is_blank;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'t> Scanner<'t> {
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Scan<Token<'t>> {
        let start = self.source.mark;
        self.source.skip();
        let (chomping, increment) = self.scan_block_header()?;
        self.skip_blanks()?;
        self.skip_comment()?;
        self.expect_line_end()?;

        let mut end = self.source.mark;
        let parent = self.indent.max(0) as usize;
        let mut indent = if increment > 0 { parent + increment } else { 0 };
        let mut text = Gathered::new(self.source.text);
        let mut leading_break = Vec::new();
        let mut trailing_breaks = Vec::new();
        self.scan_block_breaks(&mut indent, &mut trailing_breaks, &mut end)?;
        self.source.ensure(1)?;
        let mut after_blank = false;
        while self.source.mark.column == indent && self.source.peek(0) != 0 {
            // A break between two lines that begin with no blank folds into a space.
            let blank = is_blank(self.source.peek(0));
            if !literal && leading_break.first() == Some(&b'\n') && !after_blank && !blank {
                if trailing_breaks.is_empty() {
                    text.copy().push(b' ');
                }
                leading_break.clear();
            }
            if !leading_break.is_empty() || !trailing_breaks.is_empty() {
                text.copy().append(&mut leading_break);
                text.copy().append(&mut trailing_breaks);
            }
            after_blank = blank;
            while !self.source.break_or_end(0) {
                text.add(self.source.pass_line());
                self.source.ensure(1)?;
            }
            self.source.ensure(2)?;
            self.source.read_line(&mut leading_break);
            self.scan_block_breaks(&mut indent, &mut trailing_breaks, &mut end)?;
        }
        if chomping != Chomping::Strip {
            text.copy().append(&mut leading_break);
        }
        if chomping == Chomping::Keep {
            text.copy().append(&mut trailing_breaks);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        Ok(Token { value: text.finish(), style, ..Token::new(TokenKind::Scalar, start, end) })
    }

    /// The chomping and indentation indicators, in either order.
    fn scan_block_header(&mut self) -> Scan<(Chomping, usize)> {
        self.source.ensure(1)?;
        if let Some(chomping) = self.scan_chomping() {
            self.source.ensure(1)?;
            return Ok((chomping, self.scan_increment()?));
        }
        let increment = self.scan_increment()?;
        if increment > 0 {
            self.source.ensure(1)?;
            if let Some(chomping) = self.scan_chomping() {
                return Ok((chomping, increment));
            }
        }
        Ok((Chomping::Clip, increment))
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.source.peek(0) {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.source.skip();
        Some(chomping)
    }

    fn scan_increment(&mut self) -> Scan<usize> {
        match self.source.peek(0) {
            b'0' => self.fault("found an indentation indicator equal to 0"),
            digit @ b'1'..=b'9' => {
                self.source.skip();
                Ok(usize::from(digit - b'0'))
            }
            _ => Ok(0),
        }
    }

    /// Passes empty lines and the indentation of the next; finds out the indentation where it is 0.
    fn scan_block_breaks(&mut self, indent: &mut usize, breaks: &mut Vec<u8>, end: &mut super::Mark) -> Scan {
        *end = self.source.mark;
        let mut deepest = 0;
        loop {
            self.source.ensure(1)?;
            let bound = if *indent == 0 { usize::MAX } else { *indent };
            let within = |column| column < bound;
            while within(self.source.mark.column) && self.source.peek(0) == b' ' {
                self.source.skip_spaces(bound - self.source.mark.column);
                self.source.ensure(1)?;
            }
            deepest = deepest.max(self.source.mark.column);
            if within(self.source.mark.column) && self.source.peek(0) == b'\t' {
                return self.fault("found a tab character where an indentation space is expected");
            }
            if !self.source.breaks(0) {
                break;
            }
            self.source.ensure(2)?;
            self.source.read_line(breaks);
            *end = self.source.mark;
        }
        if *indent == 0 {
            *indent = deepest.max((self.indent + 1).max(1) as usize);
        }
        Ok(())
    }
}
