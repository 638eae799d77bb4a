//! The folder that Talos' image cache takes.
//!
//! Mirrors `pkg/imager/cache` of Talos 1.12 to 1.14, in its flat form: `blob/sha256-HEX`, and below
//! `manifests/REGISTRY/REPOSITORY` the folders `reference`, by tag, and `digest`. A port in the name of a registry stands as
//! `_5000_`, because some file systems take no colon.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::signatures::signed;
use super::{HeldImage, ImageError, Shelf, Unread, document, tree_of};
use crate::base::digest::{Digest, Hasher};
use crate::edge::disk::{self, Access};
use crate::edge::growing::Growing;
use crate::stage::vendored::layout::Descriptor;

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cached {
    pub images: usize,
    pub blobs: usize,
    /// Of blobs and manifests, those that were there already among them.
    pub bytes: u64,
}

/// Writes images of a shelf into a folder. What is there already is not written again.
pub fn write(shelf: &dyn Shelf, images: &[HeldImage], folder: &Path) -> Result<Cached, ImageError> {
    let count = images.iter().filter(|it| signed(&it.name).is_none()).count();
    let mut cached = Cached { images: count, ..Cached::default() };
    disk::folder(&folder.join("blob"), Access::Public)?;
    for image in images {
        let tree = tree_of(shelf, image)?;
        for blob in &tree.blobs {
            let path = folder.join("blob").join(dashed(&blob.digest));
            cached.bytes += blob.size;
            if copy(shelf, image, blob, &path)? {
                cached.blobs += 1;
            }
        }
        let own = folder.join("manifests").join(registry(&image.name.host)).join(&image.name.repository);
        disk::folder(&own.join("reference"), Access::Public)?;
        for it in &tree.documents {
            let bytes = match document(shelf, it) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(broken(image, it.digest, false)),
                Err(Unread::Disk(fault)) => return Err(fault.into()),
                Err(Unread::Damaged(digest)) => return Err(broken(image, digest, true)),
            };
            cached.bytes += bytes.len() as u64;
            disk::replace(&own.join("digest").join(dashed(&it.digest)), &bytes, Access::Public)?;
            let tag = image.name.tag.as_deref().or(image.name.digest.is_none().then_some(image.name.tag_or_latest()));
            if let Some(tag) = tag.filter(|_| it.digest == image.entry.digest) {
                disk::replace(&own.join("reference").join(tag), &bytes, Access::Public)?;
            }
        }
    }
    Ok(cached)
}

fn dashed(digest: &Digest) -> String {
    format!("sha256-{}", digest.hex())
}

/// The name of a registry as a folder.
fn registry(host: &str) -> String {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() => format!("{name}_{port}_"),
        _ => host.into(),
    }
}

/// Copies a blob, and compares it on the way; whether it was not there.
fn copy(shelf: &dyn Shelf, image: &HeldImage, blob: &Descriptor, path: &Path) -> Result<bool, ImageError> {
    if fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() == blob.size) {
        return Ok(false);
    }
    let mut content = shelf.open(&blob.digest)?.ok_or_else(|| broken(image, blob.digest, false))?;
    let failed = |source| disk::Error { action: "write", path: path.into(), source };
    let growing = Growing::begin(path)?;
    let mut both = Both { hasher: Hasher::default(), file: &growing };
    io::copy(&mut content, &mut both).map_err(failed)?;
    if both.hasher.finish() != blob.digest {
        return Err(broken(image, blob.digest, true));
    }
    growing.keep()?;
    Ok(true)
}

/// A file, and the digest of what goes into it.
struct Both<'f> {
    hasher: Hasher,
    file: &'f Growing,
}

impl Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn broken(image: &HeldImage, digest: Digest, is_there: bool) -> ImageError {
    ImageError::Broken { image: image.name.to_string(), digest, is_there }
}
