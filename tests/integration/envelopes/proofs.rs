//! What `verify`, `open` and `pull` prove of a bundle, and what they say of it.

use std::fs;

use flate2::write::GzEncoder;
use flate2::{Compression, Crc, GzBuilder};
use ichor::stage::lock::Lock;
use serde_json::{Value as Json, json};
use std::io::{Read, Write};

use super::archive::{Files, packed, unpacked};
use super::tampering::{GUEST, ROOT, envelope, put, said, vault};
use crate::support::workspace::Workspace;

fn bytes(workspace: &Workspace, file: &str) -> Vec<u8> {
    fs::read(workspace.path().join(file)).expect("a file")
}

fn tar(bundle: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(bundle).read_to_end(&mut tar).expect("gzip");
    tar
}

fn gzip(builder: GzBuilder, level: Compression, tar: &[u8]) -> Vec<u8> {
    let mut encoder = builder.write(Vec::new(), level);
    encoder.write_all(tar).expect("packed");
    encoder.finish().expect("packed")
}

/// As ichor packs.
fn own(tar: &[u8]) -> Vec<u8> {
    let mut sum = Crc::new();
    sum.update(tar);
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    let packed = miniz_oxide::deflate::compress_to_vec(tar, 9);
    [&head, packed.as_slice(), &sum.sum().to_le_bytes(), &sum.amount().to_le_bytes()].concat()
}

/// A tar of one more entry, or the same entries with another header.
fn entries(files: &Files, header: impl Fn(&mut tar::Header), reverse: bool) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut all: Vec<_> = files.iter().collect();
    if reverse {
        all.reverse();
    }
    for (path, content) in all {
        let mut head = tar::Header::new_ustar();
        head.set_entry_type(tar::EntryType::Regular);
        head.set_mode(0o644);
        head.set_uid(0);
        head.set_gid(0);
        head.set_mtime(0);
        head.set_size(content.len() as u64);
        header(&mut head);
        builder.append_data(&mut head, path, content.as_slice()).expect("packed");
    }
    builder.into_inner().expect("packed")
}

#[test]
fn verify_says_so_of_the_very_bytes_alone() {
    let workspace = vault();
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let good = bytes(&workspace, "good.tar.gz");
    let (tar, files) = (tar(&good), unpacked(&workspace, "good.tar.gz"));
    assert!(own(&tar) == good && entries(&files, |_| {}, false) == tar, "the attacks start from what ichor makes");
    assert!(workspace.done(&["verify", "good.tar.gz"]).contains("verified"));
    let more = |name: &str, content: &[u8]| {
        let files: Files = [(name.to_owned(), content.to_vec())].into();
        entries(&files, |_| {}, false)
    };
    let end = tar.len() - 1024;
    let plain = || GzBuilder::new().mtime(0).operating_system(255);
    let variants: Vec<(&str, Vec<u8>)> = vec![
        ("a byte", [&good[..], b"x"].concat()),
        ("a zero", [&good[..], b"\0"].concat()),
        ("a line end", [&good[..], b"\n"].concat()),
        ("many zeros", [&good[..], &[0; 4096]].concat()),
        ("the bundle again", [&good[..], &good].concat()),
        ("an empty member", [&good[..], &own(b"")].concat()),
        ("a member of zeros", [&good[..], &own(&[0; 1024])].concat()),
        ("a member with an entry", [&good[..], &own(&more("evil", b"x"))].concat()),
        ("a block of zeros in the archive", own(&[&tar[..], &[0; 512]].concat())),
        ("a byte in the archive", own(&[&tar[..], b"x"].concat())),
        ("an entry behind the end", own(&[&tar[..], &more("evil", b"x")].concat())),
        ("a known entry behind the end", own(&[&tar[..], &more("images.txt", b"x")].concat())),
        ("an entry before the end", own(&[&tar[..end], &more("evil", b"x")].concat())),
        ("a known entry again", own(&[&tar[..end], &more("images.txt", b"x")].concat())),
        ("no closing blocks", own(&tar[..end])),
        ("another mode", own(&entries(&files, |it| it.set_mode(0o4755), false))),
        ("another owner", own(&entries(&files, |it| it.set_uid(1000), false))),
        ("another time", own(&entries(&files, |it| it.set_mtime(1), false))),
        ("the name of an owner", own(&entries(&files, |it| it.set_username("root").expect("set"), false))),
        ("another order", own(&entries(&files, |_| {}, true))),
        ("another level", gzip(plain(), Compression::fast(), &tar)),
        ("a name", gzip(plain().filename("x"), Compression::best(), &tar)),
        ("a comment", gzip(plain().comment("x"), Compression::best(), &tar)),
        ("an extra field", gzip(plain().extra(b"x".to_vec()), Compression::best(), &tar)),
        ("a time", gzip(GzBuilder::new().mtime(1).operating_system(255), Compression::best(), &tar)),
        ("no compression", {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
            encoder.write_all(&tar).expect("packed");
            encoder.finish().expect("packed")
        }),
        ("cut short", good[..good.len() - 1].to_vec()),
        ("without its trailer", good[..good.len() - 8].to_vec()),
    ];
    for (what, bundle) in variants {
        workspace.write("bad.tar.gz", bundle);
        let run = workspace.run(&["verify", "bad.tar.gz"]);
        assert!(matches!(run.code(), 1 | 2), "{what}: {}{}", run.stdout(), run.stderr());
        assert!(!run.stdout().contains("verified"), "{what}: {}", run.stdout());
        assert!(!(run.stdout() + &run.stderr()).is_empty(), "{what}");
    }
}

#[test]
fn open_says_what_was_proved() {
    let workspace = vault();
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let alone = workspace.run(&["open", "good.tar.gz", "-i", "key.txt"]);
    said(&alone, &["not compared with any lock", "--lock FILE", "ichor verify good.tar.gz"]);
    let compared = workspace.run(&["open", "good.tar.gz", "-i", "key.txt", "--lock", "lockfiles/one.lock"]);
    assert_eq!((compared.code(), compared.stdout()), (0, alone.stdout()));
    said(&compared, &["matches the lock lockfiles/one.lock"]);
    assert!(!compared.stderr().contains("not compared"), "{}", compared.stderr());
    workspace.write("key.lock", "x");
    for (lock, code) in [("none.lock", 3), ("key.lock", 2)] {
        let run = workspace.run(&["open", "good.tar.gz", "-i", "key.txt", "--lock", lock]);
        assert!(run.code() == code || run.code() == 2, "{lock}: {}", run.stderr());
        assert_eq!(run.stdout(), "");
    }
}

/// Changes a bundle as somebody can who has no key, and opens it with and without the lock.
fn refused(workspace: &Workspace, what: &str, words: &[&str]) {
    for target in [&["-o", "out.yaml"][..], &["--for", "files", "-o", "out/"], &[]] {
        let args = [&["open", "bad.tar.gz", "-i", "key.txt", "--lock", "lockfiles/one.lock"][..], target].concat();
        let run = workspace.run(&args);
        assert_eq!((run.code(), run.stdout().as_str()), (1, ""), "{what}: {}", run.stderr());
        said(&run, words);
        assert!(!workspace.exists("out") && !workspace.exists("out.yaml"), "{what}");
    }
}

#[test]
fn open_with_a_lock_refuses_what_is_not_of_it() {
    let workspace = vault();
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let good = unpacked(&workspace, "good.tar.gz");
    let manifest = "manifests/00-vault.yaml";
    let edited = |path: &str, from: &str, to: &str| {
        let mut files = good.clone();
        let text = String::from_utf8(files[path].clone()).expect("text");
        assert!(text.contains(from), "{path}");
        files.insert(path.into(), text.replace(from, to).into_bytes());
        files
    };
    type Change = fn(&mut Json);
    let unchanged: Change = |_| {};
    let evil = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: evil, namespace: default}\n";
    let more = |path: &str, text: &str| {
        let mut files = good.clone();
        files.get_mut(path).expect("it is there").extend_from_slice(text.as_bytes());
        files
    };
    let claimed: Change = |index| index["changes"] = json!({"00-vault": ["left out 1 document without an object"]});
    let rows: Vec<(&str, Files, Change, &str)> = vec![
        ("a resource added", more(manifest, evil), unchanged, "`00-vault` is another text"),
        ("a field changed", edited(manifest, "name: vault", "name: evil"), unchanged, "`00-vault` is another text"),
        ("a comment added", more(manifest, "# x\n"), unchanged, "`00-vault` is another text"),
        ("called a change by packing", more(manifest, evil), claimed, "ConfigMap default/evil"),
        ("a field changed, and called so", edited(manifest, "guest:", "evil:"), claimed, "Secret default/vault"),
        ("an image more", more("images.txt", "evil:1\n"), unchanged, "`images.txt`"),
        ("the patch", more("talos/controlplane.yaml", "# x\n"), unchanged, "`talos/controlplane.yaml`"),
        ("a recipient", good.clone(), |index| index["recipients"] = json!([]), "recipients"),
        ("a source", good.clone(), |index| index["parts"]["vault"]["source"] = json!("./evil"), "part `vault`"),
        (
            "a digest",
            good.clone(),
            |index| {
                let other = index["parts"]["vault"]["output"].clone();
                index["parts"]["vault"]["digest"] = other;
            },
            "part `vault`",
        ),
        (
            "an output",
            good.clone(),
            |index| {
                let other = index["parts"]["vault"]["digest"].clone();
                index["parts"]["vault"]["output"] = other;
            },
            "part `vault`",
        ),
        ("a version", good.clone(), |index| index["parts"]["vault"]["version"] = json!("9.9.9"), "part `vault`"),
    ];
    for (what, files, change, word) in rows {
        packed(&workspace, "bad.tar.gz", files, change);
        refused(&workspace, what, &["B006", word]);
    }
    // A manifest that is gone.
    let mut files = good.clone();
    files.remove("manifests/10-other.yaml");
    packed(&workspace, "bad.tar.gz", files, |index| {
        index["manifests"] = json!(["00-vault"]);
        index["files"].as_object_mut().expect("files").remove("manifests/10-other.yaml");
    });
    let run = workspace.run(&["open", "bad.tar.gz", "-i", "key.txt", "--lock", "lockfiles/one.lock"]);
    assert_eq!(run.stdout(), "");
    said(&run, &["B006", "`other`"]);
    // Another lock: of secrets made anew, of another bundle.
    let old = workspace.read("lockfiles/one.lock");
    workspace.done(&["rotate", "vault/randAlphaNum", "-i", "key.txt"]);
    fs::copy(workspace.path().join("good.tar.gz"), workspace.path().join("bad.tar.gz")).expect("copied");
    refused(&workspace, "a secret rotated since", &["B006", "the envelope of `vault/randAlphaNum` is another"]);
    // A lock whose envelopes are not where they belong proves nothing.
    let mut lock = Lock::decode(&old).expect("a lock");
    let (root, guest) = (envelope(&lock, "vault", ROOT), envelope(&lock, "vault", GUEST));
    put(&mut lock, "vault", ROOT, &guest);
    put(&mut lock, "vault", GUEST, &root);
    workspace.write("swapped.lock", lock.encode());
    let run = workspace.run(&["open", "good.tar.gz", "-i", "key.txt", "--lock", "swapped.lock"]);
    assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
    said(&run, &["P003"]);
}

/// What packing leaves out for Talos is proved by what stays; what it changes, only a build proves.
#[test]
fn what_packing_changed() {
    let workspace = vault();
    let chart = workspace.read("chart/templates/all.yaml");
    workspace.write("chart/templates/all.yaml", format!("{chart}---\n# nothing here\n---\n{{}}\n"));
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "good.tar.gz"]);
    assert!(String::from_utf8_lossy(&unpacked(&workspace, "good.tar.gz")["bundle.json"]).contains("\"changes\""));
    workspace.done(&["open", "good.tar.gz", "-i", "key.txt", "--lock", "lockfiles/one.lock"]);
    let role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: r\n  namespace: x\nrules: []\n";
    workspace.write("chart/templates/all.yaml", format!("{chart}{role}"));
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "bad.tar.gz"]);
    refused(&workspace, "a namespace left out", &["B006", "ClusterRole r", "ichor verify bad.tar.gz"]);
    workspace.done(&["verify", "bad.tar.gz"]);
}
