//! What restarts, and what Kubernetes will refuse to change.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, pod, word};
use crate::base::number;
use crate::review::compare::around::{labels, selects, space, title};
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::rehearse::Manner;

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.is_gone() {
        return;
    }
    let kind = pair.kind();
    if kind == "Job" && (pair.is_new() || pair.renamed) {
        let again = if pair.renamed { "runs once more" } else { "runs once" };
        pair.say(found, Risk::Restart, Area::Workload, format!("{again}, as soon as it is applied"));
    }
    if pair.is_new() {
        return;
    }
    if pair.renamed {
        if matches!(kind, "DaemonSet" | "Deployment" | "StatefulSet") {
            pair.say(found, Risk::Traffic, Area::Workload, beside(pair));
        }
        return;
    }
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    // Of what the API server does not take, nothing restarts.
    if old["template"] != new["template"] && !pair.is_refused() {
        match kind {
            "DaemonSet" => {
                let how = match word(&new["updateStrategy"]["type"]) {
                    "OnDelete" => "each pod is made anew when somebody deletes it (OnDelete)".to_owned(),
                    _ => match &new["updateStrategy"]["rollingUpdate"]["maxUnavailable"] {
                        Json::Null => "its pods restart on every node, one at a time".to_owned(),
                        many => format!("its pods restart on every node, up to {} at a time", plain(many)),
                    },
                };
                pair.say(found, Risk::Traffic, Area::Workload, format!("{how}{}", because(pair)));
            }
            "Deployment" | "StatefulSet" => {
                let how = match (word(&new["strategy"]["type"]), word(&new["updateStrategy"]["type"])) {
                    ("Recreate", _) => "all its pods stop before the new ones start (Recreate)",
                    (_, "OnDelete") => "each pod is made anew when somebody deletes it (OnDelete)",
                    _ => "its pods restart",
                };
                let rolls = how == "its pods restart";
                pair.say(found, Risk::Restart, Area::Workload, format!("{how}{}", because(pair)));
                if let Some(it) = found.last_mut() {
                    it.is_rollout = rolls;
                }
            }
            _ => {}
        }
    }
    if matches!(kind, "Deployment" | "StatefulSet") && taken(pair.old).is_empty() {
        let ports: Vec<String> = taken(pair.new).iter().map(ToString::to_string).collect();
        if !ports.is_empty() {
            let text = format!("two of its pods no longer fit on one node: each takes port {} of it", ports.join(", "));
            pair.say(found, Risk::Restart, Area::Workload, text);
        }
    }
    let replicas = |it: &Json| it["replicas"].as_i64().unwrap_or(1);
    let counted = new["replicas"].is_null() || new["replicas"].is_number();
    if matches!(kind, "Deployment" | "StatefulSet") && counted && replicas(old) != replicas(new) {
        let pods = number::count(usize::try_from(replicas(new)).unwrap_or_default(), "pod");
        let (risk, more) = match (replicas(old), replicas(new)) {
            (_, 0) => (Risk::Traffic, ""),
            (_, 1) => (Risk::Traffic, ": no other takes over while it restarts or its node goes"),
            (before, after) if after < before => (Risk::Loss, ": less is left when one goes"),
            _ => (Risk::Moves, ""),
        };
        pair.say(found, risk, Area::Workload, format!("runs {pods}, not {}{more}", replicas(old)));
    }
    strategy(pair, old, new, found);
    pulls(pair, found);
}

/// Containers that no longer take their image from its registry.
fn pulls(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let never = |side: &Json| -> BTreeSet<String> {
        let pod = pod(side);
        let all = items(&pod["initContainers"]).iter().chain(items(&pod["containers"]));
        all.filter(|it| it["imagePullPolicy"] == "Never").map(|it| word(&it["name"]).to_owned()).collect()
    };
    for name in never(pair.new).difference(&never(pair.old)) {
        let text = format!("container {name} no longer pulls its image (Never): it starts only on nodes that have it");
        pair.say(found, Risk::Traffic, Area::Workload, text);
    }
}

/// How later updates go.
fn strategy(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let mut say = |risk, text: &str| pair.say(found, risk, Area::Workload, text.to_owned());
    let field = if pair.kind() == "Deployment" { "strategy" } else { "updateStrategy" };
    let kind = |it: &Json| it[field]["type"].as_str().unwrap_or("RollingUpdate").to_owned();
    match (kind(old).as_str(), kind(new).as_str()) {
        (before, after) if before == after => {}
        (_, "Recreate") => say(Risk::Traffic, "each later update stops all its pods before new ones start (Recreate)"),
        (_, "OnDelete") => say(Risk::Loss, "later updates wait until somebody deletes its pods (OnDelete)"),
        _ => say(Risk::Moves, "later updates replace its pods one after the other"),
    }
    let most = |it: &Json| it[field]["rollingUpdate"]["maxUnavailable"].clone();
    let replicas = new["replicas"].as_i64().filter(|_| pair.kind() != "DaemonSet");
    let all =
        |it: &Json| it.as_str() == Some("100%") || it.as_i64().zip(replicas).is_some_and(|(most, all)| most >= all);
    if most(old) != most(new) && all(&most(new)) {
        let text = format!("each later update may stop all its pods at once (maxUnavailable {})", plain(&most(new)));
        say(Risk::Traffic, &text);
    }
    if old["paused"] != true && new["paused"] == true {
        say(Risk::Loss, "is paused: changes of its pods wait until it is not");
    }
}

/// What a new name means: to Kubernetes it is another object, and nothing takes the old one away at once.
fn beside(pair: &Pair<'_>) -> String {
    let old = pair.old["metadata"]["name"].as_str().unwrap_or_default();
    let until = match Manner::of(pair.around.stage.talos).prunes {
        true => "until `upgrade-k8s` has applied all and deletes it",
        false => "until somebody deletes it: Talos never does",
    };
    let place = space(pair.new);
    let shared = pair.around.new.of("Service").filter(|it| {
        let selector = &it["spec"]["selector"];
        space(it) == place && selects(selector, labels(pair.old)) && selects(selector, labels(pair.new))
    });
    let shared: Vec<String> = shared.map(title).collect();
    let traffic = match shared.as_slice() {
        [] => String::new(),
        all => format!(", and {} sends traffic to both", number::some(all, 3)),
    };
    format!("is another object to Kubernetes than {old}: the old one runs beside it {until}{traffic}")
}

/// The ports of the node that each pod takes, of which there is but one: those it asks for, and in the node's network all it
/// names.
fn taken(resource: &Json) -> BTreeSet<i64> {
    let pod = super::pod(resource);
    let field = if pod["hostNetwork"] == true { "containerPort" } else { "hostPort" };
    let all = super::items(&pod["initContainers"]).iter().chain(super::items(&pod["containers"]));
    all.flat_map(|it| super::items(&it["ports"])).filter_map(|it| it[field].as_i64()).collect()
}

/// The images that make a template another, where it is they.
fn because(pair: &Pair<'_>) -> String {
    let images = |it: &Json| -> Vec<String> {
        let pod = super::pod(it);
        let of =
            |list: &str| super::items(&pod[list]).iter().map(|it| word(&it["image"]).to_owned()).collect::<Vec<_>>();
        [of("initContainers"), of("containers")].concat()
    };
    let mut old = pair.old["spec"]["template"].clone();
    let mut new = pair.new["spec"]["template"].clone();
    for template in [&mut old, &mut new] {
        if let Some(Json::Object(metadata)) = template.get_mut("metadata") {
            metadata.remove("labels");
            metadata.remove("annotations");
        }
    }
    if old == new {
        return " (only labels or annotations differ)".into();
    }
    if images(pair.old) != images(pair.new) { " (other images)".into() } else { String::new() }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    fn said(old: &Json, new: &Json) -> Vec<String> {
        let mut found = Vec::new();
        look(&Pair::bare("apps/v1 X y", old, new, &Around::default()), &mut found);
        found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
    }

    #[test]
    fn tells_a_restart_on_every_node_from_one_of_a_deployment() {
        let of = |kind: &str, image: &str| {
            json!({"kind": kind, "spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}},
                "template": {"spec": {"containers": [{"name": "c", "image": image}]}}}})
        };
        let daemon = ["Traffic: its pods restart on every node, up to 2 at a time (other images)"];
        assert_eq!(said(&of("DaemonSet", "a"), &of("DaemonSet", "b")), daemon);
        assert_eq!(said(&of("Deployment", "a"), &of("Deployment", "b")), ["Restart: its pods restart (other images)"]);
        assert!(said(&of("DaemonSet", "a"), &of("DaemonSet", "a")).is_empty());
    }

    #[test]
    fn says_that_a_job_runs_and_that_pods_no_longer_fit() {
        let job = json!({"kind": "Job", "spec": {}});
        assert_eq!(said(&Json::Null, &job), ["Restart: runs once, as soon as it is applied"]);
        assert!(said(&job, &job).is_empty());
        let of = |ports: Json| json!({"kind": "Deployment", "spec": {"template": {"spec": {"hostNetwork": true, "containers": [{"ports": ports}]}}}});
        let one = json!([{"containerPort": 9234}]);
        let fits = "Restart: two of its pods no longer fit on one node: each takes port 9234 of it";
        assert_eq!(said(&of(json!([])), &of(one.clone()))[1..], [fits]);
        assert_eq!(said(&of(json!([{"containerPort": 1}])), &of(one)).len(), 1);
    }
}
