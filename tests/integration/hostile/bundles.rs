//! Bundles whose names lead elsewhere, in every verb that reads a bundle. Nothing is written, and nothing is shown that a
//! terminal would obey.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tar::EntryType;

use super::forged::{Forged, Member, gzip};
use super::listing;
use crate::support::workspace::Workspace;

/// The files of a workspace that was locked and built once.
static BUILT: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let found = listing(workspace.path()).into_iter();
    let inside = |path: String| Path::new(&path).strip_prefix(workspace.path()).expect("inside").to_path_buf();
    found.filter(|(path, _)| Path::new(path).is_file()).map(|(path, bytes)| (inside(path), bytes)).collect()
});

/// The quickstart, locked, with its bundle `good.tar.gz`; and `deep/er` to work in, so that `../..` is still inside.
pub fn ground() -> Workspace {
    let workspace = Workspace::new();
    for (path, bytes) in BUILT.iter() {
        workspace.write(path.to_str().expect("text"), bytes);
    }
    workspace.write("cp.yaml", "machine: {type: controlplane}\n");
    workspace.write("deep/er/precious.yaml", "precious: true\n");
    workspace
}

pub fn good(workspace: &Workspace) -> Forged {
    Forged::of(&workspace.path().join("good.tar.gz"))
}

/// Names that no label is, each for a reason of its own.
pub fn bad_labels(outside: &Path) -> Vec<String> {
    let absolute = outside.join("absolute").display().to_string();
    let fixed = [
        "",
        ".",
        "..",
        "../x",
        "../../x",
        "x/../../y",
        "/",
        "a/b",
        "a//b",
        "./a",
        "a/",
        "..\\x",
        "a\\b",
        "C:x",
        "C:\\x",
        "~",
        "-a",
        "a-",
        "A",
        "a_b",
        "a.b",
        ".ichor",
        "a b",
        " a",
        "a\n",
        "a\nb",
        "a\rb",
        "a\tb",
        "a\0b",
        "\0",
        "\u{1b}[2Ja",
        "é",
        "a\u{202e}b",
        "a\u{200b}",
        "%2e%2e%2fx",
        "$(x)",
        "a:b",
        "a*",
        "null\u{7f}",
    ];
    let mut all: Vec<String> = fixed.iter().map(|it| (*it).to_owned()).collect();
    all.extend([absolute, "a".repeat(54), "a".repeat(300), "a".repeat(70_000)]);
    all
}

/// What every verb that reads a bundle does with this one: nothing, and says that it is none.
pub fn refused_everywhere(workspace: &Workspace, attack: &str, bundle: &[u8]) {
    workspace.write("deep/er/b.tar.gz", bundle);
    let before = listing(workspace.path());
    let mut calls: Vec<Vec<&str>> = Vec::new();
    for target in ["talos", "omni", "talhelper", "kubectl", "files", "machine-config=../../cp.yaml"] {
        calls.push(vec!["open", "--for", target, "b.tar.gz", "-i", "../../key.txt", "-o", "out/"]);
    }
    calls.push(vec!["open", "b.tar.gz", "-i", "../../key.txt", "-o", "one.yaml"]);
    calls.push(vec!["open", "b.tar.gz", "-i", "../../key.txt"]);
    calls.push(vec!["open", "--for", "flux", "b.tar.gz", "-i", "../../key.txt", "--spec", "../..", "-o", "out/"]);
    calls.push(vec!["verify", "b.tar.gz", "--spec", "../.."]);
    calls.push(vec!["diff", "../../good.tar.gz", "b.tar.gz"]);
    calls.push(vec!["push", "oci://127.0.0.1:9/x:1", "b.tar.gz"]);
    for call in calls {
        let mut command = workspace.command(&call);
        let run = command.current_dir(workspace.path().join("deep/er")).output().expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        let shown = attack.chars().take(120).collect::<String>();
        assert!(listing(workspace.path()) == before, "{shown:?}: {call:?} wrote something: {said}");
        assert_eq!(run.status.code(), Some(2), "{shown:?}: {call:?}: {said}");
        assert!(run.stdout.is_empty(), "{shown:?}: {call:?} printed something");
        assert!(said.contains("B003"), "{shown:?}: {call:?} does not say that it is no bundle: {said}");
        assert_harmless(&said);
    }
}

/// Nothing that a terminal obeys, no line without an end, and not much of it.
pub fn assert_harmless(said: &str) {
    let obeyed = |it: char| (it.is_control() && it != '\n') || ('\u{202a}'..='\u{202e}').contains(&it);
    assert!(!said.contains(obeyed), "{said:?}");
    assert!(said.len() < 4000, "{} bytes are said", said.len());
}

#[test]
fn a_good_bundle_passes_through_the_same_hands() {
    let workspace = ground();
    workspace.write("again.tar.gz", good(&workspace).encode());
    let opened = workspace.done(&["open", "good.tar.gz", "-i", "key.txt"]);
    assert_eq!(workspace.done(&["open", "again.tar.gz", "-i", "key.txt"]), opened);
    workspace.done(&["verify", "good.tar.gz"]);
}

#[test]
fn the_name_of_a_bundle() {
    let workspace = ground();
    for name in bad_labels(workspace.path()) {
        let mut forged = good(&workspace);
        forged.index["name"] = json!(name);
        refused_everywhere(&workspace, &name, &forged.encode());
    }
}

#[test]
fn the_name_of_a_manifest() {
    let workspace = ground();
    let labels = bad_labels(workspace.path()).into_iter();
    let numbered = labels.clone().map(|it| format!("00-{it}"));
    let others =
        ["beacon", "00beacon", "-beacon", "0x-beacon", "00--", "00-", "99999999999999999999999-beacon", "٠٠-beacon"];
    for name in numbered.chain(labels).chain(others.map(str::to_owned)) {
        let mut forged = good(&workspace);
        forged.rename_manifest("00-beacon", &name);
        refused_everywhere(&workspace, &name, &forged.encode());
    }
}

#[test]
fn the_name_of_a_part_and_its_namespace() {
    let workspace = ground();
    for name in bad_labels(workspace.path()) {
        let mut forged = good(&workspace);
        forged.rename_part("policy", &name);
        refused_everywhere(&workspace, &name, &forged.encode());
        let mut forged = good(&workspace);
        forged.index["parts"]["beacon"]["namespace"] = json!(name);
        refused_everywhere(&workspace, &name, &forged.encode());
    }
}

#[test]
fn the_name_of_an_envelope() {
    let workspace = ground();
    for name in [
        "../../../x",
        "..",
        "/etc/x",
        "beacon",
        "beacon/",
        "/relay",
        "beacon/..",
        "beacon/.",
        "beacon/a/b",
        "beacon/a\\b",
        "beacon/../x",
        "beacon/a\nb",
        "beacon/\u{1b}[2J",
        "beacon/a\0b",
        "beacon/é",
        "beacon/a b",
        "../beacon/x",
        "elsewhere/x",
        "BEACON/x",
    ] {
        let mut forged = good(&workspace);
        forged.rename_secret("beacon/relay.beacon.key", name);
        refused_everywhere(&workspace, name, &forged.encode());
    }
    let long = format!("beacon/{}", "a".repeat(300));
    let mut forged = good(&workspace);
    forged.rename_secret("beacon/relay.beacon.key", &long);
    refused_everywhere(&workspace, &long, &forged.encode());
}

#[test]
fn what_else_an_index_names() {
    let workspace = ground();
    let change = |attack: &str, change: &dyn Fn(&mut Value)| {
        let mut forged = good(&workspace);
        change(&mut forged.index);
        refused_everywhere(&workspace, attack, &forged.encode());
    };
    change("a change to a manifest elsewhere", &|it| it["changes"] = json!({"../../x": ["y"]}));
    change("a public key of nothing", &|it| {
        it["publicKeys"]["../x"] = it["publicKeys"]["beacon/relay.beacon.key"].clone()
    });
    change("a file elsewhere", &|it| it["files"]["../x"] = it["files"]["images.txt"].clone());
    change("an absolute file", &|it| it["files"]["/etc/passwd"] = it["files"]["images.txt"].clone());
    change("another spelling of a file", &|it| it["files"]["./images.txt"] = it["files"]["images.txt"].clone());
    change("a source that a terminal obeys", &|it| it["parts"]["beacon"]["source"] = json!("./chart\u{1b}[2J"));
    change("a version that a terminal obeys", &|it| it["parts"]["beacon"]["version"] = json!("1\r2"));
}

#[test]
fn an_index_and_an_archive_that_disagree() {
    let workspace = ground();
    let refused = |attack: &str, forged: &Forged| refused_everywhere(&workspace, attack, &forged.encode());
    let mut forged = good(&workspace);
    forged.members.push(Member::file("manifests/20-more.yaml", "kind: More\n"));
    refused("a file that the index does not name", &forged);
    forged.put("manifests/20-more.yaml", b"kind: More\n");
    refused("a manifest that is in no list", &forged);
    let mut forged = good(&workspace);
    forged.members.retain(|it| it.name != b"manifests/10-policy.yaml");
    refused("a manifest that is not there", &forged);
    let mut forged = good(&workspace);
    forged.put("elsewhere/x.yaml", b"x\n");
    refused("a file where none belongs", &forged);
    let mut forged = good(&workspace);
    forged.put("envelopes/beacon/other.key.age", b"x\n");
    refused("an envelope that fills no hole", &forged);
    let mut forged = good(&workspace);
    forged.index["files"].as_object_mut().expect("files").remove("manifests/10-policy.yaml");
    refused("a manifest without a digest", &forged);
    let mut forged = good(&workspace);
    forged.rename_manifest("10-policy", "10-stranger");
    refused("a manifest of no part", &forged);
    let mut forged = good(&workspace);
    forged.rename_manifest("10-policy", "0-namespaces");
    refused("manifests that are not in their order", &forged);
}

#[test]
fn what_stands_twice() {
    let workspace = ground();
    let mut forged = good(&workspace);
    forged.members.push(forged.members.iter().find(|it| it.name == b"images.txt").expect("it is there").clone());
    refused_everywhere(&workspace, "a file that is there twice", &forged.encode());
    let mut forged = good(&workspace);
    forged.members.push(Member::file("./images.txt", "other\n"));
    refused_everywhere(&workspace, "a file that is there twice, spelt otherwise", &forged.encode());
    let mut forged = good(&workspace);
    forged.members.push(Member::file("bundle.json", "{}"));
    refused_everywhere(&workspace, "a second index", &forged.encode());
    let mut forged = good(&workspace);
    forged.index["manifests"] = json!(["00-beacon", "00-beacon", "10-policy"]);
    refused_everywhere(&workspace, "a manifest that is named twice", &forged.encode());
    forged.index["manifests"] = json!(vec!["00-beacon"; 100_000]);
    refused_everywhere(&workspace, "a manifest that is named very often", &forged.encode());
    let forged = good(&workspace);
    let index = serde_json::to_string_pretty(&forged.index).expect("JSON");
    for (key, again) in [
        ("\"name\": \"quickstart\",", "\"name\": \"other\", \"name\": \"quickstart\","),
        ("\"beacon\": {", "\"beacon\": {\"source\": \"x\"}, \"beacon\": {"),
        ("\"images.txt\":", "\"images.txt\": \"sha256:0\", \"images.txt\":"),
    ] {
        assert!(index.contains(key));
        let twice = index.replacen(key, again, 1);
        refused_everywhere(&workspace, again, &forged.encode_with(twice.as_bytes()));
    }
    let twice = index.replacen(
        "\"beacon/relay.beacon.key\": {\n",
        "\"beacon/relay.beacon.key\": {\"secret\": \"x\"}, \"beacon/relay.beacon.key\": {\n",
        1,
    );
    assert_ne!(twice, index);
    refused_everywhere(&workspace, "a hole that is there twice", &forged.encode_with(twice.as_bytes()));
}

#[test]
fn members_of_the_archive() {
    let workspace = ground();
    let outside = workspace.path().join("absolute.yaml").display().to_string();
    let long = "a/".repeat(200);
    for name in [
        b"../x".as_slice(),
        b"../../x",
        b"x/../../../y",
        b"/x",
        b"//x",
        b"./images.txt",
        b"manifests/./00-beacon.yaml",
        b"manifests//00-beacon.yaml",
        b"manifests\\00-beacon.yaml",
        b"..\\x",
        b"C:\\x",
        b"",
        b".",
        b"..",
        b"a\nb",
        b"\x1b[2J",
        b"\xff\xfe",
        b"manifests/\xff.yaml",
        b"Manifests/00-beacon.yaml",
        b"IMAGES.TXT",
        b"manifests/00-beacon.yaml/",
        b"manifests/00-beacon.yaml/x",
        outside.as_bytes(),
        long.as_bytes(),
    ] {
        let attack = String::from_utf8_lossy(name).into_owned();
        let mut forged = good(&workspace);
        forged.members.push(Member::file(name, "x\n"));
        refused_everywhere(&workspace, &attack, &forged.encode());
        if let Ok(name) = std::str::from_utf8(name) {
            let mut forged = good(&workspace);
            forged.put(name, b"x\n");
            refused_everywhere(&workspace, &attack, &forged.encode());
        }
    }
}

#[test]
fn members_that_are_no_files() {
    let workspace = ground();
    let kinds = [
        (EntryType::Symlink, "../../precious"),
        (EntryType::Symlink, "/etc/passwd"),
        (EntryType::Symlink, "bundle.json"),
        (EntryType::Link, "bundle.json"),
        (EntryType::Link, "/etc/passwd"),
        (EntryType::Directory, ""),
        (EntryType::Fifo, ""),
        (EntryType::Char, ""),
        (EntryType::Block, ""),
        (EntryType::Continuous, ""),
        (EntryType::new(b'Z'), ""),
    ];
    for (kind, target) in kinds {
        for name in ["manifests", "manifests/00-beacon.yaml", "talos", "x"] {
            let mut forged = good(&workspace);
            let member = Member { kind, target: target.into(), ..Member::file(name, "") };
            forged.members.insert(0, member);
            refused_everywhere(&workspace, &format!("{kind:?} {name} -> {target}"), &forged.encode());
        }
    }
}

#[test]
fn what_follows_the_archive() {
    let workspace = ground();
    let forged = good(&workspace);
    let index = serde_json::to_vec_pretty(&forged.index).expect("JSON");
    let whole = forged.encode();
    refused_everywhere(&workspace, "a byte after the end", &[whole.as_slice(), b"x"].concat());
    refused_everywhere(&workspace, "a second archive", &[whole.as_slice(), &whole].concat());
    let hidden = [forged.tar_with(&index), forged.tar_with(b"{}")].concat();
    refused_everywhere(&workspace, "an archive after the end of the first", &gzip(&hidden));
    // Blocks of zeros fill the last record of what tar writes.
    let mut padded = forged.tar_with(&index);
    padded.resize(padded.len().next_multiple_of(10240), 0);
    workspace.write("padded.tar.gz", gzip(&padded));
    workspace.done(&["open", "padded.tar.gz", "-i", "key.txt"]);
}
