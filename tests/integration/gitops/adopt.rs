//! `ichor adopt`: a release that a real Helm installed.

use std::fs;
use std::process::Command;

use super::cluster::{only_read, run};
use crate::support::api_server::ApiServer;
use crate::support::peer::{HELMS, helm, needs};
use crate::support::workspace::Workspace;
use crate::support::{copy, repository};

/// A real Helm with the chart of the workspace and the server.
pub(super) fn helm_does(version: &str, workspace: &Workspace, server: &ApiServer, args: &[&str]) {
    let mut command = Command::new(helm(version));
    command.args(args).env("KUBECONFIG", server.kubeconfig()).env("HOME", workspace.path());
    let output = command.output().expect("helm runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_release_of_helm_goes_on_with_its_certificates() {
    needs!(ApiServer, Helms);
    let server = ApiServer::start();
    for version in HELMS {
        let major = version.split('.').next().expect("a major");
        let (name, namespace) = (format!("demo{major}"), format!("place{major}"));
        server.done(&["delete", "clusterrole", "cilium", "--ignore-not-found"]);
        let workspace = Workspace::new();
        copy(&repository().join("tests/data/gitops/drift"), workspace.path());
        let chart = workspace.at("charts/cilium").display().to_string();
        let set = ["--create-namespace", "--set", "debug=yes1,replicas=3"];
        helm_does(version, &workspace, &server, &[&["install", &name, &chart, "-n", &namespace], &set[..]].concat());
        let folder = workspace.at("own").display().to_string();
        let args = [
            "adopt",
            &name,
            "-n",
            &namespace,
            "--chart",
            &chart,
            "--talos",
            "1.12",
            "-r",
            workspace.recipient(),
            "-o",
            &folder,
        ];
        let done = run(&workspace, &server, &args);
        assert!(done.code() == 0 && !done.stderr().contains("minted"), "{}", done.stderr());
        assert!(done.stderr().contains("imported"), "{}", done.stderr());
        let found = run(&workspace, &server, &["drift", &folder, "--cluster"]);
        assert_eq!(found.code(), 0, "{}{}", found.stdout(), found.stderr());
        let secrets = || {
            let args =
                ["get", "secret", "-n", &namespace, "cilium-ca", "hubble-certs", "-o", "jsonpath={.items[*].data}"];
            server.done(&args)
        };
        let before = secrets();
        helm_does(version, &workspace, &server, &["upgrade", &name, &chart, "-n", &namespace, "--reuse-values"]);
        assert_eq!(before, secrets());
        // What the bundle would be applied as changes no Secret either, nor does a takeover with the values of a hand-over.
        workspace.done(&["build", "--no-check", &folder]);
        let stream = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
        assert_eq!(server.upgrade(&stream), Vec::<String>::new());
        assert_eq!(before, secrets());
        let flux = workspace.at("flux").display().to_string();
        workspace.done(&["handoff", "flux", &folder, "-o", &flux]);
        let values = fs::read_to_string(workspace.at("flux").join(&name).join("values.yaml")).expect("handed over");
        let text = ichor::object::document::documents(&values)[0].json().expect("a ConfigMap");
        workspace.write("later.yaml", text["data"]["values.yaml"].as_str().expect("values"));
        let later = workspace.at("later.yaml").display().to_string();
        helm_does(
            version,
            &workspace,
            &server,
            &["upgrade", &name, &chart, "-n", &namespace, "-f", &later, "--force-conflicts"]
                [..if major == "3" { 7 } else { 8 }],
        );
        assert_eq!(before, secrets());
        let again = run(&workspace, &server, &args);
        assert!(again.code() == 2 && again.stderr().contains("I001"), "{}", again.stderr());
    }
    assert!(only_read(&server) > 10);
}
