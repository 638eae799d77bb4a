//! Locks and layouts whose names lead elsewhere.

use std::fs;

use ichor::stage::lock::Lock;
use ichor::stage::vendored::layout::{Descriptor, Index, MANIFEST_TYPE};

use super::bundles::{assert_harmless, bad_labels, ground};
use super::listing;
use crate::support::workspace::Workspace;

/// Every verb that reads the lock says what is wrong with it, and writes nothing.
fn refused(workspace: &Workspace, attack: &str, lock: &Lock) {
    workspace.write("lockfiles/quickstart.lock", lock.encode());
    let before = listing(workspace.path());
    for args in [
        &["build"][..],
        &["build", "-o", "b.tar.gz"],
        &["build", "--for", "files", "-o", "out/"],
        &["lock"],
        &["lock", "--locked"],
        &["lock", "-i", "key.txt"],
        &["check"],
        &["verify", "good.tar.gz"],
        &["vendor"],
        &["vendor", "--check"],
        &["certs"],
        &["images"],
        &["reseal", "-i", "key.txt"],
        &["rotate", "relay.beacon", "-i", "key.txt"],
        &["handoff", "flux", "-o", "out/"],
        &["diff", "good.tar.gz", "lockfiles/quickstart.lock"],
        &["git-show", "lockfiles/quickstart.lock"],
    ] {
        let run = workspace.run(args);
        let (code, said) = (run.code(), run.stderr());
        let shown: String = attack.chars().take(120).collect();
        assert!(listing(workspace.path()) == before, "{shown:?}: {args:?} wrote something: {said}");
        assert!(!said.contains("panicked"), "{shown:?}: {args:?}: {said}");
        if args[0] == "git-show" {
            // git shows what it has: a lock that cannot be read, as it stands.
            continue;
        }
        assert_eq!(code, 2, "{shown:?}: {args:?}: {said}");
        assert!(said.contains("quickstart.lock") && !said.contains("delete"), "{shown:?}: {args:?}: {said}");
        assert_harmless(&said);
    }
}

fn locked(workspace: &Workspace) -> Lock {
    Lock::decode(&workspace.read("lockfiles/quickstart.lock")).expect("a lock")
}

#[test]
fn the_name_of_a_bundle_or_part() {
    let workspace = ground();
    let good = locked(&workspace);
    for name in bad_labels(workspace.path()).into_iter().filter(|it| it.len() < 1000) {
        let mut lock = good.clone();
        lock.bundle = name.clone();
        refused(&workspace, &name, &lock);
        let mut lock = good.clone();
        let part = lock.parts.remove("policy").expect("the part");
        lock.parts.insert(name.clone(), part);
        refused(&workspace, &name, &lock);
    }
}

#[test]
fn the_name_of_a_pin() {
    let workspace = ground();
    let good = locked(&workspace);
    for name in [
        "../../../x",
        "..",
        ".",
        "",
        "/etc/x",
        "a/b",
        "a\\b",
        "a\nb",
        "a\0b",
        "\u{1b}[2J",
        "é",
        "a b",
        "C:x",
        &"a".repeat(300),
    ] {
        let mut lock = good.clone();
        let pins = &mut lock.parts.get_mut("beacon").expect("the part").pins;
        let pin = pins.remove("relay.beacon").expect("the pin");
        pins.insert(name.to_owned(), pin);
        refused(&workspace, name, &lock);
    }
}

#[test]
fn the_name_of_a_subchart() {
    let workspace = ground();
    let good = locked(&workspace);
    for name in ["../../../x", "..", ".", "", "/etc/x", "a/b", "a\\b", "a\nb", "\u{1b}[2J", &"a".repeat(300)] {
        let mut lock = good.clone();
        let part = lock.parts.get_mut("beacon").expect("the part");
        let source = ichor::stage::lock::LockedSource::of(part);
        part.dependencies.insert(name.to_owned(), source);
        refused(&workspace, name, &lock);
    }
}

/// The names of pins that were given out before this was checked.
#[test]
fn names_of_before_stay_readable() {
    let workspace = ground();
    let good = locked(&workspace);
    for name in
        ["randAlphaNum", "values.db.users.0.pass_word", "values..x", "a.-2", "x.key-3", "hubble-relay.cilium.io"]
    {
        let mut lock = good.clone();
        let pins = &mut lock.parts.get_mut("beacon").expect("the part").pins;
        let mut pin = pins.remove("relay.beacon").expect("the pin");
        // An envelope of today is bound to its name.
        (pin.certificate, pin.sealed, pin.value) = (None, None, Some(serde_json::json!("x")));
        pins.insert(name.to_owned(), pin);
        workspace.write("lockfiles/quickstart.lock", lock.encode());
        let run = workspace.run(&["certs"]);
        assert_eq!(run.code(), 0, "{name}: {}", run.stderr());
    }
}

#[test]
fn entries_of_vendor_name_blobs_and_nothing_else() {
    let workspace = ground();
    let layout = |index: &str| {
        workspace.write("vendor/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        workspace.write("vendor/index.json", index);
    };
    let mut index = Index::default();
    for name in ["../../../x", "/etc/x", "a\nb", ".."] {
        index.put(name, Descriptor::new(MANIFEST_TYPE, b"{}"), |_| true);
    }
    layout(&String::from_utf8(index.encode()).expect("text"));
    let before = listing(workspace.path());
    workspace.run(&["vendor", "--check"]);
    assert!(listing(workspace.path()) == before);
    workspace.run(&["vendor", "--prune"]);
    let mut after = listing(workspace.path());
    let mut kept = before.clone();
    for found in [&mut after, &mut kept] {
        found.retain(|path, _| !path.contains("/vendor"));
    }
    assert!(after == kept, "pruning touched what is not of vendor");
    for digest in ["sha256:../../../../key.txt", "sha256:/etc/passwd", "sha256:", "../key.txt", "sha512:ab"] {
        let entry = format!("{{\"mediaType\":\"{MANIFEST_TYPE}\",\"digest\":\"{digest}\",\"size\":2}}");
        layout(&format!("{{\"schemaVersion\":2,\"manifests\":[{entry}]}}"));
        let run = workspace.run(&["vendor", "--check"]);
        assert_eq!(run.code(), 2, "{digest}: {}", run.stderr());
        assert!(run.stderr().contains("index.json"), "{digest}: {}", run.stderr());
    }
    assert!(fs::read(workspace.key()).is_ok());
}
