//! The files that a workspace consists of. Each is read a single time: who asks again gets the same bytes, so that all
//! that a verb says is about one state of the disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::disk::{self, Error};
use super::files::{self, FilesError};
use helm_engine::tree::FileTree;

/// What was read.
#[derive(Debug, Default)]
pub struct ReadFiles {
    files: Mutex<BTreeMap<PathBuf, Known>>,
    charts: Mutex<BTreeMap<PathBuf, FileTree>>,
    manifests: Mutex<BTreeMap<PathBuf, FileTree>>,
}

/// A file as it was; without bytes where there was none.
#[derive(Clone, Debug)]
struct Known {
    state: Option<State>,
    bytes: Option<Vec<u8>>,
}

/// What tells a file from the one that takes its place, and from itself after it was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl ReadFiles {
    /// The bytes of a plain file.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        if let Some(known) = locked(&self.files).get(path) {
            return known.bytes.clone().ok_or_else(|| missing(path));
        }
        // Its state comes first: what is written in between is noticed.
        let state = State::of(path);
        let bytes = disk::if_any(disk::read(path))?;
        locked(&self.files).insert(path.into(), Known { state, bytes: bytes.clone() });
        bytes.ok_or_else(|| missing(path))
    }

    /// The text of a plain file.
    pub fn text(&self, path: &Path) -> Result<String, Error> {
        disk::text(path, self.read(path)?)
    }

    /// Like [`ReadFiles::text`], with `None` where there is no such file.
    pub fn text_if_any(&self, path: &Path) -> Result<Option<String>, Error> {
        disk::if_any(self.text(path))
    }

    /// A chart's folder, without what its `.helmignore` leaves out and with nothing from outside of it.
    pub fn chart_folder(&self, path: &Path) -> Result<FileTree, FilesError> {
        once(&self.charts, path, files::closed_chart_folder)
    }

    /// The YAML and JSON files of a folder.
    pub fn manifest_folder(&self, path: &Path) -> Result<FileTree, FilesError> {
        once(&self.manifests, path, files::manifest_folder)
    }

    /// Every file that was read, of folders too, with its bytes.
    pub fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = locked(&self.files);
        let mut all: BTreeMap<PathBuf, Vec<u8>> =
            files.iter().filter_map(|(path, it)| Some((path.clone(), it.bytes.clone()?))).collect();
        for trees in [&self.charts, &self.manifests] {
            for (folder, tree) in locked(trees).iter() {
                all.extend(tree.iter().map(|(path, bytes)| (folder.join(path.as_str()), bytes.to_vec())));
            }
        }
        all
    }

    /// Whether a file still has the text that it had; it is read again only where the system tells of a change.
    pub fn is_still(&self, path: &Path, before: Option<&str>) -> Result<bool, Error> {
        let known = locked(&self.files).get(path).map(|it| it.state);
        if known.is_some_and(|it| it == State::of(path)) {
            return Ok(true);
        }
        Ok(disk::read_text_if_any(path)?.as_deref() == before)
    }

    /// Forgets a file that has changed since.
    pub fn forget_if_changed(&self, path: &Path) {
        let mut files = locked(&self.files);
        if files.get(path).is_some_and(|it| it.state != State::of(path)) {
            files.remove(path);
        }
    }
}

impl State {
    fn of(path: &Path) -> Option<State> {
        let about = fs::metadata(path).ok()?;
        Some(State {
            file: (about.dev(), about.ino()),
            size: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }
}

fn once(
    known: &Mutex<BTreeMap<PathBuf, FileTree>>,
    path: &Path,
    read: impl FnOnce(&Path) -> Result<FileTree, FilesError>,
) -> Result<FileTree, FilesError> {
    if let Some(tree) = locked(known).get(path) {
        return Ok(tree.clone());
    }
    let tree = read(path)?;
    locked(known).insert(path.into(), tree.clone());
    Ok(tree)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn missing(path: &Path) -> Error {
    Error { action: "read", path: path.into(), source: io::Error::from_raw_os_error(2) }
}
