//! The real Cilium charts, where they lie beside the repository: every case of the conformance set with certificates by
//! Helm's method, and an upgrade through four versions.

use std::collections::BTreeMap;
use std::path::Path;

use helm_engine::helm::HelmVersion;
use helm_engine::helm::capabilities::{Capabilities, KubeVersion};
use helm_engine::helm::values::{merge_maps, read_documents};
use helm_engine::helm::{self, Chart, Options, Release};
use helm_engine::sprig;
use helm_engine::sprig::crypto::Certificate;
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};
use ichor::stage::lock::{Lock, Pin};
use ichor::stage::pack;
use serde_json::Value as Json;

use crate::support::conformance;
use crate::support::opened::{age, lock, manifests};
use crate::support::peer::{Peer, needs};
use crate::support::program::Run;
use crate::support::program::filter;
use crate::support::workspace::Workspace;

const VERSIONS: [&str; 4] = ["1.16.5", "1.18.5", "1.19.6", "1.20.0"];
const BY_HELM: &str = "hubble: {enabled: true, tls: {enabled: true, auto: {enabled: true, method: helm}}}\n\
                       clustermesh: {apiserver: {tls: {auto: {enabled: true, method: helm}}}}\n";

/// Gives the certificates of a lock with their real keys: what Helm would print had it made just these.
struct Held<'a> {
    lock: &'a Lock,
    /// By common name, names, and which one of equal calls.
    pairs: BTreeMap<(String, String, u32), Certificate>,
    seen: BTreeMap<(String, String), u32>,
}

impl World for Held<'_> {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        let Some(Value::Str(name)) = call.args.first() else {
            assert_eq!(call.function, "now", "a call of Cilium that this test knows");
            return Ok(sprig::time(self.lock.clock, "UTC").into());
        };
        match call.function {
            "lookup" => Ok(Value::Map(Map::any())),
            "genCA" | "genSignedCert" => {
                let names = call.args.get(2).filter(|_| call.function == "genSignedCert").unwrap_or(&Value::Nil);
                let names = helm_engine::yaml::write_json(names, false).expect("JSON");
                let names: Json = serde_json::from_slice(&names).expect("JSON");
                let (name, names) = (name.to_text().into_owned(), listed(&names));
                let seen = self.seen.entry((name.clone(), names.clone())).or_default();
                let key = (name, names, *seen);
                *seen += 1;
                Ok(self.pairs.get(&key).unwrap_or_else(|| panic!("{key:?}")).clone().into())
            }
            other => panic!("{other} is no call of Cilium that this test knows"),
        }
    }
}

/// No names are an empty list or null.
fn listed(names: &Json) -> String {
    if names.is_null() { "[]".into() } else { names.to_string() }
}

fn in_empty_network(workspace: &Workspace, args: &[&str]) -> Run {
    let inner = workspace.command(args);
    let mut command = Peer::Namespaces.command();
    command.arg("-rn").arg(inner.get_program()).args(inner.get_args()).current_dir(workspace.path());
    command.env_clear().env("ICHOR_STORE", workspace.path().join("store")).env("PATH", "/usr/bin:/bin");
    Run(command.output().expect("unshare is part of every Linux"))
}

fn spec(workspace: &Workspace, charts: &Path, version: &str, case: &Json, clear_pins: bool) {
    if clear_pins {
        let _ = std::fs::remove_file(workspace.path().join("lockfiles/cilium.lock"));
    }
    workspace.write("by-helm.yaml", BY_HELM);
    let values: Vec<String> = case["values"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| charts.join(format!("../profiles/{}.yaml", it.as_str().expect("text"))).display().to_string())
        .chain(["by-helm.yaml".to_owned()])
        .collect();
    let kube = case["kube_version"].as_str().map(|it| format!("kubernetes: \"{}\"\n", it.trim_start_matches('v')));
    let chart = charts.join(format!("cilium-{version}.tgz"));
    workspace.write(
        "ichor.yaml",
        format!(
            "bundle: cilium\ntalos: \"1.12\"\n{}apiVersions: {}\nrecipients: [{}]\nparts:\n- {{name: cilium, chart: {}, namespace: {}, \
             values: {}}}\n",
            kube.unwrap_or_default(),
            if case["api_versions"].is_null() { "[]".into() } else { case["api_versions"].to_string() },
            workspace.recipient(),
            Json::String(chart.display().to_string()),
            case["namespace"].as_str().expect("text"),
            serde_json::to_string(&values).expect("text"),
        ),
    );
}

fn direct(workspace: &Workspace, lock: &Lock, charts: &Path, version: &str, case: &Json) -> String {
    let chart = std::fs::read(charts.join(format!("cilium-{version}.tgz"))).expect("a chart");
    let chart = Chart::load_archive(&chart, HelmVersion::NEWEST).expect("a chart");
    let mut values = Map::any();
    for name in case["values"].as_array().expect("a list") {
        let path = charts.join(format!("../profiles/{}.yaml", name.as_str().expect("text")));
        values = merge_maps(
            &values,
            &read_documents(&std::fs::read(path).expect("values"), HelmVersion::NEWEST).expect("values"),
        );
    }
    values = merge_maps(&values, &read_documents(BY_HELM.as_bytes(), HelmVersion::NEWEST).expect("values"));
    let mut capabilities = Capabilities::of(chart.helm());
    if let Some(version) = case["kube_version"].as_str() {
        capabilities.kube_version = KubeVersion::parse(version, chart.helm()).expect("a version");
    }
    let more = case["api_versions"].as_array().cloned().unwrap_or_default();
    capabilities.api_versions.extend(more.iter().map(|it| it.as_str().expect("text").to_owned()));
    let options = Options {
        release: Release {
            name: "cilium".into(),
            namespace: case["namespace"].as_str().expect("text").into(),
            is_upgrade: false,
        },
        capabilities,
        include_crds: true,
        skip_schema_validation: false,
    };
    let pairs = lock.parts["cilium"].pins.values().filter_map(|pin| {
        let name = pin.args[0].as_str()?.to_owned();
        let cert = pin.certificate.as_ref()?.pem.as_str().into();
        let names = if pin.is_ca() { Json::Null } else { pin.args[2].clone() };
        Some((
            (name, listed(&names), pin.occurrence),
            Certificate { cert, key: age(workspace, &pin.sealed.as_ref()?.0).as_str().into() },
        ))
    });
    let mut world = Held { lock, pairs: pairs.collect(), seen: BTreeMap::new() };
    let rendered = helm::render(&chart, &values, &options, &mut world).expect("it renders");
    let text = helm::print::print_stream(&rendered, true, false);
    String::from_utf8(text).expect("text")
}

#[test]
fn every_case_builds_without_a_key_and_opens_to_a_direct_render() {
    needs!(Age, CiliumCharts, Namespaces);
    let shared = conformance().expect("the charts");
    let charts = shared.join("charts");
    let cases: Vec<Json> =
        serde_json::from_str(&std::fs::read_to_string(shared.join("cases.json")).expect("cases")).expect("JSON");
    let workspace = Workspace::new();
    let mut compared = 0;
    for version in VERSIONS {
        for case in &cases {
            let id = format!("{version} {}", case["id"]);
            spec(&workspace, &charts, version, case, false);
            workspace.done(&["lock", "-i", "key.txt"]);
            // The key is out of reach.
            std::fs::rename(workspace.key(), workspace.path().join("elsewhere")).expect("renamed");
            let built = in_empty_network(&workspace, &["build", "--no-check", "-o", "bundle.tar.gz"]);
            assert_eq!(built.code(), 0, "{id}: {}", built.stderr());
            let verified = in_empty_network(&workspace, &["verify", "bundle.tar.gz"]);
            assert!(verified.code() == 0 && verified.stdout().contains("verified"), "{id}: {}", verified.stderr());
            std::fs::rename(workspace.path().join("elsewhere"), workspace.key()).expect("renamed");
            let lock = lock(&workspace);
            for (part, locked) in &lock.parts {
                assert!(locked.pins.len() >= 2, "{id}: {part} has certificates by Helm's method");
            }
            let direct = direct(&workspace, &lock, &charts, version, case);
            let namespace = case["namespace"].as_str().expect("text");
            let (expected, _) = pack::lay_out(&[("cilium", direct.as_str())], [namespace].into_iter());
            let expected: BTreeMap<String, String> = expected.into_iter().map(|it| (it.name, it.contents)).collect();
            let opened = manifests(&workspace.done(&["open", "bundle.tar.gz", "-i", "key.txt"]));
            let (lines, wanted) =
                (opened.values().flat_map(|it| it.lines()), expected.values().flat_map(|it| it.lines()));
            let odd = lines.zip(wanted).position(|(one, other)| one != other);
            assert!(opened == expected, "{id} opens to something else from line {odd:?} on");
            assert!(opened.values().any(|it| it.contains("tls.key: LS0t")), "{id}");
            compared += 1;
        }
    }
    println!("{compared} cases open to a direct render");
    assert_eq!(compared, 40);
}

fn fingerprint(pin: &Pin) -> &str {
    &pin.certificate.as_ref().expect("a certificate").fingerprint
}

#[test]
fn an_upgrade_keeps_the_ca_and_every_leaf_that_is_asked_for_alike() {
    needs!(CiliumCharts, Openssl);
    let shared = conformance().expect("the charts");
    let workspace = Workspace::new();
    let case = serde_json::json!({"values": ["everything"], "namespace": "kube-system", "api_versions": ["monitoring.coreos.com/v1"]});
    let mut before: Option<Lock> = None;
    println!("{:<84} {}", "pin", VERSIONS.map(|it| format!("{it:<10}")).concat());
    let mut table: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (index, version) in VERSIONS.into_iter().enumerate() {
        spec(&workspace, &shared.join("charts"), version, &case, false);
        workspace.done(&["lock", "-i", "key.txt"]);
        let after = lock(&workspace);
        let pins = &after.parts["cilium"].pins;
        let ca = pins.values().find(|it| it.is_ca()).expect("a CA");
        for (name, pin) in pins {
            let old = before.as_ref().and_then(|it| it.parts["cilium"].pins.get(name));
            let word = match old {
                Some(old) if old == pin => "stayed",
                Some(_) => "changed",
                None => "new",
            };
            let row = table.entry(format!("{name} ({})", pin.args[0])).or_default();
            row.resize(index, "-");
            row.push(word);
            let pem = &pin.certificate.as_ref().expect("a certificate").pem;
            let (ca_path, leaf_path) = (workspace.path().join("ca.pem"), workspace.path().join("leaf.pem"));
            workspace.write("ca.pem", &ca.certificate.as_ref().expect("a certificate").pem);
            workspace.write("leaf.pem", pem);
            filter(Peer::Openssl.command().args(["verify", "-CAfile"]).args([ca_path, leaf_path]), b"");
        }
        if let Some(before) = &before {
            let old = &before.parts["cilium"].pins;
            let old_ca = old.values().find(|it| it.is_ca()).expect("a CA");
            assert_eq!(old_ca, ca, "{version}: the CA keeps its bytes");
            for (name, pin) in old {
                let asked_alike = pins.values().any(|it| it.key() == pin.key());
                assert!(!asked_alike || pins.get(name) == Some(pin), "{version}: {name} keeps its bytes");
            }
            let stayed = pins.values().filter(|pin| old.values().any(|it| fingerprint(it) == fingerprint(pin))).count();
            assert!(stayed >= 3, "{version}: only {stayed} stayed");
        }
        before = Some(after);
    }
    for (name, row) in &table {
        println!("{name:<84} {}", row.iter().map(|it| format!("{it:<10}")).collect::<String>());
    }
    // What was asked for with another validity or other names was issued anew under the name it had.
    assert!(table.keys().all(|it| !it.starts_with("admin-west-1-2")));
    assert!(table.values().all(|it| it.iter().filter(|it| **it == "changed").count() <= 1));
    // Another validity re-issues the leaves, under the same CA.
    let ca =
        before.as_ref().and_then(|it| it.parts["cilium"].pins.values().find(|it| it.is_ca()).cloned()).expect("a CA");
    workspace.write(
        "by-helm.yaml",
        BY_HELM.replace("method: helm}}}\nclus", "method: helm, certValidityDuration: 90}}}\nclus"),
    );
    workspace.done(&["lock", "-i", "key.txt"]);
    let after = lock(&workspace);
    let pins = &after.parts["cilium"].pins;
    assert!(pins.values().any(|it| *it == ca));
    assert!(pins.values().filter(|it| !it.is_ca()).any(|it| it.args.contains(&serde_json::json!(90))));
}

#[test]
fn a_running_cilium_keeps_its_identity() {
    needs!(Age, CiliumCharts);
    let shared = conformance().expect("the charts");
    let case = serde_json::json!({"values": ["talos-full"], "namespace": "kube-system"});
    // The cluster that runs: what another workspace gave it.
    let running = Workspace::new();
    spec(&running, &shared.join("charts"), "1.19.6", &case, true);
    running.done(&["lock"]);
    running.done(&["build"]);
    let opened = manifests(&running.done(&["open", "-i", "key.txt"])).remove("00-cilium").expect("a manifest");
    let secrets: Vec<&str> = opened.split("\n---\n").filter(|it| it.contains("\nkind: Secret\n")).collect();
    assert!(secrets.len() >= 3);
    let mut list = String::from("apiVersion: v1\nkind: List\nitems:\n");
    for secret in secrets {
        let lines: Vec<&str> = secret.lines().filter(|it| !it.starts_with('#') && *it != "---").collect();
        list.push_str(&format!("- {}\n", lines.join("\n  ")));
    }
    running.write("secrets.yaml", &list);

    let workspace = Workspace::new();
    spec(&workspace, &shared.join("charts"), "1.20.0", &case, true);
    // Locked with keys of its own first: the import takes their place.
    workspace.done(&["lock"]);
    let fresh = lock(&workspace);
    let mut command = workspace.command(&["lock", "--import-secret", "--replace", "-i", "key.txt"]);
    command.stdin(std::fs::File::open(running.path().join("secrets.yaml")).expect("a file"));
    let run = Run(command.output().expect("it runs"));
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!run.stderr().contains("not imported"), "{}", run.stderr());
    let kept = lock(&workspace);
    let (pins, theirs) = (&kept.parts["cilium"].pins, &lock(&running).parts["cilium"].pins);
    for (name, pin) in theirs {
        assert_eq!(fingerprint(&pins[name]), fingerprint(pin), "{name}");
        let (ours, theirs) = (pins[name].sealed.as_ref().expect("sealed"), pin.sealed.as_ref().expect("sealed"));
        assert_eq!(age(&workspace, &ours.0), age(&running, &theirs.0), "{name}");
    }
    assert_eq!(pins.len(), fresh.parts["cilium"].pins.len());
    assert!(workspace.run(&["lock"]).stderr().contains("unchanged"));
    workspace.done(&["build"]);
}
