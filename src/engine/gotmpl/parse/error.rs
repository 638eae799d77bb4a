//! Why a text is no template.

use std::error::Error;
use std::fmt;

use crate::value::Str;

/// A syntax error. Prints as Go does: `template: NAME:LINE: MESSAGE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The name of the text.
    pub template: Str,
    /// The line the parser had reached, counted from 1; 0 before the first token.
    pub line: usize,
    /// What is wrong there, in Go's words: `unexpected EOF`.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template: {}:{}: {}", self.template, self.line, self.message)
    }
}

impl Error for ParseError {}
