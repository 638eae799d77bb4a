//! Calls of the system that fail, disks that are full, file systems that lack something, kills, and many runs at once: what a
//! user has is the old or the new one whole, what is said is clear, and the next run ends well. And what a run leaves in its
//! memory.
//!
//! `tests/faults.py` does it. Here runs a sample of it, and with `ICHOR_FAULTS=all` the whole.

use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::{repository, text};

fn tried(way: &str, sample: &[&str]) {
    let mut python = Peer::Python.command();
    python.arg(repository().join("tests/faults.py")).args([way, ICHOR]);
    if !std::env::var("ICHOR_FAULTS").is_ok_and(|it| it == "all") {
        python.args(sample);
    }
    let run = python.output().expect("python runs");
    let said = text(&run.stdout);
    let last = said.lines().last().unwrap_or_default();
    assert!(run.status.success(), "{said}{}", text(&run.stderr));
    assert!(last.starts_with(&format!("{way}: ")) && last.ends_with(", 0 differ or lost"), "{last}");
    assert!(!last.contains(": 0 tried"), "{last}");
    eprintln!("{last}");
}

#[test]
fn each_call_of_the_system_fails_once() {
    needs!(Age, AgeKeygen, Git, Python, SshKeygen, Strace);
    tried("inject", &["--sample", "1"]);
}

#[test]
fn a_file_system_lacks_something() {
    needs!(Age, AgeKeygen, Git, Python, SshKeygen, Strace);
    tried("lacking", &["--verbs", "lock,build,open a folder,unpack"]);
}

#[test]
fn a_file_system_has_no_files_without_a_name() {
    needs!(Age, AgeKeygen, Bindfs, Git, Namespaces, Python, SshKeygen);
    tried("nameless", &["--verbs", "lock,build,open a folder,template,vendor"]);
}

#[test]
fn a_disk_is_full() {
    needs!(Age, AgeKeygen, Git, Namespaces, Python, SshKeygen);
    tried("full", &["--verbs", "lock,build -o,open a folder,pack,init", "--left", "0,8,32"]);
}

#[test]
fn runs_are_killed() {
    needs!(Age, AgeKeygen, Git, Python, SshKeygen);
    tried("kill", &["--verbs", "lock,open a folder,unpack,adopt", "--kills", "3"]);
}

#[test]
fn many_run_at_once() {
    needs!(Age, AgeKeygen, Git, Python, SshKeygen);
    tried("crowd", &["--verbs", "lock,open a folder,vendor,rotate a leaf", "--crowds", "2,5"]);
}

#[test]
fn no_secret_is_left_in_memory() {
    needs!(Age, AgeKeygen, Git, Namespaces, Python, SshKeygen, Strace);
    tried("memory", &["--verbs", "lock,open,rotate a leaf"]);
}
