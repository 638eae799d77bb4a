//! `.Chart` as Helm 3 has it: a Go structure, where Helm 4 has a plain map.

use std::any::Any;
use std::rc::Rc;

use super::dependency::Dependency;
use super::metadata::{Maintainer, Metadata};
use crate::fmt::print_value;
use crate::value::{Kind, List, Map, Object, Type, Value};

const CHART: Type =
    Type::Named { name: "struct { chart.Metadata; IsRoot bool }", kind: Kind::Struct, underlying: None };
const METADATA: Type = Type::Named { name: "chart.Metadata", kind: Kind::Struct, underlying: None };
const MAINTAINER: Type = Type::Named { name: "*chart.Maintainer", kind: Kind::Ptr, underlying: None };
const DEPENDENCY: Type = Type::Named { name: "*chart.Dependency", kind: Kind::Ptr, underlying: None };

/// A Go structure, or a pointer to one.
#[derive(Debug)]
struct Structure {
    go_type: Type,
    /// By Go's names, in Go's order.
    fields: Vec<(&'static str, Value)>,
    /// The structure inside, whose fields are reached as if they were its own.
    embedded: Option<(&'static str, Value)>,
    /// What it is in JSON and YAML.
    json: Map,
}

impl Structure {
    fn value(go_type: Type, fields: Vec<(&'static str, Value)>, json: Map) -> Value {
        Value::Object(Rc::new(Structure { go_type, fields, embedded: None, json }))
    }
}

impl Metadata {
    /// What templates see as `.Chart` under Helm 3.
    pub(in crate::helm) fn to_structure(&self, is_root: bool) -> Value {
        let json = self.to_map_of_json();
        for (key, list) in [
            ("maintainers", self.maintainers.iter().map(Maintainer::to_structure).collect::<Vec<_>>()),
            ("dependencies", self.dependencies.iter().flatten().map(Dependency::to_structure).collect()),
        ] {
            // In the order of Go's fields, where a plain map is in that of its keys.
            if json.contains(key) && !list.is_empty() {
                json.insert(key, Value::list(list));
            }
        }
        let metadata = Structure::value(METADATA, self.fields(), json.clone());
        json.insert("IsRoot", Value::Bool(is_root));
        let mut fields = self.fields();
        fields.push(("IsRoot", Value::Bool(is_root)));
        Value::Object(Rc::new(Structure { go_type: CHART, fields, embedded: Some(("Metadata", metadata)), json }))
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let plain = self.to_map();
        // What is not there is nil, which is `null` in JSON.
        let texts = |list: &[String]| match list {
            [] => Value::List(List::nil(Type::Slice(&Type::String))),
            list => Value::List(List::strings(list.iter().map(String::as_str))),
        };
        let listed = |it: Vec<Value>, of: &'static Type| match it.is_empty() {
            true => Value::List(List::nil(Type::Slice(of))),
            false => Value::List(List::any(it).with_type(Type::Slice(of))),
        };
        let order = [
            "Name",
            "Home",
            "Sources",
            "Version",
            "Description",
            "Keywords",
            "Maintainers",
            "Icon",
            "APIVersion",
            "Condition",
            "Tags",
            "AppVersion",
            "Deprecated",
            "Annotations",
            "KubeVersion",
            "Dependencies",
            "Type",
        ];
        let field = |name: &'static str| match name {
            "Sources" => texts(&self.sources),
            "Keywords" => texts(&self.keywords),
            "Maintainers" => listed(self.maintainers.iter().map(Maintainer::to_structure).collect(), &MAINTAINER),
            "Dependencies" => {
                let dependencies = self.dependencies.iter().flatten();
                listed(dependencies.map(Dependency::to_structure).collect(), &DEPENDENCY)
            }
            _ => plain.get(name).unwrap_or(Value::Nil),
        };
        order.into_iter().map(|name| (name, field(name))).collect()
    }
}

impl Maintainer {
    fn to_structure(&self) -> Value {
        let fields = [("Name", &self.name), ("Email", &self.email), ("URL", &self.url)];
        let fields = fields.map(|(name, text)| (name, Value::from(text.as_str())));
        Structure::value(MAINTAINER, fields.into(), self.to_map_of_json())
    }
}

impl Dependency {
    fn to_structure(&self) -> Value {
        const ORDER: [&str; 8] =
            ["Name", "Version", "Repository", "Condition", "Tags", "Enabled", "ImportValues", "Alias"];
        let plain = self.to_map();
        let tags = || Value::List(List::strings(self.tags.iter().map(String::as_str)));
        let field = |name| if name == "Tags" { tags() } else { plain.get(name).unwrap_or(Value::Nil) };
        let fields = ORDER.into_iter().map(|name| (name, field(name))).collect();
        Structure::value(DEPENDENCY, fields, self.to_map_of_json())
    }
}

impl Object for Structure {
    fn object_type(&self) -> Type {
        self.go_type
    }

    fn field(&self, name: &str) -> Option<Value> {
        let all = self.embedded.iter().chain(&self.fields);
        all.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(self.fields.clone())
    }

    fn printed_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        match &self.embedded {
            Some(inner) => Some([Some(inner), self.fields.last()].into_iter().flatten().cloned().collect()),
            None => self.fields(),
        }
    }

    fn print(&self) -> String {
        let printed = |value: &Value| match value {
            // The places of what pointers in a list point to differ from run to run.
            Value::List(list) if list.items().iter().any(|it| matches!(it, Value::Object(_))) => {
                format!("[{}]", vec!["0xc000000000"; list.len()].join(" "))
            }
            other => print_value(other).to_text().into_owned(),
        };
        let texts: Vec<String> = match &self.embedded {
            Some((_, inner)) => {
                let last = self.fields.last().map(|(_, it)| it);
                [Some(inner), last].into_iter().flatten().map(printed).collect()
            }
            None => self.fields.iter().map(|(_, it)| printed(it)).collect(),
        };
        let pointer = if self.go_type.kind() == Kind::Ptr { "&" } else { "" };
        format!("{pointer}{{{}}}", texts.join(" "))
    }

    /// Go's executor follows a pointer.
    fn output(&self) -> String {
        self.print().trim_start_matches('&').to_owned()
    }

    fn plain(&self) -> Value {
        Value::Map(self.json.clone())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|it| std::ptr::eq(it, self))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
