//! The lexer within quoted texts and numbers.

use super::item::{Item, ItemType};
use super::lex::Lexer;
use super::unicode::is_alphanumeric;
use crate::strconv;

impl<'s> Lexer<'s> {
    /// A string or character constant whose first quote has been scanned; the parser checks what is in it.
    pub(super) fn lex_quoted(&mut self, quote: char, kind: ItemType, unterminated: &str) -> Item {
        loop {
            match self.next() {
                Some('\\') if !matches!(self.next(), None | Some('\n')) => {}
                None | Some('\\' | '\n') => return self.error(unterminated.into()),
                Some(rune) if rune == quote => return self.item(kind),
                Some(_) => {}
            }
        }
    }

    pub(super) fn lex_raw_quote(&mut self) -> Item {
        loop {
            match self.next() {
                None => return self.error("unterminated raw quoted string".into()),
                Some('`') => return self.item(ItemType::RawString),
                Some(_) => {}
            }
        }
    }

    /// A number or something like it: what passes here and is none is left to the parser.
    pub(super) fn lex_number(&mut self) -> Item {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || self.input[..self.pos].last() != Some(&b'i') {
                return self.bad_number();
            }
            return self.item(ItemType::Complex);
        }
        self.item(ItemType::Number)
    }

    pub(super) fn bad_number(&mut self) -> Item {
        let text = strconv::quote(&self.input[self.start..self.pos]);
        self.error(format!("bad number syntax: {text}"))
    }

    pub(super) fn scan_number(&mut self) -> bool {
        const DECIMAL: &str = "0123456789_";
        const HEX: &str = "0123456789abcdefABCDEF_";
        self.accept("+-");
        let mut digits = DECIMAL;
        if self.accept("0") {
            if self.accept("xX") {
                digits = HEX;
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if (digits == DECIMAL && self.accept("eE")) || (digits == HEX && self.accept("pP")) {
            self.accept("+-");
            self.accept_run(DECIMAL);
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}
