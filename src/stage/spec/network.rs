//! How sources are reached: what a spec and a user's own file say alike.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Fields, Reader, document};
use super::keys::NETWORK;
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use helm_engine::yaml::node::{Node, NodeKind};

/// How sources are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Where else a host's content lies: `HOST[/PATH]` each, tried in order before the host itself.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// The hosts, with their ports, that are spoken to without TLS.
    pub plain_http: BTreeSet<String>,
    /// Files of certificates in PEM that are trusted beside the system's, by their paths from this file's folder.
    pub authorities: Vec<String>,
}

impl Network {
    /// Reads a user's own file; all faults at once. `file` is the name for messages.
    pub fn parse(file: &str, text: &str) -> Result<Network, Vec<Diagnostic>> {
        let mut reader = Reader::new(file, text);
        let Some(document) = document(file, text, "the user's file")? else { return Ok(Network::default()) };
        let network = reader.fields(document.root(), "the user's file", &NETWORK).map(|it| network(&mut reader, &it));
        reader.finish(network)
    }

    /// Takes over what another says: its mirrors for a host come first.
    pub fn extend(&mut self, other: Network) {
        for (host, mut mirrors) in other.mirrors {
            let own = self.mirrors.entry(host).or_default();
            mirrors.retain(|it| !own.contains(it));
            own.splice(0..0, mirrors);
        }
        self.plain_http.extend(other.plain_http);
        self.authorities.extend(other.authorities);
    }
}

pub(super) fn network(reader: &mut Reader, fields: &Fields<'_>) -> Network {
    let mut network = Network::default();
    if let Some(node) = fields.get("mirrors") {
        if node.kind() == NodeKind::Mapping {
            for (key, value) in node.entries() {
                let Some(host) = reader.word(key, "a host").map(Cow::into_owned) else { continue };
                let value = value.resolved();
                let found = match value.kind() {
                    NodeKind::Sequence => reader.items(value, "the mirrors of a host"),
                    _ => vec![value],
                };
                let mirrors = found.into_iter().filter_map(|it| address(reader, it, "a mirror")).collect();
                network.mirrors.insert(host, mirrors);
            }
        } else {
            reader.fault(
                Code::S002,
                node,
                "`mirrors` must be a mapping",
                "write `mirrors: {quay.io: registry.internal/quay}`",
            );
        }
    }
    if let Some(node) = fields.get("plainHttp") {
        for item in reader.items(node, "`plainHttp`") {
            network.plain_http.extend(address(reader, item, "a host"));
        }
    }
    if let Some(node) = fields.get("authorities") {
        for item in reader.items(node, "`authorities`") {
            network.authorities.extend(reader.word(item, "a file of certificates").map(Cow::into_owned));
        }
    }
    network
}

/// A host and a path, without a scheme.
fn address(reader: &mut Reader, node: Node<'_>, what: &str) -> Option<String> {
    let word = reader.word(node, what)?;
    if word.contains("://") || word.contains('@') {
        reader.fault(
            Code::S005,
            node,
            format!("{what} is written without `://` and `@`"),
            "write `registry.internal:5000`",
        );
        return None;
    }
    Some(word.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_joins() {
        let text = "mirrors:\n  quay.io: a.internal/quay\n  docker.io: [b, c/]\nplainHttp: ['localhost:5000']\n";
        let mut one = Network::parse("config.yaml", text).expect("it is right");
        assert_eq!(one.mirrors["docker.io"], ["b", "c"]);
        let other = Network::parse("x", "mirrors: {quay.io: [z, a.internal/quay]}\nauthorities: [ca.pem]\n");
        one.extend(other.expect("it is right"));
        assert_eq!(one.mirrors["quay.io"], ["z", "a.internal/quay"]);
        assert_eq!(one.authorities, ["ca.pem"]);
        assert!(one.plain_http.contains("localhost:5000"));
        assert_eq!(Network::parse("x", ""), Ok(Network::default()));
    }

    #[test]
    fn lists_every_fault() {
        let text = "mirrors: {quay.io: https://x}\nplainHttp: localhost\nmirrors: {}\nproxy: x\n";
        let faults = Network::parse("config.yaml", text).expect_err("it is wrong");
        assert_eq!(faults.len(), 4, "{faults:?}");
    }
}
