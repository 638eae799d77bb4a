//! Certificates: which were issued anew, and what that changes for those who trust them.

use crate::base::number;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::fields;
use super::model::{Area, CertificateDiff, CertificateFacts, Change, Finding, Risk, Status};
use super::present;
use crate::stage::lock::{self, Pin};

/// What the pins of one part say.
pub(super) struct Pins {
    pub(super) certificates: Vec<CertificateDiff>,
    /// Envelopes made anew around an unchanged public half.
    pub(super) resealed: usize,
}

/// Compares the pins of a part.
pub(super) fn compare(
    part: &str,
    old: &BTreeMap<String, Pin>,
    new: &BTreeMap<String, Pin>,
    found: &mut Vec<Finding>,
) -> Pins {
    let mut certificates = Vec::new();
    let mut resealed = 0;
    for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let certificate = |pins: &BTreeMap<String, Pin>| pins.get(name)?.certificate.as_ref().map(facts);
        rotation(part, name, old.get(name), new.get(name), found);
        let (before, after) = (certificate(old), certificate(new));
        if before != after {
            certificates.push(judge(name, before, after));
            continue;
        }
        let (Some(before), Some(after)) = (old.get(name), new.get(name)) else {
            if certificate(old).is_none() && certificate(new).is_none() {
                let gone = !new.contains_key(name);
                let text = if gone { format!("secret {name} is dropped") } else { format!("secret {name} is new") };
                let risk = if gone { Risk::Loss } else { Risk::Moves };
                found.push(Finding::new(risk, Area::Certificate, part, text));
            }
            continue;
        };
        if before.key() != after.key() || before.template != after.template {
            let text = format!("{name} answers another call: {} and not {}", call(after), call(before));
            found.push(Finding::new(Risk::Gains, Area::Envelope, part, text));
        }
        if before.value != after.value {
            let text = format!("pinned value {name} is another");
            found.push(Finding::new(Risk::Restart, Area::Certificate, part, text));
        } else if before.sealed != after.sealed || before.successor != after.successor {
            resealed += 1;
        }
    }
    for it in &certificates {
        let text = format!("{}: {}", it.name, it.what);
        found.push(Finding::new(it.risk, Area::Certificate, part, text));
    }
    Pins { certificates, resealed }
}

/// The call that a pin answers, as a reviewer knows it.
fn call(pin: &Pin) -> String {
    let args = pin.args.iter().map(|it| format!(" {it}")).collect::<String>();
    let count = if pin.occurrence == 0 { String::new() } else { format!(" (number {})", pin.occurrence + 1) };
    let template = if pin.template { ", a template of its own" } else { "" };
    present::harmless(&format!("{}{args}{count}{template}", pin.function))
}

/// The stages of a CA's rotation: a second authority is trusted beside the one that signs.
fn rotation(part: &str, name: &str, old: Option<&Pin>, new: Option<&Pin>, found: &mut Vec<Finding>) {
    let successor = |it: Option<&Pin>| it?.successor.as_ref().map(|it| facts(&it.certificate));
    let predecessor = |it: Option<&Pin>| it?.predecessor.as_ref().map(facts);
    let mut say = |risk, text: String| {
        found.push(Finding::new(risk, Area::Certificate, part, text));
    };
    match (successor(old), successor(new)) {
        (None, Some(new)) => {
            say(Risk::Gains, format!("{name}: a rotation begins, {} is trusted beside it", told(&new)));
        }
        (Some(old), Some(new)) if old != new => {
            say(Risk::Gains, format!("{name}: another successor is trusted, {}", told(&new)));
        }
        _ => {}
    }
    match (predecessor(old), predecessor(new)) {
        (None, Some(old)) => say(Risk::Moves, format!("{name}: {} stays trusted until the rotation ends", told(&old))),
        (Some(old), None) => {
            say(Risk::Traffic, format!("{name}: the rotation ends, {} is no longer trusted", told(&old)));
        }
        _ => {}
    }
}

/// The certificates that a resource's changed fields hold, beyond those that are pinned.
pub(super) fn in_fields(resource: &str, changes: &[Change], pinned: &BTreeSet<String>) -> Vec<CertificateDiff> {
    let all = |value: &Option<Json>| {
        let mut found = Vec::new();
        value.iter().for_each(|it| collect(it, &mut found));
        found.retain(|it: &CertificateFacts| !pinned.contains(&it.fingerprint));
        found
    };
    let mut diffs = Vec::new();
    for change in changes {
        let (mut old, new) = (all(&change.old), all(&change.new));
        let place = format!("{resource} {}", fields::path(&change.keys));
        for after in new {
            if let Some(same) = old.iter().position(|it| it.fingerprint == after.fingerprint) {
                old.remove(same);
                continue;
            }
            let before = old.iter().position(|it| it.subject == after.subject).map(|it| old.remove(it));
            diffs.push(judge(&place, before, Some(after)));
        }
        diffs.extend(old.into_iter().map(|it| judge(&place, Some(it), None)));
    }
    diffs
}

/// Every certificate in a whole value, as if it were new or gone.
pub(super) fn in_value(resource: &str, value: &Json, is_new: bool, pinned: &BTreeSet<String>) -> Vec<CertificateDiff> {
    let whole = Some(value.clone());
    let (old, new) = if is_new { (None, whole) } else { (whole, None) };
    let how = if is_new { super::model::How::Added } else { super::model::How::Removed };
    in_fields(resource, &[Change { path: String::new(), how, old, new, keys: Vec::new() }], pinned)
}

fn collect(value: &Json, found: &mut Vec<CertificateFacts>) {
    match value {
        Json::String(text) => found.extend(present::certificates(text)),
        Json::Array(list) => list.iter().for_each(|it| collect(it, found)),
        Json::Object(map) => map.values().for_each(|it| collect(it, found)),
        _ => {}
    }
}

fn judge(name: &str, old: Option<CertificateFacts>, new: Option<CertificateFacts>) -> CertificateDiff {
    let is_authority = |it: &CertificateFacts| it.subject == it.issuer;
    let (status, risk, what) = match (&old, &new) {
        (None, Some(new)) if is_authority(new) => {
            let what = format!("a new authority, {}: whoever holds its key is trusted", told(new));
            (Status::Added, Risk::Gains, what)
        }
        (None, Some(new)) => {
            let what = format!("new, {} by {}{}", told(new), new.issuer, names(new));
            (Status::Added, Risk::Gains, what)
        }
        (Some(old), None) => (Status::Removed, Risk::Loss, format!("gone, {}", told(old))),
        (Some(old), Some(new)) => changed(old, new, is_authority(new)),
        (None, None) => (Status::Same, Risk::Moves, String::new()),
    };
    CertificateDiff { name: name.into(), status, risk, old, new, what }
}

fn changed(old: &CertificateFacts, new: &CertificateFacts, authority: bool) -> (Status, Risk, String) {
    let mut risk = Risk::Restart;
    let mut what = vec![format!("issued anew, {} → {}", short(&old.fingerprint), short(&new.fingerprint))];
    if authority {
        risk = Risk::Traffic;
        what[0] = format!(
            "the authority is another, {} → {}: who trusts only the old one refuses the new",
            short(&old.fingerprint),
            short(&new.fingerprint)
        );
    }
    if old.subject != new.subject {
        what.push(format!("subject {} → {}", old.subject, new.subject));
    }
    if old.issuer != new.issuer {
        risk = risk.min(Risk::Traffic);
        what.push(format!("issuer {} → {}", old.issuer, new.issuer));
    }
    let before: BTreeSet<&String> = old.names.iter().collect();
    let after: BTreeSet<&String> = new.names.iter().collect();
    for name in after.difference(&before) {
        risk = Risk::Gains;
        what.push(format!("gains the name {name}"));
    }
    for name in before.difference(&after) {
        risk = risk.min(Risk::Traffic);
        what.push(format!("loses the name {name}"));
    }
    if new.not_after < old.not_after {
        risk = risk.min(Risk::Traffic);
        what.push(format!("ends sooner: {}, not {}", present::day(new.not_after), present::day(old.not_after)));
    } else if new.not_after > old.not_after {
        what.push(format!("until {}, not {}", present::day(new.not_after), present::day(old.not_after)));
    }
    (Status::Changed, risk, what.join("; "))
}

fn told(it: &CertificateFacts) -> String {
    format!("{} ({}) until {}", it.subject, short(&it.fingerprint), present::day(it.not_after))
}

fn names(it: &CertificateFacts) -> String {
    if it.names.is_empty() { String::new() } else { format!(" for {}", it.names.join(", ")) }
}

fn short(fingerprint: &str) -> String {
    format!("sha256:{}", present::short(fingerprint))
}

pub(super) fn facts(it: &lock::Certificate) -> CertificateFacts {
    CertificateFacts {
        subject: it.subject.clone(),
        issuer: it.issuer.clone(),
        names: it.names.clone(),
        not_before: it.not_before,
        not_after: it.not_after,
        fingerprint: it.fingerprint.clone(),
    }
}

/// What is to be said of certificates that end soon after a moment, or before it.
pub(super) fn expiry(part: &str, certificates: &[CertificateDiff], now: Timestamp, found: &mut Vec<Finding>) {
    for it in certificates {
        let Some(new) = &it.new else { continue };
        let days = (new.not_after.as_second() - now.as_second()).div_euclid(86_400);
        if days < 30 {
            let text = match days {
                ..0 => format!("{} ended on {}", it.name, present::day(new.not_after)),
                _ => format!("{} ends in {}", it.name, number::count(days.unsigned_abs() as usize, "day")),
            };
            found.push(Finding::new(Risk::Traffic, Area::Certificate, part, text));
        }
    }
}
