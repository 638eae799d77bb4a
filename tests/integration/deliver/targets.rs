//! What every target gets, held against a model of Talos' own rules.

use std::collections::BTreeSet;

use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use helm_engine::yaml::node;
use ichor::deliver::contents::Contents;
use ichor::deliver::target::{Target, deliver};
use ichor::deliver::{machine_config, split, strip};
use ichor::stage::pack::{Manifest, lay_out, talos};
use ichor::stage::spec::TalosVersion;
use proptest::prelude::*;

use crate::support::repository;

const V1_11: TalosVersion = TalosVersion { major: 1, minor: 11 };
const V1_13: TalosVersion = TalosVersion { major: 1, minor: 13 };
const V1_14: TalosVersion = TalosVersion { major: 1, minor: 14 };

/// Talos as the facts have it: what a config may hold, and in what order objects reach the API server.
mod model {
    use super::*;

    /// The inline manifests of a config of one or more documents, those of the list and those of documents.
    pub fn manifests(config: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for document in node::parse_all(config.as_bytes()).expect("a config is YAML") {
            let Ok(Value::Map(map)) = document.root().value() else { continue };
            if text(&map, "kind").as_deref() == Some("KubeInlineManifestConfig") {
                found.push((text(&map, "name").expect("a name"), text(&map, "manifest").expect("a manifest")));
            }
            let Some(Value::Map(cluster)) = map.get("cluster") else { continue };
            let Some(Value::List(list)) = cluster.get("inlineManifests") else { continue };
            for entry in list.items().iter() {
                let Value::Map(entry) = entry else { panic!("an entry is a mapping") };
                found.push((text(entry, "name").expect("a name"), text(entry, "contents").expect("contents")));
            }
        }
        found
    }

    /// Validation: names not blank, unique, and no empty contents, which Talos would take for a URL.
    pub fn validate(manifests: &[(String, String)]) {
        let mut names = BTreeSet::new();
        for (name, contents) in manifests {
            assert!(!name.trim().is_empty(), "a name is blank");
            assert!(names.insert(name), "the name {name} stands twice");
            assert!(!contents.trim().is_empty(), "{name} is empty");
            let subdomain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-.".contains(it);
            assert!(name.len() <= 253 && name.chars().all(subdomain), "{name} is no DNS-1123 subdomain");
        }
    }

    /// Objects in the order Talos applies them: manifests by ID, then Namespaces and CRDs by name, all else as it stands.
    pub fn applied(manifests: &[(String, String)]) -> Vec<String> {
        let mut sorted = manifests.to_vec();
        sorted.sort();
        let mut objects: Vec<(u8, String, String)> = Vec::new();
        for (name, contents) in &sorted {
            for piece in cut(contents) {
                let object = match yaml::read(piece.as_bytes()).unwrap_or_else(|it| panic!("{name}: {it}\n{piece}")) {
                    Value::Map(map) if !map.is_empty() => map,
                    Value::Map(_) | Value::Nil => panic!("{name} holds an empty document"),
                    other => panic!("{name} holds {other:?}"),
                };
                let kind = text(&object, "kind").expect("a kind");
                assert_ne!(kind, "List", "{name} holds a list");
                let Some(Value::Map(metadata)) = object.get("metadata") else { panic!("{name}: no metadata") };
                let id = text(&metadata, "name").expect("a name");
                let cluster_scoped = ["Namespace", "CustomResourceDefinition", "ClusterRole"].contains(&kind.as_str());
                assert!(!(cluster_scoped && metadata.contains("namespace")), "{kind} {id} has a namespace");
                let rank = match kind.as_str() {
                    "Namespace" => 0,
                    "CustomResourceDefinition" => 1,
                    _ => 2,
                };
                objects.push((rank, if rank < 2 { id.clone() } else { String::new() }, format!("{kind} {id}")));
            }
        }
        objects.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        objects.into_iter().map(|it| it.2).collect()
    }

    /// Cuts as `k8s.io/apimachinery`'s `YAMLReader` does; a piece before the first separator may be missing.
    fn cut(text: &str) -> Vec<String> {
        let mut pieces = vec![String::new()];
        for line in text.lines() {
            if line.starts_with("---") {
                pieces.push(String::new());
            } else {
                let last = pieces.last_mut().expect("never empty");
                last.push_str(line);
                last.push('\n');
            }
        }
        if pieces[0].trim().is_empty() {
            pieces.remove(0);
        }
        pieces
    }

    fn text(map: &Map, key: &str) -> Option<String> {
        match map.get(key) {
            Some(Value::Str(text)) => Some(text.to_text().into_owned()),
            _ => None,
        }
    }
}

/// One document of a part: an object, a list, or nothing.
fn document() -> impl Strategy<Value = String> {
    let name = "n[a-z]{0,5}q";
    let object =
        (prop::sample::select(vec!["ConfigMap", "ClusterRole", "Namespace", "CustomResourceDefinition"]), name)
            .prop_map(|(kind, name)| {
                format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: x\n")
            });
    let body = prop::collection::vec("[ -~]{0,12}", 0..4).prop_map(|lines| {
        let lines: String = lines.iter().map(|it| format!("    {}\n", it.trim_end())).collect();
        format!("# Source: x\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: body}}\ndata:\n  a: |\n    b\n{lines}")
    });
    let list = prop::collection::vec(object.clone(), 1..3).prop_map(|items| {
        let item = |text: &String| {
            let indented: Vec<String> = text.lines().map(|it| format!("    {it}")).collect();
            format!("  - {}\n", indented.join("\n").trim_start())
        };
        format!("apiVersion: v1\nkind: List\nitems:\n{}", items.iter().map(item).collect::<String>())
    });
    let nothing = prop::sample::select(vec!["", "\n", "# only a comment\n", "{}\n", "null\n"]).prop_map(str::to_owned);
    // Only these kinds have no namespace: see `model::applied`.
    let objects = object.prop_map(|it| {
        let api = match it.contains("ClusterRole") {
            true => "rbac.authorization.k8s.io/v1",
            false if it.contains("CustomResource") => "apiextensions.k8s.io/v1",
            false => "v1",
        };
        it.replacen("apiVersion: v1", &format!("apiVersion: {api}"), 1)
    });
    prop_oneof![4 => objects, 2 => body, 1 => list, 2 => nothing]
}

fn parts() -> impl Strategy<Value = Vec<(String, String)>> {
    let text = prop::collection::vec(document(), 0..5).prop_map(|it| it.join("---\n"));
    prop::collection::vec(("[a-z][a-z0-9-]{0,8}[a-z]", text), 1..13).prop_map(|mut parts| {
        let mut seen = BTreeSet::new();
        parts.retain(|it| seen.insert(it.0.clone()));
        parts
    })
}

/// A list of an untyped API version holds kinds whose scope it does not say: the generator's lists carry `v1` objects.
fn packed(parts: &[(String, String)]) -> Vec<Manifest> {
    let borrowed: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    lay_out(&borrowed, ["own", "kube-system"].into_iter()).0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn talos_takes_what_is_laid_out_any_number_of_times(parts in parts(), times in 1usize..4) {
        let parts: Vec<(String, String)> = parts
            .into_iter()
            .map(|(name, text)| {
                // In lists too, cluster-scoped kinds carry their own groups.
                let text = text.replace("  - apiVersion: v1\n    kind: ClusterRole", "  - apiVersion: rbac.authorization.k8s.io/v1\n    kind: ClusterRole");
                let text = text.replace("  - apiVersion: v1\n    kind: Custom", "  - apiVersion: apiextensions.k8s.io/v1\n    kind: Custom");
                (name, text)
            })
            .collect();
        let manifests = packed(&parts);
        let stream = deliver(
            &Contents { bundle: "b", talos: V1_13, manifests: &manifests, network: None },
            Target::Kubectl,
        ).expect("a stream").single.expect("a stream");
        let base = "version: v1alpha1\nmachine:\n  type: controlplane\ncluster: {}\n";
        let mut orders = Vec::new();
        for version in [V1_13, V1_14] {
            let mut config = base.to_owned();
            for _ in 0..times {
                config = machine_config::insert(&config, &manifests, version).expect("inserted").text;
            }
            let found = model::manifests(&config);
            model::validate(&found);
            let expected: Vec<(String, String)> =
                manifests.iter().map(|it| (it.name.clone(), it.contents.clone())).collect();
            prop_assert_eq!(&found, &expected, "contents come back byte for byte");
            orders.push(model::applied(&found));
            // The patch on its own says the same.
            let patch = model::manifests(&talos::control_plane(&manifests, version));
            prop_assert_eq!(&patch, &expected);
        }
        prop_assert_eq!(&orders[0], &orders[1]);
        // The order of the spec: the stream for kubectl has it, and Talos arrives at it by itself.
        let streamed = model::applied(&[("x".into(), stream.clone())]);
        prop_assert_eq!(&orders[0], &streamed);
        let own = parts.iter().filter(|(_, text)| text.contains("name: own\n")).count();
        prop_assert!(own > 0 || orders[0].contains(&"Namespace own".to_owned()));
    }

    #[test]
    fn stripping_and_splitting_lose_no_object(parts in parts(), limit in 200usize..4000) {
        let manifests = packed(&parts);
        let all = |manifests: &[Manifest]| -> Vec<Value> {
            let contents = manifests.iter().flat_map(|it| node::parse_all(it.contents.as_bytes()).expect("YAML"));
            contents.filter_map(|it| it.root().value().ok()).filter(|it| !matches!(it, Value::Nil)).collect()
        };
        let text = |values: &[Value]| -> String {
            values.iter().map(|it| yaml::write(it).expect("written").to_text().into_owned()).collect()
        };
        let whole = text(&all(&manifests));
        let stripped: Vec<Manifest> = manifests
            .iter()
            .map(|it| Manifest { name: it.name.clone(), contents: strip::strip(&it.contents) })
            .collect();
        prop_assert_eq!(&text(&all(&stripped)), &whole);
        prop_assert!(stripped.iter().all(|it| !it.contents.starts_with("# Source") && !it.contents.contains("\n# Source")));
        let groups = split::split(&manifests, limit);
        let flat: Vec<Manifest> = groups.into_iter().flatten().collect();
        prop_assert_eq!(&text(&all(&flat)), &whole);
        let names: Vec<&String> = flat.iter().map(|it| &it.name).collect();
        prop_assert!(names.windows(2).all(|it| it[0] < it[1]), "{:?}", names);
    }
}

/// A bundle with text of every kind that YAML makes hard.
fn bundle() -> Vec<Manifest> {
    let manifest = |name: &str, contents: &str| Manifest { name: name.into(), contents: contents.into() };
    vec![
        manifest("0-namespaces", "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: cilium\n"),
        manifest(
            "00-gateway-api",
            "# CRDs\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n",
        ),
        manifest(
            "10-cilium",
            "---\n# Source: cilium\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cilium-config\ndata:\n  a: |\n    #!/bin/sh\n\n    echo \"${x}\" \t\n  b: \"é ü\"\n\n---\nkind: X\nmetadata: {name: x}\n",
        ),
    ]
}

#[test]
fn three_real_configs_take_the_manifests_twice() {
    for (file, version, ours) in [("1.11", V1_11, 3), ("1.13", V1_13, 5), ("1.14", V1_14, 4)] {
        let path = repository().join(format!("tests/data/talos/{file}.yaml"));
        let config = std::fs::read_to_string(&path).expect("the config");
        let once = machine_config::insert(&config, &bundle(), version).expect("inserted").text;
        let twice = machine_config::insert(&once, &bundle(), version).expect("inserted").text;
        assert_eq!(once, twice, "{file}: the second run changes no byte");
        let found = model::manifests(&once);
        model::validate(&found);
        assert_eq!(found.len(), ours, "{file}: {found:?}");
        for manifest in bundle() {
            assert!(found.contains(&(manifest.name.clone(), manifest.contents.clone())), "{file}: {}", manifest.name);
        }
        assert!(!found.iter().any(|it| it.0 == "20-cilium"), "{file}: the old number is gone");
        // Every line of the old config is there, in order, but for the manifest that was replaced.
        let replaced = ["20-cilium", "an old render", "cilium-config", "# of an earlier bundle"];
        let mut lines = once.lines();
        let mut after_replaced = false;
        for line in config.lines() {
            after_replaced |= line.contains("20-cilium");
            let of_replaced = replaced.iter().any(|it| line.contains(it))
                || (after_replaced
                    && ["apiVersion: v1", "kind: ConfigMap", "metadata:", "contents: |", "manifest: |"]
                        .contains(&line.trim()));
            after_replaced &= !(line.trim() == "# by hand" || line == "---");
            assert!(of_replaced || lines.any(|it| it == line), "{file}: `{line}` is kept in:\n{once}");
        }
        // A changed manifest changes again, and only there.
        let mut changed = bundle();
        changed[2].contents.push_str("---\nkind: Y\nmetadata: {name: y}\n");
        let third = machine_config::insert(&once, &changed, version).expect("inserted").text;
        let new: Vec<&str> = third.lines().filter(|it| !once.lines().any(|old| old == *it)).collect();
        assert_eq!(new.len(), 2, "{file}: {new:?}");
    }
}

/// The value at a path of keys and indices.
fn at(value: &Value, path: &[&str]) -> Value {
    path.iter().fold(value.clone(), |value, key| match &value {
        Value::Map(map) => map.get(*key).unwrap_or_else(|| panic!("no {key} in {value:?}")),
        Value::List(list) => list.items()[key.parse::<usize>().expect("an index")].clone(),
        _ => panic!("{value:?} has no {key}"),
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_text().into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

fn documents(text: &str) -> Vec<Value> {
    node::parse_all(text.as_bytes()).expect("YAML").iter().map(|it| it.root().value().expect("a value")).collect()
}

/// What Omni makes of the pieces of its template: each inline patch is a config patch of its own.
#[test]
fn the_pieces_of_a_cluster_template_hold_the_patches() {
    let manifests = bundle();
    for version in [V1_11, V1_14] {
        let cni = Manifest { name: "30-cni".into(), contents: "kind: C\npath: /opt/cni/bin\n".into() };
        let with_cni = [manifests.clone(), vec![cni]].concat();
        let network = talos::network_patches(&with_cni, version).expect("a CNI");
        let contents = Contents { bundle: "b", talos: version, manifests: &with_cni, network: Some(&network) };
        let delivery = deliver(&contents, Target::Omni).expect("delivered");
        let pieces = documents(&delivery.single.expect("one text"));
        assert_eq!([text(&at(&pieces[0], &["kind"])), text(&at(&pieces[1], &["kind"]))], ["Cluster", "ControlPlane"]);
        let patches = |piece: &Value| -> Vec<String> {
            let Value::List(list) = at(piece, &["patches"]) else { panic!("no list") };
            let mut names = BTreeSet::new();
            let patch = |it: &Value| {
                assert!(names.insert(text(&at(it, &["name"]))), "patches have names of their own");
                yaml::write(&at(it, &["inline"])).expect("written").to_text().into_owned()
            };
            list.items().iter().map(patch).collect()
        };
        let expected: Vec<(String, String)> =
            with_cni.iter().map(|it| (it.name.clone(), it.contents.clone())).collect();
        let control_plane = patches(&pieces[1]);
        let found: Vec<(String, String)> = control_plane.iter().flat_map(|it| model::manifests(it)).collect();
        assert_eq!(found, expected, "{version}");
        let written = |text: &str| -> Vec<String> {
            documents(text).iter().map(|it| yaml::write(it).expect("written").to_text().into_owned()).collect()
        };
        assert_eq!(patches(&pieces[0]), written(&network.all), "{version}");
        let alone = written(network.control_planes.as_deref().unwrap_or_default());
        assert!(control_plane.starts_with(&alone) && alone.is_empty() == (version == V1_11), "{version}");
        // The newer form names files beside it.
        let file = |name: &str| &delivery.files.iter().find(|it| it.0 == name).unwrap_or_else(|| panic!("no {name}")).1;
        let newer = &documents(file("template-manifests.yaml"))[0];
        for (index, manifest) in with_cni.iter().enumerate() {
            let entry = at(newer, &["kubernetes", "manifests", &index.to_string()]);
            assert_eq!(text(&at(&entry, &["name"])), manifest.name);
            assert_eq!(file(&text(&at(&entry, &["file"]))), &manifest.contents);
            assert_eq!(text(&at(&entry, &["mode"])), "one-time");
        }
    }
}

/// A text as talhelper fills it in.
fn filled_in(text: &str) -> String {
    text.replace("$$", "$").replace("{{ \"{{\" }}", "{{")
}

/// With a CNI among them, and texts that others take for variables and templates.
fn with_cni() -> Vec<Manifest> {
    let contents = "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: /opt/cni/bin {{ x }}\n  b: ref+vault://x\n  kube-proxy-replacement: \"true\"\n";
    let mut manifests = bundle();
    manifests.push(Manifest { name: "20-cni".into(), contents: contents.into() });
    manifests
}

#[test]
fn a_talconfig_gives_manifests_to_control_planes_alone() {
    let manifests = with_cni();
    for version in [V1_11, V1_13, V1_14] {
        let network = talos::network_patches(&manifests, version);
        let contents = Contents { bundle: "b", talos: version, manifests: &manifests, network: network.as_ref() };
        let delivery = deliver(&contents, Target::Talhelper).expect("delivered");
        let refused = delivery.no_single.expect("refused");
        assert!(refused.to_string().starts_with("manifest `10-cilium` holds a `$`"), "{refused}");
        let file = |name: &str| &delivery.files.iter().find(|it| it.0 == name).unwrap_or_else(|| panic!("no {name}")).1;
        let piece = &documents(file("talconfig-ichor.yaml"))[0];
        assert_eq!(text(&at(piece, &["patches", "0"])), "@./all.yaml");
        assert_eq!(text(&at(piece, &["controlPlane", "patches", "0"])), "@./controlplane.yaml");
        // talhelper knows no documents of Talos 1.14.
        let control_plane = filled_in(file("controlplane.yaml"));
        assert_eq!(control_plane, talos::control_plane(&manifests, V1_13));
        assert!(filled_in(file("all.yaml")).contains("cni:\n      name: none"));
        assert!(!file("controlplane.yaml").replace("$$", "").contains('$'));
        let told = delivery.notes.iter().any(|it| it.contains("no documents of Talos 1.14") && it.contains("`topf`"));
        assert_eq!(told, version == V1_14, "{:?}", delivery.notes);
    }
    let plain: Vec<Manifest> =
        with_cni().into_iter().map(|it| Manifest { contents: it.contents.replace('$', ""), ..it }).collect();
    let network = talos::network_patches(&plain, V1_13);
    let contents = Contents { bundle: "b", talos: V1_13, manifests: &plain, network: network.as_ref() };
    let single = deliver(&contents, Target::Talhelper).expect("delivered").single.expect("one text");
    let piece = &documents(&single)[0];
    assert_eq!(filled_in(&text(&at(piece, &["controlPlane", "patches", "0"]))), talos::control_plane(&plain, V1_13));
    assert_eq!(text(&at(piece, &["patches", "0"])), network.expect("a network").all);
}

#[test]
fn topf_finds_patches_in_the_folders_of_roles() {
    let manifests = with_cni();
    for version in [V1_13, V1_14] {
        let network = talos::network_patches(&manifests, version).expect("a network");
        let contents = Contents { bundle: "b", talos: version, manifests: &manifests, network: Some(&network) };
        let delivery = deliver(&contents, Target::Topf).expect("delivered");
        let file = |name: &str| delivery.files.iter().find(|it| it.0 == name).map(|it| &it.1);
        assert_eq!(file("all/50-ichor-b.yaml"), Some(&network.all));
        assert_eq!(file("control-plane/50-ichor-b.yaml"), network.control_planes.as_ref());
        // vals would take a text of the manifests for the place of a secret: a template is not shown to it.
        let template = file("control-plane/60-ichor-b.yaml.tpl").expect("a template");
        assert_eq!(template.replace("{{ \"{{\" }}", "{{"), talos::control_plane(&manifests, version));
        assert!(!template.replace("{{ \"{{\" }}", "").contains("{{"));
        assert!(delivery.files.iter().all(|it| !it.0.starts_with("worker")));
        let contents = Contents { manifests: &bundle(), network: None, ..contents };
        let delivery = deliver(&contents, Target::Topf).expect("delivered");
        let names: Vec<&str> = delivery.files.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(names, ["control-plane/60-ichor-b.yaml"]);
        assert_eq!(delivery.files[0].1, talos::control_plane(&bundle(), version));
    }
}

#[test]
fn a_second_run_for_kinds_that_are_not_served_yet_is_told() {
    let told = |manifests: &[Manifest]| {
        let contents = Contents { bundle: "b", talos: V1_13, manifests, network: None };
        deliver(&contents, Target::Kubectl).expect("delivered").then
    };
    let manifest = |contents: &str| Manifest { name: "00-a".into(), contents: contents.into() };
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.x.io}\nspec: {group: x.io, names: {kind: Thing}}\n";
    let thing = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: a}\n";
    let pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: a}\n";
    assert_eq!(told(&[manifest(crd), manifest("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n")]), None);
    let then = told(&[manifest(&format!("{crd}---\n{thing}---\n{pool}"))]).expect("told");
    assert!(then.contains("Thing waits for a CRD that is in there"), "{then}");
    assert!(then.contains("CiliumLoadBalancerIPPool for one that somebody else brings"), "{then}");
}
