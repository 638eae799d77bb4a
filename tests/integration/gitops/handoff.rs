//! `ichor handoff` of parts that come from GitOps: what is sealed in a release is in nothing that is written.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::flux::{sections, workspace};
use crate::support::peer::{HELMS, Peer, helm, needs};
use crate::support::workspace::Workspace;
use crate::support::{copy, judges, repository};
use ichor::object::document::json;

type Json = serde_json::Value;

/// Every file below a folder, by its path.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push((path.display().to_string(), fs::read_to_string(&path).expect("text"))),
            }
        }
    }
    found
}

/// That nothing in a folder, nor what was printed, holds a stand-in or a text that is sealed.
fn tells_nothing(workspace: &Workspace, folder: &str, said: &str, secrets: &[&str]) {
    let mut all = files(&workspace.at(folder));
    all.push(("standard output".into(), said.into()));
    for (path, text) in all {
        let found = ["(sealed)", "sEaLeD"].iter().chain(secrets).find(|it| text.contains(**it));
        assert_eq!(found, None, "{path}:\n{text}");
    }
}

fn read(workspace: &Workspace, path: &str) -> Json {
    json(&workspace.read(path)).expect("YAML")
}

fn case(name: &str) -> Workspace {
    let text = fs::read_to_string(repository().join(format!("tests/data/gitops/flux/{name}.txt"))).expect("read");
    workspace(&sections(&text))
}

/// What a real Helm renders of the chart of the tests with these values files, as the bootstrap would apply it.
fn helm_renders(workspace: &Workspace, name: &str, values: &[&str]) -> String {
    let mut command = Command::new(helm(HELMS[0]));
    command.args(["template", name, "charts/demo", "-n", "web"]).current_dir(workspace.path());
    command.args(values.iter().flat_map(|it| ["-f", it]));
    let output = command.output().expect("helm runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn opened(workspace: &Workspace) -> String {
    workspace.done(&["build", "--no-check"]);
    let opened = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
    opened[opened.find("---\n# Source: ").expect("a chart")..].to_owned()
}

/// The release is there already: it is told what changes, by a patch, and its own Secrets go on bringing what is sealed.
#[test]
fn a_release_of_flux_is_patched() {
    needs!(Kustomize, Sops);
    for (name, secrets) in [
        ("sealed_values", &["sealed.example", "t0k"][..]),
        ("a_sealed_value_at_a_path", &["single.example"]),
        ("sealed_variables_in_a_list", &["secret.example"]),
    ] {
        let workspace = case(name);
        workspace.done(&["lock", "-i", "key.txt"]);
        let said = workspace.done(&["handoff", "flux"]);
        tells_nothing(&workspace, "flux", &said, secrets);
        assert!(!workspace.at("flux/part").exists(), "nothing changes: {:?}", files(&workspace.at("flux")));
        let guide = workspace.read("flux/HANDOFF.md");
        assert!(guide.contains("HelmRelease web/demo") && guide.contains("apps/app/helmrelease.yaml"), "{guide}");

        workspace.write("later.yaml", "replicas: 7\nserver: {tags: [later]}\n");
        let said = workspace.done(&["handoff", "flux", "-f", "later.yaml"]);
        tells_nothing(&workspace, "flux", &said, secrets);
        assert!(said.contains("-> 7"), "{said}");
        let guide = workspace.read("flux/HANDOFF.md");
        assert!(guide.contains("part/patch.yaml"), "{guide}");
        // The patch fits onto the release.
        workspace.write("patched/patch.yaml", workspace.read("flux/part/patch.yaml"));
        workspace.write("patched/base/kustomization.yaml", "resources: [../../apps/app]\nnamespace: web\n");
        workspace.write("patched/kustomization.yaml", "resources: [base]\npatches: [{path: patch.yaml}]\n");
        let mut kustomize = Peer::Kustomize.command();
        kustomize.args(["build", "--load-restrictor", "LoadRestrictionsNone"]).arg(workspace.at("patched"));
        let built = kustomize.env("PATH", judges::path()).output().expect("kustomize runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let built = String::from_utf8_lossy(&built.stdout).into_owned();
        let release = ichor::object::document::documents(&built);
        let release = release.iter().filter_map(|it| it.json()).find(|it| it["kind"] == "HelmRelease");
        let spec = release.expect("a release")["spec"].clone();
        assert_eq!(spec["values"]["replicas"], 7, "{spec}");
        assert_eq!(spec["values"]["server"]["tags"], serde_json::json!(["later"]), "{spec}");
        assert!(spec["valuesFrom"].is_array(), "{spec}");
    }
}

/// What the part alone sets is gone once the release takes over, and the table says so.
#[test]
fn what_the_bootstrap_alone_sets_is_told() {
    needs!(Kustomize, Sops);
    let workspace = case("sealed_values");
    workspace.edit(
        "ichor.yaml",
        "flux: apps/app/helmrelease.yaml",
        "flux: apps/app/helmrelease.yaml\n    values: [{replicas: 5, server: {host: own.example}}]",
    );
    workspace.done(&["lock", "-i", "key.txt"]);
    let said = workspace.done(&["handoff", "flux"]);
    assert!(
        said.contains("replicas: 5 -> 2\n") && said.contains("server.host: \"own.example\" -> not set in the clear\n"),
        "{said}"
    );
    tells_nothing(&workspace, "flux", &said, &["sealed.example"]);
}

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: demo, namespace: argocd}\nspec:\n  destination: {namespace: web}\n  source:\n    \
                           repoURL: https://git.example/home.git\n    path: charts/demo\n    helm: {releaseName: called, valueFiles: [../../secret.sops.yaml], values: 'replicas: 4'}\n";
const HELMFILE: &str = "releases:\n  - name: called\n    namespace: web\n    chart: ./charts/demo\n    values: [{replicas: 4}]\n    secrets: [secret.sops.yaml]\n";
const SECRET: &str = "server:\n  host: hidden-host.example\n  tags: [hidden-one, hidden-two]\ntoken: hidden-token\n";

/// A workspace with a release of another tool, whose values file is encrypted.
fn of_another_tool(path: &str, text: &str, key: &str) -> Workspace {
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/base/charts"), &workspace.at("charts"));
    workspace.write(path, text);
    workspace.write("secret.sops.yaml", SECRET);
    let mut sops = Peer::Sops.command();
    sops.args(["--encrypt", "--in-place", "--age", workspace.recipient()]).arg(workspace.at("secret.sops.yaml"));
    assert!(sops.env("PATH", judges::path()).output().expect("sops runs").status.success());
    let head = format!("helm: \"4.3.1\"\nrecipients:\n  - {}\n", workspace.recipient());
    workspace.spec(&head, &format!("  - name: part\n    {key}: {path}\n"));
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace
}

#[test]
fn a_release_of_another_tool_brings_its_sealed_values_under_sops() {
    needs!(Sops, Helms);
    for (path, text, key) in [("app.yaml", APPLICATION, "argocd"), ("helmfile.yaml", HELMFILE, "helmfile")] {
        let workspace = of_another_tool(path, text, key);
        workspace.refused(&["handoff", "flux"], 2, &["D021", "part `part`", "--sops"]);
        assert!(!workspace.at("flux").exists());
        workspace.refused(&["handoff", "argocd", "--repository", "https://git.example/x"], 2, &["D019"]);
        let said = workspace.done(&["handoff", "flux", "--sops", "-i", "key.txt"]);
        tells_nothing(&workspace, "flux", &said, &["hidden"]);
        let release = read(&workspace, "flux/part/release.yaml");
        assert_eq!(release["spec"]["releaseName"], "called");
        // Flux merges the ConfigMap, then the Secret.
        let from = release["spec"]["valuesFrom"].as_array().expect("a list").clone();
        assert_eq!(from.iter().map(|it| it["kind"].to_string()).collect::<String>(), "\"ConfigMap\"\"Secret\"");
        let secret = format!("flux/part/secret-{}.sops.yaml", from[1]["name"].as_str().expect("a name"));
        let mut sops = Peer::Sops.command();
        sops.arg("--decrypt").arg(workspace.at(&secret)).env("SOPS_AGE_KEY_FILE", workspace.at("key.txt"));
        let decrypted = sops.env("PATH", judges::path()).output().expect("sops runs");
        let decrypted = json(&String::from_utf8_lossy(&decrypted.stdout)).expect("a Secret");
        let text = |it: &Json, field: &str| it[field]["values.yaml"].as_str().expect("values").to_owned();
        workspace.write("one.yaml", text(&read(&workspace, "flux/part/values.yaml"), "data"));
        workspace.write("two.yaml", text(&decrypted, "stringData"));
        assert_eq!(helm_renders(&workspace, "called", &["one.yaml", "two.yaml"]), opened(&workspace), "{path}");
        // What is set for later comes before what is sealed.
        workspace.write("later.yaml", "server: {host: later.example}\n");
        let said = workspace.done(&["handoff", "flux", "-f", "later.yaml", "--sops", "-i", "key.txt"]);
        tells_nothing(&workspace, "flux", &said, &["hidden"]);
        assert!(said.contains("server.host: not set -> \"later.example\""), "{said}");
        let mut sops = Peer::Sops.command();
        sops.arg("--decrypt").arg(workspace.at(&secret)).env("SOPS_AGE_KEY_FILE", workspace.at("key.txt"));
        let decrypted = sops.env("PATH", judges::path()).output().expect("sops runs");
        assert!(!String::from_utf8_lossy(&decrypted.stdout).contains("hidden-host"));
    }
}

/// Without anything sealed the release keeps its name, and Argo CD the Application.
#[test]
fn a_release_keeps_its_name() {
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/base/charts"), &workspace.at("charts"));
    workspace.write("app.yaml", APPLICATION.replace("valueFiles: [../../secret.sops.yaml], ", ""));
    workspace.spec("", "  - name: part\n    argocd: app.yaml\n");
    workspace.done(&["lock"]);
    workspace.done(&["handoff", "argocd", "--repository", "https://git.example/x"]);
    let application = read(&workspace, "argocd/applications/part.yaml");
    assert_eq!(application["metadata"]["name"], "demo");
    assert_eq!(application["spec"]["source"]["helm"]["releaseName"], "called");
    let guide = workspace.read("argocd/HANDOFF.md");
    assert!(guide.contains("Application argocd/demo") && guide.contains("app.yaml"), "{guide}");
    workspace.done(&["handoff", "flux"]);
    assert_eq!(read(&workspace, "flux/part/release.yaml")["spec"]["releaseName"], "called");
    workspace.done(&["build", "--no-check"]);
    let marked = workspace.done(&["open", "--for", "kubectl", "--helm-ownership", "result"]);
    assert!(marked.contains("meta.helm.sh/release-name: called\n"), "{marked}");
}
