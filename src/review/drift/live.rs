//! An object of a cluster beside the one of a bundle: only what the bundle says, and what Talos put there, counts.

use serde_json::{Map, Value as Json};

use super::Field;
use crate::review::rehearse;

/// The field manager of Talos.
const TALOS: &str = "talos";
/// Who owns an object, on the object itself.
pub const OWNER: &str = "config.k8s.io/owning-inventory";

/// What of a live object stands against a bundle's: the fields that the bundle sets, and those that Talos set and would take
/// away again.
pub fn restricted(live: &Json, wanted: &Json) -> Json {
    let owned = owned(live);
    let mut kept = restrict(live, wanted, owned.as_ref(), "");
    for (key, value) in [("apiVersion", &wanted["apiVersion"]), ("kind", &wanted["kind"])] {
        kept[key] = value.clone();
    }
    let owner = &live["metadata"]["annotations"][OWNER];
    if !owner.is_null() {
        kept["metadata"]["annotations"][OWNER] = owner.clone();
    }
    kept
}

/// The fields that Talos applied.
fn owned(live: &Json) -> Option<Json> {
    let entries = live["metadata"]["managedFields"].as_array()?;
    let is_talos = |it: &&Json| it["manager"] == TALOS && it["operation"] == "Apply";
    entries.iter().find(is_talos).map(|it| it["fieldsV1"].clone())
}

fn restrict(live: &Json, wanted: &Json, owned: Option<&Json>, name: &str) -> Json {
    match (live, wanted) {
        (Json::Object(live), Json::Object(wanted)) => {
            let mut kept = Map::new();
            for (key, value) in live {
                let owned = owned.and_then(|it| it.get(format!("f:{key}")));
                match wanted.get(key) {
                    Some(wanted) => {
                        kept.insert(key.clone(), restrict(value, wanted, owned, key));
                    }
                    None if owned.is_some() => {
                        kept.insert(key.clone(), value.clone());
                    }
                    None => {}
                }
            }
            Json::Object(kept)
        }
        (Json::Array(live), Json::Array(wanted)) => {
            let Some(keys) = keys_of(name, wanted) else { return Json::Array(live.clone()) };
            let same =
                |one: &Json, other: &Json| keys.iter().all(|key| one[*key] == other[*key] || is_usual(key, one, other));
            // In the order of the bundle, which decides nothing in such a list.
            let mut kept: Vec<Json> = Vec::new();
            for item in wanted {
                if let Some(found) = live.iter().find(|it| same(it, item)) {
                    kept.push(restrict(found, item, owned.and_then(|it| entry(it, found, &keys)), ""));
                }
            }
            let gone = live.iter().filter(|it| !wanted.iter().any(|item| same(it, item)));
            kept.extend(gone.filter(|it| owned.is_some_and(|owned| entry(owned, it, &keys).is_some())).cloned());
            Json::Array(kept)
        }
        _ => live.clone(),
    }
}

/// A port's protocol is TCP where it is not said.
fn is_usual(key: &str, one: &Json, other: &Json) -> bool {
    let of = |it: &Json| it[key].as_str().map_or_else(|| "TCP".to_owned(), str::to_owned);
    key == "protocol" && of(one) == of(other)
}

/// What Talos owns of an item of a list that is merged by keys.
fn entry<'o>(owned: &'o Json, item: &Json, keys: &[&str]) -> Option<&'o Json> {
    let matches = |name: &String| {
        let known: Option<Json> = name.strip_prefix("k:").and_then(|it| serde_json::from_str(it).ok());
        known.is_some_and(|known| keys.iter().all(|key| known[*key].is_null() || known[*key] == item[*key]))
    };
    owned.as_object()?.iter().find(|(name, _)| matches(name)).map(|(_, it)| it)
}

/// By what a list's items are told apart; `None` where the list is one value.
fn keys_of(name: &str, items: &[Json]) -> Option<Vec<&'static str>> {
    let all_have = |key: &str| !items.is_empty() && items.iter().all(|it| !it[key].is_null());
    let choices: &[&[&'static str]] = match name {
        "ports" if all_have("containerPort") => &[&["containerPort", "protocol"]],
        "ports" if all_have("port") && !all_have("from") => &[&["port", "protocol"]],
        "volumeMounts" => &[&["mountPath"]],
        "volumeDevices" => &[&["devicePath"]],
        "hostAliases" => &[&["ip"]],
        "topologySpreadConstraints" => &[&["topologyKey", "whenUnsatisfiable"]],
        "containers"
        | "initContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets"
        | "webhooks"
        | "versions"
        | "ephemeralContainers" => &[&["name"]],
        _ => &[],
    };
    choices.iter().find(|keys| keys.iter().all(|key| *key == "protocol" || all_have(key))).map(|it| it.to_vec())
}

/// The bundle's object with the live text wherever the bundle's is sealed: `one` and `other` are the object opened with two
/// different stand-ins for each secret.
pub fn unsealed(one: &Json, other: &Json, live: &Json) -> Json {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => Json::Object(
            one.iter()
                .filter(|(key, value)| {
                    // What is sealed and coded by the server may stand in `data` alone.
                    let sealed = other.get(*key) != Some(value) && value.is_string();
                    !sealed || live.get(*key).is_some()
                })
                .map(|(key, value)| {
                    let none = Json::Null;
                    (key.clone(), unsealed(value, other.get(key).unwrap_or(&none), live.get(key).unwrap_or(&none)))
                })
                .collect(),
        ),
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => Json::Array(
            one.iter().zip(other).enumerate().map(|(at, (one, other))| unsealed(one, other, &live[at])).collect(),
        ),
        (one, other) if one == other => one.clone(),
        _ if live.is_null() => one.clone(),
        _ => live.clone(),
    }
}

/// Without nulls, empty maps and empty lists, which say nothing, and without what the server alone writes.
pub fn tidied(value: &Json) -> Json {
    match value {
        Json::Object(map) => Json::Object(
            map.iter().map(|(key, it)| (key.clone(), tidied(it))).filter(|(_, it)| !is_empty(it)).collect(),
        ),
        Json::Array(items) => Json::Array(items.iter().map(tidied).collect()),
        other => other.clone(),
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Object(map) => map.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The fields in which a live object, restricted, is not what the bundle says; with who owns them.
pub fn differences(kept: &Json, wanted: &Json, live: &Json) -> Vec<Field> {
    let mut kept = kept.clone();
    // The owner's mark is told by itself.
    if let Some(notes) = kept["metadata"]["annotations"].as_object_mut() {
        notes.remove(OWNER);
    }
    let (mut one, mut other) = (tidied(&kept), tidied(wanted));
    rehearse::settle(&mut one, &mut other);
    let mut found = Vec::new();
    walk(&one, &other, &mut Vec::new(), &mut |path, found_value, wanted_value| {
        let owners = owners(live, path);
        let is_secret =
            wanted["kind"] == "Secret" && matches!(path.first().map(String::as_str), Some("data" | "stringData"));
        let shown = |it: &Json| match (it, is_secret) {
            (Json::Null, _) => String::new(),
            (_, true) => "(not shown)".into(),
            (Json::String(text), _) => short(text),
            (other, _) => short(&other.to_string()),
        };
        found.push(Field { path: path.join("."), bundle: shown(wanted_value), found: shown(found_value), owners });
    });
    found
}

fn walk(one: &Json, other: &Json, path: &mut Vec<String>, say: &mut dyn FnMut(&[String], &Json, &Json)) {
    match (one, other) {
        (one, other) if one == other => {}
        (Json::Object(one), Json::Object(other)) => {
            let mut keys: Vec<&String> = one.keys().chain(other.keys().filter(|it| !one.contains_key(*it))).collect();
            keys.sort();
            for key in keys {
                path.push(key.clone());
                walk(one.get(key).unwrap_or(&Json::Null), other.get(key).unwrap_or(&Json::Null), path, say);
                path.pop();
            }
        }
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                let name = other["name"].as_str().map_or_else(|| at.to_string(), str::to_owned);
                path.push(name);
                walk(one, other, path, say);
                path.pop();
            }
        }
        _ => say(path, one, other),
    }
}

fn short(text: &str) -> String {
    let line: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(120).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

/// The managers that own a field, or the nearest field around it that anybody owns.
fn owners(live: &Json, path: &[String]) -> Vec<String> {
    let Some(entries) = live["metadata"]["managedFields"].as_array() else { return Vec::new() };
    let depth = |fields: &Json| {
        let mut node = fields;
        let mut depth = 0;
        for step in path {
            let named = |name: &String| {
                let known: Option<Json> = name.strip_prefix("k:").and_then(|it| serde_json::from_str(it).ok());
                known.is_some_and(|it| it["name"] == step.as_str())
            };
            let next = node
                .get(format!("f:{step}"))
                .or_else(|| node.as_object()?.iter().find(|(it, _)| named(it)).map(|it| it.1));
            let Some(next) = next else { break };
            node = next;
            depth += 1;
        }
        depth
    };
    let depths: Vec<(usize, &str)> =
        entries.iter().map(|it| (depth(&it["fieldsV1"]), it["manager"].as_str().unwrap_or("nobody"))).collect();
    let deepest = depths.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
    if deepest < path.len().min(1) {
        return Vec::new();
    }
    let mut owners: Vec<String> =
        depths.iter().filter(|(depth, _)| *depth == deepest).map(|(_, it)| (*it).to_owned()).collect();
    owners.sort();
    owners.dedup();
    owners
}
