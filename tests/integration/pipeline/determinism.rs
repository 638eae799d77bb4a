//! A build asks for nothing but its inputs, and a second one compares. What surrounds it: `surroundings`.

use std::fs;

use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::workspace::Workspace;

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
