//! `ichor drift` and `ichor adopt`: what happened to people who bootstrap by Talos and go on with GitOps, and a real API server.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::support::api_server::ApiServer;
use crate::support::peer::{HELMS, helm, needs};
use crate::support::program::Run;
use crate::support::workspace::Workspace;
use crate::support::{copy, judges, repository};

/// A repository with the bootstrap of a small Cilium and a release of it that agrees.
fn workspace() -> Workspace {
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

/// kubectl as the program finds it: every call is noted.
fn drift(workspace: &Workspace, server: &ApiServer, args: &[&str]) -> Run {
    let bin = workspace.at("bin");
    fs::create_dir_all(&bin).expect("made");
    let real = judges::folder().join("kubernetes/bin/kubectl");
    let script =
        format!("#!/bin/sh\necho \"$@\" >> {}\nexec {} \"$@\"\n", workspace.at("asked").display(), real.display());
    workspace.write("bin/kubectl", script);
    let mode = Command::new("chmod").arg("+x").arg(bin.join("kubectl")).status().expect("chmod runs");
    assert!(mode.success());
    let kubeconfig = server.kubeconfig().display().to_string();
    let mut command = workspace.command(&[args, &["--kubeconfig", &kubeconfig]].concat());
    let path = judges::path();
    let folders = std::iter::once(bin).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).expect("a PATH"));
    Run(command.output().expect("the program starts"))
}

fn findings(workspace: &Workspace, server: &ApiServer) -> Vec<String> {
    let run = drift(workspace, server, &["drift", "--cluster", "--format", "json"]);
    let json: Json = serde_json::from_str(&run.stdout()).unwrap_or_else(|_| panic!("{}{}", run.stdout(), run.stderr()));
    let mut found = Vec::new();
    for it in json["findings"].as_array().into_iter().flatten() {
        let head = format!("{} {}", it["code"].as_str().unwrap_or_default(), it["object"].as_str().unwrap_or_default());
        match it["fields"].as_array().filter(|it| !it.is_empty()) {
            Some(fields) if it["code"] == "W009" => {
                found.extend(
                    fields.iter().map(|field| format!("{head} {}", field["path"].as_str().unwrap_or_default())),
                );
            }
            _ => found.push(head),
        }
    }
    found.sort();
    assert_eq!(run.code(), i32::from(!found.is_empty()), "{}", run.stdout());
    found
}

#[test]
fn a_cluster_is_compared_field_by_field_and_never_written() {
    needs!(ApiServer, Openssl, Helms);
    let server = ApiServer::start();
    let workspace = workspace();
    workspace.done(&["build", "--no-check"]);
    let stream = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl", "result"]);
    assert_eq!(server.apply(&stream), Vec::<String>::new());
    assert_eq!(findings(&workspace, &server), Vec::<String>::new());
    planted(&workspace, &server);
    // What Talos would do is what an apply then does.
    let before = versions(&server);
    let asked = fs::read_to_string(workspace.at("asked")).expect("noted");
    assert!(asked.lines().all(|it| it.split(' ').any(|it| it == "get")), "{asked}");
    let json: Json = serde_json::from_str(
        &drift(&workspace, &server, &["drift", "--cluster", "--all", "--format", "json"]).stdout(),
    )
    .expect("JSON");
    assert_eq!(before, versions(&server), "nothing was written");
    server.done(&["annotate", "-n", "kube-system", "serviceaccount", "cilium", "config.k8s.io/owning-inventory-"]);
    let before = versions(&server);
    let path = workspace.at("stream.yaml").display().to_string();
    workspace.write("stream.yaml", &stream);
    server.done(&["apply", "--server-side", "--force-conflicts", "--field-manager", "talos", "--filename", &path]);
    let after = versions(&server);
    for it in json["objects"].as_array().expect("objects") {
        let name = it["object"].as_str().expect("a name");
        let (old, new) = (before.iter().find(|(it, _)| it == name), after.iter().find(|(it, _)| it == name));
        match it["upgrade"].as_str().expect("a fate") {
            "creates" => assert!(old.is_none() && new.is_some(), "{name}"),
            "updates" => assert!(old != new, "{name}"),
            "leavesAlone" => assert_eq!(old, new, "{name}"),
            "refused" => assert_eq!(name, "ServiceAccount kube-system/cilium"),
            "prunes" => assert_eq!(name, "ConfigMap kube-system/old-thing"),
            other => panic!("{name}: {other}"),
        }
    }
    adopted(&server);
}

/// Changes of every kind, and that they are found, and nothing else.
fn planted(workspace: &Workspace, server: &ApiServer) {
    let patch = |kind: &str, name: &str, patch: &str| {
        server.done(&["patch", "-n", "kube-system", kind, name, "--type=json", "--field-manager=helm", "-p", patch]);
    };
    let pod = "/spec/template/spec";
    let agent = "/spec/template/spec/containers/0";
    let of_daemon_set = [
        format!(r#"{{"op":"replace","path":"{agent}/image","value":"quay.io/cilium/cilium:v1.19.6"}}"#),
        format!(r#"{{"op":"replace","path":"{agent}/env/0/value","value":"c"}}"#),
        format!(r#"{{"op":"replace","path":"{pod}/hostNetwork","value":false}}"#),
        format!(r#"{{"op":"remove","path":"{pod}/tolerations"}}"#),
        format!(r#"{{"op":"replace","path":"{agent}/ports/0/hostPort","value":9963}}"#),
        format!(r#"{{"op":"replace","path":"{agent}/resources/requests/cpu","value":"2"}}"#),
        format!(r#"{{"op":"replace","path":"{agent}/resources/requests/memory","value":"1Gi"}}"#),
        format!(r#"{{"op":"add","path":"{agent}/env/-","value":{{"name":"MORE","value":"x"}}}}"#),
    ];
    patch("daemonset", "cilium", &format!("[{}]", of_daemon_set.join(",")));
    server.done(&["delete", "-n", "kube-system", "configmap", "cilium-config"]);
    patch("clusterrole", "cilium", r#"[{"op":"add","path":"/rules/0/verbs/-","value":"watch"}]"#);
    server.done(&["label", "-n", "kube-system", "service", "hubble", "extra=1"]);
    patch(
        "service",
        "hubble",
        r#"[{"op":"replace","path":"/spec/ports/0/targetPort","value":1},{"op":"replace","path":"/spec/selector","value":{"k8s-app":"other"}}]"#,
    );
    server.done(&["annotate", "-n", "kube-system", "serviceaccount", "cilium", "config.k8s.io/owning-inventory=flux"]);
    let crd = "gateways.gateway.networking.k8s.io";
    server.done(&["annotate", "crd", crd, "gateway.networking.k8s.io/bundle-version=v1.6.1", "--overwrite"]);
    let other = certificate(workspace);
    patch("secret", "hubble-certs", &format!(r#"[{{"op":"replace","path":"/data/tls.crt","value":"{other}"}}]"#));
    let entries = [
        "kube-system_old-thing__ConfigMap",
        "kube-system_cilium_apps_DaemonSet",
        "kube-system_coredns_apps_Deployment",
    ];
    let entries = entries.map(|it| format!("--from-literal={it}="));
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    server.done(
        &[&["create", "-n", "kube-system", "configmap", "talos-bootstrap-manifests-inventory"], &entries[..]].concat(),
    );
    let daemon_set = "W009 DaemonSet kube-system/cilium spec.template.spec";
    let mut expected = vec![
        format!("{daemon_set}.containers.agent.env.A.value"),
        format!("{daemon_set}.containers.agent.image"),
        format!("{daemon_set}.containers.agent.ports.m.hostPort"),
        format!("{daemon_set}.containers.agent.resources.requests.cpu"),
        format!("{daemon_set}.hostNetwork"),
        format!("{daemon_set}.tolerations"),
        "W008 ConfigMap kube-system/cilium-config".into(),
        "W009 ClusterRole cilium rules.0.verbs".into(),
        "W009 Service kube-system/hubble spec.ports.http.targetPort".into(),
        "W009 Service kube-system/hubble spec.selector.k8s-app".into(),
        "W010 Secret kube-system/hubble-certs".into(),
        format!("W011 CustomResourceDefinition {crd}"),
        "W013 ServiceAccount kube-system/cilium".into(),
        "W014 ConfigMap kube-system/old-thing".into(),
    ];
    expected.sort();
    assert_eq!(findings(workspace, server), expected);
    let said = drift(workspace, server, &["drift", "--cluster"]).stdout();
    for word in ["(owned by helm", "until ", "AdoptAll", "the next boot creates it", "upgrade-k8s deletes it"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}

fn certificate(workspace: &Workspace) -> String {
    let (key, cert) = (workspace.at("other.key"), workspace.at("other.crt"));
    let mut openssl = crate::support::peer::Peer::Openssl.command();
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "30", "-keyout"]);
    openssl.arg(&key).arg("-out").arg(&cert);
    assert!(openssl.output().expect("openssl runs").status.success());
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(fs::read(cert).expect("read"))
}

/// Every object that the test is about, and its version.
fn versions(server: &ApiServer) -> Vec<(String, String)> {
    let kinds = "configmaps,secrets,services,serviceaccounts,daemonsets,clusterroles,customresourcedefinitions";
    let listed: Json = serde_json::from_str(&server.done(&["get", kinds, "-A", "-o", "json"])).expect("JSON");
    let of = |it: &Json, key: &str| it["metadata"][key].as_str().unwrap_or_default().to_owned();
    let named = |it: &Json| {
        let (kind, namespace, name) = (it["kind"].as_str().unwrap_or_default(), of(it, "namespace"), of(it, "name"));
        let shown = if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") };
        (shown, of(it, "resourceVersion"))
    };
    listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(named)
        .filter(|it| !it.0.contains("extension-apiserver"))
        .collect()
}

/// A release that a real Helm installed: nothing differs, no certificate changes, and Helm goes on with it.
fn adopted(server: &ApiServer) {
    for version in HELMS {
        let major = version.split('.').next().expect("a major");
        let (name, namespace) = (format!("demo{major}"), format!("place{major}"));
        let _ = server.done(&["delete", "clusterrole", "cilium", "--ignore-not-found"]);
        let workspace = Workspace::new();
        copy(&repository().join("tests/data/gitops/drift"), workspace.path());
        let run = |args: &[&str]| {
            let mut command = Command::new(helm(version));
            command
                .args(args)
                .args(["-n", &namespace])
                .arg(workspace.at("charts/cilium"))
                .env("KUBECONFIG", server.kubeconfig());
            let output = command.env("HOME", workspace.path()).output().expect("helm runs");
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(&["install", &name, "--create-namespace", "--set", "debug=yes1,replicas=3"]);
        let folder = workspace.at("own").display().to_string();
        let chart = workspace.at("charts/cilium").display().to_string();
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
        let done = drift(&workspace, server, &args);
        assert!(done.code() == 0 && !done.stderr().contains("minted"), "{}", done.stderr());
        assert!(done.stderr().contains("imported"), "{}", done.stderr());
        let found = drift(&workspace, server, &["drift", &folder, "--cluster"]);
        assert_eq!(found.code(), 0, "{}{}", found.stdout(), found.stderr());
        let secrets = || {
            server.done(&[
                "get",
                "secret",
                "-n",
                &namespace,
                "cilium-ca",
                "hubble-certs",
                "-o",
                "jsonpath={.items[*].data}",
            ])
        };
        let before = secrets();
        run(&["upgrade", &name, "--reuse-values"]);
        assert_eq!(before, secrets());
        let again = drift(&workspace, server, &args);
        assert!(again.code() == 2 && again.stderr().contains("I001"), "{}", again.stderr());
        assert!(Path::new(&folder).join("values").is_dir());
    }
}
