//! A value inside an object, and the way to it.

use std::fmt;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::stage::seal;

/// How what a comparison hides begins.
pub const HIDDEN: &str = "<hidden ";
/// How it ends where base 64 should stand and does not.
pub const NOT_BASE64: &str = ", no base 64>";

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// The way from an object to a value in it.
#[derive(Clone, Debug, Default)]
pub struct Path(Option<Rc<(Path, Step)>>);

/// A value inside an object.
#[derive(Clone, Debug)]
pub struct Cursor<'j> {
    pub value: &'j Json,
    pub path: Path,
}

impl Path {
    pub fn key(&self, key: &str) -> Path {
        Path(Some(Rc::new((self.clone(), Step::Key(key.to_owned())))))
    }

    pub fn index(&self, index: usize) -> Path {
        Path(Some(Rc::new((self.clone(), Step::Index(index)))))
    }

    /// From the object down.
    pub fn steps(&self) -> Vec<Step> {
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
    pub fn of(value: &'j Json) -> Cursor<'j> {
        Cursor { value, path: Path::default() }
    }

    /// What stands under a key; `null` is as good as nothing, which is how the API server reads it.
    pub fn get(&self, key: &str) -> Option<Cursor<'j>> {
        let value = self.value.get(key).filter(|it| !it.is_null())?;
        Some(Cursor { value, path: self.path.key(key) })
    }

    /// What stands under keys, one below the other.
    pub fn at(&self, keys: &[&str]) -> Option<Cursor<'j>> {
        keys.iter().try_fold(self.clone(), |at, key| at.get(key))
    }

    /// The items of a list under a key.
    pub fn list(&self, key: &str) -> Vec<Cursor<'j>> {
        self.get(key).map(|it| it.items()).unwrap_or_default()
    }

    pub fn items(&self) -> Vec<Cursor<'j>> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(|(index, value)| Cursor { value, path: self.path.index(index) }).collect()
    }

    /// The entries of a mapping under a key.
    pub fn entries(&self, key: &str) -> Vec<(&'j str, Cursor<'j>)> {
        let Some(at) = self.get(key) else { return Vec::new() };
        let entries = at.value.as_object().into_iter().flatten();
        entries.map(|(key, value)| (key.as_str(), Cursor { value, path: at.path.key(key) })).collect()
    }

    /// The text under a key; empty where there is none.
    pub fn text(&self, key: &str) -> &'j str {
        self.value.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    pub fn word(&self) -> &'j str {
        self.value.as_str().unwrap_or_default()
    }

    pub fn number(&self, key: &str) -> Option<i64> {
        self.value.get(key).and_then(Json::as_i64)
    }

    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Json::Bool(true))
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether a mapping or list with something in it stands under a key.
    pub fn is_filled(&self, key: &str) -> bool {
        self.get(key).is_some_and(|it| match it.value {
            Json::Array(items) => !items.is_empty(),
            Json::Object(fields) => !fields.is_empty(),
            _ => true,
        })
    }

    /// Whether it is, or holds, the mark of a sealed value, or is one that a comparison hides, of which nobody can say what it will be.
    pub fn is_sealed(&self) -> bool {
        self.value.as_str().is_some_and(|it| it.contains(seal::OPEN) || it.starts_with(HIDDEN))
    }
}
