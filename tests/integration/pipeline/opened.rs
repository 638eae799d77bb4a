//! A verb opens each file of its workspace once. The kernel says which files are opened.

use std::collections::BTreeMap;
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use crate::support::git::{commit, git};
use crate::support::peer::needs;
use crate::support::workspace::Workspace;

/// Counts how often files are opened.
struct Watch {
    queue: OwnedFd,
    files: BTreeMap<i32, PathBuf>,
}

impl Watch {
    /// Watches every file of a workspace as it is now.
    fn of(workspace: &Workspace) -> Watch {
        let queue = inotify::init(CreateFlags::NONBLOCK).expect("a queue");
        let mut files = BTreeMap::new();
        let mut folders = vec![workspace.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let about = fs::symlink_metadata(&path).expect("there");
                if about.is_dir() && !path.ends_with("home") && !path.ends_with(".git") {
                    folders.push(path);
                } else if about.is_file() {
                    // With what closes it, for the kernel joins equal events that follow each other.
                    let flags = WatchFlags::OPEN | WatchFlags::CLOSE;
                    files.insert(inotify::add_watch(&queue, &path, flags).expect("watched"), path);
                }
            }
        }
        Watch { queue, files }
    }

    /// How often each file was opened since.
    fn opened(&self) -> BTreeMap<&Path, usize> {
        let mut opened = BTreeMap::new();
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.queue, &mut space);
        loop {
            match events.next() {
                Ok(event) if event.events().contains(ReadFlags::OPEN) => {
                    let path = &self.files[&event.wd()];
                    *opened.entry(path.as_path()).or_default() += 1;
                }
                Ok(_) => {}
                Err(Errno::AGAIN) => return opened,
                Err(fault) => panic!("{fault}"),
            }
        }
    }
}

#[test]
fn a_file_that_is_opened_twice_is_seen() {
    let workspace = Workspace::new();
    workspace.write("twice", "text");
    let watch = Watch::of(&workspace);
    let path = workspace.at("twice");
    for _ in 0..2 {
        fs::read(&path).expect("read");
    }
    assert_eq!(watch.opened().get(path.as_path()), Some(&2));
}

#[test]
fn each_verb_opens_spec_lock_and_charts_once() {
    needs!(Git);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    assert!(git(workspace.path(), &["init", "-q"]).status.success());
    commit(workspace.path(), "the first lock");
    let verbs: [&[&str]; 20] = [
        &["lock"],
        &["lock", "--locked"],
        &["lock", "--dry-run"],
        &["lock", "--clock", "2030-01-01T00:00:00Z"],
        &["build"],
        &["build", "--rebuild"],
        &["build", "--for", "talos", "-o", "patch.yaml"],
        &["check"],
        &["certs"],
        &["certs", "--format", "json"],
        &["images"],
        &["verify", "result"],
        &["open", "result", "-i", "key.txt"],
        &["handoff", "flux", "--new-keys", "-o", "flux/"],
        &["diff"],
        &["upgrade", "--helm", "4.3"],
        &["vendor"],
        &["vendor", "--check"],
        &["reseal", "-i", "key.txt"],
        &["rotate", "beacon/relay.beacon", "-i", "key.txt"],
    ];
    for verb in verbs {
        let watch = Watch::of(&workspace);
        let run = workspace.run(verb);
        assert!(run.code() <= 1, "{verb:?}: {}", run.stderr());
        let twice: Vec<_> = watch.opened().into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(twice.is_empty(), "{verb:?} opens more than once: {twice:?}");
    }
}
