//! The store and the cache: what somebody else put there, or what broke there, is not handed out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use ichor::base::digest::Digest;

use super::bundles::{good, ground};
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

/// The bundles in the store.
fn entries(workspace: &Workspace) -> Vec<PathBuf> {
    let found = fs::read_dir(workspace.path().join("store")).expect("a store");
    let mut found: Vec<PathBuf> = found.map(|it| it.expect("an entry").path()).collect();
    found.retain(|it| it.to_string_lossy().ends_with(".tar.gz"));
    found.sort();
    found
}

/// Whatever lies in the place of the entry, the build gives what a fresh one gives, and says so in a word.
fn made_anew(attack: &str, harm: impl Fn(&Workspace, &Path)) {
    let workspace = ground();
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let wanted = fs::read(workspace.path().join("good.tar.gz")).expect("a bundle");
    let entry = entries(&workspace).pop().expect("an entry");
    harm(&workspace, &entry);
    let run = workspace.run(&["build", "-o", "again.tar.gz"]);
    assert_eq!(run.code(), 0, "{attack}: {}", run.stderr());
    let given = fs::read(workspace.path().join("again.tar.gz")).expect("a bundle");
    assert!(given == wanted, "{attack}: the build gives what lay in the store");
    let name = entry.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(
        run.stderr().contains(&name) && run.stderr().contains("anew"),
        "{attack}: nothing is said: {}",
        run.stderr()
    );
    assert_eq!(fs::read(&entry).expect("an entry"), wanted, "{attack}: the entry is whole again");
    let run = workspace.run(&["build", "-o", "again.tar.gz"]);
    assert!(!run.stderr().contains("anew"), "{attack}: {}", run.stderr());
}

#[test]
fn a_store_that_is_damaged() {
    made_anew("an empty entry", |_, entry| fs::write(entry, "").expect("written"));
    made_anew("half an entry", |_, entry| {
        let bytes = fs::read(entry).expect("an entry");
        fs::write(entry, &bytes[..bytes.len() / 2]).expect("written");
    });
    made_anew("a flipped bit", |_, entry| {
        let mut bytes = fs::read(entry).expect("an entry");
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(entry, bytes).expect("written");
    });
    made_anew("a byte at the end", |_, entry| {
        let bytes = fs::read(entry).expect("an entry");
        fs::write(entry, [bytes.as_slice(), b"x"].concat()).expect("written");
    });
    made_anew("plain text", |_, entry| fs::write(entry, "no bundle\n").expect("written"));
    made_anew("an entry of which nothing is known", |workspace, entry| {
        for beside in fs::read_dir(workspace.path().join("store")).expect("a store") {
            let beside = beside.expect("an entry").path();
            if beside != *entry {
                fs::remove_file(beside).expect("removed");
            }
        }
    });
}

#[test]
fn a_store_that_somebody_filled() {
    made_anew("another manifest", |workspace, entry| {
        let mut forged = good(workspace);
        forged.put("manifests/10-policy.yaml", b"kind: Evil\n");
        fs::write(entry, forged.encode()).expect("written");
    });
    made_anew("another manifest, with its digest", |workspace, entry| {
        let mut forged = good(workspace);
        forged.put("manifests/10-policy.yaml", b"kind: Evil\n");
        replace(workspace, entry, &forged.encode());
    });
    made_anew("another part", |workspace, entry| {
        let mut forged = good(workspace);
        forged.index["parts"]["policy"]["output"] = forged.index["parts"]["beacon"]["output"].clone();
        replace(workspace, entry, &forged.encode());
    });
    made_anew("other recipients", |workspace, entry| {
        let mut forged = good(workspace);
        forged.index["recipients"] = serde_json::json!([]);
        replace(workspace, entry, &forged.encode());
    });
    made_anew("another envelope", |workspace, entry| {
        let mut forged = good(workspace);
        let other =
            forged.members.iter().find(|it| it.name.ends_with(b"relay.beacon.key.age")).expect("one").content.clone();
        forged.put("envelopes/beacon/beacon-ca.key.age", &other);
        replace(workspace, entry, &forged.encode());
    });
    made_anew("another Talos", |workspace, entry| {
        let mut forged = good(workspace);
        forged.index["talos"] = serde_json::json!("1.14");
        replace(workspace, entry, &forged.encode());
    });
    made_anew("another recipe", |workspace, entry| {
        let mut forged = good(workspace);
        let other = forged.index["holes"]["beacon/beacon-ca.key"].clone();
        forged.index["holes"]["beacon/relay.beacon.key"] = other;
        replace(workspace, entry, &forged.encode());
    });
    made_anew("another patch", |workspace, entry| {
        let mut forged = good(workspace);
        forged.put("talos/controlplane.yaml", b"cluster: {}\n");
        replace(workspace, entry, &forged.encode());
    });
    made_anew("other images", |workspace, entry| {
        let mut forged = good(workspace);
        forged.put("images.txt", b"evil.example.com/x:1\n");
        replace(workspace, entry, &forged.encode());
    });
    made_anew("a link to another file", |workspace, entry| {
        let elsewhere = workspace.path().join("elsewhere.tar.gz");
        fs::write(&elsewhere, "x").expect("written");
        fs::remove_file(entry).expect("removed");
        symlink(elsewhere, entry).expect("linked");
    });
    made_anew("a bundle of another workspace", |_, entry| {
        let other = ground();
        other.write(
            "network.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: kube-system}\n",
        );
        other.done(&["lock"]);
        other.done(&["build"]);
        let theirs = entries(&other).pop().expect("an entry");
        copy_with_its_digest(&theirs, entry);
    });
}

/// Puts a bundle into the store as if it had been built: every file beside the entry that holds its digest is made to fit.
fn replace(workspace: &Workspace, entry: &Path, bytes: &[u8]) {
    let old = Digest::of(&fs::read(entry).expect("an entry"));
    fs::write(entry, bytes).expect("written");
    let new = Digest::of(bytes);
    for beside in fs::read_dir(workspace.path().join("store")).expect("a store") {
        let beside = beside.expect("an entry").path();
        if let Ok(text) = fs::read_to_string(&beside) {
            fs::write(beside, text.replace(&old.hex(), &new.hex())).expect("written");
        }
    }
}

fn copy_with_its_digest(from: &Path, to: &Path) {
    let (bytes, old) = (fs::read(from).expect("an entry"), fs::read(to).expect("an entry"));
    fs::write(to, &bytes).expect("written");
    for beside in fs::read_dir(to.parent().expect("a store")).expect("a store") {
        let beside = beside.expect("an entry").path();
        if let Ok(text) = fs::read_to_string(&beside) {
            fs::write(beside, text.replace(&Digest::of(&old).hex(), &Digest::of(&bytes).hex())).expect("written");
        }
    }
}

/// A damaged blob is fetched again, and that is said; where nothing can be fetched, it is not taken.
#[test]
fn a_cache_that_is_damaged() {
    let workspace = Workspace::new();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let server = Server::start(move |_| Answer::new(200, text));
    let spec = |source: &str| {
        format!(
            "bundle: box\ntalos: \"1.12\"\nplainHttp: ['{}']\nparts:\n  - name: a\n    manifest: {source}\n",
            server.host
        )
    };
    workspace.write("ichor.yaml", spec(&format!("http://{}/a.yaml", server.host)));
    let run = |args: &[&str]| {
        let mut command = workspace.command(args);
        command.env("ICHOR_CACHE", workspace.path().join("cache")).env("HOME", workspace.path());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(name);
        }
        let output = command.output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run(&["lock"]).0, Some(0));
    let blob = workspace.path().join("cache/blobs/sha256").join(Digest::of(text.as_bytes()).hex());
    for harm in [&b""[..], b"other", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"] {
        fs::write(&blob, harm).expect("written");
        let (code, said) = run(&["build"]);
        assert_eq!(code, Some(2), "{said}");
        let (code, said) = run(&["lock"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("damaged") && said.contains("anew"), "{said}");
        assert_eq!(fs::read(&blob).expect("a blob"), text.as_bytes());
        assert_eq!(run(&["build"]).0, Some(0));
    }
    let (_, said) = run(&["lock"]);
    assert!(!said.contains("damaged"), "{said}");
}
