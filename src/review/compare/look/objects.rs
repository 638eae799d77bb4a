//! What a change means that any object can have, and that of kinds with few fields: budgets, namespaces, accounts, classes.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, word, words};
use crate::base::number::some;
use crate::review::compare::around::{self, space, title};
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::kubernetes::security::{Level, forbidden};

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.is_gone() {
        return;
    }
    finalizers(pair, found);
    match pair.kind() {
        "PodDisruptionBudget" => budget(pair, found),
        "Namespace" => namespace(pair, found),
        "ServiceAccount" if !pair.is_new() => account(pair, found),
        "HorizontalPodAutoscaler" if !pair.is_new() => scaler(pair, found),
        "CronJob" | "Job" if !pair.is_new() => schedule(pair, found),
        "StorageClass" if !pair.is_new() => class(pair, found),
        "PersistentVolumeClaim" if !pair.is_new() => claim(pair, found),
        "PriorityClass" if pair.new["globalDefault"] == true && pair.old["globalDefault"] != true => {
            let text = "every new pod without a class has its priority from now on".into();
            pair.say(found, Risk::Traffic, Area::Scheduling, text);
        }
        "ResourceQuota" | "LimitRange" if pair.old["spec"] != pair.new["spec"] => {
            let text = "limits what may be made in its namespace otherwise: new pods may be refused".into();
            pair.say(found, Risk::Traffic, Area::Admission, text);
        }
        _ => {}
    }
}

fn finalizers(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let all = |it: &Json| -> BTreeSet<String> { words(&it["metadata"]["finalizers"]).map(str::to_owned).collect() };
    let (old, new) = (all(pair.old), all(pair.new));
    let anew: Vec<&String> = new.difference(&old).collect();
    if !anew.is_empty() {
        let text = format!(
            "has the finalizer {}: deleting it, or its namespace, hangs until a controller takes that off",
            some(&anew, 3)
        );
        pair.say(found, Risk::Loss, Area::Setting, text);
    }
    let gone: Vec<&String> = old.difference(&new).collect();
    if !gone.is_empty() {
        let text = format!("loses the finalizer {}: what cleans up behind it is not waited for", some(&gone, 3));
        pair.say(found, Risk::Loss, Area::Setting, text);
    }
}

/// A budget that lets no pod go.
fn budget(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let blocks = |budget: &Json, scene: &around::Scene| -> Option<String> {
        let spec = &budget["spec"];
        let pods = scene.selected(space(budget), &spec["selector"]);
        let replicas: i64 = pods.iter().map(|it| it["spec"]["replicas"].as_i64().unwrap_or(1)).sum();
        let known = pods.iter().any(|it| matches!(it["kind"].as_str(), Some("Deployment" | "StatefulSet")));
        let percent = |it: &Json| it.as_str().and_then(|it| it.strip_suffix('%')?.parse::<i64>().ok());
        let (least, most) = (&spec["minAvailable"], &spec["maxUnavailable"]);
        if most.as_i64() == Some(0) || percent(most) == Some(0) {
            return Some("maxUnavailable is 0".into());
        }
        if percent(least).is_some_and(|it| it >= 100) {
            return Some(format!("minAvailable is {}", word(least)));
        }
        let scaled = percent(least).map(|it| (replicas * it + 99) / 100).or(least.as_i64());
        match scaled {
            Some(least) if known && replicas > 0 && least >= replicas => {
                Some(format!("minAvailable is {least} of {replicas}"))
            }
            _ => None,
        }
    };
    let before = if pair.old.is_null() { None } else { blocks(pair.old, &pair.around.old) };
    if let Some(why) = blocks(pair.new, &pair.around.new).filter(|_| before.is_none()) {
        let text = format!("lets no pod go ({why}): a node with one cannot be drained, and its upgrade hangs");
        pair.say(found, Risk::Traffic, Area::Scheduling, text);
    } else if !pair.is_new() && pair.old["spec"] != pair.new["spec"] {
        let word = |it: &Json| match (&it["spec"]["minAvailable"], &it["spec"]["maxUnavailable"]) {
            (Json::Null, Json::Null) => "minAvailable 1".to_owned(),
            (Json::Null, most) => format!("maxUnavailable {}", plain(most)),
            (least, _) => format!("minAvailable {}", plain(least)),
        };
        let text = format!("keeps {} while a node is drained, not {}", word(pair.new), word(pair.old));
        pair.say(found, Risk::Restart, Area::Scheduling, text);
    }
}

/// The level of Pod Security, and the pods of the bundle that it leaves out.
fn namespace(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (Level::of(pair.old), Level::of(pair.new));
    let space = word(&pair.new["metadata"]["name"]);
    if new <= old || pair.is_new() || space == "kube-system" {
        return;
    }
    let mut lost = Vec::new();
    for workload in pair.around.new.workloads().filter(|it| around::space(it) == space) {
        let what = forbidden(around::template(workload), new);
        if !what.is_empty() {
            lost.push(format!("{} ({})", title(workload), some(&what, 3)));
        }
    }
    let (old, new) = (old.name(), new.name());
    if lost.is_empty() {
        let text = format!("admits only {new} pods, not {old} ones: others of this namespace no longer start");
        return pair.say(found, Risk::Traffic, Area::Admission, text);
    }
    let text = format!("admits only {new} pods, not {old} ones: new pods are refused of {}", some(&lost, 4));
    pair.say(found, Risk::Traffic, Area::Admission, text);
}

fn account(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let field = "automountServiceAccountToken";
    if pair.old[field] == false && pair.new[field] != false {
        let text = "its token is mounted into its pods again: they may speak with the API server as it";
        pair.say(found, Risk::Gains, Area::Permission, text.into());
    } else if pair.old[field] != false && pair.new[field] == false {
        let text = "its token is no longer mounted: pods that speak with the API server cannot log in";
        pair.say(found, Risk::Traffic, Area::Permission, text.into());
    }
    let secrets = |it: &Json| -> BTreeSet<String> {
        items(&it["imagePullSecrets"]).iter().map(|it| word(&it["name"]).to_owned()).collect()
    };
    for gone in secrets(pair.old).difference(&secrets(pair.new)) {
        let text = format!("no longer logs in to registries with Secret {gone}: images may not be pulled");
        pair.say(found, Risk::Traffic, Area::Image, text);
    }
}

fn scaler(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    for (field, default) in [("minReplicas", 1), ("maxReplicas", 0)] {
        let of = |it: &Json| it["spec"][field].as_i64().unwrap_or(default);
        let (old, new) = (of(pair.old), of(pair.new));
        if new < old {
            let what = if field == "minReplicas" { "keeps at least" } else { "runs at most" };
            let count = crate::base::number::count(usize::try_from(new).unwrap_or_default(), "pod");
            pair.say(found, Risk::Loss, Area::Workload, format!("{what} {count}, not {old}"));
        }
    }
}

fn schedule(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    if old["suspend"] != true && new["suspend"] == true {
        pair.say(found, Risk::Loss, Area::Workload, "no longer runs: it is suspended".into());
    } else if old["suspend"] == true && new["suspend"] != true {
        pair.say(found, Risk::Restart, Area::Workload, "runs again: it is no longer suspended".into());
    }
    if pair.kind() == "CronJob" {
        for field in ["schedule", "timeZone"] {
            if old[field] != new[field] {
                let text = format!("runs at other times: {field} {} → {}", plain(&old[field]), plain(&new[field]));
                pair.say(found, Risk::Restart, Area::Workload, text);
            }
        }
        let policy = |it: &Json| it["concurrencyPolicy"].as_str().unwrap_or("Allow").to_owned();
        if policy(old) != policy(new) {
            let what = match policy(new).as_str() {
                "Allow" => "two of its runs may overlap",
                "Forbid" => "a run is left out while the last one still goes",
                _ => "a run ends the one before it",
            };
            pair.say(found, Risk::Restart, Area::Workload, what.into());
        }
    }
}

fn class(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let policy = |it: &Json| it["reclaimPolicy"].as_str().unwrap_or("Delete").to_owned();
    if policy(pair.old) == "Retain" && policy(pair.new) == "Delete" {
        let text = "deletes the data of a claim with the claim (reclaimPolicy Delete, not Retain)".into();
        pair.say(found, Risk::Loss, Area::Storage, text);
    }
    if pair.old["allowVolumeExpansion"] == true && pair.new["allowVolumeExpansion"] != true {
        pair.say(found, Risk::Loss, Area::Storage, "its claims can no longer grow".into());
    }
    let key = "storageclass.kubernetes.io/is-default-class";
    let default = |it: &Json| it["metadata"]["annotations"][key] == "true";
    if default(pair.old) && !default(pair.new) {
        let text = "is no longer the default class: claims without a class stay Pending".into();
        pair.say(found, Risk::Traffic, Area::Storage, text);
    } else if !default(pair.old) && default(pair.new) {
        let text = "is the default class from now on: claims without a class are made in it".into();
        pair.say(found, Risk::Restart, Area::Storage, text);
    }
}

fn claim(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let size = |it: &Json| it["spec"]["resources"]["requests"]["storage"].clone();
    let nanos = crate::review::kubernetes::quantity::nanos;
    if let (Some(old), Some(new)) = (nanos(&size(pair.old)), nanos(&size(pair.new)))
        && new > old
    {
        let text = format!(
            "grows from {} to {}: the API server takes that of a bound claim alone, and of a class that allows expansion",
            plain(&size(pair.old)),
            plain(&size(pair.new))
        );
        pair.say(found, Risk::Restart, Area::Storage, text);
    }
}

fn plain(value: &Json) -> String {
    if value.is_null() { "none".into() } else { crate::review::compare::present::word(value, 60) }
}
