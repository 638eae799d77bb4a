//! Fits a stream to what Talos takes, and touches nothing else of it.
//!
//! Three things are changed, each only where it stands:
//! - a document without an object (comments alone, `null`, `{}`) is left out, since Talos takes an empty manifest for a
//!   URL to fetch;
//! - a `List` gives way to its items, so that each can be ordered and named in messages;
//! - `metadata.namespace` of a cluster-scoped object is left out, since Talos 1.13 refuses the object with it.
//!
//! A stream with none of these keeps every byte that Helm printed.

use crate::base::edit::{Edits, line_start, next_line};
use crate::object::document::{self, Document, Head, documents, pieces};
use crate::object::scope::ClusterScoped;
use helm_engine::yaml;
use helm_engine::yaml::node::{Node, NodeKind};

/// A stream that Talos takes, and what was changed to make it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The stream, holes as they were.
    pub text: String,
    /// One sentence each, without a full stop.
    pub changes: Vec<String>,
}

/// Fits a stream.
pub(crate) fn fit(text: &str, scoped: &ClusterScoped) -> Fitted {
    let mut changes = Vec::new();
    // Lists give way first, so that their items are seen as documents.
    let unwrapped = unwrap_lists(text, &mut changes);
    let text = unwrapped.as_deref().unwrap_or(text);
    let mut edits = Edits::default();
    let mut empty = 0;
    for document in pieces(text) {
        let Some(tree) = document.tree() else {
            edits.replace(document.separator..document.end(), "");
            empty += 1;
            continue;
        };
        let head = Head::of(tree.root());
        if !head.namespace.is_empty() && scoped.contains(&head) && drop_namespace(&document, tree.root(), &mut edits) {
            changes.push(format!("left `metadata.namespace` out of {} {}, which has none", head.kind, head.name));
        }
    }
    if empty > 0 {
        changes.push(format!("left out {empty} document{} without an object", if empty == 1 { "" } else { "s" }));
    }
    let text = if edits.is_empty() { text.to_owned() } else { edits.apply(text) };
    Fitted { text, changes }
}

/// The text with items in place of lists, at every depth; `None` where it has no list.
fn unwrap_lists(text: &str, changes: &mut Vec<String>) -> Option<String> {
    // Lists in lists are rare; deeper ones are left as they are.
    const DEPTH: usize = 8;
    let mut current: Option<String> = None;
    for _ in 0..DEPTH {
        let source = current.as_deref().unwrap_or(text);
        let mut edits = Edits::default();
        for document in documents(source).into_iter().filter(|it| it.text.contains("List")) {
            let Some(tree) = document.tree() else { continue };
            let Some(items) = document::items(tree.root()) else { continue };
            let texts: Vec<String> = items.items().map(|it| item(&document, it)).collect();
            changes.push(format!("replaced a {} by its {} items", Head::of(tree.root()).kind, texts.len()));
            edits.replace(document.start..document.end(), texts.join("---\n"));
        }
        if edits.is_empty() {
            break;
        }
        current = Some(edits.apply(source));
    }
    current
}

/// An item as a document of its own. It keeps its indentation, so that what is sealed in it still fits.
fn item(document: &Document<'_>, item: Node<'_>) -> String {
    let object = item.resolved();
    if has_alias(item) {
        let value = object.value().and_then(|it| yaml::write(&it));
        return value.map(|it| it.to_text().into_owned()).unwrap_or_default();
    }
    let span = object.span();
    let margin = span.start - line_start(document.text, span.start);
    let body = document.text.get(span).unwrap_or_default().trim_end();
    format!("{}{body}\n", " ".repeat(margin))
}

fn has_alias(node: Node<'_>) -> bool {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if node.kind() == NodeKind::Alias || node.anchor().is_some() {
            return true;
        }
        open.extend(node.items());
        open.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
    false
}

/// Takes `namespace` out of the metadata; false where that cannot be done in place.
fn drop_namespace(document: &Document<'_>, object: Node<'_>, edits: &mut Edits) -> bool {
    let Some(metadata) = object.get("metadata").filter(|it| it.kind() == NodeKind::Mapping) else { return false };
    let entries: Vec<_> = metadata.entries().collect();
    let is_namespace = |key: Node<'_>| key.text().is_some_and(|it| *it == "namespace");
    let Some(index) = entries.iter().position(|(key, _)| is_namespace(*key)) else { return false };
    let (key, value) = entries[index];
    let (from, to) = if !metadata.is_flow() {
        let start = line_start(document.text, key.span().start);
        // The first key of a mapping may stand behind other text on its line, as in `- namespace: x`.
        if !document.text[start..key.span().start].trim().is_empty() {
            return false;
        }
        (start, next_line(document.text, value.span().end))
    } else if let Some((next, _)) = entries.get(index + 1) {
        (key.span().start, next.span().start)
    } else if let Some((_, before)) = index.checked_sub(1).and_then(|it| entries.get(it)) {
        (before.span().end, value.span().end)
    } else {
        (key.span().start, value.span().end)
    };
    edits.replace(document.start + from..document.start + to, "");
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(text: &str) -> Fitted {
        fit(text, &ClusterScoped::default())
    }

    #[test]
    fn what_talos_takes_keeps_every_byte() {
        let text =
            "---\n# Source: a\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n\n---\nkind: X\n\n";
        assert_eq!(fitted(text), Fitted { text: text.into(), changes: vec![] });
    }

    #[test]
    fn documents_without_an_object_are_left_out() {
        let done =
            fitted("# licence\n---\nkind: A\n--- # nothing\n# here\n---\n{}\n---\n\n---\nkind: B\n---\nnull\n---\n");
        assert_eq!(done.text, "---\nkind: A\n---\nkind: B\n");
        assert_eq!(done.changes, ["left out 6 documents without an object"]);
    }

    #[test]
    fn lists_give_way_to_their_items() {
        let done = fitted(
            "apiVersion: v1\nkind: List\nitems:\n  - kind: A # a\n    data:\n      x: |\n        <sealed:k|indent 8>\n  - {kind: B}\n---\nkind: C\n",
        );
        let expected =
            "    kind: A # a\n    data:\n      x: |\n        <sealed:k|indent 8>\n---\n    {kind: B}\n---\nkind: C\n";
        assert_eq!(done.text, expected);
        assert_eq!(done.changes, ["replaced a List by its 2 items"]);
        let nested = fitted("kind: List\nitems:\n- kind: List\n  items:\n  - kind: A\n  - kind: B\n");
        assert_eq!(nested.text, "    kind: A\n---\n    kind: B\n");
        let aliased = fitted("kind: List\nitems:\n- kind: A\n  l: &l {a: b}\n- kind: B\n  l: *l\n");
        assert_eq!(aliased.text, "kind: A\nl:\n  a: b\n---\nkind: B\nl:\n  a: b\n");
    }

    #[test]
    fn cluster_scoped_objects_lose_their_namespace() {
        let role = |metadata: &str| {
            fitted(&format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n{metadata}rules: []\n")).text
        };
        let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n";
        let block = role("metadata:\n  name: a\n  namespace: b # why\n  labels: {}\n");
        assert_eq!(block, format!("{head}metadata:\n  name: a\n  labels: {{}}\nrules: []\n"));
        assert_eq!(role("metadata: {namespace: b, name: a}\n"), format!("{head}metadata: {{name: a}}\nrules: []\n"));
        assert_eq!(role("metadata: {name: a, namespace: b}\n"), format!("{head}metadata: {{name: a}}\nrules: []\n"));
    }
}
