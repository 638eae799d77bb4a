//! The store: built bundles under the hash of what they were built from.

use std::path::{Path, PathBuf};

use super::disk::{self, Access};
use crate::base::digest::Digest;

/// A folder of built bundles, `HASH-NAME.tar.gz` each.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store at `ICHOR_STORE`, else in the user's cache folder. `None` where neither that nor `HOME` is set.
    pub fn of_user(environment: &dyn Fn(&str) -> Option<String>) -> Option<Store> {
        let set = |name: &str| environment(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let folder = set("ICHOR_STORE")
            .or_else(|| Some(set("XDG_CACHE_HOME").filter(|it| it.is_absolute())?.join("ichor/store")))
            .or_else(|| Some(set("HOME")?.join(".cache/ichor/store")))?;
        Some(Store { folder })
    }

    pub fn at(folder: &Path) -> Store {
        Store { folder: folder.into() }
    }

    /// Where the bundle of these inputs is or would be. The hash is cut to 160 bits, as Nix cuts its own.
    pub fn path(&self, inputs: &Digest, name: &str) -> PathBuf {
        self.folder.join(format!("{}-{name}.tar.gz", &inputs.hex()[..40]))
    }

    /// The bundle of these inputs, where it was built before.
    pub fn get(&self, inputs: &Digest, name: &str) -> Result<Option<Vec<u8>>, disk::Error> {
        let path = self.path(inputs, name);
        if path.is_file() { disk::read(&path).map(Some) } else { Ok(None) }
    }

    /// Keeps a bundle and says where.
    pub fn put(&self, inputs: &Digest, name: &str, bytes: &[u8]) -> Result<PathBuf, disk::Error> {
        let path = self.path(inputs, name);
        disk::write(&path, bytes, Access::Public)?;
        Ok(path)
    }
}
