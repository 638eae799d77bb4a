//! Reading and writing files so that nothing a user has is lost.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::interrupt::Writing;
use super::landing::{Landing, landing};
use super::unfinished::{self, folder_of};
use super::voice;
use crate::base::code::Code;
use helm_engine::timing;

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

    pub fn code(&self) -> Code {
        if self.is_input() { Code::E001 } else { Code::E005 }
    }

    /// Whether the user named what is not there or cannot be taken, and nothing failed.
    pub fn is_input(&self) -> bool {
        let kind = self.source.kind();
        kind == io::ErrorKind::NotFound || self.action == "read" && is_no_input(kind)
    }
}

/// Whether a fault of reading says that there is nothing to be read, whatever the disk does.
pub(super) fn is_no_input(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{FileTooLarge, InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(kind, NotFound | NotADirectory | IsADirectory | InvalidInput | InvalidData | FileTooLarge)
}

/// The largest input that is read, in bytes: no manifest or chart that a cluster takes comes near it.
pub const MAX_INPUT: u64 = crate::base::limits::INPUT.most;

/// What another run has not finished after so long, it will not finish.
const LEFT_BEHIND: Duration = Duration::from_secs(60);
/// How the names of files begin that say who holds what, as long as somebody does.
pub const MARK: &str = ".ichor-held-";

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the process' umask has it.
    Public,
    /// Its owner alone (0600).
    Owner,
}

/// What may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A plain file. Nothing else is waited for.
    Plain,
    /// A pipe or a device, too.
    Anything,
}

/// A plain file, such as a workspace holds.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let _step = timing::step("read files");
    contents(path, Takes::Plain).map_err(|source| Error { action: "read", path: path.into(), source })
}

/// What the user names on the command line: a file, or a pipe or device that comes to an end.
pub fn read_any(path: &Path) -> Result<Vec<u8>, Error> {
    contents(path, Takes::Anything).map_err(|source| Error { action: "read", path: path.into(), source })
}

/// How many bytes a file has.
pub fn length(path: &Path) -> Result<u64, Error> {
    fs::metadata(path).map(|it| it.len()).map_err(|source| Error { action: "read", path: path.into(), source })
}

/// Everything on the standard input.
pub fn read_standard_input() -> Result<Vec<u8>, Error> {
    let failed = |source| Error { action: "read", path: "standard input".into(), source };
    bounded(io::stdin().lock()).map_err(failed)
}

/// A plain text file; other bytes than UTF-8 are an error.
pub fn read_text(path: &Path) -> Result<String, Error> {
    text(path, read(path)?)
}

/// Like [`read_any`], for text.
pub fn read_any_text(path: &Path) -> Result<String, Error> {
    text(path, read_any(path)?)
}

pub(super) fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    let fault = || io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text");
    String::from_utf8(bytes).map_err(|_| Error { action: "read", path: path.into(), source: fault() })
}

/// The bytes of a file; what is too large is told before it is read, where its size is known.
pub(super) fn contents(path: &Path, takes: Takes) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if takes == Takes::Plain && !about.is_file() && !about.is_dir() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
    }
    if about.is_file() && about.len() > MAX_INPUT {
        return Err(too_large());
    }
    bounded(File::open(path)?)
}

/// Everything up to the end, which must come in time.
pub(super) fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_INPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_INPUT { Err(too_large()) } else { Ok(bytes) }
}

pub(super) fn too_large() -> io::Error {
    let message = format!("it has more than {} MiB, and no input may have more", MAX_INPUT >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|source| Error { action: "remove", path: path.into(), source })
}

/// Like [`read_text`], with `None` where there is no such file.
pub fn read_text_if_any(path: &Path) -> Result<Option<String>, Error> {
    if_any(read_text(path))
}

/// `None` where there is no such file.
pub fn if_any<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(it) if it.source.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Writes what the user named, whole or not at all. Missing folders are made, for [`Access::Owner`] for their owner alone.
///
/// A link stays, and what it leads to is written. A pipe or device is written to as it is.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), Error> {
    let _step = timing::step("write files");
    let failed = |source| Error { action: "write", path: path.into(), source };
    match landing(path).map_err(failed)? {
        Landing::StandardOutput => return print(bytes),
        Landing::Stream(stream) => pour(&stream, bytes),
        Landing::File(file) => whole(&file, bytes, access, true),
    }
    .map_err(failed)
}

/// Like [`write()`], for what costs nothing to write again: a power cut may lose it. With `append`, behind what is there.
pub(super) fn write_quickly(path: &Path, bytes: &[u8], append: bool) -> io::Result<()> {
    let Landing::File(file) = landing(path)? else { return pour(path, bytes) };
    match append.then(|| fs::read(&file)).transpose() {
        Ok(Some(before)) => whole(&file, &[&before, bytes].concat(), Access::Public, false),
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
        _ => whole(&file, bytes, Access::Public, false),
    }
}

/// Writes a file of a folder that is kept here: a lock, a store, `vendor`. It takes the place of whatever is there; no
/// link leads it elsewhere.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<(), Error> {
    let _step = timing::step("write files");
    whole(path, bytes, access, true).map_err(|source| Error { action: "write", path: path.into(), source })
}

/// With `sync`, it is on the disk before it bears its name, so that not even a power cut leaves half of it. A file that
/// cannot be renamed over, because something is mounted on it or its folder takes no other, gets its new text in place.
fn whole(file: &Path, bytes: &[u8], access: Access, sync: bool) -> io::Result<()> {
    let _writing = Writing::begin();
    voice::detail(|| format!("write {}", file.display()));
    let folder = folder_of(file);
    if sync {
        unfinished::sweep(folder, LEFT_BEHIND);
    }
    let mode = if access == Access::Owner { 0o600 } else { 0o666 };
    let placed = make_folder(folder, access).and_then(|()| unfinished::place(file, bytes, mode, sync));
    placed.or_else(|fault| if is_fixed(file, &fault) { overwrite(file, bytes).map_err(|_| fault) } else { Err(fault) })
}

/// Writes to what is no plain file.
fn pour(stream: &Path, bytes: &[u8]) -> io::Result<()> {
    // Behind the link may be a file that a shell appends to.
    let is_file = fs::metadata(stream)?.is_file();
    let mut stream = File::options().write(!is_file).append(is_file).open(stream)?;
    match stream.write_all(bytes) {
        // Whoever reads has seen enough.
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Whether a fault says that nothing can take the place of a file that is there.
fn is_fixed(file: &Path, fault: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(fault.kind(), ResourceBusy | CrossesDevices | PermissionDenied | ReadOnlyFilesystem)
        && fs::symlink_metadata(file).is_ok_and(|it| it.is_file())
}

/// Gives a file that stays another text; its old text again where that fails.
fn overwrite(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(file)?;
    let before = bounded(&mut file)?;
    let mut put = |text: &[u8]| {
        file.rewind()?;
        file.write_all(text)?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    };
    put(bytes).inspect_err(|_| {
        // A file that is replaced by a smaller one needs no more room.
        let _ = put(&before);
    })
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

    /// Writes one as [`replace`] does.
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
        whole(path, bytes, access, sync).map_err(|source| Error { action: "write", path: path.into(), source })?;
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
pub struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// To be called before a folder is made.
    pub fn note(&mut self, folder: &Path) {
        // The innermost first.
        let missing = folder.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists());
        let fresh: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        self.0.splice(0..0, fresh);
    }

    /// Gives the folders, which are no longer removed.
    pub fn keep(mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.0)
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

/// Makes a folder and what leads to it, where it is missing; for [`Access::Owner`] nobody else may look into it (0700).
/// A folder that is there keeps its mode.
pub fn folder(path: &Path, access: Access) -> Result<(), Error> {
    make_folder(path, access).map_err(|source| Error { action: "make", path: path.into(), source })
}

fn make_folder(path: &Path, access: Access) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(if access == Access::Owner { 0o700 } else { 0o777 }).create(path)
}

/// Writes to standard output.
pub fn print(bytes: &[u8]) -> Result<(), Error> {
    let _step = timing::step("print");
    match voice::output(bytes) {
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
    let _writing = Writing::begin();
    unfinished::place_link(target, link).map_err(failed)
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

/// The folder of a workspace, which holds `lockfiles`: found by walking up from a spec, by the way that was named and then
/// from where the spec really lies. The first that holds the bundle's lock is taken, else the first; without any, the
/// spec's own folder.
pub fn workspace(spec: &Path, bundle: &str) -> PathBuf {
    let own = folder_of(spec);
    let named = std::path::absolute(own).unwrap_or_else(|_| own.into());
    let real = |path: &Path| path.canonicalize().ok();
    let ways = [Some(named), real(own), real(spec).and_then(|it| it.parent().map(Path::to_path_buf))];
    let root = |way: &PathBuf| way.ancestors().find(|it| it.join("lockfiles").is_dir()).map(Path::to_path_buf);
    let roots: Vec<PathBuf> = ways.iter().flatten().filter_map(root).collect();
    let locked = roots.iter().find(|it| it.join(format!("lockfiles/{bundle}.lock")).is_file());
    locked.or(roots.first()).map_or_else(|| own.into(), |it| from_here(it))
}

/// A path as somebody in the current folder says it, where it leads there or below.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    match here.and_then(|it| path.strip_prefix(it).ok().map(Path::to_path_buf)) {
        Some(below) if below.as_os_str().is_empty() => ".".into(),
        Some(below) => below,
        None => path.into(),
    }
}
