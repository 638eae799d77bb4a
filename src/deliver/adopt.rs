//! Helm's marks of ownership, put on what Talos creates, so that a later Helm release adopts it.

use super::kept::POLICY;
use crate::base::edit::{Edits, next_line};
use crate::object::document::{Head, documents};
use helm_engine::yaml::node::{Node, NodeKind};

/// A release that shall own objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release<'a> {
    pub name: &'a str,
    pub namespace: &'a str,
}

/// The stream with the label and the annotations by which Helm knows its own on every object. Mirrors
/// `setMetadataVisitor` of Helm's `pkg/action`. A Secret has one mark more: Helm lets it stay where it leaves the release, as it
/// does once the release takes certificates that are there in place of making its own. Nothing else changes.
pub fn adopt(text: &str, release: Release<'_>) -> String {
    let mut edits = Edits::default();
    for document in documents(text) {
        let Some(tree) = document.tree() else { continue };
        let Some(metadata) = tree.root().get("metadata").filter(|it| it.kind() == NodeKind::Mapping) else { continue };
        let mut annotations =
            vec![("meta.helm.sh/release-name", release.name), ("meta.helm.sh/release-namespace", release.namespace)];
        let head = Head::of(tree.root());
        if head.kind == "Secret" && head.api_version == "v1" {
            annotations.push(POLICY);
        }
        let mut own = Edits::default();
        for (field, wanted) in
            [("annotations", &annotations[..]), ("labels", &[("app.kubernetes.io/managed-by", "Helm")])]
        {
            set(document.text, metadata, field, wanted, &mut own);
        }
        edits.replace(document.start..document.end(), own.apply(document.text));
    }
    edits.apply(text)
}

/// Sets entries of a mapping of strings below `metadata`.
fn set(text: &str, metadata: Node<'_>, field: &str, wanted: &[(&str, &str)], edits: &mut Edits) {
    let column = metadata.entries().next().map_or(2, |(key, _)| key.column() - 1);
    let flow = || wanted.iter().map(|(key, value)| format!("{key}: {value:?}")).collect::<Vec<_>>().join(", ");
    let lines = |column: usize, wanted: &[(&str, &str)]| -> String {
        wanted.iter().map(|(key, value)| format!("{}{key}: {value}\n", " ".repeat(column))).collect()
    };
    let found = metadata.entries().find(|(key, _)| key.text().is_some_and(|it| *it == field));
    let Some((key, mapping)) = found else {
        if metadata.is_flow() {
            let comma = if metadata.entries().next().is_some() { ", " } else { "" };
            edits.insert(metadata.span().start + 1, format!("{field}: {{{}}}{comma}", flow()));
        } else {
            let text = format!("{field}:\n{}{}", lines(column + 2, wanted), " ".repeat(column));
            edits.insert(metadata.span().start, text);
        }
        return;
    };
    let Some((first, _)) = mapping.entries().next() else {
        if metadata.is_flow() {
            edits.replace(
                key.span().start..mapping.span().end.max(key.span().end + 1),
                format!("{field}: {{{}}}", flow()),
            );
        } else {
            if mapping.span().start > key.span().end {
                edits.replace(mapping.span(), "");
            }
            let at = next_line(text, key.span().end.max(mapping.span().end));
            edits.insert(at, lines(key.column() + 1, wanted));
        }
        return;
    };
    for (name, value) in wanted {
        let standing = mapping.entries().find(|(key, _)| key.text().is_some_and(|it| it == name));
        match standing {
            Some((_, old)) if old.text().is_some_and(|it| it == value) => {}
            Some((_, old)) => edits.replace(old.span(), *value),
            None if mapping.is_flow() => edits.insert(first.span().start, format!("{name}: {value:?}, ")),
            None => {
                let pad = " ".repeat(first.column() - 1);
                edits.insert(first.span().start, format!("{name}: {value}\n{pad}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use helm_engine::value::Value;
    use helm_engine::yaml;

    #[test]
    fn every_shape_of_metadata_is_marked() {
        for metadata in [
            "metadata:\n  name: a # n\n",
            "metadata:\n  name: a\n  annotations:\n  labels:\n    x: z\n",
            "metadata:\n  labels: {}\n  annotations: {x: z}\n  name: a\n",
            "metadata:\n    labels:\n        app.kubernetes.io/managed-by: Other\n        x: z\n    name: a\n",
            "metadata: {name: a}\n",
            "metadata: {name: a, labels: {x: z}, annotations: {}}\n",
            "metadata:\n  name: a\n  labels:\n    x: z\n\n  annotations:\n",
        ] {
            let text = format!("---\n# Source: x\nkind: A\n{metadata}data:\n  x: |\n    labels: {{}}\n");
            let release = Release { name: "cilium", namespace: "kube-system" };
            let marked = adopt(&text, release);
            assert_eq!(adopt(&marked, release), marked, "the second run changes nothing:\n{marked}");
            let Ok(Value::Map(object)) = yaml::read_strict(marked.as_bytes()) else { panic!("no YAML:\n{marked}") };
            let Some(Value::Map(meta)) = object.get("metadata") else { panic!("{marked}") };
            let word = |it: Option<Value>| match it {
                Some(Value::Str(text)) => Some(text.to_text().into_owned()),
                _ => None,
            };
            let at = |field: &str, key: &str| match meta.get(field) {
                Some(Value::Map(map)) => word(map.get(key)),
                _ => None,
            };
            assert_eq!(at("labels", "app.kubernetes.io/managed-by"), Some("Helm".into()), "{marked}");
            assert_eq!(at("annotations", "meta.helm.sh/release-name"), Some("cilium".into()), "{marked}");
            assert_eq!(at("annotations", "meta.helm.sh/release-namespace"), Some("kube-system".into()), "{marked}");
            assert_eq!(word(meta.get("name")), Some("a".into()), "{marked}");
            if metadata.contains("x: z") {
                assert!(at("labels", "x").or(at("annotations", "x")).is_some(), "{marked}");
            }
            assert!(
                marked.starts_with("---\n# Source: x\nkind: A\n")
                    && marked.ends_with("data:\n  x: |\n    labels: {}\n")
            );
        }
    }
}
