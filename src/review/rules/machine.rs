//! A machine config held against the bundle that its node gets.

use std::net::IpAddr;

use super::Subject;
use super::cilium::Settings;
use super::config::{MachineConfig, below, holds, is, word};
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::review::kubernetes::text;
use helm_engine::yaml::node::{self, Document, Node, NodeKind};

/// Keys that people write where Talos does not look for them, and where they belong.
const MISPLACED: &[(&[&str], &str)] = &[
    (&["machine", "network", "cni"], "cluster.network.cni"),
    (&["machine", "cni"], "cluster.network.cni"),
    (&["cluster", "cni"], "cluster.network.cni"),
    (&["machine", "proxy"], "cluster.proxy"),
    (&["cluster", "network", "proxy"], "cluster.proxy"),
    (&["machine", "network", "proxy"], "cluster.proxy"),
    (&["machine", "network", "podSubnets"], "cluster.network.podSubnets"),
    (&["machine", "network", "serviceSubnets"], "cluster.network.serviceSubnets"),
    (&["machine", "inlineManifests"], "cluster.inlineManifests"),
    (&["cluster", "features", "kubePrism"], "machine.features.kubePrism"),
    (&["machine", "kubePrism"], "machine.features.kubePrism"),
];

/// Documents of Talos 1.14 and what they take the place of.
const SUCCESSORS: &[(&str, &[&str])] = &[
    ("KubeFlannelCNIConfig", &["cluster", "network"]),
    ("KubeProxyConfig", &["cluster", "proxy"]),
    ("KubePrismConfig", &["machine", "features", "kubePrism"]),
];

/// The pods' range where a config names none.
const PODS: &str = "10.244.0.0/16";

pub(super) fn check(subject: &Subject<'_>, cilium: Option<&Settings>, found: &mut Vec<Diagnostic>) {
    let Some(config) = &subject.machine_config else { return };
    let Ok(documents) = node::parse_all(config.text.as_bytes()) else { return };
    let mut machine = Machine { config, documents: &documents, found };
    machine.misplaced();
    machine.mixed();
    if let Some(cilium) = cilium {
        machine.cni();
        machine.proxy(cilium);
        machine.prism(cilium);
        machine.ranges(cilium);
    }
}

struct Machine<'a> {
    config: &'a MachineConfig,
    documents: &'a [Document],
    found: &'a mut Vec<Diagnostic>,
}

impl<'a> Machine<'a> {
    fn tell(&mut self, code: Code, node: Option<Node<'_>>, message: impl Into<String>, help: &str) {
        let span = node.map_or(0..0, Node::span);
        let place =
            Place { file: self.config.file.as_str().into(), text: Some(self.config.text.as_str().into()), span };
        self.found.push(Diagnostic::new(code, message).at(place).help(help));
    }

    fn at(&self, keys: &[&str]) -> Option<Node<'a>> {
        self.documents.iter().find_map(|it| below(it.root(), keys))
    }

    /// A document of a kind that is not there to take it away.
    fn of_kind(&self, kind: &str) -> Option<Node<'a>> {
        let roots = self.documents.iter().map(Document::root);
        roots.filter(|it| word(it.get("$patch")) != "delete").find(|it| word(it.get("kind")) == kind)
    }

    /// Whether the config is a whole one: of a patch, what is not in it says nothing.
    fn is_whole(&self) -> bool {
        self.at(&["machine", "token"]).is_some() || self.at(&["cluster", "secret"]).is_some()
    }

    fn misplaced(&mut self) {
        for (keys, right) in MISPLACED {
            if let Some(node) = self.at(keys) {
                let message = format!("Talos knows no key `{}` in a machine config", keys.join("."));
                self.tell(Code::T015, Some(node), message, &format!("write it as `{right}`"));
            }
        }
    }

    fn mixed(&mut self) {
        for (kind, keys) in SUCCESSORS {
            let (Some(_), Some(old)) = (self.of_kind(kind), self.at(keys)) else { continue };
            let message =
                format!("the config has both `{}` and a document {kind}, which Talos refuses", keys.join("."));
            self.tell(Code::T018, Some(old), message, "keep the document, and take the old key out");
        }
    }

    fn cni(&mut self) {
        let help =
            "set `cluster.network.cni.name: none` up to Talos 1.13, or take the document KubeFlannelCNIConfig out";
        let named = self.at(&["cluster", "network", "cni", "name"]);
        let flannel = self.of_kind("KubeFlannelCNIConfig");
        if let Some(document) = flannel {
            self.tell(Code::T012, document.get("kind"), "Talos starts Flannel beside the Cilium of the bundle", help);
        } else if let Some(node) = named.filter(|it| word(Some(*it)) != "none") {
            let message = format!("Talos starts the CNI `{}` beside the Cilium of the bundle", word(Some(node)));
            self.tell(Code::T012, Some(node), message, help);
        } else if named.is_none() && self.is_whole() && self.documents.len() == 1 {
            let cluster = self.at(&["cluster"]);
            self.tell(Code::T012, cluster, "Talos starts Flannel, its default, beside the Cilium of the bundle", help);
        }
    }

    fn proxy(&mut self, cilium: &Settings) {
        let old = self.at(&["cluster", "proxy", "disabled"]);
        let new = self.of_kind("KubeProxyConfig");
        let is_off = match (old, new.and_then(|it| it.get("enabled"))) {
            (Some(node), _) => is(node),
            (None, Some(node)) => is(node).map(|it| !it),
            (None, None) => (self.is_whole() && self.documents.len() == 1).then_some(false),
        };
        let place = old.or_else(|| new.and_then(|it| it.get("enabled"))).or_else(|| self.at(&["cluster"]));
        match (is_off, cilium.replaces_proxy) {
            (Some(false), true) => {
                let help =
                    "set `cluster.proxy.disabled: true` up to Talos 1.13, or `enabled: false` in KubeProxyConfig";
                self.tell(Code::T013, place, "kube-proxy stays on, though Cilium replaces it", help);
            }
            (Some(true), false) => {
                let help = "set `kubeProxyReplacement: true` in Cilium's values, or leave kube-proxy on";
                self.tell(
                    Code::T014,
                    place,
                    "kube-proxy is off, and Cilium does not replace it: no Service works",
                    help,
                );
            }
            _ => {}
        }
    }

    fn prism(&mut self, cilium: &Settings) {
        if !["localhost", "127.0.0.1"].contains(&cilium.api_host.as_str()) {
            return;
        }
        let enabled = self.at(&["machine", "features", "kubePrism", "enabled"]);
        let port = self.at(&["machine", "features", "kubePrism", "port"]);
        if let Some(node) = enabled.filter(|it| is(*it) == Some(false)) {
            let message =
                format!("KubePrism is off, but Cilium asks the API server at {}:{}", cilium.api_host, cilium.api_port);
            self.tell(Code::T016, Some(node), message, "set `machine.features.kubePrism.enabled: true`");
            return;
        }
        if let Some(node) = port.filter(|it| word(Some(*it)) != cilium.api_port) {
            let message =
                format!("KubePrism answers at port {}, but Cilium asks at {}", word(Some(node)), cilium.api_port);
            self.tell(Code::T016, Some(node), message, "write the same port in `k8sServicePort`");
        }
    }

    /// With native routing, what is outside of the range is masqueraded: pods too, where it does not hold theirs.
    fn ranges(&mut self, cilium: &Settings) {
        let Some(routed) = text::range(&cilium.native_range).filter(|_| cilium.is_native) else { return };
        // With a pool of its own, Cilium gives pods other addresses than Talos says.
        if !cilium.addresses_of_kubernetes {
            return;
        }
        let node = self.at(&["cluster", "network", "podSubnets"]);
        let named: Vec<String> = match node {
            Some(list) if list.kind() == NodeKind::Sequence => list.items().map(|it| word(Some(it))).collect(),
            None if self.is_whole() => vec![PODS.to_owned()],
            _ => Vec::new(),
        };
        let is_outside = |it: &&String| text::range(it).is_some_and(|pods| is_ipv4(pods) && !holds(routed, pods));
        if let Some(pods) = named.iter().find(is_outside) {
            let message =
                format!("`ipv4NativeRoutingCIDR` is {}, which does not hold the pods of {pods}", cilium.native_range);
            let help = "write the range of `cluster.network.podSubnets` in both";
            self.tell(Code::T017, node.or_else(|| self.at(&["cluster"])), message, help);
        }
    }
}

fn is_ipv4((address, _): (IpAddr, u8)) -> bool {
    address.is_ipv4()
}
