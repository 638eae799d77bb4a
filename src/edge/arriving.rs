//! A large blob on its way: kept beside the others under the digest it is to have, so that whoever comes next goes on at the
//! byte where the last run ended, and given its name only once its digest is right.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::blobs::Blobs;
use super::disk;
use super::fetch::Sink;
use super::interrupt::Writing;
use crate::base::digest::{Digest, Hasher};

/// The folder of what is on its way, beside `blobs`.
const FOLDER: &str = ".arriving";
/// Tells git to look past it.
const IGNORE: &str = ".gitignore";

/// A blob of which not all bytes are there yet.
pub struct Arriving {
    file: File,
    path: PathBuf,
    hasher: Hasher,
    position: u64,
}

/// What came is not what was wanted, and is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherBytes {
    pub size: u64,
    pub digest: Digest,
}

impl Arriving {
    /// Takes up a blob for a folder of them where the last run left it.
    pub fn begin(blobs: &Blobs, digest: &Digest, size: u64) -> Result<Arriving, disk::Error> {
        let folder = blobs.root().join(FOLDER);
        let path = folder.join(digest.hex());
        let failed = |source| disk::Error { action: "write", path: path.clone(), source };
        if !folder.is_dir() {
            fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(IGNORE), b"*\n")).map_err(failed)?;
        }
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let mut hasher = Hasher::default();
        let mut position = 0;
        let mut buffer = vec![0; 256 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    hasher.update(buffer.get(..read).unwrap_or_default());
                    position += read as u64;
                }
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(fault) => return Err(failed(fault)),
            }
        }
        let mut arriving = Arriving { file, path: path.clone(), hasher, position };
        if position > size {
            arriving.restart().map_err(failed)?;
        }
        Ok(arriving)
    }

    /// Gives it its name, where it is what was wanted.
    pub fn finish(self, blobs: &Blobs, digest: &Digest, size: u64) -> Result<Result<(), OtherBytes>, disk::Error> {
        let target = blobs.path(digest);
        let found = self.hasher.finish();
        let failed = |source| disk::Error { action: "write", path: target.clone(), source };
        if found != *digest || self.position != size {
            fs::remove_file(&self.path).map_err(failed)?;
            return Ok(Err(OtherBytes { size: self.position, digest: found }));
        }
        let _writing = Writing::begin();
        // Not even a power cut may leave half of it under its name.
        self.file.sync_all().map_err(failed)?;
        fs::create_dir_all(target.parent().unwrap_or(Path::new("."))).map_err(failed)?;
        fs::rename(&self.path, &target).map_err(failed)?;
        Ok(Ok(()))
    }

    /// Removes what is on its way and not among these, and the folder where nothing is left.
    pub fn sweep(blobs: &Blobs, kept: &dyn Fn(&str) -> bool) {
        let folder = blobs.root().join(FOLDER);
        let is_needed = |name: &str| name != IGNORE && kept(name);
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if !entry.file_name().to_str().is_some_and(is_needed) {
                let _ = fs::remove_file(entry.path());
            }
        }
        // One that holds something stays.
        let _ = fs::remove_dir(folder);
    }
}

impl Sink for Arriving {
    fn position(&self) -> u64 {
        self.position
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hasher = Hasher::default();
        self.position = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::blobs::Lies;

    #[test]
    fn goes_on_where_it_was_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = Blobs::at(folder.path());
        let digest = Digest::of(b"abcdef");
        let mut first = Arriving::begin(&blobs, &digest, 6).expect("begun");
        first.take(b"abc").expect("taken");
        drop(first);
        let mut second = Arriving::begin(&blobs, &digest, 6).expect("begun");
        assert_eq!(second.position(), 3);
        second.take(b"def").expect("taken");
        assert_eq!(blobs.look(&digest, 6).expect("read"), Lies::Absent, "it has no name yet");
        second.finish(&blobs, &digest, 6).expect("written").expect("whole");
        assert_eq!(blobs.look(&digest, 6).expect("read"), Lies::Whole);
        let mut other = Arriving::begin(&blobs, &digest, 6).expect("begun");
        assert_eq!(other.position(), 0);
        other.take(b"abcdeX").expect("taken");
        let fault = other.finish(&blobs, &digest, 6).expect("written").expect_err("another digest");
        assert_eq!(fault.digest, Digest::of(b"abcdeX"));
        assert_eq!(Arriving::begin(&blobs, &digest, 6).expect("begun").position(), 0, "it was thrown away");
        Arriving::sweep(&blobs, &|_| false);
        assert!(!folder.path().join(FOLDER).exists());
    }
}
