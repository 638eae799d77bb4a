//! What every target gets, judged by Talos' own library of three versions: no error, no warning, contents to the byte, the
//! same once more where that is promised, and nothing of it on workers.

use std::collections::BTreeMap;
use std::fs;

use super::example::Example;
use super::inline;
use crate::support::judges::{VERSIONS, ask};
use crate::support::peer::needs;

/// Generates configs with patches as `talosctl gen config` does, and has them validated.
fn generate(example: &Example, version: &str, folder: &str, patches: &[(&str, String)]) {
    let folder = example.path(folder).display().to_string();
    let mut args = vec!["gen", "-talos", version];
    for (flag, file) in patches {
        args.extend([*flag, file.as_str()]);
    }
    args.push(&folder);
    let (good, said) = ask(version, &args);
    assert!(good, "{version} {folder}: {said}");
    let configs = ["controlplane", "worker"].map(|it| format!("{folder}/{it}.yaml"));
    let (good, said) = ask(version, &["validate", "-strict", &configs[0], &configs[1]]);
    assert!(good && said.lines().all(|it| it.ends_with("is valid for metal mode")), "{version} {folder}: {said}");
}

/// The inline manifests of a config as Talos reads them, each of which it can apply.
fn found(example: &Example, version: &str, config: &str) -> BTreeMap<String, String> {
    let (config, dump) = (example.path(config).display().to_string(), example.path("dump"));
    let _ = fs::remove_dir_all(&dump);
    let (good, said) = ask(version, &["manifests", "-dump", &dump.display().to_string(), &config]);
    assert!(good, "{version} {config}: {said}");
    let listed: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let listed = listed.as_array().expect("a list");
    assert!(listed.iter().all(|it| it.get("error").is_none()), "{version} {config}: {said}");
    let text = |name: &str| fs::read_to_string(dump.join(format!("{name}.yaml"))).expect("its text");
    let names = listed.iter().map(|it| it["name"].as_str().expect("a name").to_owned());
    names.map(|name| (name.clone(), text(&name))).collect()
}

fn judge(example: &Example, version: &str, part: &str) {
    let spec = example.spec.as_str();
    let open = |target: &[&str], output: &str| {
        example.done_offline(&[&["open", "--for"], target, &["-i", "key.txt", "-o", output]].concat());
    };
    let file = |path: &str| example.path(path).display().to_string();
    let is_documents = version == "1.14";
    for folder in ["talos", "omni", "topf", "talhelper", "base", "out"] {
        let _ = fs::remove_dir_all(example.path(folder));
    }
    open(&["talos"], "talos/");
    let manifests = inline(&example.read("talos/controlplane.yaml"));
    assert!(manifests.keys().any(|it| it.ends_with(part)), "{manifests:?}");
    let check = |folder: &str| {
        assert_eq!(found(example, version, &format!("{folder}/controlplane.yaml")), manifests, "{spec} {folder}");
        let worker = example.read(&format!("{folder}/worker.yaml"));
        assert!(found(example, version, &format!("{folder}/worker.yaml")).is_empty(), "{spec} {folder}");
        for text in manifests.values().flat_map(|it| it.lines()).filter(|it| it.trim().len() > 200) {
            assert!(!worker.contains(text.trim()), "{spec} {folder}: a worker holds what is in a manifest");
        }
    };
    // A folder of patches: those for all, then those for control planes.
    let patches = |folder: &str, all: &[&str], control_planes: &[&str]| -> Vec<(&'static str, String)> {
        let at = |flag: &'static str, it: &&str| {
            let path = format!("{folder}/{it}");
            example.path(&path).is_file().then(|| (flag, file(&path)))
        };
        let all = all.iter().filter_map(|it| at("-patch", it));
        all.chain(control_planes.iter().filter_map(|it| at("-patch-control-plane", it))).collect()
    };
    generate(example, version, "base", &[]);

    let talos = patches("talos", &["all.yaml"], &["network.yaml", "controlplane.yaml"]);
    assert_eq!(talos.len(), if is_documents { 3 } else { 2 });
    generate(example, version, "out", &talos);
    check("out");
    // Once more: by documents as they are, by the list with the file for that.
    let config = file("out/controlplane.yaml");
    let update = file("talos/update.yaml");
    let again: Vec<&str> =
        if is_documents { talos.iter().map(|it| it.1.as_str()).collect() } else { vec![update.as_str()] };
    let (good, said) = ask(version, &[&["judge", "-strict", "-config", &config], &again[..]].concat());
    let told: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(good && told["again"]["same"] == true, "{version} {spec}: {said}");
    assert_eq!(told["manifests"].as_array().expect("a list").len(), manifests.len());

    open(&["omni"], "omni/");
    generate(example, version, "out", &patches("omni", &["all.yaml"], &["network.yaml", "controlplane.yaml"]));
    check("out");

    open(&["topf"], "topf/");
    let (one, two) = (format!("50-ichor-{}.yaml", example.name()), format!("60-ichor-{}.yaml", example.name()));
    let of_role = [format!("control-plane/{one}"), format!("control-plane/{two}")];
    generate(example, version, "out", &patches("topf", &[&format!("all/{one}")], &[&of_role[0], &of_role[1]]));
    check("out");

    // talhelper fills its patches in, and knows the documents of Talos 1.13 at most.
    open(&["talhelper"], "talhelper/");
    for name in ["all.yaml", "network.yaml", "controlplane.yaml"] {
        let path = example.path(&format!("talhelper/{name}"));
        if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, text.replace("$$", "$").replace("{{ \"{{\" }}", "{{")).expect("written");
        }
    }
    if !is_documents {
        generate(example, version, "out", &patches("talhelper", &["all.yaml"], &["network.yaml", "controlplane.yaml"]));
        check("out");
    }

    // Into the config itself, twice.
    let before = file("base/controlplane.yaml");
    for _ in 0..2 {
        open(&["machine-config", &before], &before);
        let (good, said) = ask(version, &["validate", "-strict", &before]);
        assert!(good && said.lines().count() == 1, "{version} {spec}: {said}");
        check("base");
    }
}

/// An example for each version of Talos.
fn all_versions(example: &Example, part: &str) {
    for version in VERSIONS {
        let spec = example.read(&example.spec);
        let line = spec.lines().find(|it| it.starts_with("talos: ")).expect("a version");
        let spec = spec.replacen(line, &format!("talos: \"{version}\""), 1);
        fs::write(example.path(&example.spec), spec).expect("written");
        example.done(&["lock", &example.spec]);
        example.done(&["vendor", &example.spec]);
        example.done(&["build", &example.spec]);
        judge(example, version, part);
    }
}

/// Locks and builds what `ichor init` wrote, and has the library judge it that is nearest to its Talos.
fn of_init(talos: &str, cilium: &str, features: &str) {
    let example = Example::of_init(cilium, &["--talos", talos, "--feature", features]);
    example.done(&["lock"]);
    example.done(&["vendor"]);
    example.done(&["check"]);
    example.done(&["build"]);
    judge(&example, if talos == "1.11" { VERSIONS[0] } else { talos }, "cilium");
}

#[test]
#[ignore = "minutes; `tests/judges examples` runs it"]
fn talos_takes_every_spec_that_init_writes() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python, TalosLibrary);
    for talos in ["1.11", "1.12", "1.13", "1.14"] {
        of_init(talos, "1.19.6", "none");
        of_init(talos, "1.18.5", "gateway-api,hubble,l2");
        of_init(talos, "1.20.0", "bgp,wireguard,host-firewall,bandwidth-manager,dsr");
    }
}

#[test]
fn talos_takes_a_chart_of_our_own_from_every_target() {
    needs!(DockerRegistry, HelmSdk, Namespaces, Openssl, Python, TalosLibrary);
    all_versions(&Example::of_our_own(), "beacon");
}

#[test]
#[ignore = "minutes; `tests/judges examples` runs it"]
fn talos_takes_every_example_from_every_target() {
    needs!(CiliumCharts, DockerRegistry, HelmSdk, Namespaces, Openssl, Python, TalosLibrary);
    for example in Example::all_of_cilium() {
        all_versions(&example, "cilium");
    }
}
