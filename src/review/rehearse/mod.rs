//! A rehearsal: what Talos and the API server do with each object when an old state becomes a new one.
//!
//! Pure: objects go in as JSON, a [`Fate`] comes out. The old object is one of another bundle or one that a cluster has; all
//! comparison is as Kubernetes does it (`1000m` is `1`, a default is the same written out or left out). What is known
//! against an object is said; that nothing is said is no promise, since webhooks and policies of a cluster are not known.

mod custom;
mod defaults;
mod fate;
mod fixed;
mod linger;
mod misfits;
mod names;
mod others;
mod pods;
mod say;
mod services;
mod settle;
mod talos;
mod workloads;

pub use fate::{Boot, Fate, Refusal, Remedy, Rule, Upgrade};
pub use settle::settle;
pub use talos::Manner;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use misfits::Misfit;

use crate::base::code::Code;
use crate::base::number::some;
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::{Fault, Faults};
use crate::review::kubernetes::schema::{KNOWN, Release};
use crate::review::kubernetes::security::{Level, forbidden};
use crate::review::kubernetes::{fields, refused};
use crate::stage::spec::TalosVersion;

/// What a rehearsal takes for granted.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The newest known where it is not told.
    pub talos: Option<TalosVersion>,
    /// The minor of Kubernetes 1.x.
    pub kubernetes: Option<u32>,
    /// The levels of Pod Security by namespace. Of others, it is what Talos has by default.
    pub levels: BTreeMap<String, Level>,
    /// The `spec` of each CRD that is applied before, by group and kind.
    pub definitions: BTreeMap<(String, String), Json>,
}

/// The `spec` of each CRD among objects, by group and kind.
pub fn definitions<'o>(objects: impl Iterator<Item = &'o Json>) -> BTreeMap<(String, String), Json> {
    let all = objects.filter(|it| it["kind"] == "CustomResourceDefinition");
    let named = all.filter_map(|it| {
        let spec = &it["spec"];
        Some(((spec["group"].as_str()?.to_owned(), spec["names"]["kind"].as_str()?.to_owned()), spec.clone()))
    });
    named.collect()
}

/// The level of Pod Security of each namespace among objects.
pub fn levels<'o>(objects: impl Iterator<Item = &'o Json>) -> BTreeMap<String, Level> {
    let spaces = objects.filter(|it| it["kind"] == "Namespace");
    spaces.filter_map(|it| Some((it["metadata"]["name"].as_str()?.to_owned(), Level::of(it)))).collect()
}

/// What becomes of one object. `old` is what the cluster has, or what the old side put there; `null` is none.
pub fn fate(old: &Json, new: &Json, stage: &Stage) -> Fate {
    let manner = Manner::of(stage.talos);
    if new.is_null() {
        let upgrade = if manner.prunes { Upgrade::Prunes } else { Upgrade::LeavesBehind };
        return Fate { boot: Boot::LeavesAlone, upgrade, refusals: Vec::new() };
    }
    let refusals = refusals(old, new, stage);
    let refused = !refusals.is_empty();
    if old.is_null() {
        // What creates drops a field that it does not know.
        let at_boot = refusals.iter().any(|it| it.rule != Rule::Unknown);
        let boot = if at_boot { Boot::Refused } else { Boot::Creates };
        let upgrade = if refused { Upgrade::Refused } else { Upgrade::Creates };
        return Fate { boot, upgrade, refusals };
    }
    let definition = custom::definition(new, stage);
    let filled = |it: &Json| definition.map_or_else(|| it.clone(), |definition| custom::filled(it, definition));
    let (old, new) = (&filled(old), &filled(new));
    let upgrade = match refused {
        true => Upgrade::Refused,
        false if manner.merges && same(old, &linger::kept(old, new)) => Upgrade::LeavesAlone,
        false if same(old, new) => Upgrade::LeavesAlone,
        false => Upgrade::Updates,
    };
    Fate { boot: Boot::LeavesAlone, upgrade, refusals }
}

/// Why the API server does not take `new` in place of `old`, the gravest first.
pub fn refusals(old: &Json, new: &Json, stage: &Stage) -> Vec<Refusal> {
    let manner = Manner::of(stage.talos);
    let mut found: Vec<Refusal> = talos::foreign(old).into_iter().collect();
    if let Some(definition) = custom::definition(new, stage) {
        custom::look(old, new, definition, (manner, stage.kubernetes), &mut found);
    }
    if misfits::of(new).is_some() {
        fits(new, stage, manner, &mut found);
        let (mut before, mut after) = (old.clone(), new.clone());
        settle(&mut before, &mut after);
        if !old.is_null() {
            fixed::look(&before, &after, stage.kubernetes, &mut found);
            if new["kind"] == "Job" {
                fixed::completions(old, new, manner.merges, &mut found);
            }
        }
        workloads::look(&before, new, manner, &mut found);
        if new["kind"] == "Service" {
            services::look(&before, new, &mut found);
        }
        others::look(new, &mut found);
        if new["kind"] == "Pod" && before["spec"] != after["spec"] {
            found.extend(unsafe_pod(new, stage));
        }
    }
    // What the rules of `check` know beside; they would say the same in other words.
    if !found.iter().any(|it| matches!(it.rule, Rule::Schema | Rule::Unknown | Rule::Invalid)) {
        found.extend(by_itself(new, stage, manner));
    }
    found.sort_by_key(|it| it.rule);
    found.dedup();
    found
}

/// What the API server refuses in an object, whatever was there before.
fn by_itself(new: &Json, stage: &Stage, manner: Manner) -> impl Iterator<Item = Refusal> {
    let (oldest, newest) = stage.kubernetes.map_or(KNOWN, |it| (it, it));
    let mut faults = Faults::default();
    let cursor = Cursor::of(new);
    fields::walk(&cursor, Release { oldest, newest }, manner.merges, &mut faults);
    refused::check(&cursor, &mut faults);
    // What creates and replaces drops a field that it does not know.
    let counts = move |it: &Fault| it.code != Code::K006 || manner.merges;
    faults.0.into_iter().filter(counts).map(|it| {
        let rule = if it.code == Code::K006 { Rule::Unknown } else { Rule::Invalid };
        Refusal { rule, path: it.field, why: format!("it {}", it.what), remedy: Remedy::Rewrite }
    })
}

/// What Pod Security has against a pod. Those that workloads make are refused later, and the workload is not.
fn unsafe_pod(pod: &Json, stage: &Stage) -> Option<Refusal> {
    let space = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    let level = match space {
        "kube-system" => Level::Privileged,
        space => stage.levels.get(space).copied().unwrap_or(Level::Baseline),
    };
    let what = forbidden(pod, level);
    let why = format!("namespace {space} is {}, which forbids {}", level.name(), some(&what, 4));
    (!what.is_empty()).then(|| Refusal { rule: Rule::PodSecurity, path: "spec".into(), why, remedy: Remedy::Rewrite })
}

/// Types, unknown fields and items that stand twice.
fn fits(new: &Json, stage: &Stage, manner: Manner, found: &mut Vec<Refusal>) {
    for misfit in misfits::misfits(new, stage.kubernetes) {
        let (rule, path, why) = match misfit {
            // What creates and replaces drops a field that it does not know.
            Misfit::Unknown(_) if !manner.merges => continue,
            Misfit::Unknown(path) => (Rule::Unknown, path, "there is no such field".to_owned()),
            Misfit::Twice(path, name) => (Rule::Schema, path, format!("{name} stands twice")),
            Misfit::Type(path, wanted, value) => {
                let shown: String = value.to_string().chars().take(40).collect();
                (Rule::Schema, path, format!("it must be {wanted}, and is {shown}"))
            }
        };
        found.push(Refusal { rule, path, why, remedy: Remedy::Rewrite });
    }
}

/// Whether two objects are one to Kubernetes.
pub fn same(old: &Json, new: &Json) -> bool {
    let (mut old, mut new) = (old.clone(), new.clone());
    settle(&mut old, &mut new);
    old == new
}
