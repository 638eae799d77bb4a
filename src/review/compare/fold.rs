//! What changes alike in many resources is said once.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Change, Fold, How, ResourceDiff, Status};

/// From this many resources on, a shared change is folded.
const MANY: usize = 3;

/// Takes the labels and annotations that change alike in many resources out of them. Selectors stay: they never just move.
pub(in crate::review) fn fold(resources: &mut [ResourceDiff]) -> Vec<Fold> {
    let mut groups: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for resource in resources.iter() {
        for change in &resource.changes {
            if let Some(key) = key(change) {
                groups.entry(key).or_default().insert(resource.id.clone());
            }
        }
    }
    groups.retain(|_, resources| resources.len() >= MANY);
    let mut folds: BTreeMap<(String, String), Fold> = BTreeMap::new();
    for resource in resources.iter_mut() {
        let id = &resource.id;
        let before = resource.changes.len();
        resource.changes.retain(|change| {
            let Some(key) = key(change).filter(|it| groups.contains_key(it)) else { return true };
            let fold = folds.entry(key.clone()).or_insert_with(|| Fold {
                what: key.0,
                how: change.how,
                old: change.old.clone(),
                new: change.new.clone(),
                resources: Vec::new(),
            });
            if fold.resources.last() != Some(id) {
                fold.resources.push(id.clone());
            }
            false
        });
        resource.folded = before - resource.changes.len();
    }
    let mut folds: Vec<Fold> = folds.into_values().collect();
    folds.sort_by(|a, b| b.resources.len().cmp(&a.resources.len()).then_with(|| a.what.cmp(&b.what)));
    folds
}

/// Whether a resource has nothing of its own to show.
pub(in crate::review) fn is_quiet(resource: &ResourceDiff) -> bool {
    match resource.status {
        // Without any change, its content is not at hand.
        Status::Changed => resource.changes.is_empty() && resource.folded > 0,
        Status::TextOnly => true,
        _ => false,
    }
}

/// Whether it is known to differ, but not how.
pub(in crate::review) fn is_blind(resource: &ResourceDiff) -> bool {
    resource.status == Status::Changed && resource.changes.is_empty() && resource.folded == 0
}

/// `label x` with both values: what makes two changes one.
fn key(change: &Change) -> Option<(String, String)> {
    let [.., metadata, kind, name] = change.keys.as_slice() else { return None };
    if metadata != "metadata" || change.how == How::Reordered {
        return None;
    }
    let what = match kind.as_str() {
        "labels" => "label",
        "annotations" => "annotation",
        _ => return None,
    };
    Some((format!("{what} {name}"), format!("{:?} {:?}", change.old, change.new)))
}
