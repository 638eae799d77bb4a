//! What stands in a stream of manifests: resources and container images.

use std::collections::{BTreeMap, BTreeSet};

use super::OPEN;
use crate::base::digest::Digest;
use crate::object::image;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use helm_engine::yaml::node::{self, Node};

/// The inventory of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Digest of each resource, by API version, kind, namespace and name.
    pub digests: BTreeMap<String, Digest>,
    /// Every container image, sorted.
    pub images: Vec<String>,
}

/// Takes stock of a stream. The error is the line (from 1) a bad document begins at, and what is wrong with it.
pub fn find(text: &str) -> Result<Found, (usize, String)> {
    let mut found = Found::default();
    let mut images = BTreeSet::new();
    for (line, document) in documents(text) {
        let value = yaml::read(document.as_bytes()).map_err(|message| (line, message))?;
        let Value::Map(resource) = &value else { continue };
        let name = name(resource);
        let digest = Digest::of(document.trim().as_bytes());
        let mut count = 1;
        let mut unique = name.clone();
        while found.digests.contains_key(&unique) {
            count += 1;
            unique = format!("{name} ({count})");
        }
        found.digests.insert(unique, digest);
        image::run(&value, &mut images);
    }
    found.images = images.into_iter().collect();
    Ok(found)
}

/// The line, from 1, of a string that holds a mark which is not in the text as it stands: YAML has more than one way to
/// write a character, and readers of the public form would take the string for a sealed one.
pub(super) fn disguised_mark(text: &str) -> Option<usize> {
    for (line, document) in documents(text) {
        // Without an escape sequence, the text reads as it stands.
        if !document.contains('\\') {
            continue;
        }
        let Ok(Some(tree)) = node::parse(document.as_bytes()) else { continue };
        let mut open: Vec<Node<'_>> = vec![tree.root()];
        while let Some(node) = open.pop() {
            let marks = node.text().map_or(0, |it| it.to_text().matches(OPEN).count());
            if marks > document.get(node.span()).map_or(0, |it| it.matches(OPEN).count()) {
                return Some(line + node.line() - 1);
            }
            open.extend(node.items());
            open.extend(node.entries().flat_map(|(key, value)| [key, value]));
        }
    }
    None
}

/// The documents of a stream with the line each begins at: cut where a line begins with `---`, as Talos and Helm cut.
pub fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let mut start = (1, 0);
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with("---") {
            documents.push((start.0, &text[start.1..offset]));
            start = (index + 2, offset + line.len());
        }
        offset += line.len();
    }
    documents.push((start.0, &text[start.1..]));
    documents
}

/// `apps/v1 DaemonSet kube-system/cilium`; the namespace is left out where the manifest names none.
pub(super) fn name(resource: &Map) -> String {
    let text = |map: &Map, key: &str| match map.get(key) {
        Some(Value::Str(text)) => text.to_text().into_owned(),
        _ => String::new(),
    };
    let metadata = match resource.get("metadata") {
        Some(Value::Map(metadata)) => metadata,
        _ => Map::any(),
    };
    let namespace = text(&metadata, "namespace");
    let name =
        if text(&metadata, "name").is_empty() { text(&metadata, "generateName") } else { text(&metadata, "name") };
    let place = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
    format!("{} {} {place}", text(resource, "apiVersion"), text(resource, "kind"))
}
