//! `ichor adopt`: a release that Flux runs, by its objects in the cluster.

use std::fs;

use super::adopt::helm_does;
use super::cluster::{only_read, run};
use crate::support::api_server::ApiServer;
use crate::support::peer::{HELMS, needs};
use crate::support::workspace::Workspace;
use crate::support::{copy, repository};

fn definition(group: &str, version: &str, kind: &str, plural: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.{group}}}\nspec:\n  group: {group}\n  \
         scope: Namespaced\n  names: {{kind: {kind}, plural: {plural}}}\n  versions:\n    - name: {version}\n      served: true\n      storage: true\n      \
         schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n---\n"
    )
}

const OBJECTS: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: cilium, namespace: home}
spec: {url: 'oci://registry.invalid/charts/cilium', ref: {tag: 1.19.4}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: more, namespace: home}
data: {values.yaml: 'debug: \"no ${VARIABLE} of ours\"'}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden, namespace: home}
stringData: {values.yaml: 'extra: {note: zebra-crossing}'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: net, namespace: home}
spec:
  interval: 1h
  releaseName: cilium
  targetNamespace: kube-system
  chartRef: {kind: OCIRepository, name: cilium}
  valuesFrom: [{kind: ConfigMap, name: more}, {kind: Secret, name: hidden}]
  values: {replicas: 3}
";

#[test]
fn a_release_of_flux_is_adopted_from_its_objects() {
    needs!(ApiServer, Helms);
    let server = ApiServer::start();
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/drift"), workspace.path());
    let chart = workspace.at("charts/cilium").display().to_string();
    let apply = |text: &str| {
        workspace.write("apply.yaml", text);
        server.done(&["apply", "-f", &workspace.at("apply.yaml").display().to_string()]);
    };
    server.done(&["create", "namespace", "home"]);
    apply(
        &(definition("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases")
            + &definition("source.toolkit.fluxcd.io", "v1", "OCIRepository", "ocirepositories")),
    );
    let crds = ["helmreleases.helm.toolkit.fluxcd.io", "ocirepositories.source.toolkit.fluxcd.io"];
    for it in crds {
        server.done(&["wait", "--for=condition=Established", "crd", it]);
    }
    apply(OBJECTS);
    let values = "debug: 'no ${VARIABLE} of ours'\nextra: {note: zebra-crossing}\nreplicas: 3\n";
    workspace.write("installed.yaml", values);
    let file = workspace.at("installed.yaml").display().to_string();
    helm_does(HELMS[0], &workspace, &server, &["install", "cilium", &chart, "-n", "kube-system", "-f", &file]);
    let own = |folder: &str| workspace.at(folder).display().to_string();
    let args = ["adopt", "net", "-n", "home", "--talos", "1.13", "-r", workspace.recipient()];
    // The chart is sought where Flux has it.
    let said = run(&workspace, &server, &[&args[..], &["-o", &own("sought")]].concat());
    assert!(said.code() != 0 && said.stderr().contains("registry.invalid"), "{}", said.stderr());
    assert!(said.stderr().contains("charts/cilium"), "{}", said.stderr());
    assert!(!workspace.at("sought").exists(), "nothing is left of what failed");
    // Flux keeps Helm's account in the namespace of the HelmRelease, or there is none any more.
    let accounts = server.done(&["get", "secrets", "-n", "kube-system", "-l", "owner=helm", "-o", "json"]);
    for (folder, moved) in [("moved", true), ("gone", false)] {
        let output = own(folder);
        let args = [&args[..], &["--chart", &chart, "-o", &output]].concat();
        match moved {
            true => apply(&accounts.replace("\"namespace\": \"kube-system\"", "\"namespace\": \"home\"")),
            false => drop(server.done(&["delete", "secrets", "-A", "-l", "owner=helm"])),
        }
        let done = run(&workspace, &server, &args);
        assert!(done.code() == 0 && !done.stderr().contains("minted"), "{folder}: {}", done.stderr());
        assert!(done.stderr().contains("sealed extra.note"), "{}", done.stderr());
        for entry in fs::read_dir(workspace.at(folder).join("values")).expect("a folder") {
            let text = fs::read_to_string(entry.expect("an entry").path()).expect("read");
            assert!(!text.contains("zebra-crossing"), "{text}");
        }
        let values = workspace.read(&format!("{folder}/values/cilium.yaml"));
        assert_eq!(values, "debug: no ${VARIABLE} of ours\nreplicas: 3\n");
        let found = run(&workspace, &server, &["drift", &own(folder), "--cluster"]);
        assert_eq!(found.code(), 0, "{folder}: {}{}", found.stdout(), found.stderr());
        // A folder above that holds locks would be the workspace of the next one, too.
        drop(fs::remove_dir_all(workspace.at("lockfiles")));
    }
    assert!(only_read(&server) > 10);
}
