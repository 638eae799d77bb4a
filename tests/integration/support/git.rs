//! git in a folder, with nobody's settings.

use std::path::Path;
use std::process::Output;

use super::peer::Peer;

pub fn git(folder: &Path, args: &[&str]) -> Output {
    let settings =
        ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
    let mut command = Peer::Git.command();
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.args(settings).args(args).output().expect("git starts")
}

pub fn commit(folder: &Path, message: &str) {
    for args in [&["add", "-A"][..], &["commit", "-qm", message]] {
        let output = git(folder, args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
