//! Envelopes moved about in a lock.

use super::tampering::*;
use crate::support::opened::{age, manifests};
use crate::support::peer::Peer;
use crate::support::peer::needs;
use crate::support::program::filter;
use crate::support::workspace::Workspace;

/// A vault whose lock as it was is `good.lock`, and its bundle `good.tar.gz`.
fn built() -> Workspace {
    let workspace = vault();
    workspace.done(&["build", "-o", "good.tar.gz"]);
    workspace.write("good.lock", workspace.read("lockfiles/one.lock"));
    workspace
}

/// What `diff` says of the lock against what it was.
fn diff(workspace: &Workspace) -> String {
    let text = workspace.done(&["diff", "good.lock", "lockfiles/one.lock"]);
    assert!(!text.contains("nothing that a cluster would notice") && !text.contains("nothing differs"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&workspace.done(&["diff", "good.lock", "lockfiles/one.lock", "--format", "json"]))
            .expect("JSON");
    let findings = json["findings"].as_array().expect("a list");
    assert!(findings.iter().any(|it| it["area"] == "envelope"), "{findings:#?}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn swapped_between_pins_of_one_part() {
    let workspace = built();
    let mut lock = read(&workspace, "one");
    let (root, guest) = (envelope(&lock, "vault", ROOT), envelope(&lock, "vault", GUEST));
    put(&mut lock, "vault", ROOT, &guest);
    put(&mut lock, "vault", GUEST, &root);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`vault/randAlphaNum`", "sealed for `vault/randAlphaNum-2`"]);
    let told = diff(&workspace);
    assert!(told.contains("was sealed for vault/randAlphaNum-2"), "{told}");
    // Nor does `reseal` bind it where it stands.
    let run = workspace.run(&["reseal", "-i", "key.txt"]);
    assert_eq!(run.code(), 2);
    said(&run, &["P003", "`vault/randAlphaNum`"]);
    assert_eq!(read(&workspace, "one"), lock);
}

#[test]
fn moved_between_parts() {
    let workspace = built();
    let mut lock = read(&workspace, "one");
    let (root, other) = (envelope(&lock, "vault", ROOT), envelope(&lock, "other", ROOT));
    put(&mut lock, "other", ROOT, &root);
    put(&mut lock, "vault", ROOT, &other);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`other/randAlphaNum`", "sealed for `vault/randAlphaNum`"]);
    diff(&workspace);
}

#[test]
fn moved_between_bundles_with_the_same_recipients() {
    let workspace = built();
    spec(&workspace, "two.yaml", "two", "vault, other");
    workspace.done(&["lock", "two.yaml"]);
    let mut lock = read(&workspace, "one");
    let foreign = envelope(&read(&workspace, "two"), "vault", ROOT);
    put(&mut lock, "vault", ROOT, &foreign);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`vault/randAlphaNum`", "of bundle two"]);
    assert!(diff(&workspace).contains("of bundle two"));
    // The whole lock of another bundle is not taken either, though the spec's name is written over it.
    let mut lock = read(&workspace, "two");
    lock.bundle = "one".into();
    write(&workspace, &lock);
    refused(&workspace, &["P003", "of bundle two"]);
    let renamed = workspace.read("lockfiles/two.lock");
    workspace.write("lockfiles/one.lock", &renamed);
    let run = workspace.run(&["lock", "-i", "key.txt"]);
    assert_eq!(run.code(), 2);
    said(&run, &["L011", "`two`", "`one`", "ichor reseal"]);
    assert_eq!(workspace.run(&["build"]).code(), 2);
    assert_eq!(workspace.read("lockfiles/one.lock"), renamed);
}

#[test]
fn a_key_in_the_place_of_a_password() {
    let workspace = built();
    let mut lock = read(&workspace, "one");
    let key = envelope(&lock, "vault", CA);
    put(&mut lock, "vault", GUEST, &key);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`vault/randAlphaNum-2`", "sealed for `vault/vault-ca`"]);
    assert!(diff(&workspace).contains("was sealed for vault/vault-ca"));
}

#[test]
fn one_envelope_twice() {
    needs!(Age);
    // Bound ones are in the wrong place at least once. What of those from before?
    let workspace = built();
    let mut lock = read(&workspace, "one");
    for part in ["vault", "other"] {
        for name in [CA, LEAF, ROOT, GUEST] {
            let text = age(&workspace, &envelope(&lock, part, name));
            let sealed = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), text.as_bytes());
            put(&mut lock, part, name, std::str::from_utf8(&sealed).expect("text"));
        }
    }
    write(&workspace, &lock);
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let same = envelope(&lock, "vault", ROOT);
    put(&mut lock, "other", GUEST, &same);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`vault/randAlphaNum`", "`other/randAlphaNum-2`", "twice"]);
    diff(&workspace);
    // The same file in other words is no other envelope.
    put(&mut lock, "other", GUEST, &armored(&unarmored(&same), 60));
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`other/randAlphaNum-2`", "armour"]);
    put(&mut lock, "other", GUEST, &same.replace("\n-----END", "\n\n-----END"));
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`other/randAlphaNum-2`", "armour"]);
}

#[test]
fn the_envelope_of_a_pin_that_is_gone() {
    let workspace = built();
    let gone = envelope(&read(&workspace, "one"), "other", ROOT);
    spec(&workspace, "ichor.yaml", "one", "vault");
    workspace.done(&["lock"]);
    let mut lock = read(&workspace, "one");
    put(&mut lock, "vault", ROOT, &gone);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`vault/randAlphaNum`", "sealed for `other/randAlphaNum`"]);
}

#[test]
fn sealed_again_with_no_place() {
    needs!(Age);
    let workspace = built();
    let mut lock = read(&workspace, "one");
    let key = age(&workspace, &envelope(&lock, "vault", CA));
    let sealed = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), key.as_bytes());
    put(&mut lock, "vault", GUEST, std::str::from_utf8(&sealed).expect("text"));
    write(&workspace, &lock);
    refused(&workspace, &["P011", "`vault/randAlphaNum-2`", "reseal"]);
    assert!(diff(&workspace).contains("randAlphaNum-2"));
}

#[test]
fn the_place_it_names_rewritten() {
    let workspace = built();
    let mut lock = read(&workspace, "one");
    let key = envelope(&lock, "vault", CA);
    put(
        &mut lock,
        "vault",
        GUEST,
        &altered(&key, "-> ichor/1 one vault vault-ca\n", "-> ichor/1 one vault randAlphaNum-2\n"),
    );
    write(&workspace, &lock);
    // Without a key nobody can tell; who has one opens nothing whose header was written over.
    workspace.done(&["build", "-o", "bad.tar.gz"]);
    for verb in [&["open", "bad.tar.gz", "-i", "key.txt", "-o", "out"][..], &["reseal", "-i", "key.txt"]] {
        let run = workspace.run(verb);
        assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
        said(&run, &["A001", "vault/randAlphaNum-2", "damaged"]);
        assert!(!workspace.exists("out"));
    }
    assert!(diff(&workspace).contains("randAlphaNum-2"));
    // Taken out of the header, or said twice, or in a form of tomorrow.
    for (line, code, word) in [
        ("", "P011", "does not say"),
        ("-> ichor/1 one vault vault-ca\n\n-> ichor/1 one vault randAlphaNum-2\n\n", "P003", "twice"),
        ("-> ichor/2 one vault randAlphaNum-2\n\n", "P003", "form"),
        ("-> ichor/1 one vault randAlphaNum-2 more\n\n", "P003", "form"),
        ("-> ichor/1 one vault  randAlphaNum-2\n\n", "P003", "form"),
    ] {
        put(&mut lock, "vault", GUEST, &altered(&key, "-> ichor/1 one vault vault-ca\n\n", line));
        write(&workspace, &lock);
        refused(&workspace, &[code, word]);
    }
}

#[test]
fn cut_short() {
    let workspace = built();
    let good = read(&workspace, "one");
    let whole = unarmored(&envelope(&good, "vault", GUEST));
    let header = whole.windows(4).position(|it| it == b"\n---").expect("a MAC");
    for end in [0, 10, 30, header] {
        let mut lock = good.clone();
        put(&mut lock, "vault", GUEST, &armored(&whole[..end], 64));
        write(&workspace, &lock);
        let run = workspace.run(&["build", "-o", "bad.tar.gz"]);
        assert_eq!(run.code(), 2, "{end}");
        said(&run, &["vault/randAlphaNum-2"]);
    }
    // Behind the header, the key alone tells.
    for end in [header + 5, header + 50, whole.len() - 17, whole.len() - 1] {
        let mut lock = good.clone();
        put(&mut lock, "vault", GUEST, &armored(&whole[..end], 64));
        write(&workspace, &lock);
        let built = workspace.run(&["build", "-o", "bad.tar.gz"]);
        let run = if built.code() == 0 { workspace.run(&["open", "bad.tar.gz", "-i", "key.txt"]) } else { built };
        assert_eq!((run.code(), run.stdout().as_str()), (2, ""), "{end}");
        said(&run, &["vault/randAlphaNum-2"]);
    }
}

/// An old envelope of the same place is bound to that place: what was secret there once is taken again.
#[test]
fn an_old_envelope_after_a_rotation() {
    needs!(Age);
    let workspace = built();
    let old = read(&workspace, "one");
    workspace.done(&["rotate", "vault/randAlphaNum-2", "vault/vault.example.com", "-i", "key.txt"]);
    workspace.write("good.lock", workspace.read("lockfiles/one.lock"));
    let rotated = read(&workspace, "one");
    // A password: the comparison tells that it is another, and nothing else does.
    let mut lock = rotated.clone();
    put(&mut lock, "vault", GUEST, &envelope(&old, "vault", GUEST));
    write(&workspace, &lock);
    assert!(diff(&workspace).contains("randAlphaNum-2"));
    workspace.done(&["build", "-o", "replayed.tar.gz"]);
    let opened = manifests(&workspace.done(&["open", "replayed.tar.gz", "-i", "key.txt"]));
    assert!(opened["00-vault"].contains(&age(&workspace, &envelope(&old, "vault", GUEST))));
    // A key does not fit the certificate that took over.
    let mut lock = rotated.clone();
    put(&mut lock, "vault", LEAF, &envelope(&old, "vault", LEAF));
    write(&workspace, &lock);
    assert!(diff(&workspace).contains(LEAF));
    workspace.done(&["build", "-o", "replayed.tar.gz"]);
    let run = workspace.run(&["open", "replayed.tar.gz", "-i", "key.txt"]);
    assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
    said(&run, &["P003", "vault/vault.example.com"]);
    // A key of the CA that waits, or of the one that signs.
    let mut lock = rotated;
    write(&workspace, &lock);
    workspace.done(&["rotate", "vault/vault-ca", "--step", "1", "-i", "key.txt"]);
    lock = read(&workspace, "one");
    let ca = pin(&mut lock, "vault", CA);
    let successor = ca.successor.as_mut().expect("one waits");
    std::mem::swap(ca.sealed.as_mut().expect("a key"), &mut successor.sealed);
    write(&workspace, &lock);
    for verb in [&["rotate", "vault/vault-ca", "--step", "2", "-i", "key.txt"][..], &["reseal", "-i", "key.txt"]] {
        let run = workspace.run(verb);
        assert_eq!(run.code(), 2);
        said(&run, &["P003", "vault/vault-ca"]);
    }
    let ca = pin(&mut lock, "vault", CA);
    ca.sealed = ca.successor.as_ref().map(|it| it.sealed.clone());
    write(&workspace, &lock);
    refused(&workspace, &["P003", "twice", "`vault/vault-ca`"]);
}

/// Whoever may write the lock can seal a value of their own: recipients are public.
#[test]
fn a_value_of_ones_own_is_told_by_the_comparison() {
    let workspace = built();
    spec(&workspace, "elsewhere/ichor.yaml", "one", "vault, other");
    workspace.write("elsewhere/chart/Chart.yaml", workspace.read("chart/Chart.yaml"));
    workspace.write("elsewhere/chart/templates/all.yaml", workspace.read("chart/templates/all.yaml"));
    workspace.write("elsewhere/lockfiles/.keep", "");
    workspace.done(&["lock", "elsewhere"]);
    let own = ichor::stage::lock::Lock::decode(&workspace.read("elsewhere/lockfiles/one.lock")).expect("a lock");
    let mut lock = read(&workspace, "one");
    put(&mut lock, "vault", GUEST, &envelope(&own, "vault", GUEST));
    write(&workspace, &lock);
    workspace.done(&["build", "-o", "own.tar.gz"]);
    let told = diff(&workspace);
    assert!(told.contains("changes unseen") && told.contains("randAlphaNum-2"), "{told}");
    // The key of a certificate they cannot replace.
    put(&mut lock, "vault", LEAF, &envelope(&own, "vault", LEAF));
    write(&workspace, &lock);
    workspace.done(&["build", "-o", "own.tar.gz"]);
    let run = workspace.run(&["open", "own.tar.gz", "-i", "key.txt"]);
    assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
    said(&run, &["P003", "vault/vault.example.com"]);
}

#[test]
fn a_pin_that_answers_another_call() {
    let workspace = built();
    let mut lock = read(&workspace, "one");
    // The guest's password becomes root's: names and envelopes stay.
    pin(&mut lock, "vault", ROOT).occurrence = 1;
    pin(&mut lock, "vault", GUEST).occurrence = 0;
    write(&workspace, &lock);
    assert_eq!(workspace.run(&["build"]).code(), 2, "the output is another");
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let told = diff(&workspace);
    for name in [ROOT, GUEST] {
        assert!(told.contains(&format!("{name} answers another call")), "{told}");
    }
    // Pins that changed names: the envelopes are those of the old names.
    let mut lock = ichor::stage::lock::Lock::decode(&workspace.read("good.lock")).expect("a lock");
    let pins = &mut lock.parts.get_mut("vault").expect("the part").pins;
    let root = pins.remove(ROOT).expect("a pin");
    pins.insert("renamed".into(), root);
    write(&workspace, &lock);
    refused(&workspace, &["P003", "`vault/renamed`", "sealed for `vault/randAlphaNum`"]);
    assert!(diff(&workspace).contains("vault/renamed"));
}

/// The real age opens every envelope, to just the secret.
#[test]
fn age_shows_the_secret_alone() {
    needs!(Age);
    let workspace = built();
    let lock = read(&workspace, "one");
    for (name, begins) in [(CA, "-----BEGIN"), (LEAF, "-----BEGIN")] {
        assert!(age(&workspace, &envelope(&lock, "vault", name)).starts_with(begins));
    }
    let password = age(&workspace, &envelope(&lock, "vault", ROOT));
    assert!(password.len() == 24 && password.bytes().all(|it| it.is_ascii_alphanumeric()));
    let header = String::from_utf8_lossy(&unarmored(&envelope(&lock, "vault", ROOT))).into_owned();
    assert!(header.contains("\n-> ichor/1 one vault randAlphaNum\n"), "{header}");
}
