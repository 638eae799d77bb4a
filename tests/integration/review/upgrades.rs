//! What `diff` says of real renders of Cilium, judged by a real API server: each of forty is changed in ten ways, to other
//! versions, to other values, and by changes that are planted.

use std::collections::BTreeMap;
use std::path::Path;

use ichor::object::document::documents;
use ichor::review::rehearse::Stage;
use serde_json::{Value as Json, json};

use super::rehearsal::{self, Case};
use super::rehearsed::{changed, read};
use crate::support::conformance;
use crate::support::peer::needs;
use crate::support::repository;

const VERSIONS: [&str; 4] = ["1.16.5", "1.18.5", "1.19.6", "1.20.0"];

/// Kinds that a bare server does not know.
const CUSTOM: [(&str, &str, &str, &str, &str); 2] = [
    ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors", "Namespaced"),
    ("gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", "Cluster"),
];

type Objects = BTreeMap<String, Json>;

fn id(object: &Json) -> String {
    let (name, space) = (&object["metadata"]["name"], &object["metadata"]["namespace"]);
    format!("{} {space} {name}", object["kind"])
}

fn objects(text: &str) -> Objects {
    documents(text)
        .iter()
        .filter_map(|it| it.json())
        .map(unmasked)
        .filter(|it| it["kind"].is_string())
        .map(|it| (id(&it), it))
        .collect()
}

/// The renders hold words in place of the keys that were made for them.
fn unmasked(mut object: Json) -> Json {
    if object["kind"] == "Secret" {
        for value in object["data"].as_object_mut().into_iter().flatten().map(|it| it.1) {
            if value.as_str().is_some_and(|it| it.starts_with('<')) {
                *value = "bWFza2Vk".into();
            }
        }
    }
    object
}

/// Each render by version and case, as the real Helm printed it.
fn renders(folder: &Path) -> Vec<(&'static str, String, String)> {
    let cases: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).expect("cases")).expect("JSON");
    let mut renders = Vec::new();
    for version in VERSIONS {
        for case in cases.as_array().expect("a list") {
            let name = case["id"].as_str().expect("a name").to_owned();
            let path = folder.join(format!("golden/cilium-{version}/{name}.yaml"));
            let text = std::fs::read_to_string(&path).expect("a render");
            renders.push((version, name, text));
        }
    }
    renders
}

/// The ten changes of a render: what each is, and what it becomes.
fn changes(renders: &[(&'static str, String, Objects)], index: usize, planted: &[Json]) -> Vec<(String, Objects)> {
    let (version, name, old) = &renders[index];
    let mut changes = Vec::new();
    for (other, _, new) in renders.iter().filter(|it| it.1 == *name && it.0 != *version) {
        changes.push((format!("{name} {version} → {other}"), new.clone()));
    }
    let alike: Vec<_> = renders.iter().filter(|it| it.0 == *version).collect();
    for step in [1, 3] {
        let (_, other, new) = alike[(index + step) % alike.len()];
        changes.push((format!("{version} {name} → {other}"), new.clone()));
    }
    // Each render goes on where the one before ended.
    for plan in planted.iter().cycle().skip(index * 5 % planted.len()).take(planted.len()) {
        let of_kind: Vec<&String> = old.iter().filter(|it| it.1["kind"] == plan["kind"]).map(|it| it.0).collect();
        if changes.len() == 10 || of_kind.is_empty() {
            continue;
        }
        let chosen = of_kind[index % of_kind.len()];
        let at = plan["at"].as_str().expect("a place");
        let Some(object) = changed(&old[chosen], at, plan.get("to")) else { continue };
        if object == old[chosen] {
            continue;
        }
        let mut new = old.clone();
        new.insert(chosen.clone(), object);
        let to = plan.get("to").map_or_else(|| "nothing".to_owned(), Json::to_string);
        changes.push((format!("{version} {name} {chosen} {at} {to}"), new));
    }
    assert_eq!(changes.len(), 10, "{version} {name}");
    changes
}

#[test]
fn renders_of_cilium_become_what_is_said() {
    needs!(ApiServer, CiliumCharts, Curl);
    let folder = conformance().expect("the renders");
    let renders: Vec<_> =
        renders(&folder).into_iter().map(|(version, name, text)| (version, name, objects(&text))).collect();
    assert_eq!(renders.len(), 40);
    let planted = read(&repository().join("tests/data/planted.yaml"));
    let planted = planted.as_array().expect("a list");
    // What a server does with an object rests on its old and its new state alone, so equal pairs are asked once.
    let mut pairs: BTreeMap<String, (String, Json, Json)> = BTreeMap::new();
    let (mut asked, mut gone) = (0, 0);
    for index in 0..renders.len() {
        let old = &renders[index].2;
        for (what, new) in changes(&renders, index, planted) {
            for id in old.keys().chain(new.keys().filter(|it| !old.contains_key(*it))) {
                let (old, new) = (old.get(id).unwrap_or(&Json::Null), new.get(id).unwrap_or(&Json::Null));
                asked += 1;
                gone += usize::from(new.is_null());
                pairs
                    .entry(format!("{old} {new}"))
                    .or_insert_with(|| (format!("{what}: {id}"), old.clone(), new.clone()));
            }
        }
    }
    let cases: Vec<Case> = pairs
        .into_values()
        .enumerate()
        .map(|(number, (what, old, new))| Case {
            what,
            old: rehearsal::own(&old, number),
            new: rehearsal::own(&new, number),
        })
        .collect();
    let server = rehearsal::server();
    let definitions = CUSTOM.map(|(group, version, kind, plural, scope)| {
        let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("{plural}.{group}"),
            "annotations": {"api-approved.kubernetes.io": "https://example.com"}},
            "spec": {"group": group, "scope": scope, "names": {"plural": plural, "kind": kind},
            "versions": [{"name": version, "served": true, "storage": true, "schema": schema}]}})
    });
    let text: String = definitions.iter().map(|it| format!("---\n{it}\n")).collect();
    assert_eq!(server.upgrade(&text), Vec::<String>::new());
    for (group, _, _, plural, _) in CUSTOM {
        server.done(&["wait", "--for=condition=Established", &format!("crd/{plural}.{group}"), "--timeout=60s"]);
    }
    let stage = Stage { kubernetes: Some(34), ..Stage::default() };
    let (figures, wrong) = rehearsal::judged(&server, &cases, &stage);
    let figures = format!("{asked} objects in 400 changes, {} different pairs, {gone} gone: {figures:?}", cases.len());
    println!("{figures}");
    assert!(wrong.is_empty(), "{} of {figures}:\n{}", wrong.len(), wrong.join("\n"));
}
