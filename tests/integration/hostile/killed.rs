//! Runs of `open -o` that are killed: no secret stays where git would take it, and the next run clears away what was left.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::bundles::ground;
use crate::support::peer::{Peer, needs};
use crate::support::workspace::Workspace;

/// The workspace as a git repository in which `patch.yaml` and `out/` are ignored, and all else is committed.
fn repository() -> Workspace {
    let workspace = ground();
    workspace.write(".gitignore", "/key.txt\n/store/\n/patch.yaml\n/out/*.yaml\n/out/.ichor\n");
    for args in
        [&["init", "-q"][..], &["add", "-A"], &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]]
    {
        git(&workspace, args);
    }
    workspace
}

fn git(workspace: &Workspace, args: &[&str]) -> String {
    let run = Peer::Git.command().args(args).current_dir(workspace.path()).output().expect("git runs");
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// What is left of the run: git would take none of it, nobody else may read it, and nothing of it stands in the folder
/// under a name once the next run is done.
fn nothing_is_exposed(workspace: &Workspace, when: &str) {
    let taken = git(workspace, &["add", "--all", "--dry-run"]);
    assert_eq!(taken, "", "{when}: git would take what is left");
    assert_eq!(git(workspace, &["stash", "list"]), "");
    for (path, bytes) in super::listing(workspace.path()) {
        let own = path.ends_with("/patch.yaml") || path.contains("/out/") && path.ends_with(".yaml");
        let secret = String::from_utf8_lossy(&bytes).contains("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk");
        if secret && !own {
            let mode = super::mode(path.as_ref());
            assert_eq!(mode & 0o077, 0, "{when}: {path} is for others too");
        }
    }
}

fn nothing_is_left(workspace: &Workspace, when: &str) {
    let left: Vec<String> = super::listing(workspace.path()).into_keys().filter(|it| it.contains(".ichor-")).collect();
    assert!(left.is_empty(), "{when}: {left:?}");
}

const CALLS: [&[&str]; 2] = [
    &["open", "good.tar.gz", "-i", "key.txt", "-o", "patch.yaml"],
    &["open", "good.tar.gz", "-i", "key.txt", "--for", "files", "-o", "out/"],
];

/// A limit on the size of files stops the run in the middle of writing.
#[test]
fn in_the_middle_of_writing() {
    needs!(Git);
    for call in CALLS {
        for before in [None, Some("what was there before\n")] {
            let workspace = repository();
            if let Some(text) = before {
                for path in ["patch.yaml", "out/00-beacon.yaml"] {
                    workspace.write(path, text);
                    let path = workspace.path().join(path);
                    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("set");
                }
            }
            let mut shell = Command::new("sh");
            shell.args(["-c", "ulimit -c 0; ulimit -f 8; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ichor")]).args(call);
            let run = shell.current_dir(workspace.path()).output().expect("sh runs");
            let when = format!("{call:?}, {before:?}");
            assert!(run.status.signal().is_some(), "{when}: {}", String::from_utf8_lossy(&run.stderr));
            nothing_is_exposed(&workspace, &when);
            let path = if call.contains(&"out/") { "out/00-beacon.yaml" } else { "patch.yaml" };
            let now = fs::read_to_string(workspace.path().join(path)).ok();
            assert_eq!(now.as_deref(), before, "{when}: what was there is lost");
            workspace.done(call);
            nothing_is_exposed(&workspace, &when);
            nothing_is_left(&workspace, &when);
        }
    }
}

#[test]
fn at_any_moment() {
    needs!(Git);
    let workspace = repository();
    for call in CALLS {
        workspace.done(call);
        let start = Instant::now();
        workspace.done(call);
        let takes = start.elapsed();
        let mut killed = 0;
        for round in 0..25 {
            if round % 2 == 0 {
                let _ = fs::remove_file(workspace.path().join("patch.yaml"));
                let _ = fs::remove_dir_all(workspace.path().join("out"));
            }
            let mut command = workspace.command(call);
            let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
            // Most of them towards the end, where something is written.
            std::thread::sleep(takes.mul_f64(rand::rng().random_range(0.6..1.1)).max(Duration::from_millis(1)));
            let _ = run.kill();
            killed += u32::from(run.wait().expect("it ends").signal().is_some());
            nothing_is_exposed(&workspace, &format!("{call:?}, killed"));
        }
        workspace.done(call);
        nothing_is_left(&workspace, &format!("{call:?}, after {killed} were killed"));
    }
}

/// What an ichor of before this left under a name of its own goes, too.
#[test]
fn what_was_left_before_goes() {
    needs!(Git);
    let workspace = repository();
    workspace.write(".ichor-a1B2c3", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk");
    workspace.write("out/.ichor-x/half", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk");
    workspace.write("out/.ichor-own-notes/mine.txt", "mine");
    let hour_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    let path = workspace.path().join(".ichor-a1B2c3");
    fs::File::options().write(true).open(path).and_then(|it| it.set_modified(hour_ago)).expect("set");
    CALLS.iter().for_each(|call| drop(workspace.done(call)));
    assert!(!workspace.exists(".ichor-a1B2c3"));
}
