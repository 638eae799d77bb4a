//! Lays manifests out as Talos takes them.
//!
//! Talos orders inline manifests by name and nothing else, so names carry the order of the spec: `00-`, `10-`, `20-`.
//! Namespaces that parts are put into and that nobody brings come in a manifest of their own, `0-namespaces`, which sorts
//! before all others. [`fit`] says what is changed in a part's text, which is nearly always nothing.

pub mod fit;
pub mod namespace;
pub mod talos;

use std::collections::BTreeMap;

use crate::object::document;
use crate::object::scope::ClusterScoped;
use crate::stage::seal::Sealed;
use crate::stage::spec::{Content, Part, Spec, TalosVersion};
use helm_engine::timing;
use talos::NetworkPatches;

/// Manifests under their final names and the Talos documents made of them.
#[derive(Clone, Debug)]
pub struct Packed {
    manifests: Vec<Manifest>,
    patch: String,
    network: Option<NetworkPatches>,
    talos: TalosVersion,
    changes: BTreeMap<String, Vec<String>>,
    namespaces: BTreeMap<String, String>,
}

/// One inline manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// A number, a hyphen and the name of the part: a DNS-1123 label that sorts in the order of the spec.
    pub name: String,
    /// A stream of documents in YAML, with marks where secrets go.
    pub contents: String,
}

/// The manifest of the namespaces that nobody brings.
pub(crate) const NAMESPACES: &str = "0-namespaces";

/// Packs what was sealed, in the form the spec's version of Talos takes.
pub fn pack(sealed: &Sealed, spec: &Spec) -> Packed {
    let _step = timing::step("pack");
    let namespaces = namespaces(spec);
    let texts: Vec<(&str, &str)> = sealed.parts().iter().map(|it| (it.name.as_str(), it.text.as_str())).collect();
    let (manifests, changes) = lay_out(&texts, namespaces.values().map(String::as_str));
    let patch = talos::control_plane(&manifests, spec.talos);
    let network = talos::network_patches(&manifests, spec.talos);
    Packed { manifests, patch, network, talos: spec.talos, changes, namespaces }
}

/// The namespace each chart of a spec is put into, by part.
pub fn namespaces(spec: &Spec) -> BTreeMap<String, String> {
    let of_chart = |part: &Part| match &part.content {
        Content::Chart(chart) => Some((part.name.clone(), chart.namespace.clone())),
        Content::Manifest { .. } => None,
    };
    spec.parts.iter().filter_map(of_chart).collect()
}

impl Packed {
    /// In the order in which Talos applies them.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The control-plane patch, holes unfilled.
    pub fn patch(&self) -> &str {
        &self.patch
    }

    /// What nodes are told of their network, where the bundle brings it.
    pub fn network(&self) -> Option<&NetworkPatches> {
        self.network.as_ref()
    }

    /// The version of Talos whose form the patch has.
    pub fn talos(&self) -> TalosVersion {
        self.talos
    }

    /// What was changed in the text of each manifest that was changed.
    pub fn changes(&self) -> &BTreeMap<String, Vec<String>> {
        &self.changes
    }

    /// The namespace each chart is put into, by part.
    pub fn namespaces(&self) -> &BTreeMap<String, String> {
        &self.namespaces
    }
}

/// Parts, by name and in the order of the spec, as manifests; and what was changed in each of them. Parts without an
/// object are left out: Talos takes an empty manifest for a URL to fetch.
pub fn lay_out<'a>(
    parts: &[(&'a str, &'a str)],
    namespaces: impl Iterator<Item = &'a str>,
) -> (Vec<Manifest>, BTreeMap<String, Vec<String>>) {
    let streams = || parts.iter().map(|(_, text)| *text);
    let scoped = ClusterScoped::learn(streams());
    let missing = missing_namespaces(namespaces, streams());
    // As many digits as the last number has: `100-` sorts before `90-`.
    let width = (parts.len().saturating_sub(1) * 10).to_string().len().max(2);
    let mut manifests: Vec<Manifest> = missing.into_iter().collect();
    let mut changes = BTreeMap::new();
    for (index, (part, text)) in parts.iter().enumerate() {
        let fitted = fit::fit(text, &scoped);
        let name = format!("{:0width$}-{part}", index * 10);
        if !fitted.changes.is_empty() {
            changes.insert(name.clone(), fitted.changes);
        }
        if document::documents(&fitted.text).iter().any(|it| it.tree().is_some()) {
            manifests.push(Manifest { name, contents: fitted.text });
        }
    }
    (manifests, changes)
}

/// The manifest of the namespaces that parts are put into and that neither the cluster nor a part brings.
pub(crate) fn missing_namespaces<'a>(
    wanted: impl Iterator<Item = &'a str>,
    streams: impl Iterator<Item = &'a str>,
) -> Option<Manifest> {
    let missing = namespace::missing(wanted, streams);
    let contents = || namespace::stream(&missing);
    (!missing.is_empty()).then(|| Manifest { name: NAMESPACES.into(), contents: contents() })
}

/// The part a manifest was made of: its name without the number.
pub(crate) fn stem(manifest: &str) -> &str {
    match manifest.split_once('-') {
        Some((number, stem)) if !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()) => stem,
        _ => manifest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_in_the_order_of_the_spec() {
        let names: Vec<String> = (0..12).map(|it| format!("p{}", 12 - it)).collect();
        let parts: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), "kind: A\n")).collect();
        let (manifests, _) = lay_out(&parts, ["own", "own", "kube-system"].into_iter());
        let mut sorted = manifests.clone();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(manifests, sorted);
        assert_eq!(manifests[0].name, "0-namespaces");
        assert_eq!(manifests[0].contents.matches("kind: Namespace").count(), 1);
        assert_eq!((manifests[1].name.as_str(), manifests[12].name.as_str()), ("000-p12", "110-p1"));
        let many: Vec<String> = (0..120).map(|it| format!("p{}", 120 - it)).collect();
        let parts: Vec<(&str, &str)> = many.iter().map(|it| (it.as_str(), "kind: A\n")).collect();
        let (manifests, _) = lay_out(&parts, [].into_iter());
        assert!(manifests.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(manifests[119].name, "1190-p1");
        assert_eq!(stem("110-p1"), "p1");
        assert_eq!(stem("own-name"), "own-name");
    }

    #[test]
    fn a_namespace_that_a_part_brings_is_left_to_it() {
        let own = "apiVersion: v1\nkind: Namespace\nmetadata: {name: own}\n";
        let (manifests, _) = lay_out(&[("a", own), ("b", "# nothing\n"), ("c", "kind: B\n")], ["own"].into_iter());
        let names: Vec<&str> = manifests.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["00-a", "20-c"]);
    }
}
