//! Bundles that somebody without a key rewrote, digests and all.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};

use super::tampering::*;
use crate::support::peer::Peer;
use crate::support::peer::needs;
use crate::support::program::filter;
use crate::support::workspace::Workspace;

pub type Files = BTreeMap<String, Vec<u8>>;

pub fn unpacked(workspace: &Workspace, file: &str) -> Files {
    let bytes = std::fs::read(workspace.path().join(file)).expect("a bundle");
    let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
    let entries = archive.entries().expect("entries").map(|it| it.expect("an entry"));
    let read = |mut entry: tar::Entry<'_, GzDecoder<&[u8]>>| {
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("content");
        (entry.path().expect("a path").display().to_string(), content)
    };
    entries.map(read).collect()
}

/// Packs the files with digests that fit, after a change of the index.
pub fn packed(workspace: &Workspace, file: &str, mut files: Files, change: impl FnOnce(&mut Json)) {
    let mut index: Json = serde_json::from_slice(&files["bundle.json"]).expect("JSON");
    change(&mut index);
    for (path, content) in files.iter().filter(|(path, _)| *path != "bundle.json") {
        index["files"][path] = json!(ichor::base::digest::Digest::of(content).to_string());
    }
    files.insert("bundle.json".into(), serde_json::to_vec_pretty(&index).expect("JSON"));
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in &files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, content.as_slice()).expect("packed");
    }
    let mut encoder = builder.into_inner().expect("packed");
    encoder.flush().expect("packed");
    workspace.write(file, encoder.finish().expect("packed"));
}

fn refused(workspace: &Workspace, words: &[&str]) {
    for verb in [&["open", "bad.tar.gz", "-i", "key.txt"][..], &["open", "bad.tar.gz", "-i", "key.txt", "-o", "out"]] {
        let run = workspace.run(verb);
        assert_eq!((run.code(), run.stdout().as_str()), (2, ""), "{}", run.stderr());
        said(&run, words);
        assert!(!workspace.exists("out"));
    }
    let verified = workspace.run(&["verify", "bad.tar.gz"]);
    assert!(matches!(verified.code(), 1 | 2), "{}", verified.stderr());
}

fn built() -> (Workspace, Files) {
    let workspace = vault();
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let files = unpacked(&workspace, "good.tar.gz");
    packed(&workspace, "same.tar.gz", files.clone(), |_| {});
    workspace.done(&["open", "same.tar.gz", "-i", "key.txt"]);
    (workspace, files)
}

const ROOT_FILE: &str = "envelopes/vault/randAlphaNum.age";
const GUEST_FILE: &str = "envelopes/vault/randAlphaNum-2.age";
const KEY_FILE: &str = "envelopes/vault/vault-ca.key.age";

#[test]
fn envelopes_swapped_in_a_bundle() {
    let (workspace, good) = built();
    let mut files = good.clone();
    files.insert(ROOT_FILE.into(), good[GUEST_FILE].clone());
    files.insert(GUEST_FILE.into(), good[ROOT_FILE].clone());
    packed(&workspace, "bad.tar.gz", files, |_| {});
    refused(&workspace, &["P003", "`vault/randAlphaNum`", "sealed for `vault/randAlphaNum-2`"]);
    // The comparison tells of it.
    let told = workspace.done(&["diff", "good.tar.gz", "bad.tar.gz"]);
    assert!(told.contains("was sealed for vault/randAlphaNum-2"), "{told}");
    // A registry takes no such bundle from here.
    let pushed = workspace.run(&["push", "oci://localhost:1/x:y", "bad.tar.gz"]);
    assert_eq!(pushed.code(), 2);
    said(&pushed, &["P003"]);
    // A key for a password, whatever the index says of keys.
    let mut files = good.clone();
    files.insert(GUEST_FILE.into(), good[KEY_FILE].clone());
    packed(&workspace, "bad.tar.gz", files.clone(), |_| {});
    refused(&workspace, &["P003", "`vault/randAlphaNum-2`", "sealed for `vault/vault-ca`"]);
    packed(&workspace, "bad.tar.gz", files, |index| index["publicKeys"] = json!({}));
    refused(&workspace, &["P003"]);
    // The bundle under another name.
    packed(&workspace, "bad.tar.gz", good.clone(), |index| index["name"] = json!("two"));
    refused(&workspace, &["P003", "of bundle one"]);
}

#[test]
fn envelopes_sealed_anew_in_a_bundle() {
    needs!(Age);
    let (workspace, good) = built();
    let mut files = good.clone();
    let text = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), b"of my own");
    files.insert(GUEST_FILE.into(), text);
    packed(&workspace, "bad.tar.gz", files, |_| {});
    refused(&workspace, &["P003", "`vault/randAlphaNum-2`", "does not say"]);
    let told = workspace.done(&["diff", "good.tar.gz", "bad.tar.gz"]);
    assert!(told.contains("randAlphaNum-2") && !told.contains("nothing differs"), "{told}");
    let mut files = good;
    let cut = files[GUEST_FILE].len() / 2;
    files.get_mut(GUEST_FILE).expect("there").truncate(cut);
    packed(&workspace, "bad.tar.gz", files, |_| {});
    refused(&workspace, &["P003", "vault/randAlphaNum-2"]);
}

/// What fills a hole is what its mark in the public manifest says.
#[test]
fn recipes_rewritten() {
    let (workspace, good) = built();
    let secret = |name: &str| json!({ "secret": name });
    let quoted = |index: &Json| -> String {
        let holes = index["holes"].as_object().expect("holes");
        holes.keys().find(|it| it.starts_with("vault/vault-ca.key|quote")).expect("a quoted key").clone()
    };
    type Change = Box<dyn Fn(&mut Json)>;
    let changes: Vec<Change> = vec![
        // A password's mark is filled with the CA's key.
        Box::new(move |index| index["holes"]["vault/randAlphaNum"] = secret("vault/vault-ca.key")),
        Box::new(move |index| index["holes"]["vault/randAlphaNum"] = secret("other/randAlphaNum")),
        Box::new(move |index| index["holes"]["vault/randAlphaNum"] = secret("vault/randAlphaNum-2")),
        // By way of a function.
        Box::new(|index| {
            index["holes"]["vault/randAlphaNum"] =
                json!({"call": {"function": "b64enc", "args": [{"text": [{"hole": "vault/vault-ca.key"}]}]}});
        }),
        // The key's own mark: of another key, by another function, of two, of no secret at all.
        Box::new(move |index| {
            let label = quoted(index);
            index["holes"][label]["call"]["args"] = json!([{"text": [{"hole": "other/vault-ca.key"}]}]);
        }),
        Box::new(move |index| {
            let label = quoted(index);
            index["holes"][label]["call"]["function"] = json!("b64enc");
        }),
        Box::new(move |index| {
            let label = quoted(index);
            index["holes"][label]["call"]["args"] =
                json!([{"text": [{"hole": "vault/vault-ca.key"}, {"hole": "vault/randAlphaNum"}]}]);
        }),
        Box::new(move |index| {
            let label = quoted(index);
            index["holes"][label]["call"]["args"] = json!([{"text": [{"plain": "of my own"}]}]);
        }),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        packed(&workspace, "bad.tar.gz", good.clone(), change);
        let run = workspace.run(&["open", "bad.tar.gz", "-i", "key.txt"]);
        assert_eq!((run.code(), run.stdout().as_str()), (2, ""), "{number}");
        // An envelope that no recipe names any more is refused before its marks are read.
        let word = if run.stderr().contains("belongs to nothing") { "envelopes/vault/" } else { "mark" };
        said(&run, &[word, "vault/"]);
    }
}
