//! What the API server refuses of pods, and of the templates that workloads make them by.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::fate::Refusal;
use super::names;
use super::say::Say;
use crate::review::kubernetes::quantity;

/// Resources of which a pod cannot ask for more than it gets.
const OVERCOMMIT: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// `path` leads to the pod's specification. `restart` are the policies that its owner allows, `claims` the volumes that it
/// makes for each pod.
pub(super) fn look(pod: &Json, path: &str, restart: &[&str], claims: &[&str], found: &mut Vec<Refusal>) {
    let mut say = Say { path, found };
    let policy = pod["restartPolicy"].as_str().unwrap_or("Always");
    if !restart.contains(&policy) {
        say.invalid("restartPolicy", format!("{policy} is not possible here: write {}", restart.join(" or ")));
    }
    if list(&pod["containers"]).is_empty() {
        say.invalid("containers", "a pod needs at least one container".into());
    }
    let own = list(&pod["volumes"]).iter().filter_map(|it| it["name"].as_str());
    let volumes: BTreeSet<&str> = own.chain(claims.iter().copied()).collect();
    unique(&mut say, "volumes", list(&pod["volumes"]));
    let mut seen = BTreeSet::new();
    for kind in ["initContainers", "containers"] {
        for container in list(&pod[kind]) {
            let name = container["name"].as_str().unwrap_or_default();
            let at = format!("{kind}[{name}]");
            if !names::is_label(name) {
                say.invalid(&format!("{at}.name"), format!("`{name}` is no name of a container"));
            } else if !seen.insert(name) {
                say.invalid(&format!("{at}.name"), "two containers have this name".into());
            }
            one(&mut say, &at, container, pod, &volumes);
        }
    }
    for (index, it) in list(&pod["tolerations"]).iter().enumerate() {
        let operator = it["operator"].as_str().unwrap_or("Equal");
        let value = it["value"].as_str().unwrap_or_default();
        let at = format!("tolerations[{index}]");
        if operator == "Exists" && !value.is_empty() {
            say.invalid(&format!("{at}.value"), "the operator Exists takes no value".into());
        }
        if it["key"].as_str().unwrap_or_default().is_empty() && operator != "Exists" {
            say.invalid(&format!("{at}.operator"), "without a key the operator must be Exists".into());
        }
        if !it["tolerationSeconds"].is_null() && it["effect"] != "NoExecute" {
            say.invalid(&format!("{at}.effect"), "it must be NoExecute beside tolerationSeconds".into());
        }
    }
    for (key, value) in pod["nodeSelector"].as_object().into_iter().flatten() {
        if let Some(value) = value.as_str().filter(|it| !names::is_label_value(it)) {
            say.invalid(&format!("nodeSelector[{key}]"), format!("`{value}` is no value of a label"));
        }
    }
    if let Some(policy) = pod["dnsPolicy"].as_str() {
        let all = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
        if !all.contains(&policy) {
            say.invalid("dnsPolicy", format!("{policy} is none of {}", all.join(", ")));
        } else if policy == "None" && list(&pod["dnsConfig"]["nameservers"]).is_empty() {
            say.invalid("dnsConfig.nameservers", "the policy None needs at least one".into());
        }
    }
}

fn one(say: &mut Say<'_, '_>, at: &str, container: &Json, pod: &Json, volumes: &BTreeSet<&str>) {
    if container["image"].as_str().unwrap_or_default().is_empty() && !container["image"].is_number() {
        say.invalid(&format!("{at}.image"), "a container needs an image".into());
    }
    if let Some(policy) =
        container["imagePullPolicy"].as_str().filter(|it| !["Always", "IfNotPresent", "Never"].contains(it))
    {
        say.invalid(&format!("{at}.imagePullPolicy"), format!("{policy} is none of Always, IfNotPresent, Never"));
    }
    let resources = &container["resources"];
    for (name, asked) in resources["requests"].as_object().into_iter().flatten() {
        let limit = &resources["limits"][name];
        let (Some(request), limited) = (quantity::nanos(asked), quantity::nanos(limit)) else { continue };
        let path = format!("{at}.resources.requests.{name}");
        if request < 0 {
            say.invalid(&path, "it is less than nothing".into());
        }
        let overcommit = OVERCOMMIT.contains(&name.as_str());
        match limited {
            Some(limit_) if overcommit && request > limit_ => {
                say.invalid(
                    &path,
                    format!("it asks for {}, which is more than its limit of {}", word(asked), word(limit)),
                );
            }
            Some(limit_) if !overcommit && request != limit_ => {
                say.invalid(&path, format!("it must be its limit of {}", word(limit)));
            }
            None if !overcommit && !name.starts_with("requests.") => {
                say.invalid(&format!("{at}.resources.limits"), format!("{name} needs a limit that is its request"));
            }
            _ => {}
        }
    }
    env(say, at, container);
    ports(say, at, container, pod);
    let mut paths = BTreeSet::new();
    for mount in list(&container["volumeMounts"]) {
        let (name, path) = (word(&mount["name"]), word(&mount["mountPath"]));
        if !volumes.contains(name.as_str()) {
            say.invalid(&format!("{at}.volumeMounts[{path}].name"), format!("the pod has no volume `{name}`"));
        }
        if path.is_empty() {
            say.invalid(&format!("{at}.volumeMounts"), format!("the mount of `{name}` needs a mountPath"));
        } else if !paths.insert(path.clone()) {
            say.invalid(&format!("{at}.volumeMounts"), format!("two mounts have the path {path}"));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let it = &container[probe];
        if it.is_null() {
            continue;
        }
        let ways = ["exec", "httpGet", "tcpSocket", "grpc"].iter().filter(|way| !it[**way].is_null()).count();
        match ways {
            0 => say.invalid(&format!("{at}.{probe}"), "it needs one of exec, httpGet, tcpSocket, grpc".into()),
            1 => {}
            _ => {
                say.invalid(&format!("{at}.{probe}"), "it may have one of exec, httpGet, tcpSocket, grpc alone".into())
            }
        }
        if probe != "readinessProbe" && it["successThreshold"].as_i64().is_some_and(|it| it != 1) {
            say.invalid(&format!("{at}.{probe}.successThreshold"), "it must be 1".into());
        }
    }
    let context = &container["securityContext"];
    // The API server looks for this very word, though it means no more than SYS_ADMIN.
    let adds = list(&context["capabilities"]["add"]).iter().any(|it| it == "CAP_SYS_ADMIN");
    if context["allowPrivilegeEscalation"] == false && (context["privileged"] == true || adds) {
        let why = "it cannot be false for a container that is privileged or has CAP_SYS_ADMIN";
        say.invalid(&format!("{at}.securityContext.allowPrivilegeEscalation"), why.into());
    }
}

fn env(say: &mut Say<'_, '_>, at: &str, container: &Json) {
    for (index, variable) in list(&container["env"]).iter().enumerate() {
        let name = word(&variable["name"]);
        if name.is_empty() {
            say.invalid(&format!("{at}.env[{index}].name"), "a variable needs a name".into());
        }
        let both = variable["value"].as_str().is_some_and(|it| !it.is_empty()) && !variable["valueFrom"].is_null();
        if both {
            say.invalid(&format!("{at}.env[{name}]"), "it may have one of value and valueFrom alone".into());
        }
        if let Some(from) = variable["valueFrom"].as_object() {
            let given = from.values().filter(|it| !it.is_null()).count();
            if given != 1 {
                say.invalid(&format!("{at}.env[{name}].valueFrom"), "it needs exactly one source".into());
            }
        }
    }
}

fn ports(say: &mut Say<'_, '_>, at: &str, container: &Json, pod: &Json) {
    let mut seen = BTreeSet::new();
    for port in list(&container["ports"]) {
        let number = &port["containerPort"];
        let path = format!("{at}.ports[{number}]");
        if number.as_i64().is_some_and(|it| !(1..=65535).contains(&it)) {
            say.invalid(&path, format!("{number} is not from 1 to 65535"));
        }
        if let Some(name) = port["name"].as_str() {
            if !name.is_empty() && !names::is_port_name(name) {
                say.invalid(
                    &format!("{path}.name"),
                    format!("`{name}` is no name of a port (at most 15 letters, digits and dashes)"),
                );
            } else if !name.is_empty() && !seen.insert(name) {
                say.invalid(&format!("{path}.name"), "two ports of the container have this name".into());
            }
        }
        if pod["hostNetwork"] == true && port["hostPort"].as_i64().is_some_and(|it| Some(it) != number.as_i64()) {
            say.invalid(&format!("{path}.hostPort"), "in the node's network it must be the containerPort".into());
        }
    }
}

fn unique(say: &mut Say<'_, '_>, field: &str, items: &[Json]) {
    let mut seen = BTreeSet::new();
    for item in items {
        let name = word(&item["name"]);
        if !names::is_label(&name) {
            say.invalid(&format!("{field}[{name}].name"), format!("`{name}` is no name of a volume"));
        }
        if !seen.insert(name.clone()) {
            say.invalid(&format!("{field}[{name}].name"), "two have this name".into());
        }
        let kinds =
            item.as_object().map_or(0, |it| it.iter().filter(|(key, it)| *key != "name" && !it.is_null()).count());
        if kinds > 1 {
            say.invalid(&format!("{field}[{name}]"), "a volume may be of one type alone".into());
        }
    }
}

pub(super) fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
