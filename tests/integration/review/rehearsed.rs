//! What `diff` says the API server will do with an object, compared with what a real one does: an old state is applied as
//! Talos applies it, then a new one, in both directions.
//!
//! A case is a file of `tests/data/rehearsed`: an object, and changes of it, each a place and the value that stands there.

use std::collections::{BTreeMap, BTreeSet};

use ichor::review::rehearse::{Refusal, Stage, Upgrade, fate, refusals};
use serde_json::{Value as Json, json};

use crate::support::api_server::ApiServer;
use crate::support::peer::needs;
use crate::support::repository;

const SPACE: &str = "rehearsed";

/// One change of one object.
struct Case {
    what: String,
    old: Json,
    new: Json,
}

fn read(path: &std::path::Path) -> Json {
    let value = helm_engine::yaml::read(&std::fs::read(path).expect("a case")).expect("YAML");
    serde_json::from_slice(&helm_engine::yaml::write_json(&value, false).expect("JSON")).expect("JSON")
}

fn changed(old: &Json, at: &str, to: Option<&Json>) -> Json {
    let mut new = old.clone();
    let (parent, last) = at.rsplit_once('/').expect("a path");
    let mut here = &mut new;
    for key in parent.split('/').skip(1) {
        here = match key.parse::<usize>() {
            Ok(index) if here.is_array() => &mut here[index],
            _ => &mut here[key],
        };
    }
    match (here, to) {
        (Json::Array(list), Some(to)) => {
            let index: usize = last.parse().expect("an index");
            if index < list.len() { list[index] = to.clone() } else { list.push(to.clone()) }
        }
        (Json::Array(list), None) => drop(list.remove(last.parse().expect("an index"))),
        (Json::Object(map), None) => drop(map.remove(last)),
        (here, Some(to)) => here[last] = to.clone(),
        _ => panic!("{at}"),
    }
    new
}

/// Both directions of every change, each of an object of its own.
fn cases() -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(repository().join("tests/data/rehearsed"))
        .expect("the cases")
        .map(|it| it.expect("a file").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let case = read(&file);
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for change in case["changes"].as_array().expect("changes") {
            let (at, to) = (change["at"].as_str().expect("a place"), change.get("to"));
            let (old, new) = (case["old"].clone(), changed(&case["old"], at, to));
            let shown = to.map_or_else(|| "nothing".to_owned(), Json::to_string);
            // A claim that nothing is bound to does not even grow.
            let ways = if change["once"] == true { 1 } else { 2 };
            for (way, old, new) in [("→", &old, &new), ("←", &new, &old)].into_iter().take(ways) {
                let number = cases.len();
                let own = |it: &Json| -> Json {
                    let text =
                        it.to_string().replace("UNIQUE", &format!("n{number:04}")).replace("\"NS\"", "\"rehearsed\"");
                    let text = text.replace("30123", &(30_000 + number % 2_700).to_string());
                    let mut it: Json = serde_json::from_str(&text).expect("JSON");
                    if it["kind"] != "CustomResourceDefinition" {
                        it["metadata"]["name"] = format!("n{number:04}").into();
                    }
                    if !OF_CLUSTER.iter().any(|kind| it["kind"] == *kind) {
                        it["metadata"]["namespace"] = SPACE.into();
                    }
                    it
                };
                cases.push(Case { what: format!("{name} {way} {at} {shown}"), old: own(old), new: own(new) });
            }
        }
    }
    cases
}

const OF_CLUSTER: [&str; 9] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CSIDriver",
    "CustomResourceDefinition",
    "IngressClass",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

fn stream<'a>(objects: impl Iterator<Item = &'a Json>) -> String {
    objects.map(|it| format!("---\n{it}\n")).collect()
}

/// The numbers of the cases that a server complained of, with what it said.
fn complaints(lines: &[String]) -> BTreeMap<usize, String> {
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    for line in lines {
        let number = line.match_indices('n').find_map(|(at, _)| {
            let digits = line.get(at + 1..at + 5)?;
            let whole = !line.get(at + 5..at + 6).is_some_and(|it| it.bytes().all(|it| it.is_ascii_alphanumeric()));
            (digits.bytes().all(|it| it.is_ascii_digit()) && whole).then(|| digits.parse().ok()).flatten()
        });
        match number {
            Some(number) => drop(found.entry(number).or_insert_with(|| line.clone())),
            // What one complaint says on more lines.
            None => assert!(line.starts_with(['*', ' ', '\t']) || !line.starts_with("Error"), "{line}"),
        }
    }
    found
}

fn content(object: &Json) -> Json {
    let mut object = object.clone();
    if let Json::Object(map) = &mut object {
        map.remove("status");
        if let Some(Json::Object(metadata)) = map.get_mut("metadata") {
            for field in ["managedFields", "resourceVersion", "generation"] {
                metadata.remove(field);
            }
        }
    }
    object
}

fn judge(wrong: &mut Vec<String>, what: &str, said: &[Refusal], answer: Option<&String>) {
    if said.is_empty() != answer.is_none() {
        let said: Vec<String> = said.iter().map(|it| format!("{}: {}", it.path, it.why)).collect();
        let answer = answer.map_or("took it", String::as_str);
        wrong.push(format!("{what}\n    said: {}\n    server: {answer}", said.join("; ")));
    }
}

#[test]
fn predictions_are_what_a_server_does() {
    needs!(ApiServer);
    let server = ApiServer::start();
    let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}});
    assert!(server.upgrade(&space.to_string()).is_empty());
    // No controller is there to make the account that pods have by default.
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": SPACE}});
    assert!(server.upgrade(&account.to_string()).is_empty());
    let cases = cases();
    assert!(cases.len() > 800, "{}", cases.len());
    let stage = Stage { kubernetes: Some(34), ..Stage::default() };
    let refused = complaints(&server.upgrade(&stream(cases.iter().map(|it| &it.old))));
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        judge(
            &mut wrong,
            &format!("create {}", case.what),
            &refusals(&Json::Null, &case.old, &stage),
            refused.get(&number),
        );
    }
    let there: BTreeSet<usize> = (0..cases.len()).filter(|it| !refused.contains_key(it)).collect();
    let all = || stream(there.iter().map(|it| &cases[*it].old));
    let named = |list: &Json| -> BTreeMap<String, Json> {
        let items = list["items"].as_array().expect("a list");
        let name = |it: &Json| format!("{} {}", it["kind"], it["metadata"]["name"]);
        items.iter().map(|it| (name(it), content(it))).collect()
    };
    let before = named(&server.get(&all()));
    let updates = complaints(&server.upgrade(&stream(there.iter().map(|it| &cases[*it].new))));
    let after = named(&server.get(&all()));
    let (mut updated, mut kept) = (0, 0);
    for number in &there {
        let case = &cases[*number];
        let said = refusals(&case.old, &case.new, &stage);
        judge(&mut wrong, &format!("update {}", case.what), &said, updates.get(number));
        if said.is_empty() && !updates.contains_key(number) {
            let name = format!("{} {}", case.old["kind"], case.old["metadata"]["name"]);
            let equal = before.get(&name) == after.get(&name);
            if equal {
                kept += 1
            } else {
                updated += 1
            }
            if equal != (fate(&case.old, &case.new, &stage).upgrade == Upgrade::LeavesAlone) {
                let verb = if equal { "changed nothing" } else { "changed it" };
                wrong.push(format!("{}\n    server {verb}: {}", case.what, case.new));
            }
        }
    }
    let figures = format!(
        "{} created, {} not; {updated} updated, {kept} left alone, {} refused",
        there.len(),
        refused.len(),
        updates.len()
    );
    assert!(wrong.is_empty(), "{} of {} ({figures}):\n{}", wrong.len(), cases.len() + there.len(), wrong.join("\n"));
    assert!(updates.len() > 100 && kept > 50, "{figures}");
}
