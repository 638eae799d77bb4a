//! The objects of a bundle as values.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::deliver::flux::at;
use crate::object::document::{Head, documents, items};
use crate::review::kubernetes::cursor::Cursor;
use crate::stage::pack::Manifest;
use helm_engine::value::{Map, Value};
use helm_engine::yaml::{self, node::Node};

/// What the manifests hold, each document read once.
#[derive(Default)]
pub(super) struct Read<'a> {
    pub(super) documents: Vec<Whole<'a>>,
    /// All objects, those in lists too.
    pub(super) objects: Vec<Object<'a>>,
}

/// One document that is not empty.
pub(super) struct Whole<'a> {
    pub(super) manifest: &'a str,
    pub(super) text: &'a str,
    pub(super) head: Head,
    /// What every object has and this document has not.
    pub(super) lacks: Vec<&'static str>,
    /// `null` where JSON cannot hold it.
    pub(super) json: Json,
}

/// One object and where it stands.
pub(super) struct Object<'a> {
    pub(super) manifest: &'a str,
    pub(super) head: Head,
    pub(super) content: Map,
    pub(super) json: Json,
    /// In bytes, as text.
    pub(super) size: usize,
}

pub(super) fn read(manifests: &[Manifest]) -> Read<'_> {
    let mut read = Read::default();
    for manifest in manifests {
        for document in documents(&manifest.contents) {
            let Some(tree) = document.tree() else { continue };
            let root = tree.root();
            let value = yaml::read_composed(&tree).unwrap_or_else(|_| Value::Nil);
            let head = Head::of(root);
            let whole = json(&value);
            if let Value::Map(content) = value {
                read.objects(&manifest.name, root, &head, content, &whole, document.text.len());
            }
            let lacks = ["apiVersion", "kind"].into_iter().filter(|it| root.get(it).is_none()).collect();
            read.documents.push(Whole { manifest: &manifest.name, text: document.text, head, lacks, json: whole });
        }
    }
    read
}

impl<'a> Read<'a> {
    fn objects(&mut self, manifest: &'a str, root: Node<'_>, head: &Head, content: Map, whole: &Json, size: usize) {
        let Some(list) = items(root) else {
            self.objects.push(Object { manifest, head: head.clone(), content, json: whole.clone(), size });
            return;
        };
        let contents = match content.get("items") {
            Some(Value::List(items)) => items.to_vec(),
            _ => Vec::new(),
        };
        for (node, content) in list.items().zip(contents) {
            let json = json(&content);
            let Value::Map(content) = content else { continue };
            let size = node.span().len();
            self.objects.push(Object { manifest, head: Head::of(node.resolved()), content, json, size });
        }
    }
}

impl Object<'_> {
    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor::of(&self.json)
    }
}

/// A value as JSON has it. YAML nests no deeper than its reader allows.
fn json(value: &Value) -> Json {
    match value {
        Value::Bool(it) => (*it).into(),
        Value::Int(it) | Value::Int64(it) => (*it).into(),
        Value::Int32(it) => (*it).into(),
        Value::Uint8(it) => (*it).into(),
        Value::Uint64(it) => (*it).into(),
        // YAML is read as Helm reads it, which makes a float of every number.
        Value::Float(it) if it.fract() == 0.0 && it.abs() < 9e15 => (*it as i64).into(),
        Value::Float(it) => (*it).into(),
        Value::Str(text) | Value::Bytes(text) => text.to_text().into_owned().into(),
        Value::List(list) => list.items().iter().map(json).collect::<Vec<_>>().into(),
        Value::Map(map) => {
            let entries = map.entries();
            Json::Object(entries.iter().map(|(key, value)| (key.to_text().into_owned(), json(value))).collect())
        }
        Value::Nil | Value::Object(_) => Json::Null,
    }
}

/// Group and kind of what the CRDs among objects define.
pub(super) fn defined(objects: &[Object<'_>]) -> BTreeSet<(String, String)> {
    let definitions = objects.iter().filter(|it| it.head.kind == "CustomResourceDefinition");
    let text = |object: &Object<'_>, path: &[&str]| word(at(&object.content, path)).unwrap_or_default();
    definitions.map(|it| (text(it, &["spec", "group"]), text(it, &["spec", "names", "kind"]))).collect()
}

/// Every mapping at any depth.
pub(super) fn maps(value: &Value) -> Vec<Map> {
    let mut open = vec![value.clone()];
    let mut found = Vec::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Map(map) => {
                open.extend(map.to_vec().into_iter().map(|(_, value)| value));
                found.push(map);
            }
            Value::List(list) => open.extend(list.items().iter().cloned()),
            _ => {}
        }
    }
    found
}

pub(super) fn word(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::Str(text)) => Some(text.to_text().into_owned()),
        _ => None,
    }
}

pub(super) fn is_true(value: Option<Value>) -> bool {
    match value {
        Some(Value::Bool(it)) => it,
        Some(Value::Str(text)) => text == "true",
        _ => false,
    }
}
