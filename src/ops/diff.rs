//! `ichor diff`: what lies between two locks, bundles or revisions.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Error;
use super::error::DiffError;
use crate::edge::disk;
use crate::edge::git::{self, Git};
use crate::review::compare::{self, Diff, Side};
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;
use crate::workspace::{self, Workspace, committed, side};

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Compares two sides. A side is a lock, a bundle, a spec or a git revision; without any, `HEAD` is compared with the work
/// tree, and one alone with the work tree. `A..B` names both, `A...B` begins where the two part.
pub fn diff(old: Option<&str>, new: Option<&str>, spec: &Path, now: Timestamp) -> Result<Diff, Error> {
    let place = Place::new(spec)?;
    let (old, new) = match (old, new) {
        (Some(range), None) if !Path::new(range).exists() && range.contains("..") => place.range(range)?,
        (Some(old), None) => (place.read(old)?, place.work_tree()?),
        (Some(old), Some(new)) => (place.read(old)?, place.read(new)?),
        (None, _) => (place.read("HEAD")?, place.work_tree()?),
    };
    // The new side first: parts that did not change need not be rendered twice.
    let new = place.side(new, None)?;
    let old = place.side(old, Some(&new))?;
    Ok(compare::diff(&old, &new, now))
}

/// What a word on the command line means.
enum Meaning {
    Revision { name: String, commit: String },
    WorkTree(PathBuf),
    Lock { name: String, lock: Box<Lock> },
    Bundle { name: String, bundle: Box<Bundle> },
}

/// Where the spec lies, on disk and in git.
struct Place {
    spec: PathBuf,
    /// What git has against reading it counts once a revision is asked for: all else works without git.
    git: Result<Option<Git>, git::Error>,
}

impl Place {
    fn new(spec: &Path) -> Result<Place, Error> {
        let spec = if spec.is_dir() { spec.join("ichor.yaml") } else { spec.to_path_buf() };
        let folder = std::path::absolute(&spec).unwrap_or_else(|_| spec.clone());
        let near = folder.ancestors().skip(1).find(|it| it.is_dir()).unwrap_or(Path::new("/"));
        Ok(Place { spec, git: Git::find(near) })
    }

    fn git(&self, wanted: &str) -> Result<&Git, Error> {
        match &self.git {
            Ok(Some(git)) => Ok(git),
            Ok(None) => Err(DiffError::NoRepository { wanted: wanted.into() }.into()),
            Err(fault) => Err(DiffError::NoGit { wanted: wanted.into(), fault: fault.clone() }.into()),
        }
    }

    fn work_tree(&self) -> Result<Meaning, Error> {
        Ok(Meaning::WorkTree(self.spec.clone()))
    }

    fn range(&self, range: &str) -> Result<(Meaning, Meaning), Error> {
        let word = |it: &str| if it.is_empty() { "HEAD".to_owned() } else { it.to_owned() };
        let (old, new, from_base) = match range.split_once("...") {
            Some((old, new)) => (word(old), word(new), true),
            None => {
                let (old, new) = range.split_once("..").unwrap_or((range, ""));
                (word(old), word(new), false)
            }
        };
        let (old, new) = (self.revision(&old)?, self.revision(&new)?);
        match (&self.git, old, new) {
            (Ok(Some(git)), Meaning::Revision { name, commit }, Meaning::Revision { name: new, commit: to })
                if from_base =>
            {
                let base = match git.merge_base(&commit, &to)? {
                    Some(base) => base,
                    None if git.is_shallow()? => return Err(DiffError::Shallow { wanted: range.into() }.into()),
                    None => return Err(DiffError::NoCommon { one: name, other: new }.into()),
                };
                let old = Meaning::Revision { name: format!("{name} where {new} parted from it"), commit: base };
                Ok((old, Meaning::Revision { name: new, commit: to }))
            }
            (_, old, new) => Ok((old, new)),
        }
    }

    fn read(&self, word: &str) -> Result<Meaning, Error> {
        let path = Path::new(word);
        if path.is_dir() {
            return Ok(Meaning::WorkTree(path.join("ichor.yaml")));
        }
        if path.exists() {
            return content(word, path, &disk::read_any(path)?);
        }
        if let (Ok(Some(git)), Some(_)) = (&self.git, word.split_once(':'))
            && let Some(bytes) = git.show(word)?
        {
            return content(word, path, &bytes);
        }
        self.revision(word)
    }

    fn revision(&self, word: &str) -> Result<Meaning, Error> {
        let git = self.git(word)?;
        let commit = match git.commit(word)? {
            Some(commit) => commit,
            None if git.is_shallow()? => return Err(DiffError::Shallow { wanted: word.into() }.into()),
            None => return Err(DiffError::NoRevision { wanted: word.into() }.into()),
        };
        let short = commit.get(..9).unwrap_or(&commit);
        let name = if commit.starts_with(word) { short.to_owned() } else { format!("{word} ({short})") };
        Ok(Meaning::Revision { name, commit })
    }

    fn side(&self, meaning: Meaning, known: Option<&Side>) -> Result<Side, Error> {
        match meaning {
            Meaning::WorkTree(spec) => {
                let workspace = Workspace::read(&spec)?;
                let (lock, _) = workspace.unchecked_lock()?;
                Ok(workspace.with_sources(Some(&lock), |sources| {
                    side::of_workspace("work tree", &workspace.spec, &lock, sources, known)
                }))
            }
            Meaning::Bundle { name, bundle } => Ok(Side::of_bundle(&name, &bundle)),
            Meaning::Lock { name, lock } => {
                // The lock may be one of the spec that lies here.
                let here = Workspace::read(&self.spec).ok().filter(|it| it.spec.bundle == lock.bundle);
                Ok(match here {
                    Some(here) => here.with_sources(Some(&lock), |sources| {
                        side::of_workspace(&name, &here.spec, &lock, sources, known)
                    }),
                    None => Side::of_lock(&name, &lock, "no spec of this bundle is at hand: name it with --spec"),
                })
            }
            Meaning::Revision { name, commit } => {
                let side = committed::side(&name, &self.spec, self.git(&name)?, &commit, known)?;
                side.ok_or_else(|| DiffError::NoRepository { wanted: name }.into())
            }
        }
    }
}

fn content(name: &str, path: &Path, bytes: &[u8]) -> Result<Meaning, Error> {
    if bytes.starts_with(GZIP) {
        let bundle =
            Bundle::decode(bytes).map_err(|fault| workspace::Error::NotABundle { path: path.into(), fault })?;
        return Ok(Meaning::Bundle { name: name.into(), bundle: Box::new(bundle) });
    }
    let text = String::from_utf8_lossy(bytes);
    // A spec has parts in a list, a lock its format first of all.
    if path.is_file() && !text.contains("\nformat: ") && text.contains("\nparts:") {
        return Ok(Meaning::WorkTree(path.into()));
    }
    let lock = Lock::decode(&text).map_err(|fault| workspace::Error::Lock { path: path.into(), fault })?;
    Ok(Meaning::Lock { name: name.into(), lock: Box::new(lock) })
}
