//! A copy of an example as it stands, on a machine whose mirrors are on loopback.

use std::fs;
use std::path::{Path, PathBuf};

use crate::own;
use crate::place::Workspace as Place;
use crate::servers::{Kind, Registry, Static, lacking};

/// The example, a key that opens what is sealed, and the servers.
pub struct Workspace {
    place: Place,
    pub spec: String,
    _registry: Registry,
    _site: Static,
}

impl Workspace {
    /// A copy of an example; `None` where the charts or the servers are not here. Of its spec, the recipient alone
    /// changes.
    pub fn of_example(example: &str, spec: &str) -> Option<Workspace> {
        let Some(charts) = charts() else {
            eprintln!("skipped: the charts are not here");
            return None;
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let text = fs::read_to_string(folder.join(spec)).expect("the spec");
        assert!(text.contains("chart: oci://quay.io/cilium/charts/cilium "), "{spec} names the real chart");
        let version = text.lines().find_map(|it| it.trim().strip_prefix("version: ")).expect("a version");
        let archive = charts.join(format!("cilium-{version}.tgz"));
        let workspace = Workspace::new(spec, "quay.io", "cilium/charts", &archive)?;
        copy(&folder, workspace.place.path());
        workspace.seal_to_test(&text);
        Some(workspace)
    }

    /// The same way for a chart of our own, which needs no charts of others.
    pub fn of_our_own() -> Option<Workspace> {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = own::archive(folder.path());
        let workspace = Workspace::new("ichor.yaml", "charts.example", "team", &archive)?;
        for (path, text) in own::files() {
            workspace.place.write(path, text);
        }
        workspace.seal_to_test(own::SPEC);
        Some(workspace)
    }

    /// `archive` is served as `oci://HOST/BELOW/NAME` by a mirror of that host, and the Gateway API's CRDs by one of
    /// github.com. Mirrors stand in the user's own file, as they do for a user behind a firewall.
    fn new(spec: &str, host: &str, below: &str, archive: &Path) -> Option<Workspace> {
        if lacking() {
            return None;
        }
        let registry = Registry::start(Kind::Tls);
        registry.push_files(&format!("mirror/{below}"), &[archive.to_owned()]);
        let site = Static::start();
        for (version, channel) in [("v1.4.1", "experimental"), ("v1.6.1", "standard")] {
            let release = site.www().join("github/kubernetes-sigs/gateway-api/releases/download").join(version);
            fs::create_dir_all(&release).expect("made");
            fs::write(release.join(format!("{channel}-install.yaml")), gateway_api(version, channel)).expect("written");
        }
        let place = Place::new();
        let site_host = site.address.trim_start_matches("https://");
        let authorities = [registry.folder.path().join("ca.pem"), site.ca()].map(|it| it.display().to_string());
        place.write(
            "home/.config/ichor/config.yaml",
            format!(
                "mirrors:\n  {host}: {}/mirror\n  github.com: {site_host}/github\nauthorities: [{}]\n",
                registry.host,
                authorities.join(", ")
            ),
        );
        fs::copy(archive, place.path().join("chart.tgz")).expect("copied");
        Some(Workspace { place, spec: spec.into(), _registry: registry, _site: site })
    }

    fn seal_to_test(&self, spec: &str) {
        let (identity, recipient) = ichor::edge::age::generate(ichor::edge::age::KeyKind::Classic);
        fs::write(self.path("key.txt"), identity.expose()).expect("the key");
        let line = spec.lines().find(|it| it.trim().starts_with("- age1")).expect("a recipient");
        fs::write(self.path(&self.spec), spec.replace(line, &format!("  - {recipient} test"))).expect("the spec");
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.place.path().join(file)
    }

    pub fn done(&self, args: &[&str]) -> String {
        self.place.done(args).0
    }

    /// Runs what must succeed where there is no network at all.
    pub fn done_offline(&self, args: &[&str]) -> String {
        let quoted: Vec<String> = args.iter().map(|it| format!("'{it}'")).collect();
        let run = self.place.shell(&["unshare", "-rn"], &format!("\"$ICHOR\" {}", quoted.join(" ")));
        assert_eq!(run.code(), 0, "{args:?}: {}", run.stderr());
        run.stdout()
    }

    /// What was fetched and is not vendored.
    pub fn drop_cache(&self) {
        self.place.remove("cache");
    }

    /// The bundle's name.
    pub fn name(&self) -> String {
        let spec = self.read(&self.spec);
        spec.lines().find_map(|it| it.strip_prefix("bundle: ")).expect("a name").to_owned()
    }

    pub fn lock(&self) -> String {
        self.read(&format!("lockfiles/{}.lock", self.name()))
    }

    pub fn read(&self, file: &str) -> String {
        self.place.read(file)
    }
}

fn charts() -> Option<PathBuf> {
    let given = std::env::var_os("ICHOR_CHARTS").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // In a worktree the shared folder lies one level further up.
    let near = ["../shared/conformance/charts", "../../shared/conformance/charts"].map(|it| root.join(it));
    given.into_iter().chain(near).find(|it| it.join("cilium-1.19.6.tgz").is_file())
}

/// A small stand-in for the Gateway API's CRDs of a release.
pub fn gateway_api(version: &str, channel: &str) -> String {
    let crd = |plural: &str, kind: &str, scope: &str, served: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    gateway.networking.k8s.io/bundle-version: {version}\n    gateway.networking.k8s.io/channel: {channel}\n  name: {plural}.gateway.networking.k8s.io\nspec:\n  group: gateway.networking.k8s.io\n  names: {{kind: {kind}, plural: {plural}}}\n  scope: {scope}\n  versions: [{{name: {served}, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]\n"
        )
    };
    let all = [
        crd("gatewayclasses", "GatewayClass", "Cluster", "v1"),
        crd("gateways", "Gateway", "Namespaced", "v1"),
        crd("httproutes", "HTTPRoute", "Namespaced", "v1"),
        crd("tlsroutes", "TLSRoute", "Namespaced", if channel == "experimental" { "v1alpha2" } else { "v1" }),
    ];
    format!("# A licence, and no object.\n---\n{}", all.join("---\n"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the example") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
