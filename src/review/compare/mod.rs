//! What a change to a lock means for a cluster, for people who review it.
//!
//! [`diff`] takes two [`Side`]s and gives a [`Diff`]: plain data, which [`crate::review::print`] prints.
//! Everything that can be said from the locks alone is said from them; fields need the manifests of both sides, values the
//! charts. No secret's bytes are in it: sealed text is a mark, and plain secrets are hidden before anything is compared.

pub(in crate::review) mod around;
mod certificates;
mod checklist;
pub(in crate::review) mod documents;
mod envelopes;
pub(in crate::review) mod exposed;
mod facts;
mod fields;
pub(in crate::review) mod fold;
pub(in crate::review) mod hide;
mod images;
mod layout;
mod links;
mod look;
pub(in crate::review) mod model;
mod outline;
mod pairing;
mod part;
mod patch;
pub(in crate::review) mod present;
mod reads;
pub(in crate::review) mod risk;
mod side;
mod signers;
pub(in crate::review) mod values;
mod verdict;

pub use model::{
    Area, CertificateDiff, CertificateFacts, Change, Clause, Counts, DefaultChange, Diff, Fact, Finding, Fold, How,
    ImageDiff, Item, Limit, Link, PartDiff, PartSize, Recipients, ResourceDiff, Risk, RiskLine, SCHEMA, Size, Status,
    Step, ValuesDiff, Verdict, When,
};
pub use reads::Reads;
pub use side::{BEHIND, Content, Part, Side, Values, json as values_json};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::base::number::count;
use crate::base::recipient::Recipient;
use crate::deliver::size;
use crate::deliver::target::Target;

use around::Around;
use documents::Documents;
use hide::Hider;
use layout::Layout;

/// Compares two sides. `now` says which certificates end soon.
pub fn diff(old: &Side, new: &Side, now: Timestamp) -> Diff {
    let mut hider = Hider::new([old, new]);
    let read = |side: &Side| -> Vec<String> { side.parts.keys().cloned().collect() };
    debug_assert!(read(old).is_sorted());
    let old_documents: BTreeMap<&str, Documents<'_>> =
        old.parts.iter().map(|(name, part)| (name.as_str(), Documents::new(part))).collect();
    let new_documents: BTreeMap<&str, Documents<'_>> =
        new.parts.iter().map(|(name, part)| (name.as_str(), Documents::new(part))).collect();
    let documents = |is_new: bool, part: &str| if is_new { new_documents.get(part) } else { old_documents.get(part) };
    let around = Around::of((old, new), &documents);
    let mut findings = Vec::new();
    let pairs = pairing::renamed(old, new, &documents);
    let moved: BTreeSet<pairing::Id<'_>> = pairs.values().copied().collect();
    let names: BTreeSet<&String> = old.parts.keys().chain(new.parts.keys()).collect();
    let mut parts = Vec::new();
    for name in names {
        let sides = facts::Sides { name, old: old.parts.get(name), new: new.parts.get(name) };
        let near = part::Near { documents: &documents, around: &around, pairs: &pairs, moved: &moved };
        parts.push(part::compare(&sides, &near, &mut hider, now, &mut findings));
    }
    let layout = Layout::of(old, new, &parts, &mut findings);
    envelopes::compare(old, new, &mut findings);
    let recipients = recipients(old, new, &mut findings);
    let facts = facts(old, new);
    let size = sizes(old, new, &mut findings);
    let identical = parts.iter().all(|it| it.status == Status::Same)
        && layout.is_same()
        && facts.is_empty()
        && findings.is_empty()
        && recipients == Recipients::default();
    // What may refuse a write is told after what cuts off what runs.
    let late = |it: &Finding| it.risk == Risk::Traffic && it.area == Area::Permission;
    findings.sort_by(|a, b| {
        let key = |it: &Finding| (it.risk, late(it), it.area);
        key(a).cmp(&key(b)).then_with(|| (&a.part, &a.resource).cmp(&(&b.part, &b.resource)))
    });
    findings.dedup();
    for finding in &mut findings {
        finding.text = present::harmless(&hider.text(&finding.text));
    }
    let mut remarks: Vec<String> = Vec::new();
    for side in [old, new] {
        remarks.extend(side.remarks.iter().map(|it| format!("{}: {}", side.name, hider.text(it))));
    }
    remarks.extend(missing(&parts));
    remarks.extend(left_behind(new, &parts));
    remarks.extend(layout.remarks());
    let mut diff = Diff {
        schema: SCHEMA,
        bundle: if new.bundle.is_empty() { old.bundle.clone() } else { new.bundle.clone() },
        old: old.name.clone(),
        new: new.name.clone(),
        identical,
        risk: RiskLine::default(),
        verdict: Verdict::default(),
        counts: checklist::counts(&parts),
        checklist: Vec::new(),
        remarks,
        findings,
        facts,
        recipients,
        parts,
        size,
    };
    diff.risk = risk::line(&diff, layout.is_blank_alone(&diff.parts));
    diff.checklist = checklist::steps(&diff, &around);
    diff.verdict = verdict::verdict(&diff, &around);
    diff
}

fn facts(old: &Side, new: &Side) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut compare = |what, old: Option<String>, new: Option<String>| {
        // What one side does not tell is no difference.
        if old != new && old.is_some() && new.is_some() {
            facts.push(Fact { what, old, new });
        }
    };
    let name = |it: &Side| Some(it.bundle.clone()).filter(|it| !it.is_empty());
    compare("bundle", name(old), name(new));
    compare("clock", old.clock.map(|it| it.to_string()), new.clock.map(|it| it.to_string()));
    compare("Helm", old.helm.map(|it| it.to_string()), new.helm.map(|it| it.to_string()));
    compare("Kubernetes", old.kubernetes.clone(), new.kubernetes.clone());
    compare("Talos", old.talos.clone(), new.talos.clone());
    facts
}

fn recipients(old: &Side, new: &Side, findings: &mut Vec<Finding>) -> Recipients {
    let missing = |from: &Side, other: &Side| -> Vec<Recipient> {
        let gone = from.recipients.iter().filter(|it| other.recipients.iter().all(|other| other.key != it.key));
        gone.cloned().collect()
    };
    let (added, removed) = (missing(new, old), missing(old, new));
    let mut say = |risk, text: String| {
        findings.push(Finding::new(risk, Area::Recipient, "", text));
    };
    for it in &added {
        say(Risk::Gains, format!("{} may now open the bundle's secrets", it.short()));
    }
    for it in &removed {
        say(
            Risk::Loss,
            format!(
                "{} may no longer open new bundles, but has held every key sealed so far: rotate what must be secret from them",
                it.short()
            ),
        );
    }
    let texts = |all: Vec<Recipient>| all.iter().map(ToString::to_string).collect();
    Recipients { added: texts(added), removed: texts(removed) }
}

fn sizes(old: &Side, new: &Side, findings: &mut Vec<Finding>) -> Option<Size> {
    let (before, after) = (old.size?, new.size?);
    let of = |side: &Side, name: &String| {
        let content = side.parts.get(name).and_then(|it| it.content.as_ref().ok());
        content.map_or(0, |it| it.text.len() as u64)
    };
    let names: BTreeSet<&String> = old.parts.keys().chain(new.parts.keys()).collect();
    let parts = names.into_iter().map(|it| PartSize { name: it.clone(), old: of(old, it), new: of(new, it) });
    let limits: Vec<Limit> = size::limits(Target::Talos)
        .iter()
        .filter(|it| !it.cloud)
        .map(|it| Limit { what: it.what, bytes: it.bytes })
        .collect();
    for limit in &limits {
        if before <= limit.bytes && after > limit.bytes {
            let text =
                format!("{} is more than {} takes ({})", size::human(after), limit.what, size::human(limit.bytes));
            findings.push(Finding::new(Risk::Traffic, Area::Size, "", text));
        }
    }
    Some(Size { old: before, new: after, parts: parts.collect(), limits })
}

/// What becomes of resources that are in no manifest any more.
fn left_behind(new: &Side, parts: &[PartDiff]) -> Option<String> {
    let gone = |it: &&ResourceDiff| match it.status {
        Status::Removed => true,
        // Another version of the API is another name for the same object.
        Status::Renamed => {
            it.old_id.as_deref().is_some_and(|old| pairing::without_version(old) != pairing::without_version(&it.id))
        }
        _ => false,
    };
    let number = parts.iter().flat_map(|it| &it.resources).filter(gone).count();
    let talos = new.talos.as_deref().filter(|_| number > 0)?;
    let minor: u64 = talos.split('.').nth(1)?.parse().ok()?;
    let what = format!("what is gone from the bundle ({})", count(number, "resource"));
    Some(match minor {
        // It never deletes at boot, and `upgrade-k8s` does so since 1.13 only.
        ..13 => format!("Talos {talos} leaves {what} in the cluster: delete by hand what should go"),
        _ => format!("`talosctl upgrade-k8s` deletes {what}; until then it stays in the cluster"),
    })
}

/// What was known by digests alone.
fn missing(parts: &[PartDiff]) -> Vec<String> {
    let behind = |it: &PartDiff| it.contents_missing.as_ref().filter(|it| it.starts_with(BEHIND)).cloned();
    let unseen = parts.iter().filter(|it| it.status == Status::Same);
    let unseen: Vec<String> = unseen
        .filter_map(|it| {
            Some(format!("part {}: {}; `ichor lock` takes it in, and it shows here", it.name, behind(it)?))
        })
        .collect();
    let blind = parts.iter().filter(|it| it.contents_missing.is_some() && it.status != Status::Same);
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for part in blind {
        reasons.entry(part.contents_missing.as_deref().unwrap_or_default()).or_default().push(&part.name);
    }
    let told = reasons.into_iter().map(|(why, parts)| {
        let names = if parts.len() > 3 { count(parts.len(), "part") } else { format!("part {}", parts.join(", ")) };
        format!("{names}: compared by the locks alone, without fields, permissions and privileges: {why}")
    });
    unseen.into_iter().chain(told).collect()
}
