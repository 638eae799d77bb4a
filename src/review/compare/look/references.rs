//! What other resources of the bundle need of one that changed or is gone: keys, ports, labels, the object itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Pair, items, pod, word};
use crate::base::number::some;
use crate::review::compare::around::{self, labels, selects, space, title};
use crate::review::compare::model::{Area, Finding, Risk};

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    match pair.kind() {
        "ConfigMap" | "Secret" => keys(pair, found),
        "ServiceAccount" if pair.is_gone() => {
            let users = users(pair, |pod| {
                let name = word(&pod["serviceAccountName"]);
                (if name.is_empty() { "default" } else { name }) == pair.name()
            });
            tell(pair, &users, "runs as it: no pod of it can be made", "run as it: no pod of them can be made", found);
        }
        "PersistentVolumeClaim" if pair.is_gone() => {
            let users = users(pair, |pod| {
                items(&pod["volumes"]).iter().any(|it| word(&it["persistentVolumeClaim"]["claimName"]) == pair.name())
            });
            tell(pair, &users, "mounts it: its next pod cannot start", "mount it: their next pods cannot start", found);
        }
        "Deployment" | "DaemonSet" | "StatefulSet" | "Pod" | "ReplicaSet" if !pair.old.is_null() => {
            pods(pair, found);
        }
        _ => {}
    }
}

fn tell(pair: &Pair<'_>, users: &[String], one: &str, many: &str, found: &mut Vec<Finding>) {
    if !users.is_empty() {
        let what = if users.len() == 1 { one } else { many };
        pair.say(found, Risk::Traffic, Area::Removal, format!("is gone, and {} {what}", some(users, 3)));
    }
}

/// The workloads of the new side, in the namespace of what changed, whose pods answer to a question.
fn users(pair: &Pair<'_>, uses: impl Fn(&Json) -> bool) -> Vec<String> {
    let place = space(pair.old);
    let here = |it: &&Json| space(it) == place || place.is_empty();
    pair.around.new.workloads().filter(here).filter(|it| uses(pod(it))).map(title).collect()
}

/// Keys that pods cannot start without, by the workload that needs them. The empty key is the object itself.
fn needed(kind: &str, name: &str, pod: &Json) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let (volume, volume_name, source, env, env_from) = match kind {
        "ConfigMap" => ("configMap", "name", "configMap", "configMapKeyRef", "configMapRef"),
        _ => ("secret", "secretName", "secret", "secretKeyRef", "secretRef"),
    };
    let mut mounts = |it: &Json, named: &str| {
        if word(&it[named]) != name || it["optional"] == true {
            return;
        }
        keys.insert(String::new());
        keys.extend(items(&it["items"]).iter().map(|it| word(&it["key"]).to_owned()));
    };
    for it in items(&pod["volumes"]) {
        mounts(&it[volume], volume_name);
        for projected in items(&it["projected"]["sources"]) {
            mounts(&projected[source], "name");
        }
    }
    for container in items(&pod["initContainers"]).iter().chain(items(&pod["containers"])) {
        for variable in items(&container["env"]) {
            let it = &variable["valueFrom"][env];
            if word(&it["name"]) == name && it["optional"] != true {
                keys.insert(word(&it["key"]).to_owned());
                keys.insert(String::new());
            }
        }
        for it in items(&container["envFrom"]) {
            if word(&it[env_from]["name"]) == name && it[env_from]["optional"] != true {
                keys.insert(String::new());
            }
        }
        for mount in items(&container["volumeMounts"]) {
            let path = word(&mount["subPath"]);
            let of = |it: &&Json| it["name"] == mount["name"] && word(&it[volume][volume_name]) == name;
            if let Some(it) = items(&pod["volumes"]).iter().find(of)
                && !path.is_empty()
                && items(&it[volume]["items"]).is_empty()
                && it[volume]["optional"] != true
            {
                keys.insert(path.split('/').next().unwrap_or(path).to_owned());
            }
        }
    }
    keys
}

/// The workloads whose pods cannot start without a key that is gone, by that key; the empty one is the object itself.
fn lost(pair: &Pair<'_>) -> BTreeMap<String, Vec<String>> {
    let mut lost: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if pair.old.is_null() {
        return lost;
    }
    let has = |side: &Json| -> BTreeSet<String> {
        let all = ["data", "stringData", "binaryData"].iter().filter_map(|it| side[*it].as_object());
        all.flat_map(|it| it.keys().cloned()).collect()
    };
    let mut gone: BTreeSet<String> = has(pair.old).difference(&has(pair.new)).cloned().collect();
    if pair.is_gone() || pair.renamed {
        gone.insert(String::new());
    }
    let name = word(&pair.old["metadata"]["name"]).to_owned();
    for workload in pair.around.new.workloads().filter(|it| space(it) == space(pair.old)) {
        for key in needed(pair.kind(), &name, pod(workload)).intersection(&gone) {
            lost.entry(key.clone()).or_default().push(title(workload));
        }
    }
    lost
}

/// The workloads whose next pods cannot start for what is gone.
pub(super) fn broken(pair: &Pair<'_>) -> BTreeSet<String> {
    lost(pair).into_values().flatten().collect()
}

fn keys(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let name = word(&pair.old["metadata"]["name"]).to_owned();
    let lost = lost(pair);
    if let Some(users) = lost.get("") {
        let verb = if users.len() == 1 {
            "needs it: its next pod cannot start"
        } else {
            "need it: their next pods cannot start"
        };
        let what = if pair.renamed { format!("the old one, {name},") } else { String::new() };
        let text = format!("{what} is gone, and {} {verb}", some(users, 3)).trim_start().to_owned();
        return pair.say(found, Risk::Traffic, Area::Removal, text);
    }
    for (key, users) in lost {
        let verb = if users.len() == 1 {
            "needs it: its next pod cannot start"
        } else {
            "need it: their next pods cannot start"
        };
        let text = format!("key {key} is gone, and {} {verb} (CreateContainerConfigError)", some(&users, 3));
        pair.say(found, Risk::Traffic, Area::Setting, text);
    }
}

/// Labels and named ports that Services, budgets and probes of the bundle look for.
fn pods(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let place = space(pair.old);
    let (before, after) = (labels(pair.old), labels(pair.new));
    let (new, gone) = (&pair.around.new, pair.new.is_null() || pair.renamed);
    for kind in ["Service", "PodDisruptionBudget"] {
        for other in new.of(kind).filter(|it| space(it) == place) {
            let selector = &other["spec"]["selector"];
            if !gone && before != after && selects(selector, before) && !selects(selector, after) {
                let left = new.selected(place, selector).len();
                let what = if left == 0 { "finds no pod any more" } else { "no longer finds its pods" };
                let text = format!("its pods lose a label that {} selects by: that {what}", title(other));
                pair.say(found, Risk::Traffic, Area::Network, text);
            }
        }
    }
    if gone {
        let lost = new.of("Service").filter(|it| space(it) == place).filter(|it| {
            let selector = &it["spec"]["selector"];
            selects(selector, before) && new.selected(place, selector).is_empty()
        });
        let lost: Vec<String> = lost.map(title).collect();
        if !lost.is_empty() && pair.is_gone() {
            let text = format!("{} would lead to no pod without it", some(&lost, 3));
            pair.say(found, Risk::Traffic, Area::Network, text);
        }
        return;
    }
    let names = |it: &Json| -> BTreeSet<String> {
        let containers = items(&pod(it)["initContainers"]).iter().chain(items(&pod(it)["containers"]));
        let ports = containers.flat_map(|it| items(&it["ports"]));
        ports.filter_map(|it| it["name"].as_str().map(str::to_owned)).collect()
    };
    let now = names(pair.new);
    for port in names(pair.old).difference(&now) {
        let users = new.of("Service").filter(|it| {
            let spec = &it["spec"];
            space(it) == place
                && selects(&spec["selector"], after)
                && items(&spec["ports"]).iter().any(|it| word(&it["targetPort"]) == port)
        });
        let users: Vec<String> = users.map(title).collect();
        if !users.is_empty() {
            let text =
                format!("has no port named {port} any more, which {} leads to: nothing answers there", some(&users, 3));
            pair.say(found, Risk::Traffic, Area::Network, text);
        }
    }
    let numbers = |it: &Json| -> BTreeSet<i64> {
        let containers = items(&pod(it)["containers"]).iter();
        containers.flat_map(|it| items(&it["ports"])).filter_map(|it| it["containerPort"].as_i64()).collect()
    };
    let now = numbers(pair.new);
    for port in numbers(pair.old).difference(&now) {
        let users = new.of("Service").filter(|it| {
            let spec = &it["spec"];
            space(it) == place
                && selects(&spec["selector"], after)
                && items(&spec["ports"]).iter().any(|it| {
                    let target = if it["targetPort"].is_null() { &it["port"] } else { &it["targetPort"] };
                    target.as_i64() == Some(*port)
                })
        });
        let users: Vec<String> = users.map(title).collect();
        if !users.is_empty() {
            let text = format!(
                "no longer names port {port}, which {} leads to: perhaps nothing answers there",
                some(&users, 3)
            );
            pair.say(found, Risk::Traffic, Area::Network, text);
        }
    }
}

/// A Service's port by name that no pod of the new side has, where pods of it are known.
pub(super) fn dangling(pair: &Pair<'_>, target: &str) -> bool {
    let selected = pair.around.new.selected(space(pair.new), &pair.new["spec"]["selector"]);
    !selected.is_empty()
        && !selected.iter().any(|it| {
            let pod = around::pod(it);
            items(&pod["containers"])
                .iter()
                .chain(items(&pod["initContainers"]))
                .flat_map(|it| items(&it["ports"]))
                .any(|it| word(&it["name"]) == target)
        })
}
