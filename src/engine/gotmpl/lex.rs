//! Splits template text into items. Mirrors `text/template/parse/lex.go`.

use super::item::{Item, ItemType};
use super::lex_text::{WORD, count_line_ends, find, has_left_trim_marker, has_right_trim_marker, is_space};
use crate::gotmpl::unicode::{decode_last_rune, describe_rune, is_alphanumeric};
use crate::strconv::decode_rune;

/// Which of the late keywords are keywords: a function of the same name takes precedence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keywords {
    pub break_ok: bool,
    pub continue_ok: bool,
}

const LEFT: &[u8; 2] = b"{{";
const RIGHT: &[u8; 2] = b"}}";
/// A trim marker is a minus and the space that sets it off.
const TRIM: usize = 2;

/// The state of one scan.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    pub(super) input: &'s [u8],
    pub(super) pos: usize,
    pub(super) start: usize,
    pub(super) at_eof: bool,
    pub(super) paren_depth: usize,
    pub(super) line: usize,
    pub(super) start_line: usize,
    pub(super) inside_action: bool,
    pub(super) keywords: Keywords,
    pub(super) fault: String,
}

impl<'s> Lexer<'s> {
    pub fn new(input: &'s [u8], keywords: Keywords) -> Self {
        Lexer {
            input,
            pos: 0,
            start: 0,
            at_eof: false,
            paren_depth: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            keywords,
            fault: String::new(),
        }
    }

    /// The message of the error that was met.
    pub fn fault(&self) -> &str {
        &self.fault
    }

    /// The next item; after the end, `Eof` for ever.
    pub fn next_item(&mut self) -> Item {
        if self.inside_action { self.lex_inside_action() } else { self.lex_text() }
    }

    fn lex_text(&mut self) -> Item {
        loop {
            let rest = self.rest();
            let Some(found) = find(rest, LEFT) else {
                if rest.is_empty() {
                    return self.item(ItemType::Eof);
                }
                self.pos = self.input.len();
                self.count_lines();
                return self.item(ItemType::Text);
            };
            if found > 0 {
                self.pos += found;
                let trimmed = if has_left_trim_marker(&self.input[self.pos + LEFT.len()..]) {
                    let text = &self.input[self.start..self.pos];
                    text.iter().rev().take_while(|it| is_space(**it)).count()
                } else {
                    0
                };
                self.pos -= trimmed;
                self.count_lines();
                let item = self.item(ItemType::Text);
                self.pos += trimmed;
                self.ignore();
                if !item.range().is_empty() {
                    return item;
                }
            }
            if let Some(item) = self.lex_left_delim() {
                return item;
            }
        }
    }

    /// The left delimiter, or nothing where it opened a comment that has been passed over.
    fn lex_left_delim(&mut self) -> Option<Item> {
        self.pos += LEFT.len();
        let after_marker = if has_left_trim_marker(self.rest()) { TRIM } else { 0 };
        if self.input[self.pos + after_marker..].starts_with(b"/*") {
            self.pos += after_marker;
            self.ignore();
            return self.lex_comment();
        }
        let item = self.item(ItemType::LeftDelim);
        self.inside_action = true;
        self.pos += after_marker;
        self.ignore();
        self.paren_depth = 0;
        Some(item)
    }

    fn lex_comment(&mut self) -> Option<Item> {
        self.pos += 2;
        let Some(end) = find(self.rest(), b"*/") else {
            return Some(self.error("unclosed comment".into()));
        };
        self.pos += end + 2;
        let Some(trim) = self.right_delim() else {
            return Some(self.error("comment ends before closing delimiter".into()));
        };
        self.pos += RIGHT.len();
        if trim {
            self.pos += TRIM;
            self.skip_spaces();
        }
        self.ignore();
        None
    }

    fn lex_right_delim(&mut self, trim: bool) -> Item {
        if trim {
            self.pos += TRIM;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let item = self.item(ItemType::RightDelim);
        if trim {
            self.skip_spaces();
            self.ignore();
        }
        self.inside_action = false;
        item
    }

    fn lex_inside_action(&mut self) -> Item {
        // Most items, without what is only for the others.
        match *self.rest() {
            [b' ', next, ..] if !is_space(next) && next != b'-' => {
                self.pos += 1;
                return self.item(ItemType::Space);
            }
            [b'.', next, ..] if WORD[usize::from(next)] && !next.is_ascii_digit() => {
                self.pos += 1;
                return self.lex_field_or_variable(ItemType::Field);
            }
            [letter, ..] if WORD[usize::from(letter)] && !letter.is_ascii_digit() => return self.lex_identifier(),
            _ => {}
        }
        if let Some(trim) = self.right_delim() {
            if self.paren_depth == 0 {
                return self.lex_right_delim(trim);
            }
            return self.error("unclosed left paren".into());
        }
        let Some(rune) = self.next() else {
            return self.error("unclosed action".into());
        };
        match rune {
            ' ' | '\t' | '\r' | '\n' => {
                self.backup();
                self.lex_space()
            }
            '=' => self.item(ItemType::Assign),
            ':' => {
                if self.next() == Some('=') {
                    self.item(ItemType::Declare)
                } else {
                    self.error("expected :=".into())
                }
            }
            '|' => self.item(ItemType::Pipe),
            '"' => self.lex_quoted('"', ItemType::String, "unterminated quoted string"),
            '\'' => self.lex_quoted('\'', ItemType::CharConstant, "unterminated character constant"),
            '`' => self.lex_raw_quote(),
            '$' => self.lex_field_or_variable(ItemType::Variable),
            '.' if self.input.get(self.pos).is_some_and(|it| !it.is_ascii_digit()) => {
                self.lex_field_or_variable(ItemType::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.backup();
                self.lex_number()
            }
            rune if is_alphanumeric(rune) => {
                self.backup();
                self.lex_identifier()
            }
            '(' => {
                self.paren_depth += 1;
                self.item(ItemType::LeftParen)
            }
            ')' => {
                let Some(depth) = self.paren_depth.checked_sub(1) else {
                    return self.error("unexpected right paren".into());
                };
                self.paren_depth = depth;
                self.item(ItemType::RightParen)
            }
            '!'..='~' => self.item(ItemType::Char),
            rune => self.error(format!("unrecognized character in action: {}", describe_rune(rune))),
        }
    }

    /// A run of spaces; the last may belong to a trim marker, whose minus follows it.
    fn lex_space(&mut self) -> Item {
        let start = self.pos;
        self.skip_spaces();
        let count = self.pos - start;
        self.line += count_line_ends(&self.input[start..self.pos]);
        self.at_eof |= self.pos >= self.input.len();
        let last = self.pos.saturating_sub(1);
        if has_right_trim_marker(&self.input[last..]) && self.input[last + TRIM..].starts_with(RIGHT) {
            self.backup();
            if count == 1 {
                return self.lex_right_delim(true);
            }
        }
        self.item(ItemType::Space)
    }

    fn lex_identifier(&mut self) -> Item {
        let stop = self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character(stop);
        }
        let kind = match &self.input[self.start..self.pos] {
            b"block" => ItemType::Block,
            b"break" if self.keywords.break_ok => ItemType::Break,
            b"continue" if self.keywords.continue_ok => ItemType::Continue,
            b"define" => ItemType::Define,
            b"else" => ItemType::Else,
            b"end" => ItemType::End,
            b"if" => ItemType::If,
            b"range" => ItemType::Range,
            b"nil" => ItemType::Nil,
            b"template" => ItemType::Template,
            b"with" => ItemType::With,
            b"true" | b"false" => ItemType::Bool,
            _ => ItemType::Identifier,
        };
        self.item(kind)
    }

    /// A field or variable whose first character has been scanned, or the lone dot or dollar.
    fn lex_field_or_variable(&mut self, kind: ItemType) -> Item {
        if self.at_terminator() {
            return self.item(if kind == ItemType::Variable { kind } else { ItemType::Dot });
        }
        let stop = self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character(stop);
        }
        self.item(kind)
    }

    pub(super) fn bad_character(&mut self, rune: Option<char>) -> Item {
        self.error(format!("bad character {}", describe_rune(rune.unwrap_or(char::REPLACEMENT_CHARACTER))))
    }

    /// Passes letters, digits and underscores and gives the first other character, not consumed.
    pub(super) fn skip_alphanumeric(&mut self) -> Option<char> {
        loop {
            let rest = self.rest();
            let length = rest.iter().position(|it| !WORD[usize::from(*it)]).unwrap_or(rest.len());
            self.pos += length;
            if let Some(after) = rest.get(length).filter(|it| it.is_ascii()) {
                return Some(char::from(*after));
            }
            let rune = self.next();
            if !rune.is_some_and(is_alphanumeric) {
                self.backup();
                return rune;
            }
        }
    }

    /// Whether an identifier may end here.
    pub(super) fn at_terminator(&mut self) -> bool {
        match self.rest() {
            [] => {
                self.at_eof = true;
                true
            }
            [b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(', ..] => true,
            [b'}', b'}', ..] => true,
            _ => false,
        }
    }

    pub(super) fn accept(&mut self, valid: &str) -> bool {
        if self.next().is_some_and(|it| valid.contains(it)) {
            return true;
        }
        self.backup();
        false
    }

    pub(super) fn accept_run(&mut self, valid: &str) {
        while self.next().is_some_and(|it| valid.contains(it)) {}
        self.backup();
    }

    pub(super) fn next(&mut self) -> Option<char> {
        if self.pos >= self.input.len() {
            self.at_eof = true;
            return None;
        }
        let first = self.input[self.pos];
        let (rune, width) = if first < 0x80 { (char::from(first), 1) } else { decode_rune(&self.input[self.pos..]) };
        self.pos += width;
        if rune == '\n' {
            self.line += 1;
        }
        Some(rune)
    }

    pub(super) fn peek(&mut self) -> Option<char> {
        let rune = self.next();
        self.backup();
        rune
    }

    pub(super) fn backup(&mut self) {
        if !self.at_eof && self.pos > 0 {
            let last = self.input[self.pos - 1];
            let (rune, width) =
                if last < 0x80 { (char::from(last), 1) } else { decode_last_rune(&self.input[..self.pos]) };
            self.pos -= width;
            if rune == '\n' {
                self.line -= 1;
            }
        }
    }

    pub(super) fn rest(&self) -> &'s [u8] {
        &self.input[self.pos..]
    }

    /// Whether a right delimiter stands here, and then whether it has a trim marker.
    fn right_delim(&self) -> Option<bool> {
        match self.rest() {
            [b'}', b'}', ..] => Some(false),
            [space, b'-', b'}', b'}', ..] if is_space(*space) => Some(true),
            _ => None,
        }
    }

    pub(super) fn skip_spaces(&mut self) {
        self.pos += self.rest().iter().take_while(|it| is_space(**it)).count();
    }

    /// Takes the text between `start` and here as an item of this type.
    pub(super) fn item(&mut self, kind: ItemType) -> Item {
        let item = Item::new(kind, self.start..self.pos, self.start_line);
        self.start = self.pos;
        self.start_line = self.line;
        item
    }

    /// Drops the text between `start` and here, which was skipped without `next`.
    pub(super) fn ignore(&mut self) {
        self.count_lines();
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn count_lines(&mut self) {
        self.line += count_line_ends(&self.input[self.start..self.pos]);
    }

    /// An error item; the scan is over.
    pub(super) fn error(&mut self, message: String) -> Item {
        self.fault = message;
        let item = Item::new(ItemType::Error, self.start..self.start, self.start_line);
        self.start = 0;
        self.pos = 0;
        self.input = &[];
        item
    }
}
