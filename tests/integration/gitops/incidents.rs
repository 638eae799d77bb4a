//! Six things that happened to people who bootstrap Cilium by Talos and go on with GitOps: each is caught by one command, which is
//! silent after the cure.

use super::cluster::{only_read, run};
use super::drift::workspace;
use crate::support::api_server::ApiServer;
use crate::support::peer::needs;
use crate::support::program::filter;
use crate::support::workspace::Workspace;

const RELEASE: &str = "apps/cilium.yaml";
const IN_GIT: [&str; 3] = ["drift", "--git", "."];
const IN_CLUSTER: [&str; 2] = ["drift", "--cluster"];

fn caught(said: (i32, String), words: &[&str]) {
    let (exit, said) = said;
    assert_eq!(exit, 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
}

fn silent(said: (i32, String)) {
    assert_eq!(said.0, 0, "{}", said.1);
}

fn git(workspace: &Workspace) -> (i32, String) {
    let run = workspace.run(&IN_GIT);
    (run.code(), run.stdout() + &run.stderr())
}

fn cluster(workspace: &Workspace, server: &ApiServer) -> (i32, String) {
    let run = run(workspace, server, &IN_CLUSTER);
    (run.code(), run.stdout() + &run.stderr())
}

/// What the bootstrap of a workspace makes, in the cluster.
fn bootstrapped(workspace: &Workspace, server: &ApiServer) {
    workspace.done(&["build", "--no-check"]);
    let stream = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
    // Kinds of its own are known in a second pass.
    let _ = server.apply(&stream);
    assert_eq!(server.apply(&stream), Vec::<String>::new());
}

fn moves_to(workspace: &Workspace, version: &str) {
    for (file, from) in [("charts/cilium/Chart.yaml", "version: "), ("charts/cilium/values.yaml", "cilium:v")] {
        workspace.edit(file, &format!("{from}1.19.4"), &format!("{from}{version}"));
    }
    workspace.done(&["lock", "-i", "key.txt"]);
}

/// A rebuild or `upgrade-k8s` would have brought the old Cilium back.
#[test]
fn the_inline_manifest_stays_at_an_older_cilium() {
    let workspace = workspace();
    silent(git(&workspace));
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.19.6");
    caught(git(&workspace), &["W002", "1.19.4", "1.19.6", "upgrade-k8s"]);
    moves_to(&workspace, "1.19.6");
    silent(git(&workspace));
}

/// The keys were carried over by hand; here the commands that are printed do it.
#[test]
fn a_new_render_makes_another_ca() {
    needs!(ApiServer);
    let server = ApiServer::start();
    let runs = workspace();
    bootstrapped(&runs, &server);
    // The same spec, locked anew.
    let workspace = workspace();
    caught(cluster(&workspace, &server), &["W010", "Secret kube-system/cilium-ca", "Cilium CA", "sha256:", "until 20"]);
    let fix = run(&workspace, &server, &["drift", "--cluster", "--fix"]).stdout();
    let imports: Vec<&str> = fix.lines().filter(|it| it.contains("--import-secret")).collect();
    assert!(!imports.is_empty(), "{fix}");
    for line in imports {
        let (get, import) = line.split_once(" | ").expect("a pipe");
        let get: Vec<&str> = get.split_whitespace().skip(1).collect();
        let secret = server.done(&get);
        let import = import.replace("KEY", "key.txt");
        let import: Vec<&str> = import.split_whitespace().skip(1).collect();
        drop(filter(&mut workspace.command(&import), secret.as_bytes()));
    }
    silent(cluster(&workspace, &server));
    assert!(only_read(&server) > 10);
}

/// Upgrades pass through the latest patch, and then one minor at a time.
#[test]
fn an_upgrade_skips_a_minor() {
    let workspace = workspace();
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.21.0");
    caught(git(&workspace), &["W007", "1.20", "one minor at a time"]);
    workspace.edit(RELEASE, "tag: 1.21.0", "tag: 1.19.4");
    silent(git(&workspace));
}

/// Flux reported each five minutes that it could not correct what had drifted.
#[test]
fn a_chart_makes_certificates_anew_on_each_render() {
    let workspace = workspace();
    for path in [RELEASE, "ichor.yaml"] {
        workspace.edit(path, "debug: \"false\"", "debug: \"false\", remint: true");
    }
    workspace.done(&["lock", "-i", "key.txt"]);
    caught(git(&workspace), &["W005", "Secret kube-system/hubble-certs", "anew"]);
    for path in [RELEASE, "ichor.yaml"] {
        workspace.edit(path, ", remint: true", "");
    }
    workspace.done(&["lock", "-i", "key.txt"]);
    silent(git(&workspace));
}

/// Talos put 1.19.4 back while Flux said Ready.
#[test]
fn talos_puts_back_what_gitops_has_left() {
    needs!(ApiServer);
    let server = ApiServer::start();
    let workspace = workspace();
    bootstrapped(&workspace, &server);
    silent(cluster(&workspace, &server));
    // GitOps moves on by itself.
    let image = "agent=quay.io/cilium/cilium:v1.19.6";
    server.done(&["set", "image", "-n", "kube-system", "daemonset/cilium", image]);
    let words = ["W009", "DaemonSet kube-system/cilium", "v1.19.4", "v1.19.6", "owned by", "updates"];
    caught(cluster(&workspace, &server), &words);
    moves_to(&workspace, "1.19.6");
    silent(cluster(&workspace, &server));
    assert!(only_read(&server) > 10);
}

/// A cluster whose definitions are newer than those among Talos' manifests.
#[test]
fn talos_would_take_definitions_back() {
    needs!(ApiServer);
    let server = ApiServer::start();
    let workspace = workspace();
    bootstrapped(&workspace, &server);
    let newer = workspace.read("crds/gateway.yaml").replace("v1.4.1", "v1.5.0").replace(
        "    - {name: v1,",
        "    - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}\n    - {name: v1,",
    );
    workspace.write("newer.yaml", &newer);
    let path = workspace.at("newer.yaml").display().to_string();
    server.done(&[
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager",
        "kustomize-controller",
        "-f",
        &path,
    ]);
    caught(
        cluster(&workspace, &server),
        &["W011", "gateways.gateway.networking.k8s.io", "v1.5.0", "v1.4.1", "take it back"],
    );
    workspace.write("crds/gateway.yaml", newer);
    workspace.done(&["lock", "-i", "key.txt"]);
    silent(cluster(&workspace, &server));
    assert!(only_read(&server) > 10);
}

/// Cilium in GitOps and its Gateway API among Talos' manifests, upgraded apart.
#[test]
fn cilium_and_its_definitions_move_apart() {
    let workspace = workspace();
    for path in [RELEASE, "ichor.yaml"] {
        workspace.edit(path, "debug: \"false\"", "debug: \"false\", gatewayAPI: {enabled: true}");
    }
    workspace.done(&["lock"]);
    silent(git(&workspace));
    workspace.edit(RELEASE, "tag: 1.19.4", "tag: 1.20.1");
    caught(git(&workspace), &["W006", "v1.6.1", "v1.4.1"]);
    // The definitions go first, then the bootstrap follows.
    workspace.edit("crds/gateway.yaml", "v1.4.1", "v1.6.1");
    moves_to(&workspace, "1.20.1");
    silent(git(&workspace));
}
