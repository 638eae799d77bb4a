//! The parser's look-ahead, and the errors that name a token.

use crate::gotmpl::item::{Item, ItemType};
use crate::gotmpl::lex::Lexer;
use crate::gotmpl::parse::{ParseError, Parser};
use crate::strconv;
use crate::value::Str;

/// Up to three tokens that have been read and put back. The first place holds the token read last, whose line errors give.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    token: [Option<Item>; 3],
    peek_count: usize,
}

impl Tokens {
    fn next(&mut self, lexer: &mut Lexer<'_>) -> Item {
        if let Some(count) = self.peek_count.checked_sub(1) {
            self.peek_count = count;
            if let Some(item) = self.token[count] {
                return item;
            }
        }
        *self.token[0].insert(lexer.next_item())
    }

    fn peek(&mut self, lexer: &mut Lexer<'_>) -> Item {
        let item = self.next(lexer);
        self.peek_count += 1;
        item
    }

    /// Puts the last token back.
    pub fn backup(&mut self) {
        self.peek_count += 1;
    }

    /// Puts back the last token and, before it, this one.
    pub fn backup2(&mut self, first: Item) {
        self.token[1] = Some(first);
        self.peek_count = 2;
    }

    /// Puts back the last token and, before it, these two.
    pub fn backup3(&mut self, first: Item, second: Item) {
        self.token[1] = Some(second);
        self.token[2] = Some(first);
        self.peek_count = 3;
    }
}

impl<'s> Parser<'s> {
    pub(super) fn next(&mut self) -> Item {
        self.state.tokens.next(&mut self.lexer)
    }

    pub(super) fn peek(&mut self) -> Item {
        self.state.tokens.peek(&mut self.lexer)
    }

    pub(super) fn next_non_space(&mut self) -> Item {
        loop {
            let token = self.next();
            if token.kind != ItemType::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Item {
        let token = self.next_non_space();
        self.state.tokens.backup();
        token
    }

    pub(super) fn expect(&mut self, kind: ItemType, context: &str) -> Result<(), ParseError> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(()) } else { Err(self.unexpected(&token, context)) }
    }

    /// The error for a token that may not stand here, or the lexer's own.
    pub(super) fn unexpected(&self, token: &Item, context: &str) -> ParseError {
        if token.kind != ItemType::Error {
            return self.error(&format!("unexpected {} in {context}", token.describe(&self.source.text)));
        }
        let message = self.lexer.fault();
        let line = self.state.action_line;
        if line == 0 || line == token.line() {
            return self.error(message);
        }
        let joint = if message.ends_with(" action") { "" } else { " in action" };
        self.error(&format!("{message}{joint} started at {}:{line}", self.source.name))
    }

    pub(super) fn error(&self, message: &str) -> ParseError {
        let line = self.state.tokens.token[0].as_ref().map_or(0, Item::line);
        ParseError { template: self.source.name.clone(), line, message: message.into() }
    }

    /// The text a string token means.
    pub(super) fn unquote(&self, token: &Item) -> Result<Str, ParseError> {
        let text = strconv::unquote(token.val(&self.source.text)).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(text.into())
    }
}
