//! What is in locks, envelopes and patches, as the real age and a reader of YAML see it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use helm_engine::yaml;
use ichor::stage::lock::Lock;

use super::peer::Peer;
use super::program::filter;
use super::workspace::Workspace;

/// What the real age makes of an envelope.
pub fn age(workspace: &Workspace, envelope: &str) -> String {
    let opened = filter(Peer::Age.command().arg("-d").arg("-i").arg(workspace.key()), envelope.as_bytes());
    String::from_utf8(opened).expect("text")
}

/// Encrypts a file of the repository to the workspace's key with the real age.
pub fn encrypt(workspace: &Workspace, from: &Path, to: &str) {
    let text = fs::read(from).expect("a file");
    let sealed = filter(Peer::Age.command().args(["-r", workspace.recipient()]), &text);
    workspace.write(to, sealed);
}

/// The only lock of a workspace.
pub fn lock(workspace: &Workspace) -> Lock {
    let mut found = fs::read_dir(workspace.path().join("lockfiles")).expect("a folder");
    let path = found.next().expect("a lock").expect("an entry").path();
    Lock::decode(&fs::read_to_string(path).expect("text")).expect("a lock")
}

/// The manifests of a patch for Talos up to 1.13, by name.
pub fn manifests(patch: &str) -> BTreeMap<String, String> {
    let patch = yaml::read(patch.as_bytes()).expect("YAML");
    let patch: serde_json::Value =
        serde_json::from_slice(&yaml::write_json(&patch, false).expect("JSON")).expect("JSON");
    let list = patch["cluster"]["inlineManifests"].as_array().expect("a list").clone();
    let text = |it: &serde_json::Value| it.as_str().expect("text").to_owned();
    list.iter().map(|it| (text(&it["name"]), text(&it["contents"]))).collect()
}
