//! Inputs that are too large or never end are told early; what is no file is not waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use super::bundles::{assert_harmless, ground};
use super::listing;
use crate::support::workspace::Workspace;

/// Runs with an end to it: 124 says that it did not come by itself.
fn run(workspace: &Workspace, script: &str, args: &[&str]) -> Output {
    let mut shell = Command::new("timeout");
    shell.args(["-k", "1", "400", "sh", "-c", script, env!("CARGO_BIN_EXE_ichor")]).args(args);
    shell.current_dir(workspace.path()).env("ICHOR_STORE", workspace.path().join("store"));
    shell.env("HOME", workspace.path()).env("ICHOR_CACHE", workspace.path().join("cache")).env_remove("ICHOR_IDENTITY");
    shell.output().expect("timeout runs")
}

/// The run ends, says what is wrong with a word of its own, and leaves everything as it was.
fn refused(workspace: &Workspace, script: &str, args: &[&str], word: &str) {
    let before: Vec<String> = listing(workspace.path()).into_keys().collect();
    let run = run(workspace, script, args);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    // `check` tells it as one of its findings.
    let code = if args == ["check"] { 1 } else { 2 };
    assert_eq!(run.status.code(), Some(code), "{args:?}: {said}");
    assert!(said.contains(word), "{args:?} does not say `{word}`: {said}");
    let after: Vec<String> = listing(workspace.path()).into_keys().collect();
    assert_eq!(after, before, "{args:?} left something behind");
    assert_harmless(&said);
}

const PLAIN: &str = "exec \"$0\" \"$@\"";
const LARGE: &str = "128 MiB";

/// A file of 200 MB, which takes no room on the disk.
fn large(workspace: &Workspace, path: &str) {
    workspace.write(path, "# much\n");
    let file = fs::File::options().write(true).open(workspace.path().join(path)).expect("opened");
    file.set_len(200_000_000).expect("set");
}

fn pipe(workspace: &Workspace, path: &str) {
    let path = workspace.path().join(path);
    let _ = fs::remove_file(&path);
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

/// What a spec can name: a change to it, and the file that is named.
const NAMED: [(&str, &str, &str); 5] = [
    ("manifest: network.yaml", "manifest: big", "big"),
    ("chart: ./chart", "chart: ./big", "big"),
    ("- values.yaml", "- big", "big"),
    ("version: 0.1.0", "version: 0.1.0\n    secretValues: [big]", "big"),
    ("version: 0.1.0", "version: 0.1.0\n    lookup: big", "big"),
];

#[test]
fn what_a_spec_names() {
    let workspace = ground();
    let spec = workspace.read("ichor.yaml");
    for (old, new, path) in NAMED {
        assert!(spec.contains(old), "{old}");
        workspace.write("ichor.yaml", spec.replace(old, new));
        let here = workspace.path().join(path);
        for args in [&["lock"][..], &["build"], &["check"]] {
            large(&workspace, path);
            refused(&workspace, PLAIN, args, LARGE);
            for device in ["/dev/zero", "/dev/urandom", "/dev/stdin"] {
                fs::remove_file(&here).expect("removed");
                symlink(device, &here).expect("linked");
                refused(&workspace, "exec \"$0\" \"$@\" </dev/zero", args, "big");
            }
            pipe(&workspace, path);
            refused(&workspace, PLAIN, args, "big");
            fs::remove_file(&here).expect("removed");
        }
    }
}

#[test]
fn what_lies_in_a_folder() {
    for (folder, old, new) in [("manifests", "manifest: network.yaml", "manifest: manifests"), ("chart", "x", "x")] {
        let workspace = ground();
        workspace.write("manifests/a.yaml", workspace.read("network.yaml"));
        workspace.write("ichor.yaml", workspace.read("ichor.yaml").replace(old, new));
        let odd = format!("{folder}/templates/odd.yaml");
        workspace.write(&odd, "a: 1\n");
        pipe(&workspace, &odd);
        refused(&workspace, PLAIN, &["lock"], "odd.yaml");
        fs::remove_file(workspace.path().join(&odd)).expect("removed");
        pipe(&workspace, "chart/.helmignore");
        refused(&workspace, PLAIN, &["lock"], ".helmignore");
        refused(&workspace, PLAIN, &["template", "x", "chart"], ".helmignore");
        fs::remove_file(workspace.path().join("chart/.helmignore")).expect("removed");
        // Each is small enough, and all of them are not.
        for index in 0..30 {
            let path = format!("{folder}/templates/more-{index}.yaml");
            workspace.write(&path, "# much\n");
            let file = fs::File::options().write(true).open(workspace.path().join(path)).expect("opened");
            file.set_len(5 << 20).expect("set");
        }
        refused(&workspace, PLAIN, &["lock"], LARGE);
    }
}

#[test]
fn what_a_workspace_holds() {
    let workspace = ground();
    let (spec, lock) = (workspace.read("ichor.yaml"), workspace.read("lockfiles/quickstart.lock"));
    for (path, text, args) in [
        ("ichor.yaml", &spec, &["lock"][..]),
        ("ichor.yaml", &spec, &["build"]),
        ("lockfiles/quickstart.lock", &lock, &["build"]),
        ("lockfiles/quickstart.lock", &lock, &["lock"]),
        ("vendor/index.json", &lock, &["vendor", "--check"]),
    ] {
        large(&workspace, path);
        refused(&workspace, PLAIN, args, LARGE);
        pipe(&workspace, path);
        refused(&workspace, PLAIN, args, path);
        fs::remove_file(workspace.path().join(path)).expect("removed");
        symlink("/dev/zero", workspace.path().join(path)).expect("linked");
        refused(&workspace, PLAIN, args, path);
        fs::remove_file(workspace.path().join(path)).expect("removed");
        if path.starts_with("vendor") {
            fs::remove_dir_all(workspace.path().join("vendor")).expect("removed");
        } else {
            workspace.write(path, text);
        }
    }
}

#[test]
fn what_the_command_line_names() {
    let workspace = ground();
    large(&workspace, "big");
    for path in ["big", "/dev/zero"] {
        for args in [
            &["open", path, "-i", "key.txt"][..],
            &["open", "good.tar.gz", "-i", path],
            &["verify", path],
            &["push", "oci://127.0.0.1:9/x:1", path],
            &["diff", path, "good.tar.gz"],
            &["open", "good.tar.gz", "-i", "key.txt", "--for", "machine-config", path],
            &["lock", "--import", path, "-i", "key.txt"],
            &["lock", path],
            &["template", "x", "chart", "-f", path],
            &["template", "x", "chart", "--set-file", &format!("a={path}")],
            &["template", "x", path],
            &["show", "values", path],
            &["init", "fresh", "--yes", "-R", path],
            &["git-show", path],
            &["vendor", "--config", path],
            &["handoff", "flux", "-f", path],
            &["certs", path],
            &["git-merge", path, path, path],
        ] {
            let word = match args {
                ["lock", named] if *named == path && path == "/dev/zero" => path,
                ["open", _, "-i", named] if *named == path => "16 MiB",
                ["git-show" | "certs" | "git-merge", ..] if path == "/dev/zero" => "no plain file",
                _ => LARGE,
            };
            refused(&workspace, PLAIN, args, word);
        }
    }
    refused(&workspace, "exec \"$0\" \"$@\" </dev/zero", &["template", "x", "chart", "-f", "-"], LARGE);
    refused(&workspace, "exec \"$0\" \"$@\" </dev/zero", &["lock", "--import-secret", "-i", "key.txt"], LARGE);
    refused(&workspace, "exec \"$0\" \"$@\" </dev/zero", &["open", "good.tar.gz", "-i", "-"], "16 MiB");
    refused(&workspace, "exec \"$0\" \"$@\" </dev/zero", &["template", "x", "chart", "-f", "/dev/stdin"], LARGE);
}

/// What a shell hands over by a pipe is read as ever.
#[test]
fn pipes_that_end_are_read() {
    let workspace = ground();
    let opened = workspace.done(&["open", "good.tar.gz", "-i", "key.txt"]);
    for script in [
        "cat key.txt | \"$0\" open good.tar.gz -i /dev/stdin",
        "cat key.txt | \"$0\" open good.tar.gz -i -",
        "cat good.tar.gz | \"$0\" open /dev/stdin -i key.txt",
        "mkfifo p && { cat key.txt >p & } && \"$0\" open good.tar.gz -i p",
    ] {
        let run = run(&workspace, script, &[]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.success() && run.stdout == opened.as_bytes(), "{script}: {said}");
    }
    let plain = workspace.done(&["template", "x", "chart", "-f", "values.yaml", "--show-only", "templates/agent.yaml"]);
    let script = "cat values.yaml | \"$0\" template x chart -f - --show-only templates/agent.yaml";
    let run = run(&workspace, script, &[]);
    assert!(run.stdout == plain.as_bytes(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// What is locked can be built, and what was built can be read: else it is said at once.
#[test]
fn a_bundle_that_would_be_too_large() {
    let workspace = ground();
    let spec = workspace.read("ichor.yaml");
    let line = format!("# {}\n", "x".repeat(1000));
    let text =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{}", line.repeat((70 << 20) / line.len()));
    workspace.write("one.yaml", &text);
    workspace.write("two.yaml", &text);
    workspace.write(
        "ichor.yaml",
        format!("{spec}  - name: one\n    manifest: one.yaml\n  - name: two\n    manifest: two.yaml\n"),
    );
    let lock = workspace.read("lockfiles/quickstart.lock");
    refused(&workspace, PLAIN, &["lock"], "256 MiB");
    assert_eq!(workspace.read("lockfiles/quickstart.lock"), lock);
}
