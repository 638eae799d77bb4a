//! Judges what `diff` says of pairs of objects by a real API server: old states are applied as Talos applies them, then new ones.

use std::collections::{BTreeMap, BTreeSet};

use ichor::review::rehearse::{Refusal, Stage, Upgrade, fate, refusals};
use serde_json::{Value as Json, json};

use crate::support::api_server::ApiServer;

/// The namespace that objects are put into.
pub const SPACE: &str = "rehearsed";

/// One change of one object, whose name holds the number of the case. Either side may be missing.
pub struct Case {
    pub what: String,
    pub old: Json,
    pub new: Json,
}

/// What a server did with all cases.
#[derive(Debug, Default)]
pub struct Figures {
    pub created: usize,
    pub not_created: usize,
    pub updated: usize,
    pub kept: usize,
    pub refused: usize,
}

const OF_CLUSTER: [&str; 13] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CSIDriver",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "Namespace",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

/// An object under the name of a case, apart from those of all others.
pub fn own(object: &Json, number: usize) -> Json {
    let mut object = object.clone();
    if object.is_null() {
        return object;
    }
    object["metadata"]["name"] = format!("n{number:04}").into();
    if let Json::Object(metadata) = &mut object["metadata"] {
        metadata.remove("namespace");
    }
    if !OF_CLUSTER.iter().any(|kind| object["kind"] == *kind) {
        object["metadata"]["namespace"] = SPACE.into();
    }
    object
}

/// A server with what all cases need.
pub fn server() -> ApiServer {
    let server = ApiServer::start();
    let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}});
    assert!(server.upgrade(&space.to_string()).is_empty());
    // No controller is there to make the account that pods have by default.
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": SPACE}});
    assert!(server.upgrade(&account.to_string()).is_empty());
    server
}

/// Applies all old states, then all new ones; what differs from what is said of them, and the figures.
pub fn judged(server: &ApiServer, cases: &[Case], stage: &Stage) -> (Figures, Vec<String>) {
    let (mut figures, mut wrong) = (Figures::default(), Vec::new());
    let refused = applied(server, cases.iter().map(|it| &it.old));
    for (number, case) in cases.iter().enumerate().filter(|it| !it.1.old.is_null()) {
        let said = refusals(&Json::Null, &case.old, stage);
        judge(&mut wrong, &format!("create {}", case.what), &said, refused.get(&number));
    }
    let there: BTreeSet<usize> = (0..cases.len()).filter(|it| !refused.contains_key(it)).collect();
    let all = || stream(there.iter().map(|it| &cases[*it]).map(|it| if it.old.is_null() { &it.new } else { &it.old }));
    let before = named(&server.get(&all()));
    let updates = applied(
        server,
        cases.iter().enumerate().map(|(at, it)| if there.contains(&at) { &it.new } else { &Json::Null }),
    );
    let after = named(&server.get(&all()));
    figures.not_created = refused.len();
    for number in &there {
        let case = &cases[*number];
        if case.new.is_null() {
            continue;
        }
        let said = fate(&case.old, &case.new, stage);
        judge(&mut wrong, &format!("apply {}", case.what), &said.refusals, updates.get(number));
        if updates.contains_key(number) {
            figures.refused += 1;
            continue;
        }
        if !said.refusals.is_empty() {
            continue;
        }
        let name = format!("{} {}", case.new["kind"], case.new["metadata"]["name"]);
        let did = match before.get(&name) {
            None => Upgrade::Creates,
            before if before == after.get(&name) => Upgrade::LeavesAlone,
            Some(_) => Upgrade::Updates,
        };
        match did {
            Upgrade::Creates => figures.created += 1,
            Upgrade::LeavesAlone => figures.kept += 1,
            _ => figures.updated += 1,
        }
        if did != said.upgrade {
            wrong.push(format!("{}\n    said {:?}, server {did:?}: {}", case.what, said.upgrade, case.new));
        }
    }
    (figures, wrong)
}

/// Applies the objects of cases; what the server complained of, by case.
fn applied<'a>(server: &ApiServer, objects: impl Iterator<Item = &'a Json>) -> BTreeMap<usize, String> {
    let mut plain = Vec::new();
    let mut found = BTreeMap::new();
    for (number, object) in objects.enumerate() {
        // kubectl itself reads no object with a label that is no text, and Talos does.
        let texts =
            |field: &str| object["metadata"][field].as_object().is_none_or(|it| it.values().all(Json::is_string));
        if texts("labels") && texts("annotations") {
            plain.push(object);
        } else if let Some(answer) = server.patch(object) {
            found.insert(number, answer);
        }
    }
    found.extend(complaints(&server.upgrade(&stream(plain.into_iter()))));
    found
}

fn named(list: &Json) -> BTreeMap<String, Json> {
    let items = list["items"].as_array().expect("a list");
    let name = |it: &Json| format!("{} {}", it["kind"], it["metadata"]["name"]);
    items.iter().map(|it| (name(it), content(it))).collect()
}

fn stream<'a>(objects: impl Iterator<Item = &'a Json>) -> String {
    objects.filter(|it| !it.is_null()).map(|it| format!("---\n{it}\n")).collect()
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
