//! The scanner: text to tokens, with libyaml's rules as go-yaml v2 keeps them.
//!
//! A YAML scanner must look ahead: only the `:` after a scalar tells that it was a key, and that a mapping began before it.
//! So tokens wait in a queue until no key can begin at its head.

mod block;
mod directive;
mod fetch;
mod gather;
mod plain;
mod quoted;
mod source;
mod stream;
mod tag;
mod token;

pub use stream::Stream;
pub use token::{Style, Token, TokenKind};

use std::collections::VecDeque;

use source::Input;

use crate::yaml::fault::{Mark, YamlError};

/// Longest simple key, in characters.
const KEY_LIMIT: usize = crate::limits::YAML_KEY.size();
const FLOW_LIMIT: usize = crate::limits::YAML_DEPTH.size();
const INDENT_LIMIT: usize = crate::limits::YAML_DEPTH.size();

type Scan<T = ()> = Result<T, YamlError>;

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token_number: usize,
    mark: Mark,
}

pub struct Scanner<'t> {
    source: Input<'t>,
    tokens: VecDeque<Token<'t>>,
    /// Tokens handed out so far: the number of the token at the head of the queue.
    taken: usize,
    head_is_final: bool,
    stream_started: bool,
    flow_level: usize,
    /// The column of the current block collection, -1 outside of any.
    indent: isize,
    indents: Vec<isize>,
    key_allowed: bool,
    /// One for each flow level.
    keys: Vec<SimpleKey>,
    /// The numbers of tokens not yet handed out, ascending, and which of `keys` begins at each.
    keys_by_token: VecDeque<(usize, usize)>,
}

impl<'t> Scanner<'t> {
    pub fn new(stream: &'t Stream<'_>) -> Self {
        Scanner {
            source: Input::new(stream),
            tokens: VecDeque::new(),
            taken: 0,
            head_is_final: false,
            stream_started: false,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            keys_by_token: VecDeque::new(),
        }
    }

    /// The kind, start and end of the next token.
    pub fn peek(&mut self) -> Scan<(TokenKind, Mark, Mark)> {
        if !self.head_is_final {
            self.fetch_more()?;
            self.head_is_final = true;
        }
        let end = self.source.mark;
        Ok(self.tokens.front().map_or((TokenKind::StreamEnd, end, end), |it| (it.kind, it.start, it.end)))
    }

    /// Takes the token that [`Scanner::peek`] showed.
    pub fn take(&mut self) -> Token<'t> {
        self.head_is_final = false;
        self.keys_by_token.pop_front_if(|it| it.0 == self.taken);
        self.taken += 1;
        let end = self.source.mark;
        self.tokens.pop_front().unwrap_or_else(|| Token::new(TokenKind::StreamEnd, end, end))
    }

    fn fetch_more(&mut self) -> Scan {
        loop {
            if !self.tokens.is_empty() {
                let Some(&(_, key)) = self.keys_by_token.front().filter(|it| it.0 == self.taken) else { return Ok(()) };
                if !self.key_is_valid(key)? {
                    return Ok(());
                }
            }
            self.fetch_next()?;
        }
    }

    /// Whether the key of this index may still turn out to be one: it must lie in one line and within 1024 characters.
    fn key_is_valid(&mut self, index: usize) -> Scan<bool> {
        let Some(key) = self.keys.get_mut(index).filter(|it| it.possible) else { return Ok(false) };
        let here = self.source.mark;
        if key.mark.line == here.line && key.mark.index + KEY_LIMIT >= here.index {
            return Ok(true);
        }
        if key.required {
            return Err(YamlError::scanner("could not find expected ':'", here));
        }
        key.possible = false;
        Ok(false)
    }

    /// Notes that a key may begin here.
    fn save_key(&mut self) -> Scan {
        if !self.key_allowed {
            return Ok(());
        }
        let mark = self.source.mark;
        let required = self.flow_level == 0 && self.indent == mark.column as isize;
        self.remove_key()?;
        let token_number = self.taken + self.tokens.len();
        let index = self.keys.len().saturating_sub(1);
        if let Some(last) = self.keys.last_mut() {
            *last = SimpleKey { possible: true, required, token_number, mark };
        }
        match self.place_of_key(token_number) {
            Ok(place) => self.keys_by_token[place].1 = index,
            Err(place) => self.keys_by_token.insert(place, (token_number, index)),
        }
        Ok(())
    }

    /// Gives up the key that may have begun on this flow level.
    fn remove_key(&mut self) -> Scan {
        let Some(key) = self.keys.last_mut().filter(|it| it.possible) else { return Ok(()) };
        if key.required {
            return Err(YamlError::scanner("could not find expected ':'", self.source.mark));
        }
        key.possible = false;
        let number = key.token_number;
        self.forget_key(number);
        Ok(())
    }

    /// Where the key of a token is listed, or where it would be.
    fn place_of_key(&self, token_number: usize) -> Result<usize, usize> {
        self.keys_by_token.binary_search_by_key(&token_number, |it| it.0)
    }

    fn forget_key(&mut self, token_number: usize) {
        if let Ok(place) = self.place_of_key(token_number) {
            self.keys_by_token.remove(place);
        }
    }

    fn enter_flow(&mut self) -> Scan {
        let token_number = self.taken + self.tokens.len();
        self.keys.push(SimpleKey { possible: false, required: false, token_number, mark: self.source.mark });
        self.flow_level += 1;
        if self.flow_level > FLOW_LIMIT {
            return Err(YamlError::scanner(format!("exceeded max depth of {FLOW_LIMIT}"), self.source.mark));
        }
        Ok(())
    }

    fn leave_flow(&mut self) {
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.keys.pop() {
                self.forget_key(key.token_number);
            }
        }
    }

    /// Begins a block collection where the column lies deeper than the current one. Its token goes before the token of
    /// the given number, or to the end of the queue.
    fn indent_to(&mut self, column: usize, number: Option<usize>, kind: TokenKind, mark: Mark) -> Scan {
        let column = column as isize;
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > INDENT_LIMIT {
            return Err(YamlError::scanner(format!("exceeded max depth of {INDENT_LIMIT}"), self.source.mark));
        }
        self.insert(number, Token::new(kind, mark, mark));
        Ok(())
    }

    /// Ends the block collections that lie deeper than the column.
    fn unindent_to(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            let mark = self.source.mark;
            self.tokens.push_back(Token::new(TokenKind::BlockEnd, mark, mark));
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn insert(&mut self, number: Option<usize>, token: Token<'t>) {
        // A token whose place has been handed out already goes to the end, as in go-yaml.
        match number.and_then(|it| it.checked_sub(self.taken)) {
            Some(index) if index < self.tokens.len() => self.tokens.insert(index, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn fault<T>(&self, problem: &'static str) -> Scan<T> {
        Err(YamlError::scanner(problem, self.source.mark))
    }

    /// Whether `---` or `...` stands alone here, at the start of a line.
    fn at_document_indicator(&self) -> bool {
        let dots = |it: u8| (0..3).all(|index| self.source.peek(index) == it);
        self.source.mark.column == 0 && (dots(b'-') || dots(b'.')) && self.source.blank_or_end(3)
    }

    fn skip_blanks(&mut self) -> Scan {
        self.source.ensure(1)?;
        while matches!(self.source.peek(0), b' ' | b'\t') {
            self.source.skip();
            self.source.ensure(1)?;
        }
        Ok(())
    }

    fn skip_comment(&mut self) -> Scan {
        if self.source.peek(0) == b'#' {
            while !self.source.break_or_end(0) {
                self.source.pass_line();
                self.source.ensure(1)?;
            }
        }
        Ok(())
    }
}
