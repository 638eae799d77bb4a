//! The examples as they stand: fetched from mirrors on loopback, locked, vendored, built without a network, and opened for
//! every target; what comes out is held against the real Helm.
//!
//! The charts are those of Cilium; a chart of our own goes the same way where they are not here.

mod admitted;
pub mod example;
mod judged;
mod own;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use ichor::object::document::{Head, documents};

use crate::support::peer::{Peer, needs};
use crate::support::repository;
use example::Example;

/// Every object of a stream, by what it is; what a render makes up is left out.
fn objects(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for document in documents(text) {
        let Some(tree) = document.tree() else { continue };
        let head = Head::of(tree.root());
        let Ok(Value::Map(object)) = yaml::read(document.text.as_bytes()) else {
            panic!("no object: {}", document.text)
        };
        if head.kind == "Secret"
            && let Some(Value::Map(data)) = object.get("data")
        {
            for (key, value) in data.to_vec() {
                assert!(matches!(value, Value::Str(ref it) if !it.is_empty()), "{head} has a {key:?}");
                data.insert(key, "masked".into());
            }
        }
        let text = yaml::write(&Value::Map(object)).expect("written").to_text().into_owned();
        // The CA's public half is also in ConfigMaps.
        let text = mask_certificates(&text);
        assert!(found.insert(format!("{} {head}", head.api_version), text).is_none(), "{head} stands twice");
    }
    found
}

fn mask_certificates(text: &str) -> String {
    let mut inside = false;
    let keep = |line: &&str| {
        let begins = line.contains("-----BEGIN");
        let ends = line.contains("-----END");
        inside = (inside || begins) && !ends;
        !(inside || ends)
    };
    text.lines().filter(keep).map(|it| format!("{it}\n")).collect()
}

/// The text of the inline manifests in a patch or config of either form.
fn inline(config: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let text = |map: &Map, key: &str| match map.get(key) {
        Some(Value::Str(text)) => text.to_text().into_owned(),
        other => panic!("{key}: {other:?}"),
    };
    for document in helm_engine::yaml::node::parse_all(config.as_bytes()).expect("YAML") {
        let Ok(Value::Map(map)) = document.root().value() else { continue };
        if map.contains("manifest") {
            found.insert(text(&map, "name"), text(&map, "manifest"));
        }
        let Some(Value::Map(cluster)) = map.get("cluster") else { continue };
        let Some(Value::List(list)) = cluster.get("inlineManifests") else { continue };
        for entry in list.items().iter() {
            let Value::Map(entry) = entry else { panic!("an entry is a mapping") };
            found.insert(text(entry, "name"), text(entry, "contents"));
        }
    }
    found
}

const CONFIG: &str = "# ours\nversion: v1alpha1\nmachine:\n  type: controlplane # c\ncluster:\n  controlPlane:\n    endpoint: https://10.0.0.10:6443\n  network:\n    cni:\n      name: none\n# end\n";

/// A bundle with one chart among its parts.
struct Case<'a> {
    workspace: &'a Example,
    /// The part that is the chart, and the manifest it becomes.
    part: &'a str,
    manifest: &'a str,
    namespace: &'a str,
    api_versions: &'a [&'a str],
    values: &'a [&'a str],
}

impl Case<'_> {
    /// Locks, checks, vendors, and opens for each target what was built without a network.
    fn check(&self) {
        let Case { workspace, manifest, .. } = *self;
        let spec = workspace.spec.as_str();
        workspace.done(&["lock", spec]);
        self.check_lock();
        workspace.done(&["vendor", spec]);
        workspace.drop_cache();
        let checked = workspace.done_offline(&["check", "--format", "json", spec]);
        let checked: serde_json::Value = serde_json::from_str(&checked).expect("JSON");
        assert_eq!(checked["diagnostics"], serde_json::json!([]), "{spec}: check finds nothing");
        workspace.done_offline(&["build", spec]);
        workspace.done_offline(&["verify", "--spec", spec]);

        // Talos: the folder, and the same patch on standard output.
        self.open("talos", "talos/");
        let patch = workspace.read("talos/controlplane.yaml");
        assert_eq!(self.open("talos", "-"), patch);
        assert!(!patch.contains("<sealed:"), "{spec}: every hole is filled");
        let all = workspace.read("talos/all.yaml");
        if all.contains("kind: KubePrismConfig") {
            // Talos 1.14 takes what is about Flannel and kube-proxy on control planes alone.
            assert_eq!(all.matches("kind: ").count(), 1, "{all}");
            let network = workspace.read("talos/network.yaml");
            assert!(network.contains("kind: KubeFlannelCNIConfig\n$patch: delete\n"), "{network}");
            assert!(network.contains("kind: KubeProxyConfig\nenabled: false\n"), "{network}");
        } else {
            assert!(all.contains("name: none") && all.contains("proxy:\n    disabled: true\n"), "{all}");
        }
        let manifests = inline(&patch);

        // One file per manifest, and that of the chart is Helm's own render.
        self.open("files", "files/");
        for (name, text) in &manifests {
            assert_eq!(&workspace.read(&format!("files/{name}.yaml")), text);
        }
        self.same_as_helm(&format!("files/{manifest}.yaml"));

        // One stream, and the neighbours hold the same objects.
        let whole: String = manifests.values().map(|it| format!("---\n{it}")).collect();
        let stream = self.open("kubectl", "-");
        assert_eq!(objects(&stream), objects(&whole));
        let kinds: Vec<String> =
            documents(&stream).iter().filter_map(|it| Some(Head::of(it.tree()?.root()).kind)).collect();
        let rank = |it: &String| match it.as_str() {
            "Namespace" => 0,
            "CustomResourceDefinition" => 1,
            _ => 2,
        };
        assert!(kinds.iter().map(rank).is_sorted(), "{kinds:?}");
        self.check_neighbours(&manifests);
        self.check_config(&manifests);
        self.workspace.done(&[
            "open",
            "--for",
            "flux",
            "--new-keys",
            "--spec",
            &self.workspace.spec,
            "-i",
            "key.txt",
            "-o",
            "flux/",
        ]);
        let release = workspace.read(&format!("flux/{}/release.yaml", self.part));
        assert!(release.contains(&format!("releaseName: {}\n", self.part)), "{release}");
        let source = workspace.read(&format!("flux/{}/source.yaml", self.part));
        let lock = workspace.lock();
        let manifest = lock.lines().find_map(|it| it.trim().strip_prefix("manifest: ")).expect("a manifest");
        assert!(source.contains(&format!("    digest: {manifest}\n")), "{source}");
        eprintln!("{}: {}", self.workspace.name(), checked["sizes"]);

        // What is opened is for its owner alone.
        use std::os::unix::fs::PermissionsExt;
        for (path, mode) in [
            ("talos", 0o700),
            ("talos/controlplane.yaml", 0o600),
            ("omni/manifests", 0o700),
            ("controlplane.yaml", 0o600),
        ] {
            let found = fs::metadata(workspace.path(path)).expect("written").permissions().mode() & 0o777;
            assert_eq!(found, mode, "{path}");
        }
        // A build hands the same over with its holes, and needs no key.
        let built = workspace.done_offline(&["build", spec, "--for", "kubectl", "-o", "-"]);
        assert_eq!(objects(&built).len(), objects(&stream).len());
        let keys = objects(&stream).keys().any(|it| it.contains("Secret"));
        assert_eq!(built.contains("<sealed:"), keys);
    }

    fn open(&self, target: &str, to: &str) -> String {
        let spec = self.workspace.spec.as_str();
        self.workspace.done_offline(&["open", "--for", target, "-i", "key.txt", "-o", to, "--spec", spec])
    }

    /// The lock names where things come from, not the mirrors that gave them.
    fn check_lock(&self) {
        let lock = self.workspace.lock();
        let spec = self.workspace.read(&self.workspace.spec);
        assert!(!lock.contains("localhost"), "{lock}");
        for line in spec.lines().map(str::trim) {
            let remote = line.strip_prefix("manifest: https://").map(|it| format!("source: https://{it}"));
            let chart =
                line.strip_prefix("chart: ").and_then(|it| it.split(' ').next()).map(|it| format!("source: {it}"));
            if let Some(source) = remote.or(chart) {
                assert!(lock.lines().any(|it| it.trim() == source), "`{source}` is not in\n{lock}");
            }
        }
    }

    /// The file is byte for byte what the Helm SDK renders of the same chart and values, but for certificates and keys,
    /// of which there are as many.
    fn same_as_helm(&self, file: &str) {
        let told = self.helm(self.values, Some(file));
        eprint!("{}: as Helm renders it, {told}", self.workspace.name());
    }

    /// What the Helm SDK renders; with a file, how that compares.
    fn helm(&self, values: &[&str], file: Option<&str>) -> String {
        let spec = self.workspace.read(&self.workspace.spec);
        let kubernetes = spec.lines().find_map(|it| it.strip_prefix("kubernetes: ")).expect("a version");
        let mut asked = serde_json::json!({
            "chart": self.workspace.path("chart.tgz"),
            "name": self.part,
            "namespace": self.namespace,
            "kube_version": kubernetes.trim_matches('"'),
            "api_versions": self.api_versions,
            "values": values.iter().map(|it| self.workspace.path(it)).collect::<Vec<_>>(),
        });
        if let Some(file) = file {
            asked["manifest"] = serde_json::json!(self.workspace.path(file));
        }
        let script = repository().join("tests/peers/helm.py");
        let mut python = Peer::HelmSdk.command();
        python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut python = python.spawn().expect("python3 is installed");
        python.stdin.take().expect("a pipe").write_all(asked.to_string().as_bytes()).expect("asked");
        let answer = python.wait_with_output().expect("an answer");
        let told = String::from_utf8(answer.stdout).expect("text");
        assert!(answer.status.success(), "{told}{}", String::from_utf8_lossy(&answer.stderr));
        told
    }

    fn check_neighbours(&self, manifests: &BTreeMap<String, String>) {
        let workspace = self.workspace;
        self.open("omni", "omni/");
        assert_eq!(&inline(&workspace.read("omni/controlplane.yaml")), manifests);
        let mut named = 0;
        for piece in ["template-patches.yaml", "template-manifests.yaml"] {
            let piece = workspace.read(&format!("omni/{piece}"));
            let files = piece.lines().filter_map(|it| it.trim().trim_start_matches("- ").strip_prefix("file: "));
            for document in files {
                assert!(workspace.path("omni").join(document).is_file(), "{document}");
                named += 1;
            }
        }
        let patches = 2 + usize::from(workspace.path("omni/network.yaml").exists());
        assert_eq!(named, manifests.len() + patches, "each patch, and each manifest");
        self.open("talhelper", "talhelper/");
        let piece = workspace.read("talhelper/talconfig-ichor.yaml");
        assert!(piece.contains("controlPlane:\n  patches:\n    - '@./controlplane.yaml'\n"), "{piece}");
        let patch = workspace.read("talhelper/controlplane.yaml").replace("$$", "$").replace("{{ \"{{\" }}", "{{");
        assert_eq!(&inline(&patch), manifests);
        self.open("topf", "topf/");
        let patch = workspace.read(&format!("topf/control-plane/60-ichor-{}.yaml", workspace.name()));
        assert_eq!(&inline(&patch), manifests);
    }

    /// Into a config of the user's own, twice.
    fn check_config(&self, manifests: &BTreeMap<String, String>) {
        let workspace = self.workspace;
        fs::write(workspace.path("controlplane.yaml"), CONFIG).expect("a config");
        let mut before = String::new();
        for run in 0..2 {
            workspace.done_offline(&[
                "open",
                "--for",
                "machine-config",
                "controlplane.yaml",
                "-i",
                "key.txt",
                "-o",
                "controlplane.yaml",
            ]);
            let config = workspace.read("controlplane.yaml");
            assert_eq!(&inline(&config), manifests);
            assert!(CONFIG.lines().all(|line| config.lines().any(|it| it == line)));
            assert!(run == 0 || config == before, "the second run changes nothing");
            before = config;
        }
    }
}

fn check(example: &str, spec: &str, namespace: &str, api_versions: &[&str], values: &[&str]) {
    let workspace = Example::of_cilium(example, spec);
    let text = workspace.read(spec);
    let parts: Vec<&str> = text.lines().filter_map(|it| it.trim().strip_prefix("- name: ")).collect();
    let index = parts.iter().position(|it| *it == "cilium").expect("Cilium");
    let manifest = format!("{:02}-cilium", index * 10);
    Case { workspace: &workspace, part: "cilium", manifest: &manifest, namespace, api_versions, values }.check();
}

#[test]
fn a_chart_of_our_own_goes_the_same_way() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let workspace = Example::of_our_own();
    let case = Case {
        workspace: &workspace,
        part: "beacon",
        manifest: "10-beacon",
        namespace: "beacon",
        api_versions: GATEWAY_CLASS,
        values: &["values/base.yaml"],
    };
    case.check();
}

const GATEWAY_CLASS: &[&str] = &["gateway.networking.k8s.io/v1/GatewayClass"];

#[test]
fn proxmox_by_omni_basic() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    check("proxmox-omni", "basic.yaml", "kube-system", &[], &["values/base.yaml"]);
}

#[test]
fn proxmox_by_omni_with_gateway_api() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let values = ["values/base.yaml", "values/gateway.yaml"];
    check("proxmox-omni", "gateway-api.yaml", "kube-system", GATEWAY_CLASS, &values);
}

#[test]
fn proxmox_by_omni_with_hubble() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let values = ["values/base.yaml", "values/gateway.yaml", "values/hubble.yaml"];
    check("proxmox-omni", "ichor.yaml", "kube-system", GATEWAY_CLASS, &values);
}

#[test]
fn bare_metal_in_two_phases() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    check("bare-metal-flux", "ichor.yaml", "kube-system", &[], &["values/base.yaml"]);
}

#[test]
fn gitops_in_a_namespace_of_its_own() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    check("gitops-namespace", "ichor.yaml", "cilium", GATEWAY_CLASS, &["values.yaml"]);
}

#[test]
fn pis_by_talhelper() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    check("pi-talhelper", "ichor.yaml", "kube-system", &[], &["values.yaml"]);
}

#[test]
fn arm_nodes_inline() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    check("arm-inline", "ichor.yaml", "kube-system", GATEWAY_CLASS, &["values.yaml"]);
}

/// Takes the values out of the ConfigMap that Flux gets, into `flux.yaml`.
fn flux_values(workspace: &Example) {
    let Ok(Value::Map(config)) = yaml::read(workspace.read("flux/cilium/values.yaml").as_bytes()) else {
        panic!("no map")
    };
    let Some(Value::Map(data)) = config.get("data") else { panic!("no data") };
    let Some(Value::Str(values)) = data.get("values.yaml") else { panic!("no values") };
    fs::write(workspace.path("flux.yaml"), values.as_bytes()).expect("values");
}

/// What Flux would install over the bootstrap is the bootstrap, but for the Secrets that it leaves where they are.
#[test]
fn flux_takes_over_without_a_difference() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let workspace = Example::of_cilium("arm-inline", "ichor.yaml");
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    workspace.done(&["handoff", "flux"]);
    flux_values(&workspace);
    let case = Case {
        workspace: &workspace,
        part: "cilium",
        manifest: "10-cilium",
        namespace: "kube-system",
        api_versions: GATEWAY_CLASS,
        values: &["values.yaml"],
    };
    let flux = objects(&case.helm(&["flux.yaml"], None));
    workspace.done(&["open", "--for", "files", "-i", "key.txt", "-o", "plain/"]);
    let plain = objects(&workspace.read("plain/10-cilium.yaml"));
    let kept: Vec<&String> = plain.keys().filter(|it| !flux.contains_key(*it)).collect();
    assert_eq!(
        kept,
        [
            "v1 Secret kube-system/cilium-ca",
            "v1 Secret kube-system/hubble-relay-client-certs",
            "v1 Secret kube-system/hubble-server-certs"
        ]
    );
    for (name, object) in &flux {
        assert_eq!(Some(object), plain.get(name), "{name} is what the bootstrap made");
    }
    // With Helm's marks, Helm takes it for its own; every object has them.
    workspace.done(&["open", "--for", "files", "--helm-ownership", "-i", "key.txt", "-o", "owned/"]);
    let owned = workspace.read("owned/10-cilium.yaml");
    for marks in [
        "meta.helm.sh/release-name: cilium",
        "meta.helm.sh/release-namespace: kube-system",
        "app.kubernetes.io/managed-by: Helm",
    ] {
        assert_eq!(owned.matches(marks).count(), plain.len(), "{marks}");
    }
    assert_eq!(workspace.read("owned/20-pool.yaml"), workspace.read("plain/20-pool.yaml"), "only charts are Helm's");
}

#[test]
fn the_second_phase_adds_what_the_first_left_out() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let workspace = Example::of_cilium("bare-metal-flux", "ichor.yaml");
    workspace.done(&["lock"]);
    let told = workspace.done(&["handoff", "flux", "--values", "values/gitops.yaml", "-o", "flux"]);
    assert!(told.contains("  hubble.enabled: false -> true\n"), "{told}");
    assert!(told.contains("  dashboards.enabled: not set -> true\n"), "{told}");
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(guide.contains("| `hubble.enabled` | `false` | `true` |"), "{guide}");
    // Helm, in a cluster that has the Prometheus operator, takes these values, and what the first phase brought stays.
    flux_values(&workspace);
    let case = |api_versions| Case {
        workspace: &workspace,
        part: "cilium",
        manifest: "00-cilium",
        namespace: "kube-system",
        api_versions,
        values: &[],
    };
    let first = objects(&case(&[]).helm(&["values/base.yaml"], None));
    let second = objects(&case(&["monitoring.coreos.com/v1"]).helm(&["flux.yaml"], None));
    assert!(first.keys().all(|it| second.contains_key(it)));
    let count = |kind: &str| second.keys().filter(|it| it.contains(kind)).count();
    assert_eq!(count(" ServiceMonitor "), 4, "agent, operator, Hubble, relay");
    assert!(count("dashboard") >= 3 && count(" hubble-ui") > 0 && count("/hubble-relay") > 0, "{:?}", second.keys());
}
