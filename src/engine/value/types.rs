//! Go's static types as function parameters and results name them, and `reflect.Kind`.

use std::fmt;

/// A Go type. Every map has string keys: no template can make another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`: accepts everything.
    Any,
    /// `bool`.
    Bool,
    /// `int`, of 64 bits.
    Int,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`.
    Uint8,
    /// `uint64`.
    Uint64,
    /// `float64`.
    Float64,
    /// `string`.
    String,
    /// A slice of this element type.
    Slice(&'static Type),
    /// `map[string]` to this element type.
    Map(&'static Type),
    /// A type that has a name of its own, or is composed in a way that has no variant here.
    Named {
        /// What `%T` prints: `common.Values`, `*chartutil.Capabilities`.
        name: &'static str,
        /// What it is to Go's `reflect`.
        kind: Kind,
        /// The type whose values convert to it on assignment: `map[string]interface {}` for `common.Values`.
        underlying: Option<&'static Type>,
    },
}

impl Type {
    /// `[]byte`.
    pub const BYTES: Type = Type::Slice(&Type::Uint8);
    /// `[]interface {}`.
    pub const LIST: Type = Type::Slice(&Type::Any);
    /// `[]string`.
    pub const STRINGS: Type = Type::Slice(&Type::String);
    /// `map[string]interface {}`.
    pub const MAP: Type = Type::Map(&Type::Any);
    /// Helm 4's `common.Values`, a named `map[string]interface {}`.
    pub const VALUES: Type = Type::Named { name: "common.Values", kind: Kind::Map, underlying: Some(&Type::MAP) };

    /// The same of Helm 3.
    pub(crate) const VALUES_OF_HELM_3: Type =
        Type::Named { name: "chartutil.Values", kind: Kind::Map, underlying: Some(&Type::MAP) };

    /// What it is to Go's `reflect`.
    pub fn kind(&self) -> Kind {
        match self {
            Type::Any => Kind::Interface,
            Type::Bool => Kind::Bool,
            Type::Int => Kind::Int,
            Type::Int32 => Kind::Int32,
            Type::Int64 => Kind::Int64,
            Type::Uint8 => Kind::Uint8,
            Type::Uint64 => Kind::Uint64,
            Type::Float64 => Kind::Float64,
            Type::String => Kind::String,
            Type::Slice(_) => Kind::Slice,
            Type::Map(_) => Kind::Map,
            Type::Named { kind, .. } => *kind,
        }
    }

    /// The element type of a slice or map.
    pub fn element(&self) -> Option<Type> {
        match self {
            Type::Slice(element) | Type::Map(element) => Some(**element),
            Type::Named { underlying: Some(it), .. } => it.element(),
            _ => None,
        }
    }

    /// Whether Go may assign a value of this type to a parameter of type `to` (`reflect.Type.AssignableTo`).
    pub(crate) fn assignable_to(&self, to: &Type) -> bool {
        let underlying = |it: &Type| match it {
            Type::Named { underlying: Some(base), .. } => Some(**base),
            Type::Slice(_) | Type::Map(_) => Some(*it),
            _ => None,
        };
        let named = |it: &Type| !matches!(it, Type::Slice(_) | Type::Map(_));
        self == to
            || *to == Type::Any
            || (!(named(self) && named(to)) && underlying(self).is_some() && underlying(self) == underlying(to))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("interface {}"),
            Type::Slice(element) => write!(f, "[]{element}"),
            Type::Map(element) => write!(f, "map[string]{element}"),
            Type::Named { name, .. } => f.write_str(name),
            basic => f.write_str(basic.kind().name()),
        }
    }
}

/// Go's `reflect.Kind`, as far as templates can meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No type: what the untyped `nil` has.
    Invalid,
    /// `bool`, and types made of it.
    Bool,
    /// `int`.
    Int,
    /// `int32`.
    Int32,
    /// `int64`, `time.Duration` among its types.
    Int64,
    /// `uint8`.
    Uint8,
    /// `uint64`.
    Uint64,
    /// `float64`.
    Float64,
    /// `complex128`.
    Complex128,
    /// `string`.
    String,
    /// `interface {}`, as the type of a place; a value never has it.
    Interface,
    /// Every slice, `[]byte` among them.
    Slice,
    /// Every map.
    Map,
    /// A structure, whose fields templates read.
    Struct,
    /// A pointer to a structure.
    Ptr,
    /// A function as a value, for the builtin `call`.
    Func,
}

impl Kind {
    /// The name Go prints.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Uint8 => "uint8",
            Kind::Uint64 => "uint64",
            Kind::Float64 => "float64",
            Kind::Complex128 => "complex128",
            Kind::String => "string",
            Kind::Interface => "interface",
            Kind::Slice => "slice",
            Kind::Map => "map",
            Kind::Struct => "struct",
            Kind::Ptr => "ptr",
            Kind::Func => "func",
        }
    }
}
