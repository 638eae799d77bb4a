//! A spec and where its lock lies.

use std::path::{Path, PathBuf};

use super::Error;
use super::fetching;
use crate::edge::blobs::Blobs;
use crate::edge::disk;
use crate::edge::fetch::Shelves;
use crate::edge::sources::Disk;
use crate::stage::lock::Lock;
use crate::stage::resolve::{self, Resolved};
use crate::stage::spec::Spec;

/// A spec that was read, and the folder that holds its lock.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub spec: Spec,
    /// The spec's text as it was read.
    pub spec_text: String,
    pub lock_path: PathBuf,
    /// The folder that holds the spec.
    pub spec_folder: PathBuf,
    /// Where everything lies that the workspace's locks name.
    pub vendor: PathBuf,
}

impl Workspace {
    /// Reads the spec at a path; a folder stands for the `ichor.yaml` in it.
    pub fn read(spec_path: &Path) -> Result<Workspace, Error> {
        let path = if spec_path.is_dir() { spec_path.join("ichor.yaml") } else { spec_path.to_path_buf() };
        let spec_text = disk::read_text(&path)?;
        let spec = Spec::parse(&path.display().to_string(), &spec_text).map_err(Error::Spec)?;
        let root = disk::workspace(&path);
        let vendor = root.join("vendor");
        let lock_path = root.join("lockfiles").join(format!("{}.lock", spec.bundle));
        let spec_folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Workspace { spec, spec_text, lock_path, spec_folder, vendor })
    }

    /// The lock, where there is one, and its text.
    pub fn lock_if_any(&self) -> Result<Option<(Lock, String)>, Error> {
        let Some(text) = disk::read_text_if_any(&self.lock_path)? else { return Ok(None) };
        match Lock::decode(&text) {
            Ok(lock) => Ok(Some((lock, text))),
            Err(fault) => Err(Error::Lock { path: self.lock_path.clone(), fault }),
        }
    }

    /// The lock and its text.
    pub fn lock(&self) -> Result<(Lock, String), Error> {
        self.lock_if_any()?.ok_or_else(|| Error::NoLock { path: self.lock_path.clone() })
    }

    /// Everything the spec names, read and measured. What lies elsewhere comes from `vendor` or the user's cache by the
    /// digests of the lock; the network is never used.
    pub fn resolve(&self) -> Result<Resolved, Error> {
        let lock = self.lock_if_any()?.map(|(lock, _)| lock);
        let shelves = self.shelves();
        let remote = |key: &str, _: &_, text: &str| fetching::at_hand(lock.as_ref(), &shelves, key, text);
        resolve::resolve(&self.spec, &Disk::new(&self.spec_folder, &remote)).map_err(Error::Resolve)
    }

    /// Where fetched content lies.
    pub fn shelves(&self) -> Shelves {
        Shelves { vendor: Blobs::at(&self.vendor), cache: Blobs::of_user() }
    }
}
