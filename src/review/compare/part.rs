//! One part, before and after.

use crate::base::number;
use crate::base::number::some;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::around::Around;
use super::documents::Documents;
use super::facts::{Sides, facts, notes};
use super::hide::Hider;
use super::look::{self, Pair, Readers};
use super::model::{Area, Change, Finding, Item, PartDiff, ResourceDiff, Risk, Status, ValuesDiff};
use super::pairing::Id;
use super::side::{Part, Values};
use super::{certificates, exposed, fields, fold, images, links, patch, present, signers, values};
use crate::review::rehearse;

/// A resource of both sides: what it is called now and before, and its digests' verdict.
struct ResourcePair<'a> {
    id: &'a str,
    old: Option<Id<'a>>,
    is_new: bool,
    same: bool,
}

type Lookup<'l, 'a> = &'l dyn Fn(bool, &str) -> Option<&'l Documents<'a>>;

/// What a part is compared among.
pub(super) struct Near<'n, 'a> {
    pub(super) documents: Lookup<'n, 'a>,
    pub(super) around: &'n Around,
    /// What has another name now, new to old.
    pub(super) pairs: &'n BTreeMap<Id<'a>, Id<'a>>,
    /// All that went to another place.
    pub(super) moved: &'n BTreeSet<Id<'a>>,
}

pub(super) fn compare<'a>(
    sides: &Sides<'a>,
    near: &Near<'_, 'a>,
    hider: &mut Hider,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> PartDiff {
    let part = sides.name;
    let documents = near.documents;
    let resource_pairs = resource_pairs(sides, near.pairs, near.moved);
    let missing = [sides.old, sides.new].into_iter().flatten().find_map(|it| it.content.as_ref().err().cloned());
    let mut readers = Readers::default();
    let mut read: Vec<(Json, Json)> = Vec::new();
    for pair in &resource_pairs {
        let get = |is_new, id: Option<Id<'_>>| -> Json {
            let found = id.and_then(|(part, id)| documents(is_new, part)?.read(id));
            found.unwrap_or_default()
        };
        // A workload that reads a changed ConfigMap may be unchanged itself.
        let reads = pair.is_new && pair.same && may_read(pair.id) && !sides.same();
        let mut new = if pair.is_new && !pair.same || reads { get(true, Some((part, pair.id))) } else { Json::Null };
        let mut old = if pair.same { Json::Null } else { get(false, pair.old) };
        if !new.is_null() {
            let (mut before, mut after) = (old.clone(), new.clone());
            rehearse::settle(&mut before, &mut after);
            let restarts = !pair.same && before["spec"]["template"] != after["spec"]["template"];
            readers.note(pair.id, &new, restarts);
        }
        if !pair.same {
            exposed(part, pair, (&old, &new), documents, findings);
            hider.resource(&mut old);
            hider.resource(&mut new);
        }
        read.push((old, new));
    }
    let mut resources = Vec::new();
    let pinned = pinned(sides);
    let mut fields_certificates = Vec::new();
    let known = missing.is_none();
    for (pair, raw) in resource_pairs.iter().zip(&read).filter(|(it, _)| !it.same) {
        let before = findings.len();
        // What is looked at is what Kubernetes sees; what is told to programs is what is written.
        let mut settled = raw.clone();
        rehearse::settle(&mut settled.0, &mut settled.1);
        let (old, new) = (&settled.0, &settled.1);
        let place = |id: &str| id.splitn(3, ' ').nth(2).map(str::to_owned);
        let renamed = pair.is_new && pair.old.is_some_and(|(_, id)| place(id) != place(pair.id));
        let fate = known.then(|| {
            let live = if renamed { &Json::Null } else { old };
            rehearse::fate(live, new, &near.around.stage)
        });
        if known {
            let pair = Pair { part, id: pair.id, old, new, renamed, around: near.around, fate: fate.as_ref() };
            look::look(&pair, &readers, findings);
        }
        let resource = ResourceDiff { fate, ..resource(part, pair, (old, new), raw, known) };
        if let Some(from) = &resource.old_part {
            let text =
                format!("moves here from part {from}, and is applied in another order; nothing restarts for that");
            let (part, resource) = (part.to_owned(), Some(resource.id.clone()));
            findings.push(Finding { area: Area::Setting, part, resource, text, ..Finding::default() });
        }
        if !known {
            look::blind(part, &resource.id, resource.status, findings);
        }
        fields_certificates.extend(match (old, new) {
            (Json::Null, value) => certificates::in_value(&resource.id, value, true, &pinned),
            (value, Json::Null) => certificates::in_value(&resource.id, value, false, &pinned),
            _ => certificates::in_fields(&resource.id, &resource.changes, &pinned),
        });
        let floor = if resource.status == Status::Removed { Risk::Loss } else { Risk::Moves };
        let risk = findings[before..].iter().map(|it| it.risk).fold(floor, Risk::min);
        resources.push(ResourceDiff { risk, ..resource });
    }
    let folds = fold::fold(&mut resources);
    reduce(&mut resources);
    resources
        .sort_by(|a, b| (a.risk, fold::is_quiet(a)).cmp(&(b.risk, fold::is_quiet(b))).then_with(|| a.id.cmp(&b.id)));
    let versions = [sides.old, sides.new].map(|it| it.and_then(|it| it.version.as_deref()));
    if let [Some(from), Some(to)] = versions
        && images::is_older(from, to)
    {
        let text =
            format!("goes back from {from} to {to}, which may not understand what the newer one left in the cluster");
        findings.push(Finding::new(Risk::Traffic, Area::Chart, part, text));
    }
    for (side, risk, which) in [(sides.new, Risk::Refused, "the new side"), (sides.old, Risk::Moves, "the old side")] {
        if let Some(fault) = side.and_then(|it| it.fails.as_ref()) {
            let fault = fault.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = format!("{which} does not render: {fault}");
            let part = part.to_owned();
            findings.push(Finding::new(risk, Area::Chart, part, text));
        }
    }
    signers::compare(part, sides.old, sides.new, findings);
    if sides.new.is_some() {
        removals(part, &resources, findings);
    }
    let mut diff = PartDiff {
        name: part.into(),
        status: Status::Same,
        facts: facts(sides, hider),
        contents_missing: missing,
        values: values(sides, hider, findings),
        images: images::compare(part, versions, images_of(sides.old), images_of(sides.new), findings),
        certificates: Vec::new(),
        resealed: 0,
        folds,
        links: links::of(sides.old, sides.new),
        inventory: inventory(part, &resource_pairs, documents),
        resources,
        notes: notes(sides),
    };
    certificates(sides, &mut diff, fields_certificates, now, findings);
    diff.status = match (sides.old, sides.new) {
        (None, _) => Status::Added,
        (_, None) => Status::Removed,
        _ if diff.facts.is_empty()
            && diff.resources.is_empty()
            && diff.certificates.is_empty()
            && diff.resealed == 0 =>
        {
            Status::Same
        }
        _ => Status::Changed,
    };
    if diff.status == Status::Removed {
        let text = format!("part {part} is gone with all its resources");
        findings.push(Finding::new(Risk::Loss, Area::Removal, part, text));
    }
    diff
}

/// What the new side exposes that the old one did not.
fn exposed<'a>(
    part: &str,
    pair: &ResourcePair<'a>,
    (old, new): (&Json, &Json),
    documents: Lookup<'_, 'a>,
    findings: &mut Vec<Finding>,
) {
    let text = |is_new, part: &str, id: &str| documents(is_new, part).and_then(|it| it.text(id)).unwrap_or_default();
    let before = exposed::in_document(old, pair.old.map_or("", |(part, id)| text(false, part, id)));
    let after = exposed::in_document(new, if pair.is_new { text(true, part, pair.id) } else { "" });
    for it in exposed::anew(&before, after) {
        let (part, resource) = (part.to_owned(), Some(pair.id.to_owned()));
        findings.push(Finding {
            risk: Risk::Gains,
            area: Area::Secret,
            part,
            resource,
            text: it.to_string(),
            ..Finding::default()
        });
    }
}

/// New resources in the order of their names, then those that are gone.
fn resource_pairs<'a>(
    sides: &Sides<'a>,
    pairs: &BTreeMap<Id<'a>, Id<'a>>,
    moved: &BTreeSet<Id<'a>>,
) -> Vec<ResourcePair<'a>> {
    let part = sides.name;
    let before = sides.old.map(|it| &it.resources);
    let mut resource_pairs = Vec::new();
    for (id, digest) in sides.new.iter().flat_map(|it| &it.resources) {
        let id = id.as_str();
        let old = pairs
            .get(&(part, id))
            .copied()
            .or_else(|| before.and_then(|it| it.get_key_value(id)).map(|(id, _)| (part, id.as_str())));
        let same = before.and_then(|it| it.get(id)) == Some(digest);
        resource_pairs.push(ResourcePair { id, old, is_new: true, same });
    }
    let now = sides.new.map(|it| &it.resources);
    for id in sides.old.iter().flat_map(|it| it.resources.keys()) {
        let stays = now.is_some_and(|it| it.contains_key(id));
        if !stays && !moved.contains(&(part, id.as_str())) {
            resource_pairs.push(ResourcePair { id, old: Some((part, id)), is_new: false, same: false });
        }
    }
    resource_pairs
}

/// What is gone, by kinds, and is not told already.
fn removals(part: &str, resources: &[ResourceDiff], findings: &mut Vec<Finding>) {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in resources.iter().filter(|it| it.status == Status::Removed && look::gone(&it.id).is_none()) {
        let kind = resource.id.split(' ').nth(1).unwrap_or_default();
        kinds.entry(kind).or_default().push(&resource.id);
    }
    for (kind, gone) in kinds {
        let names: Vec<&str> = gone.iter().filter_map(|it| it.splitn(3, ' ').nth(2)).collect();
        let (resource, text) = match gone.as_slice() {
            [one] => (Some((*one).to_owned()), "is gone".to_owned()),
            all => {
                let number = number::count(all.len(), "resource");
                (None, format!("{number} of kind {kind} are gone: {}", some(&names, 6)))
            }
        };
        findings.push(Finding {
            risk: Risk::Loss,
            area: Area::Removal,
            part: part.into(),
            resource,
            text,
            ..Finding::default()
        });
    }
}

fn may_read(id: &str) -> bool {
    ["DaemonSet", "Deployment", "StatefulSet", "CronJob", "Job", "Pod"]
        .contains(&id.split(' ').nth(1).unwrap_or_default())
}

fn resource(
    part: &str,
    pair: &ResourcePair<'_>,
    (old, new): (&Json, &Json),
    raw: &(Json, Json),
    known: bool,
) -> ResourceDiff {
    let renamed = pair.old.filter(|(old_part, id)| pair.is_new && (*old_part != part || *id != pair.id));
    let changes = match (old, new) {
        (Json::Null, _) | (_, Json::Null) => Vec::new(),
        _ => fields::of_resource(old, new),
    };
    let status = match (pair.is_new, pair.old) {
        (true, None) => Status::Added,
        (false, _) => Status::Removed,
        _ if renamed.is_some() => Status::Renamed,
        _ if known && changes.is_empty() => Status::TextOnly,
        _ => Status::Changed,
    };
    let both = !old.is_null() && !new.is_null();
    ResourceDiff {
        id: pair.id.into(),
        old_id: renamed.map(|(_, id)| id.to_owned()).filter(|it| it != pair.id),
        old_part: renamed.map(|(it, _)| it.to_owned()).filter(|it| it != part),
        status,
        risk: Risk::Moves,
        fate: None,
        changes,
        folded: 0,
        patch: both.then(|| patch::patch(&raw.0, &raw.1)),
        value: (status == Status::Added && !new.is_null()).then(|| new.clone()),
    }
}

/// Certificates in what is shown are told by their fingerprints.
fn reduce(resources: &mut [ResourceDiff]) {
    fn reduce(value: &mut Json) {
        match value {
            Json::String(text) => {
                let reduced = present::reduced(text);
                if reduced != *text {
                    *text = reduced;
                }
            }
            Json::Array(list) => list.iter_mut().for_each(reduce),
            Json::Object(map) => map.values_mut().for_each(reduce),
            _ => {}
        }
    }
    for Change { old, new, .. } in resources.iter_mut().flat_map(|it| &mut it.changes) {
        old.iter_mut().chain(new).for_each(reduce);
    }
}

fn values(sides: &Sides<'_>, hider: &mut Hider, findings: &mut Vec<Finding>) -> ValuesDiff {
    let mut of = |part: Option<&Part>| -> Option<Values> {
        let mut values = part?.content.as_ref().ok()?.values.clone()?;
        hider.values(&mut values.defaults);
        hider.values(&mut values.user);
        Some(values)
    };
    match (of(sides.old), of(sides.new)) {
        (Some(old), Some(new)) => values::compare(sides.name, &old, &new, findings),
        _ => ValuesDiff::default(),
    }
}

fn images_of(part: Option<&Part>) -> &[String] {
    part.map(|it| it.images.as_slice()).unwrap_or_default()
}

/// The fingerprints that the pins tell of already.
fn pinned(sides: &Sides<'_>) -> BTreeSet<String> {
    let pins = [sides.old, sides.new].into_iter().flatten().filter_map(|it| it.pins.as_ref());
    pins.flat_map(|it| it.values()).filter_map(|it| Some(it.certificate.as_ref()?.fingerprint.clone())).collect()
}

fn certificates(
    sides: &Sides<'_>,
    diff: &mut PartDiff,
    in_fields: Vec<super::model::CertificateDiff>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let part = sides.name;
    let none = BTreeMap::new();
    let pins = |it: Option<&'_ Part>| it.map(|it| it.pins.is_some());
    if pins(sides.old) != Some(false) && pins(sides.new) != Some(false) {
        let old = sides.old.and_then(|it| it.pins.as_ref()).unwrap_or(&none);
        let new = sides.new.and_then(|it| it.pins.as_ref()).unwrap_or(&none);
        let pins = certificates::compare(part, old, new, findings);
        diff.certificates = pins.certificates;
        diff.resealed = pins.resealed;
    }
    for it in in_fields {
        let text = format!("{}: {}", it.name, it.what);
        findings.push(Finding::new(it.risk, Area::Certificate, part, text));
        diff.certificates.push(it);
    }
    certificates::expiry(part, &diff.certificates, now, findings);
}

fn inventory(part: &str, resource_pairs: &[ResourcePair<'_>], documents: Lookup<'_, '_>) -> Vec<Item> {
    let item = |pair: &ResourcePair<'_>| {
        let text = if pair.is_new { documents(true, part) } else { documents(false, part) };
        let size = text.and_then(|it| it.text(pair.id)).map_or(0, str::len);
        let status = match (pair.is_new, pair.old, pair.same) {
            (_, _, true) => Status::Same,
            (true, None, _) => Status::Added,
            (false, _, _) => Status::Removed,
            _ => Status::Changed,
        };
        Item { id: pair.id.into(), status, size }
    };
    resource_pairs.iter().map(item).collect()
}
