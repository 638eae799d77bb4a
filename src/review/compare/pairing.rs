//! Which resource of the old side is which of the new one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::documents::Documents;
use super::side::Side;

/// More pairs than this of one kind are not tried: names that differ so much are no renames.
const MAX_TRIES: usize = 4_096;
/// The share of equal leaves, in percent, from which two resources are one that was renamed.
const ALIKE: usize = 60;

/// A resource by part and name.
pub(super) type Id<'a> = (&'a str, &'a str);

/// New resources with their old selves, where those are others than their name says.
pub(super) fn renamed<'a>(
    old: &'a Side,
    new: &'a Side,
    documents: &dyn Fn(bool, &str) -> Option<&'a Documents<'a>>,
) -> BTreeMap<Id<'a>, Id<'a>> {
    let all = |side: &'a Side| -> BTreeSet<Id<'a>> {
        let of_part =
            side.parts.iter().map(|(part, it)| it.resources.keys().map(move |id| (part.as_str(), id.as_str())));
        of_part.flatten().collect()
    };
    let (before, after) = (all(old), all(new));
    let mut gone: Vec<Id<'a>> = before.difference(&after).copied().collect();
    let mut come: Vec<Id<'a>> = after.difference(&before).copied().collect();
    let mut pairs = BTreeMap::new();
    // The same name in another part, then the same name under another version of the API.
    pair_by(&mut gone, &mut come, &mut pairs, &|(_, id)| (*id).to_owned());
    pair_by(&mut gone, &mut come, &mut pairs, &|(part, id)| format!("{part} {}", without_version(id)));
    let read = |is_new: bool, id: &Id<'a>| documents(is_new, id.0)?.read(id.1).map(|it| flat(&it));
    let mut groups: BTreeMap<(&str, &str), [Vec<Id<'a>>; 2]> = BTreeMap::new();
    for id in gone {
        groups.entry((id.0, kind(id.1))).or_default()[0].push(id);
    }
    for id in come {
        groups.entry((id.0, kind(id.1))).or_default()[1].push(id);
    }
    for [gone, come] in groups.into_values() {
        if gone.len() * come.len() > MAX_TRIES {
            continue;
        }
        let before: Vec<_> = gone.iter().filter_map(|it| Some((*it, read(false, it)?))).collect();
        let after: Vec<_> = come.iter().filter_map(|it| Some((*it, read(true, it)?))).collect();
        let mut scores = Vec::new();
        for (old, old_leaves) in &before {
            for (new, new_leaves) in &after {
                let score = alike(old_leaves, new_leaves);
                if score >= ALIKE {
                    scores.push((std::cmp::Reverse(score), *new, *old));
                }
            }
        }
        scores.sort();
        let mut taken = BTreeSet::new();
        for (_, new, old) in scores {
            if !pairs.contains_key(&new) && taken.insert(old) {
                pairs.insert(new, old);
            }
        }
    }
    pairs
}

fn pair_by<'a>(
    gone: &mut Vec<Id<'a>>,
    come: &mut Vec<Id<'a>>,
    pairs: &mut BTreeMap<Id<'a>, Id<'a>>,
    key: &dyn Fn(&Id<'a>) -> String,
) {
    let mut old: BTreeMap<String, Id<'a>> = gone.iter().map(|it| (key(it), *it)).collect();
    come.retain(|it| match old.remove(&key(it)) {
        Some(before) => {
            pairs.insert(*it, before);
            false
        }
        None => true,
    });
    let left: BTreeSet<Id<'a>> = pairs.values().copied().collect();
    gone.retain(|it| !left.contains(it));
}

/// `apps/v1 DaemonSet n/x` is `apps DaemonSet n/x`.
pub(super) fn without_version(id: &str) -> String {
    let (version, rest) = id.split_once(' ').unwrap_or(("", id));
    format!("{} {rest}", version.rsplit_once('/').map_or("", |(group, _)| group))
}

fn kind(id: &str) -> &str {
    id.split(' ').nth(1).unwrap_or(id)
}

/// Every leaf with its path, without what names the resource.
fn flat(resource: &Json) -> BTreeSet<String> {
    let mut leaves = BTreeSet::new();
    let mut open = vec![(String::new(), resource)];
    while let Some((path, value)) = open.pop() {
        match value {
            Json::Object(map) => open.extend(map.iter().map(|(key, value)| (format!("{path}/{key}"), value))),
            // The position of an item in a list does not identify it.
            Json::Array(list) => open.extend(list.iter().map(|value| (format!("{path}/-"), value))),
            leaf if !path.starts_with("/metadata/") && path != "/kind" && path != "/apiVersion" => {
                leaves.insert(format!("{path}={leaf}"));
            }
            _ => {}
        }
    }
    leaves
}

/// The share of leaves both have, in percent.
fn alike(one: &BTreeSet<String>, other: &BTreeSet<String>) -> usize {
    let all = one.len().max(other.len());
    // Two empty resources are not taken for one that was renamed.
    if one.len().min(other.len()) < 2 { 0 } else { one.intersection(other).count() * 100 / all }
}
