//! What an API server refuses in an object.

use std::fmt;

use crate::base::code::Code;
use crate::review::kubernetes::cursor::{Cursor, Path};

/// What an API server refuses an object for.
#[derive(Clone, Debug)]
pub(in crate::review) struct Fault {
    pub code: Code,
    /// The value that is wrong, or what something is missing in.
    pub path: Path,
    /// The field, `spec.replicas`.
    pub field: String,
    /// What is wrong with it, as a sentence without its subject: "is no port".
    pub what: String,
    pub help: String,
}

impl Fault {
    /// The whole sentence.
    pub fn message(&self) -> String {
        format!("`{}` {}", self.field, self.what)
    }
}

/// Collects faults.
#[derive(Debug, Default)]
pub(in crate::review) struct Faults(pub Vec<Fault>);

impl Faults {
    /// A value that is not taken. `what` goes on behind the path: "is no port".
    pub(in crate::review) fn value(&mut self, at: &Cursor<'_>, what: impl fmt::Display, help: impl Into<String>) {
        self.tell(Code::K010, at, what, help);
    }

    /// What must be there and is not, by its key below a value.
    pub(in crate::review) fn missing(&mut self, below: &Cursor<'_>, key: &str, help: impl Into<String>) {
        let path = if key.is_empty() { below.path.clone() } else { below.path.key(key) };
        let (field, what) = (path.to_string(), "is missing".to_owned());
        self.0.push(Fault { code: Code::K009, path: below.path.clone(), field, what, help: help.into() });
    }

    /// Two things that do not go together.
    pub(in crate::review) fn clash(&mut self, at: &Cursor<'_>, what: impl fmt::Display, help: impl Into<String>) {
        self.tell(Code::K011, at, what, help);
    }

    pub(in crate::review) fn tell(
        &mut self,
        code: Code,
        at: &Cursor<'_>,
        what: impl fmt::Display,
        help: impl Into<String>,
    ) {
        if !at.is_sealed() {
            let what = if at.word().is_empty() {
                what.to_string()
            } else {
                what.to_string().replace(at.word(), &short(at.word()))
            };
            let field = at.path.to_string();
            self.0.push(Fault { code, path: at.path.clone(), field, what, help: help.into() });
        }
    }
}

/// A value for a message: what is long may be a secret in the wrong place.
pub(in crate::review) fn short(text: &str) -> String {
    const LONGEST: usize = 48;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
