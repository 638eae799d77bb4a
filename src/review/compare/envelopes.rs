//! Envelopes: what nobody without a key can look into, and where they stand.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Area, Finding, Risk};
use super::side::{SealedText, Side};
use crate::base::number::count;
use crate::base::number::some;
use crate::stage::lock::{Envelope, SealedFor};

/// How many secrets are named in one sentence.
const NAMED: usize = 8;

/// Compares the envelopes of two sides.
pub(super) fn compare(old: &Side, new: &Side, found: &mut Vec<Finding>) {
    let before = by_place(old);
    let was_at: BTreeMap<&str, &SealedText> = old.sealed.iter().map(|it| (text(it), it)).collect();
    let mut stands: BTreeMap<&str, &SealedText> = BTreeMap::new();
    let mut anew: BTreeMap<&str, Vec<&SealedText>> = BTreeMap::new();
    for it in &new.sealed {
        let known = before.get(&key(it)).copied();
        if let Some(other) = stands.insert(text(it), it) {
            say(found, Risk::Gains, it, format!("one envelope stands at both {} and {}", name(other), name(it)));
        }
        if known.is_some_and(|known| text(known) == text(it)) {
            continue;
        }
        let sealed_for = it.envelope.sealed_for();
        let lost = known.is_some_and(|it| is_bound(&it.envelope)) && sealed_for == Ok(None);
        match (&sealed_for, was_at.get(text(it))) {
            (Ok(Some(place)), _) if *place != it.place => {
                let other = if place.bundle == it.place.bundle { named(place) } else { place.to_string() };
                say(
                    found,
                    Risk::Gains,
                    it,
                    format!("the envelope at {} was sealed for {other}: it does not open here", name(it)),
                );
            }
            (_, Some(other)) if place(other) != place(it) => {
                say(found, Risk::Gains, it, format!("the envelope of {} stands at {} now", name(other), name(it)));
            }
            (Err(reason), _) => {
                say(found, Risk::Gains, it, format!("the envelope at {} cannot be read: {reason}", name(it)))
            }
            _ if lost => {
                let what = "no longer says which pin it was sealed for: it may be that of another";
                say(found, Risk::Gains, it, format!("the envelope at {} {what}", name(it)));
            }
            _ if known.is_some_and(|known| known.public == it.public) => {
                anew.entry(&it.place.part).or_default().push(it)
            }
            _ => {}
        }
    }
    tell_anew(old, new, &anew, found);
}

/// What is sealed anew while nothing public changed.
fn tell_anew(old: &Side, new: &Side, anew: &BTreeMap<&str, Vec<&SealedText>>, found: &mut Vec<Finding>) {
    let total: usize = anew.values().map(Vec::len).sum();
    let keys = |side: &Side| -> BTreeSet<String> { side.recipients.iter().map(|it| it.key.clone()).collect() };
    let binds =
        old.sealed.iter().all(|it| !is_bound(&it.envelope)) && new.sealed.iter().all(|it| is_bound(&it.envelope));
    if total > 1 && total == new.sealed.len() && (keys(old) != keys(new) || binds) {
        let what = format!("all {} are sealed anew, as `reseal` does", count(total, "secret"));
        let text = format!("{what}: only who opens them can tell whether they are the same");
        found.push(Finding::new(Risk::Unseen, Area::Envelope, "", text));
        return;
    }
    for (part, all) in anew {
        let names: Vec<&str> = all.iter().map(|it| it.place.pin.as_str()).collect();
        let what = if names.len() == 1 { "is sealed anew" } else { "are sealed anew" };
        let text = format!(
            "{} {what}, and nothing public changed: only who opens it can tell whether the secret is the same",
            some(&names, NAMED)
        );
        let part = (*part).to_owned();
        found.push(Finding::new(Risk::Unseen, Area::Envelope, part, text));
    }
}

fn say(found: &mut Vec<Finding>, risk: Risk, at: &SealedText, text: String) {
    found.push(Finding::new(risk, Area::Envelope, &at.place.part, text));
}

fn by_place(side: &Side) -> BTreeMap<(&str, &str, bool), &SealedText> {
    side.sealed.iter().map(|it| (key(it), it)).collect()
}

fn key(it: &SealedText) -> (&str, &str, bool) {
    (&it.place.part, &it.place.pin, it.waits)
}

fn place(it: &SealedText) -> (&str, &str) {
    (&it.place.part, &it.place.pin)
}

fn text(it: &SealedText) -> &str {
    &it.envelope.0
}

fn is_bound(envelope: &Envelope) -> bool {
    matches!(envelope.sealed_for(), Ok(Some(_)))
}

fn name(it: &SealedText) -> String {
    named(&it.place)
}

fn named(place: &SealedFor) -> String {
    format!("{}/{}", place.part, place.pin)
}
