//! The machine config that a node gets beside the bundle, and what it says.

use std::net::IpAddr;

use super::Subject;
use crate::review::kubernetes::text;
use helm_engine::yaml::node::{self, Node};

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
    let host = ["machine", "features", "hostDNS"];
    match at(&[host[0], host[1], host[2], "enabled"]) {
        Some(false) => Some(false),
        _ => at(&[host[0], host[1], host[2], "forwardKubeDNSToHost"]),
    }
}

/// The networks that a config puts its node into by static addresses; none where it asks for them.
pub(super) fn networks(subject: &Subject<'_>) -> Vec<(IpAddr, u8)> {
    devices(subject).iter().flat_map(|(_, addresses)| addresses.iter().filter_map(|it| text::range(it))).collect()
}

/// The interfaces that a config names.
pub(super) fn interfaces(subject: &Subject<'_>) -> Vec<String> {
    devices(subject).into_iter().map(|it| it.0).filter(|it| !it.is_empty()).collect()
}

/// The interfaces of a config with their addresses.
fn devices(subject: &Subject<'_>) -> Vec<(String, Vec<String>)> {
    let Some(config) = &subject.machine_config else { return Vec::new() };
    let documents = node::parse_all(config.text.as_bytes()).unwrap_or_default();
    let word = |node: Option<Node<'_>>| node.and_then(|it| it.resolved().text()).map(|it| it.to_text().into_owned());
    let mut found = Vec::new();
    for document in &documents {
        let Some(list) = below(document.root(), &["machine", "network", "interfaces"]) else { continue };
        for item in list.items().map(Node::resolved) {
            let addresses = item.get("addresses").map(Node::resolved);
            let addresses = addresses.into_iter().flat_map(|it| it.items()).filter_map(|it| word(Some(it)));
            found.push((word(item.get("interface")).unwrap_or_default(), addresses.collect()));
        }
    }
    found
}

/// Whether a range holds another.
pub(super) fn holds((outer, bits): (IpAddr, u8), (inner, more): (IpAddr, u8)) -> bool {
    let (IpAddr::V4(outer), IpAddr::V4(inner)) = (outer, inner) else { return true };
    let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
    bits <= more && u32::from(outer) & mask == u32::from(inner) & mask
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
