//! The kinds of keys that people have.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ichor::edge::age::{self, KeyKind};

const SPEC: &str = "bundle: b\ntalos: '1.13'\nkubernetes: '1.34.1'\nrecipients:\n";

/// A workspace whose lock has one sealed text, sealed to these keys.
fn workspace(recipients: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("chart/templates")).expect("a folder");
    fs::create_dir(folder.path().join("lockfiles")).expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    write(
        "chart/templates/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {{ randAlphaNum 20 }}}\n",
    );
    let keys: String = recipients.iter().map(|key| format!("  - {key}\n")).collect();
    let parts = "parts:\n  - {name: app, chart: ./chart, version: 1.0.0, namespace: kube-system}\n";
    write("ichor.yaml", &format!("{SPEC}{keys}{parts}"));
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ichor"));
    let store = folder.join("store");
    command.args(args).current_dir(folder).env("ICHOR_STORE", store).env("HOME", folder).env_remove("XDG_CONFIG_HOME");
    command.env_remove("ICHOR_IDENTITY").env_remove("SOPS_AGE_KEY_FILE").output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_sealed_to_a_post_quantum_key_opens_with_it() {
    let (identity, recipient) = age::generate(KeyKind::PostQuantum);
    assert!(recipient.starts_with("age1pq1"));
    let folder = workspace(&[&recipient]);
    fs::create_dir_all(folder.path().join(".config/sops/age")).expect("a folder");
    // Found where SOPS looks, among keys that this program does not know.
    let mut text = b"AGE-OTHER-KEY-1QQQQ\n".to_vec();
    text.extend(identity.expose());
    fs::write(folder.path().join(".config/sops/age/keys.txt"), text).expect("written");
    assert!(run(folder.path(), &["lock"]).status.success());
    assert!(run(folder.path(), &["build", "--no-check"]).status.success());
    let opened = run(folder.path(), &["open", "--for", "kubectl"]);
    assert!(opened.status.success(), "{}", said(&opened));
    assert!(!String::from_utf8_lossy(&opened.stdout).contains("<sealed"), "a hole is left");
    let (other, _) = age::generate(KeyKind::PostQuantum);
    fs::write(folder.path().join("other.txt"), other.expose()).expect("written");
    let refused = run(folder.path(), &["open", "-i", "other.txt", "--for", "kubectl"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("none of the identities opens"), "{}", said(&refused));
}

#[test]
fn kinds_that_age_does_not_mix_are_named_and_shortened() {
    let (_, strong) = age::generate(KeyKind::PostQuantum);
    let (_, classic) = age::generate(KeyKind::Classic);
    let folder = workspace(&[&strong, &classic]);
    let refused = run(folder.path(), &["lock"]);
    assert_eq!(refused.status.code(), Some(2));
    let text = said(&refused);
    assert!(text.contains(&strong[..24]) && text.contains(&classic) && text.contains("age-keygen -pq"), "{text}");
    assert!(text.lines().all(|line| line.len() < 300), "{text}");
    assert!(!folder.path().join("lockfiles/b.lock").exists());
}

#[test]
fn a_private_key_in_place_of_a_path_is_never_shown() {
    for kind in [KeyKind::PostQuantum, KeyKind::Classic] {
        let (identity, recipient) = age::generate(kind);
        let folder = workspace(&[&recipient]);
        assert!(run(folder.path(), &["lock"]).status.success());
        assert!(run(folder.path(), &["build", "--no-check"]).status.success());
        let text = String::from_utf8(identity.expose().to_vec()).expect("text");
        let key = text.lines().find(|line| line.starts_with("AGE-")).expect("a key");
        let refused = run(folder.path(), &["open", "-i", key, "--for", "kubectl"]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(!said(&refused).contains(&key[20..40]), "the key is shown");
    }
}
