//! Where things lie in a bundle.

use std::collections::{BTreeMap, BTreeSet};

use super::{ArchiveError, Index};
use crate::stage::lock::Envelope;
use crate::stage::pack::Manifest;
use crate::stage::pack::talos::NetworkPatches;
use helm_engine::path::RelPath;
use helm_engine::tree::FileTree;

const CONTROL_PLANE: &str = "talos/controlplane.yaml";
const ALL: &str = "talos/all.yaml";
const NETWORK: &str = "talos/network.yaml";
const IMAGES: &str = "images.txt";

/// Every file of a bundle but its index. The patches are that of control planes, and what nodes are told of their network.
pub(super) fn lay_out<'i>(
    manifests: &[Manifest],
    (patch, network): (&str, Option<&NetworkPatches>),
    envelopes: &BTreeMap<String, Envelope>,
    images: impl Iterator<Item = &'i String>,
) -> Result<FileTree, ArchiveError> {
    let mut files = FileTree::new();
    for manifest in manifests {
        put(&mut files, &manifest_path(&manifest.name), &manifest.contents)?;
    }
    put(&mut files, CONTROL_PLANE, patch)?;
    if let Some(network) = network {
        put(&mut files, ALL, &network.all)?;
        if let Some(patch) = &network.control_planes {
            put(&mut files, NETWORK, patch)?;
        }
    }
    for (name, Envelope(armored)) in envelopes {
        put(&mut files, &envelope_path(name), armored)?;
    }
    let images: BTreeSet<&String> = images.collect();
    put(&mut files, IMAGES, &images.iter().map(|it| format!("{it}\n")).collect::<String>())?;
    Ok(files)
}

pub(super) fn put(files: &mut FileTree, path: &str, text: &str) -> Result<(), ArchiveError> {
    files.insert(RelPath::exact(path)?, text.as_bytes().to_vec());
    Ok(())
}

/// The paths of what may lie in the bundle of an index.
pub(super) fn belonging(index: &Index) -> BTreeSet<String> {
    let fixed = [CONTROL_PLANE, ALL, NETWORK, IMAGES].map(str::to_owned).into_iter();
    let manifests = index.manifests.iter().map(|it| manifest_path(it));
    fixed.chain(manifests).chain(index.secrets().map(envelope_path)).collect()
}

pub(super) fn manifest_path(manifest: &str) -> String {
    format!("manifests/{manifest}.yaml")
}

pub(super) fn envelope_path(secret: &str) -> String {
    format!("envelopes/{secret}.age")
}
