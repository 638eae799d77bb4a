//! One stream for `kubectl apply`, in the order Talos applies.

use std::collections::BTreeSet;

use crate::object::document::{Head, documents};
use crate::object::scope::is_of_kubernetes;
use crate::stage::pack::Manifest;
use helm_engine::yaml::node::Node;

/// Namespaces by name, CRDs by name, all else in the order of the manifests. Mirrors the order in which Talos applies.
pub fn stream(manifests: &[Manifest]) -> String {
    let mut documents: Vec<((u8, String), &str)> = manifests
        .iter()
        .flat_map(|it| documents(&it.contents))
        .filter_map(|document| {
            let Some(tree) = document.tree() else {
                // A document that cannot be read stays in: `kubectl` says what is wrong with it.
                return document.is_unreadable().then_some(((2, String::new()), document.text));
            };
            let head = Head::of(tree.root());
            let rank = match head.kind.as_str() {
                "Namespace" => (0, head.name),
                "CustomResourceDefinition" => (1, head.name),
                _ => (2, String::new()),
            };
            Some((rank, document.text))
        })
        .collect();
    documents.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut stream = String::new();
    for (_, text) in documents {
        stream.push_str("---\n");
        stream.push_str(text);
        if !text.ends_with('\n') {
            stream.push('\n');
        }
    }
    stream
}

/// What follows the first run of `kubectl apply`, which refuses each object whose kind is not served yet. `None` where all
/// kinds are those of Kubernetes itself.
pub fn then(manifests: &[Manifest]) -> Option<String> {
    let mut brought: BTreeSet<(String, String)> = BTreeSet::new();
    let mut kinds: BTreeSet<(String, String)> = BTreeSet::new();
    for document in manifests.iter().flat_map(|it| documents(&it.contents)) {
        let Some(tree) = document.tree() else { continue };
        let root = tree.root();
        let head = Head::of(root);
        if head.kind == "CustomResourceDefinition" {
            let word = |path: &[&str]| {
                let node = path.iter().try_fold(root, |node, key| node.get(key).map(Node::resolved));
                node.and_then(Node::text).map(|it| it.to_text().into_owned()).unwrap_or_default()
            };
            brought.insert((word(&["spec", "group"]), word(&["spec", "names", "kind"])));
        } else if !is_of_kubernetes(head.group()) {
            kinds.insert((head.group().to_owned(), head.kind));
        }
    }
    if kinds.is_empty() {
        return None;
    }
    let list = |all: Vec<&(String, String)>| all.iter().map(|it| it.1.as_str()).collect::<Vec<_>>().join(", ");
    let (soon, late): (Vec<_>, Vec<_>) = kinds.iter().partition(|it| brought.contains(it));
    let mut waits = Vec::new();
    if !soon.is_empty() {
        waits.push(format!("{} waits for a CRD that is in there", list(soon)));
    }
    if !late.is_empty() {
        waits.push(format!("{} for one that somebody else brings, as Cilium's operator does its own", list(late)));
    }
    Some(format!(
        "run the same command again: the first run is refused for kinds that are not served yet: {}",
        waits.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_stays() {
        let contents = "kind: A\n---\n# nothing\n---\nkind: {\n---\nkind: B\n".into();
        let stream = stream(&[Manifest { name: "00-a".into(), contents }]);
        assert_eq!(stream, "---\nkind: A\n---\nkind: {\n---\nkind: B\n");
    }

    #[test]
    fn namespaces_and_crds_come_first() {
        let manifest = |name: &str, contents: &str| Manifest { name: name.into(), contents: contents.into() };
        let object = |kind: &str, name: &str| format!("kind: {kind}\nmetadata:\n  name: {name}\n");
        let crd = "CustomResourceDefinition";
        let a = [object("Pod", "z"), object(crd, "b"), object("Namespace", "y")].join("---\n");
        let b = [object("Pod", "a"), object(crd, "a"), object("Namespace", "x")].join("---\n");
        let stream = stream(&[manifest("00-a", &a), manifest("10-b", &b)]);
        let names: Vec<&str> = stream.lines().filter_map(|it| it.strip_prefix("  name: ")).collect();
        assert_eq!(names, ["x", "y", "a", "b", "z", "a"]);
    }
}
