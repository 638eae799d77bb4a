//! The same inputs give the same bytes, whatever surrounds them.

use std::fs;
use std::process::Command;

use crate::support::copy;
use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::workspace::Workspace;

#[test]
fn surroundings_do_not_show_in_a_bundle() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let mut bundles = Vec::new();
    for (umask, zone, locale) in
        [("022", "UTC", "C"), ("077", "Pacific/Kiritimati", "tr_TR.UTF-8"), ("000", ":bad", "")]
    {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let there = elsewhere.path().join("deep/er");
        fs::create_dir_all(&there).expect("made");
        // Made in another order, with other times, below another path.
        for path in ["network.yaml", "values.yaml", "ichor.yaml", "chart", "lockfiles"] {
            let from = workspace.at(path);
            if from.is_dir() { copy(&from, &there.join(path)) } else { drop(fs::copy(from, there.join(path))) }
        }
        let built = Command::new("sh")
            .args(["-c", "umask \"$1\" && exec \"$2\" build -o bundle.tar.gz", "sh", umask, ICHOR])
            .current_dir(&there)
            .env("ICHOR_STORE", there.join("store"))
            .env("TZ", zone)
            .env("LANG", locale)
            .env("LC_ALL", locale)
            .env("TMPDIR", elsewhere.path())
            .output()
            .expect("sh");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        bundles.push((built.stdout, fs::read(there.join("bundle.tar.gz")).expect("a bundle")));
    }
    assert!(bundles.iter().all(|it| *it == bundles[0]));
}

#[test]
fn a_rebuild_compares_with_the_store() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let first = workspace.done(&["build"]);
    assert_eq!(workspace.done(&["build"]), first);
    assert_eq!(workspace.done(&["build", "--rebuild"]), first);
    let stored = fs::canonicalize(workspace.path().join("result")).expect("a link into the store");
    let mut bytes = fs::read(&stored).expect("a bundle");
    // Byte 8 of a gzip header is of no consequence to what it holds.
    bytes[8] ^= 1;
    fs::write(&stored, bytes).expect("written");
    // The store's own digest tells that it is not what was built.
    let other = workspace.run(&["build", "--rebuild"]);
    assert_eq!((other.code(), other.stdout()), (0, first), "{}", other.stderr());
    assert!(other.stderr().contains("was damaged"), "{}", other.stderr());
}

#[test]
fn a_build_opens_no_key_and_no_network() {
    needs!(Namespaces);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    fs::remove_file(workspace.key()).expect("removed");
    let bundle = ["build", "-o", "bundle.tar.gz"];
    let expected = workspace.done(&bundle);
    let unshared = Peer::Namespaces
        .command()
        .args(["--user", "--map-root-user", "--net", ICHOR])
        .args(bundle)
        .arg("--rebuild")
        .current_dir(workspace.path())
        .env("ICHOR_STORE", workspace.path().join("store"))
        .output()
        .expect("unshare");
    assert!(unshared.status.success(), "{}", String::from_utf8_lossy(&unshared.stderr));
    assert_eq!(String::from_utf8_lossy(&unshared.stdout), expected);
}
