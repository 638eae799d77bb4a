//! Content by its digest: the user's cache and a workspace's `vendor`, both laid out as `blobs/sha256/HEX`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{self, Adding};
use super::unfinished;
use crate::base::digest::{Digest, Hasher};

/// A folder of blobs.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: PathBuf,
}

/// What was found under a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blob {
    Absent,
    /// The bytes do not have the digest.
    Damaged,
    Found(Vec<u8>),
}

/// What lies under a digest, by its digest and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    Absent,
    /// The bytes do not have the digest.
    Damaged,
    /// The bytes have the digest, and there are more or fewer of them; so many.
    OfSize(u64),
    Whole,
}

/// The digest of all that a reader gives.
pub fn digest_of(mut reader: impl Read) -> io::Result<Digest> {
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            Err(fault) => return Err(fault),
        }
    }
}

impl Blobs {
    pub fn at(root: &Path) -> Blobs {
        Blobs { root: root.into() }
    }

    /// The user's cache: `ICHOR_CACHE`, else in the user's cache folder. `None` where neither that nor `HOME` is set.
    pub fn of_user() -> Option<Blobs> {
        let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let root = set("ICHOR_CACHE")
            .or_else(|| Some(set("XDG_CACHE_HOME").filter(|it| it.is_absolute())?.join("ichor/sources")))
            .or_else(|| Some(set("HOME")?.join(".cache/ichor/sources")))?;
        Some(Blobs { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.folder().join(digest.hex())
    }

    /// The bytes of a digest, hashed anew.
    pub fn read(&self, digest: &Digest) -> Result<Blob, disk::Error> {
        match disk::read(&self.path(digest)) {
            Ok(bytes) if Digest::of(&bytes) == *digest => Ok(Blob::Found(bytes)),
            Ok(_) => Ok(Blob::Damaged),
            Err(fault) if matches!(fault.source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Blob::Absent)
            }
            // It may be a folder, a pipe, or larger than any input.
            Err(fault) if fault.is_input() => Ok(Blob::Damaged),
            Err(fault) => Err(fault),
        }
    }

    /// What lies under a digest, told without taking it into memory.
    pub fn look(&self, digest: &Digest, size: u64) -> Result<Lies, disk::Error> {
        let path = self.path(digest);
        let failed = |source| disk::Error { action: "read", path: path.clone(), source };
        let about = match fs::metadata(&path) {
            Ok(about) => about,
            Err(fault) if matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Lies::Absent);
            }
            Err(fault) => return Err(failed(fault)),
        };
        if !about.is_file() {
            return Ok(Lies::Damaged);
        }
        let found = fs::File::open(&path).and_then(digest_of).map_err(failed)?;
        Ok(match found == *digest {
            true if about.len() == size => Lies::Whole,
            true => Lies::OfSize(about.len()),
            false => Lies::Damaged,
        })
    }

    /// The file of a blob that is there.
    pub fn open(&self, digest: &Digest) -> Result<Option<fs::File>, disk::Error> {
        let path = self.path(digest);
        match fs::File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(fault) if matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(source) => Err(disk::Error { action: "read", path, source }),
        }
    }

    /// Keeps bytes, whole or not at all. What is there already and whole stays as it is.
    pub fn put(&self, bytes: &[u8], adding: &mut Adding) -> Result<Digest, disk::Error> {
        let digest = Digest::of(bytes);
        let path = self.path(&digest);
        let there = fs::metadata(&path).is_ok_and(|it| it.is_file() && it.len() == bytes.len() as u64);
        if !(there && self.read(&digest)? == Blob::Found(bytes.to_vec())) {
            adding.write_checked(&path, bytes)?;
        }
        Ok(digest)
    }

    /// The digests of all blobs, sorted.
    pub fn list(&self) -> Result<Vec<Digest>, disk::Error> {
        let mut all = Vec::new();
        for name in self.names()? {
            all.extend(format!("sha256:{name}").parse::<Digest>());
        }
        all.sort();
        Ok(all)
    }

    pub fn remove(&self, digest: &Digest) -> Result<(), disk::Error> {
        let path = self.path(digest);
        fs::remove_file(&path).map_err(|source| disk::Error { action: "remove", path, source })
    }

    /// Removes what runs that were killed left behind at least `age` ago.
    pub fn sweep(&self, age: Duration) {
        unfinished::sweep(&self.folder(), age);
    }

    fn folder(&self) -> PathBuf {
        self.root.join("blobs/sha256")
    }

    fn names(&self) -> Result<Vec<String>, disk::Error> {
        let folder = self.folder();
        let failed = |source| disk::Error { action: "list", path: folder.clone(), source };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(fault) => return Err(failed(fault)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_and_checks() {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = Blobs::at(folder.path());
        assert_eq!(blobs.list().expect("none"), []);
        let put = |bytes: &[u8]| {
            let mut adding = Adding::begin();
            let digest = blobs.put(bytes, &mut adding).expect("kept");
            adding.keep();
            digest
        };
        let digest = put(b"x");
        assert_eq!(blobs.read(&digest).expect("read"), Blob::Found(b"x".to_vec()));
        fs::write(blobs.path(&digest), b"y").expect("written");
        assert_eq!(blobs.read(&digest).expect("read"), Blob::Damaged);
        put(b"x");
        assert_eq!(blobs.read(&digest).expect("read"), Blob::Found(b"x".to_vec()));
        fs::write(folder.path().join("blobs/sha256/.ichor-Left00"), b"").expect("written");
        blobs.sweep(Duration::from_secs(3600));
        assert_eq!(blobs.names().expect("listed").len(), 2);
        blobs.sweep(Duration::ZERO);
        assert_eq!(blobs.list().expect("listed"), [digest]);
        assert_eq!(blobs.names().expect("listed").len(), 1);
        assert_eq!(blobs.read(&Digest::of(b"none")).expect("read"), Blob::Absent);
    }

    #[test]
    fn what_is_not_kept_goes_with_its_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = Blobs::at(&folder.path().join("a/b"));
        let mut adding = Adding::begin();
        let digest = blobs.put(b"x", &mut adding).expect("written");
        assert_eq!(blobs.read(&digest).expect("read"), Blob::Found(b"x".to_vec()));
        drop(adding);
        assert!(!folder.path().join("a").exists());
        let mut adding = Adding::begin();
        blobs.put(b"x", &mut adding).expect("written");
        adding.keep();
        let mut adding = Adding::begin();
        blobs.put(b"x", &mut adding).expect("there");
        blobs.put(b"y", &mut adding).expect("written");
        drop(adding);
        assert_eq!(blobs.list().expect("listed"), [digest], "what was there before stays");
    }
}
