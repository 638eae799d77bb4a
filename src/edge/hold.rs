//! One at a time: whoever writes a lock, `vendor` or the cache holds it from reading it to having written it.
//!
//! A hold is an advisory lock of the system, so that nothing blocks once its holder has ended, however it ended. A lock is
//! replaced each time it is written, and a first one is not there yet: a file beside it, which is there as long as it is
//! held, bears the hold and says whose it is. A folder bears its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::clock;
use super::disk::{self, MARK, NewFolders};
use super::interrupt::Fleeting;
use super::unfinished::{self, folder_of, is_at};

/// How long a run waits for another one.
pub const USUAL: Duration = Duration::from_secs(60);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// What nobody else holds meanwhile.
#[derive(Debug)]
pub struct Hold {
    // Fields are dropped in this order, so that the mark is removed while the system's lock is still held.
    _mark: Option<Fleeting>,
    _file: File,
    _folders: NewFolders,
}

/// How long to wait for another holder, and who is told of it.
#[derive(Clone, Copy)]
pub struct Waiting<'w> {
    pub limit: Duration,
    pub say: &'w dyn Fn(&str),
}

/// Something cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Disk(#[from] disk::Error),
    #[error("`{}` is held by {holder}, which did not end within {} s", path.display(), waited.as_secs())]
    Busy { path: PathBuf, holder: String, waited: Duration },
}

/// Holds a file that may be replaced or not be there yet; `verb` says to others what for. Where its folder cannot be
/// written to, nobody writes the file either, and there is nothing to hold.
pub fn file(path: &Path, verb: &str, waiting: Waiting<'_>) -> Result<Option<Hold>, Error> {
    let folder = folder_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mark = folder.join(format!("{MARK}{name}"));
    let mut turn = Turn::new(path, waiting);
    loop {
        let mut folders = NewFolders::default();
        folders.note(folder);
        fs::create_dir_all(folder).map_err(|source| disk::Error { action: "make", path: folder.into(), source })?;
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&mark);
        let mut file = match opened {
            Ok(file) => file,
            Err(fault) if is_unwritable(&fault) => return Ok(None),
            // Who held it before has just removed the folder.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && !folder.exists() => continue,
            Err(source) => return Err(disk::Error { action: "lock", path: path.into(), source }.into()),
        };
        let holder = |file: &mut File| {
            let mut text = String::new();
            let _ = file.read_to_string(&mut text);
            Some(text.trim().to_owned()).filter(|it| !it.is_empty())
        };
        if turn.take(&mut file, holder)? && is_at(&file, &mark) {
            let text = format!("`ichor {verb}` ({})\n", whose());
            // What cannot be said leaves the others without a name, and the hold stands.
            let _ = file.rewind().and_then(|()| file.set_len(0)).and_then(|()| file.write_all(text.as_bytes()));
            let mark = Fleeting::new(mark, folders.keep());
            return Ok(Some(Hold { _mark: Some(mark), _file: file, _folders: NewFolders::default() }));
        }
    }
}

/// Holds a folder; it is made where it is missing, and gone again where it stays empty.
pub fn folder(folder: &Path, waiting: Waiting<'_>) -> Result<Hold, Error> {
    let failed = |source| disk::Error { action: "lock", path: folder.into(), source };
    let mut turn = Turn::new(folder, waiting);
    loop {
        let mut folders = NewFolders::default();
        folders.note(folder);
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = File::open(folder).map_err(failed)?;
        if turn.take(&mut file, |_| None)? && is_at(&file, folder) {
            return Ok(Hold { _mark: None, _file: file, _folders: folders });
        }
    }
}

/// One run's wait for its turn.
struct Turn<'t> {
    path: &'t Path,
    waiting: Waiting<'t>,
    /// Since when, once there is somebody to wait for.
    since: Option<Instant>,
}

impl<'t> Turn<'t> {
    fn new(path: &'t Path, waiting: Waiting<'t>) -> Self {
        Turn { path, waiting, since: None }
    }

    /// Takes the system's lock of a file; false after a pause where another run has it.
    fn take(&mut self, file: &mut File, holder: impl Fn(&mut File) -> Option<String>) -> Result<bool, Error> {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(fs::TryLockError::WouldBlock) => {}
            Err(fs::TryLockError::Error(fault)) => {
                let failed = |source| disk::Error { action: "lock", path: self.path.into(), source };
                return Ok(unfinished::hold(Err(fault)).map(|()| true).map_err(failed)?);
            }
        }
        let mut holder = || holder(file).unwrap_or_else(|| "another run of ichor".into());
        match self.since {
            None => {
                self.since = Some(Instant::now());
                let (path, limit) = (self.path.display(), self.waiting.limit.as_secs());
                (self.waiting.say)(&format!("`{path}` is held by {}: waiting for up to {limit} s", holder()));
            }
            Some(since) if since.elapsed() >= self.waiting.limit => {
                return Err(Error::Busy { path: self.path.into(), holder: holder(), waited: self.waiting.limit });
            }
            Some(_) => {}
        }
        std::thread::sleep(PAUSE.min(self.waiting.limit));
        Ok(false)
    }
}

fn is_unwritable(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// This process, as somebody elsewhere finds it.
fn whose() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("process {} on {host}, since {}", std::process::id(), clock::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const SOON: Duration = Duration::from_millis(200);

    #[test]
    fn gives_up_with_a_word() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lockfiles/a.lock");
        let said: Mutex<Vec<String>> = Mutex::default();
        let say = |text: &str| said.lock().expect("no panic").push(text.into());
        let waiting = Waiting { limit: SOON, say: &say };
        let first = file(&path, "rotate", waiting).expect("held").expect("a mark");
        let fault = file(&path, "lock", waiting).expect_err("it is held");
        let pid = format!("process {}", std::process::id());
        for word in ["lockfiles/a.lock", "`ichor rotate`", &pid, "did not end"] {
            assert!(fault.to_string().contains(word), "{fault}");
        }
        let said_so = said.lock().expect("no panic").clone();
        assert!(said_so.len() == 1 && said_so[0].contains("waiting for up to"), "{said_so:?}");
        // Another bundle's lock is another matter.
        let other = file(&path.with_file_name("b.lock"), "lock", waiting).expect("held");
        drop((other, first));
        assert!(!folder.path().join("lockfiles").exists(), "nothing is left");
        assert!(file(&path, "lock", waiting).expect("held").is_some());
        assert_eq!(said.lock().expect("no panic").len(), 1);
    }

    #[test]
    fn a_mark_without_a_holder_blocks_nobody() {
        let outer = tempfile::tempdir().expect("a folder");
        let path = outer.path().join("a.lock");
        let mark = outer.path().join(format!("{MARK}a.lock"));
        fs::write(&mark, "`ichor lock` (process 1 on here, since then)\n and more\n").expect("written");
        let say = |_: &str| panic!("nobody holds it");
        let hold = file(&path, "reseal", Waiting { limit: SOON, say: &say }).expect("held");
        let text = fs::read_to_string(&mark).expect("text");
        assert!(text.starts_with("`ichor reseal`") && text.lines().count() == 1, "{text}");
        drop(hold);
        assert!(!mark.exists());
    }

    #[test]
    fn a_folder_is_waited_for_too() {
        let outer = tempfile::tempdir().expect("a folder");
        let path = outer.path().join("vendor");
        let waiting = Waiting { limit: SOON, say: &|_| {} };
        let hold = folder(&path, waiting).expect("held");
        assert!(matches!(folder(&path, waiting), Err(Error::Busy { .. })));
        drop(hold);
        assert!(!path.exists());
        drop(folder(&path, waiting).expect("held"));
    }
}
