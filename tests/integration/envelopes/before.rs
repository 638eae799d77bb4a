//! Locks and bundles from before envelopes were bound to their places: they build and open as ever, with a word.

use std::process::Command;

use ichor::base::digest::Digest;
use ichor::stage::lock::Lock;
use serde_json::Value as Json;

use super::tampering::*;
use crate::support::copy;
use crate::support::program::filter;
use crate::support::repository;
use crate::support::workspace::Workspace;

const STATES: [&str; 3] = ["fresh", "trusted", "signs"];

fn data(file: &str) -> String {
    std::fs::read_to_string(repository().join("tests/data/lock/before-binding").join(file)).expect("a file")
}

/// The workspace of before, with one of its locks.
fn before(state: &str) -> Workspace {
    let workspace = Workspace::new();
    let folder = repository().join("tests/data/lock/before-binding");
    copy(&folder.join("chart"), &workspace.at("chart"));
    for file in ["ichor.yaml", "policy.yaml", "secret.yaml.age"] {
        workspace.write(file, data(file));
    }
    workspace.write("key.txt", data("key.txt"));
    workspace.write("lockfiles/before.lock", data(&format!("{state}.lock")));
    workspace
}

fn index(workspace: &Workspace, bundle: &str) -> Json {
    let path = workspace.path().join(bundle);
    let text = filter(Command::new("tar").arg("xzOf").arg(&path).arg("bundle.json"), b"");
    serde_json::from_slice(&text).expect("JSON")
}

/// An index without the version of the ichor that wrote it.
fn without_version(mut index: Json) -> Json {
    index.as_object_mut().expect("an index").remove("ichor").expect("a version");
    index
}

fn bound(lock: &Lock) -> usize {
    lock.envelopes().filter(|(place, it)| it.sealed_for() == Ok(Some(place.clone()))).count()
}

#[test]
fn they_build_and_open_to_the_same_bytes() {
    for state in STATES {
        let workspace = before(state);
        let locked = workspace.run(&["lock", "--locked"]);
        assert_eq!(locked.code(), 0, "{state}: {}{}", locked.stdout(), locked.stderr());
        said(&locked, &["unchanged", "ichor reseal"]);
        workspace.done(&["build", "-o", "bundle.tar.gz"]);
        workspace.done(&["verify", "bundle.tar.gz"]);
        // The index holds the digest of every file.
        let recorded: Json = serde_json::from_str(&data(&format!("{state}.bundle.json"))).expect("JSON");
        assert_eq!(without_version(index(&workspace, "bundle.tar.gz")), without_version(recorded), "{state}");
        let opened = workspace.run(&["open", "bundle.tar.gz", "-i", "key.txt"]);
        assert_eq!(opened.code(), 0, "{state}: {}", opened.stderr());
        assert_eq!(Digest::of(&opened.0.stdout).hex(), data(&format!("{state}.opened.sha256")).trim(), "{state}");
        said(&opened, &["ichor reseal"]);
        assert_eq!(workspace.read("lockfiles/before.lock"), data(&format!("{state}.lock")));
    }
}

#[test]
fn a_bundle_of_before_opens() {
    let workspace = before("fresh");
    std::fs::copy(
        repository().join("tests/data/lock/before-binding/fresh.tar.gz"),
        workspace.path().join("old.tar.gz"),
    )
    .expect("copied");
    let opened = workspace.run(&["open", "old.tar.gz", "-i", "key.txt"]);
    assert_eq!(Digest::of(&opened.0.stdout).hex(), data("fresh.opened.sha256").trim());
    said(&opened, &["7 secrets", "ichor reseal"]);
    // Its index names the ichor that built it, and all else is the same.
    let verified = workspace.run(&["verify", "old.tar.gz"]);
    let said = verified.stdout();
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert_eq!((verified.code(), lines[0], lines.len()), (1, "  bundle.json", 2), "{said}");
    assert!(lines[1].starts_with("ichor 0.1.0 built it, and this is ichor "), "{said}");
}

#[test]
fn reseal_binds_them() {
    for state in STATES {
        let workspace = before(state);
        let checked = workspace.run(&["check"]);
        said(&checked, &["P012", "ichor reseal"]);
        let resealed = workspace.run(&["reseal", "-i", "key.txt"]);
        assert_eq!(resealed.code(), 0, "{}", resealed.stderr());
        said(&resealed, &["bound"]);
        let lock = read(&workspace, "before");
        assert_eq!((lock.unbound(), bound(&lock)), (0, lock.envelopes().count()), "{state}");
        assert_eq!(read(&workspace, "before").parts["lantern"].output, lock.parts["lantern"].output);
        workspace.done(&["build", "-o", "bundle.tar.gz"]);
        let opened = workspace.run(&["open", "bundle.tar.gz", "-i", "key.txt"]);
        assert_eq!(Digest::of(&opened.0.stdout).hex(), data(&format!("{state}.opened.sha256")).trim(), "{state}");
        assert!(!opened.stderr().contains("reseal"), "{}", opened.stderr());
        assert!(!workspace.run(&["check"]).stderr().contains("P012"));
        assert!(!workspace.run(&["lock"]).stderr().contains("reseal"));
        // An envelope of before does not come back.
        let mut lock = read(&workspace, "before");
        let old = Lock::decode(&data(&format!("{state}.lock"))).expect("a lock");
        put(&mut lock, "lantern", ROOT, &envelope(&old, "lantern", ROOT));
        write(&workspace, &lock);
        let run = workspace.run(&["build"]);
        assert_eq!(run.code(), 2);
        said(&run, &["P011", "`lantern/randAlphaNum`"]);
    }
}

/// What is sealed into a lock of before is sealed as the rest of it is, so that all or none are bound.
#[test]
fn no_lock_is_half_bound() {
    let workspace = before("fresh");
    let chart = workspace.read("chart/templates/all.yaml");
    workspace.write("chart/templates/all.yaml", chart.replace("htpasswd \"admin\"", "htpasswd \"root\""));
    let run = workspace.run(&["lock", "-i", "key.txt"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    said(&run, &["minted lantern/htpasswd", "ichor reseal"]);
    let lock = read(&workspace, "before");
    assert_eq!(bound(&lock), 0);
    workspace.done(&["rotate", "randAlphaNum-2", "lantern-ca", "--step", "1", "-i", "key.txt"]);
    workspace.done(&["build"]);
    let lock = read(&workspace, "before");
    assert_eq!(bound(&lock), 0);
    workspace.done(&["reseal", "-i", "key.txt"]);
    workspace.done(&["rotate", "randAlphaNum-2", "lantern-ca", "--step", "2", "-i", "key.txt"]);
    let lock = read(&workspace, "before");
    assert_eq!((lock.unbound(), bound(&lock)), (0, lock.envelopes().count()));
    // A merge with a branch that was not resealed: `reseal` takes it, and nothing else does.
    let mut lock = lock;
    let old = Lock::decode(&data("fresh.lock")).expect("a lock");
    put(&mut lock, "lantern", GUEST, &envelope(&old, "lantern", GUEST));
    write(&workspace, &lock);
    assert_eq!(workspace.run(&["build"]).code(), 2);
    workspace.done(&["reseal", "-i", "key.txt"]);
    workspace.done(&["build"]);
}

/// Swapped envelopes of before: no key tells, and none does at `open` but those of certificates. The comparison does.
#[test]
fn swaps_in_a_lock_of_before_are_told_by_the_comparison() {
    let workspace = before("fresh");
    workspace.write("good.lock", data("fresh.lock"));
    let mut lock = read(&workspace, "before");
    let (root, guest) = (envelope(&lock, "lantern", ROOT), envelope(&lock, "lantern", GUEST));
    put(&mut lock, "lantern", ROOT, &guest);
    put(&mut lock, "lantern", GUEST, &root);
    write(&workspace, &lock);
    let told = workspace.done(&["diff", "good.lock", "lockfiles/before.lock"]);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the envelope of lantern/randAlphaNum stands at lantern/randAlphaNum-2 now"), "{told}");
}
