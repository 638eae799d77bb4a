//! The items that the lexer cuts a template into.

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

/// One token: its text, its byte offset and the line it starts on, counted from 1. What an error says is in [`Lexer::fault`](super::lex::Lexer::fault).
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'s> {
    pub kind: ItemType,
    pub pos: usize,
    pub val: &'s [u8],
    pub line: usize,
}

impl Item<'_> {
    /// How error messages name the item.
    pub fn describe(&self) -> String {
        match self.kind {
            ItemType::Eof => "EOF".into(),
            kind if kind > ItemType::Keyword => format!("<{}>", String::from_utf8_lossy(self.val)),
            _ if self.val.len() > 10 => format!("{}...", strconv::quote(first_runes(self.val, 10))),
            _ => strconv::quote(self.val),
        }
    }
}
