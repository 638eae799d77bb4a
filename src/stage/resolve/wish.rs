//! What must be fetched before a spec can be resolved, and what of it the lock holds fast.

use std::collections::BTreeSet;

use super::{ChartSource, Error, SourceError, Sources, choose, dependencies};
use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::stage::lock::{Lock, LockedSource};
use crate::stage::spec::{Content, ContentKind, Source, Spec};
use helm_engine::helm::{Chart, HelmVersion};

/// Something that lies elsewhere.
#[derive(Clone, Debug)]
pub struct Wish {
    /// `PART`, or `PART/SUBCHART`.
    pub key: String,
    /// Where it lies.
    pub source: Source,
    /// The source as written.
    pub text: String,
    /// What it is to be.
    pub kind: ContentKind,
    /// A version or a constraint.
    pub version: Option<String>,
    /// What the bytes must hash to, where the spec says so.
    pub sha256: Option<Digest>,
    /// What the lock says of the same source.
    pub locked: Option<LockedSource>,
    /// Whether it may be another version or other content than the lock has.
    pub hold: Hold,
    /// Where in the spec it is named.
    pub place: Place,
    /// Where in the spec its version stands, where that is apart.
    pub version_place: Option<Place>,
}

impl Wish {
    /// A fault at the place in the spec that it is of.
    pub fn fault(&self, source: SourceError) -> Error {
        let version = self.version_place.as_ref().filter(|_| source.is_of_version());
        Error::Source { source: Box::new(source), place: version.unwrap_or(&self.place).clone() }
    }
}

/// How far the lock holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// What is locked stays.
    Keep,
    /// It may move to another version, but a version's content may not change.
    Move,
    /// It may move, and a version's content may change: the user named the part.
    Accept,
}

/// Which parts may move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Update {
    /// No part.
    #[default]
    None,
    /// Every part, to other versions.
    All,
    /// These parts, by name, to other versions and to other content of a version.
    Parts(BTreeSet<String>),
}

impl Update {
    fn hold(&self, part: &str) -> Hold {
        match self {
            Update::None => Hold::Keep,
            Update::All => Hold::Move,
            Update::Parts(parts) if parts.contains(part) => Hold::Accept,
            Update::Parts(_) => Hold::Keep,
        }
    }
}

/// Everything a spec names that lies elsewhere; all faults at once.
pub fn wishes(
    spec: &Spec,
    sources: &dyn Sources,
    old: Option<&Lock>,
    update: &Update,
) -> Result<Vec<Wish>, Vec<Error>> {
    let mut wishes = Vec::new();
    let mut faults = Vec::new();
    for part in &spec.parts {
        let hold = update.hold(&part.name);
        let locked = old.and_then(|it| it.parts.get(&part.name));
        let own = locked.map(LockedSource::of);
        match &part.content {
            Content::Manifest { source: Source::Local(_), .. } => {}
            Content::Manifest { path, source, sha256, place } => {
                let kept = own.filter(|it| it.source == *path && sha256.is_none_or(|sha256| sha256 == it.digest));
                wishes.push(Wish {
                    key: part.name.clone(),
                    source: source.clone(),
                    text: path.clone(),
                    kind: ContentKind::Manifest,
                    version: None,
                    sha256: *sha256,
                    locked: kept,
                    hold,
                    place: place.clone(),
                    version_place: None,
                });
            }
            Content::Chart(chart) => match &chart.source {
                Source::Local(path) => {
                    let found = match sources.chart(path) {
                        Ok(ChartSource::Folder(tree)) => tree,
                        Ok(ChartSource::Archive(_)) => continue,
                        Err(source) => {
                            faults.push(Error::Source { source: Box::new(source), place: chart.place.clone() });
                            continue;
                        }
                    };
                    let fault = |message| Error::NotAChart { path: path.clone(), message, place: chart.place.clone() };
                    let subcharts = Chart::load(&found, HelmVersion::NEWEST)
                        .map_err(|it| it.to_string())
                        .and_then(|it| dependencies::missing(&it, &found));
                    let subcharts = match subcharts {
                        Ok(subcharts) => subcharts,
                        Err(message) => {
                            faults.push(fault(message));
                            continue;
                        }
                    };
                    for it in subcharts.into_iter().filter(|it| !it.source.is_local()) {
                        let version = Some(it.version).filter(|it| !it.is_empty());
                        let kept = locked.and_then(|part| part.dependencies.get(&it.key)).cloned();
                        wishes.push(Wish {
                            key: format!("{}/{}", part.name, it.key),
                            locked: kept.filter(|kept| still_wanted(kept, &it.text, version.as_deref(), hold)),
                            source: it.source,
                            text: it.text,
                            kind: ContentKind::Chart,
                            version,
                            sha256: None,
                            hold,
                            place: chart.place.clone(),
                            version_place: None,
                        });
                    }
                }
                source => {
                    if let Some(wanted) = &chart.version
                        && let Err(fault) = choose::satisfies(wanted, "0.0.0")
                    {
                        let (wanted, message) = (wanted.clone(), fault.to_string());
                        faults.push(Error::BadConstraint { wanted, message, place: chart.place_of_version() });
                        continue;
                    }
                    let kept = own.filter(|it| still_wanted(it, &chart.path, chart.version.as_deref(), hold));
                    wishes.push(Wish {
                        key: part.name.clone(),
                        source: source.clone(),
                        text: chart.path.clone(),
                        kind: ContentKind::Chart,
                        version: chart.version.clone(),
                        sha256: None,
                        locked: kept,
                        hold,
                        place: chart.place.clone(),
                        version_place: chart.version_place.as_deref().cloned(),
                    });
                }
            },
        }
    }
    if faults.is_empty() { Ok(wishes) } else { Err(faults) }
}

/// Whether what is locked is of the same source and, where it is to be kept, of a version that is asked for.
fn still_wanted(locked: &LockedSource, text: &str, constraint: Option<&str>, hold: Hold) -> bool {
    let fits = |version: &str| constraint.is_none_or(|it| choose::satisfies(it, version) == Ok(true));
    locked.source == text && (hold != Hold::Keep || locked.version.as_deref().is_none_or(fits))
}
