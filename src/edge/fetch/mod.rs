//! Fetching what lies elsewhere: bounded, verified by digest, several sources at a time.
//!
//! The client is our own on `ureq`: `oci-client` 0.18 hides `Retry-After`, follows redirects to plain http, takes manifests
//! of any size, has no refresh tokens, and adds 98 packages to the lockfile where this adds 30.

mod challenge;
mod credentials;
mod helper;
mod http;
mod progress;
mod proxy;
mod registry;
mod repository;
mod upload;

pub use credentials::Credentials;
pub use progress::{Event, Progress, Silent};
pub use proxy::Proxies;
pub use registry::Registry;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, parse_pem};
use url::Url;

use super::blobs::{Blob, Blobs};
use super::disk::{self, Adding};
use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::stage::lock::LockedSource;
use crate::stage::resolve::choose::{self, Listing};
use crate::stage::resolve::{Fault, Hold, Remote, SourceError, Wish};
use crate::stage::spec::{Kind, Network, OciName, Source};
use crate::stage::vendored::artifact::CHART_CONTENT;
use crate::stage::vendored::layout::{Descriptor, Manifest};
use http::Http;
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
            credentials: Credentials::default(),
            proxies: Proxies::default(),
            user_file: None,
        }
    }
}

/// Where content that was fetched before lies: the workspace's `vendor`, then the user's cache.
#[derive(Clone, Debug)]
pub struct Shelves {
    pub vendor: Blobs,
    pub cache: Option<Blobs>,
}

impl Shelves {
    /// Content by its digest. What is damaged counts as absent: it will be had again.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, disk::Error> {
        self.look(digest, |_| {})
    }

    /// Like [`Shelves::read`]; tells of each file under the digest that is damaged.
    pub fn look(&self, digest: &Digest, damaged: impl Fn(&Path)) -> Result<Option<Vec<u8>>, disk::Error> {
        for shelf in std::iter::once(&self.vendor).chain(&self.cache) {
            match shelf.read(digest)? {
                Blob::Found(bytes) => return Ok(Some(bytes)),
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
    shelves: &'f Shelves,
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
            roots.extend(certificates(&folder.join(path))?);
        }
        let http = Http::new(network.plain_http.clone(), roots, settings.proxies.clone(), settings.patience, progress);
        Ok(Clients { http, memory: Memory::default(), indexes: Indexes::default(), network, progress })
    }

    /// The registries, for one source or bundle.
    pub fn registry(&'f self, settings: &'f Settings) -> Registry<'f> {
        Registry::new(&self.http, &settings.credentials, &self.network.mirrors, &self.memory)
    }

    pub fn fetcher(&'f self, settings: &'f Settings, shelves: &'f Shelves) -> Fetcher<'f> {
        Fetcher { settings, shelves, clients: self, progress: self.progress, fresh: Mutex::default() }
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
        let digest = locked.manifest.ok_or_else(|| {
            SourceError::new("V014", Fault::Input, format!("the lock holds no manifest for {name}"))
                .help("run `ichor lock`")
        })?;
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
            kind: Kind::Chart,
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
        self.shelves.look(digest, damaged).map_err(|it| disk_fault(&it))
    }

    fn errand(&self) -> Errand<'_> {
        let Clients { http, network, indexes, .. } = self.clients;
        let web = Web::new(http, &self.settings.credentials, &network.mirrors, indexes);
        Errand { fetcher: self, registry: self.clients.registry(self.settings), web }
    }
}

/// One source to be had, all of it in the time that is left for one.
struct Errand<'f> {
    fetcher: &'f Fetcher<'f>,
    registry: Registry<'f>,
    web: Web<'f>,
}

impl Errand<'_> {
    fn one(&self, wish: &Wish) -> Result<Remote, SourceError> {
        match &wish.source {
            Source::Oci(name) => self.oci(wish, name),
            Source::Repository { address, chart } => self.repository(wish, address, chart),
            Source::Url(address) => self.address(wish, address),
            Source::Local(path) => {
                Err(SourceError::new("V001", Fault::Input, format!("`{path}` lies on this machine")))
            }
        }
    }

    fn oci(&self, wish: &Wish, name: &OciName) -> Result<Remote, SourceError> {
        let held = wish.locked.as_ref().filter(|_| wish.hold == Hold::Keep);
        let held = held.filter(|it| name.digest.is_none() || name.digest == it.manifest);
        if let Some((locked, digest)) = held.and_then(|it| Some((it, it.manifest?))) {
            let tag = name.tag.clone().or_else(|| locked.version.as_deref().map(choose::tag));
            let known = self.fetcher.at_hand(&digest)?;
            if let Some(tag) =
                tag.filter(|_| name.digest.is_none() && known.is_some() && !self.fetcher.settings.offline)
            {
                self.check_tag(wish, name, &tag, &digest)?;
            }
            let bytes = match known {
                Some(bytes) => bytes,
                None => self.locked_manifest(part_of(wish), name, locked, &digest)?,
            };
            let manifest = chart_manifest(name, &bytes)?;
            return self.chart_of(name, &manifest, locked.version.clone(), digest);
        }
        self.online(&wish.key)?;
        let (bytes, digest, version) = match (&name.digest, &name.tag) {
            (Some(digest), tag) => {
                // The tag says what is meant; the digest says what is taken.
                let version = tag.as_deref().map(choose::version_of_tag).filter(|it| choose::is_exact(it));
                (self.registry.manifest_of_digest(name, digest)?, *digest, version)
            }
            (None, Some(tag)) => {
                let (bytes, digest) = self.registry.manifest_of_tag(name, tag)?;
                (bytes, digest, Some(choose::version_of_tag(tag)))
            }
            (None, None) => {
                let version = match &wish.version {
                    Some(version) if choose::is_exact(version) => version.clone(),
                    constraint => {
                        let tags = self.registry.tags(name)?;
                        let versions: Vec<String> = tags.iter().map(|it| choose::version_of_tag(it)).collect();
                        newest(Listing::Tags, &versions, constraint.as_deref(), &name.to_string())?
                    }
                };
                let (bytes, digest) = self.registry.manifest_of_tag(name, &choose::tag(&version))?;
                (bytes, digest, Some(version))
            }
        };
        if let Some(locked) = &wish.locked
            && wish.hold != Hold::Accept
            && version.is_some()
            && locked.version == version
            && let Some(known) = locked.manifest
            && known != digest
        {
            let tag = version.as_deref().map(choose::tag).unwrap_or_default();
            return Err(moved(&format!("tag `{tag}` of {name}"), &known, &digest, part_of(wish)));
        }
        let manifest = chart_manifest(name, &bytes)?;
        self.fetcher.keep(&bytes);
        self.chart_of(name, &manifest, version, digest)
    }

    /// The manifest that the lock names. Where the registry has it no more, the tag tells why.
    fn locked_manifest(
        &self,
        part: &str,
        name: &OciName,
        locked: &LockedSource,
        digest: &Digest,
    ) -> Result<Vec<u8>, SourceError> {
        if let Some(bytes) = self.fetcher.at_hand(digest)? {
            return Ok(bytes);
        }
        self.online(&name.to_string())?;
        let bytes = match self.registry.manifest_of_digest(name, digest) {
            Err(fault) if fault.code == "V012" => {
                let tag = name.tag.clone().or_else(|| locked.version.as_deref().map(choose::tag));
                let now = tag.as_ref().and_then(|tag| self.registry.manifest_of_tag(name, tag).ok());
                return Err(match (tag, now) {
                    (Some(tag), Some((_, now))) if now != *digest => {
                        moved(&format!("tag `{tag}` of {name}"), digest, &now, part)
                    }
                    _ => fault,
                });
            }
            other => other?,
        };
        self.fetcher.keep(&bytes);
        Ok(bytes)
    }

    /// Whether the tag still names what is locked. A registry that does not answer is no failure here: all is at hand.
    fn check_tag(&self, wish: &Wish, name: &OciName, tag: &str, locked: &Digest) -> Result<(), SourceError> {
        match self.registry.manifest_of_tag(name, tag) {
            Ok((_, now)) if now != *locked => {
                Err(moved(&format!("tag `{tag}` of {name}"), locked, &now, part_of(wish)))
            }
            Ok(_) => Ok(()),
            Err(fault) => {
                let note = format!("{}: whether tag `{tag}` has moved is not known: {fault}", wish.key);
                self.fetcher.progress.event(Event::Note(&note));
                Ok(())
            }
        }
    }

    /// The chart's archive; every other blob goes to the cache with it.
    fn chart_of(
        &self,
        name: &OciName,
        manifest: &Manifest,
        version: Option<String>,
        digest: Digest,
    ) -> Result<Remote, SourceError> {
        let blobs = self.blobs(name, manifest)?;
        let at = manifest.blobs().position(|it| it.media_type == CHART_CONTENT);
        let bytes = at.and_then(|at| blobs.into_iter().nth(at)).ok_or_else(|| not_a_chart(name, "it has no chart"))?;
        Ok(Remote { bytes, version, manifest: Some(digest) })
    }

    fn blobs(&self, name: &OciName, manifest: &Manifest) -> Result<Vec<Vec<u8>>, SourceError> {
        manifest.blobs().map(|it| self.blob(name, it)).collect()
    }

    fn blob(&self, name: &OciName, wanted: &Descriptor) -> Result<Vec<u8>, SourceError> {
        if let Some(bytes) = self.fetcher.at_hand(&wanted.digest)? {
            return Ok(bytes);
        }
        self.online(&name.to_string())?;
        let bytes = self.registry.blob(name, wanted)?;
        self.fetcher.keep(&bytes);
        Ok(bytes)
    }

    fn repository(&self, wish: &Wish, address: &str, chart: &str) -> Result<Remote, SourceError> {
        let held = wish.locked.as_ref().filter(|_| wish.hold == Hold::Keep);
        if let Some(locked) = held
            && let Some(bytes) = self.fetcher.at_hand(&locked.digest)?
        {
            return Ok(Remote { bytes, version: locked.version.clone(), manifest: None });
        }
        self.online_for(&wish.key, address)?;
        let index = self.web.index(address)?;
        let entries = index.get(chart).ok_or_else(|| no_chart(address, chart))?;
        let constraint = held.and_then(|it| it.version.as_deref()).or(wish.version.as_deref());
        let versions: Vec<String> = entries.iter().map(|it| it.version.clone()).collect();
        let version = newest(Listing::Index, &versions, constraint, &format!("{address}/{chart}"))?;
        let found = entries.iter().find(|it| it.version == version).and_then(|it| Some((it, it.address(address)?)));
        let (entry, url) = found.ok_or_else(|| {
            let message = format!("`{address}` lists {chart} {version} without an address");
            SourceError::new("V017", Fault::Input, message).help("name another version, or tell its keeper")
        })?;
        // The lock of before may still name what the index now has another digest for.
        let known =
            wish.locked.as_ref().filter(|it| it.version.as_ref() == Some(&version) && wish.hold != Hold::Accept);
        let bytes = match Source::parse(&url, wish.kind) {
            Ok(Source::Oci(name)) => {
                let elsewhere = OciName { tag: name.tag.clone().or_else(|| Some(choose::tag(&version))), ..name };
                let (bytes, digest) =
                    self.registry.manifest_of_tag(&elsewhere, elsewhere.tag.as_deref().unwrap_or_default())?;
                let manifest = chart_manifest(&elsewhere, &bytes)?;
                self.chart_of(&elsewhere, &manifest, None, digest)?.bytes
            }
            _ => self.web.file(&wish.key, &url)?,
        };
        let digest = Digest::of(&bytes);
        if let Some(locked) = known.filter(|it| it.digest != digest) {
            return Err(moved(&format!("{chart} {version} of {address}"), &locked.digest, &digest, part_of(wish)));
        }
        if let Some(said) = &entry.digest {
            let said = said.trim_start_matches("sha256:").to_ascii_lowercase();
            if said != digest.hex() {
                let message = format!("`{url}` has the digest {digest}, but the index says sha256:{said}");
                let help = "the server is broken or lies, or a proxy changed the file; nothing was kept";
                return Err(SourceError::new("V013", Fault::Differs, message).help(help));
            }
        }
        self.fetcher.keep(&bytes);
        Ok(Remote { bytes, version: Some(version), manifest: None })
    }

    fn address(&self, wish: &Wish, address: &str) -> Result<Remote, SourceError> {
        let held = wish.locked.as_ref().filter(|_| wish.hold == Hold::Keep).map(|it| it.digest);
        let known = held.or(wish.sha256);
        if let Some(digest) = known
            && let Some(bytes) = self.fetcher.at_hand(&digest)?
        {
            return Ok(Remote { bytes, version: None, manifest: None });
        }
        self.online_for(&wish.key, address)?;
        let bytes = self.web.file(&wish.key, address)?;
        let digest = Digest::of(&bytes);
        if let Some(wanted) = wish.sha256.filter(|it| *it != digest) {
            let message = format!("`{address}` has the digest {digest}, but the spec says {wanted}");
            let help = "if you trust the new content, write its digest into the spec";
            return Err(SourceError::new("V013", Fault::Differs, message).help(help));
        }
        if let Some(locked) = held.filter(|it| *it != digest) {
            return Err(moved(&format!("`{address}`"), &locked, &digest, &wish.key));
        }
        self.fetcher.keep(&bytes);
        Ok(Remote { bytes, version: None, manifest: None })
    }

    /// As [`Errand::online`], for an address: one that would be refused anyway is refused for that.
    fn online_for(&self, what: &str, address: &str) -> Result<(), SourceError> {
        if let Ok(url) = Url::parse(address) {
            self.fetcher.clients.http.check_allowed(&url).map_err(|it| registry::unreachable(&it))?;
        }
        self.online(what)
    }

    fn online(&self, what: &str) -> Result<(), SourceError> {
        if !self.fetcher.settings.offline {
            return Ok(());
        }
        let message = format!("{what} is not at hand, and the network is not to be used");
        Err(SourceError::new("V016", Fault::Input, message).help("run the command without `--offline`"))
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

fn part_of(wish: &Wish) -> &str {
    wish.key.split('/').next().unwrap_or(&wish.key)
}

/// A fault of the disk as one of a source.
pub fn disk_fault(fault: &disk::Error) -> SourceError {
    SourceError {
        help: fault.help().map(str::to_owned),
        ..SourceError::new("E001", if fault.is_input() { Fault::Input } else { Fault::Surroundings }, fault.to_string())
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, SourceError> {
    let fault = |message: String| SourceError::new("V001", Fault::Input, message);
    let text = disk::read_any(path).map_err(|it| fault(it.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(it)) => found.push(it),
            Ok(_) => {}
            Err(it) => return Err(fault(format!("`{}` is no PEM: {it}", path.display()))),
        }
    }
    if found.is_empty() {
        return Err(fault(format!("there is no certificate in `{}`", path.display())));
    }
    Ok(found)
}

fn newest(listing: Listing, versions: &[String], constraint: Option<&str>, what: &str) -> Result<String, SourceError> {
    let chosen = choose::newest(listing, versions, constraint)
        .map_err(|it| SourceError::new("V004", Fault::Input, it.to_string()).of_version())?;
    chosen.map(str::to_owned).ok_or_else(|| {
        let newest = choose::newest(listing, versions, Some(">=0.0.0-0")).ok().flatten();
        let wanted = constraint.map_or("release".to_owned(), |it| format!("version that satisfies `{it}`"));
        let help = match newest {
            Some(newest) => format!("the newest is {newest}"),
            None => "it has no versions at all".into(),
        };
        SourceError::new("V018", Fault::Input, format!("{what} has no {wanted}")).help(help).of_version()
    })
}

fn chart_manifest(name: &OciName, bytes: &[u8]) -> Result<Manifest, SourceError> {
    let manifest = Manifest::decode(bytes).map_err(|it| not_a_chart(name, &it))?;
    let charts = manifest.layers.iter().filter(|it| it.media_type == CHART_CONTENT).count();
    if charts != 1 {
        let kinds: Vec<&str> = manifest.layers.iter().map(|it| it.media_type.as_str()).collect();
        return Err(not_a_chart(name, &format!("its layers are {}", kinds.join(", "))));
    }
    Ok(manifest)
}

fn not_a_chart(name: &OciName, why: &str) -> SourceError {
    let message = format!("{name} is no chart: {why}");
    SourceError::new("V017", Fault::Input, message).help("a chart is what `helm push` makes")
}

fn no_chart(address: &str, chart: &str) -> SourceError {
    SourceError::new("V012", Fault::Input, format!("`{address}` has no chart `{chart}`"))
        .help("look at the source's name")
}

fn moved(what: &str, locked: &Digest, now: &Digest, part: &str) -> SourceError {
    let message = format!("{what} has moved: the lock says {locked}, but there is now {now}");
    let help = format!("ask its publisher why; `ichor lock --update {part}` takes the new content");
    SourceError::new("V014", Fault::Differs, message).help(help)
}
