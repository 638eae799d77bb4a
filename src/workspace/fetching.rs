//! Fetching what a spec names, and finding what was fetched before.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use super::{Error, Workspace};
use crate::base::digest::Digest;
use crate::edge::disk;
use crate::edge::fetch::{Clients, LocalBlobs, Progress, Settings, Silent};
use crate::edge::sources::disk_fault;
use crate::edge::voice;
use crate::stage::lock::Lock;
use crate::stage::resolve::{self, Remote, SourceError, Update};
use crate::stage::spec::{Network, Source};

/// How to fetch, and who watches.
#[derive(Clone, Copy)]
pub struct Fetching<'a> {
    pub settings: &'a Settings,
    pub progress: &'a dyn Progress,
}

/// What was fetched for a new lock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched {
    /// By the key of the wish that each answers.
    pub remotes: BTreeMap<String, Remote>,
    /// What the cache lacks of it.
    pub fresh: Vec<Vec<u8>>,
}

impl Fetching<'static> {
    /// For what lies here: nothing is fetched.
    pub fn nothing() -> Self {
        static OFFLINE: LazyLock<Settings> = LazyLock::new(Settings::default);
        Fetching { settings: &OFFLINE, progress: &Silent }
    }
}

impl Fetching<'_> {
    /// How the spec and the user's own file say that sources are reached; what the user says comes first.
    pub(crate) fn network(&self, workspace: &Workspace) -> Result<Network, Error> {
        let mut network = rooted(workspace.spec.network.clone(), &workspace.spec_folder);
        network.extend(self.own_network()?);
        Ok(network)
    }

    /// How the user's own file says that hosts are reached.
    pub(crate) fn own_network(&self) -> Result<Network, Error> {
        if let Some(path) = &self.settings.user_file
            && let Some(text) = disk::if_any(disk::read_any_text(path))?
        {
            voice::detail(|| format!("read {}", path.display()));
            let own = Network::parse(&path.display().to_string(), &text).map_err(Error::Spec)?;
            return Ok(rooted(own, path.parent().unwrap_or(Path::new("."))));
        }
        Ok(Network::default())
    }

    /// Fetches whatever the spec names that lies elsewhere, where it is not at hand.
    pub(crate) fn fetch(&self, workspace: &Workspace, old: Option<&Lock>, update: &Update) -> Result<Fetched, Error> {
        if let Update::Parts(parts) = update {
            let known: Vec<String> = workspace.spec.parts.iter().map(|it| it.name.clone()).collect();
            if let Some(part) = parts.iter().find(|it| !known.contains(it)) {
                return Err(Error::NoSuchPart { part: part.clone(), parts: known });
            }
        }
        let nothing = |key: &str, _: &Source, _: &str| Err(SourceError::NotFetched { key: key.into() });
        let disk = workspace.disk(&nothing);
        let wishes = resolve::wishes(&workspace.spec, &disk, old, update);
        let wishes = match wishes {
            Ok(wishes) => wishes,
            // What else is wrong with what lies here is told along with it.
            Err(own) => {
                let mut faults =
                    resolve::resolve(&workspace.spec, workspace.helm(old), &disk).err().unwrap_or_default();
                let is_elsewhere = |it: &resolve::Error| matches!(it, resolve::Error::Source { source, .. } if matches!(**source, SourceError::NotFetched { .. }));
                faults.retain(|it| !is_elsewhere(it));
                return Err(Error::Resolve(if faults.is_empty() { own } else { faults }));
            }
        };
        if wishes.is_empty() {
            return Ok(Fetched::default());
        }
        let local = workspace.local();
        if let Some(cache) = &local.cache {
            cache.sweep(Duration::from_secs(3600));
        }
        let network = self.network(workspace)?;
        let clients = self.clients(&network)?;
        let fetcher = clients.fetcher(self.settings, &local);
        let results = fetcher.all(&wishes);
        let mut remotes = BTreeMap::new();
        let mut faults = Vec::new();
        for (wish, result) in wishes.into_iter().zip(results) {
            match result {
                Ok(remote) => {
                    remotes.insert(wish.key, remote);
                }
                Err(source) => faults.push(wish.fault(source)),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Resolve(faults));
        }
        Ok(Fetched { remotes, fresh: fetcher.into_fresh() })
    }

    pub(crate) fn clients<'n>(&'n self, network: &'n Network) -> Result<Clients<'n>, Error> {
        Clients::new(self.settings, network, Path::new(""), self.progress).map_err(Error::Fetch)
    }
}

/// Content that the lock names, from `vendor` or the cache.
pub(crate) fn at_hand(lock: Option<&Lock>, local: &LocalBlobs, key: &str, text: &str) -> Result<Remote, SourceError> {
    found(lock, &|digest| look(local, digest), key, text)
}

/// What is at hand of a digest.
pub(crate) enum AtHand {
    Content(Vec<u8>),
    /// A file has the name of the digest, and its bytes have another one.
    Damaged(PathBuf),
    Nothing,
}

/// Looks for the content of a digest.
pub(crate) type Read<'r> = dyn Fn(&Digest) -> Result<AtHand, SourceError> + 'r;

/// Looks for it in `vendor` and the cache.
pub(crate) fn look(local: &LocalBlobs, digest: &Digest) -> Result<AtHand, SourceError> {
    let damaged = Cell::new(None);
    let content = local.look(digest, |path| damaged.set(Some(path.to_path_buf()))).map_err(|it| disk_fault(&it))?;
    Ok(match (content, damaged.into_inner()) {
        (Some(bytes), _) => AtHand::Content(bytes),
        (None, Some(path)) => AtHand::Damaged(path),
        (None, None) => AtHand::Nothing,
    })
}

/// Content that the lock names, from wherever `read` finds it.
pub(crate) fn found(lock: Option<&Lock>, read: &Read<'_>, key: &str, text: &str) -> Result<Remote, SourceError> {
    let Some((_, locked)) = lock.and_then(|it| it.sources().find(|(it, _)| it == key)) else {
        return Err(SourceError::NotLocked { key: key.into() });
    };
    if locked.source != text {
        return Err(SourceError::LockedOtherwise { key: key.into(), wanted: text.into(), locked: locked.source });
    }
    match read(&locked.digest)? {
        AtHand::Content(bytes) => Ok(Remote { bytes, version: locked.version, manifest: locked.manifest }),
        AtHand::Damaged(path) => Err(SourceError::Damaged { key: key.into(), path }),
        AtHand::Nothing => Err(SourceError::NotAtHand { key: key.into(), digest: locked.digest }),
    }
}

fn rooted(mut network: Network, folder: &Path) -> Network {
    for path in &mut network.authorities {
        *path = folder.join(&*path).display().to_string();
    }
    network
}
