//! What Go says of a pattern that is no regular expression.

use std::fmt;

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    code: &'static str,
    part: String,
}

impl SyntaxError {
    pub(super) fn new(code: &'static str, part: &[u8]) -> Self {
        SyntaxError { code, part: String::from_utf8_lossy(part).into_owned() }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp: {}: `{}`", self.code, self.part)
    }
}
