//! The public age test vectors (C2SP/CCTV), from where the age crate ships them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use ichor::base::digest::Digest;
use ichor::edge::age::{KeyKind, Opener};

/// What the age crate still opens although the format now forbids it: stanzas without the short last line, as early
/// versions of rage wrote them. Their text is authenticated all the same.
const LEGACY: [&str; 2] = ["stanza_missing_body", "stanza_missing_final_line"];

/// The vectors in the age crate's sources, wherever cargo keeps them.
fn vectors() -> PathBuf {
    let about = Command::new("rustc").arg("-vV").output().expect("rustc");
    let about = String::from_utf8(about.stdout).expect("text");
    let host = about.lines().find_map(|it| it.strip_prefix("host: ")).expect("the host's triple");
    // Without the filter cargo wants the sources of every platform.
    let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let age = packages.iter().find(|it| it["name"] == "age").expect("the age crate");
    let manifest = age["manifest_path"].as_str().expect("a path");
    PathBuf::from(manifest).with_file_name("tests/testdata/testkit")
}

/// Newer ones, with the post-quantum keys among them, where they lie beside the project.
fn newest() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/age");
    if beside.is_dir() { beside } else { vectors() }
}

#[test]
fn the_public_vectors_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key.txt");
    let mut seen = BTreeMap::<(bool, String), u32>::new();
    for entry in fs::read_dir(newest()).expect("the vectors") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("a vector");
        let end = bytes.windows(2).position(|it| it == b"\n\n").expect("a head") + 1;
        let head = std::str::from_utf8(&bytes[..end]).expect("text");
        let field = |name: &str| head.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": "));
        let mut body = bytes[end + 1..].to_vec();
        if field("compressed") == Some("zlib") {
            let packed = std::mem::take(&mut body);
            flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut body).expect("zlib");
        }
        // An envelope is never sealed to a passphrase: with keys alone no such file may open.
        let passphrase = field("passphrase").is_some();
        let ours = ichor::edge::age::generate(KeyKind::Classic).0;
        match field("identity") {
            Some(identity) if !passphrase => fs::write(&key, identity).expect("written"),
            _ => fs::write(&key, ours.expose()).expect("written"),
        }
        let opened = Opener::read(&[key.to_str().expect("text").into()]).and_then(|it| it.open_file("vector", &body));
        let expected = field("expect").expect("an expectation");
        *seen.entry((passphrase, expected.into())).or_default() += 1;
        match opened {
            Ok(secret) => {
                assert!(!passphrase, "{name} opens without its passphrase");
                if LEGACY.contains(&name.as_str()) {
                    continue;
                }
                assert_eq!(expected, "success", "{name}");
                let payload = field("payload").expect("the payload's digest");
                assert_eq!(Digest::of(secret.expose()).to_string(), format!("sha256:{payload}"), "{name}");
            }
            Err(error) => assert!(expected != "success" || passphrase, "{name}: {error}"),
        }
    }
    let opens = seen.get(&(false, "success".into())).copied().unwrap_or_default();
    assert!(opens >= 15 && seen.values().sum::<u32>() >= 120, "these are not the vectors: {seen:?}");
}
