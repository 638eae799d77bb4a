//! Services.

use std::collections::BTreeSet;

use super::{labels, port_or_name};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

pub(super) fn check(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else {
        return faults.missing(object, "spec", "the API server refuses a Service without ports");
    };
    let kind = Some(spec.text("type")).filter(|it| !it.is_empty()).unwrap_or("ClusterIP");
    let is_headless = spec.text("clusterIP") == "None";
    let ports = spec.list("ports");
    if ports.is_empty()
        && !is_headless
        && kind != "ExternalName"
        && spec.get("ports").is_none_or(|it| it.value.is_array())
    {
        faults.missing(&spec, "ports", "a Service has a port, unless it has `clusterIP: None`");
    }
    if is_headless
        && ["LoadBalancer", "NodePort"].contains(&kind)
        && let Some(at) = spec.get("clusterIP")
    {
        faults.clash(&at, format!("is `None`, which a Service of type {kind} does not take"), "take one of them out");
    }
    of_ports(&ports, kind, faults);
    labels::plain(&spec, "selector", faults);
    external(&spec, kind, faults);
    addresses(&spec, kind, faults);
}

fn of_ports(ports: &[Cursor<'_>], kind: &str, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for port in ports {
        super::port(port, "port", faults);
        port_or_name(port, "targetPort", faults);
        let name = port.text("name");
        if name.is_empty() && ports.len() > 1 && port.get("name").is_none_or(|it| it.value.is_string()) {
            faults.missing(port, "name", "where a Service has several ports, each has a name");
        } else if let Some(at) = port.get("name").filter(|_| !name.is_empty()) {
            if !text::is_label(name) {
                let help = "it is made of small letters, digits and `-`, at most 63";
                faults.value(&at, format!("is `{name}`, which the API server does not take"), help);
            } else if !names.insert(name) {
                faults.clash(&at, "is the name of two ports", "give each a name of its own");
            }
        }
        let protocol = Some(port.text("protocol")).filter(|it| !it.is_empty()).unwrap_or("TCP");
        let node = port.number("nodePort").filter(|it| *it != 0);
        if kind == "ClusterIP"
            && node.is_some()
            && let Some(at) = port.get("nodePort")
        {
            faults.clash(&at, "is not for a Service of type ClusterIP", "take it out, or write `type: NodePort`");
        }
        if node.is_some_and(|it| !numbers.insert((protocol, it)))
            && let Some(at) = port.get("nodePort")
        {
            faults.clash(&at, "is the port of another one", "take another number");
        }
    }
}

fn external(spec: &Cursor<'_>, kind: &str, faults: &mut Faults) {
    if kind == "ExternalName" {
        let name = spec.text("externalName");
        super::needed(spec, "externalName", "say which name it stands for", faults);
        if let Some(at) = spec.get("externalName").filter(|_| !name.is_empty())
            && !text::is_subdomain(name.trim_end_matches('.'))
        {
            faults.value(&at, format!("is `{name}`, which is no name of DNS"), "write a name such as db.example.com");
        }
    }
    let only = |key: &str, fits: bool, kinds: &str, faults: &mut Faults| {
        if let Some(at) = spec.get(key).filter(|it| !fits && it.value != "" && !is_empty_list(it)) {
            faults.clash(&at, format!("is for a Service of type {kinds} alone"), "take it out, or change the type");
        }
    };
    let balances = kind == "LoadBalancer";
    only("loadBalancerSourceRanges", balances, "LoadBalancer", faults);
    only("allocateLoadBalancerNodePorts", balances, "LoadBalancer", faults);
    only("loadBalancerClass", balances, "LoadBalancer", faults);
    let reached = balances || kind == "NodePort" || (kind == "ClusterIP" && spec.is_filled("externalIPs"));
    only("externalTrafficPolicy", reached, "LoadBalancer or NodePort", faults);
    if spec.text("sessionAffinity") != "ClientIP"
        && let Some(at) = spec.get("sessionAffinityConfig")
    {
        faults.clash(&at, "goes with `sessionAffinity: ClientIP` alone", "take it out");
    }
}

fn is_empty_list(at: &Cursor<'_>) -> bool {
    at.value.as_array().is_some_and(Vec::is_empty)
}

fn addresses(spec: &Cursor<'_>, kind: &str, faults: &mut Faults) {
    let own = spec.text("clusterIP");
    if let Some(at) = spec.get("clusterIP").filter(|_| !["", "None"].contains(&own)) {
        if kind == "ExternalName" {
            faults.clash(&at, "is not for a Service of type ExternalName", "take it out");
        } else if text::address(own).is_none() {
            faults.value(&at, format!("is `{own}`, which is no address"), "write an address, or `None`");
        }
    }
    for at in spec.list("externalIPs") {
        if at.value.is_string() && text::address(at.word()).is_none() {
            faults.value(&at, format!("is `{}`, which is no address", at.word()), "write an address such as 10.0.0.1");
        }
    }
    for at in spec.list("loadBalancerSourceRanges") {
        if at.value.is_string() && text::range(at.word().trim()).is_none() {
            faults.value(&at, format!("is `{}`, which is no range", at.word()), "write a range such as 10.0.0.0/8");
        }
    }
}
