//! Where the commands of a page run, as the comment at its top tells it:
//!
//! ```text
//! <!-- runs
//! needs: Age Git                      programs, by the names of `Peer`
//! files: examples/quickstart          a folder of the repository, whose files are there
//! tree: examples/quickstart lockfiles the same, below their own names
//! with: cilium registry cluster       servers, see `Servers`
//! before:                             commands that ran before the page begins
//! ichor lock
//! -->
//! ```

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::page::Page;
use crate::examples::example::Example;
use crate::support::api_server::ApiServer;
use crate::support::peer::{self, Peer};
use crate::support::program::ICHOR;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;
use crate::support::{copy, judges, repository};

/// What the comment asks.
#[derive(Default)]
pub struct Setting {
    pub needs: Vec<Peer>,
    files: Vec<String>,
    tree: Vec<String>,
    with: Vec<String>,
    pub before: Vec<String>,
}

impl Setting {
    pub fn of(page: &Page) -> Setting {
        let mut setting = Setting::default();
        let mut lines = page.comment("runs").unwrap_or_default().into_iter();
        while let Some(line) = lines.next() {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let words = || value.split_whitespace().map(str::to_owned);
            match key.trim() {
                "" => {}
                "needs" => {
                    setting.needs.extend(words().map(|it| Peer::find(&it).unwrap_or_else(|| panic!("no peer {it}"))))
                }
                "files" => setting.files.extend(words()),
                "tree" => setting.tree.extend(words()),
                "with" => setting.with.extend(words()),
                "before" => setting.before.extend(lines.by_ref().filter(|it| !it.is_empty()).map(str::to_owned)),
                other => panic!("{}: `{other}` is no key of a setting", page.path),
            }
        }
        for server in &setting.with {
            setting.needs.extend(match server.as_str() {
                "cilium" => vec![Peer::CiliumCharts, Peer::DockerRegistry, Peer::HelmSdk, Peer::Openssl, Peer::Python],
                "registry" => vec![Peer::DockerRegistry, Peer::Openssl],
                "cluster" => vec![Peer::ApiServer],
                other => panic!("{}: `{other}` is no server", page.path),
            });
        }
        setting.needs.push(Peer::Python);
        setting
    }
}

/// The folder in which commands run, and the servers they reach.
pub struct Place {
    example: Option<Example>,
    own: Option<Workspace>,
    registry: Option<Registry>,
    cluster: Option<ApiServer>,
}

/// What pages call the registry that `with: registry` starts.
pub const REGISTRY: &str = "registry.internal";

impl Place {
    /// The peers must be named.
    pub fn new(setting: &Setting) -> Place {
        let has = |name: &str| setting.with.iter().any(|it| it == name);
        let mut place = Place { example: None, own: None, registry: None, cluster: None };
        if has("cilium") {
            place.example = Some(Example::served());
        } else {
            place.own = Some(Workspace::new());
        }
        place.workspace().remove("lockfiles");
        fs::remove_file(place.workspace().key()).expect("removed");
        place.furnish(setting);
        if has("registry") {
            let registry = Registry::start(Kind::Tls);
            let config = "home/.config/ichor/config.yaml";
            let authority = registry.folder.path().join("ca.pem").display().to_string();
            if place.workspace().exists(config) {
                place.workspace().edit(config, "authorities: [", &format!("authorities: [{authority}, "));
            } else {
                place.workspace().write(config, format!("authorities: [{authority}]\n"));
            }
            place.registry = Some(registry);
        }
        if has("cluster") {
            let cluster = ApiServer::start();
            fs::create_dir_all(place.home().join(".kube")).expect("made");
            fs::copy(cluster.kubeconfig(), place.home().join(".kube/config")).expect("copied");
            place.cluster = Some(cluster);
        }
        place
    }

    fn workspace(&self) -> &Workspace {
        match (&self.example, &self.own) {
            (Some(example), _) => example.workspace(),
            (None, Some(own)) => own,
            (None, None) => panic!("a place has a workspace"),
        }
    }

    fn home(&self) -> std::path::PathBuf {
        self.workspace().at("home")
    }

    fn furnish(&self, setting: &Setting) {
        let work = self.home().join("work");
        fs::create_dir_all(&work).expect("made");
        for folder in &setting.files {
            copy(&repository().join(folder), &work);
        }
        for path in &setting.tree {
            let (from, to) = (repository().join(path), work.join(path));
            fs::create_dir_all(to.parent().expect("below")).expect("made");
            if from.is_dir() {
                copy(&from, &to);
            } else {
                fs::copy(&from, &to).unwrap_or_else(|fault| panic!("{path}: {fault}"));
            }
        }
        let git = "[user]\n\tname = Alice\n\temail = alice@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdefaultBranchName = false\n";
        fs::write(self.home().join(".gitconfig"), git).expect("written");
        let programs = self.workspace().at("programs");
        fs::create_dir_all(&programs).expect("made");
        symlink(ICHOR, programs.join("ichor")).expect("linked");
        for (peer, names) in
            [(Peer::HybridAge, &["age", "age-keygen"][..]), (Peer::Sops, &["sops"]), (Peer::Kustomize, &["kustomize"])]
        {
            for name in names.iter().filter(|_| setting.needs.contains(&peer)) {
                let program = judges::beside(name);
                if Path::new(&program).is_file() {
                    symlink(program, programs.join(name)).expect("linked");
                }
            }
        }
        if setting.needs.contains(&Peer::Helms) {
            symlink(peer::helm(peer::HELMS[0]), programs.join("helm")).expect("linked");
        }
        stand_ins(&programs, setting.with.iter().any(|it| it == "cluster"));
        let path = format!("export PATH='{}':\"$PATH\"\nexport HOME='{}'\n", programs.display(), self.home().display());
        let none = "unset ICHOR_STORE ICHOR_CACHE ICHOR_IDENTITY ICHOR_CONFIG KUBECONFIG PAGER\nexport LC_ALL=C TZ=UTC COLUMNS=100\n";
        self.workspace().write("state", format!("{path}{none}cd '{}'\n", work.display()));
    }

    /// Runs a command where the last one ended; its code, and all it printed.
    pub fn run(&self, command: &str) -> (i32, String) {
        let named = match &self.registry {
            Some(registry) => command.replace(REGISTRY, &registry.host),
            None => command.to_owned(),
        };
        let state = self.workspace().at("state").display().to_string();
        let script = format!(
            ". '{state}'\nexec 2>&1 </dev/null\n{named}\ncode=$?\n{{ export -p; echo \"cd '$(pwd)'\"; }} >'{state}'\nexit $code\n"
        );
        let run = self.workspace().shell(&["env"], &script);
        (run.code(), self.readable(&run.stdout()))
    }

    /// Writes a file that the page shows.
    pub fn write(&self, name: &str, text: &str) {
        let (code, folder) = self.run("pwd");
        assert_eq!(code, 0, "{folder}");
        let folder = folder.trim().replace("/home/alice", &self.home().display().to_string());
        let path = Path::new(&folder).join(name);
        fs::create_dir_all(path.parent().expect("below a folder")).expect("made");
        fs::write(&path, text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    }

    /// With the names that the page uses in the place of those of this run.
    fn readable(&self, text: &str) -> String {
        let mut text = text.replace(&self.home().display().to_string(), "/home/alice");
        if let Some(registry) = &self.registry {
            text = text.replace(&registry.host, REGISTRY);
        }
        text
    }
}

/// Programs of others that check what they are given, where they are not at hand themselves.
fn stand_ins(folder: &Path, has_cluster: bool) {
    let script = repository().join("tests/peers/stand_in.py");
    let others = ["talosctl", "talhelper", "omnictl", "topf", "flux", "cargo", "less", "kubectl"];
    for name in others.into_iter().filter(|it| *it != "kubectl" || !has_cluster) {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\nexec python3 '{}' {name} \"$@\"\n", script.display())).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    }
}

/// Whether a page is left out for want of a program; the last line of the run tells it then.
pub fn is_lacking(setting: &Setting) -> bool {
    peer::is_lacking(&setting.needs)
}
