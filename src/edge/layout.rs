//! A workspace's `vendor`: an OCI image layout that others read too.
//!
//! Blobs are written before the index that names them, each file whole or not at all, so that the layout is right at any
//! moment. Whoever writes holds the folder's own advisory lock; two runs take turns.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::blobs::{Blob, Blobs};
use super::disk::{self, Access, Adding};
use super::hold::{self, Hold, Waiting};
use super::unfinished;
use crate::base::digest::Digest;
use crate::stage::vendored::artifact::Artifact;
use crate::stage::vendored::layout::{Descriptor, Index, LAYOUT, MANIFEST_TYPE, Manifest};

/// The layout in a folder.
#[derive(Clone, Debug)]
pub struct Layout {
    folder: PathBuf,
    blobs: Blobs,
}

/// The layout while nobody else writes to it.
pub struct Held<'l> {
    layout: &'l Layout,
    _hold: Hold,
}

/// An artifact and the name it goes by.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub artifact: Artifact,
}

/// A layout that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error(transparent)]
    Disk(#[from] disk::Error),
    #[error("`{}` is no index of an image layout: {message}", path.display())]
    Index { path: PathBuf, message: String },
}

/// What pruning did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub entries: usize,
    pub blobs: usize,
}

impl Layout {
    pub fn at(folder: &Path) -> Layout {
        Layout { folder: folder.into(), blobs: Blobs::at(folder) }
    }

    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The index; empty where there is none yet.
    pub fn index(&self) -> Result<Index, LayoutError> {
        Ok(self.index_text()?.map_or_else(Index::default, |(index, _)| index))
    }

    /// Waits until nobody else writes, and takes the folder.
    pub fn hold(&self, waiting: Waiting<'_>) -> Result<Held<'_>, hold::Error> {
        let hold = hold::folder(&self.folder, waiting)?;
        unfinished::sweep(&self.folder, Duration::ZERO);
        self.blobs.sweep(Duration::ZERO);
        Ok(Held { layout: self, _hold: hold })
    }

    /// What is wrong with the layout, a sentence each: all of `wanted` must be in it, whole, and its documents canonical.
    /// An artifact is wanted by name and manifest digest, or is absent: then the sentence says so.
    pub fn check(&self, wanted: &[Result<(String, Digest), String>]) -> Result<Vec<String>, LayoutError> {
        let mut faults = Vec::new();
        if wanted.is_empty() && !self.folder.join("index.json").exists() {
            return Ok(faults);
        }
        let (index, text) = self.index_text()?.unwrap_or_default();
        if index.encode() != text {
            faults.push("index.json is not in its canonical form".to_owned());
        }
        if disk::read_text_if_any(&self.folder.join("oci-layout"))?.as_deref() != Some(LAYOUT) {
            faults.push("oci-layout is not there or is another".to_owned());
        }
        for it in wanted {
            match it {
                Ok((name, digest)) => {
                    let listed = |it: &&Descriptor| it.ref_name() == Some(name) && it.digest == *digest;
                    if !index.entries().iter().any(|it| listed(&it)) {
                        faults.push(format!("{name} ({digest}) is not in index.json"));
                    }
                }
                Err(absent) => faults.push(absent.clone()),
            }
        }
        for entry in index.entries() {
            let name = entry.ref_name().unwrap_or("an entry without a name");
            let Some(bytes) = self.whole(name, entry, &mut faults)? else { continue };
            match Manifest::decode(&bytes) {
                Ok(manifest) => {
                    for blob in manifest.blobs() {
                        self.whole(name, blob, &mut faults)?;
                    }
                }
                Err(message) => faults.push(format!("{name}: {message}")),
            }
        }
        faults.sort();
        faults.dedup();
        Ok(faults)
    }

    fn whole(&self, name: &str, wanted: &Descriptor, faults: &mut Vec<String>) -> Result<Option<Vec<u8>>, LayoutError> {
        match self.blobs.read(&wanted.digest)? {
            Blob::Found(bytes) if bytes.len() as u64 == wanted.size => return Ok(Some(bytes)),
            Blob::Found(bytes) => {
                faults.push(format!("{name}: blob {} has {} bytes, not {}", wanted.digest, bytes.len(), wanted.size));
            }
            Blob::Damaged => faults.push(format!("{name}: blob {} is damaged", wanted.digest)),
            Blob::Absent => faults.push(format!("{name}: blob {} is missing", wanted.digest)),
        }
        Ok(None)
    }

    fn index_text(&self) -> Result<Option<(Index, Vec<u8>)>, LayoutError> {
        let path = self.folder.join("index.json");
        let Some(text) = disk::read_text_if_any(&path)? else { return Ok(None) };
        let index = Index::decode(text.as_bytes()).map_err(|message| LayoutError::Index { path, message })?;
        Ok(Some((index, text.into_bytes())))
    }
}

impl Held<'_> {
    /// Adds artifacts. Another artifact of the same name goes, unless `keep` says that it is still wanted.
    pub fn put(&self, all: &[Named], keep: impl Fn(&Digest) -> bool, adding: &mut Adding) -> Result<(), LayoutError> {
        if all.is_empty() {
            return Ok(());
        }
        let mut index = self.layout.index()?;
        for Named { name, artifact } in all {
            for blob in artifact.blobs.iter().chain([&artifact.manifest]) {
                self.layout.blobs.put(blob, adding)?;
            }
            let mut entry = Descriptor::new(MANIFEST_TYPE, &artifact.manifest);
            entry.artifact_type = Manifest::decode(&artifact.manifest).ok().and_then(|it| it.artifact_type);
            index.put(name, entry, &keep);
        }
        self.write(&index, adding)
    }

    /// Removes every entry that is not kept, and every blob that no entry names.
    pub fn prune(&self, keep: impl Fn(&Descriptor) -> bool) -> Result<Pruned, LayoutError> {
        let Some((mut index, _)) = self.layout.index_text()? else { return Ok(Pruned::default()) };
        let mut pruned = Pruned { entries: index.retain(keep), blobs: 0 };
        let mut adding = Adding::begin();
        self.write(&index, &mut adding)?;
        adding.keep();
        let mut named: Vec<Digest> = Vec::new();
        for entry in index.entries() {
            named.push(entry.digest);
            if let Blob::Found(bytes) = self.layout.blobs.read(&entry.digest)?
                && let Ok(manifest) = Manifest::decode(&bytes)
            {
                named.extend(manifest.blobs().map(|it| it.digest));
            }
        }
        named.sort();
        for digest in self.layout.blobs.list()? {
            if named.binary_search(&digest).is_err() {
                self.layout.blobs.remove(&digest)?;
                pruned.blobs += 1;
            }
        }
        Ok(pruned)
    }

    /// Writes what has changed.
    fn write(&self, index: &Index, adding: &mut Adding) -> Result<(), LayoutError> {
        let marker = self.layout.folder.join("oci-layout");
        if disk::read_text_if_any(&marker)?.as_deref() != Some(LAYOUT) {
            adding.write(&marker, LAYOUT.as_bytes(), Access::Public)?;
        }
        let text = index.encode();
        if self.layout.index_text()?.is_none_or(|(_, old)| old != text) {
            adding.write(&self.layout.folder.join("index.json"), &text, Access::Public)?;
        }
        Ok(())
    }
}
