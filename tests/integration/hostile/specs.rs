//! A spec that is reached through links finds the lock that lies where the spec really is.

use std::fs;
use std::os::unix::fs::symlink;

use super::bundles::ground;
use crate::support::workspace::Workspace;

/// The quickstart in `real/clusters/one`, its lock in `real/lockfiles`.
fn nested() -> Workspace {
    let workspace = ground();
    let inner = workspace.path().join("real/clusters/one");
    fs::create_dir_all(&inner).expect("made");
    for name in ["chart", "ichor.yaml", "network.yaml", "values.yaml"] {
        fs::rename(workspace.path().join(name), inner.join(name)).expect("moved");
    }
    fs::rename(workspace.path().join("lockfiles"), workspace.path().join("real/lockfiles")).expect("moved");
    workspace
}

fn finds_the_lock(workspace: &Workspace, spec: &str) {
    let lock = workspace.read("real/lockfiles/quickstart.lock");
    for args in [&["lock", spec][..], &["lock", "--locked", spec], &["build", spec, "-o", "b.tar.gz"], &["check", spec]]
    {
        let run = workspace.run(args);
        assert_eq!(run.code(), 0, "{args:?}: {}", run.stderr());
    }
    assert_eq!(workspace.read("real/lockfiles/quickstart.lock"), lock, "{spec}");
    for folder in ["lockfiles", "real/clusters/one/lockfiles", "real/clusters/lockfiles", "links/lockfiles"] {
        assert!(!workspace.exists(folder), "{spec}: a second lock in {folder}");
    }
}

#[test]
fn through_a_linked_folder() {
    let workspace = nested();
    symlink("real/clusters/one", workspace.path().join("link")).expect("linked");
    finds_the_lock(&workspace, "link");
    finds_the_lock(&workspace, "link/ichor.yaml");
    finds_the_lock(&workspace, "link/../one/ichor.yaml");
    fs::create_dir(workspace.path().join("links")).expect("made");
    symlink("../real/clusters", workspace.path().join("links/clusters")).expect("linked");
    finds_the_lock(&workspace, "links/clusters/one");
    symlink(workspace.path().join("links/clusters/one"), workspace.path().join("absolute")).expect("linked");
    finds_the_lock(&workspace, "absolute");
}

#[test]
fn from_within_a_linked_folder() {
    let workspace = nested();
    symlink("real/clusters/one", workspace.path().join("link")).expect("linked");
    let lock = workspace.read("real/lockfiles/quickstart.lock");
    let mut command = workspace.command(&["lock"]);
    // A shell says where it is with the link in it.
    let run = command.current_dir(workspace.path().join("link")).env("PWD", workspace.path().join("link")).output();
    assert!(run.expect("it runs").status.success());
    assert_eq!(workspace.read("real/lockfiles/quickstart.lock"), lock);
}

#[test]
fn through_a_linked_file() {
    let workspace = nested();
    let inner = workspace.path().join("real/clusters/one");
    fs::create_dir(workspace.path().join("links")).expect("made");
    for name in ["chart", "ichor.yaml", "network.yaml", "values.yaml"] {
        symlink(inner.join(name), workspace.path().join("links").join(name)).expect("linked");
    }
    finds_the_lock(&workspace, "links");
    finds_the_lock(&workspace, "links/ichor.yaml");
}

/// Where both ways lead to a folder of locks, the one that holds this bundle's is taken.
#[test]
fn a_folder_of_locks_on_either_way() {
    let workspace = nested();
    fs::create_dir_all(workspace.path().join("links/lockfiles")).expect("made");
    symlink("../real/clusters/one", workspace.path().join("links/one")).expect("linked");
    let lock = workspace.read("real/lockfiles/quickstart.lock");
    workspace.done(&["lock", "links/one"]);
    assert_eq!(workspace.read("real/lockfiles/quickstart.lock"), lock);
    assert_eq!(fs::read_dir(workspace.path().join("links/lockfiles")).expect("a folder").count(), 0);
    // With a lock on both, the one nearer to what was typed counts, as before.
    workspace.write("links/lockfiles/quickstart.lock", &lock);
    workspace.write("real/lockfiles/quickstart.lock", "broken");
    workspace.done(&["lock", "links/one"]);
}
