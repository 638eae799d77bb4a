//! Scalars without quotes.

use super::quoted::fold;
use super::{Kind, Scan, Scanner, Token};
use crate::engine::yaml::chars::is_blank;

impl Scanner<'_> {
    pub(super) fn scan_plain(&mut self) -> Scan<Token> {
        let start = self.source.mark;
        let mut end = start;
        let indent = self.indent + 1;
        let mut text = Vec::new();
        let (mut leading_break, mut trailing_breaks, mut blanks) = (Vec::new(), Vec::new(), Vec::new());
        let mut on_new_line = false;
        loop {
            self.source.ensure(4)?;
            if self.at_document_indicator() || self.source.peek(0) == b'#' {
                break;
            }
            while !self.source.blank_or_end(0) && !self.ends_plain() {
                if on_new_line {
                    fold(&mut text, &mut leading_break, &mut trailing_breaks);
                    on_new_line = false;
                    blanks.clear();
                } else {
                    text.append(&mut blanks);
                }
                self.source.read(&mut text);
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
                    if on_new_line {
                        self.source.skip();
                    } else {
                        self.source.read(&mut blanks);
                    }
                } else if self.source.breaks(0) {
                    self.source.ensure(2)?;
                    if on_new_line {
                        self.source.read_line(&mut trailing_breaks);
                    } else {
                        blanks.clear();
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
        Ok(Token { value: text, ..Token::new(Kind::Scalar, start, end) })
    }

    fn ends_plain(&self) -> bool {
        match self.source.peek(0) {
            b':' => self.source.blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }
}
