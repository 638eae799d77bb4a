//! Files of a new workspace: none takes the place of another, and a run that was cut off is taken up where it ended.

use std::path::{Path, PathBuf};

use super::{SPEC, VALUES};
use crate::edge::disk::{self, Access, Adding};
use crate::ops::Error;
use crate::ops::error::InitError;

/// What stands in the way of the files that every workspace has, before anybody is asked anything.
pub fn free(folder: &Path) -> Result<(), Error> {
    not_there([SPEC, VALUES].map(|it| folder.join(it)))
}

/// Writes files below a folder, all or none; refuses to replace any.
pub fn write(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    let paths = || files.iter().map(|(path, _)| folder.join(path));
    if paths().all(|it| is_there(&it)) {
        not_there(paths())?;
    }
    put(folder, to_write(folder, files, None)?)
}

/// The files of these that are still to be written, the spec being the first: what a run that was cut off has written is
/// there already. `sealed` is the one that no two runs write alike; beside the same spec it is of such a run. Refuses where
/// another file is in the way.
pub fn to_write<'a>(
    folder: &Path,
    files: &'a [(String, String)],
    sealed: Option<&str>,
) -> Result<Vec<&'a (String, String)>, Error> {
    let is_same = |it: &(String, String)| disk::read(&folder.join(&it.0)).is_ok_and(|bytes| bytes == it.1.as_bytes());
    let begun = files.first().is_some_and(is_same);
    let missing: Vec<_> = files.iter().filter(|it| !is_same(it)).collect();
    let other = missing.iter().filter(|it| !(begun && sealed == Some(it.0.as_str())));
    not_there(other.map(|it| folder.join(&it.0)))?;
    Ok(missing)
}

/// Writes all of them or none.
pub fn put(folder: &Path, files: Vec<&(String, String)>) -> Result<(), Error> {
    let mut adding = Adding::begin();
    for (path, text) in files {
        adding.write(&folder.join(path), text.as_bytes(), Access::Public)?;
    }
    adding.keep();
    Ok(())
}

/// Refuses where one of these is there already, be it a link to nothing.
pub fn not_there(paths: impl IntoIterator<Item = PathBuf>) -> Result<(), Error> {
    let taken: Vec<PathBuf> = paths.into_iter().filter(|it| is_there(it)).collect();
    if taken.is_empty() { Ok(()) } else { Err(InitError::Exists(taken).into()) }
}

fn is_there(path: &Path) -> bool {
    path.exists() || path.is_symlink()
}
