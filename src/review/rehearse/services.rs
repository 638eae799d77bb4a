//! What the API server refuses of a Service.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::fate::{Refusal, Remedy, Rule};

pub(super) fn look(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    alone(new, found);
    if !old.is_null() {
        changed(&old["spec"], &new["spec"], found);
    }
}

fn kind(spec: &Json) -> &str {
    spec["type"].as_str().unwrap_or("ClusterIP")
}

fn address(spec: &Json) -> &str {
    spec["clusterIP"].as_str().or_else(|| spec["clusterIPs"][0].as_str()).unwrap_or_default()
}

fn alone(service: &Json, found: &mut Vec<Refusal>) {
    let spec = &service["spec"];
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let headless = address(spec) == "None";
    let kind = kind(spec);
    let mut say = |path: &str, why: String| {
        found.push(Refusal { rule: Rule::Invalid, path: path.into(), why, remedy: Remedy::Rewrite });
    };
    if ports.is_empty() && !headless && kind != "ExternalName" {
        say("spec.ports", "a Service needs at least one port".into());
    }
    if headless && matches!(kind, "LoadBalancer" | "NodePort") {
        say("spec.clusterIP", format!("None is not possible for the type {kind}"));
    }
    if !["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"].contains(&kind) {
        say("spec.type", format!("there is no type {kind}"));
    }
    if kind == "ExternalName" {
        if spec["externalName"].as_str().unwrap_or_default().is_empty() {
            say("spec.externalName", "the type ExternalName needs it".into());
        }
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            let given = match &spec[field] {
                Json::Null => false,
                Json::String(text) => !text.is_empty(),
                Json::Array(list) => !list.is_empty(),
                _ => true,
            };
            if given {
                say(&format!("spec.{field}"), "it is not possible for the type ExternalName".into());
            }
        }
    }
    let only_balanced = ["loadBalancerClass", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts"];
    for field in only_balanced.into_iter().filter(|_| kind != "LoadBalancer") {
        let given = !spec[field].is_null() && spec[field].as_array().is_none_or(|it| !it.is_empty());
        if given {
            say(
                &format!("spec.{field}"),
                format!("it is possible for the type LoadBalancer alone, and this is {kind}"),
            );
        }
    }
    let outward = matches!(kind, "LoadBalancer" | "NodePort")
        || kind == "ClusterIP" && spec["externalIPs"].as_array().is_some_and(|it| !it.is_empty());
    if !spec["externalTrafficPolicy"].is_null() && !outward {
        say(
            "spec.externalTrafficPolicy",
            format!("it is not possible for the type {kind}, which nothing outside reaches"),
        );
    }
    for (field, allowed) in [
        ("externalTrafficPolicy", &["Cluster", "Local"][..]),
        ("internalTrafficPolicy", &["Cluster", "Local"][..]),
        ("sessionAffinity", &["None", "ClientIP"][..]),
        ("ipFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"][..]),
    ] {
        if let Some(value) = spec[field].as_str().filter(|it| !allowed.contains(it)) {
            say(&format!("spec.{field}"), format!("{value} is none of {}", allowed.join(", ")));
        }
    }
    if !spec["sessionAffinityConfig"].is_null() && spec["sessionAffinity"] != "ClientIP" {
        say("spec.sessionAffinityConfig", "it needs sessionAffinity ClientIP".into());
    }
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports.iter().enumerate() {
        let name = port["name"].as_str().unwrap_or_default();
        let path = format!("spec.ports[{}]", if name.is_empty() { index.to_string() } else { name.to_owned() });
        if name.is_empty() && ports.len() > 1 {
            say(&format!("{path}.name"), "of several ports each needs a name".into());
        }
        if !name.is_empty() && !names.insert(name) {
            say(&format!("{path}.name"), "two ports have this name".into());
        }
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        if !["TCP", "UDP", "SCTP"].contains(&protocol) {
            say(&format!("{path}.protocol"), format!("{protocol} is none of TCP, UDP, SCTP"));
        }
        if !numbers.insert((port["port"].to_string(), protocol)) {
            say(&path, "two ports have this number and protocol".into());
        }
        match port["port"].as_i64() {
            Some(1..=65535) => {}
            _ if port["port"].is_number() || port["port"].is_null() => {
                say(&format!("{path}.port"), "it must be from 1 to 65535".into());
            }
            _ => {}
        }
        if let Some(target) = port["targetPort"].as_i64().filter(|it| !(1..=65535).contains(it)) {
            say(&format!("{path}.targetPort"), format!("{target} is not from 1 to 65535"));
        }
        if let Some(target) = port["targetPort"].as_str().filter(|it| !super::names::is_port_name(it)) {
            say(
                &format!("{path}.targetPort"),
                format!("`{target}` is no name of a port (at most 15 letters, digits and dashes)"),
            );
        }
        if kind == "ClusterIP" && port["nodePort"].as_i64().is_some_and(|it| it != 0) {
            say(&format!("{path}.nodePort"), "it is not possible for the type ClusterIP".into());
        }
        if let Some(node) = port["nodePort"].as_i64().filter(|it| *it != 0 && !(30000..=32767).contains(it)) {
            say(
                &format!("{path}.nodePort"),
                format!("{node} is outside of 30000 to 32767, the range of a cluster by default"),
            );
        }
    }
}

fn changed(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    let mut say = |path: &str, why: String| {
        found.push(Refusal { rule: Rule::Immutable, path: path.into(), why, remedy: Remedy::Recreate });
    };
    if kind(old) == "ExternalName" || kind(new) == "ExternalName" {
        return;
    }
    let (before, after) = (address(old), address(new));
    // A Service that names no address keeps the one it has.
    if !after.is_empty() && before != after {
        let was = if before.is_empty() { "the one it was given" } else { before };
        say("spec.clusterIP", format!("an address cannot be changed once a Service has it ({was} → {after})"));
    }
    let families = |it: &Json| it["ipFamilies"][0].as_str().map(str::to_owned);
    if let (Some(before), Some(after)) = (families(old), families(new))
        && before != after
    {
        say("spec.ipFamilies", format!("the first family cannot be changed ({before} → {after})"));
    }
    if kind(old) == "LoadBalancer"
        && kind(new) == "LoadBalancer"
        && old["loadBalancerClass"] != new["loadBalancerClass"]
    {
        let word = |it: &Json| it.as_str().unwrap_or("none").to_owned();
        let (before, after) = (word(&old["loadBalancerClass"]), word(&new["loadBalancerClass"]));
        say(
            "spec.loadBalancerClass",
            format!("it cannot be changed while the type is LoadBalancer ({before} → {after})"),
        );
    }
}
