//! A machine config held against the bundle that its node gets.

mod form;
mod keys;

use super::Subject;
use super::cilium::Settings;
use super::config::{MachineConfig, below, is, word};
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::review::kubernetes::text;
use helm_engine::yaml::node::{self, Document, Node, NodeKind};

/// The pods' range where a config names none.
const PODS: &str = "10.244.0.0/16";

pub(super) fn check(subject: &Subject<'_>, cilium: Option<&Settings>, found: &mut Vec<Diagnostic>) {
    let Some(config) = &subject.machine_config else { return };
    let Ok(documents) = node::parse_all(config.text.as_bytes()) else { return };
    let talos = subject.spec.talos;
    let mut machine = Machine { config, documents: &documents, is_new: (talos.major, talos.minor) >= (1, 14), found };
    machine.misplaced();
    machine.mixed();
    machine.too_new(talos);
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
    /// Whether this Talos takes settings of Kubernetes as documents of their own.
    is_new: bool,
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

    /// Whether a document of a kind stands here, be it to take it away.
    fn mentions(&self, kind: &str) -> bool {
        self.documents.iter().any(|it| word(it.root().get("kind")) == kind)
    }

    /// Whether the config is a whole one: of a patch, what is not in it says nothing.
    fn is_whole(&self) -> bool {
        self.at(&["machine", "token"]).is_some() || self.at(&["cluster", "secret"]).is_some()
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
        } else if named.is_none() && self.is_whole() && self.has_default_cni() {
            let cluster = self.at(&["cluster"]);
            self.tell(Code::T012, cluster, "Talos starts Flannel, its default, beside the Cilium of the bundle", help);
        }
    }

    /// Talos from 1.14 on starts Flannel by its document, or where the old mapping of the network stands without a CNI.
    fn has_default_cni(&self) -> bool {
        !self.is_new || (self.at(&["cluster", "network"]).is_some() && !self.mentions("KubeFlannelCNIConfig"))
    }

    fn proxy(&mut self, cilium: &Settings) {
        let old = self.at(&["cluster", "proxy", "disabled"]);
        let new = self.of_kind("KubeProxyConfig");
        let is_off = match (old, new.and_then(|it| it.get("enabled"))) {
            (Some(node), _) => is(node),
            (None, Some(node)) => is(node).map(|it| !it),
            (None, None) => (self.is_whole() && !self.mentions("KubeProxyConfig")).then_some(false),
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
        let document = self.of_kind("KubePrismConfig");
        let old = self.at(&["machine", "features", "kubePrism", "port"]);
        let port = document.and_then(|it| it.get("port")).or(old);
        let gone = self.mentions("KubePrismConfig") && document.is_none();
        if let Some(node) =
            enabled.filter(|it| is(*it) == Some(false)).or_else(|| self.removed("KubePrismConfig", gone))
        {
            let message =
                format!("KubePrism is off, but Cilium asks the API server at {}:{}", cilium.api_host, cilium.api_port);
            let help =
                "set `machine.features.kubePrism.enabled: true`, or write a document KubePrismConfig from 1.14 on";
            self.tell(Code::T016, Some(node), message, help);
            return;
        }
        if let Some(node) = port.filter(|it| word(Some(*it)) != cilium.api_port) {
            let message =
                format!("KubePrism answers at port {}, but Cilium asks at {}", word(Some(node)), cilium.api_port);
            self.tell(Code::T016, Some(node), message, "write the same port in `k8sServicePort`");
        }
    }

    /// The document that takes another of its kind away.
    fn removed(&self, kind: &str, is_gone: bool) -> Option<Node<'a>> {
        let root = self.documents.iter().map(Document::root).find(|it| word(it.get("kind")) == kind)?;
        root.get("kind").filter(|_| is_gone)
    }

    /// With native routing, what is outside of the range is masqueraded: pods too, where it does not hold theirs.
    fn ranges(&mut self, cilium: &Settings) {
        // With a pool of its own, Cilium gives pods other addresses than Talos says.
        if !cilium.is_native || !cilium.addresses_of_kubernetes {
            return;
        }
        let document = self.of_kind("KubeNetworkConfig").and_then(|it| it.get("podSubnets"));
        let node = self.at(&["cluster", "network", "podSubnets"]).or(document);
        let named: Vec<String> = match node {
            Some(list) if list.kind() == NodeKind::Sequence => list.items().map(|it| word(Some(it))).collect(),
            None if self.is_whole() && !self.mentions("KubeNetworkConfig") => vec![PODS.to_owned()],
            _ => Vec::new(),
        };
        for (key, native) in
            [("ipv4NativeRoutingCIDR", &cilium.native_range), ("ipv6NativeRoutingCIDR", &cilium.native_range_6)]
        {
            let Some(routed) = text::range(native) else { continue };
            let is_outside = |it: &&String| {
                text::range(it).is_some_and(|pods| pods.0.is_ipv4() == routed.0.is_ipv4() && !text::holds(routed, pods))
            };
            if let Some(pods) = named.iter().find(is_outside) {
                let message = format!("`{key}` is {native}, which does not hold the pods of {pods}");
                let help = "write the range of `cluster.network.podSubnets` in both";
                self.tell(Code::T017, node.or_else(|| self.at(&["cluster"])), message, help);
            }
        }
    }
}
