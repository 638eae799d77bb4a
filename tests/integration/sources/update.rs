//! What the lock keeps, what moves it, and what only looks.

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;

fn parts(host: &str) -> String {
    format!(
        "  - name: one\n    chart: oci://{host}/charts/one\n    version: ^1\n\
         \x20 - name: two\n    chart: oci://{host}/charts/two\n"
    )
}

#[test]
fn the_lock_keeps_what_the_spec_did_not_change() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("two", "1.0.0")]);
    let workspace = Workspace::with(&registry.head(), &parts(&registry.host));
    workspace.done(&["lock"]);
    let first = workspace.lock();
    registry.push(&[("one", "1.1.0"), ("one", "2.0.0"), ("one", "1.2.0-rc.1"), ("two", "3.0.0")]);
    workspace.done(&["lock"]);
    assert_eq!(workspace.lock(), first);
    let shown = workspace.done(&["outdated"]);
    let rows: Vec<Vec<&str>> = shown.lines().map(|it| it.split_whitespace().collect()).collect();
    assert_eq!(rows[1..], [["one", "1.0.0", "1.1.0", "2.0.0"], ["two", "1.0.0", "3.0.0", "3.0.0"]], "{shown}");
    workspace.refused(&["outdated", "--offline"], 2, &["--offline"]);
    // One part alone; another run shows what it would do.
    let before = workspace.state();
    let diff = workspace.done(&["lock", "--update", "one", "--dry-run"]);
    for word in ["one", "1.0.0", "1.1.0"] {
        assert!(diff.contains(word), "`{word}` is not in\n{diff}");
    }
    assert!(!diff.contains("+++ b/lockfiles"), "it is what `diff` prints:\n{diff}");
    assert!(!diff.contains("3.0.0"));
    assert!(before.iter().all(|(path, bytes)| workspace.state().get(path) == Some(bytes)), "a dry run writes nothing");
    let run = workspace.run(&["lock", "--update", "one", "--locked"]);
    assert_eq!(run.code(), 1);
    assert_eq!(run.stdout(), diff, "--locked shows what would change");
    assert_eq!(workspace.lock(), first);
    workspace.done(&["lock", "--update", "one"]);
    assert!(workspace.lock().contains("version: 1.1.0") && !workspace.lock().contains("3.0.0"));
    workspace.done(&["lock", "--update"]);
    assert!(workspace.lock().contains("version: 3.0.0"));
    workspace.done(&["lock", "--locked"]);
    workspace.refused(&["lock", "--update", "three"], 2, &["no part `three`", "one, two"]);
    // The spec moves out of what is locked, and with it the lock.
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", spec.replace("^1", "^2"));
    let run = workspace.run(&["lock", "--locked"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    workspace.done(&["lock"]);
    assert!(workspace.lock().contains("version: 2.0.0"));
    let said = workspace.said(&["outdated"]);
    assert!(said.contains("newest"), "{said}");
}

#[test]
fn a_first_lock_with_locked_writes_nothing() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("two", "1.0.0")]);
    let workspace = Workspace::with(&registry.head(), &parts(&registry.host));
    let run = workspace.run(&["lock", "--locked"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    assert!(run.stdout().contains("ConfigMap"), "{}", run.stdout());
    assert!(!workspace.path().join("lockfiles/box.lock").exists());
}

#[test]
fn tags_and_digests_in_the_name() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.1.0")]);
    let by_tag = format!("  - name: one\n    chart: oci://{}/charts/one:1.0.0\n", registry.host);
    let workspace = Workspace::with(&registry.head(), &by_tag);
    workspace.done(&["lock"]);
    let lock = workspace.lock();
    assert!(lock.contains("version: 1.0.0"));
    let digest = lock.lines().find_map(|it| it.trim().strip_prefix("manifest: ")).expect("a manifest").to_owned();
    workspace.write("ichor.yaml", workspace.read("ichor.yaml").replace(":1.0.0", &format!("@{digest}")));
    workspace.done(&["lock"]);
    assert!(workspace.lock().contains(&format!("manifest: {digest}")) && workspace.lock().contains("version: 1.0.0"));
}

#[test]
fn an_upgrade_is_fetched_and_shown_and_revisions_are_compared() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.1.0"), ("two", "1.0.0")]);
    let text = parts(&registry.host).replace("^1", "1.0.0");
    let workspace = Workspace::with(&registry.head(), &text);
    workspace.done(&["lock"]);
    let lock = workspace.lock();
    let shown = workspace.done(&["upgrade", "one", "1.1.0"]);
    assert!(shown.contains("1.0.0") && shown.contains("1.1.0"), "{shown}");
    assert_eq!(workspace.lock(), lock);
    workspace.refused(&["upgrade", "one", "1.7.0"], 2, &["404", "1.7.0"]);
    workspace.done(&["upgrade", "one", "1.1.0", "--write"]);
    assert!(workspace.lock().contains("version: 1.1.0") && workspace.read("ichor.yaml").contains("version: 1.1.0"));
    workspace.done(&["lock", "--locked"]);
    workspace.write("old.lock", lock);
    let shown = workspace.done(&["diff", "old.lock"]);
    assert!(shown.contains("1.0.0") && shown.contains("1.1.0"), "{shown}");
}
