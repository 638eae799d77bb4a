//! Values with what Go's `reflect.Value` knows beyond them.

use crate::value::{List, Map, Str, Type, Value};

/// A value as the executor holds it. What Go calls the zero `reflect.Value`, and the difference between a value that has its own static
/// type and one in an `interface {}`, show in error messages and in what becomes of nil.
#[derive(Clone, Debug)]
pub enum Reflect {
    /// No value, as a missing key gives; prints as `<no value>`.
    Invalid,
    /// The content of a place of type `interface {}`, perhaps nil.
    Interface(Value),
    /// A value of its own type, never the untyped nil.
    Value(Value),
}

impl Reflect {
    /// Mirrors `reflect.ValueOf`.
    pub fn of(value: Value) -> Self {
        match value {
            Value::Nil => Reflect::Invalid,
            value => Reflect::Value(value),
        }
    }

    /// A value from a place of this static type.
    pub fn typed(value: Value, static_type: Option<Type>) -> Self {
        match value {
            Value::Nil => Reflect::Interface(Value::Nil),
            value if static_type == Some(Type::Any) => Reflect::Interface(value),
            value => Reflect::Value(value),
        }
    }

    /// The same without its interface. Mirrors `indirectInterface`.
    pub fn unwrapped(self) -> Self {
        match self {
            Reflect::Interface(value) => Reflect::of(value),
            other => other,
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Reflect::Invalid => Value::Nil,
            Reflect::Interface(value) | Reflect::Value(value) => value,
        }
    }

    /// What is held, and nil where there is no value.
    pub fn value(&self) -> &Value {
        match self {
            Reflect::Invalid => &Value::Nil,
            Reflect::Interface(value) | Reflect::Value(value) => value,
        }
    }

    /// The static type, or `None` where there is no value.
    pub fn type_of(&self) -> Option<Type> {
        match self {
            Reflect::Invalid => None,
            Reflect::Interface(_) => Some(Type::Any),
            Reflect::Value(value) => value.type_of(),
        }
    }

    /// The zero value of a type. Mirrors `reflect.Zero`.
    pub fn zero(zero_type: Type) -> Self {
        let value = match zero_type {
            Type::Any => return Reflect::Interface(Value::Nil),
            Type::Bool => Value::Bool(false),
            Type::Int => Value::Int(0),
            Type::Int32 => Value::Int32(0),
            Type::Int64 => Value::Int64(0),
            Type::Uint8 => Value::Uint8(0),
            Type::Uint64 => Value::Uint64(0),
            Type::Float64 => Value::Float(0.0),
            Type::String => Value::Str(Str::default()),
            Type::BYTES => Value::Bytes(Str::default()),
            Type::Slice(_) => Value::List(List::nil(zero_type)),
            Type::Map(_) => Value::Map(Map::nil(zero_type)),
            Type::Named { underlying: Some(Type::Map(_)), .. } => Value::Map(Map::nil(zero_type)),
            Type::Named { underlying: Some(Type::Slice(_)), .. } => Value::List(List::nil(zero_type)),
            Type::Named { .. } => return Reflect::Invalid,
        };
        Reflect::Value(value)
    }
}
