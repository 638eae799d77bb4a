//! `diff`, `upgrade` and `git-setup` as people use them: in git repositories, with real keys, in a real browser.

#![allow(clippy::disallowed_methods)] // A test arranges its own files.

#[path = "../pipeline/run.rs"]
#[allow(dead_code)]
mod run;
#[path = "../pipeline/workspace.rs"]
#[allow(dead_code)]
mod workspace;

mod jobs;
mod merges;
mod page;
mod revisions;
mod schema;

use std::path::Path;
use std::process::{Command, Output};

/// git in a folder, with nobody's settings.
fn git(folder: &Path, args: &[&str]) -> Output {
    let settings =
        ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.args(settings).args(args).output().expect("git is installed")
}

fn commit(folder: &Path, message: &str) {
    for args in [&["add", "-A"][..], &["commit", "-qm", message]] {
        let output = git(folder, args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
