//! Reading and writing files so that nothing a user has is lost.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::interrupt::Writing;

/// A file or folder that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct Error {
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

impl Error {
    /// What to do, where the system says plainly what is wrong.
    pub fn help(&self) -> Option<&'static str> {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Some("make room there, and run the command again")
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied if self.action != "read" => {
                Some("see that you may write there; ICHOR_CACHE and ICHOR_STORE move the cache and the store")
            }
            io::ErrorKind::PermissionDenied => Some("see that you may read it"),
            _ => None,
        }
    }
}

/// How the names of unfinished files begin.
pub const TEMPORARY: &str = ".ichor-";

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the process' umask has it.
    Public,
    /// Its owner alone (0600).
    Owner,
}

pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error { action: "read", path: path.into(), source })
}

/// Everything on the standard input.
pub fn read_standard_input() -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let failed = |source| Error { action: "read", path: "standard input".into(), source };
    io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A text file; other bytes than UTF-8 are an error.
pub fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error { action: "read", path: path.into(), source })
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|source| Error { action: "remove", path: path.into(), source })
}

/// Like [`read_text`], with `None` where there is no such file.
pub fn read_text_if_any(path: &Path) -> Result<Option<String>, Error> {
    match read_text(path) {
        Err(it) if it.source.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Writes a file whole or not at all: to a temporary file beside it, which is then renamed. Missing folders are made.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), Error> {
    write_whole(path, bytes, access, true)
}

/// With `sync`, it is on the disk before it bears its name, so that not even a power cut leaves half of it.
fn write_whole(path: &Path, bytes: &[u8], access: Access, sync: bool) -> Result<(), Error> {
    let failed = |source| Error { action: "write", path: path.into(), source };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _writing = Writing::begin();
    fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    // The umask narrows the mode of a public file, as it does for any other program.
    builder.permissions(fs::Permissions::from_mode(if access == Access::Owner { 0o600 } else { 0o666 }));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    if sync {
        file.as_file().sync_all().map_err(failed)?;
    }
    file.persist(path).map_err(|it| failed(it.error))?;
    Ok(())
}

/// Files that belong together: those that are new go again, with their folders, unless all of them could be written.
#[derive(Debug)]
pub struct Adding {
    files: Vec<PathBuf>,
    folders: NewFolders,
    _writing: Writing,
}

impl Adding {
    pub fn begin() -> Adding {
        Adding { files: Vec::new(), folders: NewFolders::default(), _writing: Writing::begin() }
    }

    /// Writes one as [`write`] does.
    pub fn write(&mut self, path: &Path, bytes: &[u8], access: Access) -> Result<(), Error> {
        self.add(path, bytes, access, true)
    }

    /// Writes one whose bytes are checked whenever it is read: it may be lost in a power cut.
    pub fn write_checked(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.add(path, bytes, Access::Public, false)
    }

    fn add(&mut self, path: &Path, bytes: &[u8], access: Access, sync: bool) -> Result<(), Error> {
        let is_new = !path.exists();
        if let Some(folder) = path.parent().filter(|_| is_new) {
            self.folders.note(folder);
        }
        write_whole(path, bytes, access, sync)?;
        if is_new {
            self.files.push(path.into());
        }
        Ok(())
    }

    /// All of them are there.
    pub fn keep(mut self) {
        self.files.clear();
    }
}

impl Drop for Adding {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
    }
}

/// Folders that were not there; those that stay empty go again.
#[derive(Debug, Default)]
struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// To be called before a folder is made.
    fn note(&mut self, folder: &Path) {
        // The innermost first.
        let missing = folder.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists());
        let fresh: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        self.0.splice(0..0, fresh);
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // One that holds something cannot be removed.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A folder that nobody else holds; made where it is missing, and gone again where it stays empty.
#[derive(Debug)]
pub struct Hold {
    _folders: NewFolders,
    _lock: File,
}

/// `ENOLCK` of Linux.
const NO_LOCKS: i32 = 37;

/// Waits until nobody else holds a folder, and takes it.
pub fn hold(folder: &Path) -> Result<Hold, Error> {
    let failed = |source| Error { action: "lock", path: folder.into(), source };
    loop {
        let mut folders = NewFolders::default();
        folders.note(folder);
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::open(folder).map_err(failed)?;
        match lock.lock() {
            // Some network file systems lock nothing; each file is still written whole or not at all.
            Err(fault) if fault.kind() == io::ErrorKind::Unsupported || fault.raw_os_error() == Some(NO_LOCKS) => {}
            other => other.map_err(failed)?,
        }
        // Whoever held it may have removed it.
        let held = lock.metadata().map_err(failed)?;
        if fs::metadata(folder).is_ok_and(|it| (it.dev(), it.ino()) == (held.dev(), held.ino())) {
            return Ok(Hold { _folders: folders, _lock: lock });
        }
    }
}

/// The file that a path names when links are followed; the path itself where there is none.
pub fn behind_links(path: &Path) -> PathBuf {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_symlink() => path.canonicalize().unwrap_or_else(|_| path.into()),
        _ => path.into(),
    }
}

/// Removes from a folder what runs that were killed left behind at least `age` ago.
pub fn sweep(folder: &Path, age: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let old = || {
            let changed = entry.metadata().and_then(|it| it.modified()).ok()?;
            Some(changed.elapsed().unwrap_or_default() >= age)
        };
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) && old() == Some(true) {
            // What cannot be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes a folder and what leads to it, where it is missing; for [`Access::Owner`] nobody else may look into it (0700).
/// A folder that is there keeps its mode.
pub fn folder(path: &Path, access: Access) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(if access == Access::Owner { 0o700 } else { 0o777 });
    builder.create(path).map_err(|source| Error { action: "make", path: path.into(), source })
}

/// Writes to standard output.
pub fn print(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // Whoever reads has seen enough.
        Err(source) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(Error { action: "write", path: "standard output".into(), source }),
        Ok(()) => Ok(()),
    }
}

/// Makes `link` point to `target`, replacing a link but nothing else.
pub fn link(target: &Path, link: &Path) -> Result<(), Error> {
    let failed = |source| Error { action: "link", path: link.into(), source };
    match fs::symlink_metadata(link) {
        Ok(it) if it.file_type().is_symlink() => {}
        Ok(_) => return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "it exists and is no link"))),
        Err(_) => {}
    }
    let folder = link.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _writing = Writing::begin();
    let staging = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(folder).map_err(failed)?;
    let fresh = staging.path().join("link");
    std::os::unix::fs::symlink(target, &fresh).map_err(failed)?;
    fs::rename(&fresh, link).map_err(failed)
}

/// The files of a folder with an extension, sorted; none where there is no such folder.
pub fn files_with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error { action: "list", path: folder.into(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(failed(fault)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|it| it == extension) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The folder that holds `lockfiles`, found by walking up from a spec; else the spec's own folder.
pub fn workspace(spec: &Path) -> PathBuf {
    let own = spec.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let absolute = std::path::absolute(own).unwrap_or_else(|_| own.into());
    absolute.ancestors().find(|it| it.join("lockfiles").is_dir()).map_or_else(|| own.into(), Path::to_path_buf)
}
