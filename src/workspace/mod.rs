//! A spec with its lock and all that they name, opened once: each file is read a single time, however many ask for it.

pub mod bundle;
pub mod cache;
pub mod chart;
pub mod committed;
pub mod error;
pub mod fetching;
pub mod fleet;
pub mod recipients;
pub mod side;

pub use error::Error;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::digest::Digest;
use crate::edge::age;
use crate::edge::blobs::Blobs;
use crate::edge::disk::{self, Adding};
use crate::edge::fetch::{Event, LocalBlobs, Progress};
use crate::edge::gitops::DiskTrees;
use crate::edge::hold::{self, Hold, Waiting};
use crate::edge::random;
use crate::edge::read_files::ReadFiles;
use crate::edge::sources::Disk;
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;
use crate::stage::pack;
use crate::stage::render;
use crate::stage::resolve::{self, Remote, Resolved, SourceError, Sources};
use crate::stage::seal::{self, Sealed};
use crate::stage::spec::{Source, Spec};
use crate::stage::vendored::{Stale, Vendored};
use error::Unlike;
use fetching::Fetched;
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
    pub(crate) helm: Option<HelmVersion>,
    /// What was fetched for a new lock; `None` where everything must be what the lock says.
    pub(crate) fetched: Option<Fetched>,
    files: Arc<ReadFiles>,
}

impl Workspace {
    /// Reads the spec at a path; a folder stands for the `ichor.yaml` in it.
    pub fn read(spec_path: &Path) -> Result<Workspace, Error> {
        Workspace::of_files(spec_path, Arc::default())
    }

    fn of_files(spec_path: &Path, files: Arc<ReadFiles>) -> Result<Workspace, Error> {
        let path = if spec_path.is_dir() { spec_path.join("ichor.yaml") } else { spec_path.to_path_buf() };
        let spec_text = match files.text(&path) {
            Err(fault) if fault.source.kind() == ErrorKind::NotFound => return Err(Error::NoSpec(path)),
            read => read?,
        };
        let file = path.display().to_string();
        let spec_folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut spec = Spec::parse(&file, &spec_text, &DiskTrees::new(&spec_folder)).map_err(Error::Spec)?;
        let root = disk::workspace(&path, &spec.bundle);
        let vendor = root.join("vendor");
        let lock_path = root.join("lockfiles").join(format!("{}.lock", spec.bundle));
        if let Some((rules, place)) = &spec.recipients_from {
            spec.recipients = recipients::of_rules(&spec_folder.join(rules), &lock_path, Some(place))?;
        }
        Ok(Workspace { spec, spec_text, file, lock_path, spec_folder, vendor, helm: None, fetched: None, files })
    }

    /// Reads the spec at a path, and holds its lock for a verb that may write it: what is read from here on is what stays
    /// until the hold ends.
    pub(crate) fn held(
        spec_path: &Path,
        verb: &str,
        progress: &dyn Progress,
    ) -> Result<(Workspace, Option<Hold>), Error> {
        for _ in 0..3 {
            let before = Workspace::read(spec_path)?;
            let path = before.lock_path;
            let hold = hold::file(&path, verb, waiting(&|text| progress.event(Event::Note(text))))?;
            // Whoever held it before may have written the spec, too.
            before.files.forget_if_changed(Path::new(&before.file));
            let workspace = Workspace::of_files(spec_path, before.files)?;
            // The folder of the locks is there now, so that it is found, and named, from the root.
            let absolute = |it: &Path| std::path::absolute(it).ok();
            if absolute(&workspace.lock_path) == absolute(&path) {
                return Ok((workspace, hold));
            }
        }
        Err(Error::ChangedMeanwhile(spec_path.into()))
    }

    /// Makes sure that the lock on disk is still the text that was read, for editors and git know of no holds.
    pub(crate) fn check_lock(&self, before: Option<&str>) -> Result<(), Error> {
        self.unchanged(&self.lock_path, before)
    }

    /// As [`Workspace::check_lock`], of the spec.
    pub(crate) fn check_spec(&self) -> Result<(), Error> {
        self.unchanged(Path::new(&self.file), Some(&self.spec_text))
    }

    fn unchanged(&self, path: &Path, before: Option<&str>) -> Result<(), Error> {
        if self.files.is_still(path, before)? { Ok(()) } else { Err(Error::ChangedMeanwhile(path.into())) }
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
        let Some(text) = self.files.text_if_any(&self.lock_path)? else { return Ok(None) };
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
    pub fn resolve(&self, lock: Option<&Lock>) -> Result<Resolved, Error> {
        let helm = self.helm(lock);
        let lock = lock.filter(|_| self.fetched.is_none());
        self.with_sources(lock, |sources| resolve::resolve(&self.spec, helm, sources)).map_err(Error::Resolve)
    }

    /// What the spec and this lock name, at hand and as the lock has it.
    pub(crate) fn vendored(&self, lock: &Lock) -> Result<Vendored, Error> {
        Vendored::locked(&self.spec, self.resolve(Some(lock))?, lock).map_err(|stale| self.stale(stale))
    }

    /// Whether everything that the spec names is what the lock says, told without reading any chart.
    pub(crate) fn is_unchanged(&self, lock: &Lock) -> bool {
        let helm = self.helm(Some(lock));
        self.with_sources(Some(lock), |sources| Vendored::is_unchanged(&self.spec, helm, lock, sources))
    }

    /// What is rendered, which is what the lock says.
    pub(crate) fn sealed(&self, lock: &Lock, vendored: &Vendored) -> Result<Sealed, Error> {
        let sealed = seal::seal(&render::render(vendored, &random::seed(), None)?)?;
        self.check(&sealed, lock)?;
        Ok(sealed)
    }

    /// The render must be the one that was locked and reviewed, and the lock tell of it what it is.
    pub(crate) fn check(&self, sealed: &Sealed, lock: &Lock) -> Result<(), Error> {
        let parts = sealed.parts().iter().filter_map(|part| {
            let locked = lock.parts.get(&part.name)?;
            let edited = part.output == locked.output;
            Some(Unlike { part: part.name.clone(), edited, differences: part.differences(locked) })
        });
        let parts: Vec<Unlike> = parts.filter(|it| !it.differences.is_empty()).collect();
        if parts.is_empty() { Ok(()) } else { Err(Error::OutputDiffers { path: self.lock_path.clone(), parts }) }
    }

    /// The bundle of what spec and lock name.
    pub(crate) fn bundle(&self, lock: &Lock, vendored: &Vendored) -> Result<Bundle, Error> {
        let sealed = self.sealed(lock, vendored)?;
        Ok(Bundle::assemble(&sealed, &pack::pack(&sealed, &self.spec), lock)?)
    }

    /// Why spec and lock do not go together. Recipients that nothing can be sealed to come first: no `reseal` takes them.
    pub(crate) fn stale(&self, stale: Vec<Stale>) -> Error {
        let differ = stale.iter().any(|it| matches!(it, Stale::Recipients { .. }));
        match age::of_one_kind(&self.spec.recipients) {
            Err(fault) if differ => fault.into(),
            _ => Error::Stale { path: self.lock_path.clone(), stale },
        }
    }

    /// The Helm to render as over this lock.
    pub(crate) fn helm(&self, lock: Option<&Lock>) -> HelmVersion {
        self.helm.unwrap_or_else(|| self.spec.helm_over(lock.map(Lock::helm)))
    }

    /// The spec's sources; what lies elsewhere is looked up with a function.
    pub(crate) fn disk<'w>(
        &'w self,
        remote: &'w dyn Fn(&str, &Source, &str) -> Result<Remote, SourceError>,
    ) -> Disk<'w> {
        Disk::new(&self.spec_folder, &self.files, remote)
    }

    /// Gives the spec's sources to a function. What lies elsewhere is what was fetched, or is at hand as `lock` names it.
    pub fn with_sources<T>(&self, lock: Option<&Lock>, run: impl FnOnce(&dyn Sources) -> T) -> T {
        let local = self.local();
        let remote = |key: &str, _: &_, text: &str| match self.fetched.as_ref().and_then(|it| it.remotes.get(key)) {
            Some(remote) => Ok(remote.clone()),
            None => fetching::at_hand(lock, &local, key, text),
        };
        run(&self.disk(&remote))
    }

    /// The trees of GitOps that parts come from.
    pub(super) fn trees(&self) -> DiskTrees {
        DiskTrees::new(&self.spec_folder)
    }

    /// Every file of the user's that was read so far, with its bytes.
    pub(crate) fn files_read(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = self.files.all();
        if let Some((rules, _)) = &self.spec.recipients_from {
            let path = self.spec_folder.join(rules);
            if let Ok(bytes) = disk::read(&path) {
                all.insert(path, bytes);
            }
        }
        all
    }

    /// Where fetched content lies.
    pub fn local(&self) -> LocalBlobs {
        LocalBlobs { vendor: Blobs::at(&self.vendor), cache: Blobs::of_user() }
    }

    /// Takes the cache, where something is to be kept in it.
    pub(crate) fn hold_cache(&self, progress: &dyn Progress) -> Result<Option<Hold>, hold::Error> {
        let keeps = self.fetched.as_ref().is_some_and(|it| !it.fresh.is_empty());
        let say = |text: &str| progress.event(Event::Note(text));
        self.local().cache.filter(|_| keeps).map(|it| hold::folder(it.root(), waiting(&say))).transpose()
    }

    /// Keeps what was fetched in the cache.
    pub(crate) fn keep_fetched(&self, adding: &mut Adding) -> Result<(), disk::Error> {
        self.fetched.as_ref().map_or(Ok(()), |it| self.local().keep(&it.fresh, adding))
    }

    /// A file that the spec names.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.bytes_on_disk(path)?)
    }

    /// As [`Workspace::bytes`], for a file that need not be there.
    pub(crate) fn bytes_on_disk(&self, path: &str) -> Result<Vec<u8>, disk::Error> {
        self.files.read(&self.spec_folder.join(path))
    }

    /// Content by its digest: what was just fetched, or lies in `vendor` or the cache.
    pub(crate) fn content(&self, digest: &Digest) -> Result<Option<Vec<u8>>, disk::Error> {
        let fresh = self.fetched.iter().flat_map(|it| &it.fresh).find(|it| Digest::of(it) == *digest);
        match fresh {
            Some(bytes) => Ok(Some(bytes.clone())),
            None => self.local().read(digest),
        }
    }

    /// A text file that the spec names, and its name for messages.
    pub fn text(&self, path: &str) -> Result<(String, String), Error> {
        let full = self.spec_folder.join(path);
        Ok((full.display().to_string(), self.files.text(&full)?))
    }

    /// The files of a manifest, by its path from the spec's folder: itself, or the YAML in a folder. None where it cannot be
    /// read, which whoever resolves it says.
    pub fn texts(&self, path: &str) -> Vec<(String, String)> {
        let full = self.spec_folder.join(path);
        let of_folder = ["yaml", "yml", "json"].map(|it| disk::files_with_extension(&full, it).unwrap_or_default());
        let files = if full.is_dir() { of_folder.concat() } else { vec![full] };
        let read = |it: PathBuf| Some((it.display().to_string(), self.files.text(&it).ok()?));
        files.into_iter().filter_map(read).collect()
    }
}

/// How long a verb waits for others.
pub(crate) fn waiting<'w>(say: &'w dyn Fn(&str)) -> Waiting<'w> {
    Waiting { limit: hold::USUAL, say }
}
