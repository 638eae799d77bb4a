//! Two runs that write one lock take turns: nothing that either did is lost.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use ichor::stage::lock::Lock;

use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

const LOCK: &str = "lockfiles/quickstart.lock";
const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far}\n";

/// A server that answers once it is told to.
struct Slow {
    server: Server,
    open: Arc<(Mutex<bool>, Condvar)>,
}

impl Slow {
    fn new() -> Slow {
        let open: Arc<(Mutex<bool>, Condvar)> = Arc::default();
        let gate = Arc::clone(&open);
        let server = Server::start(move |_| {
            let closed = gate.0.lock().expect("no panic");
            drop(gate.1.wait_while(closed, |it| !*it).expect("no panic"));
            Answer::new(200, MANIFEST)
        });
        Slow { server, open }
    }

    fn open(&self) {
        *self.open.0.lock().expect("no panic") = true;
        self.open.1.notify_all();
    }

    fn is_asked(&self) -> bool {
        !self.server.asked().is_empty()
    }
}

/// A locked quickstart whose next `lock` waits at the gate.
fn before_a_gate() -> (Workspace, Slow) {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let gate = Slow::new();
    let spec = workspace.read("ichor.yaml");
    let host = &gate.server.host;
    let part = format!("  - {{name: far, manifest: 'http://{host}/far.yaml'}}\n");
    workspace.write("ichor.yaml", format!("{}{spec}{part}", gate.server.head()));
    (workspace, gate)
}

fn start(workspace: &Workspace, args: &[&str]) -> Child {
    let mut command = workspace.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// The exit code, and what was said.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    (child.wait().expect("it ends").code(), said)
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1200 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("never: {what}");
}

fn lock(workspace: &Workspace) -> Lock {
    Lock::decode(&workspace.read(LOCK)).expect("a lock")
}

fn fingerprint(lock: &Lock, pin: &str) -> String {
    lock.parts["beacon"].pins[pin].certificate.as_ref().expect("a certificate").fingerprint.clone()
}

/// What lies beside the locks.
fn hidden(workspace: &Workspace) -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace.path().join("lockfiles")).expect("a folder");
    let paths = entries.map(|it| it.expect("an entry").path());
    paths.filter(|it| it.extension().is_none_or(|it| it != "lock")).collect()
}

const LEAF: &str = "relay.beacon";

#[test]
fn who_comes_second_waits_and_loses_nothing() {
    // Verb, and whether it takes the key.
    let seconds: [&[&str]; 5] = [
        &["rotate", "relay.beacon", "-i", "key.txt"],
        &["reseal", "-i", "key.txt"],
        &["lock"],
        &["lock", "--clock", "2030-01-01T00:00:00Z"],
        &["upgrade", "beacon", "0.1.0", "--write"],
    ];
    for second in seconds {
        let (workspace, gate) = before_a_gate();
        let before = lock(&workspace);
        let first = start(&workspace, &["lock"]);
        until("the first is at the gate", || gate.is_asked());
        let mut waiting = start(&workspace, second);
        std::thread::sleep(Duration::from_millis(400));
        assert!(waiting.try_wait().expect("it runs").is_none(), "{second:?} waits");
        assert_eq!(lock(&workspace), before);
        let pid = first.id();
        gate.open();
        let (code, said) = ended(first);
        assert_eq!(code, Some(0), "{said}");
        let (code, said) = ended(waiting);
        assert_eq!(code, Some(0), "{second:?}: {said}");
        assert!(said.contains("`ichor lock`") && said.contains(&format!("process {pid}")), "{second:?}: {said}");
        let after = lock(&workspace);
        assert!(after.parts.contains_key("far"), "{second:?} keeps what the first locked");
        let rotated = fingerprint(&after, LEAF) != fingerprint(&before, LEAF);
        assert_eq!(rotated, second[0] == "rotate", "{second:?}");
        assert_eq!(after.clock.to_string().starts_with("2030"), second.contains(&"--clock"), "{second:?}");
        assert_eq!(hidden(&workspace), Vec::<PathBuf>::new(), "{second:?}");
    }
}

#[test]
fn what_only_looks_does_not_wait() {
    let (workspace, gate) = before_a_gate();
    let first = start(&workspace, &["lock"]);
    until("the first is at the gate", || gate.is_asked());
    let spec = workspace.read("ichor.yaml");
    for args in [&["certs"][..], &["build"], &["check"], &["lock", "--dry-run", "other.yaml"]] {
        workspace.write("other.yaml", spec.split("  - {name: far").next().expect("text"));
        let run = workspace.run(args);
        assert!(!run.stderr().contains("waiting"), "{args:?}: {}", run.stderr());
    }
    gate.open();
    assert_eq!(ended(first).0, Some(0));
}

#[test]
fn many_at_once_all_count() {
    let workspace = Workspace::quickstart();
    // Nobody has locked yet: one mints, the others find that.
    let all: Vec<Child> = (0..4).map(|_| start(&workspace, &["lock"])).collect();
    let said: Vec<(Option<i32>, String)> = all.into_iter().map(ended).collect();
    assert!(said.iter().all(|it| it.0 == Some(0)), "{said:?}");
    let minted = said.iter().filter(|it| it.1.contains("minted")).count();
    assert_eq!(minted, 1, "{said:?}");
    let before = lock(&workspace);
    let leaves = [LEAF, "quickstart.beacon.example.com"];
    let all: Vec<Child> = leaves.iter().map(|leaf| start(&workspace, &["rotate", leaf, "-i", "key.txt"])).collect();
    for (code, said) in all.into_iter().map(ended) {
        assert_eq!(code, Some(0), "{said}");
    }
    let after = lock(&workspace);
    for leaf in leaves {
        assert_ne!(fingerprint(&after, leaf), fingerprint(&before, leaf), "{leaf} was rotated");
    }
    assert_eq!(hidden(&workspace), Vec::<PathBuf>::new());
}

#[test]
fn a_holder_that_is_killed_blocks_nobody() {
    for signal in ["KILL", "INT", "TERM"] {
        let (workspace, gate) = before_a_gate();
        let before = workspace.read(LOCK);
        let first = start(&workspace, &["lock"]);
        until("the first is at the gate", || gate.is_asked());
        let waiting = start(&workspace, &["rotate", LEAF, "-i", "key.txt"]);
        std::thread::sleep(Duration::from_millis(200));
        let killed = std::process::Command::new("kill").args(["-s", signal, &first.id().to_string()]).status();
        assert!(killed.expect("kill").success());
        assert_eq!(ended(first).0, None, "{signal}");
        // What the spec now names was not fetched, so that this run fails; but it runs.
        let (code, said) = ended(waiting);
        assert_ne!(code, None, "{said}");
        assert!(!said.contains("gave up"), "{signal}: {said}");
        assert_eq!(workspace.read(LOCK), before);
        gate.open();
        let (code, said) = ended(start(&workspace, &["lock"]));
        assert!(code == Some(0) && !said.contains("waiting"), "{signal}: {said}");
        assert_eq!(hidden(&workspace), Vec::<PathBuf>::new(), "{signal}");
    }
}

#[test]
fn a_first_lock_needs_no_folder() {
    let workspace = Workspace::quickstart();
    fs::remove_dir(workspace.path().join("lockfiles")).expect("empty");
    // What fails leaves no folder behind.
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", spec.replace("./chart", "./none"));
    assert_eq!(workspace.run(&["lock"]).code(), 2);
    assert!(!workspace.exists("lockfiles"));
    workspace.write("ichor.yaml", spec);
    for spec in ["ichor.yaml", "./ichor.yaml", ".", &workspace.path().display().to_string()] {
        let _ = fs::remove_dir_all(workspace.path().join("lockfiles"));
        workspace.done(&["lock", spec]);
        assert_eq!(hidden(&workspace), Vec::<PathBuf>::new());
        assert!(workspace.exists(LOCK), "{spec}");
    }
}

#[test]
fn what_changed_meanwhile_is_not_overwritten() {
    // An editor or git knows nothing of holders.
    let (workspace, gate) = before_a_gate();
    let first = start(&workspace, &["lock"]);
    until("the first is at the gate", || gate.is_asked());
    let other = workspace.read(LOCK).replace("clock: \"2", "clock: \"1");
    workspace.write(LOCK, &other);
    gate.open();
    let (code, said) = ended(first);
    assert!(code == Some(3) && said.contains("changed while"), "{said}");
    assert_eq!(workspace.read(LOCK), other);
}

#[test]
fn a_folder_nobody_can_write_in_is_no_fault_where_nothing_changes() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let folder = workspace.path().join("lockfiles");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("set");
    let run = workspace.run(&["lock"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("set");
    assert!(run.code() == 0 && run.stderr().contains("unchanged"), "{}", run.stderr());
}
