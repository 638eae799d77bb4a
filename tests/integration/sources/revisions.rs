//! `diff` of revisions whose charts came from a registry: from git, `vendor`, the cache, or not at all.

use std::fs;

use crate::support::git;
use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;

fn commit(workspace: &Workspace) {
    git::commit(workspace.path(), "next");
}

fn git(workspace: &Workspace, args: &[&str]) {
    let run = git::git(workspace.path(), args);
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// Two commits: version 1.0.0 and then, in the work tree too, 1.1.0. Nothing of the first is in `vendor`.
fn upgraded(ignored: &str) -> (Workspace, Registry) {
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.1.0")]);
    let parts = format!("  - name: one\n    chart: oci://{}/charts/one\n    version: 1.0.0\n", registry.host);
    let workspace = Workspace::with(&registry.head(), &parts);
    workspace.write(".gitignore", format!("home\ncache\nstore\n{ignored}\n"));
    git(&workspace, &["init", "-q"]);
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    commit(&workspace);
    workspace.done(&["upgrade", "one", "1.1.0", "--write"]);
    workspace.done(&["vendor", "--prune"]);
    commit(&workspace);
    (workspace, registry)
}

const CHANGE: &str = "~ data.version: 1.0.0 → 1.1.0";

#[test]
fn what_was_vendored_then_is_read_from_git() {
    needs!(DockerRegistry, Git, HelmSdk);
    let (workspace, registry) = upgraded("");
    drop(registry);
    workspace.remove("cache");
    for sides in [&["HEAD~1"][..], &["HEAD~1..HEAD"], &["HEAD~1...HEAD"], &["HEAD", "HEAD~1"]] {
        let said = workspace.done(&[&["diff"], sides].concat());
        assert!(said.contains(CHANGE) || said.contains("~ data.version: 1.1.0 → 1.0.0"), "{sides:?}: {said}");
        assert!(!said.contains("by the locks alone"), "{said}");
    }
    // What git holds under the name of a digest is believed only where it has that digest.
    let blobs = workspace.path().join("vendor/blobs/sha256");
    git(&workspace, &["checkout", "-q", "HEAD~1"]);
    for blob in fs::read_dir(&blobs).expect("a folder") {
        fs::write(blob.expect("an entry").path(), "version https://git-lfs.github.com/spec/v1\n").expect("written");
    }
    commit(&workspace);
    git(&workspace, &["checkout", "-q", "main"]);
    let said = workspace.done(&["diff", "HEAD@{1}"]);
    assert!(said.contains("compared by the locks alone"), "{said}");
}

#[test]
fn without_vendor_in_git_the_cache_has_it_or_nothing_has() {
    needs!(DockerRegistry, Git, HelmSdk);
    let (workspace, _registry) = upgraded("vendor");
    let said = workspace.done(&["diff", "HEAD~1"]);
    assert!(said.contains(CHANGE), "{said}");
    workspace.remove("cache");
    let said = workspace.done(&["diff", "HEAD~1"]);
    assert!(
        said.contains("compared by the locks alone") && said.contains("neither in vendor nor in the cache"),
        "{said}"
    );
    assert!(said.contains("ConfigMap one-one: differs, and its content is not at hand"), "{said}");
    assert!(
        said.contains("risk: can cut traffic: ConfigMap one-one"),
        "what is not known is not called harmless: {said}"
    );
}

#[test]
fn a_shallow_clone_says_that_it_is_one() {
    needs!(DockerRegistry, Git, HelmSdk);
    let (workspace, _registry) = upgraded("");
    let url = format!("file://{}", workspace.path().display());
    git(&workspace, &["branch", "old", "HEAD~1"]);
    git(&workspace, &["clone", "-q", "--depth", "1", "--no-single-branch", &url, "home/clone"]);
    for side in ["HEAD~1", "main~1..main", "origin/old...HEAD"] {
        let run = workspace.run(&["diff", side, "--spec", "home/clone/ichor.yaml"]);
        assert_eq!(run.code(), 2, "{}", run.stdout());
        assert!(run.stderr().contains("which is shallow") && run.stderr().contains("--unshallow"), "{}", run.stderr());
    }
    let said = workspace.done(&["diff", "origin/old..HEAD", "--spec", "home/clone/ichor.yaml"]);
    assert!(said.contains(CHANGE), "{said}");
}

#[test]
fn what_git_has_against_a_repository_is_told() {
    needs!(Git);
    let workspace = Workspace::with("", "  - {name: one, manifest: one.yaml}\n");
    workspace.write("one.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n");
    workspace.write(".gitignore", "home\ncache\nstore\n");
    workspace.done(&["lock"]);
    workspace.refused(&["diff"], 2, &["`HEAD` is no file, and the spec lies in no git repository"]);
    git(&workspace, &["init", "-q"]);
    commit(&workspace);
    workspace.done(&["diff"]);
    // As in a container that runs as another user than the one who cloned: git believes this variable of its tests.
    let other =
        |args: &[&str]| workspace.command(args).env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").output().expect("it runs");
    let run = other(&["diff"]);
    let said = String::from_utf8_lossy(&run.stderr);
    let advice =
        format!("git config --global --add safe.directory {}", workspace.path().canonicalize().expect("it").display());
    assert!(run.status.code() == Some(3) && said.contains("another user's") && said.contains(&advice), "{said}");
    let run = other(&["git-setup"]);
    assert!(String::from_utf8_lossy(&run.stderr).contains("safe.directory"));
    // Locks compare without git.
    assert!(other(&["diff", "lockfiles/box.lock", "lockfiles/box.lock"]).status.success());
    // Without git, that is what is said.
    let empty = workspace.at("empty");
    fs::create_dir(&empty).expect("made");
    for verb in ["diff", "git-setup"] {
        let run = workspace.command(&[verb]).env("PATH", &empty).output().expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.code() == Some(3) && said.contains("git is not installed"), "{verb}: {said}");
    }
    // A work tree whose repository is elsewhere, and not there: as in a container that was given the folder alone.
    fs::remove_dir_all(workspace.at(".git")).expect("removed");
    workspace.write(".git", "gitdir: /nowhere/.git/worktrees/box\n");
    workspace.refused(&["diff"], 3, &["not a git repository: /nowhere", "mount that as well"]);
    workspace.write(".git", "nonsense\n");
    workspace.refused(&["diff"], 3, &["invalid gitfile format"]);
}
