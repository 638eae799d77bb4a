//! A workspace in a temporary folder, and the program run in it with nothing of the user's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub use crate::run::Run;

pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("lockfiles")).expect("made");
        fs::create_dir_all(folder.path().join("home")).expect("made");
        Workspace { folder }
    }

    /// One with this spec; `parts` are indented by two.
    pub fn with(head: &str, parts: &str) -> Self {
        let workspace = Workspace::new();
        workspace.spec(head, parts);
        workspace
    }

    pub fn spec(&self, head: &str, parts: &str) {
        self.write("ichor.yaml", format!("bundle: box\ntalos: \"1.12\"\n{head}parts:\n{parts}"));
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("below the workspace")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"))
    }

    pub fn lock(&self) -> String {
        self.read("lockfiles/box.lock")
    }

    pub fn remove(&self, path: &str) {
        fs::remove_dir_all(self.path().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"));
    }

    /// Every file of lock, vendor and cache, by its path.
    pub fn state(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut state = BTreeMap::new();
        for folder in ["lockfiles", "vendor", "cache"] {
            collect(&self.path().join(folder), &mut state);
        }
        state
    }

    /// Puts every file of lock, vendor and cache back as it was.
    pub fn restore(&self, state: &BTreeMap<PathBuf, Vec<u8>>) {
        for folder in ["lockfiles", "vendor", "cache"] {
            let _ = fs::remove_dir_all(self.path().join(folder));
        }
        fs::create_dir_all(self.path().join("lockfiles")).expect("made");
        for (path, bytes) in state {
            fs::create_dir_all(path.parent().expect("below the workspace")).expect("made");
            fs::write(path, bytes).expect("written");
        }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ichor"));
        self.prepare(&mut command);
        command.args(args);
        command
    }

    /// Runs it in `shell`, which finds the program as `$ICHOR`.
    pub fn shell(&self, wrapper: &[&str], script: &str) -> Run {
        self.shell_with(wrapper, script, &[])
    }

    /// Like [`Workspace::shell`], with arguments for the script.
    pub fn shell_with(&self, wrapper: &[&str], script: &str, args: &[&str]) -> Run {
        let (first, rest) = wrapper.split_first().expect("a wrapper");
        let mut command = Command::new(first);
        self.prepare(&mut command);
        command.args(rest).args(["sh", "-c", script, "sh"]).args(args).env("ICHOR", env!("CARGO_BIN_EXE_ichor"));
        Run(command.output().expect("it starts"))
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run(self.command(args).output().expect("the program starts"))
    }

    /// Runs what must succeed, and gives both its outputs.
    pub fn done(&self, args: &[&str]) -> (String, String) {
        let run = self.run(args);
        assert_eq!(run.code(), 0, "{args:?}: {}", run.stderr());
        (run.stdout(), run.stderr())
    }

    /// Runs what must fail with a code and these words, leaving lock, vendor and cache as they were.
    pub fn refused(&self, args: &[&str], code: i32, words: &[&str]) -> String {
        let before = self.state();
        let run = self.run(args);
        assert_eq!(run.code(), code, "{args:?}: {}{}", run.stdout(), run.stderr());
        let said = run.stdout() + &run.stderr();
        for word in words {
            assert!(said.contains(word), "{args:?} does not say `{word}`:\n{said}");
        }
        assert!(self.state() == before, "{args:?} left something behind");
        said
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.path());
        let own = [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ];
        let user = ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE"];
        for name in own.iter().chain(&user).chain(&["ICHOR_IDENTITY", "ICHOR_CONFIG", "HELM_REGISTRY_CONFIG"]) {
            command.env_remove(name);
        }
        command.env("HOME", self.path().join("home"));
        command.env("ICHOR_STORE", self.path().join("store")).env("ICHOR_CACHE", self.path().join("cache"));
    }
}

fn collect(folder: &Path, state: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, state);
        } else {
            let bytes = fs::read(&path).expect("read");
            state.insert(path, bytes);
        }
    }
}
