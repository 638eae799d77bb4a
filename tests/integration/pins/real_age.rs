//! Both ways with the real age 1.3: what one seals, the other opens.

use std::collections::BTreeMap;

use crate::support::opened::lock;
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::workspace::Workspace;
use crate::support::{judges, text};

/// The recipients of `age-plugin-tagtest`, a plugin of age's own that holds fixed keys and opens with `-j tagtest`.
const TAGGED: &str = include_str!("../../data/pins/tagtest.txt");

/// A workspace with one sealed text, and what identities there are.
fn workspace(recipients: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(
        "app/templates/s.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: {{ randAlphaNum 20 }}, b: {{ .Values.b }}}\n",
    );
    workspace.spec("recipients: []\n", "  - {name: app, chart: ./app, secretValues: [v.age]}\n");
    let keys: Vec<String> = recipients.iter().map(|it| format!("'{it}'")).collect();
    workspace.edit("ichor.yaml", "recipients: []", &format!("recipients: [{}]", keys.join(", ")));
    workspace
}

fn age(args: &[&str], workspace: &Workspace, input: &[u8]) -> Vec<u8> {
    let mut command = Peer::HybridAge.command();
    // A plugin is looked for on the PATH.
    filter(command.args(args).current_dir(workspace.path()).env("PATH", judges::path()), input)
}

/// Seals with age, and opens; seals, and opens with age.
fn both_ways(recipients: &[&str], identities: &[&str]) {
    let workspace = workspace(recipients);
    for (index, identity) in identities.iter().enumerate() {
        workspace.write(&format!("id-{index}"), identity);
    }
    let to: Vec<&str> = recipients.iter().flat_map(|it| ["-r", it]).collect();
    workspace.write("v.age", age(&to, &workspace, b"b: from-the-real-age\n"));
    workspace.done(&["lock", "-i", "id-0"]);
    workspace.done(&["build"]);
    for index in 0..identities.len() {
        let identity = format!("id-{index}");
        let opened = workspace.done(&["open", "-i", &identity, "--for", "kubectl"]);
        assert!(opened.contains("from-the-real-age"), "{recipients:?}: {opened}");
        let pins = lock(&workspace).parts["app"].pins.clone();
        let secrets: BTreeMap<&String, String> = pins
            .iter()
            .filter_map(|(name, pin)| Some((name, pin.sealed.as_ref()?)))
            .map(|(name, it)| (name, text(&age(&["-d", "-i", &identity], &workspace, it.0.as_bytes()))))
            .collect();
        assert!(secrets.len() == 2 && secrets.values().all(|it| opened.contains(it.as_str())), "{recipients:?}");
    }
}

/// A new identity and its recipient.
fn generated(args: &[&str]) -> (String, String) {
    let keygen = std::process::Command::new(judges::beside("age-keygen")).args(args).output().expect("age-keygen");
    let identity = text(&keygen.stdout);
    let public = identity.lines().find_map(|it| it.strip_prefix("# public key: ")).expect("a public key");
    (identity.clone(), public.to_owned())
}

fn ssh(kind: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    filter(Peer::SshKeygen.command().args(["-q", "-t", kind, "-N", "", "-C", "", "-f"]).arg(&path), b"");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("text");
    (read("key"), read("key.pub").trim().to_owned())
}

#[test]
fn what_one_seals_the_other_opens() {
    needs!(HybridAge, SshKeygen);
    let (x25519, hybrid) = (generated(&[]), generated(&["-pq"]));
    let (ed25519, rsa) = (ssh("ed25519"), ssh("rsa"));
    for (identity, recipient) in [&x25519, &hybrid, &ed25519, &rsa] {
        both_ways(&[recipient], &[identity]);
    }
    let classic = [&x25519, &ed25519, &rsa];
    both_ways(&classic.map(|it| it.1.as_str()), &classic.map(|it| it.0.as_str()));
    let other = generated(&["-pq"]);
    both_ways(&[&hybrid.1, &other.1], &[&hybrid.0, &other.0]);
    // What the real age does not mix, nobody does.
    let run = {
        let mut command = Peer::HybridAge.command();
        command.args(["-r", &hybrid.1, "-r", &x25519.1, "/dev/null"]).output().expect("it runs")
    };
    assert!(!run.status.success());
    let mixed = workspace(&[&hybrid.1, &x25519.1]);
    mixed.edit("ichor.yaml", ", secretValues: [v.age]", "");
    let said = mixed.refused(&["lock"], 2, &["A001", "is post-quantum and", &x25519.1, "name keys of one kind"]);
    assert!(!said.contains(&hybrid.1) && said.contains(&hybrid.1[..24]), "{said}");
}

#[test]
fn keys_of_hardware_are_sealed_to_without_their_plugin() {
    needs!(HybridAge, TagPlugin);
    let plugin = bech32::Hrp::parse("age-plugin-tagtest-").expect("a name");
    for recipient in TAGGED.lines() {
        let workspace = workspace(&[recipient]);
        workspace.write("v.age", age(&["-r", recipient], &workspace, b"b: sealed-by-age\n"));
        // An identity without data names the plugin alone.
        workspace.write("id", bech32::encode_upper::<bech32::Bech32>(plugin, b"").expect("an identity"));
        let without = workspace.command(&["lock", "-i", "id"]).env("PATH", "/usr/bin:/bin").output().expect("it runs");
        let said = text(&without.stderr);
        assert!(without.status.code() == Some(2) && said.contains("age-plugin-tagtest"), "{said}");
        workspace.done(&["lock", "-i", "id"]);
        workspace.done(&["build"]);
        let opened = workspace.done(&["open", "-i", "id", "--for", "kubectl"]);
        assert!(opened.contains("sealed-by-age"), "{opened}");
        for pin in lock(&workspace).parts["app"].pins.values() {
            let envelope = pin.sealed.as_ref().expect("sealed").0.as_bytes();
            assert!(opened.contains(&text(&age(&["-d", "-j", "tagtest"], &workspace, envelope))));
        }
        // Sealing asks for no plugin: a lock of new secrets alone is made without it.
        workspace.edit("ichor.yaml", ", secretValues: [v.age]", "");
        workspace.edit("app/templates/s.yaml", ", b: {{ .Values.b }}", "");
        std::fs::remove_file(workspace.at("lockfiles/box.lock")).expect("removed");
        let alone = workspace.command(&["lock"]).env("PATH", "/usr/bin:/bin").output().expect("it runs");
        assert!(alone.status.success(), "{}", text(&alone.stderr));
        let broken = recipient.replace("zz", "zq").replace("pysxt", "pysxq");
        workspace.edit("ichor.yaml", recipient, &broken);
        workspace.refused(&["lock"], 2, &["A001", "not usable"]);
    }
}
