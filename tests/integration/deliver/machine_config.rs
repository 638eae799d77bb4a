//! Inline manifests put into machine configs of every shape, once and again.

use std::collections::BTreeMap;

use helm_engine::value::{Map, Value};
use helm_engine::yaml::{self, node};
use ichor::deliver::machine_config::{self, Earlier};
use ichor::stage::pack::Manifest;
use ichor::stage::spec::TalosVersion;

use crate::support::workspace::Workspace;

/// As `talosctl gen config` writes it, shortened.
const GENERATED: &str = include_str!("../../data/machine_config/controlplane.yaml");

/// Shapes that people write by hand, and that earlier runs and patches applied twice leave.
const SHAPES: &[(&str, &str)] = &[
    ("no cluster", "version: v1alpha1\nmachine:\n  type: controlplane\n"),
    ("no cluster nonl", "version: v1alpha1\nmachine:\n  type: controlplane"),
    ("no cluster trailing comment", "version: v1alpha1\nmachine:\n  type: controlplane\n# end of it\n"),
    (
        "no cluster multi",
        "machine:\n  type: controlplane\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n",
    ),
    (
        "flow",
        "machine: {type: controlplane}\ncluster: {id: x, inlineManifests: [{name: 10-bad, contents: \"old\"}, {name: mine, contents: \"kind: X\"}]}\n",
    ),
    (
        "flow multiline",
        "machine: {type: controlplane}\ncluster:\n  inlineManifests: [\n    {name: mine, contents: \"kind: X\"}, # c\n    {name: 10-bad, contents: \"old\"},\n  ]\n  id: x\n",
    ),
    (
        "flow trailing comma",
        "machine: {type: controlplane}\ncluster:\n  inlineManifests: [\n    {name: mine, contents: \"kind: X\"},\n  ]\n",
    ),
    (
        "flow comment end",
        "machine: {type: controlplane}\ncluster:\n  inlineManifests: [\n    {name: mine, contents: \"kind: X\"} # last, with a comment\n  ]\n",
    ),
    ("flow empty multi", "machine: {type: controlplane}\ncluster:\n  inlineManifests: [\n  # nothing\n  ]\n  id: x\n"),
    ("json", "{\"machine\":{\"type\":\"controlplane\"},\"cluster\":{\"id\":\"x\",\"inlineManifests\":[]}}"),
    ("json nocluster", "{\"machine\":{\"type\":\"controlplane\"}}\n"),
    ("anchor", "machine: &m\n  type: controlplane\ncluster: &c # here\n  id: &id x\n  secret: *id\n"),
    (
        "anchor list",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests: &l # list\n    - &e\n      name: 10-bad\n      contents: old\n    - name: z\n      contents: &t |\n        kind: Z\n",
    ),
    (
        "dash own line",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    -\n      name: 10-bad\n      contents: old\n    -\n      contents: |-\n        kind: Q\n      name: q\n",
    ),
    (
        "quoted name",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - \"name\": \"10-bad\"\n      'contents': 'old'\n    - contents: kind X\n      name: 00-beacon\n",
    ),
    (
        "folded",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - name: 10-bad\n      contents: >-\n        a\n        b\n\n\n    # after\n    - name: q\n      contents: |+\n        kind: Q\n\n\n  id: x\n",
    ),
    (
        "keep end",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - name: q\n      contents: |+\n        kind: Q\n\n\n",
    ),
    (
        "renumbered",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - name: 70-bad\n      contents: old\n    - name: 10-other\n      contents: x\n",
    ),
    (
        "seq same indent",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n  - name: q\n    contents: x\n  id: x\n",
    ),
    ("cluster null comment", "machine:\n  type: controlplane\ncluster: # later\n# end\n"),
    ("cluster tilde", "machine:\n  type: controlplane\ncluster: ~ # later\nversion: v1alpha1\n"),
    ("list null", "machine:\n  type: controlplane\ncluster:\n  inlineManifests: null # later\n  id: x\n"),
    ("comment indented end", "machine:\n  type: controlplane\ncluster:\n  id: x\n  # inlineManifests: later\n"),
    (
        "dup",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - name: 10-bad\n      contents: one\n    - name: 10-bad\n      contents: two\n",
    ),
    (
        "dup same",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - name: 70-bad\n      contents: one\n    - name: 10-bad\n      contents: two\n",
    ),
    (
        "dup patched",
        "machine:\n  type: controlplane\ncluster:\n  inlineManifests:\n    - name: 00-beacon\n      contents: a\n    - name: 10-bad\n      contents: |\n        one: 1\n\n        two: 2\n    # second\n    - name: 00-beacon\n      contents: a\n    - name: 10-bad\n      contents: |\n        one: 1\n\n  # t\n  id: x\n",
    ),
    (
        "dup flow",
        "machine: {type: controlplane}\ncluster: {inlineManifests: [{name: 10-bad, contents: a}, {name: 10-bad, contents: b}, {name: q, contents: c}], id: x}\n",
    ),
    (
        "dup flow last",
        "machine: {type: controlplane}\ncluster: {inlineManifests: [{name: q, contents: c}, {name: 10-bad, contents: a}, {name: 10-bad, contents: b}], id: x}\n",
    ),
    (
        "dup dash",
        "machine: {type: controlplane}\ncluster:\n  inlineManifests:\n    -\n      name: 10-bad\n      contents: a\n    -\n      name: 10-bad\n      contents: b\n  id: x\n",
    ),
    (
        "dup docs",
        "machine: {type: controlplane}\ncluster:\n  inlineManifests:\n    - name: 10-bad\n      contents: a\n  id: x\n---\napiVersion: v1alpha1\nkind: KubeInlineManifestConfig\nname: 10-bad\nmanifest: |\n  x: 1\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n",
    ),
    (
        "dup doc first",
        "apiVersion: v1alpha1\nkind: KubeInlineManifestConfig\nname: 10-bad\nmanifest: |\n  x: 1\n---\nmachine: {type: controlplane}\ncluster:\n  inlineManifests:\n    - name: 10-bad\n      contents: a\n  id: x\n",
    ),
    (
        "only dup other",
        "machine: {type: controlplane}\ncluster:\n  inlineManifests:\n    - name: 60-bad\n      contents: a\n    - name: 10-bad\n      contents: b\n",
    ),
    ("merge", "base: &b\n  id: y\nmachine:\n  type: controlplane\ncluster:\n  <<: *b\n  secret: z\n"),
    ("init type", "machine:\n  type: init\ncluster: {}\n"),
    ("emptymap multiline", "machine:\n  type: controlplane\ncluster: {\n}\n"),
];

fn manifests() -> Vec<Manifest> {
    let manifest = |name: &str, contents: &str| Manifest { name: name.into(), contents: contents.into() };
    vec![
        manifest("0-namespaces", "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: own}\n"),
        manifest("00-beacon", "---\n# Source: x\nkind: A\n\ndata:\n  x: |\n    y\n\n    z\n\n"),
        manifest("10-bad", "kind: B\ndata: {t: \"a\\tb\"}"),
    ]
}

/// The config without its manifests, and the manifests by name; each name once.
fn apart(text: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let mut rest = Vec::new();
    let mut found = BTreeMap::new();
    let mut add = |map: &Map, key: &str| {
        let word = |key: &str| match map.get(key) {
            Some(Value::Str(text)) => text.to_text().into_owned(),
            other => panic!("{key}: {other:?} in\n{text}"),
        };
        assert!(found.insert(word("name"), word(key)).is_none(), "{} stands twice in\n{text}", word("name"));
    };
    for document in node::parse_all(text.as_bytes()).unwrap_or_else(|it| panic!("{it:?}\n{text}")) {
        let Ok(Value::Map(map)) = document.root().value() else { continue };
        if map.contains("manifest") {
            add(&map, "manifest");
            continue;
        }
        if let Some(Value::Map(cluster)) = map.get("cluster")
            && let Some(Value::List(list)) = cluster.remove("inlineManifests")
        {
            for entry in list.items().iter() {
                let Value::Map(entry) = entry else { panic!("an entry is a mapping") };
                add(entry, "contents");
            }
        }
        let empty = match map.get("cluster") {
            Some(Value::Map(it)) => it.is_empty(),
            Some(Value::Nil) => true,
            _ => false,
        };
        if empty {
            map.remove("cluster");
        }
        rest.push(yaml::write(&Value::Map(map)).expect("written").to_text().into_owned());
    }
    (rest, found)
}

/// The names of the manifests in a shape that are not ours.
fn names(text: &str) -> Vec<&'static str> {
    ["mine", "10-other", "q", "z"]
        .into_iter()
        .filter(|name| {
            let named = format!("name: {name}");
            text.match_indices(&named).any(|(at, _)| !text[at + named.len()..].starts_with(char::is_alphanumeric))
        })
        .collect()
}

fn check(shape: &str, text: &str) {
    for minor in [11, 13, 14] {
        let talos = TalosVersion { major: 1, minor };
        let insert = |text: &str| {
            machine_config::insert(text, &manifests(), talos, &Earlier::default())
                .unwrap_or_else(|it| panic!("{shape}, 1.{minor}: {it}"))
        };
        let once = insert(text).text;
        assert_eq!(insert(&once).text, once, "{shape}, 1.{minor}: the second run changes nothing");
        let (rest, found) = apart(&once);
        for manifest in manifests() {
            assert_eq!(found.get(&manifest.name), Some(&manifest.contents), "{shape}, 1.{minor}: {once}");
        }
        for name in names(text) {
            assert!(found.contains_key(name), "{shape}, 1.{minor}: `{name}` is lost:\n{once}");
        }
        assert!(found.keys().all(|it| !it.ends_with("-bad") || it == "10-bad"), "{shape}, 1.{minor}: {once}");
        // All but the manifests is what it was. What stands twice cannot be read as a whole.
        if !shape.starts_with("dup") {
            assert_eq!(rest, apart(text).0, "{shape}, 1.{minor}: {once}");
        }
        // So is every line that does not belong to one of ours.
        let ours =
            ["-bad", "00-beacon", "old", "inlineManifests", "cluster:", "contents", "&e", "{", "}", "]", "nothing"];
        let mut lines = once.split('\n');
        for line in text.split('\n').filter(|line| !ours.iter().any(|it| line.contains(it))) {
            let theirs = shape.starts_with("dup") || shape == "folded";
            assert!(theirs || lines.any(|it| it == line), "{shape}, 1.{minor}: `{line}` is lost:\n{once}");
        }
        let (all, windows) = (once.matches('\n').count(), once.matches("\r\n").count());
        assert!(windows == 0 || windows == all, "{shape}, 1.{minor}: lines end in two ways");
        assert_eq!(windows > 0, text.contains("\r\n"), "{shape}, 1.{minor}");
    }
}

#[test]
fn configs_as_talos_generates_them() {
    let list = "    inlineManifests: []\n";
    assert!(GENERATED.contains(list));
    let more = "---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n---\napiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: docker.io\n";
    check("generated", GENERATED);
    check("without the list", &GENERATED.replace(list, ""));
    check("with an empty list", &GENERATED.replace(list, "    inlineManifests:\n"));
    check("with the line ends of Windows", &GENERATED.replace('\n', "\r\n"));
    check("with a byte order mark", &format!("\u{feff}{GENERATED}"));
    check("with more documents", &format!("{GENERATED}{more}"));
    check("behind other documents", &format!("{}---\n{GENERATED}", &more[4..]));
    check("behind a separator", &format!("---\n{GENERATED}"));
    check("with an end", &format!("{GENERATED}...\n"));
}

#[test]
fn configs_as_people_write_them() {
    SHAPES.iter().for_each(|(shape, text)| check(shape, text));
}

#[test]
fn what_was_replaced_or_left_out_is_said() {
    let text = "cluster:\n  inlineManifests:\n  - {name: 70-bad, contents: a}\n  - {name: 00-beacon, contents: a}\n  - {name: 00-beacon, contents: b}\n";
    let notes = machine_config::insert(text, &manifests(), TalosVersion { major: 1, minor: 13 }, &Earlier::default())
        .expect("inserted")
        .notes;
    let wanted =
        ["`70-bad` gave way to `10-bad`", "`00-beacon` stood there beside another of the same part, and was left out"];
    assert_eq!(notes, wanted);
}

#[test]
fn what_is_written_elsewhere_is_not_changed() {
    for text in [
        "x: &c\n  id: q\nmachine:\n  type: controlplane\ncluster: *c\n",
        "x: &l\n  - name: q\n    contents: z\nmachine:\n  type: controlplane\ncluster:\n  inlineManifests: *l\n",
    ] {
        let fault =
            machine_config::insert(text, &manifests(), TalosVersion { major: 1, minor: 13 }, &Earlier::default())
                .expect_err("refused");
        assert!(fault.to_string().ends_with("must be written out, not an alias"), "{fault}");
    }
}

/// A part that the bundle no longer has leaves the config it was put into, wherever the note beside it tells of it.
#[test]
fn a_part_that_was_dropped_leaves_the_config() {
    for talos in ["1.13", "1.14"] {
        let workspace = Workspace::quickstart();
        workspace.edit("ichor.yaml", "talos: \"1.12\"", &format!("talos: \"{talos}\""));
        let policy = "  - name: policy\n    manifest: network.yaml\n";
        let into = |from: &str, to: &str| {
            workspace.done(&["lock"]);
            workspace.said(&["build", "--for", "machine-config", from, "-o", to])
        };
        workspace.write("cp.yaml", "machine: {type: controlplane}\n");
        into("cp.yaml", "cp.yaml");
        workspace.write("stranger.yaml", workspace.read("cp.yaml"));
        assert!(workspace.read("cp.yaml").contains("name: 10-policy"), "{talos}");
        workspace.edit("ichor.yaml", policy, "");
        let said = into("cp.yaml", "cp.yaml");
        assert!(said.contains("`10-policy` is of a part that is gone"), "{talos}: {said}");
        assert!(!workspace.read("cp.yaml").contains("10-policy"), "{talos}");
        assert!(!into("cp.yaml", "cp.yaml").contains("10-policy"), "{talos}: it is said once");
        // Of a copy that no run wrote, nothing is taken, and that is said.
        let said = into("stranger.yaml", "stranger.yaml");
        assert!(said.contains("`10-policy` is not of this bundle"), "{talos}: {said}");
        assert!(workspace.read("stranger.yaml").contains("name: 10-policy"), "{talos}");
    }
}
