//! What the verbs that fetch have in common.

use std::path::Path;

use super::{Error, Workspace};
use crate::edge::disk;
use crate::edge::fetch::{Clients, Progress, Settings, Shelves, disk_fault};
use crate::stage::lock::Lock;
use crate::stage::resolve::{Fault, Remote, SourceError};
use crate::stage::spec::Network;

/// How to fetch, and who watches.
#[derive(Clone, Copy)]
pub struct Fetching<'a> {
    pub settings: &'a Settings,
    pub progress: &'a dyn Progress,
}

impl Fetching<'_> {
    /// How the spec and the user's own file say that sources are reached; what the user says comes first.
    pub(super) fn network(&self, workspace: &Workspace) -> Result<Network, Error> {
        let mut network = rooted(workspace.spec.network.clone(), &workspace.spec_folder);
        if let Some(path) = &self.settings.user_file
            && let Some(text) = disk::read_text_if_any(path)?
        {
            let own = Network::parse(&path.display().to_string(), &text).map_err(Error::Spec)?;
            network.extend(rooted(own, path.parent().unwrap_or(Path::new("."))));
        }
        Ok(network)
    }

    pub(super) fn clients<'n>(&'n self, network: &'n Network) -> Result<Clients<'n>, Error> {
        Clients::new(self.settings, network, Path::new(""), self.progress).map_err(Error::Fetch)
    }
}

/// Content that the lock names, from `vendor` or the cache.
pub(super) fn at_hand(lock: Option<&Lock>, shelves: &Shelves, key: &str, text: &str) -> Result<Remote, SourceError> {
    let stale = |message: String| {
        let help = "run `ichor lock` to bring the lock up to date, and review what it changes";
        Err(SourceError::new("L006", Fault::Input, message).help(help))
    };
    let Some((_, locked)) = lock.and_then(|it| it.sources().find(|(it, _)| it == key)) else {
        return stale(format!("`{key}` is not in the lock"));
    };
    if locked.source != text {
        return stale(format!("`{key}`: the source is {text}, but the lock says {}", locked.source));
    }
    match shelves.read(&locked.digest).map_err(|it| disk_fault(&it))? {
        Some(bytes) => Ok(Remote { bytes, version: locked.version, manifest: locked.manifest }),
        None => {
            let message = format!("`{key}` ({}) is neither in vendor nor in the cache", locked.digest);
            Err(SourceError::new("V016", Fault::Input, message).help("run `ichor vendor` to fetch it"))
        }
    }
}

fn rooted(mut network: Network, folder: &Path) -> Network {
    for path in &mut network.certificates {
        *path = folder.join(&*path).display().to_string();
    }
    network
}
