//! Where secrets may be written.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::landing;
use super::process;

/// Why a place is no place for a file with secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exposed {
    #[error("git tracks `{}`", .0.display())]
    Tracked(PathBuf),
    #[error("`{}` lies in a git work tree and is not ignored: the next `git add` would take it", .0.display())]
    NotIgnored(PathBuf),
    #[error("`{}` is there already, and others can read it", .0.display())]
    Readable(PathBuf),
    #[error("everyone can write in `{}`, and put another file in its place", .0.display())]
    OpenFolder(PathBuf),
}

/// Refuses a path that git tracks or would track, one that holds a file others can read, and one in a folder where others
/// can replace files. Of a link, that which it leads to is looked at. The file itself is written for its owner alone in
/// any case.
pub fn check(path: &Path) -> Result<(), Exposed> {
    let file = landing::behind_links(path);
    let absolute = std::path::absolute(&file).unwrap_or(file);
    if let Ok(about) = fs::metadata(&absolute)
        && !about.is_dir()
    {
        // A terminal or its like keeps nothing.
        if about.file_type().is_char_device() {
            return Ok(());
        }
        if about.permissions().mode() & 0o077 != 0 {
            return Err(Exposed::Readable(path.into()));
        }
        if about.file_type().is_fifo() {
            return Ok(());
        }
    }
    let folder = absolute.ancestors().skip(1).find(|it| it.is_dir()).unwrap_or(Path::new("/"));
    if let Ok(about) = fs::metadata(folder) {
        let mode = about.permissions().mode();
        // In a sticky folder, such as /tmp, only a file's owner replaces it.
        if mode & 0o002 != 0 && mode & 0o1000 == 0 {
            return Err(Exposed::OpenFolder(folder.into()));
        }
    }
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    if !folder.ancestors().any(|it| it.join(".git").exists()) {
        return Ok(());
    }
    if git(&folder, &["ls-files", "--error-unmatch"], &absolute) {
        return Err(Exposed::Tracked(path.into()));
    }
    if !git(&folder, &["check-ignore", "-q"], &absolute) {
        return Err(Exposed::NotIgnored(path.into()));
    }
    Ok(())
}

/// Whether git, where there is one, says yes of a path.
fn git(folder: &Path, args: &[&str], path: &Path) -> bool {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.fsmonitor=false"]).args(args).arg("--").arg(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    process::spawn(&mut command).and_then(|mut it| it.wait()).is_ok_and(|it| it.success())
}
