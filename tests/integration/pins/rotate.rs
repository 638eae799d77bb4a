//! Rotation: a leaf at once, a CA by stages; every state valid for old and new leaves.

use std::fs;
use std::process::Command;

use ichor::stage::lock::{Lock, Pin};

use crate::support::git::{commit, git};
use crate::support::opened::{age, lock, manifests};
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::workspace::Workspace;

fn quickstart() -> (Workspace, Lock) {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let lock = lock(&workspace);
    (workspace, lock)
}

fn pin<'a>(lock: &'a Lock, name: &str) -> &'a Pin {
    &lock.parts["beacon"].pins[name]
}

fn pem<'a>(lock: &'a Lock, name: &str) -> &'a str {
    &pin(lock, name).certificate.as_ref().expect("a certificate").pem
}

const LEAVES: [&str; 2] = ["relay.beacon", "quickstart.beacon.example.com"];

/// Whether openssl trusts the leaf by this bundle of CAs.
fn trusted(workspace: &Workspace, bundle: &str, leaf: &str) -> bool {
    workspace.write("ca.pem", bundle);
    workspace.write("leaf.pem", leaf);
    let path = |it: &str| workspace.path().join(it).display().to_string();
    let verified = Peer::Openssl
        .command()
        .args(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", &path("ca.pem"), &path("leaf.pem")])
        .output()
        .expect("openssl");
    verified.status.success()
}

#[test]
fn a_leaf_is_made_anew_under_the_same_ca() {
    needs!(Openssl);
    let (workspace, before) = quickstart();
    let without_key = workspace.run(&["rotate", "relay.beacon"]);
    assert_eq!(without_key.code(), 2);
    assert!(without_key.stderr().contains("beacon/beacon-ca.key"), "{}", without_key.stderr());
    assert_eq!(lock(&workspace), before);
    workspace.done(&["rotate", "relay.beacon", "-i", "key.txt"]);
    let after = lock(&workspace);
    assert_eq!(pin(&after, "beacon-ca"), pin(&before, "beacon-ca"));
    assert_eq!(pin(&after, LEAVES[1]), pin(&before, LEAVES[1]));
    assert_ne!(pem(&after, "relay.beacon"), pem(&before, "relay.beacon"));
    assert_eq!(pin(&after, "relay.beacon").key(), pin(&before, "relay.beacon").key());
    assert!(trusted(&workspace, pem(&before, "beacon-ca"), pem(&after, "relay.beacon")));
    workspace.done(&["build"]);
    let stderr = workspace.run(&["rotate", "relay.beacom"]).stderr();
    assert!(stderr.contains("did you mean `beacon/relay.beacon`"), "{stderr}");
}

/// The trust bundle that every Secret of an opened bundle brings.
fn bundles(workspace: &Workspace) -> Vec<String> {
    workspace.done(&["build"]);
    workspace.done(&["verify"]);
    let opened = manifests(&workspace.done(&["open", "-i", "key.txt"])).remove("00-beacon").expect("a manifest");
    let encoded = opened.lines().filter_map(|it| it.trim().strip_prefix("ca.crt: "));
    let encoded = encoded.filter(|it| *it != "|");
    let decoded =
        encoded.map(|it| String::from_utf8(filter(Command::new("base64").args(["-d"]), it.as_bytes())).expect("text"));
    decoded.collect()
}

#[test]
fn a_ca_is_rotated_in_three_steps_each_valid_for_what_runs() {
    needs!(Age, Openssl);
    let (workspace, start) = quickstart();
    let old = pem(&start, "beacon-ca").to_owned();

    // 1: the successor is trusted; nothing else changes.
    workspace.done(&["rotate", "beacon/beacon-ca", "--step", "1"]);
    let first = lock(&workspace);
    let successor = pin(&first, "beacon-ca").successor.as_ref().expect("a successor").certificate.pem.clone();
    assert_ne!(successor, old);
    assert!(LEAVES.iter().all(|it| pin(&first, it) == pin(&start, it)));
    assert!(
        age(&workspace, &pin(&first, "beacon-ca").successor.as_ref().expect("one").sealed.0).contains("PRIVATE KEY")
    );
    for bundle in bundles(&workspace) {
        assert_eq!(bundle, format!("{old}{successor}"));
        assert!(LEAVES.iter().all(|it| trusted(&workspace, &bundle, pem(&first, it))));
    }
    // Who has the start still trusts what is served now, and the other way round.
    assert!(LEAVES.iter().all(|it| trusted(&workspace, &old, pem(&first, it))));

    // 2: the successor signs.
    let without_key = workspace.run(&["rotate", "beacon-ca", "--step", "2"]);
    assert_eq!(without_key.code(), 2, "it takes the key to sign");
    assert!(
        without_key.stderr().contains("needs the key of its CA, `beacon/beacon-ca.key`"),
        "{}",
        without_key.stderr()
    );
    workspace.done(&["rotate", "beacon-ca", "--step", "2", "-i", "key.txt"]);
    let second = lock(&workspace);
    assert_eq!(pem(&second, "beacon-ca"), successor);
    assert_eq!(second.parts["beacon"].pins.len(), start.parts["beacon"].pins.len());
    for leaf in LEAVES {
        assert_ne!(pem(&second, leaf), pem(&first, leaf));
        assert!(trusted(&workspace, &format!("{old}{successor}"), pem(&second, leaf)), "by who has step 1");
        assert!(!trusted(&workspace, &old, pem(&second, leaf)));
    }
    for bundle in bundles(&workspace) {
        assert_eq!(bundle, format!("{successor}{old}"));
        assert!(LEAVES.iter().all(|it| trusted(&workspace, &bundle, pem(&second, it))));
        assert!(LEAVES.iter().all(|it| trusted(&workspace, &bundle, pem(&first, it))), "old leaves are still served");
    }
    let text = fs::read_to_string(workspace.path().join("lockfiles/quickstart.lock")).expect("text");
    assert!(
        !text.contains(&pin(&start, "beacon-ca").sealed.as_ref().expect("sealed").0[40..120]),
        "the old key is gone"
    );

    // 3: the old one is dropped.
    workspace.done(&["rotate", "beacon-ca", "--step", "3"]);
    let third = lock(&workspace);
    assert!(LEAVES.iter().all(|it| pin(&third, it) == pin(&second, it)));
    assert!(bundles(&workspace).iter().all(|it| *it == successor));
    assert!(LEAVES.iter().all(|it| trusted(&workspace, &successor, pem(&third, it))));
    assert!(pin(&third, "beacon-ca").predecessor.is_none());
    assert!(workspace.run(&["lock"]).stderr().contains("unchanged"));
}

#[test]
fn all_goes_by_the_same_steps() {
    let (workspace, start) = quickstart();
    for (step, leaves_change) in [("1", false), ("2", true), ("3", false)] {
        let before = lock(&workspace);
        let run = workspace.run(&["rotate", "--all", "--step", step, "-i", "key.txt"]);
        assert!(run.code() == 0 && run.stderr().contains(&format!("{step} of 3")), "{}", run.stderr());
        let after = lock(&workspace);
        assert!(LEAVES.iter().all(|it| (pem(&before, it) != pem(&after, it)) == leaves_change));
    }
    assert_ne!(pem(&lock(&workspace), "beacon-ca"), pem(&start, "beacon-ca"));
}

#[test]
fn reseal_takes_a_successor_along() {
    needs!(AgeKeygen);
    let (workspace, _) = quickstart();
    workspace.done(&["rotate", "beacon-ca", "--step", "1"]);
    let before = lock(&workspace);
    let other = tempfile::tempdir().expect("a folder");
    let key = other.path().join("other.txt");
    filter(Peer::AgeKeygen.command().arg("-o").arg(&key), b"");
    let recipient = String::from_utf8(filter(Peer::AgeKeygen.command().arg("-y").arg(&key), b"")).expect("text");
    let spec = workspace.read("ichor.yaml").replace(workspace.recipient(), recipient.trim());
    workspace.write("ichor.yaml", spec);
    let run = workspace.run(&["reseal", "-i", "key.txt"]);
    assert!(run.stderr().contains("removed") && run.stderr().contains("could open"), "{}", run.stderr());
    let after = lock(&workspace);
    assert_eq!(pem(&after, "beacon-ca"), pem(&before, "beacon-ca"));
    workspace.done(&["rotate", "beacon-ca", "--step", "2", "-i", key.to_str().expect("text")]);
    assert_eq!(workspace.run(&["rotate", "relay.beacon", "-i", "key.txt"]).code(), 2);
}

#[test]
fn new_keys_are_of_the_kind_the_spec_asks_for() {
    needs!(Age, Openssl);
    for (algorithm, shown) in [("ecdsa-p256", "id-ecPublicKey"), ("ed25519", "ED25519"), ("rsa-2048", "(2048 bit)")] {
        let workspace = Workspace::quickstart();
        let spec = workspace.read("ichor.yaml");
        workspace.write("ichor.yaml", format!("certificates: {{algorithm: {algorithm}, warnDays: 40}}\n{spec}"));
        workspace.done(&["lock"]);
        let lock = lock(&workspace);
        for leaf in LEAVES {
            let text = filter(Peer::Openssl.command().args(["x509", "-noout", "-text"]), pem(&lock, leaf).as_bytes());
            assert!(String::from_utf8_lossy(&text).contains(shown), "{algorithm}");
            assert!(trusted(&workspace, pem(&lock, "beacon-ca"), pem(&lock, leaf)), "{algorithm}");
            let key = age(&workspace, &pin(&lock, leaf).sealed.as_ref().expect("sealed").0);
            let public = filter(Peer::Openssl.command().args(["pkey", "-pubout"]), key.as_bytes());
            assert_eq!(
                public,
                filter(Peer::Openssl.command().args(["x509", "-noout", "-pubkey"]), pem(&lock, leaf).as_bytes())
            );
        }
    }
    let workspace = Workspace::quickstart();
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", format!("certificates: {{algorithm: rsa, warnDays: soon, x: 1}}\n{spec}"));
    let run = workspace.run(&["lock"]);
    for word in ["`algorithm` cannot be `rsa`", "`warnDays` cannot be `soon`", "has no key `x`"] {
        assert!(run.code() == 2 && run.stderr().contains(word), "{}", run.stderr());
    }
}

#[test]
fn certificates_are_listed_and_their_end_is_warned_of() {
    let (workspace, lock) = quickstart();
    let table = workspace.done(&["certs"]);
    for word in
        ["CERTIFICATE", "beacon/beacon-ca", "CN=Beacon CA", "relay.beacon", "Secret kube-system/", "data.tls.key"]
    {
        assert!(table.contains(word), "{word}:\n{table}");
    }
    let json: serde_json::Value = serde_json::from_str(&workspace.done(&["certs", "--format", "json"])).expect("JSON");
    let rows = json.as_array().expect("a list");
    assert_eq!(rows.len(), 3);
    let leaf = rows.iter().find(|it| it["pin"] == "beacon/relay.beacon").expect("the leaf");
    assert_eq!(leaf["fingerprint"], pin(&lock, "relay.beacon").certificate.as_ref().expect("one").fingerprint.as_str());
    let places = leaf["places"].as_array().expect("a list");
    assert!(
        places.iter().any(|it| it["holds"] == "key") && places.iter().any(|it| it["holds"] == "certificate"),
        "{leaf}"
    );
    let days = leaf["daysLeft"].as_i64().expect("days");

    let quiet = workspace.run(&["build"]);
    assert!(!quiet.stderr().contains("X002"), "{}", quiet.stderr());
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", format!("certificates: {{warnDays: {}}}\n{spec}", days + 1));
    let warned = workspace.run(&["build"]);
    assert_eq!(warned.code(), 0);
    assert!(
        warned.stderr().contains("warning[X002]") && warned.stderr().contains("ichor rotate beacon/"),
        "{}",
        warned.stderr()
    );
    let now: jiff::Timestamp = "2200-01-01T00:00:00Z".parse().expect("a time");
    assert!(lock.expiring(now, 30).iter().all(|it| it.expired && it.days_left < 0));
    assert_eq!(lock.expiring(now, 30).len(), 3);
}

fn rotated(workspace: &Workspace, args: &[&str]) -> (i32, String) {
    let run = workspace.run(&[&["rotate"], args, &["-i", "key.txt"]].concat());
    (run.code(), run.stderr())
}

/// Four in a minute once ran all three steps and began again, while agents still trusted the old CA alone.
#[test]
fn the_next_step_waits_until_the_last_is_committed_or_it_is_asked_for() {
    needs!(Git);
    let (workspace, start) = quickstart();
    for args in [&["beacon-ca"][..], &["--all"]] {
        let (code, said) = rotated(&workspace, args);
        assert!(code == 2 && said.contains("P014") && said.contains("--step 1"), "{args:?}: {said}");
    }
    assert_eq!(lock(&workspace), start, "nothing was done");
    // No step but the next.
    for step in ["2", "3"] {
        let (code, said) = rotated(&workspace, &["beacon-ca", "--step", step]);
        assert!(code == 2 && said.contains("P014"), "{step}: {said}");
    }
    assert_eq!(workspace.run(&["rotate", "beacon-ca", "--step", "4"]).code(), 2);
    workspace.write(".gitignore", "/key.txt\n/home\n/store\n/cache\n");
    git(workspace.path(), &["init", "-q"]);
    commit(workspace.path(), "start");
    let tells = [(1, "must be trusted before it signs"), (2, "must sign nothing"), (3, "is gone")];
    for (step, between) in tells {
        let (code, said) = rotated(&workspace, &["beacon-ca"]);
        assert!(code == 0 && said.contains(&format!("step {step} of 3")) && said.contains(between), "{step}: {said}");
        let taken = lock(&workspace);
        // Again and again, by name and by `--all`: nothing moves.
        for args in [&["beacon-ca"][..], &["beacon-ca"], &["--all"]] {
            let (code, said) = rotated(&workspace, args);
            let next = if step == 3 { 1 } else { step + 1 };
            assert!(code == 2 && said.contains("P014") && said.contains("commit"), "{step}, {args:?}: {said}");
            assert!(said.contains(&format!("--step {next}")), "{step}, {args:?}: {said}");
        }
        assert_eq!(lock(&workspace), taken);
        let certs = workspace.run(&["certs"]);
        let (table, notes) = (certs.stdout(), certs.stderr());
        let json = workspace.done(&["certs", "--format", "json"]);
        if step < 3 {
            assert!(table.contains(&format!("beacon/beacon-ca (step {step} of 3)")), "{table}");
            assert!(notes.contains(between) && json.contains(&format!("\"step\": {step}")), "{notes}{json}");
            // Once more is no other step.
            let (code, said) = rotated(&workspace, &["beacon-ca", "--step", &step.to_string()]);
            assert!(code == 0 && said.contains("taken before") && said.contains("unchanged"), "{said}");
            assert_eq!(lock(&workspace), taken);
        } else {
            assert!(!table.contains("of 3") && !json.contains("\"step\""), "{table}{json}");
        }
        commit(workspace.path(), "step");
    }
    let (code, said) = rotated(&workspace, &["beacon-ca"]);
    assert!(code == 0 && said.contains("step 1 of 3"), "what is committed can be rotated: {said}");
    // A leaf has no steps.
    assert_eq!(rotated(&workspace, &["relay.beacon"]).0, 0);
    assert_eq!(rotated(&workspace, &["relay.beacon"]).0, 0);
}

#[test]
fn no_ca_is_suggested_for_a_leaf() {
    let (workspace, _) = quickstart();
    for (wanted, meant) in [
        ("relay.beacom", Some("beacon/relay.beacon")),
        ("relay", Some("beacon/relay.beacon")),
        ("hubble-relay", Some("beacon/relay.beacon")),
        ("beacon-server-relay", Some("beacon/relay.beacon")),
        ("example.com", Some("beacon/quickstart.beacon.example.com")),
        ("beacon-ac", Some("beacon/beacon-ca")),
        ("beacon/beacon-c", Some("beacon/beacon-ca")),
        ("beacon-leaf", None),
        ("beacon-tls", None),
        ("xyz", None),
    ] {
        let run = workspace.run(&["rotate", wanted, "-i", "key.txt"]);
        let said = run.stderr();
        assert!(run.code() == 2 && said.contains("P004"), "{wanted}: {said}");
        match meant {
            Some(meant) => assert!(said.contains(&format!("did you mean `{meant}`")), "{wanted}: {said}"),
            None => assert!(!said.contains("beacon/beacon-ca"), "{wanted}: {said}"),
        }
    }
}
