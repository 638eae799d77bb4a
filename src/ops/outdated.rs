//! `ichor outdated`: which sources have newer versions.

use std::path::Path;

use super::Error;
use crate::edge::disk::{self, Access};
use crate::edge::fetch::each;
use crate::stage::resolve::choose::{self, Listing};
use crate::stage::resolve::{self, SourceError, Update, Wish};
use crate::stage::spec::{Source, Spec, edit};
use crate::workspace;
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;
use helm_engine::sprig::semver::Version;

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

/// What was written into a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    pub part: String,
    pub from: String,
    pub to: String,
}

/// Writes the newest version of each chart into the spec, where it names one version and no range of them. The lock stays
/// as it is.
pub fn raise(spec_path: &Path, found: &[Outdated]) -> Result<Vec<Raised>, Error> {
    let workspace = Workspace::read(spec_path)?;
    let mut text = workspace.spec_text.clone();
    let mut raised = Vec::new();
    for it in found {
        let (Some(from), Some(to)) = (&it.locked, &it.newest) else { continue };
        // A range takes what is newer by `lock --update`, and a subchart is its chart's.
        let exact = it.allowed.as_ref() == Some(from);
        if from == to || !exact || it.key.contains('/') || !is_newer(from, to) {
            continue;
        }
        match edit::set_chart(&text, &it.key, None, to) {
            Ok(edited) => text = edited,
            // Where the spec names no version, there is none to raise.
            Err(_) => continue,
        }
        raised.push(Raised { part: it.key.clone(), from: from.clone(), to: to.clone() });
    }
    if !raised.is_empty() {
        Spec::parse(&workspace.file, &text, &workspace.trees()).map_err(workspace::Error::Spec)?;
        workspace.check_spec()?;
        disk::replace(Path::new(&workspace.file), text.as_bytes(), Access::Public)?;
    }
    Ok(raised)
}

/// Whether a version is higher. One that cannot be read is not.
fn is_newer(from: &str, to: &str) -> bool {
    let read = |it: &str| Version::parse(it).ok();
    matches!((read(from), read(to)), (Some(from), Some(to)) if from.compare(&to).is_lt())
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
