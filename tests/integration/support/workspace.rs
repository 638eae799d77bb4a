//! A workspace in a temporary folder, and the program run in it with nothing of the user's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::peer::Peer;
use super::program::{ICHOR, Run};
use super::{copy, judges, repository};

/// A folder with a key, an empty `lockfiles`, and a home, a cache and a store of its own.
pub struct Workspace {
    folder: TempDir,
    recipient: String,
}

impl Workspace {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("lockfiles")).expect("made");
        fs::create_dir_all(folder.path().join("home")).expect("made");
        let (identity, recipient) = ichor::edge::age::generate(ichor::edge::age::KeyKind::Classic);
        fs::write(folder.path().join("key.txt"), identity.expose()).expect("written");
        Workspace { folder, recipient }
    }

    /// The quickstart example, sealed to this workspace's own key.
    pub fn quickstart() -> Self {
        let workspace = Workspace::new();
        copy(&repository().join("examples/quickstart"), workspace.path());
        workspace.seal_to_own_key("ichor.yaml");
        workspace
    }

    /// Puts this workspace's key in the place of the first recipient of a spec.
    pub fn seal_to_own_key(&self, spec: &str) {
        let text = self.read(spec);
        let recipient = text.lines().find(|line| line.trim().starts_with("- age1")).expect("a recipient");
        self.write(spec, text.replace(recipient, &format!("  - {}", self.recipient)));
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

    /// The path of something in it.
    pub fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// The file of the identity.
    pub fn key(&self) -> PathBuf {
        self.at("key.txt")
    }

    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("below the workspace")).expect("made");
        fs::write(path, text).expect("written");
        self
    }

    /// Replaces a text that a file holds.
    pub fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "{from} is in {text}");
        self.write(path, text.replace(from, to))
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.at(path).symlink_metadata().is_ok()
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
        let mut command = Command::new(ICHOR);
        self.prepare(&mut command);
        command.args(args);
        command
    }

    /// Runs a script, which finds the program as `$ICHOR`, in a wrapper such as `unshare -rn`.
    pub fn shell(&self, wrapper: &[&str], script: &str) -> Run {
        self.shell_with(wrapper, script, &[])
    }

    /// Like [`Workspace::shell`], with arguments for the script.
    pub fn shell_with(&self, wrapper: &[&str], script: &str, args: &[&str]) -> Run {
        let (first, rest) = wrapper.split_first().expect("a wrapper");
        if *first == "unshare" {
            Peer::Namespaces.assert_named();
        }
        let mut command = Command::new(first);
        self.prepare(&mut command);
        command.args(rest).args(["sh", "-c", script, "sh"]).args(args).env("ICHOR", ICHOR);
        Run(command.output().expect("it starts"))
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run(self.command(args).output().expect("the program starts"))
    }

    /// Runs what must succeed, and gives its standard output.
    pub fn done(&self, args: &[&str]) -> String {
        self.succeed(args).stdout()
    }

    /// Runs what must succeed, and gives its standard error.
    pub fn said(&self, args: &[&str]) -> String {
        self.succeed(args).stderr()
    }

    fn succeed(&self, args: &[&str]) -> Run {
        let run = self.run(args);
        assert_eq!(run.code(), 0, "{args:?}: {}", run.stderr());
        run
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
        for name in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "SOPS_AGE_RECIPIENTS", "SOPS_CONFIG"] {
            command.env_remove(name);
        }
        // At the end, so that it brings what is missing and replaces nothing.
        command.env("PATH", judges::path());
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
