//! Files in ConfigMaps that steer traffic: what stood in them, and what stands there now.

use serde_json::Value as Json;

use super::{Pair, word};
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::compare::present::{self, Line};

/// Keys of files, or pieces of them, that say where traffic goes.
const STEER: &[&str] = &[
    "corefile",
    "nodehosts",
    "hosts",
    "resolv.conf",
    "stubdomains",
    "upstreamnameservers",
    "nginx",
    "haproxy",
    "envoy",
    "traefik",
    "caddy",
    "httpd",
    "squid",
    "proxy",
    "frr",
    "bird",
    "gobgp",
    "bgp",
    "zebra",
    "keepalived",
    "unbound",
    "dnsmasq",
    "named.conf",
    "zone",
    "iptables",
    "nftables",
    "routes",
    "forward",
    "kubeconfig",
    "ip-masq",
    "cni-conf",
    "net-conf",
    "conflist",
    "config.conf",
];
/// Lines told of one text.
const LINES: usize = 6;

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.kind() != "ConfigMap" || pair.is_new() || pair.is_gone() {
        return;
    }
    for field in ["data", "binaryData"] {
        for (key, new) in pair.new[field].as_object().into_iter().flatten() {
            let old = &pair.old[field][key.as_str()];
            let lines = |it: &Json| it.as_str().is_some_and(|it| it.trim_end().contains('\n'));
            if old == new || old.is_null() || !lines(old) && !lines(new) {
                continue;
            }
            text(pair, key, old, new, found);
        }
    }
}

fn text(pair: &Pair<'_>, key: &str, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for line in present::lines(old, new, 0) {
        match line {
            Line::Gone(text) => gone.push(text.trim().to_owned()),
            Line::Come(text) => come.push(text.trim().to_owned()),
            _ => {}
        }
    }
    let said = |lines: &mut Vec<String>| {
        lines.retain(|it| !it.is_empty() && !it.starts_with('#') && !it.starts_with("//"));
        let more = lines.len().saturating_sub(LINES);
        lines.truncate(LINES);
        let quoted: Vec<String> = lines.iter().map(|it| format!("`{}`", cut(it))).collect();
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        if quoted.is_empty() { "nothing".to_owned() } else { format!("{}{rest}", quoted.join(", ")) }
    };
    let (before, after) = (said(&mut gone), said(&mut come));
    if before == after {
        return;
    }
    let name = pair.name().to_ascii_lowercase();
    let lower = key.to_ascii_lowercase();
    if !STEER.iter().any(|it| lower.contains(it) || name.contains(it)) {
        return;
    }
    let text = format!("{key}, which steers traffic: {before} → {after}");
    pair.say(found, Risk::Traffic, Area::Setting, text);
    if lower.contains("corefile") {
        forwards(pair, old, new, found);
    }
}

/// Names that are asked of other servers than before.
fn forwards(pair: &Pair<'_>, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let of = |it: &Json| -> Vec<String> {
        let lines = word(it).lines().map(str::trim).filter(|it| it.starts_with("forward ") || it.starts_with("proxy "));
        lines.map(|it| it.trim_end_matches('{').trim().to_owned()).collect()
    };
    let (old, new) = (of(old), of(new));
    for line in new.iter().filter(|it| !old.contains(it)) {
        let mut words = line.split_whitespace().skip(1);
        let zone = words.next().unwrap_or(".");
        let servers: Vec<&str> = words.collect();
        let what =
            if zone == "." { "every name outside of the cluster".to_owned() } else { format!("names of {zone}") };
        let text = format!("{what} is asked of {} from now on, which sees and answers them", servers.join(", "));
        pair.say(found, Risk::Gains, Area::Exposure, text.replace("names of", "each name of"));
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(79).chain(['…']).collect() }
}
