//! CAs that cannot sign: nothing is issued under them, and each refusal says what to do.

use std::path::Path;
use std::time::Duration;

use ichor::base::code::Exit;
use ichor::edge::fetch::{Credentials, Event, Progress, Settings};
use ichor::ops;
use ichor::ops::lock::{Locked, Request};
use ichor::ops::rotate::{Step, Wanted};
use ichor::workspace::fetching::Fetching;
use jiff::Timestamp;

use crate::support::workspace::Workspace;

struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

const TEMPLATE: &str = r#"{{- $ca := genCA "Old CA" 30 }}
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: kube-system}
stringData:
  ca: {{ $ca.Key | quote }}
{{- range .Values.names }}
  {{ . }}: {{ (genSignedCert . nil nil 20 $ca).Key | quote }}
{{- end }}
"#;

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().expect("a time")
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("chart/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");
    workspace.write("chart/templates/all.yaml", TEMPLATE);
    workspace.write("values.yaml", "names: [one]\n");
    let head = format!(
        "bundle: b\ntalos: \"1.12\"\ncertificates: {{algorithm: ecdsa-p256}}\nrecipients: [{}]\n",
        workspace.recipient()
    );
    workspace.write("ichor.yaml", head + "parts:\n  - {name: a, chart: ./chart, values: [values.yaml]}\n");
    workspace
}

fn lock_at(workspace: &Workspace, moment: &str) -> Result<Locked, ops::Error> {
    let settings = Settings {
        offline: true,
        jobs: 1,
        patience: Duration::from_secs(1),
        rate: None,
        proxies: Default::default(),
        credentials: Credentials::of_user(&|_| None),
        user_file: None,
    };
    let request = Request { identities: vec![key(workspace)], ..Request::default() };
    let fetching = Fetching { settings: &settings, progress: &Silent };
    ops::lock::lock(&workspace.path().join("ichor.yaml"), &request, fetching, day(moment))
}

fn rotate_at(workspace: &Workspace, pin: &str, step: Option<u8>, moment: &str) -> Result<Vec<Step>, ops::Error> {
    let spec: &Path = &workspace.path().join("ichor.yaml");
    let wanted = Wanted::Pins(vec![pin.into()]);
    let rotated = ops::rotate::rotate(spec, &wanted, step, &[key(workspace)], &Silent, day(moment))?;
    Ok(rotated.steps.into_iter().map(|(_, step)| step).collect())
}

fn key(workspace: &Workspace) -> String {
    workspace.path().join("key.txt").display().to_string()
}

/// What was refused, and that the lock is as it was.
fn refused<T>(workspace: &Workspace, before: &str, done: Result<T, ops::Error>, words: &[&str]) {
    let Err(fault) = done else { panic!("it was done") };
    let diagnostics = fault.diagnostics();
    let said =
        format!("{} {} {}", diagnostics[0].code, diagnostics[0], diagnostics[0].help.as_deref().unwrap_or_default());
    assert!(words.iter().all(|it| said.contains(it)), "{said}");
    assert_eq!((fault.exit(), workspace.read("lockfiles/b.lock").as_str()), (Exit::Input, before));
}

#[test]
fn nothing_is_issued_under_a_ca_that_ran_out() {
    let workspace = workspace();
    lock_at(&workspace, "2020-01-01").expect("locked");
    let before = workspace.read("lockfiles/b.lock");
    let words = [
        "P013",
        "`a/old-ca` (CN=Old CA) ran out on 2020-01-31",
        "ichor rotate a/old-ca --step 1",
        "ichor rotate a/old-ca --step 2",
    ];
    // A leaf that is there, by each verb that would issue it anew.
    refused(&workspace, &before, rotate_at(&workspace, "a/one", None, "2020-03-01"), &words);
    let run = workspace.run(&["rotate", "a/one", "-i", "key.txt"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("P013") && run.stderr().contains("ran out on 2020-01-31"), "{}", run.stderr());
    assert_eq!(workspace.run(&["rotate", "a/one"]).code(), 2);
    assert_eq!(workspace.read("lockfiles/b.lock"), before);
    // A new one.
    workspace.write("values.yaml", "names: [one, two]\n");
    refused(&workspace, &before, lock_at(&workspace, "2020-03-01"), &words);
    for verb in [&["lock", "-i", "key.txt"][..], &["lock"], &["lock", "--dry-run", "-i", "key.txt"]] {
        let run = workspace.run(verb);
        assert!(run.code() == 2 && run.stderr().contains("P013"), "{verb:?}: {}", run.stderr());
        assert_eq!(workspace.read("lockfiles/b.lock"), before);
    }
    // While it is valid, it signs.
    lock_at(&workspace, "2020-01-31").expect("locked");
    // What asks for no new certificate goes on.
    for verb in [&["lock"][..], &["build"], &["reseal", "-i", "key.txt"], &["build"]] {
        workspace.done(verb);
    }
    let run = workspace.run(&["check"]);
    assert!(run.code() == 1 && run.stderr().contains("X001"), "{}", run.stderr());
}

#[test]
fn the_cure_works() {
    let workspace = workspace();
    lock_at(&workspace, "2020-01-01").expect("locked");
    workspace.write("values.yaml", "names: [one, two]\n");
    let before = workspace.read("lockfiles/b.lock");
    refused(&workspace, &before, rotate_at(&workspace, "a/old-ca", Some(1), "2020-03-01"), &["P013"]);
    workspace.write("values.yaml", "names: [one]\n");
    assert_eq!(rotate_at(&workspace, "a/old-ca", Some(1), "2020-03-01").expect("done"), [Step::Trusted]);
    assert_eq!(rotate_at(&workspace, "a/old-ca", Some(2), "2020-03-01").expect("done"), [Step::Signs]);
    workspace.write("values.yaml", "names: [one, two]\n");
    lock_at(&workspace, "2020-03-02").expect("locked");
    assert_eq!(rotate_at(&workspace, "a/two", None, "2020-03-02").expect("done"), [Step::Replaced]);
    assert_eq!(rotate_at(&workspace, "a/old-ca", Some(3), "2020-03-02").expect("done"), [Step::Dropped]);
}

#[test]
fn a_successor_that_ran_out_while_it_waited_does_not_sign() {
    let workspace = workspace();
    lock_at(&workspace, "2020-01-01").expect("locked");
    assert_eq!(rotate_at(&workspace, "a/old-ca", Some(1), "2020-01-02").expect("done"), [Step::Trusted]);
    assert_eq!(rotate_at(&workspace, "a/old-ca", Some(2), "2020-03-01").expect("done"), [Step::Trusted]);
    assert_eq!(rotate_at(&workspace, "a/old-ca", Some(2), "2020-03-02").expect("done"), [Step::Signs]);
}

#[test]
fn a_ca_that_is_not_valid_yet() {
    let workspace = workspace();
    lock_at(&workspace, "2020-06-01").expect("locked");
    let before = workspace.read("lockfiles/b.lock");
    let words = ["P013", "is valid from 2020-06-01", "set the clock"];
    refused(&workspace, &before, rotate_at(&workspace, "a/one", None, "2020-01-01"), &words);
    workspace.write("values.yaml", "names: [one, two]\n");
    refused(&workspace, &before, lock_at(&workspace, "2020-05-31"), &words);
}

#[test]
fn a_leaf_that_outlives_its_ca_draws_a_word() {
    let workspace = workspace();
    assert_eq!(lock_at(&workspace, "2020-01-01").expect("locked").notes, [""; 0]);
    workspace.write("values.yaml", "names: [one, two]\n");
    let notes = lock_at(&workspace, "2020-01-20").expect("locked").notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].starts_with("a/two ends on 2020-02-09, after its CA a/old-ca, which ends on 2020-01-31"),
        "{notes:?}"
    );
}
