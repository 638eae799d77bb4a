//! The machine config that a node gets beside the bundle, and what it says.

use std::net::IpAddr;

use super::Subject;
use crate::review::kubernetes::text;
use helm_engine::yaml::node::{self, Document, Node};

/// A machine config, or a patch for one, as it was read.
#[derive(Clone, Debug)]
pub struct MachineConfig {
    /// As the user would name it.
    pub file: String,
    pub text: String,
}

/// Whether a config has the host forward the DNS of pods; `None` where there is no config, or it does not say.
pub(super) fn forwards_dns(subject: &Subject<'_>) -> Option<bool> {
    let documents = node::parse_all(subject.machine_config.as_ref()?.text.as_bytes()).ok()?;
    let at = |keys: &[&str]| documents.iter().find_map(|it| below(it.root(), keys)).and_then(is);
    // From 1.14 on a document says it.
    let resolver = documents.iter().map(Document::root).find(|it| word(it.get("kind")) == "ResolverConfig");
    let new = |key: &str| resolver.and_then(|it| below(it, &["hostDNS", key])).and_then(is);
    let says = |key: &str| at(&["machine", "features", "hostDNS", key]).or_else(|| new(key));
    match says("enabled") {
        Some(false) => Some(false),
        _ => says("forwardKubeDNSToHost"),
    }
}

/// The networks that a config puts its node into by static addresses; none where it asks for an address, too.
pub(super) fn networks(subject: &Subject<'_>) -> Vec<(IpAddr, u8)> {
    let devices = devices(subject);
    if devices.iter().any(|it| it.asks) {
        return Vec::new();
    }
    devices.iter().flat_map(|it| it.addresses.iter().filter_map(|it| text::range(it))).collect()
}

/// The interfaces that a config names; none where it leaves one to be chosen.
pub(super) fn interfaces(subject: &Subject<'_>) -> Vec<String> {
    let names: Vec<String> = devices(subject).into_iter().map(|it| it.name).collect();
    if names.iter().any(String::is_empty) { Vec::new() } else { names }
}

/// An interface of a config.
struct Device {
    /// Empty where the config chooses it by something else than its name.
    name: String,
    addresses: Vec<String>,
    /// Whether it gets an address by DHCP.
    asks: bool,
}

/// Documents of an interface, from Talos 1.12 on.
const LINKS: &[&str] =
    &["BondConfig", "BridgeConfig", "DHCPv4Config", "DummyLinkConfig", "LinkAliasConfig", "LinkConfig", "VLANConfig"];

/// The interfaces of a config.
fn devices(subject: &Subject<'_>) -> Vec<Device> {
    let Some(config) = &subject.machine_config else { return Vec::new() };
    let documents = node::parse_all(config.text.as_bytes()).unwrap_or_default();
    let mut found = Vec::new();
    for root in documents.iter().map(Document::root) {
        let kind = word(root.get("kind"));
        if LINKS.contains(&kind.as_str()) {
            let addresses = listed(root, "addresses").map(|it| word(it.get("address")));
            let asks = kind == "DHCPv4Config";
            found.push(Device { name: word(root.get("name")), addresses: addresses.collect(), asks });
        }
        let old = below(root, &["machine", "network"]).into_iter().flat_map(|it| listed(it, "interfaces"));
        for item in old {
            let addresses = listed(item, "addresses").map(|it| word(Some(it))).collect();
            let asks = item.get("dhcp").and_then(is) == Some(true);
            found.push(Device { name: word(item.get("interface")), addresses, asks });
        }
    }
    found
}

fn listed<'d>(node: Node<'d>, key: &str) -> impl Iterator<Item = Node<'d>> {
    node.get(key).map(Node::resolved).into_iter().flat_map(Node::items).map(Node::resolved)
}

pub(super) fn below<'d>(root: Node<'d>, keys: &[&str]) -> Option<Node<'d>> {
    keys.iter().try_fold(root.resolved(), |node, key| node.get(key).map(Node::resolved))
}

pub(super) fn word(node: Option<Node<'_>>) -> String {
    node.and_then(Node::text).map(|it| it.to_text().into_owned()).unwrap_or_default()
}

pub(super) fn is(node: Node<'_>) -> Option<bool> {
    match word(Some(node)).as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
