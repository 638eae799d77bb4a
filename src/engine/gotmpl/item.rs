//! The items that the lexer cuts a template into.

use std::ops::Range;

use super::lex_text::first_runes;
use crate::strconv;

/// What kind of thing an [`Item`] is; keywords are those after `Keyword`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ItemType {
    Error,
    Bool,
    /// A printable ASCII character that has no meaning of its own, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Keyword,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// One token: where it stands in the text, in bytes, and the line it starts on, counted from 1. What an error says is in
/// [`Lexer::fault`](super::lex::Lexer::fault).
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub kind: ItemType,
    // Narrow, so that an item fits into two registers; no template is as large as 4 GiB.
    start: u32,
    length: u32,
    line: u32,
}

impl Item {
    pub fn new(kind: ItemType, range: Range<usize>, line: usize) -> Item {
        Item { kind, start: range.start as u32, length: range.len() as u32, line: line as u32 }
    }

    pub fn pos(&self) -> usize {
        self.start as usize
    }

    pub fn range(&self) -> Range<usize> {
        self.pos()..self.pos() + self.length as usize
    }

    pub fn line(&self) -> usize {
        self.line as usize
    }

    /// The item's own text, of the text that it was cut from.
    pub fn val<'s>(&self, text: &'s [u8]) -> &'s [u8] {
        text.get(self.range()).unwrap_or_default()
    }

    /// How error messages name the item.
    pub fn describe(&self, text: &[u8]) -> String {
        let val = self.val(text);
        match self.kind {
            ItemType::Eof => "EOF".into(),
            kind if kind > ItemType::Keyword => format!("<{}>", String::from_utf8_lossy(val)),
            _ if val.len() > 10 => format!("{}...", strconv::quote(first_runes(val, 10))),
            _ => strconv::quote(val),
        }
    }
}
