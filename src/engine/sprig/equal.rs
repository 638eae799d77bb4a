//! Values to find others among.

use std::collections::BTreeSet;

pub(super) use crate::value::equal::deep_equal;
use crate::value::{Str, Value};

/// Values to find others among by [`deep_equal`]; strings, by far the most common, without walking them all.
#[derive(Default)]
pub(super) struct Haystack {
    strings: BTreeSet<Str>,
    others: Vec<Value>,
}

impl Haystack {
    pub(super) fn contains(&self, needle: &Value) -> bool {
        match needle {
            Value::Str(text) => self.strings.contains(text),
            other => self.others.iter().any(|it| deep_equal(other, it)),
        }
    }

    pub(super) fn insert(&mut self, value: Value) {
        match value {
            Value::Str(text) => {
                self.strings.insert(text);
            }
            other => self.others.push(other),
        }
    }
}

impl FromIterator<Value> for Haystack {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        let mut haystack = Haystack::default();
        items.into_iter().for_each(|it| haystack.insert(it));
        haystack
    }
}
