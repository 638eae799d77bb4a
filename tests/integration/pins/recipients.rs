//! Whom a lock is sealed to: one advice everywhere when that changes, and no recipient that nobody is.

use std::fs;

use ichor::edge::age::{KeyKind, generate};

use crate::support::opened::lock;
use crate::support::workspace::Workspace;

const SAMPLE: &str = "age1a3aw0uep5e3q2gltu7x74vx2pnx3udvlyavngx6pwpq7ezqyu38savdrv6";

#[test]
fn after_a_change_of_recipients_every_verb_says_the_same() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let (identity, other) = generate(KeyKind::Classic);
    workspace.write("other.txt", identity.expose());
    workspace.edit("ichor.yaml", workspace.recipient(), &other);
    for call in
        [&["lock"][..], &["lock", "--locked"], &["build"], &["check"], &["rotate", "relay.beacon", "-i", "key.txt"]]
    {
        let said = workspace.run(call).stderr();
        assert!(said.contains("the spec names other recipients than the lock"), "{call:?}: {said}");
        assert!(said.contains("run `ichor reseal -i KEY`") && !said.contains("run `ichor lock`"), "{call:?}: {said}");
    }
    workspace.done(&["reseal", "-i", "key.txt"]);
    workspace.done(&["lock", "--locked"]);
    workspace.done(&["build"]);
}

/// Nobody is sent to `reseal` with recipients that it cannot seal to.
#[test]
fn recipients_that_do_not_go_together_are_said_first() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let (_, other) = generate(KeyKind::PostQuantum);
    let own = workspace.recipient().to_owned();
    workspace.edit("ichor.yaml", &own, &format!("{own}\n  - {other}"));
    for call in [&["lock"][..], &["build"], &["check"], &["reseal", "-i", "key.txt"]] {
        let said = workspace.run(call).stderr();
        assert!(said.contains("A001") && !said.contains("ichor reseal"), "{call:?}: {said}");
    }
}

#[test]
fn a_lock_moves_to_post_quantum_keys() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let before = workspace.done(&["open", "-i", "key.txt"]);
    let (identity, strong) = generate(KeyKind::PostQuantum);
    workspace.write("strong.txt", identity.expose());
    workspace.edit("ichor.yaml", workspace.recipient(), &strong);
    let said = workspace.said(&["reseal", "-i", "key.txt"]);
    for word in [&strong[..24], &format!("removed {}", workspace.recipient()), "git's history", "ichor rotate"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains(&strong), "{said}");
    workspace.done(&["build"]);
    assert_eq!(workspace.done(&["open", "-i", "strong.txt"]), before);
    workspace.refused(&["open", "-i", "key.txt"], 2, &["none of the identities opens"]);
    // Nobody lost access: there is nothing to say of the past.
    assert!(!workspace.said(&["reseal", "-i", "strong.txt"]).contains("history"));
}

#[test]
fn a_renamed_bundle_takes_its_lock_along() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let before = lock(&workspace).parts["beacon"].pins["beacon-ca"].certificate.clone();
    workspace.edit("ichor.yaml", "bundle: quickstart", "bundle: renamed");
    // There is no lock of that name: what may be done, and what is lost by it.
    for (call, code) in [("build", "L001"), ("check", "L013"), ("certs", "L001")] {
        let said = workspace.run(&[call]).stderr();
        for word in [code, "for a new cluster", "version control", "rename its lock", "ichor reseal -i KEY", "--import"]
        {
            assert!(said.contains(word), "{call}: no `{word}` in {said}");
        }
    }
    fs::rename(workspace.at("lockfiles/quickstart.lock"), workspace.at("lockfiles/renamed.lock")).expect("renamed");
    for call in ["lock", "build", "check"] {
        let said = workspace.run(&[call]).stderr();
        assert!(said.contains("ichor reseal -i KEY") && !said.contains("run `ichor lock`"), "{call}: {said}");
    }
    workspace.done(&["reseal", "-i", "key.txt"]);
    workspace.done(&["lock", "--locked"]);
    workspace.done(&["build"]);
    assert_eq!(lock(&workspace).parts["beacon"].pins["beacon-ca"].certificate, before);
}

/// Nothing goes on in a circle: who has lost the key is told so by the last verb that is named.
#[test]
fn a_lost_key_is_no_circle() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let (identity, other) = generate(KeyKind::Classic);
    workspace.write("key.txt", identity.expose());
    workspace.edit("ichor.yaml", workspace.recipient(), &other);
    let said = workspace.run(&["reseal", "-i", "key.txt"]).stderr();
    assert!(
        said.contains("none of the identities opens") && said.contains("If you lose the key or the lock"),
        "{said}"
    );
    let readme = fs::read_to_string(crate::support::repository().join("docs/how-to/lost.md")).expect("text");
    assert!(readme.contains("# If you lose the key or the lock"));
}

#[test]
fn recipients_are_read_before_they_are_compared() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let spec = workspace.read("ichor.yaml");
    for bad in ["age1qqqqqqqq", "age1pq1short", "ssh-ed25519 AAAA"] {
        workspace.write("ichor.yaml", spec.replace(workspace.recipient(), bad));
        for call in [&["lock"][..], &["reseal", "-i", "key.txt"], &["reseal"]] {
            let run = workspace.run(call);
            let said = run.stderr();
            assert_eq!(run.code(), 2, "{call:?}: {said}");
            assert!(said.contains("is not usable") || said.contains("not a recipient"), "{call:?}, {bad}: {said}");
            assert!(!said.contains("ichor reseal"), "{call:?}: a key that cannot be sealed to is no reason to: {said}");
        }
    }
}

#[test]
fn nothing_new_is_sealed_to_a_key_that_nobody_has() {
    for sample in [SAMPLE, "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"] {
        let workspace = Workspace::quickstart();
        let own = workspace.recipient().to_owned();
        for recipients in [sample.to_owned(), format!("{own}\n  - {sample}")] {
            workspace.write(
                "ichor.yaml",
                workspace.read("ichor.yaml").replace(&format!("- {own}"), &format!("- {recipients}")),
            );
            let said = workspace.refused(&["lock"], 2, &["A001", sample, "nobody has its key", "age-keygen"]);
            assert!(!said.contains("minted"), "{said}");
            workspace.write(
                "ichor.yaml",
                workspace.read("ichor.yaml").replace(&format!("- {recipients}"), &format!("- {own}")),
            );
        }
        workspace.done(&["lock"]);
        workspace.edit("ichor.yaml", &own, sample);
        workspace.refused(&["reseal", "-i", "key.txt"], 2, &["nobody has its key"]);
    }
    // The examples are sealed to it, and are built as they are.
    let workspace = Workspace::new();
    let example = crate::support::repository().join("examples/quickstart");
    let example = example.to_str().expect("text");
    for call in [&["build", example, "-o", "b.tar.gz"][..], &["check", example]] {
        workspace.done(call);
    }
}
