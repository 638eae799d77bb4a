//! A spec and where its lock lies.

use std::path::{Path, PathBuf};

use super::fetching::{self, Fetched};
use super::{Error, recipients};
use crate::edge::age;
use crate::edge::blobs::Blobs;
use crate::edge::disk::{self, Adding};
use crate::edge::fetch::{Event, LocalBlobs, Progress};
use crate::edge::gitops::DiskTrees;
use crate::edge::hold::{self, Hold, Waiting};
use crate::edge::sources::Disk;
use crate::stage::lock::Lock;
use crate::stage::resolve::{self, Resolved, Sources};
use crate::stage::spec::Spec;
use crate::stage::vendored::{Stale, Vendored};
use helm_engine::helm::HelmVersion;

/// A spec that was read, and the folder that holds its lock.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub spec: Spec,
    /// The spec's text as it was read.
    pub spec_text: String,
    /// The spec's file as the user would name it.
    pub file: String,
    pub lock_path: PathBuf,
    /// The folder that holds the spec.
    pub spec_folder: PathBuf,
    /// Where everything lies that the workspace's locks name.
    pub vendor: PathBuf,
    /// The Helm to render as, where that is not what lock and spec say.
    pub(super) helm: Option<HelmVersion>,
    /// What was fetched for a new lock; `None` where everything must be what the lock says.
    pub(super) fetched: Option<Fetched>,
}

impl Workspace {
    /// Reads the spec at a path; a folder stands for the `ichor.yaml` in it.
    pub fn read(spec_path: &Path) -> Result<Workspace, Error> {
        let path = if spec_path.is_dir() { spec_path.join("ichor.yaml") } else { spec_path.to_path_buf() };
        let spec_text = disk::read_text(&path)?;
        let file = path.display().to_string();
        let spec_folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut spec = Spec::parse(&file, &spec_text, &DiskTrees::new(&spec_folder)).map_err(Error::Spec)?;
        let root = disk::workspace(&path, &spec.bundle);
        let vendor = root.join("vendor");
        let lock_path = root.join("lockfiles").join(format!("{}.lock", spec.bundle));
        if let Some((rules, place)) = &spec.recipients_from {
            spec.recipients = recipients::of_rules(&spec_folder.join(rules), &lock_path, Some(place))?;
        }
        Ok(Workspace { spec, spec_text, file, lock_path, spec_folder, vendor, helm: None, fetched: None })
    }

    /// Reads the spec at a path, and holds its lock for a verb that may write it: what is read from here on is what stays
    /// until the hold ends.
    pub(super) fn held(
        spec_path: &Path,
        verb: &str,
        progress: &dyn Progress,
    ) -> Result<(Workspace, Option<Hold>), Error> {
        for _ in 0..3 {
            let path = Workspace::read(spec_path)?.lock_path;
            let hold = hold::file(&path, verb, waiting(&|text| progress.event(Event::Note(text))))?;
            // Whoever held it before may have written the spec, too.
            let workspace = Workspace::read(spec_path)?;
            // The folder of the locks is there now, so that it is found, and named, from the root.
            let absolute = |it: &Path| std::path::absolute(it).ok();
            if absolute(&workspace.lock_path) == absolute(&path) {
                return Ok((workspace, hold));
            }
        }
        Err(Error::ChangedMeanwhile(spec_path.into()))
    }

    /// Makes sure that the lock on disk is still the text that was read, for editors and git know of no holds.
    pub(super) fn check_lock(&self, before: Option<&str>) -> Result<(), Error> {
        unchanged(&self.lock_path, before)
    }

    /// As [`Workspace::check_lock`], of the spec.
    pub(super) fn check_spec(&self) -> Result<(), Error> {
        unchanged(Path::new(&self.file), Some(&self.spec_text))
    }

    /// The lock, where there is one, and its text. Every envelope in it stands where it belongs.
    pub fn lock_if_any(&self) -> Result<Option<(Lock, String)>, Error> {
        let found = self.unchecked_lock_if_any()?;
        let faults = found.as_ref().map(|(lock, _)| lock.misplaced()).unwrap_or_default();
        if faults.is_empty() { Ok(found) } else { Err(Error::Envelopes { path: self.lock_path.clone(), faults }) }
    }

    /// The lock and its text, for those who tell of its envelopes or mend them.
    pub fn unchecked_lock(&self) -> Result<(Lock, String), Error> {
        self.unchecked_lock_if_any()?.ok_or_else(|| Error::NoLock { path: self.lock_path.clone() })
    }

    fn unchecked_lock_if_any(&self) -> Result<Option<(Lock, String)>, Error> {
        let Some(text) = disk::read_text_if_any(&self.lock_path)? else { return Ok(None) };
        match Lock::decode(&text) {
            Ok(lock) => Ok(Some((lock, text))),
            Err(fault) => Err(Error::Lock { path: self.lock_path.clone(), fault }),
        }
    }

    /// The lock and its text.
    pub fn lock(&self) -> Result<(Lock, String), Error> {
        self.lock_if_any()?.ok_or_else(|| Error::NoLock { path: self.lock_path.clone() })
    }

    /// The folder the spec's paths start at.
    pub fn spec_folder(&self) -> &Path {
        &self.spec_folder
    }

    /// Everything the spec names, read and measured. What lies elsewhere is what was fetched before, or comes from `vendor`
    /// or the user's cache by the digests of the lock; the network is never used.
    pub fn resolve(&self) -> Result<Resolved, Error> {
        let lock = self.lock_if_any()?;
        self.resolve_over(lock.as_ref().map(|(lock, _)| lock))
    }

    /// As [`Workspace::resolve`], over a lock that was read already.
    pub(super) fn resolve_over(&self, lock: Option<&Lock>) -> Result<Resolved, Error> {
        let helm = self.helm(lock);
        let lock = lock.filter(|_| self.fetched.is_none());
        self.with_sources(lock, |sources| resolve::resolve(&self.spec, helm, sources)).map_err(Error::Resolve)
    }

    /// What the spec and this lock name, at hand and as the lock has it.
    pub(super) fn vendored(&self, lock: &Lock) -> Result<Vendored, Error> {
        Vendored::locked(&self.spec, self.resolve_over(Some(lock))?, lock).map_err(|stale| self.stale(stale))
    }

    /// Why spec and lock do not go together. Recipients that nothing can be sealed to come first: no `reseal` takes them.
    pub(super) fn stale(&self, stale: Vec<Stale>) -> Error {
        let differ = stale.iter().any(|it| matches!(it, Stale::Recipients { .. }));
        match age::of_one_kind(&self.spec.recipients) {
            Err(fault) if differ => fault.into(),
            _ => Error::Stale { path: self.lock_path.clone(), stale },
        }
    }

    /// The Helm to render as over this lock.
    pub(super) fn helm(&self, lock: Option<&Lock>) -> HelmVersion {
        self.helm.unwrap_or_else(|| self.spec.helm_over(lock.map(Lock::helm)))
    }

    /// Gives the spec's sources to a function. What lies elsewhere is what was fetched, or is at hand as `lock` names it.
    pub fn with_sources<T>(&self, lock: Option<&Lock>, run: impl FnOnce(&dyn Sources) -> T) -> T {
        let local = self.local();
        let remote = |key: &str, _: &_, text: &str| match self.fetched.as_ref().and_then(|it| it.remotes.get(key)) {
            Some(remote) => Ok(remote.clone()),
            None => fetching::at_hand(lock, &local, key, text),
        };
        run(&Disk::new(&self.spec_folder, &remote))
    }

    /// The trees of GitOps that parts come from.
    pub(super) fn trees(&self) -> DiskTrees {
        DiskTrees::new(&self.spec_folder)
    }

    /// Where fetched content lies.
    pub fn local(&self) -> LocalBlobs {
        LocalBlobs { vendor: Blobs::at(&self.vendor), cache: Blobs::of_user() }
    }

    /// Takes the cache, where something is to be kept in it.
    pub(super) fn hold_cache(&self, progress: &dyn Progress) -> Result<Option<Hold>, hold::Error> {
        let keeps = self.fetched.as_ref().is_some_and(|it| !it.fresh.is_empty());
        let say = |text: &str| progress.event(Event::Note(text));
        self.local().cache.filter(|_| keeps).map(|it| hold::folder(it.root(), waiting(&say))).transpose()
    }

    /// Keeps what was fetched in the cache.
    pub(super) fn keep_fetched(&self, adding: &mut Adding) -> Result<(), disk::Error> {
        self.fetched.as_ref().map_or(Ok(()), |it| self.local().keep(&it.fresh, adding))
    }

    /// A text file that the spec names, and its name for messages.
    pub fn text(&self, path: &str) -> Result<(String, String), Error> {
        let full = self.spec_folder.join(path);
        Ok((full.display().to_string(), disk::read_text(&full)?))
    }
}

/// How long a verb waits for others.
pub(super) fn waiting<'w>(say: &'w dyn Fn(&str)) -> Waiting<'w> {
    Waiting { limit: hold::USUAL, say }
}

fn unchanged(path: &Path, before: Option<&str>) -> Result<(), Error> {
    if disk::read_text_if_any(path)?.as_deref() == before { Ok(()) } else { Err(Error::ChangedMeanwhile(path.into())) }
}
