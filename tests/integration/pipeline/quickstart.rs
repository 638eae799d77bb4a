//! The quickstart: locked once, built without a key, opened with one.

use std::fs;

use crate::support::opened::{age, lock};
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::repository;
use crate::support::workspace::Workspace;

#[test]
fn the_embedded_example_builds_from_its_lock() {
    let workspace = Workspace::new();
    let example = repository().join("examples/quickstart");
    let digest = workspace.done(&["build", example.to_str().expect("text"), "-o", "bundle.tar.gz"]);
    // Each hash with what it is of.
    let lines: Vec<(&str, &str)> = digest.lines().filter_map(|it| it.split_once("  ")).collect();
    let [(own, bundle), (nar, unpacked)] = lines[..] else { panic!("{digest}") };
    assert!(own.starts_with("sha256:") && nar.starts_with("sha256-"), "{digest}");
    assert!(bundle == "the bundle" && unpacked.contains("unpacks to") && unpacked.contains("Nix"), "{digest}");
    assert!(workspace.exists("bundle.tar.gz"));
}

#[test]
fn a_second_lock_changes_nothing() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let lock = workspace.read("lockfiles/quickstart.lock");
    let again = workspace.run(&["lock"]);
    assert!(again.stderr().contains("unchanged"), "{}", again.stderr());
    assert_eq!(workspace.read("lockfiles/quickstart.lock"), lock);
}

#[test]
fn certificates_survive_a_chart_that_moves_its_templates() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let before = lock(&workspace);
    let template = workspace.read("chart/templates/relay-tls.yaml");
    fs::remove_file(workspace.path().join("chart/templates/relay-tls.yaml")).expect("removed");
    workspace.write("chart/templates/aaa/moved.yaml", template);
    workspace.done(&["lock"]);
    assert_eq!(lock(&workspace).parts["beacon"].pins, before.parts["beacon"].pins);
}

#[test]
fn another_name_is_another_leaf_under_the_same_ca() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let before = lock(&workspace);
    workspace.write("values.yaml", "cluster: other\n");
    let without_key = workspace.run(&["lock"]);
    assert_eq!(without_key.code(), 2);
    assert!(without_key.stderr().contains("beacon/beacon-ca.key"), "{}", without_key.stderr());
    workspace.done(&["lock", "-i", "key.txt"]);
    let (old, new) = (&before.parts["beacon"].pins, &lock(&workspace).parts["beacon"].pins);
    assert_eq!(old["beacon-ca"], new["beacon-ca"]);
    assert_eq!(old["relay.beacon"], new["relay.beacon"]);
    assert!(!new.contains_key("quickstart.beacon.example.com"));
    assert!(new.contains_key("other.beacon.example.com"));
}

#[test]
fn age_opens_every_envelope_and_openssl_trusts_every_leaf() {
    needs!(Age, Openssl);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let lock = lock(&workspace);
    let pins = &lock.parts["beacon"].pins;
    workspace.write("ca.pem", &pins["beacon-ca"].certificate.as_ref().expect("a certificate").pem);
    for (name, pin) in pins {
        let key = age(&workspace, &pin.sealed.as_ref().expect("an envelope").0);
        assert!(key.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "{name}");
        workspace.write("leaf.pem", &pin.certificate.as_ref().expect("a certificate").pem);
        let verified = openssl(&workspace, &["verify", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem"], "");
        assert_eq!(verified.trim(), "leaf.pem: OK", "{name}");
        let of_certificate = openssl(&workspace, &["x509", "-in", "leaf.pem", "-noout", "-pubkey"], "");
        assert_eq!(openssl(&workspace, &["pkey", "-pubout"], &key), of_certificate, "{name}");
    }
}

#[test]
fn no_private_key_is_in_lock_or_bundle() {
    needs!(Age);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let mut texts = vec![workspace.read("lockfiles/quickstart.lock").into_bytes()];
    let bundle = fs::read(workspace.path().join("result")).expect("a bundle");
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(bundle.as_slice()), &mut unpacked).expect("gzip");
    texts.push(unpacked);
    let secrets: Vec<String> = lock(&workspace).parts["beacon"]
        .pins
        .values()
        .map(|pin| age(&workspace, &pin.sealed.as_ref().expect("an envelope").0))
        .collect();
    for text in texts {
        let text = String::from_utf8(text).expect("text");
        assert!(!text.contains("PRIVATE KEY"));
        for secret in &secrets {
            // The first six lines hold the modulus, which the certificate shows too.
            for line in secret.lines().skip(7).filter(|it| it.len() == 64) {
                assert!(!text.contains(line));
            }
        }
    }
}

#[test]
fn open_gives_what_the_template_prints_with_those_keys() {
    needs!(Age, Openssl);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let patch = workspace.done(&["open", "-i", "key.txt"]);
    let patch = helm_engine::yaml::read(patch.as_bytes()).expect("YAML");
    let patch: serde_json::Value =
        serde_json::from_slice(&helm_engine::yaml::write_json(&patch, false).expect("JSON")).expect("JSON");
    let manifests = patch["cluster"]["inlineManifests"].as_array().expect("a list");
    let names: Vec<&str> = manifests.iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["00-beacon", "10-policy"]);
    let opened = manifests[0]["contents"].as_str().expect("text");
    let args = ["template", "beacon", "chart", "-n", "kube-system", "-f", "values.yaml", "--set", "relay.replicas=2"];
    let fresh = workspace.done(&[&args[..], &["--kube-version", "1.34.1"]].concat());
    assert_eq!(masked(opened), masked(&fresh));
    assert_ne!(opened, fresh, "a fresh render mints fresh keys");
    for pin in lock(&workspace).parts["beacon"].pins.values() {
        let key = age(&workspace, &pin.sealed.as_ref().expect("an envelope").0);
        let encoded = openssl(&workspace, &["base64", "-A"], &key);
        let indented = key.trim().replace('\n', "\n    ");
        assert!(opened.contains(&encoded) || opened.contains(&indented));
    }
    assert_eq!(manifests[1]["contents"].as_str(), Some(workspace.read("network.yaml").as_str()));
}

#[test]
fn talos_1_14_takes_documents() {
    let workspace = Workspace::quickstart();
    workspace.write("ichor.yaml", workspace.read("ichor.yaml").replace("\"1.12\"", "\"1.14\""));
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let patch = workspace.done(&["open", "-i", "key.txt"]);
    assert_eq!(patch.matches("kind: KubeInlineManifestConfig\n").count(), 2);
    assert!(patch.contains("name: 10-policy\n"), "{patch}");
}

#[test]
fn verify_tells_an_altered_bundle() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "bundle.tar.gz"]);
    assert!(workspace.done(&["verify", "bundle.tar.gz"]).contains("verified"));
    workspace.write("network.yaml", workspace.read("network.yaml").replace("4245", "4246"));
    workspace.done(&["lock"]);
    let other = workspace.run(&["verify", "bundle.tar.gz"]);
    assert_eq!(other.code(), 1);
    assert!(other.stdout().contains("manifests/10-policy.yaml"), "{}", other.stdout());
}

#[test]
fn reseal_moves_the_secrets_to_new_recipients() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let before = lock(&workspace);
    let other = Workspace::new();
    workspace.write("ichor.yaml", workspace.read("ichor.yaml").replace(workspace.recipient(), other.recipient()));
    let refused = workspace.run(&["lock"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr().contains("ichor reseal"), "{}", refused.stderr());
    workspace.done(&["reseal", "-i", "key.txt"]);
    let after = lock(&workspace);
    workspace.done(&["build"]);
    assert_eq!(workspace.run(&["open", "-i", "key.txt"]).code(), 2);
    workspace.done(&["open", "-i", other.key().to_str().expect("text")]);
    for (name, pin) in &before.parts["beacon"].pins {
        assert_eq!(pin.certificate, after.parts["beacon"].pins[name].certificate);
        assert_ne!(pin.sealed, after.parts["beacon"].pins[name].sealed);
    }
}

fn openssl(workspace: &Workspace, args: &[&str], input: &str) -> String {
    let printed = filter(Peer::Openssl.command().args(args).current_dir(workspace.path()), input.as_bytes());
    String::from_utf8(printed).expect("text")
}

/// The text with long runs of base64 hidden: keys and certificates, in whatever form.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let word = line.rsplit(' ').next().unwrap_or_default();
        let base64 = |it: u8| it.is_ascii_alphanumeric() || b"+/=".contains(&it);
        let long = word.len() > 40 || masked.ends_with("<long>\n");
        if long && !word.is_empty() && word.bytes().all(base64) {
            if !masked.ends_with("<long>\n") || word.len() > 80 {
                masked.push_str(&line[..line.len() - word.len()]);
                masked.push_str("<long>\n");
            }
        } else {
            masked.push_str(line);
            masked.push('\n');
        }
    }
    masked
}
