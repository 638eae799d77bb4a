//! What pods may do on their node.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, pod, word, words};
use crate::stage::diff::model::{Area, Finding, Risk};

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    // A new container that is not hardened gains nothing; one that was hardened and no longer is does.
    let both: BTreeSet<String> = containers(pair.old).intersection(&containers(pair.new)).cloned().collect();
    let (old, new) = (privileges(pair.old, &both), privileges(pair.new, &both));
    for gained in new.difference(&old) {
        pair.say(found, Risk::Gains, Area::Privilege, gained.clone());
    }
    if !pair.is_gone() {
        for lost in old.difference(&new) {
            pair.say(found, Risk::Moves, Area::Privilege, format!("no longer: {lost}"));
        }
    }
    if pair.kind() == "Namespace" {
        let level = |it: &Json| word(&it["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]).to_owned();
        let (old, new) = (level(pair.old), level(pair.new));
        let rank = |it: &str| ["restricted", "baseline", "privileged"].iter().position(|known| *known == it);
        if old != new && rank(&new) > rank(&old) {
            pair.say(found, Risk::Gains, Area::Privilege, format!("admits {new} pods"));
        }
    }
}

fn containers(resource: &Json) -> BTreeSet<String> {
    let pod = pod(resource);
    let all = items(&pod["initContainers"]).iter().chain(items(&pod["containers"]));
    all.map(|it| word(&it["name"]).to_owned()).collect()
}

/// Everything a pod has beyond a plain one, each in words, and what its containers of these names lack of hardening.
fn privileges(resource: &Json, hardened: &BTreeSet<String>) -> BTreeSet<String> {
    let pod = pod(resource);
    let mut all = BTreeSet::new();
    if pod.is_null() {
        return all;
    }
    for (field, words) in [
        ("hostNetwork", "uses the node's network (hostNetwork)"),
        ("hostPID", "sees the node's processes (hostPID)"),
        ("hostIPC", "shares the node's IPC (hostIPC)"),
    ] {
        if pod[field] == true {
            all.insert(words.to_owned());
        }
    }
    for volume in items(&pod["volumes"]) {
        let path = word(&volume["hostPath"]["path"]);
        if !path.is_empty() {
            all.insert(format!("mounts the node's {path} (hostPath)"));
        }
    }
    for sysctl in items(&pod["securityContext"]["sysctls"]) {
        all.insert(format!("sets sysctl {}", word(&sysctl["name"])));
    }
    security("the pod", &pod["securityContext"], &mut all);
    for (list, what) in
        [("initContainers", "init container"), ("containers", "container"), ("ephemeralContainers", "container")]
    {
        for container in items(&pod[list]) {
            let name = format!("{what} {}", word(&container["name"]));
            self::container(&name, container, pod, &mut all);
            if hardened.contains(word(&container["name"])) {
                weaknesses(&name, container, pod, &mut all);
            }
        }
    }
    let annotations = [&resource["spec"]["template"]["metadata"]["annotations"], &resource["metadata"]["annotations"]];
    for (key, value) in annotations.iter().filter_map(|it| it.as_object()).flatten() {
        if let Some(container) = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/")
            && value == "unconfined"
        {
            all.insert(format!("container {container} runs without AppArmor (unconfined)"));
        }
    }
    all
}

fn container(name: &str, container: &Json, pod: &Json, all: &mut BTreeSet<String>) {
    let context = &container["securityContext"];
    if context["privileged"] == true {
        all.insert(format!("{name} is privileged"));
    }
    if context["allowPrivilegeEscalation"] == true {
        all.insert(format!("{name} may gain privileges (allowPrivilegeEscalation)"));
    }
    if word(&context["procMount"]) == "Unmasked" {
        all.insert(format!("{name} sees all of /proc (procMount)"));
    }
    for capability in words(&context["capabilities"]["add"]) {
        all.insert(format!("{name} has capability {capability}"));
    }
    security(name, context, all);
    for port in items(&container["ports"]) {
        if let Some(number) = port["hostPort"].as_i64() {
            all.insert(format!("{name} takes port {number} of the node (hostPort)"));
        }
    }
    for mount in items(&container["volumeMounts"]) {
        if word(&mount["mountPropagation"]) == "Bidirectional" {
            let path = word(&mount["mountPath"]);
            all.insert(format!("{name} makes its mounts below {path} visible on the node (Bidirectional)"));
        }
        let host = items(&pod["volumes"]).iter().find(|it| it["name"] == mount["name"]);
        let host = host.map(|it| word(&it["hostPath"]["path"])).unwrap_or_default();
        if !host.is_empty() && mount["readOnly"] != true {
            all.insert(format!("{name} can write to the node's {host}"));
        }
    }
}

/// What a container does not forbid itself.
fn weaknesses(name: &str, container: &Json, pod: &Json, all: &mut BTreeSet<String>) {
    let context = &container["securityContext"];
    let drops: BTreeSet<&str> = words(&context["capabilities"]["drop"]).collect();
    if drops.is_empty() {
        all.insert(format!("{name} keeps the default capabilities (drops none)"));
    } else if !drops.contains("ALL") {
        let drops: Vec<&str> = drops.into_iter().collect();
        all.insert(format!("{name} keeps the default capabilities but {}", drops.join(", ")));
    }
    let flag = |field: &str| context[field].as_bool().or(pod["securityContext"][field].as_bool());
    if flag("runAsNonRoot") != Some(true) && context["runAsUser"].as_i64().unwrap_or_default() == 0 {
        all.insert(format!("{name} may run as root (no runAsNonRoot)"));
    }
    if context["readOnlyRootFilesystem"] != true {
        all.insert(format!("{name} can write to its root file system"));
    }
}

fn security(name: &str, context: &Json, all: &mut BTreeSet<String>) {
    if context["runAsUser"] == 0 {
        all.insert(format!("{name} runs as root (runAsUser 0)"));
    }
    if word(&context["seccompProfile"]["type"]) == "Unconfined" {
        all.insert(format!("{name} runs without seccomp (Unconfined)"));
    }
    if word(&context["appArmorProfile"]["type"]) == "Unconfined" {
        all.insert(format!("{name} runs without AppArmor (Unconfined)"));
    }
    let label = word(&context["seLinuxOptions"]["type"]);
    if !label.is_empty() {
        all.insert(format!("{name} runs as SELinux type {label}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_each_privilege_that_is_gained() {
        let strict = json!({"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true, "readOnlyRootFilesystem": true});
        let workload = |context: Json, more: Json| {
            let mut pod = json!({"containers": [{"name": "c", "securityContext": context}]});
            let (Json::Object(pod_fields), Json::Object(more)) = (&mut pod, more) else { unreachable!() };
            pod_fields.extend(more);
            json!({"kind": "DaemonSet", "spec": {"template": {"spec": pod}}})
        };
        let said = |old: &Json, new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            look(&Pair { part: "p", id: "apps/v1 DaemonSet x", old, new, renamed: false }, &mut found);
            found.into_iter().filter(|it| it.risk == Risk::Gains).map(|it| it.text).collect()
        };
        let old = workload(strict.clone(), json!({}));
        let mut more = strict.clone();
        more["capabilities"]["add"] = json!(["SYS_ADMIN"]);
        assert_eq!(said(&old, &workload(more, json!({}))), ["container c has capability SYS_ADMIN"]);
        let mut more = strict.clone();
        more["privileged"] = json!(true);
        assert_eq!(said(&old, &workload(more, json!({}))), ["container c is privileged"]);
        let host = workload(
            strict,
            json!({"hostNetwork": true, "hostPID": true, "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}]}),
        );
        assert_eq!(
            said(&old, &host),
            [
                "mounts the node's /etc (hostPath)",
                "sees the node's processes (hostPID)",
                "uses the node's network (hostNetwork)",
            ]
        );
    }
}
