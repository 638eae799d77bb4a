//! Fetching what lies elsewhere: bounded, verified by digest, several sources at a time.
//!
//! The client is our own on `ureq`: `oci-client` 0.18 hides `Retry-After`, follows redirects to plain http, takes manifests
//! of any size, has no refresh tokens, and adds 98 packages to the lockfile where this adds 30.

mod address;
mod answers;
mod challenge;
mod credentials;
mod errand;
mod failure;
mod helper;
mod http;
mod image;
mod limit;
mod pace;
mod pages;
mod progress;
mod proxy;
mod registry;
mod repository;
mod signatures;
mod trust;
mod upload;

pub use credentials::Credentials;
pub use http::Sink;
pub use image::name as image_name;
pub use progress::{Event, Progress, Silent};
pub use proxy::Proxies;
pub use registry::Registry;
pub use signatures::Signatures;
pub use upload::Sent;

/// Reads bytes as what servers answer: the index of a repository, and headers. For those who try hostile answers.
#[doc(hidden)]
pub fn answers_of_others(bytes: &[u8]) {
    let _ = repository::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        challenge::parse(text);
        if let Ok(value) = text.parse() {
            let headers = ureq::http::HeaderMap::from_iter([(ureq::http::header::LINK, value)]);
            pages::link(&headers);
        }
    }
}

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::blobs::{Blob, Blobs};
use super::disk::{self, Adding};
use super::sources::disk_fault;
use super::voice;
use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::stage::lock::LockedSource;
use crate::stage::resolve::choose;
use crate::stage::resolve::{Hold, Remote, SourceError, Wish};
use crate::stage::spec::{ContentKind, Network, OciName, Source};
use errand::{Errand, chart_manifest, no_chart};
use http::Http;
use limit::Limit;
use registry::Memory;
use repository::{Indexes, Web};

/// How to fetch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the network may be used at all.
    pub offline: bool,
    /// How many sources are fetched at once.
    pub jobs: usize,
    /// How long to wait for a connection, an answer, or the next bytes of one.
    pub patience: Duration,
    /// How many bytes a second images may take; absent where there is no limit.
    pub rate: Option<u64>,
    pub credentials: Credentials,
    pub proxies: Proxies,
    /// The user's own file; it need not exist.
    pub user_file: Option<PathBuf>,
}

/// For what lies here.
impl Default for Settings {
    fn default() -> Self {
        let patience = Duration::from_secs(30);
        Settings {
            offline: true,
            jobs: 1,
            patience,
            rate: None,
            credentials: Credentials::default(),
            proxies: Proxies::default(),
            user_file: None,
        }
    }
}

/// Where content that was fetched before lies: the workspace's `vendor`, then the user's cache.
#[derive(Clone, Debug)]
pub struct LocalBlobs {
    pub vendor: Blobs,
    pub cache: Option<Blobs>,
}

impl LocalBlobs {
    /// Content by its digest. What is damaged counts as absent: it will be had again.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, disk::Error> {
        self.look(digest, |_| {})
    }

    /// Like [`LocalBlobs::read`]; tells of each file under the digest that is damaged.
    pub fn look(&self, digest: &Digest, damaged: impl Fn(&Path)) -> Result<Option<Vec<u8>>, disk::Error> {
        for shelf in std::iter::once(&self.vendor).chain(&self.cache) {
            match shelf.read(digest)? {
                Blob::Found(bytes) => {
                    voice::detail(|| format!("take {}", shelf.path(digest).display()));
                    return Ok(Some(bytes));
                }
                Blob::Damaged => damaged(&shelf.path(digest)),
                Blob::Absent => {}
            }
        }
        Ok(None)
    }

    /// Keeps what was fetched in the cache.
    pub fn keep(&self, all: &[Vec<u8>], adding: &mut Adding) -> Result<(), disk::Error> {
        let Some(cache) = self.cache.as_ref().filter(|_| !all.is_empty()) else { return Ok(()) };
        all.iter().try_for_each(|it| cache.put(it, adding).map(drop))
    }
}

/// The clients for one run.
pub struct Fetcher<'f> {
    settings: &'f Settings,
    local: &'f LocalBlobs,
    clients: &'f Clients<'f>,
    progress: &'f dyn Progress,
    /// What was fetched and verified, and lies on no shelf.
    fresh: Mutex<Vec<Vec<u8>>>,
}

/// Builds the parts a [`Fetcher`] borrows.
pub struct Clients<'f> {
    http: Http<'f>,
    memory: Memory,
    indexes: Indexes,
    network: &'f Network,
    progress: &'f dyn Progress,
}

impl<'f> Clients<'f> {
    /// `network` is the spec's and the user's; its certificates are read here, from `folder`.
    pub fn new(
        settings: &Settings,
        network: &'f Network,
        folder: &Path,
        progress: &'f dyn Progress,
    ) -> Result<Self, SourceError> {
        let mut roots = Vec::new();
        for path in &network.authorities {
            roots.extend(trust::certificates(&folder.join(path))?);
        }
        let (proxies, limit) = (settings.proxies.clone(), Limit::new(settings.rate));
        let http = Http::new(network.plain_http.clone(), roots, proxies, settings.patience, limit, progress);
        Ok(Clients { http, memory: Memory::default(), indexes: Indexes::default(), network, progress })
    }

    /// The registries, for one source or bundle.
    pub fn registry(&'f self, settings: &'f Settings) -> Registry<'f> {
        Registry::new(&self.http, &settings.credentials, &self.network.mirrors, &self.memory)
    }

    /// The provenance that lies beside the archive of a chart in a repository or at an address.
    pub fn provenance(
        &'f self,
        settings: &'f Settings,
        source: &Source,
        version: Option<&str>,
    ) -> Result<Vec<u8>, SourceError> {
        let web = Web::new(&self.http, &settings.credentials, &self.network.mirrors, &self.indexes);
        errand::provenance(&web, source, version)
    }

    pub fn fetcher(&'f self, settings: &'f Settings, local: &'f LocalBlobs) -> Fetcher<'f> {
        Fetcher { settings, local, clients: self, progress: self.progress, fresh: Mutex::default() }
    }
}

impl Fetcher<'_> {
    /// Fetches everything, several at a time; the results are in the order of the wishes.
    pub fn all(&self, wishes: &[Wish]) -> Vec<Result<Remote, SourceError>> {
        self.progress.event(Event::Total(wishes.len()));
        each(self.settings.jobs, wishes, |wish| {
            let remote = self.errand().one(wish)?;
            self.progress.event(Event::Done { name: &wish.key, bytes: remote.bytes.len() as u64 });
            Ok(remote)
        })
    }

    /// Every version a source has, in no order. None for a plain address.
    pub fn versions(&self, source: &Source) -> Result<Vec<String>, SourceError> {
        match source {
            Source::Oci(name) => {
                Ok(self.errand().registry.tags(name)?.iter().map(|it| choose::version_of_tag(it)).collect())
            }
            Source::Repository { address, chart } => {
                let index = self.errand().web.index(address)?;
                let entries = index.get(chart).ok_or_else(|| no_chart(address, chart))?;
                Ok(entries.iter().map(|it| it.version.clone()).collect())
            }
            Source::Local(_) | Source::Url(_) => Ok(Vec::new()),
        }
    }

    /// The manifest of a locked artifact and every blob it names, all in the cache or at hand.
    pub fn artifact(
        &self,
        part: &str,
        name: &OciName,
        locked: &LockedSource,
    ) -> Result<(Vec<u8>, Vec<Vec<u8>>), SourceError> {
        let digest = locked.manifest.ok_or_else(|| SourceError::NoManifest { name: name.to_string() })?;
        let errand = self.errand();
        let bytes = errand.locked_manifest(part, name, locked, &digest)?;
        let manifest = chart_manifest(name, &bytes)?;
        let blobs = errand.blobs(name, &manifest)?;
        Ok((bytes, blobs))
    }

    /// The content of a locked source that no registry gave.
    pub fn content(&self, key: &str, source: &Source, locked: &LockedSource) -> Result<Vec<u8>, SourceError> {
        self.unplaced(key, source, locked.version.clone(), Some(locked.clone()))
    }

    /// The archive of a chart that no lock knows. `version` is exact or a constraint.
    pub fn chart(&self, name: &str, source: &Source, version: Option<String>) -> Result<Vec<u8>, SourceError> {
        self.unplaced(name, source, version, None)
    }

    /// What stands nowhere in a spec.
    fn unplaced(
        &self,
        key: &str,
        source: &Source,
        version: Option<String>,
        locked: Option<LockedSource>,
    ) -> Result<Vec<u8>, SourceError> {
        let wish = Wish {
            key: key.into(),
            source: source.clone(),
            text: locked.as_ref().map_or_else(|| key.to_owned(), |it| it.source.clone()),
            kind: ContentKind::Chart,
            version,
            sha256: None,
            locked,
            hold: Hold::Keep,
            place: Place { file: "".into(), text: None, span: 0..0 },
            version_place: None,
        };
        self.errand().one(&wish).map(|it| it.bytes)
    }

    /// What was fetched and verified, to be kept once all went well.
    pub fn into_fresh(self) -> Vec<Vec<u8>> {
        self.fresh.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, bytes: &[u8]) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).push(bytes.to_vec());
    }

    /// Content that need not be fetched. What is damaged is said, and is fetched.
    fn at_hand(&self, digest: &Digest) -> Result<Option<Vec<u8>>, SourceError> {
        let damaged = |path: &Path| {
            let note = format!("{} is damaged: its content is had anew", path.display());
            self.progress.event(Event::Note(&note));
        };
        self.local.look(digest, damaged).map_err(|it| disk_fault(&it))
    }

    fn errand(&self) -> Errand<'_> {
        let Clients { http, network, indexes, .. } = self.clients;
        let web = Web::new(http, &self.settings.credentials, &network.mirrors, indexes);
        Errand { fetcher: self, registry: self.clients.registry(self.settings), web }
    }
}

/// Runs a function over items on so many threads; the results are in the order of the items.
pub fn each<T: Sync, R: Send>(jobs: usize, items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(at)
                {
                    let result = run(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
