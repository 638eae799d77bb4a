//! `.Files`: the files of a chart that are no templates.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::behaviour::Behaviour;
use super::chart::File;
use super::glob::Glob;
use crate::value::{Failure, Kind, List, Map, Object, Str, Type, Value};
use crate::yaml;

/// Helm's `engine.files`, a `map[string][]byte` with methods.
#[derive(Clone, Debug)]
pub struct Files {
    by_name: Rc<BTreeMap<String, Str>>,
    /// Whether an empty file has no lines; a fault otherwise.
    takes_lines_of_nothing: bool,
}

impl Files {
    /// Of two files of one name the later stays.
    pub fn new(files: &[File], behaviour: &Behaviour) -> Self {
        let by_name = Rc::new(files.iter().map(|it| (it.name.clone(), it.data.clone())).collect());
        Files { by_name, takes_lines_of_nothing: behaviour.takes_lines_of_nothing }
    }

    /// The value templates see as `.Files`.
    pub fn to_value(&self) -> Value {
        Value::Object(Rc::new(self.clone()))
    }

    /// Only the files whose name matches. A pattern that does not compile matches every file.
    fn glob(&self, pattern: &str) -> Files {
        let Ok(glob) = Glob::compile(pattern) else { return self.clone() };
        let kept = self.by_name.iter().filter(|(name, _)| glob.matches(name));
        let by_name = Rc::new(kept.map(|(name, data)| (name.clone(), data.clone())).collect());
        Files { by_name, ..self.clone() }
    }

    /// A YAML map from base names to what `text` makes of the contents. A clash of base names keeps the later path.
    fn as_yaml(&self, text: impl Fn(&Str) -> Str) -> Value {
        let map = Map::new(Type::Map(&Type::String));
        for (name, data) in self.by_name.iter() {
            map.insert(name.rsplit('/').next().unwrap_or(name), Value::Str(text(data)));
        }
        let yaml = yaml::write(&Value::Map(map)).unwrap_or_default();
        Value::Str(yaml.strip_suffix(b"\n").unwrap_or(&yaml).into())
    }

    /// The lines without their ends; a last line end opens no further line.
    fn lines(&self, name: &str) -> Result<Value, Failure> {
        let none = || Ok(Value::List(List::strings::<Str, _>([])));
        let Some(data) = self.by_name.get(name) else { return none() };
        if data.is_empty() {
            if self.takes_lines_of_nothing {
                return none();
            }
            return Err(Failure::new("runtime error: index out of range [-1]"));
        }
        let text = data.strip_suffix(b"\n").unwrap_or(data);
        Ok(Value::List(List::strings(text.split(|it| *it == b'\n'))))
    }
}

const NO_PARAMS: &[Type] = &[];
const STRING: &[Type] = &[Type::String];
const BYTES_MAP: Type = Type::Map(&Type::BYTES);
const FILES: Type = Type::Named { name: "engine.files", kind: Kind::Map, underlying: Some(&BYTES_MAP) };

impl Object for Files {
    fn object_type(&self) -> Type {
        FILES
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match self.by_name.get(name) {
            Some(data) => Value::Bytes(data.clone()),
            None => Value::List(List::nil(Type::BYTES)),
        })
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => Some((STRING, false)),
            "AsConfig" | "AsSecrets" => Some((NO_PARAMS, false)),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        let argument = match args.first() {
            Some(Value::Str(text)) => text.to_text().into_owned(),
            _ => String::new(),
        };
        let bytes = || self.by_name.get(&argument).cloned().unwrap_or_default();
        Ok(match name {
            "Get" => Value::Str(bytes()),
            "GetBytes" => Value::Bytes(bytes()),
            "Glob" => self.glob(&argument).to_value(),
            "Lines" => self.lines(&argument)?,
            "AsConfig" => self.as_yaml(Str::clone),
            "AsSecrets" => self.as_yaml(|data| STANDARD.encode(data.as_bytes()).into()),
            other => return Err(Failure::new(format!("no method {other}"))),
        })
    }

    fn truth(&self) -> bool {
        !self.by_name.is_empty()
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn print(&self) -> String {
        let decimal = |data: &Str| data.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
        let entries: Vec<String> =
            self.by_name.iter().map(|(name, data)| format!("{name}:[{}]", decimal(data))).collect();
        format!("map[{}]", entries.join(" "))
    }

    fn plain(&self) -> Value {
        let map = Map::new(BYTES_MAP);
        for (name, data) in self.by_name.iter() {
            map.insert(name.as_str(), Value::Bytes(data.clone()));
        }
        Value::Map(map)
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|it| it.by_name == self.by_name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
