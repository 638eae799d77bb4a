//! `ichor outdated`: which sources have newer versions.

use std::path::Path;

use super::Error;
use crate::edge::fetch::each;
use crate::stage::resolve::choose::{self, Listing};
use crate::stage::resolve::{self, SourceError, Update, Wish};
use crate::stage::spec::Source;
use crate::workspace;
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;

/// One source and its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// `PART` or `PART/SUBCHART`.
    pub key: String,
    pub locked: Option<String>,
    /// The newest that the spec allows.
    pub allowed: Option<String>,
    /// The newest release there is.
    pub newest: Option<String>,
}

impl Outdated {
    /// Whether there is a newer version, allowed or not.
    pub fn is_outdated(&self) -> bool {
        [&self.allowed, &self.newest].into_iter().flatten().any(|it| Some(it) != self.locked.as_ref())
    }
}

/// The sources of a spec that have versions, in its order.
pub fn outdated(spec: &Path, fetching: Fetching<'_>) -> Result<Vec<Outdated>, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    if fetching.settings.offline {
        return Err(SourceError::VersionsOffline.into());
    }
    let nothing = |key: &str, _: &Source, _: &str| Err(SourceError::NotFetched { key: key.into() });
    let disk = workspace.disk(&nothing);
    let wishes =
        resolve::wishes(&workspace.spec, &disk, Some(&lock), &Update::All).map_err(workspace::Error::Resolve)?;
    let wishes: Vec<Wish> =
        wishes.into_iter().filter(|it| matches!(it.source, Source::Oci(_) | Source::Repository { .. })).collect();
    let local = workspace.local();
    let network = fetching.network(&workspace)?;
    let clients = fetching.clients(&network)?;
    let fetcher = clients.fetcher(fetching.settings, &local);
    let found = each(fetching.settings.jobs, &wishes, |wish| {
        let versions = fetcher.versions(&wish.source)?;
        let listing = match &wish.source {
            Source::Oci(_) => Listing::Tags,
            _ => Listing::Index,
        };
        let newest = |constraint: Option<&str>| {
            let chosen = choose::newest(listing, &versions, constraint);
            chosen.ok().flatten().map(str::to_owned)
        };
        let locked = wish.locked.as_ref().and_then(|it| it.version.clone());
        let allowed = match &wish.source {
            // A name that holds a tag or a digest allows nothing else.
            Source::Oci(name) if name.digest.is_some() || name.tag.is_some() => locked.clone(),
            _ => newest(wish.version.as_deref()),
        };
        Ok(Outdated { key: wish.key.clone(), locked, allowed, newest: newest(None) })
    });
    let (found, faults): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    let faults: Vec<SourceError> = faults.into_iter().filter_map(Result::err).collect();
    if faults.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(Error::Fetches(faults)) }
}
