//! Go maps with string keys, kept in key order, which is how templates, YAML and JSON all walk them.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Str, Type, Value};

/// Values that were read are no deeper than 10,000 levels.
const MAX_DEPTH: usize = 20_000;

/// A map: shared contents, a static type, and whether it is the `nil` map.
#[derive(Clone, Debug)]
pub struct Map {
    map_type: Type,
    nil: bool,
    pub(super) entries: Rc<RefCell<BTreeMap<Str, Value>>>,
}

impl Map {
    /// An empty map of the given map type (`Type::MAP`, `Type::VALUES`, ...).
    pub fn new(map_type: Type) -> Self {
        Map { map_type, nil: false, entries: Rc::default() }
    }

    /// An empty `map[string]interface {}`.
    pub fn any() -> Self {
        Map::new(Type::MAP)
    }

    /// A `map[string]interface {}` with these entries; a later one replaces an earlier one of the same key.
    pub fn from_entries<I: IntoIterator<Item = (Str, Value)>>(entries: I) -> Self {
        Map { map_type: Type::MAP, nil: false, entries: Rc::new(RefCell::new(entries.into_iter().collect())) }
    }

    /// The `nil` map of a type: empty, and `null` in JSON.
    pub fn nil(map_type: Type) -> Self {
        Map { map_type, nil: true, entries: Rc::default() }
    }

    /// The same contents under another static type, as a Go conversion makes it.
    pub fn with_type(&self, map_type: Type) -> Self {
        Map { map_type, nil: self.nil, entries: Rc::clone(&self.entries) }
    }

    /// Its Go type: `Type::MAP` and the like, or a named one.
    pub fn map_type(&self) -> Type {
        self.map_type
    }

    /// Whether it is the `nil` map, which is `null` in JSON where an empty one is `{}`.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// How many entries it has now.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether it has no entries; `nil` has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key, `Value::Nil` where that is what it holds; `None` where there is no such key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Whether there is such a key, whatever its value.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.entries.borrow().contains_key(key.as_ref())
    }

    /// Sets the value of a key, for all that share this map.
    pub fn insert(&self, key: impl Into<Str>, value: Value) {
        self.entries.borrow_mut().insert(key.into(), value);
    }

    /// Takes a key away, for all that share this map, and gives what it held.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.entries.borrow_mut().remove(key.as_ref())
    }

    /// The entries for reading. Nothing that could write to this map may run while it is held.
    pub fn entries(&self) -> Ref<'_, BTreeMap<Str, Value>> {
        self.entries.borrow()
    }

    /// The entries for writing in place.
    pub(crate) fn entries_mut(&self) -> RefMut<'_, BTreeMap<Str, Value>> {
        self.entries.borrow_mut()
    }

    /// A snapshot of the entries in key order; shallow.
    pub fn to_vec(&self) -> Vec<(Str, Value)> {
        self.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Whether both share their contents.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }

    /// A copy that shares nothing that can change; `None` where there is no end to it, since a map holds itself.
    pub fn deep_copy(&self) -> Option<Map> {
        self.copy_levels(MAX_DEPTH)
    }

    pub(super) fn copy_levels(&self, levels: usize) -> Option<Map> {
        let entries = self.entries.borrow();
        let copies = entries.iter().map(|(key, value)| Some((key.clone(), value.copy_levels(levels)?)));
        let entries = Rc::new(RefCell::new(copies.collect::<Option<_>>()?));
        Some(Map { map_type: self.map_type, nil: self.nil, entries })
    }
}
