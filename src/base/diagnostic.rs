//! What is wrong, where, and what to do next, as data; the binary prints it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::code::{Code, Severity};

/// A place in a text a user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as the user would name it.
    pub file: Arc<str>,
    /// The whole text of the file, where it is at hand to be shown.
    pub text: Option<Arc<str>>,
    /// Byte offsets into the text.
    pub span: Range<usize>,
}

impl Place {
    /// Line and column of the start, both from 1; the column counts characters. `None` without the text.
    pub(crate) fn line_column(&self) -> Option<(usize, usize)> {
        let before = self.text.as_deref()?.get(..self.span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((line, column))
    }
}

/// One fault or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of thing it is, for tools and for `ichor explain`.
    pub code: Code,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is wrong; absent where no text of the user is to blame.
    pub place: Option<Place>,
    /// What to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A fault without place and help.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), place: None, help: None }
    }

    /// How bad it is, by its code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, with what to do next: a sentence without a full stop.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:", place.file)?;
            if let Some((line, column)) = place.line_column() {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}
