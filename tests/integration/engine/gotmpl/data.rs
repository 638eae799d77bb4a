//! The data of the cases: JSON, and the named types of `tests/data/gotmpl/record/common`.

use std::any::Any;
use std::rc::Rc;

use helm_engine::value::{Failure, Kind, List, Map, Object, Type, Value};
use serde_json::Value as Json;

const STRING_MAP: Type = Type::Map(&Type::String);
const SET: Type = Type::Named { name: "common.Set", kind: Kind::Slice, underlying: Some(&Type::STRINGS) };
const FILES: Type = Type::Named { name: "common.Files", kind: Kind::Map, underlying: Some(&Type::Map(&Type::BYTES)) };

/// Data as the recorder builds it.
pub fn typed(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(it) => Value::Bool(*it),
        Json::Number(it) => it.as_i64().map_or_else(|| Value::Float(it.as_f64().unwrap()), Value::Int),
        Json::String(it) => it.as_str().into(),
        Json::Array(items) => Value::list(items.iter().map(typed)),
        Json::Object(entries) => match entries.iter().find_map(|it| it.0.strip_prefix('$').map(|name| (name, it.1))) {
            Some((name, json)) => named(name, json),
            None => Value::map(entries.iter().map(|(key, value)| (key.as_str(), typed(value)))),
        },
    }
}

fn named(name: &str, json: &Json) -> Value {
    let map = |entries: Map, map_type: Type, value: fn(&str) -> Value| {
        for (key, text) in json.as_object().unwrap() {
            entries.insert(key.as_str(), value(text.as_str().unwrap()));
        }
        entries.with_type(map_type)
    };
    match name {
        "int32" => Value::Int32(json.as_i64().unwrap() as i32),
        "int64" => Value::Int64(json.as_i64().unwrap()),
        "uint8" => Value::Uint8(json.as_u64().unwrap() as u8),
        "uint64" => Value::Uint64(json.as_u64().unwrap()),
        "float" => Value::Float(json.as_str().unwrap().parse().unwrap()),
        "bytes" => Value::Bytes(json.as_str().unwrap().into()),
        "strings" => Value::List(List::strings(strings(json))),
        "stringmap" => Value::Map(map(Map::any(), STRING_MAP, |it| it.into())),
        "nilmap" => Value::Map(Map::nil(Type::MAP)),
        "nillist" => Value::List(List::nil(Type::LIST)),
        "nilstrings" => Value::List(List::nil(Type::STRINGS)),
        "values" => match typed(json) {
            Value::Map(map) => Value::Map(map.with_type(Type::VALUES)),
            other => other,
        },
        "set" => Value::Object(Rc::new(Set(strings(json)))),
        "files" => Value::Object(Rc::new(Files(map(Map::any(), FILES, |it| Value::Bytes(it.into()))))),
        "version" => {
            let minor = json.as_str().unwrap().into();
            Value::Object(Rc::new(Version { hold: Hold::Pointer, minor }))
        }
        "capabilities" => Value::Object(Rc::new(Capabilities { sets: strings(json) })),
        other => panic!("no type {other}"),
    }
}

fn strings(json: &Json) -> Vec<String> {
    json.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

macro_rules! object_basics {
    () => {
        fn equals(&self, other: &dyn Object) -> bool {
            std::ptr::addr_eq(self.as_any(), other.as_any())
        }

        fn as_any(&self) -> &dyn Any {
            self
        }
    };
}

#[derive(Debug)]
struct Set(Vec<String>);

impl Object for Set {
    fn object_type(&self) -> Type {
        SET
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        (name == "Has").then_some((&[Type::String], false))
    }

    fn call(&self, _name: &str, args: &[Value]) -> Result<Value, Failure> {
        Ok(Value::Bool(self.0.iter().any(|it| matches!(&args[0], Value::Str(text) if *text == it.as_str()))))
    }

    fn truth(&self) -> bool {
        !self.0.is_empty()
    }

    fn print(&self) -> String {
        format!("[{}]", self.0.join(" "))
    }

    fn plain(&self) -> Value {
        Value::List(List::strings(self.0.clone()))
    }

    object_basics!();
}

#[derive(Debug)]
struct Files(Map);

impl Object for Files {
    fn object_type(&self) -> Type {
        FILES
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.0.get(name)
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        match name {
            "Get" => Some((&[Type::String], false)),
            "Names" => Some((&[Type::String], true)),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        if name == "Get" {
            let Value::Str(key) = &args[0] else { panic!("checked") };
            return Ok(match self.0.get(key) {
                Some(Value::Bytes(bytes)) => Value::Str(bytes),
                _ => "".into(),
            });
        }
        let fits = |it: &&[u8]| args.iter().any(|arg| matches!(arg, Value::Str(end) if it.ends_with(end)));
        let entries = self.0.to_vec();
        let names: Vec<&[u8]> = entries.iter().map(|it| it.0.as_bytes()).filter(fits).collect();
        Ok(Value::Str(names.join(&b","[..]).into()))
    }

    fn truth(&self) -> bool {
        !self.0.is_empty()
    }

    fn print(&self) -> String {
        helm_engine::fmt::print_value(&self.plain()).to_string()
    }

    fn plain(&self) -> Value {
        Value::Map(self.0.clone())
    }

    object_basics!();
}

#[derive(Debug)]
struct Version {
    hold: Hold,
    minor: String,
}

/// How a struct is held, which decides on the methods it has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    Pointer,
    /// As a field of a struct that a pointer leads to.
    Field,
    Copy,
}

impl Object for Version {
    fn object_type(&self) -> Type {
        match self.hold {
            Hold::Pointer => Type::Named { name: "*common.Version", kind: Kind::Ptr, underlying: None },
            _ => Type::Named { name: "common.Version", kind: Kind::Struct, underlying: None },
        }
    }

    fn copied(&self) -> Option<Value> {
        let copy = Version { hold: Hold::Copy, minor: self.minor.clone() };
        (self.hold == Hold::Field).then(|| Value::Object(Rc::new(copy)))
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Major" => Some("1".into()),
            "Minor" => Some(self.minor.clone().into()),
            _ => None,
        }
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        match name {
            _ if self.hold == Hold::Copy => None,
            "String" => Some((&[], false)),
            "Next" => Some((&[Type::Int], false)),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        match (name, args) {
            ("Next", [Value::Int(step)]) if *step < 0 => Err(Failure::new("no step back")),
            ("Next", [Value::Int(step)]) => Ok(Value::Int(step + 1)),
            _ => Ok(self.print().into()),
        }
    }

    fn print(&self) -> String {
        match self.hold {
            Hold::Copy => format!("{{1 {}}}", self.minor),
            _ => format!("v1.{}", self.minor),
        }
    }

    fn plain(&self) -> Value {
        Value::map([("Major", "1".into()), ("Minor", self.minor.clone().into())])
    }

    object_basics!();
}

#[derive(Debug)]
struct Capabilities {
    sets: Vec<String>,
}

impl Object for Capabilities {
    fn object_type(&self) -> Type {
        Type::Named { name: "*common.Capabilities", kind: Kind::Ptr, underlying: None }
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "KubeVersion" => Some(Value::Object(Rc::new(Version { hold: Hold::Field, minor: "34".into() }))),
            "Sets" => Some(Value::Object(Rc::new(Set(self.sets.clone())))),
            "Nothing" => Some(Value::Nil),
            "Map" => Some(Value::map([("a", Value::Int(1))])),
            _ => None,
        }
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        (name == "Nil").then_some((&[], false))
    }

    fn call(&self, _name: &str, _args: &[Value]) -> Result<Value, Failure> {
        Ok(Value::Nil)
    }

    fn print(&self) -> String {
        format!("{{{{1 34}} [{}] <nil> map[a:1]}}", self.sets.join(" "))
    }

    fn plain(&self) -> Value {
        Value::map([("KubeVersion", Value::from("v1.34"))])
    }

    object_basics!();
}
