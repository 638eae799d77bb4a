//! Talos' own library: it generates configs, patches and validates them, and lists the inline manifests it finds.

use std::path::PathBuf;
use std::process::Command;

use super::repository;

/// The versions of Talos that are at hand.
pub const VERSIONS: [&str; 3] = ["1.12", "1.13", "1.14"];

/// Where `tests/judges` builds what judges.
pub fn folder() -> PathBuf {
    std::env::var_os("ICHOR_JUDGES").map_or_else(|| repository().join("target/judges"), PathBuf::from)
}

fn program(version: &str) -> PathBuf {
    folder().join(format!("talosjudge-{version}"))
}

pub fn all_are_here() -> bool {
    VERSIONS.iter().all(|it| program(it).is_file())
}

/// Runs the library of a version; gives whether it agrees, and what it prints.
pub fn ask(version: &str, args: &[&str]) -> (bool, String) {
    let run = Command::new(program(version)).args(args).output().expect("Talos' library");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}
