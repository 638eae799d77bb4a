//! The objects of a bundle as values.

use std::collections::BTreeSet;

use crate::deliver::flux::at;
use crate::object::document::{Head, documents};
use crate::stage::pack::Manifest;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// One object and where it stands.
pub(super) struct Object<'a> {
    pub(super) manifest: &'a str,
    pub(super) head: Head,
    pub(super) content: Map,
    /// In bytes, as text.
    pub(super) size: usize,
}

pub(super) fn objects(manifests: &[Manifest]) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    for manifest in manifests {
        for document in documents(&manifest.contents) {
            let Some(tree) = document.tree() else { continue };
            let Ok(Value::Map(content)) = yaml::read(document.text.as_bytes()) else { continue };
            let head = Head::of(tree.root());
            found.push(Object { manifest: &manifest.name, head, content, size: document.text.len() });
        }
    }
    found
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
