//! What the tests share: a workspace, the program run in it, charts, servers, and the programs that are asked besides.

pub mod charts;
pub mod git;
pub mod judges;
pub mod opened;
pub mod peer;
pub mod program;
pub mod registry;
pub mod server;
pub mod site;
pub mod workspace;

use std::path::{Path, PathBuf};

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The charts of Cilium and the cases for them, which lie beside the repository where they are at all.
pub fn conformance() -> Option<PathBuf> {
    let named = std::env::var_os("ICHOR_SHARED").map(PathBuf::from);
    let candidates = named.into_iter().chain(["../shared", "../../shared"].map(|path| repository().join(path)));
    candidates.map(|shared| shared.join("conformance")).find(|folder| folder.join("cases.json").is_file())
}

/// Copies what a folder holds into another, but not the link `result`, which somebody may have built there.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_name() == "result" {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
