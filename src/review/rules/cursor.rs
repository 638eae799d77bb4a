//! A value inside an object, and the way to it.

use std::fmt;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::base::code::Code;
use crate::stage::seal;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The way from an object to a value in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Path(Option<Rc<(Path, Step)>>);

/// A value inside an object.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'j> {
    pub value: &'j Json,
    pub path: Path,
}

/// What an API server refuses an object for.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub code: Code,
    pub path: Path,
    /// What is wrong, with the path in it.
    pub message: String,
    pub help: String,
}

impl Path {
    pub(super) fn key(&self, key: &str) -> Path {
        Path(Some(Rc::new((self.clone(), Step::Key(key.to_owned())))))
    }

    pub(super) fn index(&self, index: usize) -> Path {
        Path(Some(Rc::new((self.clone(), Step::Index(index)))))
    }

    /// From the object down.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = self;
        while let Some(inner) = &at.0 {
            steps.push(inner.1.clone());
            at = &inner.0;
        }
        steps.reverse();
        steps
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}

impl<'j> Cursor<'j> {
    pub(super) fn of(value: &'j Json) -> Cursor<'j> {
        Cursor { value, path: Path::default() }
    }

    /// What stands under a key; `null` is as good as nothing, which is how the API server reads it.
    pub(super) fn get(&self, key: &str) -> Option<Cursor<'j>> {
        let value = self.value.get(key).filter(|it| !it.is_null())?;
        Some(Cursor { value, path: self.path.key(key) })
    }

    /// What stands under keys, one below the other.
    pub(super) fn at(&self, keys: &[&str]) -> Option<Cursor<'j>> {
        keys.iter().try_fold(self.clone(), |at, key| at.get(key))
    }

    /// The items of a list under a key.
    pub(super) fn list(&self, key: &str) -> Vec<Cursor<'j>> {
        self.get(key).map(|it| it.items()).unwrap_or_default()
    }

    pub(super) fn items(&self) -> Vec<Cursor<'j>> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(|(index, value)| Cursor { value, path: self.path.index(index) }).collect()
    }

    /// The entries of a mapping under a key.
    pub(super) fn entries(&self, key: &str) -> Vec<(&'j str, Cursor<'j>)> {
        let Some(at) = self.get(key) else { return Vec::new() };
        let entries = at.value.as_object().into_iter().flatten();
        entries.map(|(key, value)| (key.as_str(), Cursor { value, path: at.path.key(key) })).collect()
    }

    /// The text under a key; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &'j str {
        self.value.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    pub(super) fn word(&self) -> &'j str {
        self.value.as_str().unwrap_or_default()
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.value.get(key).and_then(Json::as_i64)
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Json::Bool(true))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether a mapping or list with something in it stands under a key.
    pub(super) fn is_filled(&self, key: &str) -> bool {
        self.get(key).is_some_and(|it| match it.value {
            Json::Array(items) => !items.is_empty(),
            Json::Object(fields) => !fields.is_empty(),
            _ => true,
        })
    }

    /// Whether it is, or holds, the mark of a sealed value, of which nobody can say what it will be.
    pub(super) fn is_sealed(&self) -> bool {
        self.value.as_str().is_some_and(|it| it.contains(seal::OPEN))
    }
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
