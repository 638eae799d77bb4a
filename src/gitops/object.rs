//! The objects of a tree, as far as GitOps is concerned with them.

use std::sync::Arc;

use super::{Fault, Tree};
use crate::base::diagnostic::Place;
use crate::object::document::documents;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use helm_engine::yaml::node::{self, Node};

/// An object, and where it is written.
#[derive(Clone, Debug)]
pub struct Object {
    pub value: Map,
    /// The file it is written in, from the top, and its own text there with its start in bytes.
    pub(super) origin: Option<Origin>,
}

#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub path: String,
    pub file: Arc<str>,
    pub start: usize,
    pub end: usize,
}

impl Object {
    pub fn get(&self, path: &[&str]) -> Option<Value> {
        at(&Value::Map(self.value.clone()), path)
    }

    pub fn text(&self, path: &[&str]) -> Option<String> {
        match self.get(path)? {
            Value::Str(text) if !text.is_empty() => Some(text.to_text().into_owned()),
            Value::Bool(it) => Some(it.to_string()),
            Value::Int(it) => Some(it.to_string()),
            Value::Float(it) => Some(it.to_string()),
            _ => None,
        }
    }

    pub fn list(&self, path: &[&str]) -> Vec<Value> {
        match self.get(path) {
            Some(Value::List(list)) => list.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether something stands there that is not empty.
    pub fn has(&self, path: &[&str]) -> bool {
        match self.get(path) {
            None | Some(Value::Nil) => false,
            Some(Value::Map(map)) => !map.is_empty(),
            Some(Value::List(list)) => !list.is_empty(),
            Some(Value::Str(text)) => !text.is_empty(),
            Some(Value::Bool(it)) => it,
            Some(_) => true,
        }
    }

    /// The file it is written in, from the top.
    pub fn path(&self) -> Option<&str> {
        self.origin.as_ref().map(|it| it.path.as_str())
    }

    pub fn kind(&self) -> String {
        self.text(&["kind"]).unwrap_or_default()
    }

    pub fn name(&self) -> String {
        self.text(&["metadata", "name"]).unwrap_or_default()
    }

    /// Empty where it names none.
    pub fn namespace(&self) -> String {
        self.text(&["metadata", "namespace"]).unwrap_or_default()
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> String {
        let version = self.text(&["apiVersion"]).unwrap_or_default();
        version.split_once('/').map_or("", |(group, _)| group).to_owned()
    }

    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind() == kind && self.group() == group
    }

    /// `KIND NAMESPACE/NAME`.
    pub fn shown(&self) -> String {
        match self.namespace() {
            none if none.is_empty() => format!("{} {}", self.kind(), self.name()),
            namespace => format!("{} {namespace}/{}", self.kind(), self.name()),
        }
    }

    /// Where a field is written, or as much of the way to it as is.
    pub(super) fn place(&self, tree: &dyn Tree, path: &[&str]) -> Option<Box<Place>> {
        let origin = self.origin.as_ref()?;
        let text = origin.file.get(origin.start..origin.end)?;
        let document = node::parse(text.as_bytes()).ok().flatten()?;
        let mut span = document.root().span();
        let mut node = document.root().resolved();
        for key in path {
            let found = node.entries().find(|(it, _)| it.text().is_some_and(|it| *it == **key));
            let Some((key, value)) = found else { break };
            (span, node) = (key.span(), Node::resolved(value));
        }
        let whole = span.start + origin.start..span.end.min(span.start + 200) + origin.start;
        Some(Box::new(Place {
            file: tree.as_written(&origin.path).into(),
            text: Some(Arc::clone(&origin.file)),
            span: whole,
        }))
    }
}

/// The value at a path of keys.
pub(super) fn at(value: &Value, path: &[&str]) -> Option<Value> {
    let mut value = value.clone();
    for key in path {
        let Value::Map(map) = &value else { return None };
        let inner = map.get(key)?;
        value = inner;
    }
    Some(value)
}

/// The text at a path of keys.
pub(super) fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    Object { value: Map::from_entries([("it".into(), value.clone())]), origin: None }.text(&[&["it"], path].concat())
}

/// The objects of a stream; a `List` stands for its items. What is no YAML is left out.
pub(super) fn objects(text: &str, path: Option<&str>) -> Vec<Object> {
    let file: Arc<str> = text.into();
    let mut found = Vec::new();
    for document in documents(text) {
        let Ok(Value::Map(value)) = yaml::read_typed(document.text.as_bytes()) else { continue };
        let origin = path.map(|path| Origin {
            path: path.to_owned(),
            file: Arc::clone(&file),
            start: document.start,
            end: document.end(),
        });
        let whole = Object { value, origin };
        if whole.kind().ends_with("List") && whole.get(&["items"]).is_some() {
            let items = whole.list(&["items"]).into_iter();
            found.extend(items.filter_map(|it| match it {
                Value::Map(value) => Some(Object { value, origin: whole.origin.clone() }),
                _ => None,
            }));
        } else if !whole.kind().is_empty() {
            found.push(whole);
        }
    }
    found
}

/// Every object of a tree that GitOps may refer to, as it is written.
pub struct Index {
    pub objects: Vec<Object>,
}

/// What the text of a file that counts holds.
const SIGNS: [&str; 5] = ["toolkit.fluxcd.io", "argoproj.io", "ConfigMap", "Secret", "CustomResourceDefinition"];

impl Index {
    pub fn of(tree: &dyn Tree) -> Result<Index, Fault> {
        let mut found = Vec::new();
        for path in tree.files()? {
            let Some(bytes) = tree.read(&path)? else { continue };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            if SIGNS.iter().any(|it| text.contains(it)) {
                found.extend(objects(&text, Some(&path)));
            }
        }
        Ok(Index { objects: found })
    }

    /// The object of this kind and name: in this namespace, else one that names none. Those that are equal are one.
    pub(super) fn find(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Result<Option<&Object>, Fault> {
        let all = self.objects.iter().filter(|it| it.is(group, kind) && it.name() == name);
        let (own, other): (Vec<&Object>, Vec<&Object>) = all
            .filter(|it| namespace.is_empty() || it.namespace() == namespace || it.namespace().is_empty())
            .partition(|it| namespace.is_empty() || it.namespace() == namespace);
        let found = if own.is_empty() { other } else { own };
        let text = |it: &&Object| yaml::write_exactly(&Value::Map(it.value.clone())).ok();
        if found.windows(2).any(|pair| text(&pair[0]) != text(&pair[1])) {
            let paths = found.iter().filter_map(|it| it.origin.as_ref()).map(|it| format!("`{}`", it.path)).collect();
            return Err(Fault::Ambiguous { what: format!("{kind} {namespace}/{name}"), paths });
        }
        Ok(found.first().copied())
    }
}
