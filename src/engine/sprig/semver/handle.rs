//! Versions as template values.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::{Version, VersionError};
use crate::sprig::arguments::NIL_POINTER;
use crate::value::{Failure, Kind, Object, Type, Value};

/// `*semver.Version`.
pub(super) const POINTER: Type = Type::Named { name: "*semver.Version", kind: Kind::Ptr, underlying: None };
/// `semver.Version`, which the methods give that make another version.
const STRUCT: Type = Type::Named { name: "semver.Version", kind: Kind::Struct, underlying: None };

/// A `*semver.Version` or a `semver.Version`. What points to one can change it.
#[derive(Debug, Default)]
pub(in crate::sprig) struct Handle {
    version: RefCell<Version>,
    by_value: bool,
}

impl Handle {
    /// A pointer to a version.
    pub(super) fn new(version: Version) -> Self {
        Handle { version: RefCell::new(version), by_value: false }
    }

    /// Makes this version what the other is.
    pub(in crate::sprig) fn assign(&self, other: &Handle) {
        let version = other.version.borrow().clone();
        self.version.replace(version);
    }

    fn value(version: Version) -> Value {
        Value::Object(Rc::new(Handle { version: RefCell::new(version), by_value: true }))
    }

    fn read(&self, text: &str) -> Result<Value, Failure> {
        self.version.replace(parsed(Version::parse(text))?);
        Ok(Value::Nil)
    }
}

fn parsed(version: Result<Version, VersionError>) -> Result<Version, Failure> {
    version.map_err(Failure::from_error)
}

impl Object for Handle {
    fn object_type(&self) -> Type {
        if self.by_value { STRUCT } else { POINTER }
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        let params: &'static [Type] = match name {
            "String" | "Major" | "Minor" | "Patch" | "Prerelease" | "Metadata" | "IncPatch" | "IncMinor"
            | "IncMajor" | "MarshalJSON" | "MarshalText" | "Value" => &[],
            "SetPrerelease" | "SetMetadata" => &[Type::String],
            _ if self.by_value => return None,
            "Original" => &[],
            "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" | "Equal" | "Compare" => &[POINTER],
            "UnmarshalJSON" | "UnmarshalText" => &[Type::BYTES],
            "Scan" => &[Type::Any],
            _ => return None,
        };
        Some((params, false))
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        let version = self.version.borrow().clone();
        let text = match args.first() {
            Some(Value::Str(it) | Value::Bytes(it)) => it.to_text().into_owned(),
            _ => String::new(),
        };
        let other = match args.first() {
            Some(Value::Object(it)) => it.as_any().downcast_ref::<Handle>(),
            _ => None,
        };
        let compare = || match other {
            Some(other) => Ok(version.compare(&other.version.borrow())),
            None => Err(Failure::new(NIL_POINTER)),
        };
        Ok(match name {
            "String" | "Value" => version.to_string().into(),
            "Original" => version.original.into(),
            "Major" => Value::Uint64(version.major),
            "Minor" => Value::Uint64(version.minor),
            "Patch" => Value::Uint64(version.patch),
            "Prerelease" => version.pre.into(),
            "Metadata" => version.metadata.into(),
            "IncPatch" => Handle::value(version.next_patch()),
            "IncMinor" => Handle::value(version.next_minor()),
            "IncMajor" => Handle::value(version.next_major()),
            "SetPrerelease" => Handle::value(parsed(version.with_prerelease(&text))?),
            "SetMetadata" => Handle::value(parsed(version.with_metadata(&text))?),
            "MarshalText" => Value::Bytes(version.to_string().into()),
            "MarshalJSON" => Value::Bytes(format!("\"{version}\"").into()),
            "LessThan" => compare()?.is_lt().into(),
            "LessThanEqual" => compare()?.is_le().into(),
            "GreaterThan" => compare()?.is_gt().into(),
            "GreaterThanEqual" => compare()?.is_ge().into(),
            "Equal" => compare().is_ok_and(|it| it.is_eq()).into(),
            "Compare" => Value::Int(compare()? as i64),
            "UnmarshalText" | "Scan" => self.read(&text)?,
            "UnmarshalJSON" => match crate::yaml::read_json(text.as_bytes()).map_err(Failure::from_error)? {
                Value::Str(text) => self.read(&text.to_text())?,
                other => {
                    return Err(format!("json: cannot unmarshal {} into Go value of type string", json(&other)).into());
                }
            },
            _ => return Err(Failure::new(format!("no method {name}"))),
        })
    }

    /// A blank one: `copystructure` does not see fields that are not exported.
    fn deep_copied(&self) -> Option<Value> {
        Some(Value::Object(Rc::new(Handle { by_value: self.by_value, ..Handle::default() })))
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let it = self.version.borrow();
        Some(vec![
            ("major", Value::Uint64(it.major)),
            ("minor", Value::Uint64(it.minor)),
            ("patch", Value::Uint64(it.patch)),
            ("pre", it.pre.as_str().into()),
            ("metadata", it.metadata.as_str().into()),
            ("original", it.original.as_str().into()),
        ])
    }

    fn print(&self) -> String {
        self.version.borrow().to_string()
    }

    fn plain(&self) -> Value {
        self.print().into()
    }

    /// Pointers are equal where they point to the same version.
    fn equals(&self, other: &dyn Object) -> bool {
        let same = |it: &Handle| std::ptr::eq(it, self) || self.by_value && it.by_value && self.deep_equals(it);
        other.as_any().downcast_ref().is_some_and(same)
    }

    fn deep_equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Handle>();
        other.is_some_and(|it| it.by_value == self.by_value && *it.version.borrow() == *self.version.borrow())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What `encoding/json` calls a value it cannot put into a string.
fn json(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    }
}
