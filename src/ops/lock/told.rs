//! What locking did, for whoever tells it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::review::compare::Diff;
use crate::stage::lock::{Certificate, Lock, LockedPart, Pin};
use crate::stage::render::secrets;
use crate::stage::spec::{Content, Spec};
use crate::workspace::Workspace;

/// What locking did.
#[derive(Clone, Debug)]
pub struct Locked {
    pub path: PathBuf,
    /// Whether the lock on disk is another now, or would be.
    pub changed: bool,
    /// What the change means, where there is one and nothing was to be written.
    pub comparison: Option<Box<Diff>>,
    /// The charts that are of another version than before, or of one that the spec leaves open.
    pub versions: Vec<Version>,
    /// What became of the pins that were made, sealed or imported.
    pub pins: Vec<Taken>,
    /// How many objects other than Secrets were passed over, by kind.
    pub passed_over: Vec<(String, usize)>,
    /// The pins that no call asks for any more and that were dropped.
    pub dropped: Vec<String>,
    /// The subjects of imported certificates that no pin took.
    pub unused: Vec<String>,
    /// What to know of the certificates that were made.
    pub notes: Vec<String>,
    /// How many envelopes are bound to no place, as those of older locks are.
    pub unbound: usize,
    /// The objects of GitOps that are not as they were when they were locked.
    pub moved: Vec<String>,
}

impl Locked {
    /// Nothing was done.
    pub(super) fn unchanged(workspace: &Workspace) -> Locked {
        Locked {
            path: workspace.lock_path.clone(),
            changed: false,
            comparison: None,
            versions: Vec::new(),
            pins: Vec::new(),
            passed_over: Vec::new(),
            dropped: Vec::new(),
            unused: Vec::new(),
            notes: Vec::new(),
            unbound: 0,
            moved: Vec::new(),
        }
    }
}

/// A pin that has a new answer, or one that was brought and is the one it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// `part/pin`.
    pub pin: String,
    pub how: How,
    /// Of a certificate.
    pub certificate: Option<Certificate>,
}

/// Where a pin's answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was made now, and there was none before.
    Minted,
    /// It was made now in the place of another, whose issuer or input is gone.
    IssuedAnew,
    /// It is a value of the user's, and was sealed now.
    Sealed,
    /// It was brought from elsewhere.
    Imported,
    /// It was brought from elsewhere, and the lock held the same.
    Kept,
}

/// The version of a part's chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub part: String,
    /// What the lock said before, where it is another.
    pub old: Option<String>,
    pub new: String,
}

/// The versions that nobody could know from the spec, or from the lock that was there.
pub(super) fn versions(spec: &Spec, old: Option<&Lock>, new: &Lock) -> Vec<Version> {
    let of = |lock: &Lock, part: &str| lock.parts.get(part).and_then(|it| it.version.clone());
    let mut told = Vec::new();
    for part in &spec.parts {
        let Some(now) = of(new, &part.name) else { continue };
        let wanted = match &part.content {
            Content::Chart(chart) => chart.version.as_deref(),
            Content::Manifest { .. } => None,
        };
        let before = old.and_then(|it| of(it, &part.name));
        let is_news = match &before {
            Some(before) => *before != now,
            None => wanted.is_some_and(|it| it != now),
        };
        if is_news {
            told.push(Version { part: part.name.clone(), old: before, new: now });
        }
    }
    told
}

/// The values of the user that a part holds in other envelopes than before.
pub(super) fn sealed(name: &str, part: &LockedPart, before: &BTreeMap<String, Pin>) -> Vec<Taken> {
    let is_new = |it: &(&String, &Pin)| {
        it.1.function == secrets::FUNCTION && before.get(it.0).is_none_or(|old| old.sealed != it.1.sealed)
    };
    let pins = part.pins.iter().filter(is_new);
    pins.map(|(pin, _)| Taken { pin: format!("{name}/{pin}"), how: How::Sealed, certificate: None }).collect()
}
