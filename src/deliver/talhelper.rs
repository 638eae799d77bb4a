//! Pieces of a `talconfig.yaml`.

use crate::deliver::target::{DeliverError, Goods};
use crate::stage::pack::talos::NetworkPatches;
use crate::stage::pack::{Manifest, talos};

/// One text: contents written into `talconfig.yaml`. talhelper substitutes variables in that whole file whatever
/// `skipEnvsubst` says, so a `$` in a manifest is an error here.
pub(super) fn single(goods: &Goods<'_>) -> Result<String, DeliverError> {
    if let Some(manifest) = goods.manifests.iter().find(|it| it.contents.contains('$')) {
        return Err(DeliverError::Dollar { manifest: manifest.name.clone() });
    }
    Ok(text(goods, |it| talos::literal("contents", &it.contents), |_, text| inline(text)))
}

/// A folder: the piece of `talconfig.yaml`, and beside it the files it names.
pub(super) fn files(goods: &Goods<'_>) -> Vec<(String, String)> {
    let path = |it: &Manifest| format!("manifests/{}.yaml", it.name);
    let piece = text(goods, |it| format!("contents: '@./{}'\n", path(it)), |file, _| format!("'@./{file}'\n"));
    let mut files = vec![("talconfig-ichor.yaml".to_owned(), piece)];
    files.extend(network(goods).iter().flat_map(|it| it.files()));
    files.extend(goods.manifests.iter().map(|it| (path(it), it.contents.clone())));
    files
}

const MERGE: &str = "# Merge this into talconfig.yaml. Files are found from the folder of talconfig.yaml.\n";

fn text(goods: &Goods<'_>, contents: impl Fn(&Manifest) -> String, patch: impl Fn(&str, &str) -> String) -> String {
    let none = if goods.manifests.is_empty() { " []" } else { "" };
    let mut text = format!("{MERGE}inlineManifests:{none}\n");
    for manifest in goods.manifests {
        // Without `skipEnvsubst`, talhelper takes every `${...}` in a manifest for a variable of its own.
        let entry = format!("skipEnvsubst: true\n{}", contents(manifest));
        text.push_str(&format!("  - {}{}", talos::name(manifest), talos::indent(&entry, 4)));
    }
    if let Some(network) = network(goods) {
        text.push_str(&format!("patches:\n  - {}", patch("all.yaml", &network.all)));
        if let Some(control_planes) = &network.control_planes {
            let patch = talos::indent(&format!("  - {}", patch("network.yaml", control_planes)), 2);
            text.push_str(&format!("controlPlane:\n  patches:\n{patch}"));
        }
    }
    text
}

/// The patches as talhelper reads them: it substitutes variables in patches too, and takes `$$` for a `$`.
fn network(goods: &Goods<'_>) -> Option<NetworkPatches> {
    let escaped = |text: &str| text.replace('$', "$$");
    goods
        .network
        .map(|it| NetworkPatches { all: escaped(&it.all), control_planes: it.control_planes.as_deref().map(escaped) })
}

/// A patch as an item of a list: talhelper takes the text of one.
fn inline(text: &str) -> String {
    format!("|\n{}", talos::indent(text, 4))
}
