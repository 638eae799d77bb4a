//! What `-o` may name beside a plain file: links, pipes, devices, files that cannot be renamed over, folders not yet there.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use super::bundles::ground;
use super::mode;
use crate::support::peer::{Peer, needs};
use crate::support::workspace::Workspace;

const OPEN: [&str; 5] = ["open", "good.tar.gz", "-i", "key.txt", "-o"];

fn with<'a>(call: &[&'a str], path: &'a str) -> Vec<&'a str> {
    call.iter().copied().chain([path]).collect()
}

fn keep_private(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
}

/// Each verb that writes one file, with what it writes; the file's name is to follow.
fn calls(workspace: &Workspace) -> Vec<(Vec<&'static str>, Vec<u8>)> {
    let calls: [&[&str]; 6] = [
        &OPEN,
        &["open", "--for", "kubectl", "good.tar.gz", "-i", "key.txt", "-o"],
        &["open", "--for", "machine-config=cp.yaml", "good.tar.gz", "-i", "key.txt", "-o"],
        &["build", "-o"],
        &["build", "--for", "kubectl", "-o"],
        &["diff", "good.tar.gz", "good.tar.gz", "--format", "json", "-o"],
    ];
    let wanted = |call: &&[&'static str]| {
        workspace.done(&with(call, "plain"));
        let bytes = fs::read(workspace.path().join("plain")).expect("written");
        fs::remove_file(workspace.path().join("plain")).expect("removed");
        (call.to_vec(), bytes)
    };
    calls.iter().map(wanted).collect()
}

#[test]
fn through_a_link() {
    let workspace = ground();
    fs::create_dir(workspace.path().join("sub")).expect("made");
    let here = workspace.path().to_path_buf();
    for (call, wanted) in calls(&workspace) {
        for (target, there) in [
            ("sub/real".into(), true),
            ("sub/real".into(), false),
            (here.join("sub/real"), true),
            (here.join("sub/real"), false),
            ("hop".into(), true),
            ("hop".into(), false),
        ] {
            for path in ["out", "hop", "sub/real"] {
                let _ = fs::remove_file(here.join(path));
            }
            symlink("sub/real", here.join("hop")).expect("linked");
            symlink(&target, here.join("out")).expect("linked");
            if there {
                workspace.write("sub/real", "before");
                keep_private(&here.join("sub/real"));
            }
            let run = workspace.run(&with(&call, "out"));
            let what = format!("{call:?} onto {}, {there}", target.display());
            assert_eq!(run.code(), 0, "{what}: {}", run.stderr());
            assert_eq!(fs::read_link(here.join("out")).expect("it is still a link"), target, "{what}");
            assert!(fs::read(here.join("sub/real")).expect("written") == wanted, "{what}");
            assert!(!here.join("sub/real").is_symlink(), "{what}");
            if call[0] == "open" {
                assert_eq!(mode(&here.join("sub/real")), 0o600, "{what}");
            }
        }
    }
}

#[test]
fn links_that_lead_nowhere_or_in_a_circle() {
    let workspace = ground();
    symlink("b", workspace.path().join("a")).expect("linked");
    symlink("a", workspace.path().join("b")).expect("linked");
    symlink("none/at/all", workspace.path().join("c")).expect("linked");
    for path in ["a", "a/x"] {
        let run = workspace.run(&with(&OPEN, path));
        assert!(run.code() == 2 || run.code() == 3, "{path}: {}", run.stderr());
        assert!(run.stderr().contains("error") && workspace.path().join("a").is_symlink(), "{path}: {}", run.stderr());
    }
    // What a link names is made as if it had been named itself.
    workspace.done(&with(&OPEN, "c"));
    assert!(workspace.path().join("c").is_symlink());
    assert_eq!(mode(&workspace.path().join("none/at")), 0o700);
    assert_eq!(mode(&workspace.path().join("none/at/all")), 0o600);
}

/// The guard looks at what is written, not at the link.
#[test]
fn a_link_does_not_get_past_the_guard() {
    needs!(Git);
    let workspace = ground();
    let git = Peer::Git.command().args(["init", "-q"]).current_dir(workspace.path()).status();
    assert!(git.expect("git runs").success());
    workspace.write(".gitignore", "/ignored\n/out/\n");
    for (target, word) in [("tracked.yaml", "git"), ("readable/x", "others can read")] {
        workspace.write("readable/x", "x");
        let outside = tempfile::tempdir().expect("a folder");
        let target = if target == "readable/x" {
            let path = outside.path().join("x");
            fs::write(&path, "x").expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
            path
        } else {
            workspace.path().join(target)
        };
        let _ = fs::remove_file(workspace.path().join("ignored"));
        symlink(&target, workspace.path().join("ignored")).expect("linked");
        let before = fs::read(&target).ok();
        let run = workspace.run(&with(&OPEN, "ignored"));
        assert_eq!(run.code(), 2, "{}", run.stderr());
        assert!(run.stderr().contains("P006") && run.stderr().contains(word), "{}", run.stderr());
        assert_eq!(fs::read(&target).ok(), before);
        // The same for each file of a folder.
        fs::create_dir_all(workspace.path().join("out")).expect("made");
        let inner = workspace.path().join("out/00-beacon.yaml");
        let _ = fs::remove_file(&inner);
        symlink(&target, &inner).expect("linked");
        let run = workspace.run(&["open", "good.tar.gz", "-i", "key.txt", "--for", "files", "-o", "out/"]);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        assert!(run.stderr().contains("P006"), "{}", run.stderr());
        assert_eq!(fs::read(&target).ok(), before);
        fs::remove_file(&inner).expect("removed");
    }
}

#[test]
fn into_a_pipe() {
    let workspace = ground();
    let pipe = workspace.path().join("pipe");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().expect("mkfifo").success());
    symlink("pipe", workspace.path().join("link")).expect("linked");
    for (call, wanted) in calls(&workspace) {
        for name in ["pipe", "link"] {
            let path = pipe.clone();
            let reader = std::thread::spawn(move || {
                let mut found = Vec::new();
                // Open for writing too, so that nobody waits for ever where the writer never comes.
                let mut file = fs::File::options().read(true).write(true).open(path).expect("opened");
                let mut buffer = [0; 4096];
                loop {
                    let read = file.read(&mut buffer).expect("read");
                    found.extend_from_slice(&buffer[..read]);
                    if found.ends_with(b"END\n") {
                        return found;
                    }
                }
            });
            std::thread::sleep(std::time::Duration::from_millis(50));
            let run = workspace.run(&with(&call, name));
            let still = fs::symlink_metadata(&pipe).expect("it is there").file_type().is_fifo();
            if still {
                fs::write(&pipe, "END\n").expect("written");
            }
            assert!(still, "{call:?} onto {name} replaced the pipe");
            let found = reader.join().expect("read");
            assert_eq!(run.code(), 0, "{call:?} onto {name}: {}", run.stderr());
            assert!(found == [wanted.as_slice(), b"END\n"].concat(), "{call:?} onto {name}");
        }
    }
}

/// What `/dev/stdout` is: a link to where the system keeps open files.
#[test]
fn onto_standard_output() {
    let workspace = ground();
    symlink("/proc/self/fd/1", workspace.path().join("stdout")).expect("linked");
    for (call, wanted) in calls(&workspace) {
        for name in ["stdout", "-"] {
            let run = workspace.run(&with(&call, name));
            assert_eq!(run.code(), 0, "{call:?}: {}", run.stderr());
            // Nothing else is there: what is piped on must be what a file would hold.
            assert!(run.0.stdout == wanted, "{call:?} onto {name}");
            assert!(!workspace.path().join("-").exists(), "{call:?}");
        }
        for redirect in [">", ">>"] {
            workspace.write("caught", if redirect == ">>" { "before\n" } else { "" });
            keep_private(&workspace.path().join("caught"));
            let script = format!("\"$0\" \"$@\" {redirect}caught");
            let mut shell = Command::new("sh");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_ichor")]).args(with(&call, "stdout"));
            shell.current_dir(workspace.path()).env("ICHOR_STORE", workspace.path().join("store"));
            let run = shell.output().expect("sh runs");
            assert!(run.status.success(), "{call:?}: {}", String::from_utf8_lossy(&run.stderr));
            let caught = fs::read(workspace.path().join("caught")).expect("caught");
            let start = if redirect == ">>" { &b"before\n"[..] } else { b"" };
            assert!(caught == [start, &wanted].concat(), "{call:?} {redirect}");
        }
    }
}

/// A device of one's own that swallows everything, as `/dev/null` does.
#[test]
fn onto_a_device() {
    let workspace = ground();
    let device = workspace.path().join("null");
    let made = Command::new("mknod").arg(&device).args(["c", "1", "3"]).stderr(std::process::Stdio::null()).status();
    if !made.is_ok_and(|it| it.success()) || fs::write(&device, "x").is_err() {
        eprintln!("skipped: no devices can be made here");
        return;
    }
    for (call, _) in calls(&workspace) {
        let run = workspace.run(&with(&call, "null"));
        assert_eq!(run.code(), 0, "{call:?}: {}", run.stderr());
        assert!(fs::symlink_metadata(&device).expect("there").file_type().is_char_device(), "{call:?}");
    }
}

/// A file that something is mounted on cannot be renamed over; and neither can one in a folder that takes no new files.
#[test]
fn onto_a_file_that_cannot_be_renamed_over() {
    needs!(Namespaces);
    let workspace = ground();
    for (call, wanted) in calls(&workspace) {
        for length in [0, 10, 1 << 20] {
            workspace.write("outer", "x".repeat(length));
            workspace.write("mounted", "");
            keep_private(&workspace.path().join("outer"));
            let script = "mount --bind outer mounted && \"$0\" \"$@\"";
            let mut shell = Peer::Namespaces.command();
            shell.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_ichor")]).args(with(&call, "mounted"));
            shell.current_dir(workspace.path()).env("ICHOR_STORE", workspace.path().join("store"));
            let run = shell.output().expect("unshare runs");
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            assert!(run.status.success(), "{call:?}: {said}");
            assert!(fs::read(workspace.path().join("outer")).expect("there") == wanted, "{call:?}, {length}");
        }
    }
    // A folder that is mounted for reading, and a file in it that is not.
    let (call, wanted) = (OPEN, fs::read(workspace.path().join("outer")).expect("there"));
    drop(wanted);
    workspace.write("outer", "before");
    workspace.write("closed/x", "");
    keep_private(&workspace.path().join("outer"));
    let script =
        "mount --bind closed closed && mount --bind outer closed/x && mount -o remount,bind,ro closed && \"$0\" \"$@\"";
    let mut shell = Peer::Namespaces.command();
    shell.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_ichor")]).args(with(&call, "closed/x"));
    let run = shell.current_dir(workspace.path()).output().expect("unshare runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(fs::read_to_string(workspace.path().join("outer")).expect("there").starts_with("cluster:"));
}

/// A disk that is full takes nothing away.
#[test]
fn a_full_disk_under_a_file_that_cannot_be_renamed_over() {
    needs!(Namespaces);
    let workspace = ground();
    fs::create_dir(workspace.path().join("small")).expect("made");
    workspace.write("mounted", "");
    let script = "mount -t tmpfs -o size=16k none small && printf before >small/outer && chmod 600 small/outer && \
                  mount --bind small/outer mounted && dd if=/dev/zero of=small/fill bs=4k count=3 2>/dev/null; \
                  \"$0\" \"$@\"; code=$?; cat mounted; exit $code";
    let mut shell = Peer::Namespaces.command();
    shell.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_ichor")]).args(with(&OPEN, "mounted"));
    let run = shell.current_dir(workspace.path()).output().expect("unshare runs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(3), "{said}");
    assert_eq!(String::from_utf8_lossy(&run.stdout), "before", "{said}");
}

#[test]
fn folders_on_the_way_are_for_the_owner_alone() {
    let workspace = ground();
    let run = |args: &[&str]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ichor")]).args(args);
        shell.current_dir(workspace.path()).env("ICHOR_STORE", workspace.path().join("store"));
        let run = shell.output().expect("sh runs");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    };
    let modes = |paths: &[&str], wanted: u32| {
        for path in paths {
            assert_eq!(mode(&workspace.path().join(path)), wanted, "{path}");
        }
    };
    run(&with(&OPEN, "a/b/c/patch.yaml"));
    modes(&["a", "a/b", "a/b/c"], 0o700);
    modes(&["a/b/c/patch.yaml"], 0o600);
    for target in ["files", "omni", "talhelper", "talos", "kubectl"] {
        let folder = format!("{target}/x/y/");
        run(&["open", "good.tar.gz", "-i", "key.txt", "--for", target, "-o", &folder]);
        modes(&[target, &format!("{target}/x"), &folder], 0o700);
    }
    modes(&["omni/x/y/manifests"], 0o700);
    modes(&["talhelper/x/y/controlplane.yaml"], 0o600);
    modes(&["omni/x/y/manifests/00-beacon.yaml", "files/x/y/00-beacon.yaml", "files/x/y/.ichor"], 0o600);
    run(&["open", "good.tar.gz", "-i", "key.txt", "--for", "machine-config=cp.yaml", "-o", "m/n/cp.yaml"]);
    modes(&["m", "m/n"], 0o700);
    run(&["init", "new/made", "--yes", "--new-key", "k/e/y.txt"]);
    modes(&["k", "k/e"], 0o700);
    modes(&["k/e/y.txt"], 0o600);
    // What was there keeps its mode, and what is public is made as the umask has it.
    fs::create_dir(workspace.path().join("there")).expect("made");
    fs::set_permissions(workspace.path().join("there"), fs::Permissions::from_mode(0o755)).expect("set");
    run(&with(&OPEN, "there/in/patch.yaml"));
    modes(&["there"], 0o755);
    modes(&["there/in"], 0o700);
    run(&["build", "-o", "public/in/b.tar.gz"]);
    modes(&["public", "public/in"], 0o777);
    modes(&["public/in/b.tar.gz"], 0o666);
}
