//! Files on the way to their names: all of a file is on the disk before it is seen.
//!
//! Where the system can do it, a new file has no name until it is whole, so that a run that is killed leaves nothing. What
//! takes the place of another file must bear a name of its own for a moment. That name lies in a staging folder, which
//! nobody else may enter, which git looks past, and which the next run removes.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

/// How the names of unfinished files begin; six letters or digits follow.
pub const TEMPORARY: &str = ".ichor-";
/// What a staging folder holds.
const FILE: &str = "file";
const IGNORE: &str = ".gitignore";

/// Writes a file whole or not at all, in the place of whatever is there. `mode` is narrowed by the umask. With `sync`, it
/// is on the disk before it bears its name, so that not even a power cut leaves half of it.
pub fn place(path: &Path, bytes: &[u8], mode: u32, sync: bool) -> io::Result<()> {
    let folder = folder_of(path);
    if let Some(mut file) = nameless(folder, mode) {
        fill(&mut file, bytes, sync)?;
        match name(&file, path) {
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {
                let staging = Staging::begin(folder)?;
                if name(&file, &staging.file()).is_ok() {
                    return fs::rename(staging.file(), path);
                }
            }
            // Without /proc there is no way to name it: it goes, and one with a name comes.
            Err(_) => {}
            Ok(()) => return Ok(()),
        }
    }
    let staging = Staging::begin(folder)?;
    let mut file = File::options().write(true).create_new(true).mode(mode).open(staging.file())?;
    fill(&mut file, bytes, sync)?;
    fs::rename(staging.file(), path)
}

/// Makes a link, in the place of whatever is there.
pub fn place_link(target: &Path, link: &Path) -> io::Result<()> {
    let staging = Staging::begin(folder_of(link))?;
    std::os::unix::fs::symlink(target, staging.file())?;
    fs::rename(staging.file(), link)
}

/// Removes from a folder what runs that were killed left behind: staging folders that nobody holds, and the files that
/// were staged without one before, where they are at least `age` old. Nothing else is touched.
pub fn sweep(folder: &Path, age: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name.to_str().and_then(|it| it.strip_prefix(TEMPORARY));
        if !random.is_some_and(|ending| ending.len() == 6 && ending.bytes().all(|it| it.is_ascii_alphanumeric())) {
            continue;
        }
        // What cannot be looked at or removed does no harm.
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            let _ = clear(&entry.path());
        } else if about.is_file() && about.modified().is_ok_and(|it| it.elapsed().unwrap_or_default() >= age) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The folder that a path's last name stands in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn fill(file: &mut File, bytes: &[u8], sync: bool) -> io::Result<()> {
    file.write_all(bytes)?;
    if sync { file.sync_all() } else { Ok(()) }
}

/// A file in a folder and without a name; `None` where the system or the file system has none such.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path, mode: u32) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path, _: u32) -> Option<File> {
    None
}

/// Gives a file without a name its name, where nothing bears it.
fn name(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};
    use std::os::fd::AsRawFd;
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// A folder for one file on its way; it goes when this does.
struct Staging {
    folder: TempDir,
    /// Held, so that nobody takes it for one that was left behind.
    _held: File,
}

impl Staging {
    fn begin(folder: &Path) -> io::Result<Staging> {
        loop {
            let mut builder = tempfile::Builder::new();
            builder.prefix(TEMPORARY).permissions(Permissions::from_mode(0o700));
            let folder = builder.tempdir_in(folder)?;
            let held = match File::open(folder.path()) {
                // Another run took it for one that was left behind, before it was held.
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            hold(held.lock())?;
            if is_at(&held, folder.path()) {
                let staging = Staging { folder, _held: held };
                staging.hide()?;
                return Ok(staging);
            }
        }
    }

    /// Tells git to look past the folder. It never sees half of that, for even half a file would be taken.
    fn hide(&self) -> io::Result<()> {
        const ALL: &[u8] = b"*\n";
        let path = self.folder.path().join(IGNORE);
        if let Some(mut file) = nameless(self.folder.path(), 0o600) {
            file.write_all(ALL)?;
            if name(&file, &path).is_ok() {
                return Ok(());
            }
        }
        fs::write(path, ALL)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }
}

/// `ENOLCK` of Linux.
const NO_LOCKS: i32 = 37;

/// Some network file systems lock nothing; each file is still written whole or not at all.
pub fn hold(locked: io::Result<()>) -> io::Result<()> {
    match locked {
        Err(fault) if fault.kind() == io::ErrorKind::Unsupported || fault.raw_os_error() == Some(NO_LOCKS) => Ok(()),
        other => other,
    }
}

/// Whether an open folder is still the one at a path: whoever held it may have removed it.
pub fn is_at(held: &File, path: &Path) -> bool {
    let about = |it: fs::Metadata| (it.dev(), it.ino());
    held.metadata().ok().map(about) == fs::metadata(path).ok().map(about)
}

/// Removes a staging folder that nobody holds.
fn clear(folder: &Path) -> io::Result<()> {
    let held = File::open(folder)?;
    if held.try_lock().is_err() {
        return Ok(());
    }
    for name in [FILE, IGNORE] {
        match fs::remove_file(folder.join(name)) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
    }
    // One that holds something else is none of ours, and cannot be removed.
    fs::remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_looks_past_a_staging_folder_and_the_next_run_removes_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let git = |args: &[&str]| {
            let run = std::process::Command::new("git").args(args).current_dir(folder.path()).output();
            run.ok().map(|it| String::from_utf8(it.stdout).expect("text"))
        };
        git(&["init", "-q"]);
        let mut staging = Staging::begin(folder.path()).expect("made");
        fs::write(staging.file(), "secret").expect("written");
        assert_eq!(fs::read(staging.folder.path().join(IGNORE)).expect("there"), b"*\n");
        // Where git is installed, it says so itself.
        assert_eq!(git(&["add", "--all", "--dry-run"]).unwrap_or_default(), "");
        assert_eq!(fs::metadata(staging.folder.path()).expect("there").permissions().mode() & 0o777, 0o700);
        sweep(folder.path(), Duration::ZERO);
        assert!(staging.file().exists(), "somebody holds it");
        staging.folder.disable_cleanup(true);
        let path = staging.folder.path().to_path_buf();
        drop(staging);
        assert!(path.exists());
        sweep(folder.path(), Duration::from_secs(3600));
        assert!(!path.exists());
    }

    #[test]
    fn what_is_not_ours_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        for path in [".ichor-notes", ".ichor-abcdef0", ".ichor", ".ichor-abc_ef", "ichor-abcdef", ".ichor-a1b2c3/mine"]
        {
            fs::create_dir_all(at(path).parent().expect("a folder")).expect("made");
            fs::write(at(path), "mine").expect("written");
        }
        fs::write(at("other"), "mine").expect("written");
        std::os::unix::fs::symlink("other", at(".ichor-linked")).expect("linked");
        fs::write(at(".ichor-Left00"), "half").expect("written");
        sweep(folder.path(), Duration::from_secs(3600));
        assert!(at(".ichor-Left00").exists(), "it may be somebody's who is still at it");
        sweep(folder.path(), Duration::ZERO);
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        let kept = [".ichor", ".ichor-a1b2c3", ".ichor-abc_ef", ".ichor-abcdef0", ".ichor-linked", ".ichor-notes"];
        assert_eq!(left, [&kept[..], &["ichor-abcdef", "other"]].concat());
        assert!(at(".ichor-a1b2c3/mine").exists());
    }

    #[test]
    fn a_file_takes_the_place_of_another_with_and_without_a_name_on_the_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        for text in ["1", "22", "333"] {
            place(&path, text.as_bytes(), 0o600, true).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("read"), text);
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
        place_link(Path::new("b"), &path).expect("linked");
        assert_eq!(fs::read_link(&path).expect("a link"), Path::new("b"));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing unfinished is left");
    }
}
