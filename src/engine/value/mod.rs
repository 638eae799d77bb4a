//! The values a template computes with: Go's dynamic types as far as templates can meet them.
//!
//! Maps and lists are references, as in Go: a clone shares its contents, and `set` on one is seen through every other.

pub(crate) mod capacity;
pub(crate) mod equal;
mod failure;
mod list;
mod map;
mod object;
mod str;
mod types;
mod unravel;

pub use failure::Failure;
pub use list::List;
pub use map::Map;
pub use object::Object;
pub use str::Str;
pub use types::{Kind, Type};

use std::rc::Rc;

/// A Go value held in an `interface{}`.
#[derive(Clone, Debug)]
pub enum Value {
    /// The untyped `nil`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int32`, as runes are.
    Int32(i32),
    /// `int64`.
    Int64(i64),
    /// `uint8`, as the bytes of a string are.
    Uint8(u8),
    /// `uint64`.
    Uint64(u64),
    /// `float64`.
    Float(f64),
    /// `string`, which need not be UTF-8.
    Str(Str),
    /// `[]byte`.
    Bytes(Str),
    /// A slice: `[]interface {}`, `[]string` and named ones.
    List(List),
    /// A map with strings for keys: `map[string]interface {}` and named ones.
    Map(Map),
    /// A struct, pointer or named type with fields or methods of its own.
    Object(Rc<dyn Object>),
}

impl Value {
    /// Whether it is the untyped nil, or a nil slice or map.
    pub fn is_nil(&self) -> bool {
        match self {
            Value::Nil => true,
            Value::List(list) => list.is_nil(),
            Value::Map(map) => map.is_nil(),
            _ => false,
        }
    }

    /// The dynamic type, or `None` for the untyped `nil`.
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Value::Nil => return None,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Int32(_) => Type::Int32,
            Value::Int64(_) => Type::Int64,
            Value::Uint8(_) => Type::Uint8,
            Value::Uint64(_) => Type::Uint64,
            Value::Float(_) => Type::Float64,
            Value::Str(_) => Type::String,
            Value::Bytes(_) => Type::BYTES,
            Value::List(list) => list.list_type(),
            Value::Map(map) => map.map_type(),
            Value::Object(object) => object.object_type(),
        })
    }

    /// Go's `reflect.Kind`; the untyped `nil` is `Invalid`.
    pub fn kind(&self) -> Kind {
        self.type_of().map_or(Kind::Invalid, |it| it.kind())
    }

    /// The name `%T` prints: `map[string]interface {}`, `<nil>`.
    pub fn type_name(&self) -> String {
        self.type_of().map_or_else(|| "<nil>".into(), |it| it.to_string())
    }

    /// Truth as `text/template` has it: false, 0, nil, and any empty string, list or map are false.
    ///
    /// Mirrors `text/template.IsTrue`.
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(it) => *it,
            Value::Int(it) | Value::Int64(it) => *it != 0,
            Value::Int32(it) => *it != 0,
            Value::Uint8(it) => *it != 0,
            Value::Uint64(it) => *it != 0,
            Value::Float(it) => *it != 0.0,
            Value::Str(it) | Value::Bytes(it) => !it.is_empty(),
            Value::List(it) => !it.is_empty(),
            Value::Map(it) => !it.is_empty(),
            Value::Object(it) => it.truth(),
        }
    }

    /// A `map[string]interface {}` with these entries.
    pub fn map<K: Into<Str>, I: IntoIterator<Item = (K, Value)>>(entries: I) -> Value {
        Value::Map(Map::from_entries(entries.into_iter().map(|(key, value)| (key.into(), value))))
    }

    /// An `[]interface {}` with these items.
    pub fn list<I: IntoIterator<Item = Value>>(items: I) -> Value {
        Value::List(List::any(items.into_iter().collect()))
    }

    /// A copy that shares nothing: maps and lists are copied to the leaves, objects are kept.
    pub(super) fn copy_levels(&self, levels: usize) -> Option<Value> {
        Some(match self {
            Value::List(list) => Value::List(list.copy_levels(levels.checked_sub(1)?)?),
            Value::Map(map) => Value::Map(map.copy_levels(levels.checked_sub(1)?)?),
            other => other.clone(),
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Value::Str(text)
    }
}

impl From<bool> for Value {
    fn from(it: bool) -> Self {
        Value::Bool(it)
    }
}

impl From<Map> for Value {
    fn from(it: Map) -> Self {
        Value::Map(it)
    }
}

impl From<List> for Value {
    fn from(it: List) -> Self {
        Value::List(it)
    }
}
