//! No alarm that is none: the real renders, and values as people write them at home.
//!
//! `tests/data/alarms.txt` says what is wrong with the renders as they stand; once it is mended as the messages say, nothing is told.
//! A file of `tests/data/homelabs` is a spec with its values: the first line says whose, then `--- KEY: VALUE` for the chart's version, Talos,
//! Kubernetes and the release of the Gateway API whose CRDs stand before it, and sections: more of the `--- spec`, `--- values`, a
//! `--- manifest`, a machine `--- config`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::support::peer::needs;
use crate::support::workspace::Workspace;
use crate::support::{conformance, repository};

/// A spec with one Cilium.
#[derive(Default)]
struct Lab {
    chart: String,
    talos: String,
    kubernetes: String,
    namespace: String,
    /// Keys of the spec, each a line.
    spec: String,
    /// The layers of values, texts.
    values: Vec<String>,
    manifest: String,
    config: String,
    gateway: String,
}

/// The CRDs of a release of the Gateway API, as far as `check` reads them.
fn definitions(release: &str) -> String {
    let kinds: &[(&str, &str, &str, &[&str])] = &[
        ("gatewayclasses", "GatewayClass", "Cluster", &["v1", "v1beta1"]),
        ("gateways", "Gateway", "Namespaced", &["v1", "v1beta1"]),
        ("httproutes", "HTTPRoute", "Namespaced", &["v1", "v1beta1"]),
        ("grpcroutes", "GRPCRoute", "Namespaced", &["v1"]),
        ("referencegrants", "ReferenceGrant", "Namespaced", &["v1", "v1beta1"]),
        ("tlsroutes", "TLSRoute", "Namespaced", &["v1", "v1alpha2"]),
        ("backendtlspolicies", "BackendTLSPolicy", "Namespaced", &["v1"]),
    ];
    let one = |(plural, kind, scope, versions): &(&str, &str, &str, &[&str])| {
        let schema = "{openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}";
        let version = |(at, name): (usize, &&str)| {
            format!("{{name: {name}, served: true, storage: {}, schema: {schema}}}", at == 0)
        };
        let versions: Vec<String> = versions.iter().enumerate().map(version).collect();
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {plural}.gateway.networking.k8s.io\n  \
             annotations: {{gateway.networking.k8s.io/bundle-version: {release}}}\nspec:\n  group: gateway.networking.k8s.io\n  scope: {scope}\n  \
             names: {{kind: {kind}, plural: {plural}}}\n  versions: [{}]\n",
            versions.join(", ")
        )
    };
    kinds.iter().map(one).collect::<Vec<_>>().join("---\n")
}

impl Lab {
    /// What `check` tells, each as its code and its words.
    fn told(&self) -> Vec<(String, String)> {
        let workspace = Workspace::new();
        let archive = conformance().expect("the charts").join(format!("charts/cilium-{}.tgz", self.chart));
        let mut parts = String::new();
        for (name, text) in [("before", definitions(&self.gateway)), ("beside", self.manifest.clone())] {
            if (name == "before" && !self.gateway.is_empty()) || (name == "beside" && !text.is_empty()) {
                workspace.write(&format!("{name}.yaml"), text);
                parts.push_str(&format!("  - {{name: {name}, manifest: {name}.yaml}}\n"));
            }
        }
        let mut files = Vec::new();
        for (at, text) in self.values.iter().enumerate() {
            files.push(format!("values-{at}.yaml"));
            workspace.write(&files[at], text);
        }
        parts.push_str(&format!(
            "  - name: cilium\n    chart: {}\n    namespace: {}\n    values: [{}]\n",
            archive.display(),
            self.namespace,
            files.join(", ")
        ));
        workspace.write(
            "ichor.yaml",
            format!(
                "bundle: box\ntalos: \"{}\"\nkubernetes: \"{}\"\n{}recipients: [{}]\nparts:\n{parts}",
                self.talos,
                self.kubernetes,
                self.spec,
                workspace.recipient()
            ),
        );
        workspace.done(&["lock"]);
        let mut args = vec!["check", "--format", "json"];
        if !self.config.is_empty() {
            workspace.write("config.yaml", &self.config);
            args.extend(["--machine-config", "config.yaml"]);
        }
        let said = workspace.run(&args).stdout();
        let said: Json = serde_json::from_str(&said).expect("JSON");
        let found = said["diagnostics"].as_array().expect("a list");
        let text = |it: &Json, key: &str| it[key].as_str().expect("text").to_owned();
        found.iter().map(|it| (text(it, "code"), text(it, "message"))).collect()
    }
}

#[test]
fn values_as_people_write_them_at_home() {
    needs!(CiliumCharts);
    let folder = repository().join("tests/data/homelabs");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        let mut lab = Lab { namespace: "kube-system".into(), ..Lab::default() };
        for section in text.split("\n--- ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = format!("{}\n", body.trim_end_matches('\n'));
            match head.split_once(": ").unwrap_or((head, "")) {
                ("chart", it) => lab.chart = it.into(),
                ("talos", it) => lab.talos = it.into(),
                ("kubernetes", it) => lab.kubernetes = it.into(),
                ("gateway", it) => lab.gateway = it.into(),
                ("namespace", it) => lab.namespace = it.into(),
                ("spec", _) => lab.spec = body,
                ("values", _) => lab.values.push(body),
                ("manifest", _) => lab.manifest = body,
                ("config", _) => lab.config = body,
                (other, _) => panic!("{}: {other} is no section", file.display()),
            }
        }
        for (code, message) in lab.told() {
            wrong.push(format!("{}: {code} {message}", file.file_stem().expect("a name").display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the messages say to write, by code.
fn mend(lab: &mut Lab, code: &str, minor: &str) {
    match code {
        "C001" => lab.values.push(
            "securityContext: {capabilities: {ciliumAgent: [CHOWN, KILL, NET_ADMIN, NET_RAW, IPC_LOCK, SYS_ADMIN, SYS_RESOURCE, \
             DAC_OVERRIDE, FOWNER, SETGID, SETUID], cleanCiliumState: [NET_ADMIN, SYS_ADMIN, SYS_RESOURCE]}}\n"
                .into(),
        ),
        "C002" => lab.values.push("cgroup: {autoMount: {enabled: false}, hostRoot: /sys/fs/cgroup}\n".into()),
        "C005" => lab.config = "machine: {features: {hostDNS: {forwardKubeDNSToHost: false}}}\n".into(),
        "C006" => lab.values.push("ipam: {operator: {clusterPoolIPv4PodCIDRList: ~}}\n".into()),
        "C007" => lab.values.push("gatewayAPI: {gatewayClass: {create: \"true\"}}\n".into()),
        "C008" => lab.gateway = if minor == "1.20" { "v1.6.1".into() } else { "v1.4.1".into() },
        "C010" => lab.kubernetes = fitting(minor).1.into(),
        "C025" => lab.values.push("externalIPs: ~\ncommonLabels: ~\n".into()),
        "T004" => {
            lab.values.push("authentication: {mutual: {spire: {install: {existingNamespace: true}}}}\n".into());
            lab.manifest = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: cilium-spire\n  labels: {pod-security.kubernetes.io/enforce: privileged}\n".into();
        }
        other => panic!("{other} is not expected"),
    }
}

/// A Talos and a Kubernetes that a minor of Cilium goes with.
fn fitting(minor: &str) -> (&'static str, &'static str) {
    match minor {
        "1.16" => ("1.10", "1.30.2"),
        "1.18" => ("1.12", "1.33.4"),
        "1.19" => ("1.12", "1.34.2"),
        _ => ("1.13", "1.35.1"),
    }
}

#[test]
fn the_real_renders() {
    needs!(CiliumCharts);
    let shared = conformance().expect("the renders");
    let cases: Json =
        serde_json::from_str(&std::fs::read_to_string(shared.join("cases.json")).expect("cases")).expect("JSON");
    let rows = std::fs::read_to_string(repository().join("tests/data/alarms.txt")).expect("rows");
    let mut expected: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for row in rows.lines().filter(|it| !it.starts_with('#')) {
        let mut words = row.split(' ');
        let (minor, profile) = (words.next().expect("a minor"), words.next().expect("a profile"));
        let minors = if minor == "all" { vec!["1.16", "1.18", "1.19", "1.20"] } else { vec![minor] };
        for minor in minors {
            expected.entry((minor.into(), profile.into())).or_default().extend(words.clone());
        }
    }
    let (mut tried, mut wrong) = (0, Vec::new());
    for version in ["1.16.5", "1.18.5", "1.19.6", "1.20.0"] {
        let minor = &version[..4];
        for case in cases.as_array().expect("a list") {
            let name = case["id"].as_str().expect("a name");
            let (talos, kubernetes) = fitting(minor);
            let asked = case["kube_version"].as_str().map(|it| it.trim_start_matches('v'));
            let profile = |it: &Json| {
                let file = shared.join(format!("profiles/{}.yaml", it.as_str().expect("a name")));
                std::fs::read_to_string(file).expect("values")
            };
            let listed = if case["api_versions"].is_null() { "[]".into() } else { case["api_versions"].to_string() };
            let mut lab = Lab {
                chart: version.into(),
                // Talos 1.10 to 1.12 take every Kubernetes that the cases ask for.
                talos: if asked.is_some() && minor == "1.20" { "1.12".into() } else { talos.into() },
                kubernetes: asked.unwrap_or(kubernetes).into(),
                namespace: case["namespace"].as_str().expect("a name").into(),
                spec: format!("apiVersions: {listed}\n"),
                values: case["values"].as_array().expect("a list").iter().map(profile).collect(),
                ..Lab::default()
            };
            let mut wanted = expected.remove(&(minor.to_owned(), name.to_owned())).unwrap_or_default();
            wanted.sort_unstable();
            let told = lab.told();
            let mut codes: Vec<&str> = told.iter().map(|it| it.0.as_str()).collect();
            codes.sort_unstable();
            if codes != wanted {
                wrong.push(format!("{version} {name}: {wanted:?} is so, and this was told: {told:?}"));
            }
            codes.dedup();
            codes.iter().for_each(|it| mend(&mut lab, it, minor));
            // A machine config or a spec may be all that changes.
            if let Some(left) = Some(lab.told()).filter(|it| !it.is_empty()) {
                wrong.push(format!("{version} {name}: still told once it is mended: {left:?}"));
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 40);
    assert!(expected.is_empty(), "rows of no case: {expected:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
