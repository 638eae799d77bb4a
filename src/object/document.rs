//! A stream of manifests, cut as Talos cuts it, and what each document says it is.

use std::ops::Range;

use serde_json::Value as Json;

use helm_engine::value::Value;
use helm_engine::yaml;
use helm_engine::yaml::node::{self, Document as Tree, Node, NodeKind};

/// One document of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document<'t> {
    /// Where its own text begins in the stream, in bytes.
    pub start: usize,
    /// Where the separator line before it begins; its own start where there is none.
    pub separator: usize,
    /// Its own text, without the separator line.
    pub text: &'t str,
}

/// What tells one object from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Head {
    /// `apiVersion`: `apps/v1`; empty where the document has none.
    pub api_version: String,
    /// `kind`: `Deployment`; empty where the document has none.
    pub kind: String,
    /// Empty where the object names none.
    pub namespace: String,
    /// `metadata.name`; empty where the document has none.
    pub name: String,
}

/// Cuts a stream at the lines that begin with `---`. Mirrors `k8s.io/apimachinery` `yaml.YAMLReader`, which Talos reads
/// manifests with. Pieces of white space alone are no documents.
pub fn documents(text: &str) -> Vec<Document<'_>> {
    let mut pieces = pieces(text);
    pieces.retain(|it| !it.text.trim().is_empty());
    pieces
}

/// Every piece between separators, and what stands before the first where that is not nothing.
pub fn pieces(text: &str) -> Vec<Document<'_>> {
    let mut found = Vec::new();
    let mut separator = 0;
    let mut start = 0;
    let mut offset = 0;
    let mut push = |separator: usize, range: Range<usize>| {
        if let Some(piece) = text.get(range.clone())
            && (!piece.is_empty() || separator < range.start)
        {
            found.push(Document { start: range.start, separator, text: piece });
        }
    };
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            push(separator, start..offset);
            separator = offset;
            start = offset + line.len();
        }
        offset += line.len();
    }
    push(separator, start..text.len());
    found
}

/// A document's text as JSON has it; `None` where it is no YAML.
pub fn json(text: &str) -> Option<Json> {
    let value = yaml::read(text.as_bytes()).ok()?;
    serde_json::from_slice(&yaml::write_json(&value, false).ok()?).ok()
}

impl Document<'_> {
    /// The document's nodes; `None` where it is empty (comments alone, `null`, `{}`) or no YAML.
    pub fn tree(&self) -> Option<Tree> {
        let tree = node::parse(self.text.as_bytes()).ok()??;
        let root = tree.root();
        let empty = match root.kind() {
            NodeKind::Mapping => root.entries().next().is_none(),
            NodeKind::Scalar => matches!(root.value(), Ok(Value::Nil)),
            _ => false,
        };
        (!empty).then_some(tree)
    }

    /// The document as JSON has it; `None` where it is no YAML.
    pub fn json(&self) -> Option<Json> {
        json(self.text)
    }

    /// Whether the document is no YAML at all.
    pub(crate) fn is_unreadable(&self) -> bool {
        node::parse(self.text.as_bytes()).is_err()
    }

    /// Where the document ends in the stream, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

impl Head {
    /// The head of the object at a node.
    pub fn of(object: Node<'_>) -> Head {
        let text = |node: Option<Node<'_>>| {
            node.map(Node::resolved).and_then(Node::text).map(|it| it.to_text().into_owned()).unwrap_or_default()
        };
        let metadata = object.get("metadata").map(Node::resolved);
        let meta = |key: &str| text(metadata.and_then(|it| it.get(key)));
        let name = meta("name");
        Head {
            api_version: text(object.get("apiVersion")),
            kind: text(object.get("kind")),
            namespace: meta("namespace"),
            name: if name.is_empty() { meta("generateName") } else { name },
        }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// The heads of every object in a stream, those in lists too.
pub fn heads(text: &str) -> Vec<Head> {
    let mut found = Vec::new();
    for document in documents(text) {
        let Some(tree) = document.tree() else { continue };
        match items(tree.root()) {
            Some(items) => found.extend(items.items().map(|it| Head::of(it.resolved()))),
            None => found.push(Head::of(tree.root())),
        }
    }
    found
}

/// The items of a `List`, `ConfigMapList` and so on.
pub fn items(object: Node<'_>) -> Option<Node<'_>> {
    let items = object.get("items").map(Node::resolved).filter(|it| it.kind() == NodeKind::Sequence)?;
    Head::of(object).kind.ends_with("List").then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_talos_does() {
        let text = "# head\n---\na: 1\n--- # note\n\n---\n{}\n---\nb: |\n  ---\n";
        let pieces: Vec<&str> = documents(text).iter().map(|it| it.text).collect();
        assert_eq!(pieces, ["# head\n", "a: 1\n", "{}\n", "b: |\n  ---\n"]);
        let full: Vec<bool> = documents(text).iter().map(|it| it.tree().is_some()).collect();
        assert_eq!(full, [false, true, false, true]);
    }

    #[test]
    fn heads_look_into_lists() {
        let text =
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}\n";
        let heads = heads(text);
        assert_eq!(heads[0].to_string(), "Pod b/a");
        assert_eq!(heads[0].group(), "");
    }
}
