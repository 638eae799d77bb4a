//! `ichor init`: at a terminal, without one, and what it writes for every choice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ichor::base::code::Code;
use ichor::edge::age::{KeyKind, generate};
use ichor::edge::fetch::{Event, Progress, Settings};
use ichor::ops;
use ichor::ops::init::{self, FEATURES, Feature, Wishes};
use ichor::ops::lock::Request;
use ichor::review::rules::{cilium, talos};
use ichor::stage::spec::TalosVersion;
use ichor::workspace::fetching::Fetching;
use jiff::Timestamp;

use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::repository;

fn ichor(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(ICHOR);
    command.args(args).current_dir(folder).env("ICHOR_STORE", folder.join("store")).env_remove("ICHOR_IDENTITY");
    command.output().expect("ichor runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What stands in a folder, by its paths.
fn list(folder: &Path) -> Vec<String> {
    let mut open = vec![folder.to_path_buf()];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("inside").display().to_string());
            }
        }
    }
    found.sort();
    found
}

/// Types answers at a pseudo-terminal; the code the program ends with, and all that was shown.
fn at_terminal(folder: &Path, answers: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let script = repository().join("tests/peers/terminal.py");
    let answers = serde_json::to_string(answers).expect("JSON");
    let mut python = Peer::Python.command();
    python.arg(script).arg(answers).arg(ICHOR).arg("init").args(args).current_dir(folder);
    let run = python.env("TERM", "dumb").output().expect("python3 is installed");
    (run.status.code().expect("no signal"), text(&run.stdout) + &text(&run.stderr))
}

#[test]
fn a_person_who_takes_the_defaults_gets_them() {
    needs!(Python);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let prompts = [
        "Name of the cluster [home]: ",
        "Version of Talos [1.14]: ",
        "Version of Cilium [1.20.0]: ",
        "Version of Kubernetes [1.34.1]: ",
        "Gateway API? [no]: ",
        "Hubble with relay and UI? [no]: ",
        "L2 announcements of load balancers? [no]: ",
        "BGP? [no]: ",
        "WireGuard between nodes? [no]: ",
        "host firewall? [no]: ",
        "bandwidth manager? [no]: ",
        "native routing with DSR and Maglev? [no]: ",
        "Public key of who may open it, if you have one: ",
    ];
    let mut answers: Vec<(&str, &str)> = prompts.iter().map(|it| (*it, "")).collect();
    answers.push(("Make a key, and write the private half to (a file, or no) [home/key.txt]: ", "no"));
    let (code, shown) = at_terminal(folder, &answers, &["home"]);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(list(folder), ["home/ichor.schema.json", "home/ichor.yaml", "home/values/cilium.yaml"]);
    assert!(ichor(folder, &["init", "other", "--name", "home", "--yes"]).status.success());
    for file in ["ichor.yaml", "values/cilium.yaml"] {
        let read = |it: &str| fs::read_to_string(folder.join(it).join(file)).expect("written");
        assert_eq!(read("home"), read("other"), "{file}: `--yes` takes the same");
    }
}

#[test]
fn a_bad_answer_is_asked_again() {
    needs!(Python);
    let folder = tempfile::tempdir().expect("a folder");
    let (_, recipient) = ichor::edge::age::generate(ichor::edge::age::KeyKind::Classic);
    let answers = [
        ("Name of the cluster", "No Name"),
        ("`No Name` is no name", "home"),
        ("Version of Talos", "new"),
        ("`new` is not a version", "1.14"),
        ("Version of Cilium", "1.18"),
        ("`1.18` is no exact version", "1.18.5"),
        // What both support.
        ("Version of Kubernetes [1.33.0]: ", "x"),
        ("`x` is not a version", ""),
        ("Gateway API?", "perhaps"),
        ("answer `yes` or `no`", "YES"),
        ("Hubble", "n"),
        ("L2", "y"),
        ("BGP", "No"),
        ("WireGuard", ""),
        ("host firewall", ""),
        ("bandwidth manager", ""),
        ("native routing", ""),
        ("Public key", "AGE-SECRET-KEY-1QQQSECRET"),
        ("a private key is not a recipient", "age1short"),
        ("recipient `age1short` is not usable", recipient.as_str()),
    ];
    let (code, shown) = at_terminal(folder.path(), &answers, &[]);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(shown.matches("QQQSECRET").count(), 1, "typed, and not shown again: {shown}");
    let spec = fs::read_to_string(folder.path().join("ichor.yaml")).expect("written");
    for line in [
        "bundle: home",
        "talos: \"1.14\"",
        "kubernetes: \"1.33.0\"",
        // The registry has 1.18 from 1.18.6 on.
        "    chart: https://helm.cilium.io/cilium",
        "    version: 1.18.5",
        &format!("  - {recipient}"),
        "  - name: gateway-api",
        "    manifest: network.yaml",
    ] {
        assert!(spec.lines().any(|it| it == line), "`{line}` is not in\n{spec}");
    }
}

#[test]
fn a_person_who_walks_away_leaves_nothing_behind() {
    needs!(Python);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let args = ["home", "--new-key", "key.txt"];
    let answers =
        [("Name", "x"), ("Talos", ""), ("Cilium", ""), ("Kubernetes", ""), ("Gateway", "y"), ("Hubble", "^C")];
    assert_eq!(at_terminal(folder, &answers, &args).0, 128 + 2);
    assert_eq!(list(folder), [""; 0]);
    assert!(!folder.join("home").exists());
    let (code, shown) = at_terminal(folder, &[("Name", ""), ("Talos", "^D")], &args);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("error[I004]") && shown.contains("nothing was written"), "{shown}");
    assert_eq!(list(folder), [""; 0]);
    // What is there is never replaced, and nobody is asked before that is said.
    fs::create_dir_all(folder.join("home/values")).expect("made");
    fs::write(folder.join("home/values/cilium.yaml"), "mine").expect("written");
    let (code, shown) = at_terminal(folder, &[], &args);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("`home/values/cilium.yaml` would be replaced"), "{shown}");
    assert_eq!(list(folder), ["home/values/cilium.yaml"]);
}

#[test]
fn without_a_terminal_flags_say_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let said = |args: &[&str]| {
        let run = ichor(folder, args);
        assert_eq!((run.status.code(), run.stdout.len()), (Some(2), 0), "{args:?}");
        text(&run.stderr)
    };
    let all = said(&["init"]);
    for flag in ["--name", "--talos", "--cilium", "--kubernetes", "--feature", "--yes"] {
        assert!(all.contains(flag), "{all}");
    }
    let flags = ["init", "--name", "a", "--talos", "1.12", "--kubernetes", "1.34.1", "--cilium", "1.19.6"];
    let one = said(&flags);
    assert!(one.contains("nothing says --feature\n"), "{one}");
    let private = said(&[&flags[..], &["--feature", "none", "-r", "AGE-SECRET-KEY-1QQQSECRET"]].concat());
    assert!(private.contains("error[I005]") && !private.contains("QQQSECRET"), "{private}");
    assert_eq!(list(folder), [""; 0]);
    assert!(ichor(folder, &[&flags[..], &["--feature", "none"]].concat()).status.success());
    assert_eq!(list(folder), ["ichor.schema.json", "ichor.yaml", "values/cilium.yaml"]);
}

#[test]
fn a_new_key_is_for_its_owner_and_is_made_last() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let output = ichor(folder, &["init", "new", "--new-key", "key.txt", "--feature", "l2,dsr", "--yes"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    let key = folder.join("key.txt");
    assert_eq!(fs::metadata(&key).expect("the key").permissions().mode() & 0o777, 0o600);
    let secret = fs::read_to_string(&key).expect("the key");
    let public = secret.lines().find_map(|it| it.strip_prefix("# public key: ")).expect("noted");
    let spec = fs::read_to_string(folder.join("new/ichor.yaml")).expect("the spec");
    assert!(spec.contains(&format!("recipients:\n  - {public}\n")), "{spec}");
    assert!(!spec.contains("AGE-SECRET-KEY") && !text(&output.stderr).contains("AGE-SECRET-KEY"));
    // Nothing is replaced, and no key is made where that stops it.
    let again = ichor(folder, &["init", "new", "--new-key", "other.txt", "--yes"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(!folder.join("other.txt").exists());
    let again = ichor(folder, &["init", "third", "--new-key", "key.txt", "--yes"]);
    assert_eq!((again.status.code(), fs::read_to_string(&key).expect("the key")), (Some(2), secret.clone()));
    assert!(!folder.join("third").exists());
    // An identity file tells whom to seal to.
    assert!(ichor(folder, &["init", "other", "-R", "key.txt", "--yes"]).status.success());
    assert!(fs::read_to_string(folder.join("other/ichor.yaml")).expect("the spec").contains(public));
}

struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

fn charts() -> Option<PathBuf> {
    let root = repository();
    let near = ["../shared/conformance/charts", "../../shared/conformance/charts"].map(|it| root.join(it));
    let found = near.into_iter().find(|it| it.join("cilium-1.19.6.tgz").is_file());
    if found.is_none() {
        eprintln!("skipped: the charts are not here");
    }
    found
}

/// The features that a number stands for, bit by bit.
fn features(bits: usize) -> Vec<Feature> {
    FEATURES.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1).map(|(_, it)| it.1).collect()
}

/// Sets of features such that each two features appear together with both on, one on and both off.
fn sets() -> Vec<usize> {
    let all = (1 << FEATURES.len()) - 1;
    let columns = [0b0000_1111, 0b0011_0011, 0b0101_0101];
    let halves = columns.iter().flat_map(|it| [*it, all ^ it]);
    [0, all].into_iter().chain(halves).chain((0..FEATURES.len()).map(|it| 1 << it)).collect()
}

/// Locks and checks, in one workspace, what `init` writes for each choice with one version of Cilium.
fn every_choice(cilium: &str) {
    let Some(charts) = charts() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("lockfiles")).expect("made");
    fs::copy(charts.join(format!("cilium-{cilium}.tgz")), folder.join("cilium.tgz")).expect("the chart");
    let (_, recipient) = ichor::edge::age::generate(ichor::edge::age::KeyKind::Classic);
    let recipient = ops::init::recipients::recipient(&recipient).expect("a recipient");
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let settings = Settings::default();
    for (index, set) in sets().into_iter().enumerate() {
        for talos in 11..=14 {
            // None and all with each Talos, every other set with one of them.
            if index >= 2 && !(index + talos as usize).is_multiple_of(4) {
                continue;
            }
            let talos = TalosVersion { major: 1, minor: talos };
            let wishes = Wishes {
                name: "home".into(),
                talos,
                kubernetes: init::kubernetes(talos, cilium).parse().expect("a version"),
                cilium: cilium.into(),
                chart: "./cilium.tgz".into(),
                features: features(set),
                recipients: vec![recipient.clone()],
            };
            for (path, mut text) in init::files(&wishes) {
                if let Some((before, url)) = text.split_once("manifest: https://") {
                    let (url, after) = url.split_once('\n').expect("a line");
                    fs::write(folder.join("crds.yaml"), crds(url)).expect("written");
                    text = format!("{before}manifest: crds.yaml\n{after}");
                }
                fs::create_dir_all(folder.join(&path).parent().expect("a folder")).expect("made");
                fs::write(folder.join(&path), text).expect("written");
            }
            let spec = folder.join("ichor.yaml");
            let fetching = Fetching { settings: &settings, progress: &Silent };
            let what = format!("Talos {talos}, Cilium {cilium}, {:?}", wishes.features);
            if let Err(fault) = ops::lock::lock(&spec, &Request::default(), fetching, now) {
                panic!("{what}: {:?}", fault.diagnostics());
            }
            let checked = ops::check::check(&spec, None, now).expect("checked");
            // No Kubernetes is for an old Cilium and a new Talos, and that is said.
            let (ours, theirs) = (cilium::kubernetes(cilium).expect("known"), talos::kubernetes(talos).expect("known"));
            let is_untested = ours.1 < theirs.0 || theirs.1 < ours.0;
            let (untested, others): (Vec<_>, Vec<_>) = checked.diagnostics.iter().partition(|it| it.code == Code::C010);
            assert!(others.is_empty(), "{what}: {others:?}");
            assert_eq!(untested.len(), usize::from(is_untested), "{what}: {untested:?}");
            assert!(checked.sizes.iter().all(|it| it.1 > 0) && !checked.sizes.is_empty(), "{what}");
        }
    }
}

/// A stand-in for the CRDs at an address of the Gateway API's releases.
fn crds(url: &str) -> String {
    let version = url.split('/').find(|it| it.starts_with("v1.")).expect("a version");
    let served = if url.ends_with("experimental-install.yaml") { "v1alpha2" } else { "v1" };
    let crd = |plural: &str, kind: &str, served: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {plural}.gateway.networking.k8s.io\n  annotations:\n    gateway.networking.k8s.io/bundle-version: {version}\nspec:\n  group: gateway.networking.k8s.io\n  names: {{kind: {kind}, plural: {plural}}}\n  scope: {}\n  versions: [{{name: {served}, served: true, storage: true}}]\n",
            if kind == "GatewayClass" { "Cluster" } else { "Namespaced" }
        )
    };
    let grants = if version == "v1.6.1" { "v1" } else { "v1beta1" };
    [
        crd("backendtlspolicies", "BackendTLSPolicy", "v1"),
        crd("gatewayclasses", "GatewayClass", "v1"),
        crd("gateways", "Gateway", "v1"),
        crd("httproutes", "HTTPRoute", "v1"),
        crd("grpcroutes", "GRPCRoute", "v1"),
        crd("referencegrants", "ReferenceGrant", grants),
        crd("tlsroutes", "TLSRoute", served),
    ]
    .join("---\n")
}

#[test]
fn every_choice_with_cilium_1_16() {
    every_choice("1.16.5");
}

#[test]
fn every_choice_with_cilium_1_18() {
    every_choice("1.18.5");
}

#[test]
fn every_choice_with_cilium_1_19() {
    every_choice("1.19.6");
}

#[test]
fn every_choice_with_cilium_1_20() {
    every_choice("1.20.0");
}

fn git(folder: &Path, args: &[&str]) -> String {
    text(&crate::support::git::git(folder, args).stdout)
}

/// `git add -A` took the key that `init` had made, in a place where `open` would have written nothing.
/// A new key opens what another recipient opens, too; what no envelope can be sealed to is never written.
#[test]
fn a_new_key_goes_with_the_other_recipients() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (_, classic) = generate(KeyKind::Classic);
    let (_, post_quantum) = generate(KeyKind::PostQuantum);
    let made = |name: &str, args: &[&str]| {
        let key = format!("{name}.txt");
        let run = ichor(folder, &[&["init", name, "--yes", "--new-key", &key], args].concat());
        (run.status.code(), text(&run.stderr))
    };
    for (name, args, kind) in [
        ("alone", &[][..], "age1pq1"),
        ("older", &["--classic"], "age1"),
        ("beside-older", &["-r", &classic], "age1"),
        ("beside-newer", &["-r", &post_quantum], "age1pq1"),
    ] {
        let (code, said) = made(name, args);
        assert_eq!(code, Some(0), "{name}: {said}");
        let key = fs::read_to_string(folder.join(format!("{name}.txt"))).expect("a key");
        let public = key.lines().find_map(|it| it.strip_prefix("# public key: ")).expect("its public half");
        assert!(public.starts_with(kind) && (kind != "age1" || !public.starts_with("age1pq1")), "{name}: {public}");
        // The advice on a second key is of the same kind.
        assert_eq!(said.contains("age-keygen -pq -o second.txt"), name == "alone", "{said}");
        assert_eq!(said.contains("age-keygen -o second.txt"), name == "older", "{said}");
    }
    for (name, args) in
        [("mixed", &["-r", &classic, "-r", &post_quantum][..]), ("against", &["-r", &post_quantum, "--classic"])]
    {
        let (code, said) = made(name, args);
        assert!(code == Some(2) && said.contains("A001"), "{name}: {said}");
        assert!(!folder.join(name).exists() && !folder.join(format!("{name}.txt")).exists(), "{name}");
    }
}

#[test]
fn git_does_not_take_a_new_key() {
    needs!(Git);
    for (key, ignore) in [
        ("key.txt", ".gitignore"),
        ("keys/my key.txt", "keys/.gitignore"),
        ("./a[b]*?.txt", ".gitignore"),
        ("#key", ".gitignore"),
        ("!key", ".gitignore"),
        ("new/key.txt", "new/.gitignore"),
        ("deep/er/key.txt", "deep/er/.gitignore"),
    ] {
        for before in [None, Some("# mine\nother"), Some("other\n")] {
            let folder = tempfile::tempdir().expect("a folder");
            let folder = folder.path();
            git(folder, &["init", "-q"]);
            if let Some(before) = before {
                fs::create_dir_all(folder.join(ignore).parent().expect("a folder")).expect("made");
                fs::write(folder.join(ignore), before).expect("written");
            }
            let made = ichor(folder, &["init", "new", "--yes", "--new-key", key]);
            assert!(made.status.success(), "{key}: {}", text(&made.stderr));
            assert!(text(&made.stderr).contains(".gitignore"), "{key}: {}", text(&made.stderr));
            assert!(folder.join(key).is_file(), "{key}");
            git(folder, &["add", "-A"]);
            let name = Path::new(key).file_name().expect("a name").to_str().expect("text");
            let taken = git(folder, &["ls-files", "-z"]);
            assert!(taken.contains("new/ichor.yaml"), "{taken}");
            assert!(
                taken.split('\0').all(|it| Path::new(it).file_name().is_none_or(|it| it != name)),
                "{key}: {taken}"
            );
            let lines = fs::read_to_string(folder.join(ignore)).expect("written");
            assert!(lines.starts_with(before.unwrap_or_default().trim_end()), "{lines}");
            assert!(before.is_none() || lines.lines().any(|it| it == "other"), "what was there stays: {lines}");
        }
    }
    // Ignored already: nothing is added. Taken in again by a later rule, or tracked: refused, and no key is made.
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    fs::write(folder.join(".gitignore"), "*.txt\n").expect("written");
    assert!(ichor(folder, &["init", "new", "--yes", "--new-key", "key.txt"]).status.success());
    assert_eq!(fs::read_to_string(folder.join(".gitignore")).expect("there"), "*.txt\n");
    fs::write(folder.join("tracked"), "").expect("written");
    git(folder, &["add", "-f", "tracked"]);
    fs::remove_file(folder.join("tracked")).expect("removed");
    let refused = ichor(folder, &["init", "other", "--yes", "--new-key", "tracked"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("P006") && !folder.join("tracked").exists(), "{}", text(&refused.stderr));
    assert!(!folder.join("other").exists());
}

#[test]
fn a_person_without_a_key_is_offered_one() {
    needs!(Python);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("taken"), "mine").expect("written");
    let usual = [
        "Name",
        "Talos",
        "Cilium",
        "Kubernetes",
        "Gateway",
        "Hubble",
        "L2",
        "BGP",
        "WireGuard",
        "firewall",
        "bandwidth",
    ];
    let mut answers: Vec<(&str, &str)> = usual.iter().map(|it| (*it, "")).collect();
    answers.extend([("native", ""), ("Public key", ""), ("Make a key", "taken"), ("is there already", "home/key.txt")]);
    let (code, shown) = at_terminal(folder, &answers, &["home"]);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(
        list(folder),
        ["home/ichor.schema.json", "home/ichor.yaml", "home/key.txt", "home/values/cilium.yaml", "taken"]
    );
    let key = fs::read_to_string(folder.join("home/key.txt")).expect("the key");
    let public = key.lines().find_map(|it| it.strip_prefix("# public key: ")).expect("noted");
    assert!(fs::read_to_string(folder.join("home/ichor.yaml")).expect("the spec").contains(public));
    assert!(shown.contains("one key alone opens this bundle"), "{shown}");
    assert!(!shown.contains("AGE-SECRET-KEY"), "{shown}");
    let two = ichor(folder, &["init", "two", "--yes", "-R", "home/key.txt", "-R", "home/key.txt"]);
    assert!(!text(&two.stderr).contains("one key alone"), "{}", text(&two.stderr));
}

#[test]
fn a_lock_that_will_lie_elsewhere_and_versions_that_nobody_knows_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let said = |args: &[&str]| text(&ichor(folder, args).stderr);
    assert!(!said(&["init", "--yes", "own/one"]).contains("note: "));
    fs::create_dir(folder.join("own/lockfiles")).expect("made");
    let other = said(&["init", "--yes", "own/two"]);
    assert!(other.contains("own/lockfiles/two.lock") && other.contains("mkdir own/two/lockfiles"), "{other}");
    fs::create_dir_all(folder.join("own/three/lockfiles")).expect("made");
    assert!(!said(&["init", "--yes", "own/three"]).contains("note: "));
    for (flags, told) in [
        (["--talos", "1.99"], "does not know the rules of Talos 1.99"),
        (["--cilium", "1.99.0"], "has no tables of Cilium 1.99"),
        (["--kubernetes", "1.99.0"], "Talos 1.14 supports Kubernetes 1.33 to 1.37, not 1.99.0"),
    ] {
        let said = said(&["init", "--yes", flags[0].trim_start_matches('-'), flags[0], flags[1]]);
        assert!(said.contains(told), "{flags:?}: {said}");
    }
}
