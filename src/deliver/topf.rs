//! Patches per role in the folders where topf finds them: `all/` for every node, `control-plane/` for control planes.
//!
//! topf lets vals fill in what it reads, which takes `ref+SCHEME://` for the place of a secret. A template it does not:
//! where a manifest holds such a text, the patch is a template that prints it.

use crate::deliver::contents::Contents;
use crate::stage::pack::talos;

/// The control-plane patch alone.
pub(super) fn single(contents: &Contents<'_>) -> String {
    talos::control_plane(contents.manifests, contents.talos)
}

/// The folder that holds topf.yaml.
pub(super) fn files(contents: &Contents<'_>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    if let Some(network) = contents.network {
        files.push(patch(&format!("all/50-ichor-{}", contents.bundle), &network.all));
        let control_planes = network.control_planes.iter();
        files.extend(control_planes.map(|it| patch(&format!("control-plane/50-ichor-{}", contents.bundle), it)));
    }
    files.push(patch(&format!("control-plane/60-ichor-{}", contents.bundle), &single(contents)));
    files
}

fn patch(path: &str, text: &str) -> (String, String) {
    if text.contains("ref+") {
        (format!("{path}.yaml.tpl"), text.replace("{{", "{{ \"{{\" }}"))
    } else {
        (format!("{path}.yaml"), text.to_owned())
    }
}
