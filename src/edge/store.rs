//! The store: built bundles under the hash of what they were built from.
//!
//! Beside each bundle lies its digest, as `sha256sum` writes it. A bundle without one, or with another, was broken or was
//! put there by somebody else.

use std::path::{Path, PathBuf};

use super::disk::{self, Access};
use crate::base::digest::Digest;

/// A folder of built bundles, `HASH-NAME.tar.gz` each.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// What lies in the store for some inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    Absent,
    /// Not what was put there.
    Damaged,
    Whole(Vec<u8>),
}

/// What was found out of a spec and its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Locking the spec again changes nothing.
    Locked,
    /// The rules find no errors.
    Checked,
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

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bundle of these inputs, where it was built before.
    pub fn get(&self, inputs: &Digest, name: &str) -> Stored {
        self.read(&self.path(inputs, name))
    }

    /// A bundle by its path, compared with its digest.
    pub fn read(&self, path: &Path) -> Stored {
        let Ok(about) = path.symlink_metadata() else { return Stored::Absent };
        // The store holds no links: one would be replaced by what it leads to, later.
        let read = about.is_file().then(|| disk::read(path).ok()).flatten();
        let kept = disk::read_text(&digest_path(path)).ok();
        match read {
            Some(bytes) if kept == Some(digest_line(path, &bytes)) => Stored::Whole(bytes),
            _ => Stored::Damaged,
        }
    }

    /// Whether this was noted of these inputs.
    pub fn is_noted(&self, note: Note, inputs: &Digest, name: &str) -> bool {
        self.note_path(note, inputs, name).is_file()
    }

    /// Notes this of these inputs. What cannot be noted is found out again.
    pub fn note(&self, note: Note, inputs: &Digest, name: &str) {
        if !self.is_noted(note, inputs, name) {
            let _ = disk::replace(&self.note_path(note, inputs, name), b"", Access::Public);
        }
    }

    fn note_path(&self, note: Note, inputs: &Digest, name: &str) -> PathBuf {
        let end = match note {
            Note::Locked => "locked",
            Note::Checked => "checked",
        };
        self.folder.join(format!("{}-{name}.{end}", &inputs.hex()[..40]))
    }

    /// Keeps a bundle in the place of whatever is there, and says where.
    pub fn put(&self, inputs: &Digest, name: &str, bytes: &[u8]) -> Result<PathBuf, disk::Error> {
        let path = self.path(inputs, name);
        disk::replace(&path, bytes, Access::Public)?;
        disk::replace(&digest_path(&path), digest_line(&path, bytes).as_bytes(), Access::Public)?;
        Ok(path)
    }
}

fn digest_path(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

fn digest_line(bundle: &Path, bytes: &[u8]) -> String {
    let name = bundle.file_name().unwrap_or_default().to_string_lossy();
    format!("{}  {name}\n", Digest::of(bytes).hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_there_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(&folder.path().join("store"));
        let inputs = Digest::of(b"inputs");
        assert_eq!(store.get(&inputs, "a"), Stored::Absent);
        let path = store.put(&inputs, "a", b"bundle").expect("kept");
        assert_eq!(store.get(&inputs, "a"), Stored::Whole(b"bundle".to_vec()));
        let beside = digest_path(&path);
        let checked = std::process::Command::new("sha256sum")
            .arg("-c")
            .arg(beside.file_name().expect("a name"))
            .current_dir(path.parent().expect("the store"))
            .output();
        assert!(checked.expect("sha256sum runs").status.success());
        std::fs::write(&path, b"bundlf").expect("written");
        assert_eq!(store.get(&inputs, "a"), Stored::Damaged);
        store.put(&inputs, "a", b"bundle").expect("kept");
        std::fs::remove_file(&beside).expect("removed");
        assert_eq!(store.get(&inputs, "a"), Stored::Damaged);
        std::fs::remove_file(&path).expect("removed");
        std::fs::create_dir(&path).expect("made");
        assert_eq!(store.get(&inputs, "a"), Stored::Damaged);
        assert!(store.put(&inputs, "a", b"bundle").is_err());
    }
}
