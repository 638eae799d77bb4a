//! The programs that these tests ask, and what a bundle opens to.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use helm_engine::yaml;
use ichor::stage::lock::Lock;

use crate::workspace::{Workspace, repository};

/// The charts and cases that lie beside the repository, where they do.
pub fn conformance() -> Option<PathBuf> {
    let named = std::env::var_os("ICHOR_SHARED").map(PathBuf::from);
    let candidates = named.into_iter().chain(["../shared", "../../shared"].map(|it| repository().join(it)));
    let found = candidates.map(|it| it.join("conformance")).find(|it| it.join("cases.json").is_file());
    if found.is_none() {
        eprintln!("skipped: no ../shared/conformance");
    }
    found
}

/// Runs a program with an input, and gives what it printed.
pub fn filter(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|it| panic!("{program}: {it}"));
    child.stdin.take().expect("piped").write_all(input).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What the real age makes of an envelope.
pub fn age(workspace: &Workspace, envelope: &str) -> String {
    let key = workspace.key();
    String::from_utf8(filter("age", &["-d", "-i", key.to_str().expect("text")], envelope.as_bytes())).expect("text")
}

/// Encrypts a file of the repository to the workspace's key with the real age.
pub fn encrypt(workspace: &Workspace, from: &Path, to: &str) {
    let text = fs::read(from).expect("a file");
    let sealed = filter("age", &["-r", &workspace.recipient()], &text);
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

pub fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").arg(from).arg(to).status();
    assert!(copied.expect("cp").success());
}
