//! Scalars without quotes.

use super::gather::Gathered;
use super::quoted::fold;
use super::{Scan, Scanner, Token, TokenKind};
use crate::yaml::chars::{Stops, is_blank};

const STOPS: Stops = Stops::new(b"\0 \t\r\n:");
const FLOW_STOPS: Stops = Stops::new(b"\0 \t\r\n:,?[]{}");

impl<'t> Scanner<'t> {
    pub(super) fn scan_plain(&mut self) -> Scan<Token<'t>> {
        let start = self.source.mark;
        let mut end = start;
        let indent = self.indent + 1;
        let mut text = Gathered::new(self.source.text);
        let (mut leading_break, mut trailing_breaks) = (Vec::new(), Vec::new());
        let mut blanks = start.offset..start.offset;
        let stops = if self.flow_level > 0 { &FLOW_STOPS } else { &STOPS };
        let mut on_new_line = false;
        loop {
            self.source.ensure(4)?;
            if self.at_document_indicator() || self.source.peek(0) == b'#' {
                break;
            }
            while !self.source.blank_or_end(0) && !self.ends_plain() {
                if on_new_line {
                    fold(text.copy(), &mut leading_break, &mut trailing_breaks);
                    on_new_line = false;
                } else {
                    text.add(blanks);
                }
                text.add(self.source.pass_run(stops));
                blanks = self.source.mark.offset..self.source.mark.offset;
                end = self.source.mark;
                self.source.ensure(2)?;
            }
            if !is_blank(self.source.peek(0)) && !self.source.breaks(0) {
                break;
            }
            self.source.ensure(1)?;
            loop {
                if is_blank(self.source.peek(0)) {
                    let column = self.source.mark.column as isize;
                    if on_new_line && column < indent && self.source.peek(0) == b'\t' {
                        return self.fault("found a tab character that violates indentation");
                    }
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
            if self.flow_level == 0 && (self.source.mark.column as isize) < indent {
                break;
            }
        }
        if on_new_line {
            self.key_allowed = true;
        }
        Ok(Token { value: text.finish(), ..Token::new(TokenKind::Scalar, start, end) })
    }

    fn ends_plain(&self) -> bool {
        match self.source.peek(0) {
            b':' => self.source.blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }
}
