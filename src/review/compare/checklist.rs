//! What to do before and after a change is applied, and what becomes of how many resources.

use std::collections::BTreeSet;

use super::around::Around;
use super::model::{Area, Counts, Diff, PartDiff, ResourceDiff, Risk, Status, Step, When};
use super::pairing;
use super::risk::name;
use crate::base::number::some;
use crate::review::rehearse::{Manner, Remedy, Rule, Upgrade};

/// How many are named of a list.
const NAMED: usize = 4;

pub(super) fn counts(parts: &[PartDiff]) -> Counts {
    let mut counts = Counts::default();
    for fate in parts.iter().flat_map(|it| &it.resources).filter_map(|it| it.fate.as_ref()) {
        match fate.upgrade {
            Upgrade::Creates => counts.created += 1,
            Upgrade::Updates => counts.updated += 1,
            Upgrade::Refused => counts.refused += 1,
            Upgrade::Prunes => counts.pruned += 1,
            Upgrade::LeavesBehind => counts.left_behind += 1,
            Upgrade::LeavesAlone => {}
        }
    }
    counts
}

/// The steps in their order, each once.
pub(super) fn steps(diff: &Diff, around: &Around) -> Vec<Step> {
    let manner = Manner::of(around.stage.talos);
    let mut steps = BTreeSet::new();
    let mut add = |when, text: String| {
        steps.insert(Step { when, text });
    };
    let all = || diff.parts.iter().flat_map(|it| &it.resources);
    refused(&mut add, all(), manner);
    let updates = all().any(|it| it.fate.as_ref().is_some_and(|it| it.upgrade == Upgrade::Updates));
    let gone: Vec<&str> = all().filter(|it| it.status == Status::Removed).map(|it| name(&it.id)).collect();
    // Under another name the old object stays as well.
    let renamed = all().filter(|it| it.status == Status::Renamed).filter_map(|it| it.old_id.as_deref().zip(Some(it)));
    let renamed: Vec<&str> = renamed
        .filter(|(old, it)| pairing::without_version(old) != pairing::without_version(&it.id))
        .map(|(old, _)| name(old))
        .collect();
    let leftovers: Vec<&str> = gone.iter().chain(&renamed).copied().collect();
    if updates || !leftovers.is_empty() && manner.prunes {
        let text = "`talosctl upgrade-k8s`, to the Kubernetes version that runs: applying the machine config alone changes \
                    nothing that is there";
        add(When::Apply, text.into());
    }
    if !leftovers.is_empty() {
        let names = some(&leftovers, NAMED);
        if manner.prunes {
            add(When::After, format!("see that `upgrade-k8s` deleted {names}; `--manifests-no-prune` keeps them"));
        } else {
            add(When::After, format!("delete what Talos leaves behind: {names}"));
        }
    }
    let jobs: Vec<&str> = all()
        .filter(|it| matches!(it.status, Status::Added | Status::Renamed) && it.id.split(' ').nth(1) == Some("Job"))
        .map(|it| name(&it.id))
        .collect();
    if !jobs.is_empty() {
        add(When::After, format!("see that {} ended well: it runs as soon as it is applied", some(&jobs, NAMED)));
    }
    let of = |risk: Risk, area: Area| {
        let all = diff.findings.iter().filter(move |it| it.risk == risk && it.area == area);
        let mut names: Vec<&str> = all.filter_map(|it| it.resource.as_deref()).map(name).collect();
        names.dedup();
        names
    };
    for restart in restarts(diff) {
        add(When::After, restart);
    }
    let (budgets, pending): (Vec<&str>, Vec<&str>) =
        of(Risk::Traffic, Area::Scheduling).into_iter().partition(|it| it.starts_with("PodDisruptionBudget "));
    if !budgets.is_empty() {
        let text = format!(
            "run more pods than {} keeps, or lower it: else no node with one can be drained",
            some(&budgets, NAMED)
        );
        add(When::Before, text);
    }
    if !pending.is_empty() {
        add(
            When::Before,
            format!("see that nodes fit what {} now asks for, else its pods stay Pending", some(&pending, NAMED)),
        );
    }
    if diff.findings.iter().any(|it| it.area == Area::Chart && it.risk == Risk::Traffic) {
        add(
            When::Before,
            "read the release notes on going back: an older version may not understand what is stored".into(),
        );
    }
    if diff.findings.iter().any(|it| it.area == Area::Crd && it.risk == Risk::Loss) {
        add(When::Before, "see that no object in the cluster needs what the definitions lose".into());
    }
    steps.into_iter().collect()
}

fn refused<'a>(add: &mut dyn FnMut(When, String), all: impl Iterator<Item = &'a ResourceDiff>, manner: Manner) {
    let mut any = false;
    let (mut anew, mut migrate, mut rewrite, mut adopt) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for resource in all {
        let Some(fate) = &resource.fate else { continue };
        let has = |remedy| fate.refusals.iter().any(|it| it.remedy == remedy);
        any |= !fate.refusals.is_empty();
        let name = name(&resource.id);
        if has(Remedy::Rewrite) {
            rewrite.push(name);
        } else if has(Remedy::Migrate) {
            migrate.push(name);
        } else if has(Remedy::Recreate) {
            anew.push(name);
        } else if fate.refusals.iter().any(|it| it.rule == Rule::Inventory) {
            adopt.push(name);
        }
    }
    if !any {
        return;
    }
    if !rewrite.is_empty() {
        add(
            When::Before,
            format!("correct the manifest of {}: no step in the cluster makes it fit", some(&rewrite, NAMED)),
        );
    }
    if !migrate.is_empty() {
        let names = some(&migrate, NAMED);
        add(
            When::Before,
            format!(
                "keep the old value of {names}, or make a new one beside it and move its data: deleting it loses them"
            ),
        );
    }
    if !anew.is_empty() {
        let names = some(&anew, NAMED);
        let force = if manner.forces {
            ", or give `upgrade-k8s` the flag `--manifests-force`, which deletes and makes anew whatever is refused"
        } else {
            ""
        };
        add(When::Before, format!("delete {names} just before `upgrade-k8s`, which then makes it anew{force}"));
    }
    if !adopt.is_empty() {
        add(
            When::Apply,
            format!(
                "`--manifests-inventory-policy AdoptAll` takes {} over from its present owner",
                some(&adopt, NAMED)
            ),
        );
    }
    let stops = if manner.merges {
        "while one object is refused, `upgrade-k8s` applies nothing of the bundle"
    } else {
        "`upgrade-k8s` ends at the first object that is refused, and leaves what comes after it as it was"
    };
    add(When::Apply, stops.into());
}

/// Workloads that read what changed and do not restart by themselves.
fn restarts(diff: &Diff) -> Vec<String> {
    let mut steps = Vec::new();
    for restart in diff.findings.iter().flat_map(|it| it.restart.iter()) {
        let mut words = restart.splitn(2, ' ');
        let (kind, place) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let command = match place.split_once('/') {
            Some((space, name)) => format!("kubectl -n {space} rollout restart {}/{name}", kind.to_lowercase()),
            None => format!("kubectl rollout restart {}/{place}", kind.to_lowercase()),
        };
        let text = format!("`{command}`: it reads what changed only when it starts");
        if !steps.contains(&text) {
            steps.push(text);
        }
    }
    steps
}
