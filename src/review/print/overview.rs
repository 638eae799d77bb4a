//! What every form says above all else, in the same words: counts, the verdict, and what to do.

use crate::base::number::count;
use crate::review::compare::model::{Diff, ResourceDiff, Status, When};

/// `upgrade-k8s: creates 1, updates 3, refuses 1`; nothing where it has nothing to do.
pub(super) fn counts(diff: &Diff) -> Option<String> {
    let counts = &diff.counts;
    let all = [
        ("creates", counts.created),
        ("updates", counts.updated),
        ("cannot apply", counts.refused),
        ("deletes", counts.pruned),
        ("leaves behind", counts.left_behind),
    ];
    let words: Vec<String> =
        all.iter().filter(|it| it.1 > 0).map(|(verb, number)| format!("{verb} {number}")).collect();
    if words.is_empty() {
        return None;
    }
    let boot =
        if counts.created > 0 { format!("a boot creates {}", counts.created) } else { "a boot changes nothing".into() };
    Some(format!("`upgrade-k8s` {}; {boot}", words.join(", ")))
}

/// Whether a robot may merge, and why not.
pub(super) fn verdict(diff: &Diff) -> String {
    if diff.identical {
        return "nothing to decide".into();
    }
    match diff.verdict.because.as_slice() {
        [] => "routine: versions, images and labels alone".into(),
        [one] => format!("not routine ({one})"),
        [first, rest @ ..] => format!("not routine ({first}, and {})", count(rest.len(), "more reason")),
    }
}

/// The heading of a step.
pub(super) fn when(when: When) -> &'static str {
    match when {
        When::Before => "before",
        When::Apply => "apply",
        When::After => "after",
    }
}

/// What is told of a definition in place of its many fields.
pub(super) fn folded(resource: &ResourceDiff) -> Option<String> {
    let is_definition = resource.id.split(' ').nth(1) == Some("CustomResourceDefinition");
    let folds = is_definition && resource.status != Status::Added && resource.changes.len() > FEW;
    folds.then(|| format!("{} of its schema are on the page (--format html)", count(resource.changes.len(), "change")))
}

/// Changes of a definition that are shown one by one.
const FEW: usize = 3;
