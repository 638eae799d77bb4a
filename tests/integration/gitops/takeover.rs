//! A release takes over what a bootstrap made, by a real Helm: no Secret changes, and none is deleted.

use serde_json::Value as Json;

use super::adopt::helm_does;
use super::cluster::{only_read, run};
use crate::support::api_server::ApiServer;
use crate::support::conformance;
use crate::support::peer::{HELMS, needs};
use crate::support::workspace::Workspace;
use ichor::base::digest::Digest;

/// Cilium's own chart makes certificates on each render; from the hand-over on it is told the Secrets that are there, so that
/// they leave its release.
#[test]
fn an_upgrade_deletes_no_secret_that_leaves_the_release() {
    needs!(ApiServer, Helms, CiliumCharts);
    let chart = conformance().expect("charts").join("charts/cilium-1.19.6.tgz").display().to_string();
    for version in HELMS {
        // Cilium has namespaces of its own, which no two releases share.
        let server = ApiServer::start();
        let workspace = Workspace::new();
        let place = "place";
        workspace.write("values.yaml", "hubble: {relay: {enabled: true}, ui: {enabled: true}}\n");
        let values = workspace.at("values.yaml").display().to_string();
        let install = ["install", "cilium", &chart, "-n", place, "--create-namespace", "-f", &values];
        helm_does(version, &workspace, &server, &install);
        let adopt = ["adopt", "cilium", "-n", place, "--chart", &chart, "--talos", "1.13", "-r", workspace.recipient()];
        let folder = workspace.at("own").display().to_string();
        let adopted = run(&workspace, &server, &[&adopt[..], &["-o", &folder]].concat());
        assert!(adopted.code() == 0 && !adopted.stderr().contains("minted"), "{}", adopted.stderr());
        let found = run(&workspace, &server, &["drift", &folder, "--cluster"]);
        assert_eq!(found.code(), 0, "{}{}", found.stdout(), found.stderr());
        let before = secrets(&server, place);
        assert!(before.len() >= 3, "{before:?}");

        // An archive is none of Flux' sources, and a folder is.
        let tar =
            std::process::Command::new("tar").args(["-xzf", &chart, "-C"]).arg(&folder).status().expect("tar runs");
        assert!(tar.success());
        workspace.edit("own/ichor.yaml", &format!("chart: \"{chart}\""), "chart: ./cilium");
        workspace.done(&["lock", &folder]);
        let flux = workspace.at("flux").display().to_string();
        workspace.done(&["handoff", "flux", &folder, "-o", &flux]);
        let guide = workspace.read("flux/HANDOFF.md");
        for name in ["hubble-server-certs", "hubble-relay-client-certs"] {
            let command =
                format!("kubectl annotate --overwrite --namespace {place} secret {name} helm.sh/resource-policy=keep");
            assert!(guide.contains(&command), "{guide}");
        }
        // As Flux applies the folder: all but the release first.
        let keep = workspace.at("flux/cilium/keep.yaml").display().to_string();
        let apply =
            ["apply", "--server-side", "--force-conflicts", "--field-manager", "kustomize-controller", "-f", &keep];
        server.done(&apply);
        assert_eq!(secrets(&server, place), before);
        let text = workspace.read("flux/cilium/values.yaml");
        let map = ichor::object::document::documents(&text)[0].json().expect("a ConfigMap");
        workspace.write("later.yaml", map["data"]["values.yaml"].as_str().expect("values"));
        let later = workspace.at("later.yaml").display().to_string();
        let upgrade = ["upgrade", "cilium", &chart, "-n", place, "-f", &later];
        helm_does(version, &workspace, &server, &upgrade);
        assert_eq!(secrets(&server, place), before, "after the upgrade");
        helm_does(version, &workspace, &server, &upgrade);
        assert_eq!(secrets(&server, place), before, "after one more");
        assert!(only_read(&server) > 10);
    }
}

/// The Secrets of a namespace but for Helm's own, each as its name, and a digest of what it holds.
fn secrets(server: &ApiServer, namespace: &str) -> Vec<(String, String)> {
    let found = server.done(&["get", "secrets", "-n", namespace, "-o", "json"]);
    let found: Json = serde_json::from_str(&found).expect("JSON");
    let items = found["items"].as_array().expect("a list").iter();
    let own = items.filter(|it| it["type"] != "helm.sh/release.v1");
    own.map(|it| {
        (
            it["metadata"]["name"].to_string(),
            Digest::of(format!("{} {}", it["type"], it["data"]).as_bytes()).to_string(),
        )
    })
    .collect()
}
