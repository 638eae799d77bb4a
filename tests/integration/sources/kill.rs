//! Killed at any moment, a run leaves nothing broken, and the next one completes.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Instant;

use ichor::base::digest::Digest;
use ichor::stage::lock::Lock;
use ichor::stage::vendored::layout::Index;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::server::{Gate, Server};
use crate::support::workspace::Workspace;

/// Ends a run by a signal, and says how it ended.
fn end(run: Child, signal: &str) -> Output {
    let sent = Command::new("kill").args(["-s", signal, &run.id().to_string()]).output();
    sent.expect("kill starts");
    run.wait_with_output().expect("it ends")
}

fn front(registry: &Registry, gate: &Arc<Gate>) -> Server {
    let gate = Arc::clone(gate);
    Server::before(&registry.host, move |_, answer| {
        gate.pass();
        answer
    })
}

#[test]
fn fifty_times_each() {
    needs!(DockerRegistry, HelmSdk);
    let mut choices = StdRng::seed_from_u64(1);
    let names = ["a", "b", "c", "d"];
    let registry = Registry::with(Kind::Plain, &names.map(|name| (name, "1.0.0")));
    let gate = Arc::new(Gate::default());
    let front = front(&registry, &gate);
    let parts: String =
        names.iter().map(|name| format!("  - name: {name}\n    chart: oci://{}/charts/{name}\n", front.host)).collect();
    let workspace = Workspace::with(&front.head(), &parts);
    // How many requests a whole run makes, and how long it takes.
    let whole_run = |args: &[&str]| {
        let (start, before) = (Instant::now(), front.asked().len());
        workspace.done(args);
        (front.asked().len() - before, start.elapsed())
    };
    let of_lock = whole_run(&["lock"]);
    let whole = workspace.lock();
    workspace.remove("cache");
    let of_vendor = whole_run(&["vendor"]);
    let mut killed = 0;
    for (args, (requests, takes)) in [(["lock", "--jobs=2"], of_lock), (["vendor", "--jobs=2"], of_vendor)] {
        for round in 0..50 {
            let is_lock = args[0] == "lock";
            let _ = std::fs::remove_dir_all(workspace.at("cache"));
            let _ = std::fs::remove_dir_all(workspace.at("vendor"));
            if is_lock {
                let _ = std::fs::remove_file(workspace.at("lockfiles/box.lock"));
            }
            // Every other time it waits for an answer, so that it is surely there still; else at any moment.
            let waits = round % 2 == 0;
            if waits {
                gate.close_after(choices.random_range(0..requests));
            }
            let run = workspace.command(&args).stderr(Stdio::null()).spawn().expect("it starts");
            if waits {
                gate.await_held(1);
            } else {
                std::thread::sleep(takes.mul_f64(choices.random_range(0.0..1.1)));
            }
            // Every fourth time as Ctrl-C does it.
            let ended = end(run, if round % 4 == 3 { "INT" } else { "KILL" });
            gate.open();
            killed += usize::from(ended.status.code().is_none());
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
    assert!(killed >= 50, "only {killed} runs were still going when they were killed");
}

/// The process ends by the signal, says so, and everything is as it was or as it would have become.
#[test]
fn ctrl_c_leaves_no_trace() {
    needs!(DockerRegistry, HelmSdk);
    let mut choices = StdRng::seed_from_u64(2);
    let names = ["a", "b", "c", "d", "e", "f"];
    let both: Vec<(&str, &str)> = names.iter().flat_map(|name| [(*name, "1.0.0"), (*name, "1.1.0")]).collect();
    let registry = Registry::with(Kind::Plain, &both);
    let gate = Arc::new(Gate::default());
    let front = front(&registry, &gate);
    let parts = |version: &str| -> String {
        let part = |name: &&str| {
            format!("  - name: {name}\n    chart: oci://{}/charts/{name}\n    version: {version}\n", front.host)
        };
        names.iter().map(part).collect()
    };
    let workspace = Workspace::with(&front.head(), &parts("1.0.0"));
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    workspace.spec(&front.head(), &parts("1.1.0"));
    let (mut seen, mut told) = ([0; 2], 0);
    for (args, last) in [(["lock", "--jobs=2"], "lockfiles/box.lock"), (["vendor", "--jobs=2"], "vendor/index.json")] {
        let before = workspace.state();
        let timed = |_| {
            workspace.restore(&before);
            let (start, asked) = (Instant::now(), front.asked().len());
            workspace.done(&args);
            (start.elapsed(), front.asked().len() - asked)
        };
        let (takes, requests) = (0..3).map(timed).min().expect("three runs");
        let (after, whole) = (workspace.state(), workspace.read(last));
        assert!(before != after);
        for round in 0..40 {
            workspace.restore(&before);
            // `vendor` finds all in the cache, and asks nobody.
            let waits = round % 4 == 0 && requests > 0;
            if waits {
                gate.close_after(choices.random_range(0..requests));
            }
            let mut run = workspace.command(&args).stderr(Stdio::piped()).spawn().expect("it starts");
            match round % 4 {
                // While it waits for an answer, so that nothing was written yet.
                0 if waits => gate.await_held(1),
                // When all is written.
                1 => while workspace.read(last) != whole && run.try_wait().expect("a run").is_none() {},
                // At any moment, mostly towards the end, where something is written.
                _ => std::thread::sleep(takes.mul_f64(choices.random_range(0.6..1.2))),
            }
            let signal = if (round / 4) % 2 == 0 { "INT" } else { "TERM" };
            let run = end(run, signal);
            gate.open();
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
    eprintln!("{seen:?} ended before and after, {told} said so");
    assert!(seen.iter().all(|count| *count >= 10), "{seen:?} ended before and after");
    assert!(told >= 10, "only {told} of the runs that were stopped said so");
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
