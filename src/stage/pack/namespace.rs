//! Namespaces of a bundle's own.

use std::collections::BTreeSet;

use crate::object::document::heads;

/// Namespaces that every cluster has.
const PRESENT: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

/// The labels that let privileged pods into a namespace: Talos enforces the `baseline` level everywhere but in
/// kube-system.
pub(crate) const PRIVILEGED: &[(&str, &str)] = &[
    ("pod-security.kubernetes.io/audit", "privileged"),
    ("pod-security.kubernetes.io/enforce", "privileged"),
    ("pod-security.kubernetes.io/warn", "privileged"),
];

/// The namespaces that parts are put into and that neither the cluster nor a part brings.
pub(super) fn missing<'a>(
    wanted: impl IntoIterator<Item = &'a str>,
    streams: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let mut missing: BTreeSet<&str> = wanted.into_iter().filter(|it| !PRESENT.contains(it)).collect();
    if missing.is_empty() {
        return missing;
    }
    for head in streams.into_iter().flat_map(heads) {
        if head.kind == "Namespace" {
            missing.remove(head.name.as_str());
        }
    }
    missing
}

/// A Namespace document for each name, as one stream.
pub(super) fn stream(names: &BTreeSet<&str>) -> String {
    let labels: String = PRIVILEGED.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect();
    let document =
        |name: &&str| format!("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n{labels}");
    names.iter().map(document).collect()
}
