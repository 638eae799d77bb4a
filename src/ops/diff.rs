//! `ichor diff`: what lies between two locks, bundles or revisions.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::DiffError;
use super::fetching::{self, AtHand};
use super::{Error, Workspace, side};
use crate::base::digest::Digest;
use crate::edge::blobs::Blobs;
use crate::edge::disk;
use crate::edge::fetch::LocalBlobs;
use crate::edge::git::{self, Git};
use crate::edge::gitops::CommittedTrees;
use crate::review::compare::{self, Diff, Side};
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;
use crate::stage::spec::Spec;

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
            Meaning::Revision { name, commit } => self.committed(&name, &commit, known),
        }
    }

    /// The spec and the lock as they stood in a commit. Where there were none, everything is new.
    fn committed(&self, name: &str, commit: &str, known: Option<&Side>) -> Result<Side, Error> {
        let git = self.git(name)?;
        let absolute = std::path::absolute(&self.spec).unwrap_or_else(|_| self.spec.clone());
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        // git tells the top with links resolved.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
        let Ok(folder) = folder.strip_prefix(&git.top) else {
            return Err(DiffError::NoRepository { wanted: name.into() }.into());
        };
        let folder = folder.to_string_lossy().into_owned();
        let file = absolute.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let path = git::clean(&folder, &file).unwrap_or(file);
        let revision = git.revision(commit)?;
        let Some(text) = revision.read(&path)? else {
            return Ok(side::nothing(name, format!("there is no {path} in it")));
        };
        let shown = format!("{name}:{path}");
        let spec = Spec::parse(&shown, &String::from_utf8_lossy(&text), &CommittedTrees::new(&revision, &folder))
            .map_err(Error::Spec)?;
        let mut above = Some(folder.as_str());
        let root = loop {
            match above {
                Some(it) if revision.is_folder(join(it, "lockfiles").as_str()) => break it,
                Some("") | None => break folder.as_str(),
                Some(it) => above = Some(it.rsplit_once('/').map_or("", |(it, _)| it)),
            }
        };
        let lock_path = join(root, &format!("lockfiles/{}.lock", spec.bundle));
        let Some(text) = revision.read(&lock_path)? else {
            return Ok(side::nothing(name, format!("there is no {lock_path} in it")));
        };
        let lock = Lock::decode(&String::from_utf8_lossy(&text))
            .map_err(|fault| Error::Lock { path: format!("{name}:{lock_path}").into(), fault })?;
        let local = LocalBlobs {
            vendor: Blobs::at(&disk::workspace(&self.spec, &spec.bundle).join("vendor")),
            cache: Blobs::of_user(),
        };
        // What is vendored now need not be what was then: that is in git, where `vendor` is.
        let vendored = |digest: &Digest| {
            let here = fetching::look(&local, digest)?;
            if let AtHand::Content(_) = here {
                return Ok(here);
            }
            let bytes = revision.read(&join(root, &format!("vendor/blobs/sha256/{}", digest.hex())));
            let bytes = bytes.map_err(|it| git::fault(&it))?;
            Ok(bytes.filter(|it| Digest::of(it) == *digest).map_or(here, AtHand::Content))
        };
        let remote = |key: &str, _: &_, text: &str| fetching::found(Some(&lock), &vendored, key, text);
        Ok(side::of_workspace(name, &spec, &lock, &revision.sources(&folder, &remote), known))
    }
}

fn content(name: &str, path: &Path, bytes: &[u8]) -> Result<Meaning, Error> {
    if bytes.starts_with(GZIP) {
        let bundle = Bundle::decode(bytes).map_err(|fault| Error::NotABundle { path: path.into(), fault })?;
        return Ok(Meaning::Bundle { name: name.into(), bundle: Box::new(bundle) });
    }
    let text = String::from_utf8_lossy(bytes);
    // A spec has parts in a list, a lock its format first of all.
    if path.is_file() && !text.contains("\nformat: ") && text.contains("\nparts:") {
        return Ok(Meaning::WorkTree(path.into()));
    }
    let lock = Lock::decode(&text).map_err(|fault| Error::Lock { path: path.into(), fault })?;
    Ok(Meaning::Lock { name: name.into(), lock: Box::new(lock) })
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
