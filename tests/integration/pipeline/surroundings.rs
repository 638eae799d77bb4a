//! The same inputs give the same bytes, whatever surrounds them: each bundle is built in every one of [`SURROUNDINGS`].
//!
//! The examples are built in a few of them each, in turn; with `ICHOR_DETERMINISM=all` every one in all. Other binaries, of
//! other options of the compiler, are tried where `ICHOR_OTHER` names them, with colons between.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use ichor::edge::store::Store;
use ichor::ops::build::{Destination, Options};

use crate::examples::example::Example;
use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::workspace::Workspace;
use crate::support::{copy, repository};

/// What surrounds a build.
struct Surroundings {
    name: &'static str,
    /// What runs the program.
    wrapper: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    /// The folder of the workspace, below one that is new; one with a `/` before it is in that file system.
    place: &'static str,
    change: Change,
    /// The number of specs at once, where there are several.
    workers: &'static str,
}

/// What is done to the workspace before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    /// Files are made in the other order, with other times.
    Order,
    /// Files and folders have other modes.
    Modes(u32),
    /// The program is started elsewhere, and comes by a link.
    Link,
    /// It is a work tree of git.
    Git,
    /// No variable is set at all.
    Bare,
    /// In this process, with the allocator of the system.
    Allocator,
}

const PLAIN: Surroundings =
    Surroundings { name: "plain", wrapper: &[], variables: &[], place: "a", change: Change::Nothing, workers: "2" };

const fn with(name: &'static str, variables: &'static [(&'static str, &'static str)]) -> Surroundings {
    Surroundings { name, variables, ..PLAIN }
}

const fn by(name: &'static str, wrapper: &'static [&'static str]) -> Surroundings {
    Surroundings { name, wrapper, ..PLAIN }
}

const fn after(name: &'static str, change: Change) -> Surroundings {
    Surroundings { name, change, ..PLAIN }
}

const fn at(name: &'static str, place: &'static str) -> Surroundings {
    Surroundings { name, place, ..PLAIN }
}

const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

const SURROUNDINGS: &[Surroundings] = &[
    PLAIN,
    with("a time zone in the east", &[("TZ", "Pacific/Kiritimati")]),
    with("no such time zone", &[("TZ", ":none/at-all")]),
    with("a Turkish locale", &[("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")]),
    with("no locale", &[("LANG", ""), ("LC_ALL", "C")]),
    with("another home", &[("HOME", "/nonexistent"), ("XDG_CACHE_HOME", "/nonexistent/c"), ("USER", "other")]),
    with("no folder for temporary files", &[("TMPDIR", "/nonexistent")]),
    with(
        "variables that other programs heed",
        &[
            ("SOURCE_DATE_EPOCH", "86400"),
            ("RUST_LOG", "trace"),
            ("RUST_BACKTRACE", "full"),
            ("CLICOLOR_FORCE", "1"),
            ("TERM", "xterm-256color"),
            ("COLUMNS", "40"),
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GZIP", "-1"),
            ("HELM_NAMESPACE", "other"),
            ("KUBECONFIG", "/nonexistent"),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ],
    ),
    after("no variables", Change::Bare),
    by("a strict umask", &["sh", "-c", "umask 077; exec \"$0\" \"$@\""]),
    by("an open umask", &["sh", "-c", "umask 000; exec \"$0\" \"$@\""]),
    by("few open files", &["sh", "-c", "ulimit -n 40; exec \"$0\" \"$@\""]),
    by("no standard input", &["sh", "-c", "exec \"$0\" \"$@\" <&-"]),
    by("one core", &["taskset", "-c", "0"]),
    by("addresses that stay", &["setarch", "-R"]),
    by("no priority", &["nice", "-n", "19"]),
    by("no network", &["unshare", "-rn"]),
    by("another user", &["unshare", "-U"]),
    by("another name of the machine", &["unshare", "-ru", "sh", "-c", "hostname other; exec \"$0\" \"$@\""]),
    at("a deep path with odd letters", "deep/er/with spaces/größer/'quote'/$HOME/%41"),
    at("another file system", "/dev/shm"),
    after("files in another order, of other times", Change::Order),
    after("files for everyone", Change::Modes(0o777)),
    after("files for their owner", Change::Modes(0o600)),
    after("another folder, by a link", Change::Link),
    after("a work tree of git", Change::Git),
    after("another allocator", Change::Allocator),
    Surroundings { workers: "1", ..after("one worker", Change::Nothing) },
    Surroundings { workers: "5", ..after("five workers", Change::Nothing) },
    Surroundings { workers: "16", ..after("sixteen workers", Change::Nothing) },
    with("a clock of long ago", &[("LD_PRELOAD", FAKETIME), ("FAKETIME", "1980-01-02 03:04:05")]),
    with("a clock far ahead", &[("LD_PRELOAD", FAKETIME), ("FAKETIME", "@2036-02-29 23:59:58 x100")]),
    with("a clock that goes backwards", &[("LD_PRELOAD", FAKETIME), ("FAKETIME", "+0 x-1")]),
];

/// What is built: a folder, the specs in it, and whether it is a fleet.
struct Subject<'a> {
    name: String,
    folder: &'a Path,
    spec: &'a str,
    is_fleet: bool,
}

/// The bundles, by their names, and what was printed.
type Result = (BTreeMap<String, Vec<u8>>, String);

impl Subject<'_> {
    /// Builds in these surroundings; `None` where the machine cannot give them.
    fn build(&self, program: &str, it: &Surroundings) -> Option<Result> {
        let outer = match it.place.strip_prefix('/') {
            Some(_) if !Path::new(it.place).is_dir() => return None,
            Some(_) => tempfile::tempdir_in(it.place).ok()?,
            None => tempfile::tempdir().expect("a folder"),
        };
        let below = if it.place.starts_with('/') { "a" } else { it.place };
        let place = outer.path().join(below);
        fs::create_dir_all(&place).expect("made");
        match it.change {
            Change::Order => copy_backwards(self.folder, &place),
            _ => copy(self.folder, &place),
        }
        let out = outer.path().join("out");
        fs::create_dir(&out).expect("made");
        let mut place = place;
        match it.change {
            Change::Modes(mode) => set_modes(&place, mode),
            Change::Link => {
                let link = outer.path().join("link");
                std::os::unix::fs::symlink(&place, &link).expect("linked");
                place = link;
            }
            Change::Git => {
                let init = Peer::Git.command().args(["init", "-q"]).current_dir(&place).status();
                assert!(init.expect("git runs").success());
            }
            Change::Allocator => return Some(self.here(&place, outer.path())),
            Change::Nothing | Change::Order | Change::Bare => {}
        }
        if it.variables.iter().any(|it| it.0 == "LD_PRELOAD" && !Path::new(it.1).exists()) {
            return None;
        }
        let whole: Vec<&str> = it.wrapper.iter().copied().chain([program]).collect();
        let mut command = Command::new(whole[0]);
        if it.change == Change::Bare {
            command.env_clear();
        }
        command.args(&whole[1..]);
        match it.change {
            Change::Link => command.current_dir("/").arg("-C").arg(&place),
            _ => command.current_dir(&place),
        };
        command.arg("build");
        match self.is_fleet {
            true => command.args(["--all", ".", "--workers", it.workers, "-o"]).arg(&out),
            false => command.args([self.spec, "-o"]).arg(out.join("bundle.tar.gz")),
        };
        command.env("ICHOR_STORE", outer.path().join("store")).env("ICHOR_CACHE", outer.path().join("cache"));
        command.envs(it.variables.iter().copied());
        let run = command.output().unwrap_or_else(|fault| panic!("{}: {fault}", it.name));
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{}, {}: {said}", self.name, it.name);
        Some((bundles(&out), String::from_utf8_lossy(&run.stdout).into_owned()))
    }

    /// In this process, whose allocator is not that of the program.
    fn here(&self, place: &Path, outer: &Path) -> Result {
        let specs = if self.is_fleet { specs(place) } else { vec![place.join(self.spec)] };
        let store = Store::at(&outer.join("own-store"));
        let options = Options { rebuild: true, no_check: false };
        for spec in specs {
            let text = fs::read_to_string(&spec).expect("a spec");
            let named = text.lines().find_map(|it| it.strip_prefix("bundle: ")).expect("a name");
            let name = if self.is_fleet { named } else { "bundle" };
            let file = Destination::File(outer.join(format!("out/{name}.tar.gz")));
            ichor::ops::build::build(&spec, &store, &file, options, None).expect("built");
        }
        (bundles(&outer.join("out")), String::new())
    }
}

fn bundles(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    let named = entries.map(|it| (it.file_name().expect("a name").to_string_lossy().into_owned(), it));
    named.map(|(name, path)| (name, fs::read(path).expect("a bundle"))).collect()
}

fn specs(folder: &Path) -> Vec<PathBuf> {
    let clusters = fs::read_dir(folder.join("fleet/clusters")).expect("clusters");
    clusters.map(|it| it.expect("an entry").path().join("ichor.yaml")).collect()
}

/// Copies, the last name first, with a time of long ago.
fn copy_backwards(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    let mut entries: Vec<_> = fs::read_dir(from).expect("a folder").map(|it| it.expect("an entry")).collect();
    entries.sort_by_key(|it| std::cmp::Reverse(it.file_name()));
    for entry in entries.into_iter().filter(|it| it.file_name() != "result") {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_backwards(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).expect("read")).expect("written");
            let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
            File::options().write(true).open(&target).and_then(|it| it.set_times(times)).expect("set");
        }
    }
}

/// Sets the mode of every file, and of folders with the right to enter them besides.
fn set_modes(folder: &Path, mode: u32) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_folder = path.is_dir();
        if is_folder {
            set_modes(&path, mode);
        }
        let mode = if is_folder { mode | 0o100 } else { mode };
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
    }
}

/// The surroundings of a subject: all of them, or a share that is another for each.
fn share(number: usize, of: usize) -> impl Iterator<Item = &'static Surroundings> {
    let all = std::env::var("ICHOR_DETERMINISM").is_ok_and(|it| it == "all");
    SURROUNDINGS.iter().enumerate().filter(move |(at, _)| *at == 0 || all || at % of == number).map(|it| it.1)
}

/// Builds in each, compares, and gives the number of builds and of bundles.
fn compare(subject: &Subject<'_>, share: impl Iterator<Item = &'static Surroundings>) -> (usize, usize) {
    let first = subject.build(ICHOR, &PLAIN).expect("plain surroundings");
    let mut count = (1, first.0.len());
    assert!(!first.0.is_empty());
    for it in share.skip(1) {
        let Some((bundles, printed)) = subject.build(ICHOR, it) else {
            eprintln!("{}: not to be had here", it.name);
            continue;
        };
        assert!(bundles == first.0, "{}: other bytes with {}", subject.name, it.name);
        assert!(it.change == Change::Allocator || printed == first.1, "{}, {}: {printed}", subject.name, it.name);
        count = (count.0 + 1, count.1 + bundles.len());
    }
    for other in std::env::var("ICHOR_OTHER").unwrap_or_default().split(':').filter(|it| !it.is_empty()) {
        let again = subject.build(other, &PLAIN).expect("plain surroundings");
        assert!(again == first, "{}: other bytes by {other}", subject.name);
        count = (count.0 + 1, count.1 + again.0.len());
    }
    eprintln!("{}: {} builds, {} bundles, 0 differ", subject.name, count.0, count.1);
    count
}

#[test]
fn there_are_many() {
    assert!(SURROUNDINGS.len() >= 16);
    let mut names: Vec<&str> = SURROUNDINGS.iter().map(|it| it.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SURROUNDINGS.len());
}

#[test]
fn of_the_quickstart() {
    needs!(Git, Namespaces);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let subject = Subject { name: "quickstart".into(), folder: workspace.path(), spec: "ichor.yaml", is_fleet: false };
    compare(&subject, share(0, 1));
}

#[test]
fn of_a_fleet() {
    needs!(Git, Namespaces);
    let workspace = Workspace::new();
    for folder in ["quickstart", "fleet"] {
        copy(&repository().join("examples").join(folder), &workspace.at(folder));
    }
    fs::remove_file(workspace.at("quickstart/ichor.yaml")).expect("removed");
    for spec in specs(workspace.path()) {
        workspace.seal_to_own_key(spec.strip_prefix(workspace.path()).expect("below it").to_str().expect("text"));
    }
    workspace.done(&["lock", "--all"]);
    compare(&Subject { name: "fleet".into(), folder: workspace.path(), spec: "", is_fleet: true }, share(0, 1));
}

#[test]
fn of_the_examples() {
    needs!(CiliumCharts, DockerRegistry, Git, HelmSdk, Namespaces, Openssl, Python);
    for (number, example) in Example::all_of_cilium().enumerate() {
        example.done(&["lock", &example.spec]);
        example.done(&["vendor", &example.spec]);
        example.drop_cache();
        let (name, folder) = (example.name(), example.workspace().path());
        compare(&Subject { name, folder, spec: &example.spec, is_fleet: false }, share(number, 7));
    }
}
