//! The programs that tests ask and that not every machine has. A test names those it asks in its first line,
//! `needs!(Age, Openssl)`. Where one is missing, the test is left out, and the last line of the run counts what was left
//! out and for want of what. With `CI=true` such a test fails.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, Once};

/// What a test asks beside the program under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Age,
    AgeKeygen,
    /// A real API server with etcd and kubectl; `tests/judges` builds them.
    ApiServer,
    Bash,
    /// A file system that knows no files without a name, and `/dev/fuse`.
    Bindfs,
    Chromium,
    /// The program that signs images.
    Cosign,
    /// The charts of Cilium, in `../shared/conformance`.
    CiliumCharts,
    Curl,
    /// The schemas of CycloneDX, in its library for Python.
    Cyclonedx,
    DockerRegistry,
    Fish,
    Git,
    /// With `gpgv`.
    Gpg,
    /// Helm's own code as a library of Python.
    HelmSdk,
    /// The programs of several versions of Helm; `tests/helm_program.py` builds them.
    Helms,
    Htpasswd,
    /// in-toto's own reader of statements, a library of Python.
    InToto,
    Jq,
    Jsonschema,
    /// The strictest reader of manual pages.
    Mandoc,
    /// What makes a site of the documentation.
    Mdbook,
    /// kustomize, or the kubectl that has it within.
    Kustomize,
    /// An age that knows post-quantum keys: version 1.3 or newer.
    HybridAge,
    /// The right to make a namespace of users and of networks.
    Namespaces,
    Nix,
    Openssl,
    Python,
    /// The robot that proposes versions, of npm.
    Renovate,
    /// The schema of SARIF, in a package of npm.
    SarifSchema,
    Skopeo,
    Sops,
    SshKeygen,
    /// What lets calls of the system fail.
    Strace,
    /// A plugin from age's own tests, for keys of hardware.
    TagPlugin,
    /// Talos' own library of three versions; `tests/judges` builds it.
    TalosLibrary,
    Zsh,
}

impl Peer {
    /// The one of this name in [`Peer`].
    pub fn find(name: &str) -> Option<Peer> {
        ALL.into_iter().find(|it| format!("{it:?}") == name)
    }

    /// What the last line calls it.
    fn name(self) -> &'static str {
        match self {
            Peer::Age => "age",
            Peer::AgeKeygen => "age-keygen",
            Peer::ApiServer => "an API server",
            Peer::Bash => "bash",
            Peer::Bindfs => "bindfs",
            Peer::Chromium => "chromium",
            Peer::CiliumCharts => "the charts of Cilium",
            Peer::Cosign => "cosign",
            Peer::Curl => "curl",
            Peer::Cyclonedx => "cyclonedx-python-lib",
            Peer::DockerRegistry => "docker-registry",
            Peer::Fish => "fish",
            Peer::Git => "git",
            Peer::Gpg => "gpg",
            Peer::HelmSdk => "helm-python-sdk",
            Peer::Helms => "helm",
            Peer::Htpasswd => "htpasswd",
            Peer::InToto => "in-toto-attestation",
            Peer::Jq => "jq",
            Peer::Jsonschema => "jsonschema",
            Peer::Mandoc => "mandoc",
            Peer::Mdbook => "mdbook",
            Peer::Renovate => "renovate",
            Peer::SarifSchema => "the schema of SARIF",
            Peer::Kustomize => "kustomize",
            Peer::HybridAge => "age 1.3",
            Peer::Namespaces => "namespaces",
            Peer::Nix => "nix",
            Peer::Openssl => "openssl",
            Peer::Python => "python3",
            Peer::Skopeo => "skopeo",
            Peer::Sops => "sops",
            Peer::SshKeygen => "ssh-keygen",
            Peer::Strace => "strace",
            Peer::TagPlugin => "age-plugin-tagtest",
            Peer::TalosLibrary => "Talos' library",
            Peer::Zsh => "zsh",
        }
    }

    fn program(self) -> String {
        match self {
            Peer::Chromium => std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into()),
            Peer::Cyclonedx | Peer::HelmSdk | Peer::InToto | Peer::Jsonschema | Peer::Python | Peer::SarifSchema => {
                "python3".into()
            }
            Peer::HybridAge => super::judges::beside("age"),
            Peer::Cosign => super::judges::beside("cosign"),
            Peer::Kustomize => super::judges::beside("kustomize"),
            Peer::Mdbook => super::judges::beside("mdbook"),
            Peer::Renovate => super::judges::beside("renovate"),
            Peer::Sops => super::judges::beside("sops"),
            Peer::TagPlugin => super::judges::beside("age-plugin-tagtest"),
            Peer::Namespaces => "unshare".into(),
            Peer::ApiServer | Peer::CiliumCharts | Peer::Helms | Peer::TalosLibrary => {
                panic!("{} is no program of one name", self.name())
            }
            _ => self.name().into(),
        }
    }

    /// Runs it: [`Peer::Python`] with the library, [`Peer::Namespaces`] as `unshare`. Panics in a test that does not name
    /// it, so that the test cannot fail only where it is missing.
    pub fn command(self) -> Command {
        self.assert_named();
        Command::new(self.program())
    }

    /// Panics in a test that does not name it.
    pub fn assert_named(self) {
        let named = NAMED.with_borrow(|named| named.contains(&self));
        assert!(named, "the test asks {}: write `needs!({self:?})` into its first line", self.name());
    }

    fn is_here(self) -> bool {
        let here = HERE.get(&self).expect("every peer is probed");
        *here
    }

    fn probe(self) -> bool {
        let args: &[&str] = match self {
            Peer::ApiServer => return super::api_server::is_here(),
            Peer::Helms => return HELMS.iter().all(|it| helm(it).is_file()),
            Peer::CiliumCharts => return super::conformance().is_some(),
            Peer::TalosLibrary => return super::judges::all_are_here(),
            Peer::HybridAge => return super::judges::makes_hybrid_keys(),
            Peer::Cyclonedx => &["-c", "import cyclonedx.schema"],
            Peer::HelmSdk => &["-c", "import helm_python"],
            Peer::InToto => &["-c", "import in_toto_attestation.v1.statement"],
            Peer::Bindfs if !std::path::Path::new("/dev/fuse").exists() => return false,
            Peer::TagPlugin => return std::path::Path::new(&self.program()).is_file(),
            Peer::Cosign | Peer::Kustomize => &["version"],
            Peer::Mandoc => &["-T", "ascii", "-W", "fatal", "/dev/null"],
            Peer::Sops => &["--help"],
            Peer::Htpasswd => &["-nbB", "user", "word"],
            Peer::Jsonschema => &["-c", "import jsonschema"],
            Peer::SarifSchema => &["-c", "open('target/python/sarif-2.1.0.json')"],
            Peer::Namespaces => &["-rnm", "true"],
            Peer::Openssl => &["version"],
            // There is no flag that only tells the version.
            Peer::SshKeygen => &["-l", "-f", "/dev/null"],
            _ => &["--version"],
        };
        let mut command = Command::new(self.program());
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success() || self == Peer::SshKeygen)
    }
}

const ALL: [Peer; 37] = [
    Peer::Age,
    Peer::AgeKeygen,
    Peer::ApiServer,
    Peer::Bash,
    Peer::Bindfs,
    Peer::Chromium,
    Peer::CiliumCharts,
    Peer::Cosign,
    Peer::Curl,
    Peer::Cyclonedx,
    Peer::DockerRegistry,
    Peer::Fish,
    Peer::Git,
    Peer::Gpg,
    Peer::HelmSdk,
    Peer::Helms,
    Peer::Htpasswd,
    Peer::InToto,
    Peer::Jq,
    Peer::Jsonschema,
    Peer::Mandoc,
    Peer::Mdbook,
    Peer::Kustomize,
    Peer::HybridAge,
    Peer::Namespaces,
    Peer::Nix,
    Peer::Openssl,
    Peer::Python,
    Peer::Renovate,
    Peer::SarifSchema,
    Peer::Skopeo,
    Peer::Sops,
    Peer::SshKeygen,
    Peer::Strace,
    Peer::TagPlugin,
    Peer::TalosLibrary,
    Peer::Zsh,
];

/// The versions of Helm that tests install with.
pub const HELMS: [&str; 2] = ["4.3.1", "3.22.0"];

/// The program of a version of Helm.
pub fn helm(version: &str) -> std::path::PathBuf {
    let own = std::env::var_os("HELM_PROGRAMS").map(std::path::PathBuf::from);
    let home = std::env::var_os("HOME").unwrap_or_default();
    let folder = own.unwrap_or_else(|| std::path::Path::new(&home).join(".cache/helm-programs"));
    folder.join(format!("helm-{version}"))
}

/// Nobody but the authors has these beside the repository, and Debian has no such age and no SOPS; not every machine lends
/// `/dev/fuse`.
const BESIDE: [Peer; 12] = [
    Peer::Renovate,
    Peer::Bindfs,
    Peer::Cosign,
    Peer::Mdbook,
    Peer::ApiServer,
    Peer::Helms,
    Peer::CiliumCharts,
    Peer::HybridAge,
    Peer::Kustomize,
    Peer::Sops,
    Peer::TagPlugin,
    Peer::TalosLibrary,
];

static HERE: LazyLock<BTreeMap<Peer, bool>> = LazyLock::new(|| ALL.map(|peer| (peer, peer.probe())).into());

/// The tests that were left out, and what each of them lacks.
static LEFT_OUT: Mutex<BTreeMap<String, Vec<Peer>>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// What the test of this thread named.
    static NAMED: RefCell<BTreeSet<Peer>> = const { RefCell::new(BTreeSet::new()) };
}

/// Names what a test asks, and leaves the test out where one of these is missing.
macro_rules! needs {
    ($($peer:ident),+) => {
        if $crate::support::peer::is_lacking(&[$($crate::support::peer::Peer::$peer),+]) {
            return;
        }
    };
}
pub(crate) use needs;

/// Whether one of these is missing; the last line tells it then.
pub fn is_lacking(peers: &[Peer]) -> bool {
    NAMED.with_borrow_mut(|named| named.extend(peers));
    let lacking: Vec<Peer> = peers.iter().copied().filter(|peer| !peer.is_here()).collect();
    if lacking.is_empty() {
        return false;
    }
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    LEFT_OUT.lock().expect("no panic").insert(test, lacking.clone());
    print_at_exit();
    let wanted: Vec<&str> = lacking.into_iter().filter(|it| !BESIDE.contains(it)).map(Peer::name).collect();
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(wanted.is_empty() || !in_ci, "not installed: {}; tests/run brings it", wanted.join(", "));
    true
}

/// Has the closing line printed when the process ends: the harness of `#[test]` calls nobody when all tests are done.
fn print_at_exit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "the standard library has no such call")]
        // SAFETY: the function is one of this program and lives as long as it.
        let refused = unsafe { libc::atexit(print_left_out) };
        assert_eq!(refused, 0, "the closing line can be printed");
    });
}

extern "C" fn print_left_out() {
    let left_out = LEFT_OUT.lock().expect("no panic");
    let mut wanted = BTreeMap::<Peer, usize>::new();
    for peer in left_out.values().flatten() {
        *wanted.entry(*peer).or_default() += 1;
    }
    let wanted: Vec<String> = wanted.iter().map(|(peer, tests)| format!("{} ({tests})", peer.name())).collect();
    println!("left out: {} tests, for want of {}", left_out.len(), wanted.join(", "));
}
