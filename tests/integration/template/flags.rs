//! The command line of `ichor template` is that of `helm template`, flags included that change nothing here.

use std::fs;
use std::process::Command;

use crate::support::program::ICHOR;

const FINE: &str = "kind: C\nhost: {{ getHostByName \"localhost\" | quote }}\n";
const PRINTED: &str = "---\n# Source: case/templates/c.yaml\nkind: C\nhost: \"\"\n";
const HOOK: &str = "---\nkind: H\nmetadata: {annotations: {helm.sh/hook: test}}\n";

/// Exit code, standard output and standard error.
fn run(template: &str, args: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("templates")).expect("a folder");
    fs::write(folder.path().join("Chart.yaml"), "apiVersion: v2\nname: case\nversion: 0.1.0\n").expect("a file");
    fs::write(folder.path().join("templates/c.yaml"), template).expect("a file");
    let mut command = Command::new(ICHOR);
    let done = command.args(["template", "r"]).arg(folder.path()).args(args).output().expect("the program runs");
    let text = |it: Vec<u8>| String::from_utf8(it).expect("UTF-8");
    (done.status.code().expect("an exit code"), text(done.stdout), text(done.stderr))
}

#[test]
fn flags_without_a_use_here_change_nothing() {
    for flags in [
        &["--wait", "--atomic", "--timeout", "5m", "--create-namespace", "--hide-notes", "--skip-crds"][..],
        &["--wait=watcher", "--version", "1.2.3", "--devel", "--replace=true"],
        &["--kube-context=x", "--kubeconfig", "/none", "-l", "a=b", "--description", "-x", "--burst-limit=5"],
        &["--validate=false", "--dependency-update=0", "--dry-run", "--generate-name=false"],
    ] {
        assert_eq!(run(FINE, flags), (0, PRINTED.into(), String::new()), "{flags:?}");
    }
}

#[test]
fn switches_are_written_as_in_go() {
    let with_hook = format!("{FINE}{HOOK}");
    let count = |flag: &str| run(&with_hook, &[flag]).1.matches("kind:").count();
    assert_eq!(["--no-hooks", "--no-hooks=true", "--no-hooks=1"].map(count), [1; 3]);
    assert_eq!(["--no-hooks=false", "--no-hooks=F", "--skip-tests=0"].map(count), [2; 3]);
    let (code, _, stderr) = run(FINE, &["--no-hooks=maybe"]);
    assert!(code == 2 && stderr.contains("parsing \"maybe\": invalid syntax"), "{stderr}");
}

#[test]
fn what_a_render_cannot_do_is_refused() {
    for flag in ["--verify", "--enable-dns", "--post-renderer=cat", "--validate", "--dependency-update"] {
        let (code, stdout, stderr) = run(FINE, &[flag]);
        assert!(code == 2 && stdout.is_empty() && stderr.contains(flag.split('=').next().expect("a name")), "{stderr}");
    }
    assert_eq!(run(FINE, &["--hide-secret"]).0, 2);
}

/// As in Helm's own `template-with-invalid-yaml-debug`.
#[test]
fn debug_shows_what_is_no_yaml() {
    let broken = "kind: C\nspec: [\n";
    let message = "Error: YAML parse error on case/templates/c.yaml: error converting YAML to JSON: yaml: line 2: did not \
                   find expected node content";
    let hint = "\n\nUse --debug flag to render out invalid YAML";
    assert_eq!(run(broken, &[]), (2, String::new(), format!("{message}{hint}\n")));
    let shown = "---\n# Source: case/templates/c.yaml\nkind: C\nspec: [\n";
    assert_eq!(run(broken, &["--debug"]), (2, shown.into(), format!("{message}\n")));
}

#[test]
fn a_dry_run_is_named_as_each_helm_names_it() {
    for (helm, flag, good) in [
        ("4.3", "client", true),
        ("4.3", "true", true),
        ("4.3", "none", false),
        ("4.3", "false", false),
        ("4.3", "0", false),
        ("4.3", "maybe", false),
        ("3.17", "none", true),
        ("3.17", "false", true),
        ("3.17", "1", false),
    ] {
        let (code, _, said) = run(FINE, &["--helm-version", helm, &format!("--dry-run={flag}")]);
        assert_eq!(code, if good { 0 } else { 2 }, "{helm} {flag}: {said}");
        if flag == "none" && !good {
            assert_eq!(said, "Error: invalid dry-run value (\"none\"). Must be \"server\" or \"client\"\n");
        }
    }
}

#[test]
fn files_are_told_of_in_the_order_of_their_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    let chart = folder.path().join("case");
    fs::create_dir_all(chart.join("templates")).expect("a folder");
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: case\nversion: 0.1.0\n").expect("a file");
    let object = |kind: &str, name: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n");
    let both = format!("{}---\n{}", object("Service", "a"), object("Namespace", "b"));
    fs::write(chart.join("templates/a.yaml"), both).expect("a file");
    fs::write(chart.join("templates/b.yaml"), object("ConfigMap", "c")).expect("a file");
    let run = |more: &[&str]| {
        let mut command = Command::new(ICHOR);
        command.current_dir(folder.path()).args(["template", "r", "case", "--output-dir", "out"]).args(more);
        let done = command.output().expect("the program runs");
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let wrote = ["a", "b", "a"].map(|it| format!("wrote out/case/templates/{it}.yaml\n")).concat();
    assert_eq!(run(&[]), (Some(0), format!("{wrote}\n")));
    // What follows the writing may fail: the files are told of all the same.
    let (code, told) = run(&["--show-only", "templates/none.yaml"]);
    assert_eq!((code, told), (Some(2), wrote));
}
