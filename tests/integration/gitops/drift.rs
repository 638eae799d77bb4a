//! `ichor drift` beside GitOps: what happened to people who bootstrap by Talos and go on with it.

use serde_json::Value as Json;

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;
use crate::support::{copy, repository};

/// A repository with the bootstrap of a small Cilium and a release of it that agrees.
pub(super) fn workspace() -> Workspace {
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/drift"), workspace.path());
    let head = format!("recipients:\n  - {}\n", workspace.recipient());
    workspace.spec(
        &head,
        "  - {name: gateway, manifest: crds/gateway.yaml}\n  - {name: cilium, chart: ./charts/cilium, namespace: kube-system, \
         values: [{debug: \"false\"}]}\n",
    );
    workspace.edit("ichor.yaml", "talos: \"1.12\"", "talos: \"1.13\"");
    workspace.done(&["lock"]);
    workspace
}

fn told(workspace: &Workspace, args: &[&str]) -> (i32, String) {
    let run = workspace.run(&[&["drift"], args].concat());
    (run.code(), run.stdout() + &run.stderr())
}

fn caught(workspace: &Workspace, code: &str, words: &[&str]) {
    let (exit, said) = told(workspace, &["--git", "."]);
    assert_eq!(exit, 1, "{said}");
    for word in [&[code], words].concat() {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
}

fn silent(workspace: &Workspace) {
    let (exit, said) = told(workspace, &["--git", "."]);
    assert_eq!(exit, 0, "{said}");
}

const RELEASE: &str = "apps/cilium.yaml";

#[test]
fn the_bootstrap_stays_behind_the_release() {
    let workspace = workspace();
    silent(&workspace);
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.19.6");
    caught(&workspace, "W002", &["1.19.4", "1.19.6", "upgrade-k8s"]);
    assert!(told(&workspace, &["--git", ".", "--fix"]).1.contains("ichor upgrade cilium 1.19.6 --write"));
    workspace.edit("charts/cilium/Chart.yaml", "version: 1.19.4", "version: 1.19.6");
    workspace.done(&["lock"]);
    silent(&workspace);
}

#[test]
fn a_step_skips_a_minor() {
    let workspace = workspace();
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.21.0");
    caught(&workspace, "W007", &["1.20", "one minor at a time"]);
    workspace.edit(RELEASE, "tag: 1.21.0", "tag: 1.20.1");
    let said = told(&workspace, &["--git", "."]).1;
    assert!(said.contains("W002") && !said.contains("W007"), "{said}");
}

#[test]
fn a_chart_makes_certificates_anew_on_each_render() {
    let workspace = workspace();
    workspace.edit(RELEASE, "values: {debug: \"false\"}", "values: {debug: \"false\", remint: true}");
    caught(&workspace, "W005", &["Secret kube-system/hubble-certs", "anew"]);
    workspace.edit(RELEASE, ", remint: true", "");
    silent(&workspace);
}

#[test]
fn cilium_and_the_crds_move_apart() {
    let workspace = workspace();
    for path in [RELEASE, "ichor.yaml"] {
        workspace.edit(path, "debug: \"false\"", "debug: \"false\", gatewayAPI: {enabled: true}");
    }
    workspace.done(&["lock"]);
    silent(&workspace);
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.20.1");
    caught(&workspace, "W006", &["v1.6.1", "v1.4.1"]);
    workspace.edit(RELEASE, "tag: 1.20.1", "tag: 1.19.4");
    let url = "https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.3.0/standard-install.yaml";
    workspace.write("gateway/kustomization.yaml", format!("resources: [{url}]\n"));
    caught(&workspace, "W006", &["v1.3.0", "gateway/kustomization.yaml"]);
    workspace.write("gateway/kustomization.yaml", format!("resources: [{}]\n", url.replace("v1.3.0", "v1.4.1")));
    silent(&workspace);
}

#[test]
fn every_printer_tells_the_same() {
    let workspace = workspace();
    workspace.edit(RELEASE, "debug: \"false\"", "debug: \"<b>\"");
    for format in ["text", "markdown", "html", "json"] {
        let (exit, said) = told(&workspace, &["--git", ".", "--format", format]);
        assert!(exit == 1 && said.contains("W004") && said.contains("debug"), "{format}: {said}");
        assert!(format != "html" || !said.contains("<b>\"") && said.contains("&lt;b&gt;"), "{said}");
    }
    let json: Json = serde_json::from_str(&told(&workspace, &["--git", ".", "--format", "json"]).1).expect("JSON");
    assert_eq!(json["findings"][0]["fields"][0]["found"], "<b>");
}

/// The same release as an Application of Argo CD, and in a helmfile.
#[test]
fn the_bootstrap_stays_behind_other_tools() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cilium, namespace: argocd}\nspec:\n  \
                       destination: {namespace: kube-system}\n  source:\n    repoURL: quay.io/cilium/charts\n    chart: cilium\n    \
                       targetRevision: 1.19.4\n    helm: {valuesObject: {debug: \"false\"}}\n";
    let helmfile = "releases:\n  - name: cilium\n    namespace: kube-system\n    chart: oci://quay.io/cilium/charts/cilium\n    version: 1.19.4\n    \
                    values: [{debug: \"false\"}]\n";
    for (path, text) in [("apps/application.yaml", application), ("helmfile.yaml", helmfile)] {
        let workspace = workspace();
        std::fs::remove_file(workspace.at(RELEASE)).expect("removed");
        workspace.write(path, text);
        silent(&workspace);
        workspace.edit(path, "1.19.4", "1.19.6");
        caught(&workspace, "W002", &["1.19.4", "1.19.6", "upgrade-k8s"]);
        workspace.edit(path, "1.19.6", "1.19.4");
        workspace.edit(path, "\"false\"", "\"true\"");
        caught(&workspace, "W004", &["debug"]);
    }
}

/// A set of Applications, one of which is the bootstrap's; of a set whose elements only a cluster knows, that is said.
#[test]
fn the_bootstrap_stays_behind_an_element_of_a_set() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: net, namespace: argocd}\nspec:\n  generators:\n    - list:\n        elements:\n          \
               - {name: other, version: 9.9.9}\n          - {name: cilium, version: 1.19.4}\n  template:\n    metadata: {name: '{{name}}'}\n    spec:\n      \
               destination: {namespace: kube-system}\n      sources:\n        - repoURL: quay.io/cilium/charts\n          chart: '{{name}}'\n          targetRevision: '{{version}}'\n          \
               helm: {valuesObject: {debug: \"false\"}}\n";
    let workspace = workspace();
    std::fs::remove_file(workspace.at(RELEASE)).expect("removed");
    workspace.write("apps/set.yaml", set);
    silent(&workspace);
    workspace.edit("apps/set.yaml", "version: 1.19.4", "version: 1.19.6");
    caught(&workspace, "W002", &["1.19.4", "1.19.6", "upgrade-k8s"]);
    workspace.edit("apps/set.yaml", "list:\n        elements:", "clusters:\n        elements:");
    let said = told(&workspace, &["--git", "."]).1;
    assert!(said.contains("set.yaml` was not compared") && said.contains("only lists"), "{said}");
}

/// Every command of `--fix` is printed once, and none is run.
#[test]
fn commands_are_printed_and_none_is_run() {
    let workspace = workspace();
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.19.6");
    workspace.edit(RELEASE, "debug: \"false\"", "debug: \"true\", remint: true");
    let before = (workspace.read("ichor.yaml"), workspace.lock());
    let (exit, said) = told(&workspace, &["--git", ".", "--fix"]);
    assert_eq!(exit, 1);
    let lines: Vec<&str> = said.lines().collect();
    let of = |start: &str| lines.iter().filter(|it| it.starts_with(start)).count();
    assert_eq!(
        (of("ichor upgrade cilium 1.19.6 --write"), of("ichor handoff flux "), of("# write `flux:`")),
        (1, 1, 1),
        "{said}"
    );
    assert_eq!(lines.len(), 3, "{said}");
    assert_eq!(before, (workspace.read("ichor.yaml"), workspace.lock()));
}

/// The order in which a cluster moves: the latest patch, one minor at a time, definitions before what needs them.
#[test]
fn an_upgrade_says_what_has_to_move_first() {
    needs!(DockerRegistry, HelmSdk);
    let versions = ["1.19.4", "1.19.6", "1.20.1", "1.21.0"].map(|it| ("cilium", it));
    let registry = Registry::with(Kind::Plain, &versions);
    let parts = format!("  - name: net\n    chart: oci://{}/charts/cilium\n    version: 1.19.4\n", registry.host);
    let workspace = Workspace::with(&registry.head(), &parts);
    workspace.done(&["lock"]);
    for (to, has, lacks) in [
        ("1.19.6", &[][..], &["latest patch", "skips", "Gateway API"][..]),
        ("1.20.1", &["before it, take the latest patch of 1.19", "Gateway API's CRDs from v1.6.1 on"], &["skips"]),
        ("1.21.0", &["skips 1.20", "one minor at a time"], &["before it"]),
    ] {
        let run = workspace.run(&["upgrade", "net", to]);
        let said = run.stdout() + &run.stderr();
        assert!(has.iter().all(|it| said.contains(it)), "{to}: {said}");
        assert!(!lacks.iter().any(|it| said.contains(it)), "{to}: {said}");
    }
}

#[test]
fn check_says_what_the_takeover_changes() {
    let workspace = workspace();
    let release = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cilium}\nspec:\n  destination: {namespace: kube-system}\n  \
                   source: {repoURL: https://git.example/home.git, path: charts/cilium, helm: {valuesObject: {debug: \"false\"}}}\n";
    workspace.write("apps/application.yaml", release);
    let head = format!("recipients:\n  - {}\n", workspace.recipient());
    workspace
        .spec(&head, "  - {name: cilium, argocd: apps/application.yaml, values: [{debug: \"true\", image: other}]}\n");
    workspace.done(&["lock"]);
    let said = workspace.run(&["check"]).stderr();
    for word in ["part cilium", "debug: \"true\" -> \"false\"", "image: \"other\" -> not set"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
