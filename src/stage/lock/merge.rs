//! Joins what two branches did to a lock, part by part.
//!
//! A part that only one branch touched is taken from it. What both touched is a conflict, unless both did the same, or one
//! of them only sealed the same secrets anew. The clock and the version of Kubernetes are
//! read by every chart: a branch that changes one of them conflicts with a branch that locks a chart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Lock, LockedPart, Pin};

/// The joined lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Where there are conflicts: the nearest lock to begin from, with every pin that either branch made.
    pub lock: Lock,
    /// Why the lock is not to be taken as it is; none where it is.
    pub conflicts: Vec<Conflict>,
}

/// What two branches did that cannot be joined without locking again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Both changed the part, and not alike.
    Part(String),
    /// One removed the part, the other changed it.
    Removed(String),
    /// Both changed something of the whole lock, and not alike.
    Whole(&'static str),
    /// One changed the clock or the version of Kubernetes, the other locked these charts.
    Settings(Vec<String>),
    /// One changed the recipients, the other sealed new secrets to the old ones.
    Recipients,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conflict::Part(part) => write!(f, "both branches lock part `{part}`, and not alike"),
            Conflict::Removed(part) => write!(f, "one branch removes part `{part}`, the other locks it anew"),
            Conflict::Whole(what) => write!(f, "both branches change the {what}, and not alike"),
            Conflict::Settings(parts) => {
                let parts = parts.join("`, `");
                write!(
                    f,
                    "one branch changes the Helm, clock, Kubernetes or API versions of all charts, the other locks `{parts}`"
                )
            }
            Conflict::Recipients => {
                f.write_str("one branch changes the recipients, the other seals secrets to the old ones")
            }
        }
    }
}

impl Conflict {
    /// Whether the secrets must be sealed again before the lock can be made.
    pub fn needs_reseal(&self) -> bool {
        matches!(self, Conflict::Recipients | Conflict::Whole("recipients"))
    }
}

/// Joins two locks that come from one; without that one, everything both have must be equal.
pub fn merge(base: Option<&Lock>, ours: &Lock, theirs: &Lock) -> Merged {
    if ours == theirs {
        return Merged { lock: ours.clone(), conflicts: Vec::new() };
    }
    let mut conflicts = Vec::new();
    let mut lock = ours.clone();
    lock.bundle = whole("bundle's name", base.map(|it| &it.bundle), &ours.bundle, &theirs.bundle, &mut conflicts);
    lock.clock = whole("clock", base.map(|it| &it.clock), &ours.clock, &theirs.clock, &mut conflicts);
    lock.helm = whole("Helm", base.map(|it| &it.helm), &ours.helm, &theirs.helm, &mut conflicts);
    let kubernetes = base.map(|it| &it.kubernetes);
    lock.kubernetes = whole("version of Kubernetes", kubernetes, &ours.kubernetes, &theirs.kubernetes, &mut conflicts);
    let versions = base.map(|it| &it.api_versions);
    lock.api_versions = whole("API versions", versions, &ours.api_versions, &theirs.api_versions, &mut conflicts);
    let recipients = base.map(|it| &it.recipients);
    lock.recipients = whole("recipients", recipients, &ours.recipients, &theirs.recipients, &mut conflicts);
    let names: BTreeSet<&String> = base.iter().chain([&ours, &theirs]).flat_map(|it| it.parts.keys()).collect();
    lock.parts = BTreeMap::new();
    for name in names {
        let of = |lock: &Lock| lock.parts.get(name).cloned();
        let (before, ours, theirs) = (base.and_then(of), of(ours), of(theirs));
        if let Some(part) = part(name, before, ours, theirs, &mut conflicts) {
            lock.parts.insert(name.clone(), part);
        }
    }
    for (one, other) in [(ours, theirs), (theirs, ours)] {
        let told = |it: &Lock| (it.clock, it.helm(), it.kubernetes.clone(), it.api_versions.clone());
        if base.is_some_and(|base| told(base) != told(one)) {
            let charts: Vec<String> =
                touched(base, other).filter(|(_, part)| part.version.is_some()).map(|(name, _)| name.clone()).collect();
            if !charts.is_empty() {
                conflicts.push(Conflict::Settings(charts));
            }
        }
        if base.is_some_and(|base| base.recipients != one.recipients)
            && touched(base, other).any(|(name, part)| seals(base.and_then(|it| it.parts.get(name)), part))
        {
            conflicts.push(Conflict::Recipients);
        }
    }
    conflicts.dedup();
    Merged { lock, conflicts }
}

/// One of three, where at most one branch changed it.
fn whole<T: Clone + PartialEq>(
    what: &'static str,
    base: Option<&T>,
    ours: &T,
    theirs: &T,
    conflicts: &mut Vec<Conflict>,
) -> T {
    if ours == theirs || base == Some(theirs) {
        return ours.clone();
    }
    if base != Some(ours) {
        conflicts.push(Conflict::Whole(what));
    }
    if base == Some(ours) { theirs.clone() } else { ours.clone() }
}

fn part(
    name: &str,
    base: Option<LockedPart>,
    ours: Option<LockedPart>,
    theirs: Option<LockedPart>,
    conflicts: &mut Vec<Conflict>,
) -> Option<LockedPart> {
    if ours == theirs || base == theirs {
        return ours;
    }
    if base == ours {
        return theirs;
    }
    match (ours, theirs) {
        (Some(mut ours), Some(theirs)) => {
            let shape = base.as_ref().map(unsealed);
            let joined = if shape == Some(unsealed(&theirs)) || unsealed(&ours) == unsealed(&theirs) {
                envelopes(base.as_ref(), &mut ours, &theirs)
            } else if shape == Some(unsealed(&ours)) {
                let mut joined = theirs.clone();
                let agrees = envelopes(base.as_ref(), &mut joined, &ours);
                ours = joined;
                agrees
            } else {
                false
            };
            if !joined {
                conflicts.push(Conflict::Part(name.to_owned()));
                // Locking again keeps every pin that is still asked for.
                for (name, pin) in theirs.pins {
                    ours.pins.entry(name).or_insert(pin);
                }
            }
            Some(ours)
        }
        (one, other) => {
            conflicts.push(Conflict::Removed(name.to_owned()));
            one.or(other)
        }
    }
}

/// A part without its envelopes: what it is, whoever may open it.
fn unsealed(part: &LockedPart) -> LockedPart {
    let mut part = part.clone();
    for pin in part.pins.values_mut() {
        pin.sealed = pin.sealed.take().map(|_| super::Envelope(String::new()));
        if let Some(successor) = &mut pin.successor {
            successor.sealed = super::Envelope(String::new());
        }
    }
    part
}

/// Takes over the envelopes that the other branch made anew; false where both made one anew.
fn envelopes(base: Option<&LockedPart>, part: &mut LockedPart, other: &LockedPart) -> bool {
    for (name, pin) in &mut part.pins {
        let Some(new) = other.pins.get(name) else { continue };
        let halves = |it: &Pin| (it.sealed.clone(), it.successor.clone());
        let before = base.and_then(|it| it.pins.get(name)).map(halves);
        if halves(new) == halves(pin) || before.as_ref() == Some(&halves(new)) {
            continue;
        }
        if before.as_ref() != Some(&halves(pin)) {
            return false;
        }
        (pin.sealed, pin.successor) = halves(new);
    }
    true
}

/// The parts a branch locked anew.
fn touched<'a>(base: Option<&'a Lock>, branch: &'a Lock) -> impl Iterator<Item = (&'a String, &'a LockedPart)> {
    branch.parts.iter().filter(move |(name, part)| base.and_then(|it| it.parts.get(*name)) != Some(*part))
}

/// Whether a part holds an envelope that was not there before.
fn seals(before: Option<&LockedPart>, part: &LockedPart) -> bool {
    part.pins.iter().any(|(name, pin)| {
        let old = before.and_then(|it| it.pins.get(name));
        pin.sealed.is_some() && old.and_then(|it| it.sealed.as_ref()) != pin.sealed.as_ref()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::stage::lock::{Envelope, PinKey};

    fn part(text: &str) -> LockedPart {
        LockedPart {
            source: text.into(),
            version: Some("1".into()),
            manifest: None,
            release: None,
            signed_by: None,
            dependencies: BTreeMap::new(),
            digest: Digest::of(text.as_bytes()),
            size: 1,
            values: None,
            secret_values: None,
            lookup: None,
            pins: BTreeMap::new(),
            images: Vec::new(),
            image_digests: BTreeMap::new(),
            image_signers: BTreeMap::new(),
            more_images: Vec::new(),
            resources: BTreeMap::new(),
            output: Digest::of(text.as_bytes()),
        }
    }

    fn lock(parts: &[(&str, &str)]) -> Lock {
        Lock {
            bundle: "b".into(),
            clock: jiff::Timestamp::UNIX_EPOCH,
            helm: None,
            kubernetes: Some("1.34.0".into()),
            api_versions: Vec::new(),
            recipients: Vec::new(),
            parts: parts.iter().map(|(name, text)| ((*name).to_owned(), part(text))).collect(),
        }
    }

    #[test]
    fn joins_branches_that_touch_different_parts() {
        let base = lock(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let ours = lock(&[("a", "2"), ("b", "1"), ("c", "1"), ("d", "1")]);
        let theirs = lock(&[("a", "1"), ("c", "3")]);
        let merged = merge(Some(&base), &ours, &theirs);
        assert_eq!(merged.conflicts, []);
        assert_eq!(merged.lock, lock(&[("a", "2"), ("c", "3"), ("d", "1")]));
    }

    #[test]
    fn stops_where_both_touch_a_part() {
        let base = lock(&[("a", "1"), ("b", "1")]);
        let merged = merge(Some(&base), &lock(&[("a", "2"), ("b", "2")]), &lock(&[("a", "3")]));
        assert_eq!(merged.conflicts, [Conflict::Part("a".into()), Conflict::Removed("b".into())]);
        assert_eq!(merge(None, &base, &base).conflicts, []);
    }

    #[test]
    fn stops_where_a_chart_was_locked_for_another_kubernetes() {
        let base = lock(&[("a", "1")]);
        let ours = Lock { kubernetes: Some("1.35.0".into()), ..base.clone() };
        let theirs = lock(&[("a", "1"), ("b", "1")]);
        assert_eq!(merge(Some(&base), &ours, &theirs).conflicts, [Conflict::Settings(vec!["b".into()])]);
        assert_eq!(merge(Some(&base), &theirs, &ours).conflicts, [Conflict::Settings(vec!["b".into()])]);
    }

    #[test]
    fn takes_envelopes_that_were_made_anew() {
        let sealed = |text: &str, envelope: &str| {
            let mut lock = lock(&[("a", text)]);
            let mut pin = Pin::new(PinKey { function: "randAlpha".into(), args: Vec::new(), occurrence: 0 });
            pin.sealed = Some(Envelope(envelope.into()));
            lock.parts.get_mut("a").expect("a part").pins.insert("p".into(), pin);
            lock
        };
        let base = sealed("1", "x");
        let merged = merge(Some(&base), &sealed("2", "x"), &sealed("1", "y"));
        assert_eq!((merged.conflicts.as_slice(), &merged.lock), ([].as_slice(), &sealed("2", "y")));
        let merged = merge(Some(&base), &sealed("1", "y"), &sealed("2", "x"));
        assert_eq!((merged.conflicts.as_slice(), &merged.lock), ([].as_slice(), &sealed("2", "y")));
        assert_eq!(merge(Some(&base), &sealed("1", "y"), &sealed("1", "z")).conflicts, [Conflict::Part("a".into())]);
    }
}
