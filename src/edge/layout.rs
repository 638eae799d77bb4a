//! A workspace's `vendor`: an OCI image layout that others read too.
//!
//! Blobs are written before the index that names them, each file whole or not at all, so that the layout is right at any
//! moment. Whoever writes holds the folder's own advisory lock; two runs take turns.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::arriving::Arriving;
use super::blobs::{Blob, Blobs, Lies};
use super::disk::{self, Access, Adding};
use super::hold::{self, Hold, Waiting};
use super::unfinished;
use crate::base::digest::Digest;
use crate::object::image::Reference;
use crate::stage::vendored::artifact::Artifact;
use crate::stage::vendored::image::{self, Tree, TreeError};
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

/// Why a document is not what its entry says.
enum Bad {
    Disk(disk::Error),
    Damaged(Digest),
    /// How many bytes there are, and how many there should be.
    OfSize(Digest, usize, u64),
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
            match self.tree(entry)? {
                Ok(tree) => {
                    for blob in &tree.blobs {
                        self.whole(name, blob, &mut faults)?;
                    }
                    if tree.platforms.is_empty() {
                        faults.push(format!("{name}: no platform of it is there"));
                    }
                }
                Err(message) => faults.push(format!("{name}: {message}")),
            }
        }
        faults.sort();
        faults.dedup();
        Ok(faults)
    }

    /// Whether a blob is there, and whole.
    fn whole(&self, name: &str, wanted: &Descriptor, faults: &mut Vec<String>) -> Result<(), LayoutError> {
        faults.extend(match self.blobs.look(&wanted.digest, wanted.size)? {
            Lies::Whole => None,
            Lies::OfSize(found) => {
                Some(format!("{name}: blob {} has {found} bytes, not {}", wanted.digest, wanted.size))
            }
            Lies::Damaged => Some(format!("{name}: blob {} is damaged", wanted.digest)),
            Lies::Absent => Some(format!("{name}: blob {} is missing", wanted.digest)),
        });
        Ok(())
    }

    /// All that is at hand of an entry; else a sentence that says what is wrong with its documents.
    fn tree(&self, entry: &Descriptor) -> Result<Result<Tree, String>, LayoutError> {
        let mut read = |it: &Descriptor| match self.blobs.read(&it.digest).map_err(Bad::Disk)? {
            Blob::Found(bytes) if bytes.len() as u64 == it.size => Ok(Some(bytes)),
            Blob::Found(bytes) => Err(Bad::OfSize(it.digest, bytes.len(), it.size)),
            Blob::Damaged => Err(Bad::Damaged(it.digest)),
            Blob::Absent => Ok(None),
        };
        match image::tree(entry, &mut read) {
            Ok(tree) => Ok(Ok(tree)),
            Err(TreeError::Read(Bad::Disk(fault))) => Err(fault.into()),
            Err(TreeError::Read(Bad::Damaged(digest))) => Ok(Err(format!("blob {digest} is damaged"))),
            Err(TreeError::Read(Bad::OfSize(digest, found, wanted))) => {
                Ok(Err(format!("blob {digest} has {found} bytes, not {wanted}")))
            }
            Err(TreeError::Missing(digest)) => Ok(Err(format!("blob {digest} is missing"))),
            Err(TreeError::Document(digest, why)) => Ok(Err(format!("blob {digest}: {why}"))),
        }
    }

    fn index_text(&self) -> Result<Option<(Index, Vec<u8>)>, LayoutError> {
        let path = self.folder.join("index.json");
        let Some(text) = disk::read_text_if_any(&path)? else { return Ok(None) };
        let index = Index::decode(text.as_bytes()).map_err(|message| LayoutError::Index { path, message })?;
        Ok(Some((index, text.into_bytes())))
    }
}

impl<'l> Held<'l> {
    /// The layout that is held.
    pub fn layout(&self) -> &'l Layout {
        self.layout
    }

    /// Names images whose documents and blobs are there.
    pub fn put_images(&self, images: &[(&Reference, &Descriptor)]) -> Result<(), LayoutError> {
        if images.is_empty() {
            return Ok(());
        }
        let mut index = self.layout.index()?;
        for (name, entry) in images {
            let short = match &name.tag {
                None if name.digest.is_some() => name.name(),
                _ => format!("{}:{}", name.name(), name.tag_or_latest()),
            };
            index.put_image(&name.to_string(), &short, (*entry).clone());
        }
        let mut adding = Adding::begin();
        self.write(&index, &mut adding)?;
        adding.keep();
        Ok(())
    }

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
            if let Ok(tree) = self.layout.tree(entry)? {
                named.extend(tree.documents.iter().chain(&tree.blobs).map(|it| it.digest));
            }
        }
        named.sort();
        for digest in self.layout.blobs.list()? {
            if named.binary_search(&digest).is_err() {
                self.layout.blobs.remove(&digest)?;
                pruned.blobs += 1;
            }
        }
        Arriving::sweep(&self.layout.blobs, &|_| false);
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
