//! A file that may be too large for memory: it grows beside its name, and bears that once it is whole.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::disk::Error;
use super::interrupt::Writing;
use super::unfinished::is_at;

/// A file on its way. Whatever ends it but [`Growing::keep`] removes what there is; what a kill leaves, the next run writes
/// over.
#[derive(Debug)]
pub struct Growing {
    file: File,
    path: PathBuf,
    partial: PathBuf,
    is_kept: bool,
}

impl Growing {
    /// Begins a file that will be at a path. Two runs at once write no file together: the second is refused.
    pub fn begin(path: &Path) -> Result<Growing, Error> {
        let failed = |source| Error { action: "write", path: path.into(), source };
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        loop {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).open(&partial).map_err(failed)?;
            match file.try_lock() {
                // Who held it before may have given it its name meanwhile, or removed it.
                Ok(()) if !is_at(&file, &partial) => continue,
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let busy = io::Error::new(ErrorKind::ResourceBusy, "another run is writing it");
                    return Err(failed(busy));
                }
                // Some file systems have no locks.
                Err(TryLockError::Error(_)) => {}
            }
            let growing = Growing { file, path: path.into(), partial, is_kept: false };
            growing.file.set_len(0).map_err(failed)?;
            return Ok(growing);
        }
    }

    /// Where it lies meanwhile.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Lets everybody run it who may read it.
    pub fn make_executable(&self) -> io::Result<()> {
        let mode = self.file.metadata()?.permissions().mode();
        self.file.set_permissions(Permissions::from_mode(mode | (mode & 0o444) >> 2))
    }

    /// Gives it its name; what had that before is replaced.
    pub fn keep(mut self) -> Result<(), Error> {
        let failed = |source| Error { action: "write", path: self.path.clone(), source };
        self.file.sync_all().map_err(failed)?;
        let _writing = Writing::begin();
        fs::rename(&self.partial, &self.path).map_err(failed)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Write for &Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.file).flush()
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_bears_its_name_when_it_is_whole_and_two_do_not_share_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("large");
        fs::write(folder.path().join("large.partial"), "what a kill left").expect("written");
        let growing = Growing::begin(&path).expect("it begins");
        (&growing).write_all(b"half").expect("written");
        assert!(Growing::begin(&path).is_err() && !path.exists());
        drop(growing);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let growing = Growing::begin(&path).expect("it begins");
        (&growing).write_all(b"whole").expect("written");
        growing.keep().expect("kept");
        assert_eq!(fs::read(&path).expect("a file"), b"whole");
    }
}
