//! Reading and writing files so that nothing a user has is lost.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file or folder that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct Error {
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
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
    let failed = |source| Error { action: "write", path: path.into(), source };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    // The umask narrows the mode of a public file, as it does for any other program.
    builder.permissions(fs::Permissions::from_mode(if access == Access::Owner { 0o600 } else { 0o666 }));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|it| failed(it.error))?;
    Ok(())
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
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|source| Error { action: "write", path: "standard output".into(), source })
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
