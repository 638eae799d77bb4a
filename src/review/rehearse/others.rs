//! What the API server refuses of all other kinds: names and labels of any, and the rules of a kind.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::fate::Refusal;
use super::fixed::group;
use super::names;
use super::pods::list;
use super::say::Say;
use crate::review::kubernetes::cursor::{HIDDEN, NOT_BASE64};

/// Types of Secrets, and the keys they need.
const SECRETS: &[(&str, &[&str])] = &[
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
];

pub(super) fn look(new: &Json, found: &mut Vec<Refusal>) {
    metadata(new, found);
    let say = &mut Say { path: "", found };
    match (group(new), new["kind"].as_str().unwrap_or_default()) {
        ("", "ConfigMap") => config(say, new),
        ("", "Secret") => secret(say, new),
        ("", "PersistentVolumeClaim") => claim(say, new),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => role(say, new),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(say, new),
        ("policy", "PodDisruptionBudget") => budget(say, new),
        ("autoscaling", "HorizontalPodAutoscaler") => scaler(say, new),
        ("networking.k8s.io", "NetworkPolicy") => policy(say, new),
        ("networking.k8s.io", "Ingress") => ingress(say, new),
        ("node.k8s.io", "RuntimeClass") if !names::is_label(new["handler"].as_str().unwrap_or_default()) => {
            say.invalid("handler", "it must be a label of DNS".into());
        }
        ("scheduling.k8s.io", "PriorityClass") => priority(say, new),
        ("storage.k8s.io", "StorageClass") => class(say, new),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            webhooks(say, new);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(say, new),
        _ => {}
    }
}

fn metadata(new: &Json, found: &mut Vec<Refusal>) {
    let mut say = Say { path: "metadata", found };
    let metadata = &new["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    let kind = new["kind"].as_str().unwrap_or_default();
    // Names of these may be of any letters.
    let free = group(new) == "rbac.authorization.k8s.io";
    let label = matches!((group(new), kind), ("", "Namespace" | "Service") | ("apps", "StatefulSet"));
    if !name.is_empty() && !free && (label && !names::is_label(name) || !names::is_subdomain(name)) {
        say.invalid("name", format!("`{name}` is no name of a {kind}"));
    }
    for (key, value) in metadata["labels"].as_object().into_iter().flatten() {
        if !names::is_qualified(key) {
            say.invalid("labels", format!("`{key}` is no key of a label"));
        }
        if let Some(value) = value.as_str().filter(|it| !names::is_label_value(it)) {
            say.invalid("labels", format!("`{value}` is no value of a label"));
        }
    }
    for key in metadata["annotations"].as_object().into_iter().flatten().map(|it| it.0) {
        if !names::is_qualified(&key.to_lowercase()) {
            say.invalid("annotations", format!("`{key}` is no key of an annotation"));
        }
    }
    for it in list(&metadata["finalizers"]).iter().filter_map(Json::as_str) {
        if !it.contains('/') && !["foregroundDeletion", "orphan", "kubernetes"].contains(&it) {
            say.invalid("finalizers", format!("`{it}` needs a domain before its name"));
        }
    }
}

fn config(say: &mut Say<'_, '_>, new: &Json) {
    for field in ["data", "binaryData"] {
        for key in new[field].as_object().into_iter().flatten().map(|it| it.0) {
            if !names::is_config_key(key) {
                say.invalid(field, format!("`{key}` is no key of a ConfigMap"));
            }
        }
    }
}

fn secret(say: &mut Say<'_, '_>, new: &Json) {
    let has = |key: &str| !new["data"][key].is_null() || !new["stringData"][key].is_null();
    let kind = new["type"].as_str().unwrap_or("Opaque");
    for (_, keys) in SECRETS.iter().filter(|it| it.0 == kind) {
        for key in keys.iter().filter(|it| !has(it)) {
            say.invalid(&format!("data[{key}]"), format!("a Secret of type {kind} needs it"));
        }
    }
    if kind == "kubernetes.io/basic-auth" && !has("username") && !has("password") {
        say.invalid("data", "a Secret of type kubernetes.io/basic-auth needs username or password".into());
    }
    if kind == "kubernetes.io/service-account-token" {
        let account = &new["metadata"]["annotations"]["kubernetes.io/service-account.name"];
        if account.as_str().unwrap_or_default().is_empty() {
            say.invalid("metadata.annotations", "kubernetes.io/service-account.name must name the account".into());
        }
    }
    for (key, value) in new["data"].as_object().into_iter().flatten() {
        if value.as_str().is_some_and(|it| it.starts_with(HIDDEN) && it.ends_with(NOT_BASE64)) {
            say.invalid(&format!("data[{key}]"), "it is not base 64".into());
        }
    }
    for key in ["data", "stringData"].iter().flat_map(|it| new[*it].as_object().into_iter().flatten()).map(|it| it.0) {
        if !names::is_config_key(key) {
            say.invalid("data", format!("`{key}` is no key of a Secret"));
        }
    }
}

fn claim(say: &mut Say<'_, '_>, new: &Json) {
    let spec = &new["spec"];
    if list(&spec["accessModes"]).is_empty() {
        say.invalid("spec.accessModes", "a claim needs at least one".into());
    }
    if spec["resources"]["requests"]["storage"].is_null() {
        say.invalid("spec.resources.requests.storage", "a claim needs a size".into());
    }
}

fn role(say: &mut Say<'_, '_>, new: &Json) {
    let of_cluster = new["kind"] == "ClusterRole";
    for (index, rule) in list(&new["rules"]).iter().enumerate() {
        let at = format!("rules[{index}]");
        if list(&rule["verbs"]).is_empty() {
            say.invalid(&format!("{at}.verbs"), "a rule needs at least one verb".into());
        }
        let paths = !list(&rule["nonResourceURLs"]).is_empty();
        if paths {
            if !of_cluster {
                say.invalid(&format!("{at}.nonResourceURLs"), "it is possible in a ClusterRole alone".into());
            }
            if !list(&rule["resources"]).is_empty() || !list(&rule["apiGroups"]).is_empty() {
                say.invalid(&format!("{at}.nonResourceURLs"), "it is not possible beside resources".into());
            }
        } else {
            for field in ["apiGroups", "resources"] {
                if list(&rule[field]).is_empty() {
                    say.invalid(&format!("{at}.{field}"), "a rule needs at least one".into());
                }
            }
        }
    }
}

fn binding(say: &mut Say<'_, '_>, new: &Json) {
    let kind = new["roleRef"]["kind"].as_str().unwrap_or_default();
    let allowed: &[&str] =
        if new["kind"] == "ClusterRoleBinding" { &["ClusterRole"] } else { &["Role", "ClusterRole"] };
    if !allowed.contains(&kind) {
        say.invalid("roleRef.kind", format!("`{kind}` is not {}", allowed.join(" or ")));
    }
    if new["roleRef"]["name"].as_str().unwrap_or_default().is_empty() {
        say.invalid("roleRef.name", "it is missing".into());
    }
    for (index, it) in list(&new["subjects"]).iter().enumerate() {
        let at = format!("subjects[{index}]");
        let kind = it["kind"].as_str().unwrap_or_default();
        let given = it["apiGroup"].as_str().filter(|it| !it.is_empty());
        let api = given.unwrap_or(if kind == "ServiceAccount" { "" } else { "rbac.authorization.k8s.io" });
        match kind {
            "ServiceAccount" if !api.is_empty() => {
                say.invalid(&format!("{at}.apiGroup"), "it is empty for a ServiceAccount".into())
            }
            "ServiceAccount" => {
                if new["kind"] == "ClusterRoleBinding" && it["namespace"].as_str().unwrap_or_default().is_empty() {
                    say.invalid(&format!("{at}.namespace"), "a ServiceAccount of a ClusterRoleBinding needs it".into());
                }
            }
            "User" | "Group" => {
                if api != "rbac.authorization.k8s.io" {
                    say.invalid(
                        &format!("{at}.apiGroup"),
                        "it is rbac.authorization.k8s.io for users and groups".into(),
                    );
                }
            }
            _ => say.invalid(&format!("{at}.kind"), format!("`{kind}` is none of ServiceAccount, User, Group")),
        }
    }
}

fn budget(say: &mut Say<'_, '_>, new: &Json) {
    let spec = &new["spec"];
    if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() {
        say.invalid("spec", "it may have one of minAvailable and maxUnavailable alone".into());
    }
    for field in ["minAvailable", "maxUnavailable"] {
        let text = spec[field].as_str();
        let percent = |it: &str| it.strip_suffix('%').and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it <= 100);
        if text.is_some_and(|it| !percent(it)) || spec[field].as_i64().is_some_and(|it| it < 0) {
            say.invalid(&format!("spec.{field}"), "it must be a number or a percentage up to 100%".into());
        }
    }
}

fn scaler(say: &mut Say<'_, '_>, new: &Json) {
    let (least, most) = (new["spec"]["minReplicas"].as_i64().unwrap_or(1), new["spec"]["maxReplicas"].as_i64());
    match most {
        Some(most) if most < least => {
            say.invalid("spec.maxReplicas", format!("{most} is less than minReplicas, {least}"));
        }
        Some(most) if most < 1 => say.invalid("spec.maxReplicas", "it must be 1 or more".into()),
        None if new["spec"]["maxReplicas"].is_null() => say.invalid("spec.maxReplicas", "it is missing".into()),
        _ => {}
    }
}

fn policy(say: &mut Say<'_, '_>, new: &Json) {
    for kind in list(&new["spec"]["policyTypes"]).iter().filter_map(Json::as_str) {
        if !["Ingress", "Egress"].contains(&kind) {
            say.invalid("spec.policyTypes", format!("{kind} is none of Ingress, Egress"));
        }
    }
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(&new["spec"][direction]).iter().enumerate() {
            for port in list(&rule["ports"]).iter().filter_map(|it| it["port"].as_str()) {
                if !names::is_port_name(port) {
                    say.invalid(&format!("spec.{direction}[{index}].ports"), format!("`{port}` is no name of a port"));
                }
            }
            for (at, peer) in list(&rule[peers]).iter().enumerate() {
                let path = format!("spec.{direction}[{index}].{peers}[{at}]");
                let block = &peer["ipBlock"];
                let ranges = list(&block["except"]).iter().chain(std::iter::once(&block["cidr"]));
                for range in ranges.filter_map(Json::as_str).filter(|it| !names::is_range(it)) {
                    say.invalid(&format!("{path}.ipBlock"), format!("`{range}` is no range of addresses"));
                }
                let selects = !peer["podSelector"].is_null() || !peer["namespaceSelector"].is_null();
                if !peer["ipBlock"].is_null() && selects {
                    say.invalid(&path, "ipBlock is not possible beside selectors".into());
                } else if peer["ipBlock"].is_null() && !selects {
                    say.invalid(&path, "it must say who".into());
                }
            }
        }
    }
}

fn ingress(say: &mut Say<'_, '_>, new: &Json) {
    let spec = &new["spec"];
    if list(&spec["rules"]).is_empty() && spec["defaultBackend"].is_null() {
        say.invalid("spec", "it needs rules or a defaultBackend".into());
    }
    for (index, rule) in list(&spec["rules"]).iter().enumerate() {
        for (at, path) in list(&rule["http"]["paths"]).iter().enumerate() {
            let place = format!("spec.rules[{index}].http.paths[{at}]");
            let kind = path["pathType"].as_str().unwrap_or_default();
            if !["Exact", "Prefix", "ImplementationSpecific"].contains(&kind) {
                say.invalid(&format!("{place}.pathType"), "it must be Exact, Prefix or ImplementationSpecific".into());
            }
            let text = path["path"].as_str().unwrap_or_default();
            if matches!(kind, "Exact" | "Prefix") && !text.starts_with('/') {
                say.invalid(&format!("{place}.path"), "it must begin with /".into());
            }
        }
    }
}

fn priority(say: &mut Say<'_, '_>, new: &Json) {
    let name = new["metadata"]["name"].as_str().unwrap_or_default();
    let own = ["system-cluster-critical", "system-node-critical"].contains(&name);
    if name.starts_with("system-") && !own {
        say.invalid("metadata.name", "names with system- are for Kubernetes' own classes".into());
    }
    if !own && new["value"].as_i64().is_some_and(|it| it > 1_000_000_000) {
        say.invalid("value", "it must be 1000000000 or less".into());
    }
}

fn class(say: &mut Say<'_, '_>, new: &Json) {
    if new["provisioner"].as_str().unwrap_or_default().is_empty() {
        say.invalid("provisioner", "it is missing".into());
    }
    for (field, allowed) in [
        ("reclaimPolicy", &["Delete", "Retain"][..]),
        ("volumeBindingMode", &["Immediate", "WaitForFirstConsumer"][..]),
    ] {
        if let Some(value) = new[field].as_str().filter(|it| !allowed.contains(it)) {
            say.invalid(field, format!("{value} is none of {}", allowed.join(", ")));
        }
    }
}

fn webhooks(say: &mut Say<'_, '_>, new: &Json) {
    let mut seen = BTreeSet::new();
    for hook in list(&new["webhooks"]) {
        let name = hook["name"].as_str().unwrap_or_default();
        let at = format!("webhooks[{name}]");
        if name.split('.').count() < 3 || !names::is_subdomain(name) {
            say.invalid(&format!("{at}.name"), "it must be a domain of at least three labels".into());
        }
        if !seen.insert(name) {
            say.invalid(&format!("{at}.name"), "two webhooks have this name".into());
        }
        if !["None", "NoneOnDryRun"].contains(&hook["sideEffects"].as_str().unwrap_or_default()) {
            say.invalid(&format!("{at}.sideEffects"), "it must be None or NoneOnDryRun".into());
        }
        if list(&hook["admissionReviewVersions"]).is_empty() {
            say.invalid(&format!("{at}.admissionReviewVersions"), "it is missing".into());
        }
        let client = &hook["clientConfig"];
        if client["url"].is_null() == client["service"].is_null() {
            say.invalid(&format!("{at}.clientConfig"), "it must name one of url and service".into());
        }
        if hook["timeoutSeconds"].as_i64().is_some_and(|it| !(1..=30).contains(&it)) {
            say.invalid(&format!("{at}.timeoutSeconds"), "it must be from 1 to 30".into());
        }
        if let Some(policy) = hook["failurePolicy"].as_str().filter(|it| !["Fail", "Ignore"].contains(it)) {
            say.invalid(&format!("{at}.failurePolicy"), format!("{policy} is none of Fail, Ignore"));
        }
    }
}

fn definition(say: &mut Say<'_, '_>, new: &Json) {
    let spec = &new["spec"];
    let wanted = format!(
        "{}.{}",
        spec["names"]["plural"].as_str().unwrap_or_default(),
        spec["group"].as_str().unwrap_or_default()
    );
    if new["metadata"]["name"].as_str().is_some_and(|it| it != wanted) {
        say.invalid("metadata.name", format!("it must be {wanted}"));
    }
    let stored = list(&spec["versions"]).iter().filter(|it| it["storage"] == true).count();
    if stored != 1 {
        say.invalid("spec.versions", format!("{stored} versions are stored, and it must be 1"));
    }
    let mut seen = BTreeSet::new();
    for version in list(&spec["versions"]) {
        let name = version["name"].as_str().unwrap_or_default();
        if !seen.insert(name) {
            say.invalid("spec.versions", format!("{name} stands twice"));
        }
        if !version["schema"]["openAPIV3Schema"].is_object() && version["schema"]["openAPIV3Schema"] != Json::Null {
            continue;
        }
        if version["schema"]["openAPIV3Schema"].is_null() {
            say.invalid(&format!("spec.versions[{name}].schema"), "a version needs a schema".into());
        }
    }
}
