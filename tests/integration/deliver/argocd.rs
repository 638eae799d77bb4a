//! A hand-over to Argo CD, which renders with `helm template` and asks no cluster.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

use crate::support::peer::{HELMS, helm, needs};
use crate::support::workspace::Workspace;
use crate::support::{copy, repository};
use ichor::object::document::{documents, json};

const URL: &str = "https://git.example/home.git";

fn application(workspace: &Workspace, part: &str) -> Json {
    json(&workspace.read(&format!("argocd/applications/{part}.yaml"))).expect("YAML")
}

/// The objects of a stream, by kind and name, without what an Application leaves as it is.
fn objects(stream: &str, application: &Json) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    for mut object in documents(stream).iter().filter_map(|it| it.json()).filter(|it| it["kind"].is_string()) {
        let name = |it: &Json| format!("{} {}", it["kind"], it["metadata"]["name"]);
        for ignored in application["spec"]["ignoreDifferences"].as_array().into_iter().flatten() {
            if ignored["kind"] != object["kind"] || ignored["name"] != object["metadata"]["name"] {
                continue;
            }
            for pointer in ignored["jsonPointers"].as_array().expect("pointers") {
                if let Some(value) = object.pointer_mut(pointer.as_str().expect("a text")) {
                    *value = Json::Null;
                }
            }
        }
        found.insert(name(&object), object);
    }
    found
}

/// What a real Helm renders for an Application.
fn rendered(version: &str, workspace: &Workspace, chart: &str, application: &Json) -> String {
    let source = &application["spec"]["source"]["helm"];
    workspace.write("of-application.yaml", source["values"].as_str().expect("values"));
    let mut command = Command::new(helm(version));
    let name = source["releaseName"].as_str().expect("a name");
    let namespace = application["spec"]["destination"]["namespace"].as_str().expect("a namespace");
    command.args([
        "template",
        name,
        chart,
        "--namespace",
        namespace,
        "--include-crds",
        "--kube-version",
        "1.34.1",
        "-f",
    ]);
    command.arg(workspace.at("of-application.yaml")).env("HOME", workspace.path()).current_dir(workspace.path());
    let output = command.output().expect("helm runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Beside what is left as it is, every render is the same, and the same as the bundle.
fn stays(workspace: &Workspace, part: &str, chart: &str) {
    workspace.done(&["handoff", "argocd", "--repository", URL]);
    workspace.done(&["build", "--no-check"]);
    let opened = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
    let application = application(workspace, part);
    let ours = objects(&opened, &application);
    for version in HELMS {
        let stream = rendered(version, workspace, chart, &application);
        assert_ne!(stream, rendered(version, workspace, chart, &application), "the chart makes something anew");
        for (name, object) in objects(&stream, &application) {
            assert_eq!(ours.get(&name), Some(&object), "{version}");
        }
    }
}

#[test]
fn what_is_made_anew_on_each_render_stays_as_it_is() {
    needs!(Helms);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    stays(&workspace, "beacon", "./chart");
    let guide = workspace.read("argocd/HANDOFF.md");
    assert!(guide.contains("Secret beacon-ca (/data/ca.crt, /data/ca.key)"), "{guide}");
    // A chart that looks for its certificates in the cluster finds none there, and other objects may show them.
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/drift"), workspace.path());
    let hook = "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: hook}\nwebhooks:\n  \
                - {name: a.example.org, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: https://a, caBundle: {{ $ca.Cert | b64enc }}}}\n\
                ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: sum, namespace: kube-system, annotations: {checksum/key: {{ $ca.Key | sha256sum }}}}\n";
    let template = workspace.read("charts/cilium/templates/all.yaml");
    workspace.write("charts/cilium/templates/all.yaml", format!("{template}{hook}"));
    workspace.spec(
        &format!("recipients:\n  - {}\n", workspace.recipient()),
        "  - {name: cilium, chart: ./charts/cilium, namespace: kube-system}\n",
    );
    workspace.done(&["lock"]);
    stays(&workspace, "cilium", "./charts/cilium");
    let told = application(&workspace, "cilium")["spec"]["ignoreDifferences"].to_string();
    assert!(
        told.contains("/webhooks/0/clientConfig/caBundle") && told.contains("/metadata/annotations/checksum~1key"),
        "{told}"
    );
}

#[test]
fn an_application_is_read_back_as_the_part_that_it_was() {
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/drift"), workspace.path());
    let head = format!("recipients:\n  - {}\n", workspace.recipient());
    workspace.spec(
        &head,
        "  - {name: cilium, chart: ./charts/cilium, namespace: kube-system, values: [{debug: 'yes', gone: null}]}\n",
    );
    workspace.done(&["lock"]);
    let digest = |workspace: &Workspace| {
        let lock = workspace.read("lockfiles/box.lock");
        lock.lines().filter(|it| it.contains("values: sha256:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = digest(&workspace);
    assert!(!before.is_empty());
    workspace.done(&["handoff", "argocd", "--repository", URL]);
    let bundle = json(&workspace.read("argocd/box.yaml")).expect("YAML");
    assert_eq!(bundle["spec"]["source"]["path"], "infrastructure/box/applications");
    assert_eq!(bundle["spec"]["syncPolicy"]["automated"]["prune"], false);
    workspace.spec(&head, "  - {name: cilium, argocd: argocd/applications/cilium.yaml}\n");
    workspace.done(&["lock"]);
    assert_eq!(digest(&workspace), before);
}

#[test]
fn what_argo_cd_cannot_take_is_said() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.refused(&["handoff", "argocd"], 2, &["D020", "--repository URL"]);
    workspace.refused(&["handoff", "argocd", "--repository", URL, "--sops"], 2, &["D016"]);
    assert!(!workspace.exists("argocd"));
    let said = workspace.run(&["handoff", "argocd", "--repository", URL, "--helm", "3.22"]).stderr();
    assert!(said.contains("Argo CD renders with Helm 3.22"), "{said}");
}
