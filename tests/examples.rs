//! The examples: locked, checked, built and opened for every target, against the charts they name.
//!
//! The charts are those of ../shared/conformance/charts (or of `ICHOR_CHARTS`); without them the tests say so and pass.

#![allow(clippy::disallowed_methods)] // A test reads and writes its own files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ichor::engine::value::{Map, Value};
use ichor::engine::yaml;
use ichor::stage::pack::document::{Head, documents};

/// A copy of an example with the charts at hand, and a key that opens what is sealed.
struct Workspace {
    folder: tempfile::TempDir,
    spec: String,
}

/// A small stand-in for the Gateway API's CRDs, at the version the spec names.
fn gateway_api(version: &str) -> String {
    let crd = |plural: &str, kind: &str, scope: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    gateway.networking.k8s.io/bundle-version: {version}\n  name: {plural}.gateway.networking.k8s.io\nspec:\n  group: gateway.networking.k8s.io\n  names: {{kind: {kind}, plural: {plural}}}\n  scope: {scope}\n  versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]\n"
        )
    };
    let all = [
        crd("gatewayclasses", "GatewayClass", "Cluster"),
        crd("gateways", "Gateway", "Namespaced"),
        crd("httproutes", "HTTPRoute", "Namespaced"),
    ];
    format!("# A licence, and no object.\n---\n{}", all.join("---\n"))
}

fn charts() -> Option<PathBuf> {
    let given = std::env::var_os("ICHOR_CHARTS").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // In a worktree the shared folder lies one level further up.
    let near = ["../shared/conformance/charts", "../../shared/conformance/charts"].map(|it| root.join(it));
    given.into_iter().chain(near).find(|it| it.join("cilium-1.19.6.tgz").is_file())
}

impl Workspace {
    fn new(example: &str, spec: &str) -> Option<Workspace> {
        let Some(charts) = charts() else {
            eprintln!("skipped: the charts are not here");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example), root);
        fs::create_dir(root.join("lockfiles")).expect("a folder");
        let (identity, recipient) = ichor::edge::age::generate();
        fs::write(root.join("key.txt"), identity.expose()).expect("the key");
        let path = root.join(spec);
        let mut text = String::new();
        let mut chart = false;
        for line in fs::read_to_string(&path).expect("the spec").lines() {
            if let Some(url) = line.trim().strip_prefix("manifest: https://") {
                let version = url.split('/').find(|it| it.starts_with("v1.")).expect("a version");
                fs::write(root.join("crds.yaml"), gateway_api(version)).expect("the CRDs");
                text.push_str("    manifest: crds.yaml\n");
            } else if line.contains("chart: oci://quay.io/cilium/charts/cilium") {
                chart = true;
            } else if chart && let Some(version) = line.trim().strip_prefix("version: ") {
                let file = format!("cilium-{version}.tgz");
                fs::copy(charts.join(&file), root.join(&file)).expect("the chart");
                text.push_str(&format!("    chart: ./{file}\n{line}\n"));
            } else if line.contains("- age1") {
                text.push_str(&format!("  - {recipient} test\n"));
            } else {
                text.push_str(&format!("{line}\n"));
            }
        }
        assert!(chart, "{example}/{spec} names the real chart");
        fs::write(&path, text).expect("the spec");
        Some(Workspace { folder, spec: spec.into() })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ichor"))
            .args(args)
            .current_dir(self.folder.path())
            .env("ICHOR_STORE", self.path("store"))
            .env_remove("ICHOR_IDENTITY")
            .output()
            .expect("ichor runs")
    }

    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "ichor {}: {error}", args.join(" "));
        String::from_utf8(output.stdout).expect("text")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|it| panic!("{file}: {it}"))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the example") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

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
    for document in ichor::engine::yaml::node::parse_all(config.as_bytes()).expect("YAML") {
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

/// Locks, checks, builds offline, and opens for each target; prints the sizes.
fn check(example: &str, spec: &str, namespace: &str, api_versions: &[&str], values: &[&str]) {
    let Some(workspace) = Workspace::new(example, spec) else { return };
    let spec = workspace.spec.clone();
    workspace.done(&["lock", &spec]);
    let checked: serde_json::Value =
        serde_json::from_str(&workspace.done(&["check", "--format", "json", &spec])).expect("JSON");
    assert_eq!(checked["diagnostics"], serde_json::json!([]), "{example}: check finds nothing");
    workspace.done(&["build", &spec]);
    workspace.done(&["verify", "--spec", &spec]);
    let open =
        |target: &str, to: &str| workspace.done(&["open", "--for", target, "-i", "key.txt", "-o", to, "--spec", &spec]);

    // Talos: the folder, and the same patch on standard output.
    open("talos", "talos/");
    let patch = workspace.read("talos/controlplane.yaml");
    assert_eq!(open("talos", "-"), patch);
    assert!(!patch.contains("<sealed:"), "{example}: every hole is filled");
    let all = workspace.read("talos/all.yaml");
    assert!(all.contains("name: none") || all.contains("$patch: delete"), "{all}");
    let manifests = inline(&patch);

    // The manifests are Helm's render; that is `template`'s too.
    let lines = workspace.read(&spec);
    let line =
        |key: &str| lines.lines().find_map(|it| it.trim().strip_prefix(key).map(|it| it.trim().trim_matches('"')));
    let chart = line("chart: ").expect("a chart").to_owned();
    let kubernetes = line("kubernetes: ").expect("a version").to_owned();
    let mut args =
        vec!["template", "cilium", &chart, "--namespace", namespace, "--kube-version", &kubernetes, "--include-crds"];
    values.iter().for_each(|it| args.extend(["-f", it]));
    api_versions.iter().for_each(|it| args.extend(["--api-versions", it]));
    let rendered = workspace.done(&args);
    let cilium = manifests.iter().find(|it| it.0.ends_with("-cilium")).expect("Cilium").1;
    assert_eq!(objects(cilium), objects(&rendered), "{example}: what Helm renders");
    let shape = |text: &str| -> Vec<usize> {
        let secret = |it: &&str| !(it.contains("crt: ") || it.contains("key: ") || it.trim().is_empty());
        mask_certificates(text).lines().filter(secret).map(str::len).collect()
    };
    assert_eq!(shape(cilium), shape(&rendered), "{example}: down to the comments");

    // One file per manifest, one stream, and the neighbours hold the same objects.
    open("files", "files/");
    for (name, text) in &manifests {
        assert_eq!(&workspace.read(&format!("files/{name}.yaml")), text);
    }
    let whole: String = manifests.values().map(|it| format!("---\n{it}")).collect();
    let stream = open("kubectl", "-");
    assert_eq!(objects(&stream), objects(&whole));
    let kinds: Vec<String> =
        documents(&stream).iter().filter_map(|it| Some(Head::of(it.tree()?.root()).kind)).collect();
    let rank = |it: &String| match it.as_str() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        _ => 2,
    };
    assert!(kinds.iter().map(rank).is_sorted(), "{kinds:?}");
    open("omni", "omni/");
    assert_eq!(inline(&workspace.read("omni/controlplane.yaml")), manifests);
    for document in
        workspace.read("omni/template-patches.yaml").lines().filter_map(|it| it.trim().strip_prefix("- file: "))
    {
        assert!(workspace.path("omni").join(document).is_file(), "{document}");
    }
    open("talhelper", "talhelper/");
    let piece = workspace.read("talhelper/talconfig-ichor.yaml");
    assert_eq!(piece.matches("skipEnvsubst: true").count(), manifests.len());
    for name in manifests.keys() {
        assert!(piece.contains(&format!("'@./manifests/{name}.yaml'")), "{piece}");
        assert_eq!(&workspace.read(&format!("talhelper/manifests/{name}.yaml")), &manifests[name]);
    }
    fs::write(workspace.path("controlplane.yaml"), CONFIG).expect("a config");
    for _ in 0..2 {
        let args = ["open", "--for", "machine-config", "controlplane.yaml", "-i", "key.txt", "-o", "controlplane.yaml"];
        workspace.done(&args);
        let config = workspace.read("controlplane.yaml");
        assert_eq!(inline(&config), manifests);
        assert!(CONFIG.lines().all(|line| config.lines().any(|it| it == line)));
    }
    open("flux", "flux/");
    assert!(workspace.read("flux/cilium/release.yaml").contains("releaseName: cilium\n"));
    eprintln!("{example}/{spec}: {}", checked["sizes"]);

    // What is opened is for its owner alone.
    use std::os::unix::fs::PermissionsExt;
    for (path, mode) in
        [("talos", 0o700), ("talos/controlplane.yaml", 0o600), ("omni/manifests", 0o700), ("controlplane.yaml", 0o600)]
    {
        let found = fs::metadata(workspace.path(path)).expect("written").permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
    // A build hands the same over with its holes, and needs no key.
    let built = workspace.done(&["build", &spec, "--for", "kubectl", "-o", "-"]);
    assert_eq!(objects(&built).len(), objects(&stream).len());
    let keys = objects(&stream).keys().any(|it| it.contains("Secret"));
    assert_eq!(built.contains("<sealed:"), keys);
}

const GATEWAY_CLASS: &[&str] = &["gateway.networking.k8s.io/v1/GatewayClass"];

#[test]
fn proxmox_by_omni_basic() {
    check("proxmox-omni", "basic.yaml", "kube-system", &[], &["values/base.yaml"]);
}

#[test]
fn proxmox_by_omni_with_gateway_api() {
    let values = ["values/base.yaml", "values/gateway.yaml"];
    check("proxmox-omni", "gateway-api.yaml", "kube-system", GATEWAY_CLASS, &values);
}

#[test]
fn proxmox_by_omni_with_hubble() {
    let values = ["values/base.yaml", "values/gateway.yaml", "values/hubble.yaml"];
    check("proxmox-omni", "ichor.yaml", "kube-system", GATEWAY_CLASS, &values);
}

#[test]
fn bare_metal_in_two_phases() {
    check("bare-metal-flux", "ichor.yaml", "kube-system", &[], &["values/base.yaml"]);
}

#[test]
fn gitops_in_a_namespace_of_its_own() {
    check("gitops-namespace", "ichor.yaml", "cilium", GATEWAY_CLASS, &["values.yaml"]);
}

#[test]
fn pis_by_talhelper() {
    check("pi-talhelper", "ichor.yaml", "kube-system", &[], &["values.yaml"]);
}

#[test]
fn arm_nodes_inline() {
    check("arm-inline", "ichor.yaml", "kube-system", GATEWAY_CLASS, &["values.yaml"]);
}

/// What Flux would install over the bootstrap is the bootstrap, but for the Secrets that it leaves where they are.
#[test]
fn flux_takes_over_without_a_difference() {
    let Some(workspace) = Workspace::new("arm-inline", "ichor.yaml") else { return };
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    workspace.done(&["handoff", "flux"]);
    let Ok(Value::Map(config)) = yaml::read(workspace.read("flux/cilium/values.yaml").as_bytes()) else {
        panic!("no map")
    };
    let Some(Value::Map(data)) = config.get("data") else { panic!("no data") };
    let Some(Value::Str(values)) = data.get("values.yaml") else { panic!("no values") };
    fs::write(workspace.path("flux.yaml"), values.as_bytes()).expect("values");
    let args = [
        "template",
        "cilium",
        "./cilium-1.19.6.tgz",
        "--namespace",
        "kube-system",
        "--kube-version",
        "1.34.1",
        "--api-versions",
        GATEWAY_CLASS[0],
        "-f",
        "flux.yaml",
    ];
    let flux = objects(&workspace.done(&args));
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
    let Some(workspace) = Workspace::new("bare-metal-flux", "ichor.yaml") else { return };
    workspace.done(&["lock"]);
    let told = workspace.done(&["handoff", "flux", "--values", "values/gitops.yaml", "-o", "flux"]);
    assert!(told.contains("  hubble.enabled: false -> true\n"), "{told}");
    assert!(told.contains("  dashboards.enabled: not set -> true\n"), "{told}");
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(guide.contains("| `hubble.enabled` | `false` | `true` |"), "{guide}");
}
