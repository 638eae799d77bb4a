//! Links in the folders of charts and manifests: what they lead to must lie in that folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::bundles::ground;
use super::listing;
use crate::support::workspace::Workspace;

fn link(workspace: &Workspace, target: impl AsRef<Path>, path: &str) {
    let path = workspace.path().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    symlink(target, path).expect("linked");
}

/// `lock` and `build` name the link and what it leads to, and take nothing over.
fn refused(workspace: &Workspace, attack: &str, name: &str) {
    let before = listing(workspace.path());
    for args in [
        &["lock"][..],
        &["lock", "--locked"],
        &["build", "-o", "b.tar.gz"],
        &["check"],
        &["diff", "good.tar.gz", "ichor.yaml", "--exit-code"],
    ] {
        let run = workspace.run(args);
        let (code, said) = (run.code(), run.stderr());
        assert!(listing(workspace.path()) == before, "{attack}: {args:?} wrote something: {said}");
        assert!(!said.contains("AGE-SECRET-KEY") && !run.stdout().contains("AGE-SECRET-KEY"), "{attack}: {args:?}");
        if args[0] == "diff" {
            // What a side lacks is a remark of the comparison.
            continue;
        }
        // For `check`, it is a finding.
        assert_eq!(code, if args[0] == "check" { 1 } else { 2 }, "{attack}: {args:?}: {said}");
        assert!(said.contains(name) && said.contains("leads"), "{attack}: {args:?}: {said}");
    }
}

#[test]
fn out_of_a_chart() {
    let secret = tempfile::tempdir().expect("a folder");
    fs::write(secret.path().join("key.txt"), "AGE-SECRET-KEY-1").expect("written");
    let outside = secret.path().join("key.txt");
    let absolute = outside.display().to_string();
    for (target, path, name) in [
        (absolute.as_str(), "chart/templates/key.yaml", "templates/key.yaml"),
        (absolute.as_str(), "chart/files/key", "files/key"),
        (absolute.as_str(), "chart/values.schema.json", "values.schema.json"),
        (absolute.as_str(), "chart/NOTES.txt", "NOTES.txt"),
        (absolute.as_str(), "chart/charts/sub.tgz", "charts/sub.tgz"),
        (secret.path().to_str().expect("text"), "chart/files", "files"),
        (secret.path().to_str().expect("text"), "chart/templates/more", "templates/more"),
        ("../../key.txt", "chart/templates/own.yaml", "templates/own.yaml"),
        ("../../../key.txt", "chart/a/b/up", "a/b/up"),
        ("../..", "chart/templates/all", "templates/all"),
        ("/etc/hostname", "chart/files/hostname", "files/hostname"),
        ("/proc/self/environ", "chart/files/environ", "files/environ"),
        ("../lockfiles", "chart/locks", "locks"),
    ] {
        let workspace = ground();
        link(&workspace, target, path);
        refused(&workspace, &format!("{path} -> {target}"), name);
    }
}

#[test]
fn by_way_of_other_links() {
    let secret = tempfile::tempdir().expect("a folder");
    fs::write(secret.path().join("key.txt"), "AGE-SECRET-KEY-1").expect("written");
    let workspace = ground();
    link(&workspace, secret.path().join("key.txt"), "between");
    link(&workspace, "../../between", "chart/templates/key.yaml");
    refused(&workspace, "a link to a link", "templates/key.yaml");
    let workspace = ground();
    link(&workspace, secret.path(), "chart/inner");
    link(&workspace, "../inner/key.txt", "chart/templates/key.yaml");
    refused(&workspace, "a link into a linked folder", "leads");
    // A folder by the same beginning is another folder.
    let workspace = ground();
    workspace.write("chart-keys/key.yaml", "AGE-SECRET-KEY-1");
    link(&workspace, "../../chart-keys/key.yaml", "chart/templates/key.yaml");
    refused(&workspace, "a folder with a like name", "templates/key.yaml");
}

#[test]
fn out_of_a_folder_of_manifests() {
    let secret = tempfile::tempdir().expect("a folder");
    fs::write(secret.path().join("key.yaml"), "key: AGE-SECRET-KEY-1\n").expect("written");
    for (target, path, name) in [
        (secret.path().join("key.yaml").display().to_string(), "manifests/key.yaml", "key.yaml"),
        (secret.path().display().to_string(), "manifests/more", "more"),
        ("../key.txt".into(), "manifests/key.yaml", "key.yaml"),
        ("../../key.txt".into(), "manifests/a/key.json", "a/key.json"),
    ] {
        let workspace = ground();
        workspace.write("manifests/a.yaml", workspace.read("network.yaml"));
        workspace.write("ichor.yaml", workspace.read("ichor.yaml").replace("network.yaml", "manifests"));
        workspace.done(&["lock"]);
        link(&workspace, &target, path);
        refused(&workspace, &format!("{path} -> {target}"), name);
    }
}

#[test]
fn within_the_folder_they_are_followed() {
    let workspace = ground();
    workspace.write("chart/shared/extra.yaml", "kind: Extra\nmetadata: {name: extra}\napiVersion: v1\n");
    link(&workspace, "../shared/extra.yaml", "chart/templates/extra.yaml");
    let folder = workspace.path().join("chart/shared").canonicalize().expect("a folder");
    link(&workspace, folder, "chart/templates/more");
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    let opened = workspace.done(&["open", "-i", "key.txt"]);
    assert_eq!(opened.matches("kind: Extra").count(), 2);
    // The folder itself may be reached by a link: the spec names it.
    fs::rename(workspace.path().join("chart"), workspace.path().join("elsewhere")).expect("moved");
    link(&workspace, "elsewhere", "chart");
    fs::remove_file(workspace.path().join("chart/templates/more")).expect("removed");
    link(&workspace, "../shared", "elsewhere/templates/more");
    workspace.done(&["build", "--no-check"]);
    assert_eq!(workspace.done(&["open", "-i", "key.txt"]), opened);
}

#[test]
fn what_is_left_out_may_lead_anywhere() {
    let workspace = ground();
    workspace.write("chart/.helmignore", "secrets/\n*.key\n");
    link(&workspace, "/etc/hostname", "chart/files/x.key");
    link(&workspace, "/etc", "chart/secrets");
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
}

/// `template` renders what Helm renders, and Helm follows links.
#[test]
fn helm_follows_them() {
    let workspace = ground();
    workspace.write("extra.yaml", "kind: Extra\n");
    link(&workspace, "../../extra.yaml", "chart/templates/extra.yaml");
    assert!(workspace.done(&["template", "x", "chart"]).contains("kind: Extra"));
}
