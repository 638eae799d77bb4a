//! What resolving asks of the world.

use super::SourceError;
use crate::base::digest::Digest;
use crate::stage::spec::Source;
use helm_engine::helm::{Chart, ChartError, HelmVersion};
use helm_engine::tree::FileTree;

/// Where the bytes of sources come from. Paths are those of the spec, from its folder.
pub trait Sources {
    /// A chart on this machine.
    fn chart(&self, path: &str) -> Result<ChartSource, SourceError>;
    /// A manifest on this machine.
    fn manifest(&self, path: &str) -> Result<ManifestSource, SourceError>;
    /// A values file.
    fn file(&self, path: &str) -> Result<Vec<u8>, SourceError>;
    /// What lies elsewhere, by the key of its [`Wish`](super::Wish): `PART` or `PART/SUBCHART`.
    fn remote(&self, key: &str, source: &Source, text: &str) -> Result<Remote, SourceError>;

    /// The chart in an archive of this digest. Who has read it before may give what it was.
    fn load(&self, bytes: &[u8], _digest: Digest, helm: HelmVersion) -> Result<Chart, ChartError> {
        Chart::load_archive(bytes, helm)
    }
}

/// A chart as it was found.
#[derive(Clone, Debug)]
pub enum ChartSource {
    /// The bytes of a `.tgz`.
    Archive(Vec<u8>),
    /// A folder, without what its `.helmignore` leaves out.
    Folder(FileTree),
}

/// A manifest as it was found.
#[derive(Clone, Debug)]
pub enum ManifestSource {
    /// The bytes of one file.
    File(Vec<u8>),
    /// The YAML and JSON files of a folder.
    Folder(FileTree),
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The content: an archive of a chart, or manifests.
    pub bytes: Vec<u8>,
    /// The version it was asked for by; absent for an address.
    pub version: Option<String>,
    /// The digest of its manifest, where it comes from a registry.
    pub manifest: Option<Digest>,
}
