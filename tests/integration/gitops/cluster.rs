//! `ichor drift --cluster` and a real API server: what was planted is found, what is foretold happens, and nothing is written.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;

use super::drift::workspace;
use crate::support::api_server::ApiServer;
use crate::support::peer::{Peer, needs};
use crate::support::program::Run;
use crate::support::workspace::Workspace;
use crate::support::{copy, judges, repository};
use ichor::object::document::documents;

/// Runs the program with the kubectl of the API server, as a user of its own.
pub(super) fn run(workspace: &Workspace, server: &ApiServer, args: &[&str]) -> Run {
    let kubeconfig = server.kubeconfig_of_tested().display().to_string();
    let mut command = workspace.command(&[args, &["--kubeconfig", &kubeconfig]].concat());
    let kubectl = judges::folder().join("kubernetes/bin");
    let path = judges::path();
    let folders = std::iter::once(kubectl).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).expect("a PATH"));
    Run(command.output().expect("the program starts"))
}

/// That what was asked of the server so far only reads; how much it was.
pub(super) fn only_read(server: &ApiServer) -> usize {
    let asked = server.asked();
    let writes: Vec<_> = asked.iter().filter(|it| !["get", "list", "watch"].contains(&it.0.as_str())).collect();
    assert!(writes.is_empty(), "{writes:?}");
    asked.len()
}

fn told(workspace: &Workspace, server: &ApiServer, args: &[&str]) -> Json {
    let run = run(workspace, server, &[&["drift", "--cluster", "--format", "json"], args].concat());
    let json: Json = serde_json::from_str(&run.stdout()).unwrap_or_else(|_| panic!("{}{}", run.stdout(), run.stderr()));
    let found = json["findings"].as_array().expect("findings");
    assert_eq!(run.code(), i32::from(!found.is_empty()), "{}", run.stdout());
    json
}

/// Each finding as a line, with a line for each field.
fn findings(json: &Json) -> Vec<String> {
    let text = |it: &Json| it.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for it in json["findings"].as_array().into_iter().flatten() {
        let head = format!("{} {}", text(&it["code"]), text(&it["object"]));
        let fields = it["fields"].as_array().cloned().unwrap_or_default();
        match ["W009", "W015"].contains(&text(&it["code"]).as_str()) {
            true => found.extend(fields.iter().map(|field| format!("{head} {}", text(&field["path"])))),
            false => found.push(head),
        }
    }
    found.sort();
    found
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().map(|it| it.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn every_planted_change_is_named_and_nothing_else() {
    needs!(ApiServer, Openssl);
    let server = ApiServer::start();
    let workspace = workspace();
    let data = repository().join("tests/data/gitops/planted");
    copy(&data, workspace.path());
    workspace.edit(
        "ichor.yaml",
        "  - {name: cilium,",
        "  - {name: objects, manifest: objects.yaml}\n  - {name: cilium,",
    );
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    let stream = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
    // Kinds of its own are known in a second pass.
    let _ = server.apply(&stream);
    assert_eq!(server.apply(&stream), Vec::<String>::new());
    assert_eq!(findings(&told(&workspace, &server, &[])), Vec::<String>::new());

    let other = certificate(&workspace);
    let changes = fs::read_to_string(data.join("changes.yaml")).expect("read");
    let changes: Vec<Json> = documents(&changes).iter().filter_map(|it| it.json()).collect();
    let (mut expected, mut fates) = (Vec::new(), BTreeMap::new());
    for change in &changes {
        for command in change["do"].as_array().expect("commands") {
            let folder = workspace.path().display().to_string();
            let args = texts(command).into_iter().map(|it| it.replace("$OTHER", &other).replace("$FOLDER", &folder));
            let args: Vec<String> = args.collect();
            server.done(&args.iter().map(String::as_str).collect::<Vec<_>>());
        }
        expected.extend(texts(&change["found"]));
        for (object, fate) in change["fate"].as_object().into_iter().flatten() {
            fates.insert(object.clone(), fate.as_str().expect("a fate").to_owned());
        }
    }
    assert!(changes.len() >= 30, "{} changes", changes.len());
    expected.sort();
    let json = told(&workspace, &server, &["--all"]);
    assert_eq!(findings(&json), expected);
    let said = run(&workspace, &server, &["drift", "--cluster"]).stdout();
    for word in ["(owned by kubectl-patch", "until ", "AdoptAll", "the next boot creates it", "upgrade-k8s deletes it"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(only_read(&server) > 10);
    happens(&workspace, &server, &stream, &json, &fates);
}

/// That an apply as Talos does it ends for each object as it was foretold.
fn happens(workspace: &Workspace, server: &ApiServer, stream: &str, json: &Json, fates: &BTreeMap<String, String>) {
    let foretold: BTreeMap<String, String> = json["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .map(|it| (it["object"].as_str().expect("a name").into(), it["upgrade"].as_str().expect("a fate").into()))
        .collect();
    for (object, fate) in fates {
        assert_eq!(foretold.get(object), Some(fate), "{object}");
    }
    let foreign: Vec<String> =
        findings(json).iter().filter_map(|it| it.strip_prefix("W013 ").map(str::to_owned)).collect();
    let mut seen = Vec::new();
    for object in documents(stream).iter().filter(|it| it.json().is_some_and(|it| it["kind"].is_string())) {
        let name = shown(&object.json().expect("an object"));
        workspace.write("object.yaml", object.text);
        let path = workspace.at("object.yaml").display().to_string();
        let get = ["get", "--ignore-not-found", "-o", "json", "--show-managed-fields=false", "-f", &path];
        let before = server.done(&get);
        let apply = [
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager",
            "talos",
            "--validate=strict",
            "-f",
            &path,
        ];
        // Talos itself takes over no object of another inventory; the API server would.
        let refused = foreign.contains(&name) || !server.tried(&apply).0;
        let after = server.done(&get);
        let happened = match (refused, before.is_empty(), before == after) {
            (true, ..) => "refused",
            (_, true, _) => "creates",
            (_, _, true) => "leavesAlone",
            _ => "updates",
        };
        assert_eq!(foretold.get(&name).map(String::as_str), Some(happened), "{name}\n{before}\n{after}");
        seen.push(name);
    }
    let left: Vec<&String> = foretold.iter().filter(|it| !seen.contains(it.0)).map(|it| it.1).collect();
    assert_eq!(left, ["prunes"], "all but what is deleted is in the stream");
}

fn shown(object: &Json) -> String {
    let text = |it: &Json| it.as_str().unwrap_or_default().to_owned();
    let (kind, metadata) = (text(&object["kind"]), &object["metadata"]);
    match text(&metadata["namespace"]) {
        none if none.is_empty() => format!("{kind} {}", text(&metadata["name"])),
        namespace => format!("{kind} {namespace}/{}", text(&metadata["name"])),
    }
}

fn certificate(workspace: &Workspace) -> String {
    let (key, cert) = (workspace.at("other.key"), workspace.at("other.crt"));
    let mut openssl = Peer::Openssl.command();
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "30", "-keyout"]);
    openssl.arg(&key).arg("-out").arg(&cert);
    assert!(openssl.output().expect("openssl runs").status.success());
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(fs::read(cert).expect("read"))
}
