//! Pieces of an Omni cluster template.

use super::target::Goods;
use super::{Manifest, talos};
use crate::engine::value::Value;
use crate::engine::yaml;

/// One text: patches written into the documents of the template.
pub(super) fn single(goods: &Goods<'_>) -> String {
    let name = |what: &str| format!("ichor-{}{what}", goods.bundle);
    let mut text = String::from(MERGE);
    let inline = |name: String, patch: &str| {
        // An inline patch is one mapping; a patch of several documents becomes several patches.
        let documents = yaml::node::parse_all(patch.as_bytes()).unwrap_or_default();
        let several = documents.len() > 1;
        let patches = documents.iter().enumerate().filter_map(move |(index, document)| {
            let inline = document.root().value().ok()?;
            let name = if several { format!("{name}-{index:02}") } else { name.clone() };
            Some(Value::map([("name", name.into()), ("inline", inline)]))
        });
        patches.collect::<Vec<_>>()
    };
    if let Some(all) = goods.all_nodes {
        text.push_str(&template("Cluster", inline(name("-network"), all)));
        text.push_str("---\n");
    }
    let patch = talos::control_plane(goods.manifests, goods.talos);
    text.push_str(&template("ControlPlane", inline(name(""), &patch)));
    text
}

/// A folder: the template's pieces, and beside them the patches and manifests they name.
pub(super) fn files(goods: &Goods<'_>) -> Vec<(String, String)> {
    let file = |name: String, file: &str| Value::map([("name", name.into()), ("file", file.into())]);
    let mut patches = String::from(MERGE);
    let mut files = Vec::new();
    if let Some(all) = goods.all_nodes {
        patches.push_str(&template("Cluster", vec![file(format!("ichor-{}-network", goods.bundle), "all.yaml")]));
        patches.push_str("---\n");
        files.push(("all.yaml".to_owned(), all.to_owned()));
    }
    let control_plane = file(format!("ichor-{}", goods.bundle), "controlplane.yaml");
    patches.push_str(&template("ControlPlane", vec![control_plane]));
    files.push(("controlplane.yaml".into(), talos::control_plane(goods.manifests, goods.talos)));
    files.push(("template-patches.yaml".into(), patches));
    let manifest = |it: &Manifest| {
        let path = format!("manifests/{}.yaml", it.name);
        Value::map([("name", it.name.as_str().into()), ("mode", "one-time".into()), ("file", path.into())])
    };
    let manifests = Value::map([("manifests", Value::list(goods.manifests.iter().map(manifest)))]);
    let cluster = Value::map([("kind", "Cluster".into()), ("kubernetes", manifests)]);
    files.push(("template-manifests.yaml".into(), format!("{SYNC}{}", talos::write(&cluster))));
    files.extend(goods.manifests.iter().map(|it| (format!("manifests/{}.yaml", it.name), it.contents.clone())));
    files
}

const MERGE: &str = "# Merge these into the documents of your cluster template. Files are found from the folder that omnictl runs in.\n";

const SYNC: &str =
    "# Instead of the control-plane patch, for an Omni that syncs manifests: it applies these once the API server is
# healthy. `one-time` leaves them alone afterwards, `full` keeps them as they are here. Keep the network patch.\n";

fn template(kind: &str, patches: Vec<Value>) -> String {
    format!("kind: {kind}\n{}", talos::write(&Value::map([("patches", Value::list(patches))])))
}
