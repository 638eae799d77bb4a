//! Killed at any moment, a run leaves nothing broken, and the next one completes.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use ichor::base::digest::Digest;
use ichor::stage::lock::Lock;
use ichor::stage::vendored::layout::Index;
use rand::RngExt;

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::server::Server;
use crate::support::workspace::Workspace;

#[test]
fn fifty_times_each() {
    needs!(DockerRegistry, HelmSdk);
    let names = ["a", "b", "c", "d"];
    let registry = Registry::with(Kind::Plain, &names.map(|it| (it, "1.0.0")));
    // Slow enough that moments between requests are hit too.
    let front = Server::before(&registry.host, |_, answer| {
        std::thread::sleep(Duration::from_millis(5));
        answer
    });
    let parts: String =
        names.iter().map(|it| format!("  - name: {it}\n    chart: oci://{}/charts/{it}\n", front.host)).collect();
    let workspace = Workspace::with(&front.head(), &parts);
    let timed = |args: &[&str]| {
        let start = Instant::now();
        workspace.done(args);
        start.elapsed()
    };
    let lock_takes = timed(&["lock"]);
    let whole = workspace.lock();
    workspace.remove("cache");
    let vendor_takes = timed(&["vendor"]);
    let mut killed = 0;
    for (args, takes) in [(["lock", "--jobs=2"], lock_takes), (["vendor", "--jobs=2"], vendor_takes)] {
        for round in 0..50 {
            let is_lock = args[0] == "lock";
            let _ = std::fs::remove_dir_all(workspace.path().join("cache"));
            let _ = std::fs::remove_dir_all(workspace.path().join("vendor"));
            if is_lock {
                let _ = std::fs::remove_file(workspace.path().join("lockfiles/box.lock"));
            }
            let mut command = workspace.command(&args);
            let mut run = command.stderr(std::process::Stdio::null()).spawn().expect("it starts");
            std::thread::sleep(takes.mul_f64(rand::rng().random_range(0.0..1.1)));
            // Every fourth time as Ctrl-C does it.
            let signal = if round % 4 == 3 { "INT" } else { "KILL" };
            let _ = std::process::Command::new("kill").args(["-s", signal, &run.id().to_string()]).output();
            killed += usize::from(run.wait().expect("it ends").code().is_none());
            whole_or_absent(&workspace);
            workspace.done(&args);
            whole_or_absent(&workspace);
            if is_lock {
                assert_eq!(without_clock(&workspace.lock()), without_clock(&whole));
            } else {
                workspace.done(&["vendor", "--check"]);
                let left =
                    workspace.state().into_keys().any(|it| in_vendor(&it) && it.to_string_lossy().contains("/.ichor-"));
                assert!(!left, "the next run clears away what was left");
            }
        }
    }
    assert!(killed > 40, "only {killed} runs were still going when they were killed");
}

/// The process ends by the signal, says so, and everything is as it was or as it would have become.
#[test]
fn ctrl_c_leaves_no_trace() {
    needs!(DockerRegistry, HelmSdk);
    let names = ["a", "b", "c", "d", "e", "f"];
    let both: Vec<(&str, &str)> = names.iter().flat_map(|it| [(*it, "1.0.0"), (*it, "1.1.0")]).collect();
    let registry = Registry::with(Kind::Plain, &both);
    let parts = |version: &str| -> String {
        let part = |it: &&str| {
            format!("  - name: {it}\n    chart: oci://{}/charts/{it}\n    version: {version}\n", registry.host)
        };
        names.iter().map(part).collect()
    };
    let workspace = Workspace::with(&registry.head(), &parts("1.0.0"));
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    workspace.spec(&registry.head(), &parts("1.1.0"));
    let (mut seen, mut told) = ([0; 2], 0);
    for args in [["lock", "--jobs=2"], ["vendor", "--jobs=2"]] {
        let before = workspace.state();
        let timed = |_| {
            workspace.restore(&before);
            let start = Instant::now();
            workspace.done(&args);
            start.elapsed()
        };
        let takes = (0..3).map(timed).min().expect("three runs");
        let after = workspace.state();
        assert!(before != after);
        for round in 0..40 {
            workspace.restore(&before);
            let mut command = workspace.command(&args);
            let run = command.stderr(std::process::Stdio::piped()).spawn().expect("it starts");
            // Most of them towards the end, where something is written.
            let part = if round % 4 == 0 { 0.0..0.5 } else { 0.6..1.2 };
            std::thread::sleep(takes.mul_f64(rand::rng().random_range(part)));
            let signal = if round % 2 == 0 { "INT" } else { "TERM" };
            let _ = std::process::Command::new("kill").args(["-s", signal, &run.id().to_string()]).output();
            let run = run.wait_with_output().expect("it ends");
            let now = workspace.state();
            let is_before = now == before;
            assert!(is_before || now == after, "{args:?}: {:?}", now.keys().collect::<Vec<_>>());
            seen[usize::from(is_before)] += 1;
            if let Some(ended_by) = run.status.signal() {
                assert_eq!(ended_by, if signal == "INT" { 2 } else { 15 });
                let said = String::from_utf8_lossy(&run.stderr).into_owned();
                // A signal may come before the program is there to hear it.
                let says = said.contains("interrupted") && said.contains("run the command again");
                assert!(says || (said.is_empty() && is_before), "{said}");
                told += u32::from(says);
            }
            if round % 8 == 0 {
                workspace.done(&args);
                assert!(workspace.state() == after);
            }
        }
        workspace.restore(&after);
    }
    assert!(seen.iter().all(|it| *it > 3), "{seen:?} ended before and after");
    assert!(told > 20, "only {told} of the runs that were stopped said so");
}

fn in_vendor(path: &Path) -> bool {
    path.components().any(|it| it.as_os_str() == "vendor")
}

/// Every file has all of its content.
fn whole_or_absent(workspace: &Workspace) {
    for (path, bytes) in workspace.state() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            it if it.starts_with(".ichor-") => {}
            "box.lock" => drop(Lock::decode(&text).unwrap_or_else(|it| panic!("{it}"))),
            "index.json" => {
                let index = Index::decode(&bytes).unwrap_or_else(|it| panic!("{it}"));
                for entry in index.entries() {
                    assert!(path.with_file_name("blobs/sha256").join(entry.digest.hex()).exists());
                }
            }
            "oci-layout" => assert_eq!(text, "{\"imageLayoutVersion\":\"1.0.0\"}"),
            hex => assert_eq!(Digest::of(&bytes).hex(), hex, "{}", path.display()),
        }
    }
}

fn without_clock(lock: &str) -> String {
    lock.lines().filter(|it| !it.starts_with("clock: ")).collect::<Vec<_>>().join("\n")
}
