//! The rules of Cilium on Talos.

mod announced;
mod beside;
mod gateway;
mod kinds;
mod known;
mod needs;
mod routing;
mod security;
mod traffic;

pub(super) use beside::objects;
pub use gateway::{GatewayFit, gateway_api, gateway_fit};
pub(super) use known::elsewhere;

use super::object::{Object, is_true, word};
use super::{ChartSubject, Subject, config, minor, spec_place};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::deliver::flux::at;
use crate::stage::spec::{Content, Source};
use helm_engine::helm::values::coalesce_values;
use helm_engine::value::{Map, Value};

type Minor = (u32, u32);
type Full = (u32, u32, u32);

/// The Kubernetes minors a minor of Cilium was tested with, first and last: `Documentation/network/kubernetes` of the tags v1.16.19,
/// v1.17.14, v1.18.6, v1.19.6 and v1.20.0. Of 1.19, `requirements.rst` says 1.31 to 1.34, and `compatibility.rst` 1.32 to 1.35.
const KUBERNETES: &[(Minor, u32, u32)] =
    &[((1, 16), 27, 30), ((1, 17), 29, 32), ((1, 18), 30, 33), ((1, 19), 31, 35), ((1, 20), 33, 36)];

/// Where the archives of every release are; the registry has only those of [`is_in_registry`].
pub const REPOSITORY: &str = "https://helm.cilium.io/cilium";

/// The Kubernetes minors a minor of Cilium was tested with, first and last; `None` where that is not known.
pub fn kubernetes(cilium: &str) -> Option<(u32, u32)> {
    let version = minor(cilium)?;
    KUBERNETES.iter().find(|(it, ..)| *it == version).map(|(_, first, last)| (*first, *last))
}

/// Whether the first of two versions such as `v1.4.1` is the older one; not where one is none.
pub fn older(one: &str, other: &str) -> bool {
    three(one).zip(three(other)).is_some_and(|(one, other)| one < other)
}

/// Whether a release of the chart is in the registry quay.io; older ones are in [`REPOSITORY`] alone (cilium#43624).
pub fn is_in_registry(version: &str) -> bool {
    let Some(version) = three(version) else { return true };
    let first = match (version.0, version.1) {
        (1, 16) => 19,
        (1, 17) => 12,
        (1, 18) => 6,
        it => return it >= (1, 19),
    };
    version.2 >= first
}

/// Rules on where the spec takes Cilium's chart from. They need no chart, which a wrong place does not give.
pub(super) fn sources(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for part in &subject.spec.parts {
        let Content::Chart(wanted) = &part.content else { continue };
        let Source::Oci(name) = &wanted.source else { continue };
        match (name.host.as_str(), name.repository.as_str()) {
            ("quay.io", "cilium/cilium") => {
                let message = "`quay.io/cilium/cilium` is the image of the agent, not the chart";
                let help = "the chart is at oci://quay.io/cilium/charts/cilium";
                found.push(Diagnostic::new(Code::C012, message).at(wanted.place.clone()).help(help));
            }
            ("quay.io", "cilium/charts/cilium") => {
                let exact =
                    name.tag.as_deref().or(wanted.version.as_deref()).map(|it| it.trim_start_matches(['v', '=']));
                let Some(version) = exact.filter(|it| three(it).is_some() && !is_in_registry(it)) else { continue };
                let message = format!("the registry does not have the chart of Cilium {version}");
                let help = format!(
                    "write `chart: {REPOSITORY}`; the registry has 1.16.19, 1.17.12, 1.18.6, 1.19.0 and what follows each"
                );
                found.push(Diagnostic::new(Code::C013, message).at(wanted.place.clone()).help(help));
            }
            _ => {}
        }
    }
}

/// Rules on the values of a Cilium chart; any other chart has none.
pub(super) fn values(
    subject: &Subject<'_>,
    chart: &ChartSubject<'_>,
    objects: &[Object<'_>],
    found: &mut Vec<Diagnostic>,
) {
    if chart.chart.name() != "cilium" {
        return;
    }
    let Ok(all) = coalesce_values(chart.chart, chart.given, &mut Vec::new()) else { return };
    let Some(version) = minor(chart.version) else { return };
    let mut rules = Rules { subject, chart, objects, all: &all, version, found };
    rules.capabilities();
    rules.low_ports();
    rules.cgroups();
    rules.proxy();
    rules.api_server();
    rules.masquerading();
    rules.pod_ranges();
    rules.gateway();
    rules.kubernetes();
    rules.traffic();
    rules.routing();
    rules.security();
}

/// What Cilium is told that a machine config must agree with.
pub(super) struct Settings {
    pub replaces_proxy: bool,
    /// Where it asks for the API server.
    pub api_host: String,
    pub api_port: String,
    pub is_native: bool,
    /// The range that is reached without masquerading.
    pub native_range: String,
    pub native_range_6: String,
    /// Whether pods get the addresses that Kubernetes gives to their node.
    pub addresses_of_kubernetes: bool,
    /// Whether it announces addresses by ARP.
    pub announces: bool,
    /// The interfaces that it is told to use; empty where it finds them itself.
    pub devices: Vec<String>,
}

/// The settings of the first chart that is Cilium's.
pub(super) fn settings(subject: &Subject<'_>, objects: &[Object<'_>]) -> Option<Settings> {
    let chart = subject.charts.iter().find(|it| it.chart.name() == "cilium")?;
    let all = coalesce_values(chart.chart, chart.given, &mut Vec::new()).ok()?;
    let version = minor(chart.version)?;
    let rules = Rules { subject, chart, objects, all: &all, version, found: &mut Vec::new() };
    Some(Settings {
        replaces_proxy: rules.replaces_proxy(),
        api_host: rules.text(&["k8sServiceHost"]),
        api_port: rules.text(&["k8sServicePort"]),
        is_native: rules.setting("routing-mode", &["routingMode"]) == "native",
        native_range: rules.setting("ipv4-native-routing-cidr", &["ipv4NativeRoutingCIDR"]),
        native_range_6: rules.setting("ipv6-native-routing-cidr", &["ipv6NativeRoutingCIDR"]),
        addresses_of_kubernetes: rules.text(&["ipam", "mode"]) == "kubernetes",
        announces: rules.setting("enable-l2-announcements", &["l2announcements", "enabled"]) == "true",
        devices: match at(&all, &["devices"]) {
            Some(Value::List(list)) => list.items().iter().filter_map(|it| word(Some(it.clone()))).collect(),
            _ => rules.text(&["devices"]).split_whitespace().map(str::to_owned).collect(),
        },
    })
}

struct Rules<'a> {
    subject: &'a Subject<'a>,
    chart: &'a ChartSubject<'a>,
    objects: &'a [Object<'a>],
    all: &'a Map,
    version: Minor,
    found: &'a mut Vec<Diagnostic>,
}

impl Rules<'_> {
    fn tell(&mut self, code: Code, message: impl Into<String>, help: &str) {
        self.found.push(Diagnostic::new(code, message).at(self.chart.place.clone()).help(help));
    }

    fn text(&self, path: &[&str]) -> String {
        match at(self.all, path) {
            Some(Value::Str(text)) => text.to_text().into_owned(),
            Some(Value::Float(number)) => format!("{number}"),
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::Int64(number)) => number.to_string(),
            Some(Value::Bool(it)) => it.to_string(),
            _ => String::new(),
        }
    }

    fn on(&self, path: &[&str]) -> bool {
        is_true(at(self.all, path))
    }

    /// What the agent is told: in the rendered config where there is one, else by the value.
    fn setting(&self, key: &str, path: &[&str]) -> String {
        let config = self.objects.iter().find(|it| it.head.kind == "ConfigMap" && it.head.name == "cilium-config");
        let rendered = config.and_then(|it| it.json["data"][key].as_str());
        rendered.map_or_else(|| self.text(path), str::to_owned)
    }

    fn replaces_proxy(&self) -> bool {
        ["true", "strict"].contains(&self.setting("kube-proxy-replacement", &["kubeProxyReplacement"]).as_str())
    }

    fn cgroups(&mut self) {
        let auto = self.on(&["cgroup", "autoMount", "enabled"]);
        if auto || self.text(&["cgroup", "hostRoot"]) != "/sys/fs/cgroup" {
            let help = "set `cgroup: {autoMount: {enabled: false}, hostRoot: /sys/fs/cgroup}`";
            self.tell(Code::C002, "Talos mounts the cgroups itself, at /sys/fs/cgroup", help);
        }
    }

    fn proxy(&mut self) {
        let value = self.text(&["kubeProxyReplacement"]);
        let known = ["true", "false", ""].contains(&value.as_str());
        if self.version >= (1, 16) && !known {
            let message = format!("`kubeProxyReplacement: {value}` is gone since Cilium 1.16");
            self.tell(Code::C003, message, "set it to true or false");
        }
    }

    fn api_server(&mut self) {
        let host = self.text(&["k8sServiceHost"]);
        let port = self.text(&["k8sServicePort"]);
        let help = "KubePrism answers on every node: set `k8sServiceHost: localhost` and `k8sServicePort: 7445`";
        if host == "auto" {
            self.tell(Code::C004, "`k8sServiceHost: auto` needs a cluster to ask, and a build has none", help);
        } else if port == "7445" && !["localhost", "127.0.0.1"].contains(&host.as_str()) {
            self.tell(
                Code::C004,
                format!("port 7445 is KubePrism's, which answers on localhost alone, not on `{host}`"),
                help,
            );
        } else if self.on(&["kubeProxyReplacement"]) && host.is_empty() && !self.knows_api_server_otherwise() {
            let message = "Cilium replaces kube-proxy, but does not know where the API server is";
            self.tell(Code::C004, message, help);
        }
    }

    /// From 1.18 on, by a list of addresses or by a ConfigMap.
    fn knows_api_server_otherwise(&self) -> bool {
        !self.text(&["k8s", "apiServerURLs"]).is_empty() || !self.text(&["k8sServiceHostRef", "name"]).is_empty()
    }

    fn masquerading(&mut self) {
        let talos = self.subject.spec.talos;
        // A machine config that is at hand may say that nothing is forwarded.
        let host_dns = (talos.major, talos.minor) >= (1, 8) && config::forwards_dns(self.subject) != Some(false);
        // Without all of this Cilium leaves the routing of packets to the host, and nothing breaks.
        let routes_by_bpf =
            self.on(&["bpf", "masquerade"]) && !self.on(&["bpf", "hostLegacyRouting"]) && self.replaces_proxy();
        if host_dns && routes_by_bpf {
            let message =
                "`bpf.masquerade` breaks DNS where Talos forwards it to the host, as it does by default since 1.8";
            let help =
                "set `bpf.hostLegacyRouting: true`, or `machine.features.hostDNS.forwardKubeDNSToHost: false` in Talos";
            self.tell(Code::C005, message, help);
        }
    }

    fn pod_ranges(&mut self) {
        let pool = at(self.chart.given, &["ipam", "operator", "clusterPoolIPv4PodCIDRList"]);
        let given = pool.is_some_and(|it| !matches!(it, Value::Nil));
        if given && self.text(&["ipam", "mode"]) == "kubernetes" {
            let message = "`ipam.operator.clusterPoolIPv4PodCIDRList` has no effect with `ipam.mode: kubernetes`";
            self.tell(Code::C006, message, "the range is Kubernetes' own: `cluster.network.podSubnets` in Talos");
        }
    }

    fn kubernetes(&mut self) {
        let Some((first, last)) = kubernetes(self.chart.version) else { return };
        let Some(kubernetes) = &self.subject.spec.kubernetes else { return };
        if minor(kubernetes.as_str()).is_some_and(|it| it < (1, first) || it > (1, last)) {
            let message = format!(
                "Cilium {}.{} is tested with Kubernetes 1.{first} to 1.{last}, not with {}",
                self.version.0,
                self.version.1,
                kubernetes.as_str()
            );
            self.found.push(Diagnostic::new(Code::C010, message).at(spec_place(self.subject, "kubernetes")));
        }
    }
}

fn three(version: &str) -> Option<Full> {
    let mut numbers = version.trim_start_matches('v').split(['.', '-']).map(|it| it.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}
