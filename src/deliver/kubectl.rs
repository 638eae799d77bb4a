//! One stream for `kubectl apply`, in the order Talos applies.

use crate::object::document::{Head, documents};
use crate::stage::pack::Manifest;

/// Namespaces by name, CRDs by name, all else in the order of the manifests. Mirrors the order in which Talos applies.
pub fn stream(manifests: &[Manifest]) -> String {
    let mut documents: Vec<((u8, String), &str)> = manifests
        .iter()
        .flat_map(|it| documents(&it.contents))
        .filter_map(|document| {
            let head = Head::of(document.tree()?.root());
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

#[cfg(test)]
mod tests {
    use super::*;

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
