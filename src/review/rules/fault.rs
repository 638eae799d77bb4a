//! What an API server refuses in an object.

use std::fmt;

use crate::base::code::Code;
use crate::review::kubernetes::cursor::{Cursor, Path};

/// What an API server refuses an object for.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub code: Code,
    pub path: Path,
    /// What is wrong, with the path in it.
    pub message: String,
    pub help: String,
}

/// Collects faults.
#[derive(Debug, Default)]
pub(super) struct Faults(pub Vec<Fault>);

impl Faults {
    /// A value that is not taken. `what` goes on behind the path: "is no port".
    pub(super) fn value(&mut self, at: &Cursor<'_>, what: impl fmt::Display, help: impl Into<String>) {
        self.tell(Code::K010, at, what, help);
    }

    /// What must be there and is not, by its key below a value.
    pub(super) fn missing(&mut self, below: &Cursor<'_>, key: &str, help: impl Into<String>) {
        let path = if key.is_empty() { below.path.clone() } else { below.path.key(key) };
        let message = format!("`{path}` is missing");
        self.0.push(Fault { code: Code::K009, path: below.path.clone(), message, help: help.into() });
    }

    /// Two things that do not go together.
    pub(super) fn clash(&mut self, at: &Cursor<'_>, what: impl fmt::Display, help: impl Into<String>) {
        self.tell(Code::K011, at, what, help);
    }

    pub(super) fn tell(&mut self, code: Code, at: &Cursor<'_>, what: impl fmt::Display, help: impl Into<String>) {
        if !at.is_sealed() {
            let what = if at.word().is_empty() {
                what.to_string()
            } else {
                what.to_string().replace(at.word(), &short(at.word()))
            };
            let message = format!("`{}` {what}", at.path);
            self.0.push(Fault { code, path: at.path.clone(), message, help: help.into() });
        }
    }
}

/// A value for a message: what is long may be a secret in the wrong place.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 48;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
