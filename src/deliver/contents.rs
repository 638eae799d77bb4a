//! What every target is made of: the manifests of a bundle, and what nodes are told beside them.

use crate::stage::pack::Manifest;
use crate::stage::pack::talos::NetworkPatches;
use crate::stage::spec::TalosVersion;

/// What is handed over.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    pub bundle: &'a str,
    pub talos: TalosVersion,
    pub manifests: &'a [Manifest],
    /// What nodes are told of their network, where the manifests bring it.
    pub network: Option<&'a NetworkPatches>,
}

impl NetworkPatches {
    /// The patches as files.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![("all.yaml".to_owned(), self.all.clone())];
        files.extend(self.control_planes.iter().map(|it| ("network.yaml".to_owned(), it.clone())));
        files
    }
}
