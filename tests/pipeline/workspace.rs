//! A workspace in a temporary folder, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub use crate::run::Run;

/// A folder with a key, a store of its own, and an empty `lockfiles`.
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("lockfiles")).expect("made");
        let made = Command::new("age-keygen").arg("-o").arg(folder.path().join("key.txt")).output();
        assert!(made.expect("age is installed").status.success());
        Workspace { folder }
    }

    /// The quickstart example, sealed to this workspace's own key.
    pub fn quickstart() -> Self {
        let workspace = Workspace::new();
        copy(&repository().join("examples/quickstart"), workspace.path());
        let spec = fs::read_to_string(workspace.path().join("ichor.yaml")).expect("a spec");
        let recipient = spec.lines().find(|it| it.trim_start().starts_with("- age1")).expect("a recipient");
        workspace.write("ichor.yaml", spec.replace(recipient, &format!("  - {}", workspace.recipient())));
        workspace
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn key(&self) -> PathBuf {
        self.path().join("key.txt")
    }

    pub fn recipient(&self) -> String {
        let output = Command::new("age-keygen").arg("-y").arg(self.key()).output().expect("age is installed");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("below the workspace")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path().join(path).symlink_metadata().is_ok()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ichor"));
        command.args(args).current_dir(self.path());
        command.env("ICHOR_STORE", self.path().join("store")).env_remove("ICHOR_IDENTITY");
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run(self.command(args).output().expect("the program starts"))
    }

    /// Runs what must succeed, and gives its standard output.
    pub fn done(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code(), 0, "{args:?}: {}", run.stderr());
        run.stdout()
    }
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("made");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
