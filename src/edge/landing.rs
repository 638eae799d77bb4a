//! What a path that is to be written leads to: links are followed, and stay.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::unfinished::folder_of;

/// No chain of links is longer, as Linux has it.
const MOST_LINKS: usize = crate::base::limits::LINKS.size();

/// What is written, in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landing {
    /// A plain file, there or not there yet; its path leads through no link at its end.
    File(PathBuf),
    /// A pipe, a device, or what a process has open: it is written to as it is, and nothing takes its place.
    Stream(PathBuf),
    /// This process' own standard output.
    StandardOutput,
}

/// Follows the links at the end of a path; `-` is standard output.
pub fn landing(path: &Path) -> io::Result<Landing> {
    if path == Path::new("-") {
        return Ok(Landing::StandardOutput);
    }
    let is_special = fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir());
    let own = Path::new("/proc/self/fd").canonicalize();
    let mut at = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        if !fs::symlink_metadata(&at).is_ok_and(|it| it.is_symlink()) {
            return Ok(if is_special { Landing::Stream(at) } else { Landing::File(at) });
        }
        let folder = folder_of(&at).canonicalize()?;
        if own.as_ref().is_ok_and(|it| *it == folder) && at.file_name().is_some_and(|it| it == "1") {
            return Ok(Landing::StandardOutput);
        }
        // What a process has open bears no name of its own there.
        if folder.starts_with("/proc") {
            return Ok(Landing::Stream(at));
        }
        at = folder_of(&at).join(fs::read_link(&at)?);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "its links lead in a circle"))
}

/// Whether what is written to a path is a file that can be read there.
pub fn is_file(path: &Path) -> bool {
    matches!(landing(path), Ok(Landing::File(_)))
}

/// The file that a path names when links are followed; the path itself where that is no plain file.
pub fn behind_links(path: &Path) -> PathBuf {
    match landing(path) {
        Ok(Landing::File(file)) => file,
        Ok(Landing::Stream(_) | Landing::StandardOutput) | Err(_) => path.into(),
    }
}
