//! Policies and Ingresses: whom they let in now, and what they no longer lead to.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, word, words};
use crate::base::number::some;
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::kubernetes::text::{holds, range};

/// Whether what changed could be told.
pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) -> bool {
    let before = found.len();
    match pair.kind() {
        "NetworkPolicy" => policy(pair, found),
        "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy" => cilium(pair, found),
        "Ingress" => ingress(pair, found),
        _ => {}
    }
    found.len() > before
}

/// Who, and at which port; the port is empty where all are meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Peer {
    who: String,
    port: String,
}

impl Peer {
    /// Whether a rule on another one lets this one through, too.
    fn is_within(&self, other: &Peer) -> bool {
        let same = self.who == other.who || other.who == EVERYBODY || range_within(&self.who, &other.who);
        same && (other.port.is_empty() || other.port == self.port)
    }

    fn told(&self) -> String {
        if self.port.is_empty() { self.who.clone() } else { format!("{} at {}", self.who, self.port) }
    }
}

/// Whether the addresses of one peer are among those of another.
fn range_within(one: &str, other: &str) -> bool {
    let block = |it: &str| {
        let peer: Json = serde_json::from_str(it).ok()?;
        let block = &peer["ipBlock"];
        // What is left out of a range is not looked into.
        block["except"].is_null().then(|| range(word(&block["cidr"])))?
    };
    block(other).zip(block(one)).is_some_and(|(other, one)| holds(other, one))
}

/// The peers of one direction; [`EVERYBODY`] where a rule names none.
fn peers(rules: &[Json], field: &str) -> BTreeSet<Peer> {
    let mut all = BTreeSet::new();
    for rule in rules {
        let ports: Vec<String> = items(&rule["ports"])
            .iter()
            .map(|it| {
                let protocol = if it["protocol"].is_null() { "TCP" } else { word(&it["protocol"]) };
                let end = it["endPort"].as_i64().map(|it| format!("-{it}")).unwrap_or_default();
                let port = it["port"].as_str().map_or_else(|| it["port"].to_string(), str::to_owned);
                if it["port"].is_null() { protocol.to_owned() } else { format!("{port}{end}/{protocol}") }
            })
            .collect();
        let ports = if ports.is_empty() { vec![String::new()] } else { ports };
        let from = items(&rule[field]);
        let names: Vec<String> =
            if from.is_empty() { vec![EVERYBODY.to_owned()] } else { from.iter().map(Json::to_string).collect() };
        for who in &names {
            all.extend(ports.iter().map(|port| Peer { who: who.clone(), port: port.clone() }));
        }
    }
    all
}

const EVERYBODY: &str = "everybody";

fn policy(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    for (direction, field, verb, title) in
        [("ingress", "from", "reach its pods", "Ingress"), ("egress", "to", "be reached by its pods", "Egress")]
    {
        let rules = |it: &Json| -> Option<BTreeSet<Peer>> {
            let spec = &it["spec"];
            let types: Vec<&str> = words(&spec["policyTypes"]).collect();
            let ruled = match types.is_empty() {
                true => direction == "ingress" || !spec["egress"].is_null(),
                false => types.contains(&title),
            };
            // What a policy does not rule is open.
            ruled.then(|| peers(items(&spec[direction]), field))
        };
        let (old, new) = (rules(pair.old), rules(pair.new));
        let all = Peer { who: EVERYBODY.to_owned(), port: String::new() };
        let open = |it: &Option<BTreeSet<Peer>>| it.as_ref().is_none_or(|it| it.contains(&all));
        match (&old, &new) {
            _ if old == new => {}
            (_, None) => {
                let text = format!("no longer rules {direction}: everybody may {verb}");
                pair.say(found, Risk::Gains, Area::Exposure, text);
            }
            _ if open(&new) && !open(&old) => {
                pair.say(found, Risk::Gains, Area::Exposure, format!("everybody may {verb} now"));
            }
            (_, Some(now)) => {
                let none = BTreeSet::new();
                let was = old.as_ref().unwrap_or(&none);
                let beyond = |some: &BTreeSet<Peer>, others: &BTreeSet<Peer>| -> Vec<String> {
                    some.iter().filter(|it| !others.iter().any(|other| it.is_within(other))).map(Peer::told).collect()
                };
                let more = if open(&old) { Vec::new() } else { beyond(now, was) };
                let less = if open(&new) { Vec::new() } else { beyond(was, now) };
                if !more.is_empty() {
                    let text = format!("more may {verb}: {}", some(&more, 4));
                    pair.say(found, Risk::Gains, Area::Exposure, text);
                }
                if now.is_empty() {
                    let text = format!("nobody may {verb} any more: all {direction} is cut");
                    pair.say(found, Risk::Traffic, Area::Network, text);
                } else if old.is_none() || !less.is_empty() {
                    let who = if less.is_empty() { "others".to_owned() } else { some(&less, 4) };
                    let text = format!("may no longer {verb}: {who}");
                    pair.say(found, Risk::Traffic, Area::Network, text);
                }
            }
        }
    }
    if pair.old["spec"]["podSelector"] != pair.new["spec"]["podSelector"] {
        let (old, new) = (&pair.old["spec"]["podSelector"], &pair.new["spec"]["podSelector"]);
        let text = format!("is about other pods: those of {old} are ruled no more, and those of {new} are");
        pair.say(found, Risk::Gains, Area::Exposure, text);
    }
}

/// Cilium's policies: rules that come and go, without a look into them.
fn cilium(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    for direction in ["ingress", "egress", "ingressDeny", "egressDeny"] {
        let set = |it: &Json| -> BTreeSet<String> {
            let all = std::iter::once(&it["spec"]).chain(items(&it["specs"]));
            all.flat_map(|it| items(&it[direction])).map(Json::to_string).collect()
        };
        let (old, new) = (set(pair.old), set(pair.new));
        let denies = direction.ends_with("Deny");
        let (more, less) = if denies {
            (old.difference(&new), new.difference(&old))
        } else {
            (new.difference(&old), old.difference(&new))
        };
        let (more, less): (Vec<&String>, Vec<&String>) = (more.collect(), less.collect());
        let way = direction.trim_end_matches("Deny");
        if !more.is_empty() {
            let text = format!("lets more through ({way}): {}", cut(&some(&more, 2)));
            pair.say(found, Risk::Gains, Area::Exposure, text);
        }
        if !less.is_empty() {
            let text = format!("lets less through ({way}): {}", cut(&some(&less, 2)));
            pair.say(found, Risk::Traffic, Area::Network, text);
        }
    }
}

fn ingress(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    let mut say = |risk, area, text: String| pair.say(found, risk, area, text);
    if old["ingressClassName"] != new["ingressClassName"] {
        let none = |it: &Json| it.as_str().unwrap_or("none").to_owned();
        let (from, to) = (none(&old["ingressClassName"]), none(&new["ingressClassName"]));
        say(Risk::Traffic, Area::Network, format!("another controller serves it: class {from} → {to}"));
    }
    let routes = |it: &Json| -> BTreeSet<(String, String)> {
        let of = |rule: &Json| {
            let host = rule["host"].as_str().unwrap_or("every host").to_owned();
            let paths = items(&rule["http"]["paths"]).iter().map(|it| it["path"].as_str().unwrap_or("/").to_owned());
            paths.map(|path| (host.clone(), path)).collect::<Vec<_>>()
        };
        items(&it["rules"]).iter().flat_map(of).collect()
    };
    let (before, after) = (routes(old), routes(new));
    let shown = |(host, path): &(String, String)| if path == "/" { host.clone() } else { format!("{host}{path}") };
    let gone: Vec<String> = before.difference(&after).map(shown).collect();
    if !gone.is_empty() {
        say(Risk::Traffic, Area::Network, format!("no longer serves {}", some(&gone, 6)));
    }
    let come: Vec<String> = after.difference(&before).map(shown).collect();
    if !come.is_empty() {
        say(Risk::Gains, Area::Exposure, format!("serves {} now", some(&come, 6)));
    }
    let backend = |it: &Json| -> Vec<(String, String)> {
        let all = items(&it["rules"]).iter().flat_map(|rule| {
            let host = rule["host"].as_str().unwrap_or("every host").to_owned();
            let paths = items(&rule["http"]["paths"]).iter();
            paths.map(move |it| (format!("{host}{}", it["path"].as_str().unwrap_or("/")), it["backend"].to_string()))
        });
        all.collect()
    };
    let (before, after) = (backend(old), backend(new));
    for (route, to) in &after {
        if let Some((_, from)) = before.iter().find(|it| it.0 == *route && it.1 != *to) {
            say(Risk::Traffic, Area::Network, format!("leads {route} to {}, not to {}", cut(to), cut(from)));
        }
    }
    if !items(&old["tls"]).is_empty() && items(&new["tls"]).is_empty() {
        say(Risk::Gains, Area::Exposure, "serves without TLS now: what is sent can be read on the way".into());
    } else if old["tls"] != new["tls"] {
        say(Risk::Traffic, Area::Certificate, "serves with other certificates (tls)".into());
    }
    if old["defaultBackend"] != new["defaultBackend"] {
        say(Risk::Traffic, Area::Network, "leads what no rule names elsewhere (defaultBackend)".into());
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= 160 { text.to_owned() } else { text.chars().take(159).chain(['…']).collect() }
}
