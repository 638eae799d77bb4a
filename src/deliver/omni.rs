//! Pieces of an Omni cluster template.

use crate::deliver::contents::Contents;
use crate::object::document::{Document, documents};
use crate::stage::pack::{Manifest, talos};

/// One text: patches written into the documents of the template.
pub(super) fn single(contents: &Contents<'_>) -> String {
    let name = |what: &str| format!("ichor-{}{what}", contents.bundle);
    let mut text = String::from(MERGE);
    if let Some(network) = contents.network {
        text.push_str(&format!("kind: Cluster\npatches:\n{}---\n", inline(&name("-all"), &network.all)));
    }
    text.push_str("kind: ControlPlane\npatches:\n");
    if let Some(patch) = contents.network.and_then(|it| it.control_planes.as_ref()) {
        text.push_str(&inline(&name("-network"), patch));
    }
    text.push_str(&inline(&name(""), &talos::control_plane(contents.manifests, contents.talos)));
    text
}

/// A patch in the list of patches. An inline patch is one mapping, so a patch of several documents becomes several.
fn inline(name: &str, patch: &str) -> String {
    let documents = documents(patch);
    let one = |(index, document): (usize, &Document<'_>)| {
        let number = if documents.len() > 1 { format!("-{index:02}") } else { String::new() };
        format!("  - name: {name}{number}\n    inline:\n{}", talos::indent(document.text, 6))
    };
    documents.iter().enumerate().map(one).collect()
}

/// A folder: the template's pieces, and beside them the patches and manifests they name.
pub(super) fn files(contents: &Contents<'_>) -> Vec<(String, String)> {
    let file = |name: &str, file: &str| format!("  - name: ichor-{}{name}\n    file: {file}\n", contents.bundle);
    let mut patches = String::from(MERGE);
    let mut files = Vec::new();
    if let Some(network) = contents.network {
        patches.push_str(&format!("kind: Cluster\npatches:\n{}---\n", file("-all", "all.yaml")));
        files.extend(network.files());
    }
    patches.push_str("kind: ControlPlane\npatches:\n");
    if contents.network.is_some_and(|it| it.control_planes.is_some()) {
        patches.push_str(&file("-network", "network.yaml"));
    }
    patches.push_str(&file("", "controlplane.yaml"));
    files.push(("controlplane.yaml".into(), talos::control_plane(contents.manifests, contents.talos)));
    files.push(("template-patches.yaml".into(), patches));
    let path = |it: &Manifest| format!("manifests/{}.yaml", it.name);
    let manifest = |it: &Manifest| format!("    - {}      mode: one-time\n      file: {}\n", talos::name(it), path(it));
    let manifests: String = contents.manifests.iter().map(manifest).collect();
    let none = if manifests.is_empty() { " []" } else { "" };
    let cluster = format!("{SYNC}kind: Cluster\nkubernetes:\n  manifests:{none}\n{manifests}");
    files.push(("template-manifests.yaml".into(), cluster));
    files.extend(contents.manifests.iter().map(|it| (path(it), it.contents.clone())));
    files
}

const MERGE: &str = "# Merge these into the documents of your cluster template. Files are found from the folder that omnictl runs in.\n";

const SYNC: &str =
    "# Instead of the control-plane patch, for an Omni that syncs manifests: it applies these once the API server is
# healthy. `one-time` leaves them alone afterwards, `full` keeps them as they are here. Keep the other patches.\n";
