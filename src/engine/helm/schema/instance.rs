//! The values under judgement, and JSON values to compare them with.

use std::borrow::Cow;

use super::json::Json;
use super::number;
use crate::fmt::print_value;
use crate::value::Value;

/// The JSON type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Number,
    Integer,
    String,
    Array,
    Object,
}

impl Type {
    /// In the order in which messages list them.
    pub(super) const ALL: [Type; 7] =
        [Type::Null, Type::Boolean, Type::Number, Type::Integer, Type::String, Type::Array, Type::Object];

    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::Integer => "integer",
            Type::String => "string",
            Type::Array => "array",
            Type::Object => "object",
        }
    }
}

/// A value to judge: one of the chart's, or a schema that is judged by its meta schema.
#[derive(Clone, Debug)]
pub(super) enum Instance<'a> {
    Null,
    Bool(bool),
    /// As it prints.
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
    Array(Vec<Instance<'a>>),
    /// Sorted by key.
    Object(Vec<(Cow<'a, str>, Instance<'a>)>),
}

impl<'a> Instance<'a> {
    pub(super) fn of(value: &Value) -> Instance<'static> {
        match value {
            Value::Nil => Instance::Null,
            Value::Bool(it) => Instance::Bool(*it),
            Value::Str(text) | Value::Bytes(text) => Instance::String(text.to_text().into_owned().into()),
            Value::List(list) => Instance::Array(list.items().iter().map(Instance::of).collect()),
            Value::Map(map) => {
                let entry = |(key, value): (&_, &Value)| -> (Cow<'static, str>, Instance<'static>) {
                    let key: &crate::value::Str = key;
                    (key.to_text().into_owned().into(), Instance::of(value))
                };
                Instance::Object(map.entries().iter().map(entry).collect())
            }
            number => Instance::Number(print_value(number).to_text().into_owned().into()),
        }
    }

    pub(super) fn of_json(json: &'a Json) -> Instance<'a> {
        match json {
            Json::Null => Instance::Null,
            Json::Bool(it) => Instance::Bool(*it),
            Json::Number(text) => Instance::Number(text.into()),
            Json::String(text) => Instance::String(text.into()),
            Json::Array(items) => Instance::Array(items.iter().map(Instance::of_json).collect()),
            Json::Object(entries) => {
                Instance::Object(entries.iter().map(|(key, it)| (key.into(), Instance::of_json(it))).collect())
            }
        }
    }

    pub(super) fn json_type(&self) -> Type {
        match self {
            Instance::Null => Type::Null,
            Instance::Bool(_) => Type::Boolean,
            Instance::Number(_) => Type::Number,
            Instance::String(_) => Type::String,
            Instance::Array(_) => Type::Array,
            Instance::Object(_) => Type::Object,
        }
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(self, Instance::Number(text) if number::is_integer(text))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Instance<'a>> {
        let Instance::Object(entries) = self else { return None };
        entries.binary_search_by(|(name, _)| (**name).cmp(key)).ok().and_then(|at| entries.get(at)).map(|it| &it.1)
    }
}

/// Equality of JSON values: numbers by value, objects in any order.
impl PartialEq for Instance<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Instance::Null, Instance::Null) => true,
            (Instance::Bool(a), Instance::Bool(b)) => a == b,
            (Instance::Number(a), Instance::Number(b)) => a == b || number::value(a) == number::value(b),
            (Instance::String(a), Instance::String(b)) => a == b,
            (Instance::Array(a), Instance::Array(b)) => a == b,
            (Instance::Object(a), Instance::Object(b)) => a == b,
            _ => false,
        }
    }
}
