//! What the store is kept for: the links that `build` made into it. One that is gone, or leads elsewhere, keeps nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::disk::{self, Access, Error};
use super::store::{Store, Stored};
use crate::base::digest::Digest;

/// Below the store, a file each with the path of a link.
const ROOTS: &str = "roots";
/// What was written so shortly before may be of a build that makes its link just now.
const FRESH: Duration = Duration::from_secs(600);

/// A bundle in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    /// Its name there, `HASH-NAME`.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// The links that lead to it.
    pub roots: Vec<PathBuf>,
}

/// What sweeping did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub bundles: Vec<String>,
    /// In bytes.
    pub size: u64,
}

impl Store {
    /// Remembers a link into the store. A store that cannot be written to keeps nothing for it.
    pub fn remember(&self, link: &Path) {
        let Ok(link) = std::path::absolute(link) else { return };
        let Some(text) = link.to_str() else { return };
        let path = self.folder().join(ROOTS).join(&Digest::of(text.as_bytes()).hex()[..40]);
        let _ = disk::replace(&path, format!("{text}\n").as_bytes(), Access::Public);
    }

    /// The links that are remembered and still lead into the store, by what they lead to; those that do not are forgotten
    /// where `forgets` says so.
    fn roots(&self, forgets: bool) -> Result<BTreeMap<PathBuf, Vec<PathBuf>>, Error> {
        let mut roots: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for path in list(&self.folder().join(ROOTS))? {
            let link = PathBuf::from(disk::read_text(&path)?.trim_end());
            match link.symlink_metadata().is_ok_and(|it| it.is_symlink()).then(|| link.canonicalize()) {
                Some(Ok(target)) if self.has(&target) => roots.entry(target).or_default().push(link),
                _ if forgets => disk::remove(&path)?,
                _ => {}
            }
        }
        Ok(roots)
    }

    fn has(&self, target: &Path) -> bool {
        self.folder().canonicalize().is_ok_and(|it| target.parent() == Some(&it))
    }

    /// Every bundle, sorted by its name.
    pub fn list(&self) -> Result<Vec<Entry>, Error> {
        let roots = self.roots(false)?;
        let mut entries = Vec::new();
        for path in list(self.folder())? {
            let Some(name) = path.file_name().and_then(|it| it.to_str()?.strip_suffix(".tar.gz")) else { continue };
            let roots = path.canonicalize().ok().and_then(|it| roots.get(&it).cloned()).unwrap_or_default();
            entries.push(Entry { name: name.into(), size: disk::length(&path)?, path, roots });
        }
        Ok(entries)
    }

    /// The bundles that are not what was put there.
    pub fn damaged(&self) -> Result<Vec<Entry>, Error> {
        let mut all = self.list()?;
        all.retain(|it| !matches!(self.read(&it.path), Stored::Whole(_)));
        Ok(all)
    }

    /// Removes the bundles that no link leads to, and what was noted of them; with `keeps`, tells them alone.
    pub fn sweep(&self, now: SystemTime, keeps: bool) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        for it in self.list()?.into_iter().filter(|it| it.roots.is_empty()) {
            let written = fs::metadata(&it.path).and_then(|it| it.modified());
            let is_settled = written.is_ok_and(|it| now.duration_since(it).is_ok_and(|age| age >= FRESH));
            if !is_settled {
                continue;
            }
            if !keeps {
                for end in ["tar.gz", "tar.gz.sha256", "locked", "checked"] {
                    disk::if_any(disk::remove(&self.folder().join(format!("{}.{end}", it.name))))?;
                }
            }
            swept.size += it.size;
            swept.bundles.push(it.name);
        }
        if !keeps {
            self.roots(true)?;
        }
        Ok(swept)
    }
}

/// The plain files of a folder, sorted; none where there is no such folder.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error { action: "list", path: folder.into(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(failed(fault)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}
