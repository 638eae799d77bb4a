//! Where pods may run: what keeps them from starting at all.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, pod, word};
use crate::review::compare::around;
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::kubernetes::quantity::nanos;
use crate::review::kubernetes::security::{Level, forbidden};

/// Taints that a Talos cluster has from its first minute on, and when.
const TAINTS: &[(&str, &str)] = &[
    ("node-role.kubernetes.io/control-plane", "control planes"),
    ("node.kubernetes.io/not-ready", "nodes that wait for their network, as all do in a bootstrap"),
    ("node.cilium.io/agent-not-ready", "nodes where Cilium does not run yet"),
    ("node.cloudprovider.kubernetes.io/uninitialized", "nodes that wait for a cloud controller"),
    ("node.kubernetes.io/unschedulable", "nodes that are cordoned"),
    ("node.kubernetes.io/network-unavailable", "nodes without a network"),
];
/// Labels that every node has, with the value that all of Talos have.
const EVERYWHERE: &[(&str, &str)] = &[("kubernetes.io/os", "linux")];
/// Classes of Kubernetes itself.
const CLASSES: &[&str] = &["system-cluster-critical", "system-node-critical"];

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (pod(pair.old), pod(pair.new));
    if new.is_null() {
        return;
    }
    // Of a pod by itself, that is a refusal.
    if pair.kind() != "Pod" {
        admitted(pair, found);
    }
    priority(pair, old, new, found);
    if old.is_null() {
        return;
    }
    tolerations(pair, old, new, found);
    selector(pair, old, new, found);
    affinity(pair, old, new, found);
    requests(pair, old, new, found);
    for field in ["schedulerName", "runtimeClassName", "nodeName"] {
        let (before, after) = (&old[field], &new[field]);
        if before != after && !after.is_null() {
            let text = match field {
                "schedulerName" => format!("waits for the scheduler {}: without it its pods stay Pending", word(after)),
                "runtimeClassName" => {
                    format!("its pods run under RuntimeClass {}: nodes without it start none", word(after))
                }
                _ => format!("its pods run on the node {} alone", word(after)),
            };
            pair.say(found, Risk::Traffic, Area::Scheduling, text);
        }
    }
    let gates = |it: &Json| -> BTreeSet<String> {
        items(&it["schedulingGates"]).iter().map(|it| word(&it["name"]).to_owned()).collect()
    };
    for gate in gates(new).difference(&gates(old)) {
        let text = format!("its pods stay Pending until somebody takes the gate {gate} off");
        pair.say(found, Risk::Traffic, Area::Scheduling, text);
    }
}

/// Whether Pod Security lets its pods in, where it did before.
fn admitted(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let space = around::space(pair.new);
    if space == "kube-system" {
        return;
    }
    let namespace = |scene: &around::Scene| scene.find("Namespace", "", space).cloned();
    let (before, after) = (namespace(&pair.around.old), namespace(&pair.around.new));
    let level = |it: &Option<Json>| it.as_ref().map_or(Level::Baseline, Level::of);
    let gone = |it: &Json, level| if it.is_null() { Vec::new() } else { forbidden(around::template(it), level) };
    let refused = gone(pair.new, level(&after));
    let known = gone(pair.old, level(&before));
    let anew: Vec<&String> = refused.iter().filter(|it| !known.contains(it)).collect();
    if anew.is_empty() {
        return;
    }
    let what = crate::base::number::some(&anew, 4);
    let name = level(&after).name();
    let text = match after {
        Some(_) => format!("its new pods are not admitted: namespace {space} is {name}, which forbids {what}"),
        None => format!(
            "its new pods are admitted only where namespace {space} is labelled privileged: it is not in the bundle, \
             and Talos' default is baseline, which forbids {what}"
        ),
    };
    pair.say(found, Risk::Traffic, Area::Admission, text);
}

fn tolerates(all: &[Json], key: &str, effect: &str) -> bool {
    all.iter().any(|it| {
        let own = it["key"].as_str().unwrap_or_default();
        let any = own.is_empty() && it["operator"] == "Exists";
        let effects = it["effect"].as_str().is_none_or(|it| it.is_empty() || it == effect);
        (any || own == key) && effects
    })
}

fn tolerations(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let (before, after) = (items(&old["tolerations"]), items(&new["tolerations"]));
    if before == after {
        return;
    }
    // What a controller of Kubernetes adds to pods of its own.
    let daemon = pair.kind() == "DaemonSet";
    let own = |key: &str| daemon && key.starts_with("node.kubernetes.io/");
    let mut lost: Vec<String> = Vec::new();
    for (key, nodes) in TAINTS.iter().filter(|it| !own(it.0)) {
        for effect in ["NoSchedule", "NoExecute"] {
            let gone = tolerates(before, key, effect) && !tolerates(after, key, effect);
            if gone && !lost.contains(&(*nodes).to_owned()) {
                lost.push((*nodes).to_owned());
            }
        }
    }
    for it in before {
        let key = word(&it["key"]);
        let effect = it["effect"].as_str().unwrap_or("NoSchedule");
        let known = TAINTS.iter().any(|(it, _)| *it == key);
        if !key.is_empty() && !known && !own(key) && !tolerates(after, key, effect) {
            let value = if word(&it["value"]).is_empty() { String::new() } else { format!("={}", word(&it["value"])) };
            lost.push(format!("nodes with the taint {key}{value}"));
        }
    }
    if lost.is_empty() {
        let gone = before.iter().any(|it| !after.contains(it));
        if gone && !after.iter().any(|it| it["key"].is_null() && it["operator"] == "Exists") {
            let text = "tolerates fewer taints than before: its pods may find no node".into();
            pair.say(found, Risk::Traffic, Area::Scheduling, text);
        }
        return;
    }
    let text = format!(
        "its pods no longer tolerate {}: they do not start there, and stay Pending where there is no other node",
        crate::base::number::some(&lost, 3)
    );
    pair.say(found, Risk::Traffic, Area::Scheduling, text);
}

fn selector(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let before = &old["nodeSelector"];
    for (key, value) in new["nodeSelector"].as_object().into_iter().flatten() {
        let everywhere = EVERYWHERE.contains(&(key.as_str(), word(value)));
        if before[key.as_str()] != *value && !everywhere {
            let text = format!(
                "its pods start only on nodes with the label {key}={}: they stay Pending where none has it",
                word(value)
            );
            pair.say(found, Risk::Traffic, Area::Scheduling, text);
        }
    }
    let lost: Vec<String> = before
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| {
            new["nodeSelector"][key.as_str()].is_null() && !EVERYWHERE.contains(&(key.as_str(), word(value)))
        })
        .map(|(key, value)| format!("{key}={}", word(value)))
        .collect();
    if !lost.is_empty() {
        let text = format!("its pods may run on nodes without {} too", lost.join(", "));
        pair.say(found, Risk::Restart, Area::Scheduling, text);
    }
}

fn affinity(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    for (field, text) in [
        (
            "nodeAffinity",
            "its pods need nodes of certain labels, other than before: they stay Pending where none has them",
        ),
        (
            "podAffinity",
            "its pods need certain pods on their node, other than before: they stay Pending where there are none",
        ),
        (
            "podAntiAffinity",
            "no two of certain pods may share a node, other than before: with too few nodes some stay Pending",
        ),
    ] {
        let (before, after) = (&old["affinity"][field][required], &new["affinity"][field][required]);
        if before != after && !after.is_null() {
            pair.say(found, Risk::Traffic, Area::Scheduling, text.into());
        }
    }
    let strict = |it: &Json| -> Vec<Json> {
        let all = items(&it["topologySpreadConstraints"]).iter();
        all.filter(|it| it["whenUnsatisfiable"] == "DoNotSchedule").cloned().collect()
    };
    let before = strict(old);
    if let Some(it) = strict(new).iter().find(|it| !before.contains(it)) {
        let key = word(&it["topologyKey"]);
        let text = format!("its pods must be spread evenly over {key}: where that is not possible they stay Pending");
        pair.say(found, Risk::Traffic, Area::Scheduling, text);
    }
}

fn priority(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let (before, after) = (word(&old["priorityClassName"]), word(&new["priorityClassName"]));
    if before == after {
        return;
    }
    if after.is_empty() {
        if !old.is_null() {
            let text = format!(
                "its pods lose the priority {before}: they may be evicted or preempted first, and stay Pending behind others"
            );
            pair.say(found, Risk::Traffic, Area::Scheduling, text);
        }
        return;
    }
    let value = |scene: &around::Scene, name: &str| -> Option<i64> {
        match name {
            "" => Some(0),
            "system-cluster-critical" => Some(2_000_000_000),
            "system-node-critical" => Some(2_000_001_000),
            _ => scene.of("PriorityClass").find(|it| it["metadata"]["name"] == name)?["value"].as_i64(),
        }
    };
    let known = CLASSES.contains(&after) || value(&pair.around.new, after).is_some();
    if !known {
        let text =
            format!("PriorityClass {after} is not in the bundle: where the cluster has none, its pods are refused");
        pair.say(found, Risk::Traffic, Area::Scheduling, text);
    }
    if let (Some(from), Some(to), false) =
        (value(&pair.around.old, before), value(&pair.around.new, after), old.is_null())
    {
        if to < from {
            let text = format!("its pods have a lower priority ({before} → {after}): others may preempt them");
            pair.say(found, Risk::Traffic, Area::Scheduling, text);
        } else if to > from {
            let from = if before.is_empty() { "none" } else { before };
            let text = format!("its pods have a higher priority ({from} → {after}): they may preempt others");
            pair.say(found, Risk::Restart, Area::Scheduling, text);
        }
    }
}

/// What its containers ask for in all.
fn requests(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    for what in ["cpu", "memory"] {
        let sum = |pod: &Json| -> i128 {
            let asked = |it: &Json| {
                let resources = &it["resources"];
                nanos(&resources["requests"][what]).or_else(|| nanos(&resources["limits"][what])).unwrap_or_default()
            };
            items(&pod["containers"]).iter().map(asked).sum()
        };
        let (before, after) = (sum(old), sum(new));
        if after > before && after > 0 {
            let text = format!(
                "asks for more {what} ({} → {}): its pods stay Pending where no node has that much free",
                amount(before, what),
                amount(after, what)
            );
            // A little more fits where the old one did, nearly always.
            let risk = if before == 0 || after >= before.saturating_mul(2) { Risk::Traffic } else { Risk::Restart };
            pair.say(found, risk, Area::Scheduling, text);
        }
    }
}

/// A quantity as people read it.
pub(super) fn amount(nanos: i128, what: &str) -> String {
    match what {
        _ if nanos == 0 => "none".into(),
        "cpu" if nanos % 1_000_000_000 == 0 => format!("{} CPU", nanos / 1_000_000_000),
        "cpu" => format!("{}m CPU", nanos / 1_000_000),
        _ => {
            let bytes = nanos / 1_000_000_000;
            let unit = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
            let fits = unit.into_iter().find(|(_, size)| bytes >= *size && bytes % size == 0);
            fits.map_or_else(|| bytes.to_string(), |(name, size)| format!("{}{name}", bytes / size))
        }
    }
}
