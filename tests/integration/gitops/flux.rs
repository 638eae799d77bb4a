//! A HelmRelease renders as kustomize, Flux' own substitution and the real Helm have it; `tests/record_gitops.py` asked them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::peer::{Peer, needs};
use crate::support::workspace::Workspace;
use crate::support::{copy, judges, repository};

const WORDS: [&str; 4] = ["part", "path", "layers", "output"];

pub(super) fn sections(text: &str) -> BTreeMap<String, String> {
    let mut sections = BTreeMap::new();
    let mut name = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(rest) => {
                name = rest.trim().to_owned();
                sections.insert(name.clone(), String::new());
            }
            None => sections.entry(name.clone()).or_default().push_str(line),
        }
    }
    sections
}

/// A workspace with the tree of a case, and its sealed files sealed to the workspace's key.
pub(super) fn workspace(sections: &BTreeMap<String, String>) -> Workspace {
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/base"), workspace.path());
    for (name, text) in sections.iter().filter(|(name, _)| !WORDS.contains(&name.as_str())) {
        match name.strip_prefix('-') {
            Some(gone) => fs::remove_file(workspace.at(gone)).expect("there"),
            None => {
                workspace.write(name, text);
                if name.ends_with(".sops.yaml") {
                    seal(&workspace, name);
                }
            }
        }
    }
    let path = sections.get("path").map_or("apps/app/helmrelease.yaml", |it| it.trim());
    let part: String =
        sections.get("part").map(|it| it.lines().map(|line| format!("    {line}\n")).collect()).unwrap_or_default();
    let head = format!("helm: \"4.3.1\"\nrecipients:\n  - {}\n", workspace.recipient());
    workspace.spec(&head, &format!("  - name: part\n    flux: {path}\n{part}"));
    workspace
}

fn seal(workspace: &Workspace, path: &str) {
    let mut sops = Peer::Sops.command();
    sops.args(["--encrypt", "--in-place", "--encrypted-regex", "^(data|stringData)$", "--age", workspace.recipient()]);
    sops.arg(workspace.at(path)).env("PATH", judges::path());
    let output = sops.output().expect("sops runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the part renders, opened.
fn rendered(workspace: &Workspace) -> Result<String, String> {
    let run = workspace.run(&["lock", "-i", "key.txt"]);
    if run.code() != 0 {
        return Err(run.stderr());
    }
    workspace.done(&["lock", "--locked"]);
    workspace.done(&["build", "--no-check"]);
    let opened = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
    // Before it stands the namespace, which Helm makes by a flag.
    let start = opened.find("---\n# Source: ").unwrap_or_default();
    Ok(opened[start..].to_owned())
}

#[test]
fn renders_as_kustomize_and_helm_do() {
    needs!(Kustomize, Sops);
    let folder = repository().join("tests/data/gitops/flux");
    let only = std::env::var("ICHOR_CASE").unwrap_or_default();
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.contains(&only) {
            continue;
        }
        count += 1;
        let sections = sections(&fs::read_to_string(&path).expect("read"));
        let expected = sections.get("output").unwrap_or_else(|| panic!("{name} is recorded"));
        match rendered(&workspace(&sections)) {
            Ok(found) if found == *expected => {}
            Ok(found) => wrong.push(format!("{name}:\n{found}\nexpected:\n{expected}")),
            Err(said) => wrong.push(format!("{name}: {said}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count >= 40 || !only.is_empty(), "{count} cases");
}

/// The path of a file of the judges is one that the program finds.
#[test]
fn is_read_by_a_spec_in_any_folder() {
    needs!(Kustomize);
    let workspace = workspace(&BTreeMap::new());
    let spec = workspace.read("ichor.yaml").replace("flux: apps/app/helmrelease.yaml", "flux: ../apps/app");
    workspace.write("bootstrap/ichor.yaml", spec);
    fs::remove_file(workspace.at("ichor.yaml")).expect("there");
    workspace.done(&["lock", "bootstrap"]);
    let lock = workspace.lock();
    assert!(lock.contains("path: ../apps/app/helmrelease.yaml") && lock.contains("source: ../charts/demo"), "{lock}");
    assert!(Path::new(&workspace.at("lockfiles/box.lock")).is_file());
}

#[test]
fn a_release_that_moved_is_noticed() {
    needs!(Kustomize);
    let workspace = workspace(&BTreeMap::new());
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    workspace.edit("apps/app/helmrelease.yaml", "interval: 1h", "interval: 2h");
    workspace.done(&["lock", "--locked"]);
    workspace.edit("apps/app/helmrelease.yaml", "release.example", "moved.example");
    let said = workspace.refused(&["lock", "--locked"], 1, &["HelmRelease web/demo", "apps/app/helmrelease.yaml"]);
    assert!(said.contains("run `ichor lock`"), "{said}");
    workspace.refused(
        &["build"],
        2,
        &["HelmRelease web/demo in `apps/app/helmrelease.yaml` is not as it was", "`ichor lock`"],
    );
    workspace.done(&["lock"]);
    workspace.done(&["lock", "--locked"]);
}

#[test]
fn a_release_is_compared_with_what_it_was_in_git() {
    needs!(Kustomize, Git);
    let workspace = workspace(&BTreeMap::new());
    workspace.done(&["lock"]);
    crate::support::git::git(workspace.path(), &["init", "--quiet"]);
    crate::support::git::commit(workspace.path(), "first");
    workspace.edit("apps/app/helmrelease.yaml", "release.example", "moved.example");
    workspace.done(&["lock"]);
    let told = workspace.done(&["diff"]);
    assert!(told.contains("release.example") && told.contains("moved.example"), "{told}");
    assert!(!told.contains("cannot be compared"), "{told}");
}

#[test]
fn what_cannot_be_followed_is_said_with_its_place() {
    needs!(Kustomize);
    let file = "apps/app/helmrelease.yaml";
    for (from, to, code, words) in [
        (
            "  interval: 1h\n",
            "  interval: 1h\n  postRenderers: [{kustomize: {}}]\n",
            "F004",
            &["helmrelease.yaml:7:3", "spec.postRenderers"][..],
        ),
        ("host: release.example", "host: '${HOST'", "", &[]),
        ("name: home,", "name: elsewhere,", "", &[]),
        (
            "kind: GitRepository",
            "kind: HelmRepository",
            "F003",
            &["HelmRepository flux-system/home", "helmrelease.yaml:10:7"],
        ),
        ("kind: GitRepository", "kind: Bucket", "F003", &["Bucket flux-system/home"]),
        (
            "    spec:\n      chart",
            "    spec:\n      valuesFiles: [a.yaml]\n      chart",
            "F004",
            &["spec.chart.spec.valuesFiles", ":9:7"],
        ),
        (
            "  values:\n",
            "  valuesFrom: [{kind: ConfigMap, name: no}]\n  values:\n",
            "F003",
            &["ConfigMap web/no", ":11:3"],
        ),
        ("  values:\n", "  valuesFrom: [{kind: Other, name: no}]\n  values:\n", "F004", &["spec.valuesFrom", ":11:3"]),
    ] {
        let workspace = workspace(&BTreeMap::new());
        workspace.edit(file, from, to);
        if words.is_empty() {
            workspace.done(&["lock"]);
        } else {
            workspace.refused(&["lock"], 2, &[&[code], words].concat());
        }
    }
    let parts = |part: &str| {
        let workspace = workspace(&BTreeMap::new());
        workspace.spec("", part);
        workspace
    };
    let key = |line: &str| parts(&format!("  - name: part\n    flux: apps/app\n    {line}\n"));
    key("version: 1.0.0").refused(&["lock"], 2, &["S001", "`version`"]);
    key("chart: ./charts/demo").refused(&["lock"], 2, &["S008"]);
    key("namespace: other").refused(&["lock"], 2, &["S005", "`web`"]);
    key("kustomization: none").refused(&["lock"], 2, &["F003", "Kustomization none"]);
    parts("  - name: part\n    flux: apps/nowhere\n").refused(
        &["lock"],
        2,
        &["F001", "apps/nowhere", "ichor.yaml:5:11"],
    );
    parts("  - name: part\n    flux: apps/ks.yaml\n").refused(&["lock"], 2, &["F001", "HelmRelease"]);
}

#[test]
fn two_kustomizations_of_one_folder_must_be_told_apart() {
    needs!(Kustomize);
    let workspace = workspace(&BTreeMap::new());
    let other = workspace.read("apps/ks.yaml").replace("name: app,", "name: other,");
    workspace.write("clusters/other.yaml", other + "  postBuild: {substitute: {HOST: other.example}}\n");
    workspace.edit("apps/app/helmrelease.yaml", "host: release.example", "host: 'x${HOST}'");
    workspace.refused(&["lock"], 2, &["F002", "flux-system/app", "flux-system/other", "`kustomization: NAME`"]);
    workspace.edit(
        "ichor.yaml",
        "flux: apps/app/helmrelease.yaml",
        "flux: apps/app/helmrelease.yaml\n    kustomization: other",
    );
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    assert!(workspace.done(&["open", "--for", "kubectl", "result"]).contains("xother.example"));
}

#[test]
fn a_variable_of_what_is_not_there_is_no_guess() {
    needs!(Kustomize);
    let workspace = workspace(&BTreeMap::new());
    let text = workspace.read("apps/ks.yaml");
    workspace.write("apps/ks.yaml", text + "  postBuild: {substituteFrom: [{kind: Secret, name: by-hand}]}\n");
    workspace.done(&["lock"]);
    workspace.edit("apps/app/helmrelease.yaml", "release.example", "'${HOST:=x}'");
    workspace.refused(&["lock"], 2, &["F004", "${HOST}", "helmrelease.yaml:5:1", "substituteFrom"]);
}

/// A build asks for no key, and a lock only where something that is sealed has changed.
#[test]
fn what_is_sealed_is_opened_at_lock_alone() {
    needs!(Kustomize, Sops);
    let text =
        fs::read_to_string(repository().join("tests/data/gitops/flux/sealed_variables_in_a_list.txt")).expect("read");
    let workspace = workspace(&sections(&text));
    workspace.refused(&["lock"], 2, &["sops"]);
    workspace.done(&["lock", "-i", "key.txt"]);
    let lock = workspace.lock();
    assert!(!lock.contains("secret.example"), "{lock}");
    workspace.edit("apps/app/values.yaml", "map.example", "new.example");
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    workspace.edit("apps/app/values.yaml", "    - plain\n", "");
    workspace.refused(&["lock"], 2, &["sops"]);
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.edit("apps/app/values.yaml", "last-${DOMAIN}", "${DOMAIN^^}");
    workspace.refused(&["lock", "-i", "key.txt"], 2, &["F004", "${DOMAIN}", "cannot compute"]);
    workspace.edit("apps/app/values.yaml", "${DOMAIN^^}", "${TOKEN}");
    let said = workspace.run(&["lock", "-i", "key.txt"]).stderr();
    assert!(said.contains("error[") && !said.contains("a\"b"), "{said}");
}

#[test]
fn a_first_spec_is_written_from_a_repository() {
    needs!(Kustomize);
    let workspace = workspace(&BTreeMap::new());
    fs::remove_file(workspace.at("ichor.yaml")).expect("there");
    workspace
        .write("apps/other.yaml", workspace.read("apps/app/helmrelease.yaml").replace("name: demo", "name: cilium"));
    workspace.done(&["init", "own", "--from", "flux", "apps", "--talos", "1.12", "-r", workspace.recipient()]);
    let spec = workspace.read("own/ichor.yaml");
    assert!(spec.contains("  - name: cilium\n    flux: ../apps/other.yaml\n  # - name: demo\n"), "{spec}");
    workspace.refused(&["init", "own", "--from", "flux", "apps"], 2, &["I001"]);
    workspace.refused(&["init", "new", "--from", "fleet", "apps"], 2, &["V022"]);
    workspace.refused(&["init", "new", "--from", "flux", "charts"], 2, &["F001"]);
    workspace.write("own/ichor.yaml", spec.replace("cilium", "demo").replace("../apps/other.yaml", "../apps/app"));
    workspace.done(&["lock", "own"]);
    let said = workspace.refused(&["upgrade", "demo", "2.0.0", "--spec", "own"], 2, &["../apps/app"]);
    assert!(said.contains("ichor lock"), "{said}");
}
