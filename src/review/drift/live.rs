//! An object of a cluster beside the one of a bundle: only what the bundle says, and what Talos put there, counts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

/// The field manager of Talos.
const TALOS: &str = "talos";
/// Who owns an object, on the object itself.
pub const OWNER: &str = "config.k8s.io/owning-inventory";
/// Who writes into objects of every cluster, whatever is applied there.
const ROBOTS: [&str; 10] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "cloud-controller-manager",
    "cilium-agent",
    "cilium-operator",
    "cilium-operator-generic",
    "cainjector",
    "cert-manager-cainjector",
];

/// What of a live object stands against a bundle's: the fields that the bundle sets, and those that Talos set and would take
/// away again.
pub fn restricted(live: &Json, wanted: &Json) -> Json {
    let talos = |it: &&Json| it["manager"] == TALOS && it["operation"] == "Apply";
    let mut kept = kept(live, wanted, entries(live).filter(talos));
    let owner = &live["metadata"]["annotations"][OWNER];
    if !owner.is_null() {
        kept["metadata"]["annotations"][OWNER] = owner.clone();
    }
    kept
}

/// The same with what others put there beside it: people and programs, but for those that are part of every cluster.
pub fn with_others(live: &Json, wanted: &Json) -> Json {
    let is_own = |it: &&Json| it["subresource"].is_null() && !ROBOTS.iter().any(|robot| it["manager"] == *robot);
    let size = |it: &&Json| it["fieldsV1"].to_string().len();
    let makers = entries(live).filter(is_own);
    let maker = match entries(live).any(|it| it["manager"] == TALOS) {
        true => Json::from(TALOS),
        false => makers.max_by_key(size).map(|it| it["manager"].clone()).unwrap_or_default(),
    };
    let applied = |it: &&Json| it["manager"] == TALOS && it["operation"] == "Apply";
    let others = |it: &&Json| is_own(it) && it["manager"] != maker;
    kept(live, wanted, entries(live).filter(|it| applied(it) || others(it)))
}

/// Who manages which fields.
pub(super) fn entries(live: &Json) -> impl Iterator<Item = &Json> {
    live["metadata"]["managedFields"].as_array().into_iter().flatten()
}

fn kept<'l>(live: &'l Json, wanted: &Json, own: impl Iterator<Item = &'l Json>) -> Json {
    let managed = Managed {
        own: own.map(|it| &it["fieldsV1"]).collect(),
        all: entries(live).map(|it| &it["fieldsV1"]).collect(),
    };
    let mut kept = restrict(live, wanted, &managed, "");
    for (key, value) in [("apiVersion", &wanted["apiVersion"]), ("kind", &wanted["kind"])] {
        kept[key] = value.clone();
    }
    kept
}

/// What is managed at one place of an object: by those who count, and by all.
struct Managed<'l> {
    own: Vec<&'l Json>,
    all: Vec<&'l Json>,
}

impl<'l> Managed<'l> {
    fn step(&self, of: impl Fn(&'l Json) -> Option<&'l Json>) -> Managed<'l> {
        let below = |nodes: &[&'l Json]| nodes.iter().filter_map(|it| of(it)).collect();
        Managed { own: below(&self.own), all: below(&self.all) }
    }

    /// How the API server tells a list's items apart.
    fn list(&self, name: &str, items: &[Json]) -> List {
        let mut children = self.all.iter().filter_map(|it| it.as_object()).flat_map(|it| it.keys());
        match children.find(|it| it.starts_with("k:") || it.starts_with("v:")) {
            Some(key) => match key.strip_prefix("k:").and_then(|it| serde_json::from_str::<Map<String, Json>>(it).ok())
            {
                Some(keys) => List::Keyed(keys.into_iter().map(|(key, _)| key).collect()),
                None => List::Set,
            },
            None if self.all.is_empty() => {
                keys_of(name, items).map_or(List::Whole, |it| List::Keyed(it.iter().map(|it| (*it).into()).collect()))
            }
            None => List::Whole,
        }
    }
}

/// How a list is merged.
enum List {
    Keyed(Vec<String>),
    Set,
    Whole,
}

fn restrict(live: &Json, wanted: &Json, managed: &Managed<'_>, name: &str) -> Json {
    match (live, wanted) {
        (Json::Object(live), Json::Object(wanted)) => {
            let mut kept = Map::new();
            for (key, value) in live {
                let below = managed.step(|it| it.get(format!("f:{key}")));
                // A null says as much as no field.
                match wanted.get(key).filter(|it| !it.is_null()) {
                    Some(wanted) => {
                        kept.insert(key.clone(), restrict(value, wanted, &below, key));
                    }
                    None if !below.own.is_empty() => {
                        kept.insert(key.clone(), owned(value, &below));
                    }
                    None => {}
                }
            }
            Json::Object(kept)
        }
        (Json::Array(live), Json::Array(wanted)) => match managed.list(name, wanted) {
            List::Keyed(keys) => {
                let same = |one: &Json, other: &Json| {
                    keys.iter().all(|key| one[key] == other[key] || is_usual(key, one, other))
                };
                // In the order of the bundle, which decides nothing in such a list.
                let mut kept: Vec<Json> = Vec::new();
                for item in wanted {
                    if let Some(found) = live.iter().find(|it| same(it, item)) {
                        kept.push(restrict(found, item, &managed.step(|it| entry(it, found, &keys)), ""));
                    }
                }
                for item in live.iter().filter(|it| !wanted.iter().any(|item| same(it, item))) {
                    let below = managed.step(|it| entry(it, item, &keys));
                    if !below.own.is_empty() {
                        kept.push(item.clone());
                    }
                }
                Json::Array(kept)
            }
            List::Set => {
                let own = |it: &Json| managed.own.iter().any(|own| own.get(format!("v:{it}")).is_some());
                let mut kept: Vec<Json> = wanted.iter().filter(|it| live.contains(it)).cloned().collect();
                kept.extend(live.iter().filter(|it| !wanted.contains(it) && own(it)).cloned());
                Json::Array(kept)
            }
            List::Whole => Json::Array(live.clone()),
        },
        _ => live.clone(),
    }
}

/// Of a value that the bundle does not have: what those who count put there.
fn owned(live: &Json, managed: &Managed<'_>) -> Json {
    let has_fields = |it: &&Json| it.as_object().is_some_and(|it| it.keys().any(|it| it.starts_with("f:")));
    match live {
        Json::Object(fields) if managed.own.iter().any(has_fields) => Json::Object(
            fields
                .iter()
                .map(|(key, it)| (key, it, managed.step(|it| it.get(format!("f:{key}")))))
                .filter(|(.., below)| !below.own.is_empty())
                .map(|(key, it, below)| (key.clone(), owned(it, &below)))
                .collect(),
        ),
        Json::Array(_) if matches!(managed.list("", &[]), List::Set) => {
            restrict(live, &Json::Array(Vec::new()), managed, "")
        }
        _ => live.clone(),
    }
}

/// A port's protocol is TCP where it is not said.
fn is_usual(key: &str, one: &Json, other: &Json) -> bool {
    let of = |it: &Json| it[key].as_str().map_or_else(|| "TCP".to_owned(), str::to_owned);
    key == "protocol" && of(one) == of(other)
}

/// What is managed of an item of a list that is merged by keys.
fn entry<'o>(managed: &'o Json, item: &Json, keys: &[String]) -> Option<&'o Json> {
    let matches = |name: &String| {
        let known: Option<Json> = name.strip_prefix("k:").and_then(|it| serde_json::from_str(it).ok());
        known.is_some_and(|known| keys.iter().all(|key| known[key].is_null() || known[key] == item[key]))
    };
    managed.as_object()?.iter().find(|(name, _)| matches(name)).map(|(_, it)| it)
}

/// By what a list's items are told apart where nothing says it; `None` where the list is one value.
pub(super) fn keys_of(name: &str, items: &[Json]) -> Option<Vec<&'static str>> {
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
        | "ephemeralContainers" => &[&["name"]],
        _ => &[],
    };
    choices.iter().find(|keys| keys.iter().all(|key| *key == "protocol" || all_have(key))).map(|it| it.to_vec())
}

/// The bundle's object with the live text wherever the bundle's is sealed: `one` and `other` are the object opened with two
/// different stand-ins for each secret.
pub fn unsealed(one: &Json, other: &Json, live: &Json) -> Json {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => {
            let none = Json::Null;
            let of = |it: &Map<String, Json>, key: &str| it.get(key).cloned().unwrap_or_default();
            let fields = one
                .iter()
                .map(|(key, value)| (key.clone(), unsealed(value, &of(other, key), live.get(key).unwrap_or(&none))));
            Json::Object(fields.collect())
        }
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => Json::Array(
            one.iter().zip(other).enumerate().map(|(at, (one, other))| unsealed(one, other, &live[at])).collect(),
        ),
        (one, other) if one == other => one.clone(),
        _ if live.is_null() => one.clone(),
        _ => live.clone(),
    }
}

/// A Secret's texts as the server keeps them: coded, in `data`.
pub fn coded(object: &Json) -> Json {
    let mut object = object.clone();
    if object["kind"] == "Secret"
        && let Some(Json::Object(texts)) = object.as_object_mut().and_then(|it| it.remove("stringData"))
    {
        for (key, text) in texts {
            object["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
        }
    }
    object
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
