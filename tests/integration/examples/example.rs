//! A copy of an example as it stands, on a machine whose mirrors are on loopback.

use std::fs;
use std::path::{Path, PathBuf};

use super::own;
use crate::support::registry::{Kind, Registry};
use crate::support::site::Site;
use crate::support::workspace::Workspace;
use crate::support::{conformance, copy, repository};

/// The example, a key that opens what is sealed, and the servers.
pub struct Example {
    workspace: Workspace,
    pub spec: String,
    _registry: Registry,
    _site: Site,
}

impl Example {
    /// A copy of an example. Of its spec, the recipient changes, and it names the Helm of the SDK.
    pub fn of_cilium(example: &str, spec: &str) -> Example {
        let folder = repository().join("examples").join(example);
        let text = fs::read_to_string(folder.join(spec)).expect("the spec");
        assert!(text.contains("chart: oci://quay.io/cilium/charts/cilium "), "{spec} names the real chart");
        let version = text.lines().find_map(|line| line.trim().strip_prefix("version: ")).expect("a version");
        let archive = conformance().expect("the charts").join(format!("charts/cilium-{version}.tgz"));
        let example = Example::new(spec, "quay.io", "cilium/charts", &archive);
        copy(&folder, example.workspace.path());
        example.workspace.write(spec, with_sdk_helm(&text)).seal_to_own_key(spec);
        example
    }

    /// The same way for a chart of our own, which needs no charts of others.
    pub fn of_our_own() -> Example {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = own::archive(folder.path());
        let example = Example::new("ichor.yaml", "charts.example", "team", &archive);
        for (path, text) in own::files() {
            example.workspace.write(path, text);
        }
        example.workspace.write("ichor.yaml", with_sdk_helm(own::SPEC)).seal_to_own_key("ichor.yaml");
        example
    }

    /// Every spec of the examples whose chart is the real one of Cilium, one at a time.
    pub fn all_of_cilium() -> impl Iterator<Item = Example> {
        let specs = [
            ("arm-inline", "ichor.yaml"),
            ("bare-metal-flux", "ichor.yaml"),
            ("gitops-namespace", "ichor.yaml"),
            ("pi-talhelper", "ichor.yaml"),
            ("proxmox-omni", "basic.yaml"),
            ("proxmox-omni", "gateway-api.yaml"),
            ("proxmox-omni", "ichor.yaml"),
        ];
        specs.into_iter().map(|(folder, spec)| Example::of_cilium(folder, spec))
    }

    /// What `ichor init` writes with these flags, for the real chart of a release of Cilium.
    pub fn of_init(cilium: &str, flags: &[&str]) -> Example {
        let archive = conformance().expect("the charts").join(format!("charts/cilium-{cilium}.tgz"));
        let example = Example::new("ichor.yaml", "quay.io", "cilium/charts", &archive);
        let recipient = example.workspace.recipient().to_owned();
        // Older releases are in no registry, only in a repository that is not at hand here.
        let chart = ["--chart", "./chart.tgz"];
        let fixed = ["init", "--yes", "--name", "first", "--cilium", cilium, "--recipient", &recipient];
        example.done(&[&fixed, &chart[..], flags].concat());
        example
    }

    /// `archive` is served as `oci://HOST/BELOW/NAME` by a mirror of that host, and the Gateway API's CRDs by one of
    /// github.com. Mirrors stand in the user's own file, as they do for a user behind a firewall.
    fn new(spec: &str, host: &str, below: &str, archive: &Path) -> Example {
        let registry = Registry::start(Kind::Tls);
        registry.push_files(&format!("mirror/{below}"), &[archive.to_owned()]);
        let site = Site::start();
        for (version, channel) in [("v1.2.0", "standard"), ("v1.4.1", "experimental"), ("v1.6.1", "standard")] {
            let release = site.www().join("github/kubernetes-sigs/gateway-api/releases/download").join(version);
            fs::create_dir_all(&release).expect("made");
            fs::write(release.join(format!("{channel}-install.yaml")), gateway_api(version, channel)).expect("written");
        }
        let workspace = Workspace::new();
        let site_host = site.address.trim_start_matches("https://");
        let authorities = [registry.folder.path().join("ca.pem"), site.ca()].map(|it| it.display().to_string());
        workspace.write(
            "home/.config/ichor/config.yaml",
            format!(
                "mirrors:\n  {host}: {}/mirror\n  github.com: {site_host}/github\nauthorities: [{}]\n",
                registry.host,
                authorities.join(", ")
            ),
        );
        fs::copy(archive, workspace.path().join("chart.tgz")).expect("copied");
        Example { workspace, spec: spec.into(), _registry: registry, _site: site }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.workspace.at(file)
    }

    pub fn done(&self, args: &[&str]) -> String {
        self.workspace.done(args)
    }

    /// Runs what must succeed, and gives what it says on standard error.
    pub fn said(&self, args: &[&str]) -> String {
        self.workspace.said(args)
    }

    /// Runs what must succeed where there is no network at all.
    pub fn done_offline(&self, args: &[&str]) -> String {
        let quoted: Vec<String> = args.iter().map(|it| format!("'{it}'")).collect();
        let run = self.workspace.shell(&["unshare", "-rn"], &format!("\"$ICHOR\" {}", quoted.join(" ")));
        assert_eq!(run.code(), 0, "{args:?}: {}", run.stderr());
        run.stdout()
    }

    /// What was fetched and is not vendored.
    pub fn drop_cache(&self) {
        self.workspace.remove("cache");
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
        self.workspace.read(file)
    }
}

/// The spec, which names the Helm that the SDK bundles, so that both print alike.
fn with_sdk_helm(spec: &str) -> String {
    format!("helm: \"4.2.3\"\n{spec}")
}

/// A small stand-in for the Gateway API's CRDs of a release.
pub fn gateway_api(version: &str, channel: &str) -> String {
    let crd = |plural: &str, kind: &str, scope: &str, served: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    api-approved.kubernetes.io: unapproved, a stand-in\n    gateway.networking.k8s.io/bundle-version: {version}\n    gateway.networking.k8s.io/channel: {channel}\n  name: {plural}.gateway.networking.k8s.io\nspec:\n  group: gateway.networking.k8s.io\n  names: {{kind: {kind}, plural: {plural}}}\n  scope: {scope}\n  versions: [{{name: {served}, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}]\n"
        )
    };
    let grants = if version == "v1.6.1" { "v1" } else { "v1beta1" };
    let all = [
        crd("backendtlspolicies", "BackendTLSPolicy", "Namespaced", "v1"),
        crd("gatewayclasses", "GatewayClass", "Cluster", "v1"),
        crd("gateways", "Gateway", "Namespaced", "v1"),
        crd("grpcroutes", "GRPCRoute", "Namespaced", "v1"),
        crd("httproutes", "HTTPRoute", "Namespaced", "v1"),
        crd("referencegrants", "ReferenceGrant", "Namespaced", grants),
        crd("tlsroutes", "TLSRoute", "Namespaced", if channel == "experimental" { "v1alpha2" } else { "v1" }),
    ];
    format!("# A licence, and no object.\n---\n{}", all.join("---\n"))
}
