//! Talos' own library: it generates configs, patches and validates them, and lists the inline manifests it finds.

use std::ffi::OsString;
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

/// A program that lies in `bin` beside the library, else the one on the PATH.
pub fn beside(name: &str) -> String {
    let own = folder().join("bin").join(name);
    if own.is_file() { own.display().to_string() } else { name.into() }
}

/// The PATH, with the programs of `bin` at its end.
pub fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([folder().join("bin")]);
    std::env::join_paths(folders).unwrap_or(path)
}

/// Whether `age-keygen` knows post-quantum keys, which Debian's does not.
pub fn makes_hybrid_keys() -> bool {
    Command::new(beside("age-keygen")).arg("-pq").output().is_ok_and(|run| run.status.success())
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
