//! `ichor init`: the first spec of a cluster, with values that fit it.

pub mod from;
pub mod notes;
pub mod recipients;
mod writing;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::base::recipient::Recipient;
use crate::edge::age::{self, KeyKind};
use crate::edge::disk::{self, Access};
use crate::edge::{guard, unfinished};
use crate::ops::Error;
use crate::review::rules::{cilium, talos};
use crate::stage::spec::{self, KubernetesVersion, TalosVersion};

pub use writing::{free, not_there, put, to_write, write};

/// What the user wants.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The bundle's name, a DNS-1123 label.
    pub name: String,
    pub talos: TalosVersion,
    pub kubernetes: KubernetesVersion,
    /// The chart's exact version.
    pub cilium: String,
    /// Where the chart is.
    pub chart: String,
    pub features: Vec<Feature>,
    pub recipients: Vec<Recipient>,
}

/// What Cilium shall do beyond the network itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    GatewayApi,
    Hubble,
    L2,
    Bgp,
    WireGuard,
    HostFirewall,
    BandwidthManager,
    Dsr,
}

/// Every feature, with its name on the command line and what it is.
pub const FEATURES: &[(&str, Feature, &str)] = &[
    ("gateway-api", Feature::GatewayApi, "Gateway API"),
    ("hubble", Feature::Hubble, "Hubble with relay and UI"),
    ("l2", Feature::L2, "L2 announcements of load balancers"),
    ("bgp", Feature::Bgp, "BGP"),
    ("wireguard", Feature::WireGuard, "WireGuard between nodes"),
    ("host-firewall", Feature::HostFirewall, "host firewall"),
    ("bandwidth-manager", Feature::BandwidthManager, "bandwidth manager"),
    ("dsr", Feature::Dsr, "native routing with DSR and Maglev"),
];

/// Where the chart of a release of Cilium is.
pub fn chart(cilium: &str) -> &'static str {
    if cilium::is_in_registry(cilium) { "oci://quay.io/cilium/charts/cilium" } else { cilium::REPOSITORY }
}

/// A version of Kubernetes that these versions of Talos and Cilium both support, as far as that is known.
pub fn kubernetes(talos: TalosVersion, cilium: &str) -> String {
    const USUAL: (u32, &str) = (34, "1.34.1");
    let (first, last) = talos::kubernetes(talos).unwrap_or((0, u32::MAX));
    let (first, last) = match cilium::kubernetes(cilium) {
        Some((low, high)) if low.max(first) <= high.min(last) => (low.max(first), high.min(last)),
        _ => (first, last),
    };
    match USUAL.0.clamp(first, last) {
        minor if minor == USUAL.0 => USUAL.1.into(),
        minor => format!("1.{minor}.0"),
    }
}

/// The newest Talos whose rules are known, which is the one that is offered.
pub const TALOS: TalosVersion = TalosVersion { major: 1, minor: 14 };
/// The newest Cilium whose tables are known, which is the one that is offered.
pub const CILIUM: &str = "1.20.0";

const SPEC: &str = "ichor.yaml";
const VALUES: &str = "values/cilium.yaml";
/// What editors complete and check a spec by.
const SCHEMA: &str = "ichor.schema.json";

/// The files of a spec: its text under the line by which editors find its schema, and the schema.
pub fn spec_files(text: &str) -> Vec<(String, String)> {
    let hinted = format!("# yaml-language-server: $schema={SCHEMA}\n{text}");
    vec![(SPEC.into(), hinted), (SCHEMA.into(), format!("{:#}\n", spec::schema()))]
}

/// The files of a new workspace, by path.
pub fn files(wishes: &Wishes) -> Vec<(String, String)> {
    let mut files = spec_files(&spec_text(wishes));
    files.push((VALUES.into(), values(wishes)));
    if wishes.has(Feature::L2) || wishes.has(Feature::Bgp) {
        files.push(("network.yaml".into(), network(wishes)));
    }
    files
}

/// Where the lock of a bundle of this name will lie.
pub fn lock(folder: &Path, name: &str) -> PathBuf {
    disk::workspace(&folder.join(SPEC), name).join("lockfiles").join(format!("{name}.lock"))
}

/// A key that was made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Whom to seal to.
    pub recipient: Recipient,
    /// The `.gitignore` that a line was added to, where git would have taken the key.
    pub ignored_by: Option<PathBuf>,
}

/// The kind of a new key that is to open what these open, too: the post-quantum one, unless one of them is of the older
/// kind. `classic` asks for the older kind in any case.
pub fn key_kind(beside: &[Recipient], classic: bool) -> KeyKind {
    if classic || beside.iter().any(|it| !it.is_post_quantum()) { KeyKind::Classic } else { KeyKind::PostQuantum }
}

/// Refuses recipients that no envelope can be sealed to together, before anything is written.
pub fn together(recipients: &[Recipient], new_key: Option<KeyKind>) -> Result<(), Error> {
    age::of_one_kind(recipients)?;
    match recipients.first() {
        Some(first) if new_key == Some(KeyKind::Classic) && first.is_post_quantum() => {
            Err(age::Error::MixedRecipients { post_quantum: first.short(), classic: "the new key".into() }.into())
        }
        _ => Ok(()),
    }
}

/// Makes an age identity, and writes it to a file that only its owner may read. In a work tree git is told not to take it,
/// before it is there.
pub fn new_key(file: &Path, kind: KeyKind) -> Result<NewKey, Error> {
    not_there([file.to_path_buf()])?;
    let ignored_by = match guard::check(file) {
        Err(guard::Exposed::NotIgnored(_)) => Some(ignore(file)?),
        other => other.map(|()| None)?,
    };
    let (identity, recipient) = age::generate(kind);
    disk::write(file, identity.expose(), Access::Owner)?;
    Ok(NewKey { recipient: Recipient { key: recipient, comment: String::new() }, ignored_by })
}

/// Has the `.gitignore` beside a file name it. A line further on, or git's own rules, may still take it in: then it is
/// refused, and the line stays.
fn ignore(file: &Path) -> Result<PathBuf, Error> {
    let folder = unfinished::folder_of(file);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut line = String::from("/");
    for letter in name.chars() {
        if "*?[]\\ ".contains(letter) {
            line.push('\\');
        }
        line.push(letter);
    }
    let path = folder.join(".gitignore");
    let mut text = disk::read_text_if_any(&path)?.unwrap_or_default();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    disk::folder(folder, Access::Owner)?;
    disk::write(&path, format!("{text}{line}\n").as_bytes(), Access::Public)?;
    guard::check(file)?;
    Ok(path)
}

impl Wishes {
    fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Major and minor of Cilium.
    fn minor(&self) -> (u32, u32) {
        let mut numbers = self.cilium.trim_start_matches('v').split('.').map(|it| it.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }
}

fn spec_text(wishes: &Wishes) -> String {
    let mut text = format!(
        "# What goes into the bundle `{name}`. After a change: `ichor lock`, `ichor check`, `ichor build`.
bundle: {name}
# Chooses the form of the patches, and the rules of `check`.
talos: \"{talos}\"
# What charts are told the cluster runs.
kubernetes: \"{kubernetes}\"
",
        name = wishes.name,
        talos = wishes.talos,
        kubernetes = wishes.kubernetes.as_str(),
    );
    let gateway = wishes.has(Feature::GatewayApi);
    if gateway {
        text.push_str("# What charts are told the cluster has beyond Kubernetes itself: with it, Cilium brings its GatewayClass.\n");
        text.push_str("apiVersions:\n  - gateway.networking.k8s.io/v1/GatewayClass\n");
    }
    text.push_str("# Who may open the bundle: age or SSH public keys, each with a word on whose it is.\n");
    if wishes.recipients.is_empty() {
        text.push_str("recipients: []\n");
    } else {
        text.push_str("recipients:\n");
        for recipient in &wishes.recipients {
            let _ = writeln!(text, "  - {recipient}");
        }
    }
    text.push_str("# In the order in which Talos applies them.\nparts:\n");
    if gateway {
        let version = cilium::gateway_api(&wishes.cilium).unwrap_or_else(|| "v1.6.1".into());
        // Cilium 1.16 and 1.19 watch TLSRoute v1alpha2, which only the experimental channel of these has.
        let channel = if matches!(wishes.minor(), (1, ..=16 | 19)) { "experimental" } else { "standard" };
        let _ = write!(
            text,
            "  - name: gateway-api
    manifest: https://github.com/kubernetes-sigs/gateway-api/releases/download/{version}/{channel}-install.yaml
"
        );
    }
    let _ = write!(
        text,
        "  - name: cilium
    chart: {}
    version: {}
    namespace: kube-system
    values:
      - values/cilium.yaml
",
        wishes.chart,
        wishes.cilium.trim_start_matches('v'),
    );
    if wishes.has(Feature::L2) || wishes.has(Feature::Bgp) {
        text.push_str("  - name: network\n    manifest: network.yaml\n");
    }
    text
}

fn values(wishes: &Wishes) -> String {
    let mut text = String::from(BASE);
    for (feature, lines) in [
        (Feature::Dsr, DSR),
        (Feature::GatewayApi, GATEWAY_API),
        (Feature::L2, L2),
        (Feature::Bgp, BGP),
        (Feature::WireGuard, WIRE_GUARD),
        (Feature::HostFirewall, HOST_FIREWALL),
        (Feature::BandwidthManager, BANDWIDTH_MANAGER),
    ] {
        if wishes.has(feature) {
            text.push_str(lines);
        }
    }
    text.push_str(if wishes.has(Feature::Hubble) { HUBBLE } else { NO_HUBBLE });
    text
}

fn network(wishes: &Wishes) -> String {
    let pools = if wishes.minor() >= (1, 18) { "cilium.io/v2" } else { "cilium.io/v2alpha1" };
    let mut text = format!(
        "# The addresses that Services of type LoadBalancer get. Cilium's operator defines these kinds, so Talos applies them
# as soon as it runs.
apiVersion: {pools}
kind: CiliumLoadBalancerIPPool
metadata:
  name: pool
spec:
  blocks:
    - cidr: 192.168.1.240/28 # free addresses of your own network
"
    );
    if wishes.has(Feature::L2) {
        text.push_str(
            "---
# The interfaces that answer for these addresses.
apiVersion: cilium.io/v2alpha1
kind: CiliumL2AnnouncementPolicy
metadata:
  name: announce
spec:
  loadBalancerIPs: true
  interfaces:
    - ^en.*
    - ^eth.*
  nodeSelector:
    matchExpressions:
      - key: node-role.kubernetes.io/control-plane
        operator: DoesNotExist
",
        );
    }
    text
}

const BASE: &str = "# What Talos needs of Cilium.
ipam:
  mode: kubernetes
kubeProxyReplacement: true
# KubePrism: the API server on every node, before there is a network.
k8sServiceHost: localhost
k8sServicePort: 7445
# Talos loads kernel modules itself and grants no pod SYS_MODULE.
securityContext:
  capabilities:
    ciliumAgent: [CHOWN, KILL, NET_ADMIN, NET_RAW, IPC_LOCK, SYS_ADMIN, SYS_RESOURCE, DAC_OVERRIDE, FOWNER, SETGID, SETUID]
    cleanCiliumState: [NET_ADMIN, SYS_ADMIN, SYS_RESOURCE]
# Talos mounts the cgroups itself.
cgroup:
  autoMount:
    enabled: false
  hostRoot: /sys/fs/cgroup
";

const DSR: &str = "
# Routes between nodes in place of a tunnel; answers of a Service go straight back to the client.
routingMode: native
autoDirectNodeRoutes: true
ipv4NativeRoutingCIDR: 10.244.0.0/16 # Talos' own range of pods
loadBalancer:
  mode: dsr
  algorithm: maglev
";

const GATEWAY_API: &str = "
gatewayAPI:
  enabled: true
";

const L2: &str = "
l2announcements:
  enabled: true
# Each announced Service holds a lease, which the agent renews through the API server.
k8sClientRateLimit:
  qps: 20
  burst: 40
";

const BGP: &str = "
bgpControlPlane:
  enabled: true
";

const WIRE_GUARD: &str = "
# Each node makes its key at run time: none is in the manifests.
encryption:
  enabled: true
  type: wireguard
";

const HOST_FIREWALL: &str = "
hostFirewall:
  enabled: true
";

const BANDWIDTH_MANAGER: &str = "
bandwidthManager:
  enabled: true
";

const HUBBLE: &str = "
# Its certificates are made once, by `ichor lock`, and kept.
hubble:
  enabled: true
  relay:
    enabled: true
  ui:
    enabled: true
";

const NO_HUBBLE: &str = "
hubble:
  enabled: false
";
