//! What Talos refuses of a machine config whatever the bundle: keys and documents that it does not know, or not together.

use super::Machine;
use super::keys::{DOCUMENTS, MAPPINGS, MEANT, SECTIONS, SUCCESSORS, before};
use crate::base::code::Code;
use crate::review::rules::config::{below, is, word};
use crate::stage::spec::TalosVersion;
use helm_engine::yaml::node::{Document, Node, NodeKind};

/// How Talos names what a patch does to the mapping it stands in.
const PATCH: &str = "$patch";

impl<'a> Machine<'a> {
    pub(super) fn misplaced(&mut self) {
        let documents = self.documents;
        // Documents of their own name their kind; the first one never did.
        for root in documents.iter().map(Document::root).filter(|it| it.get("kind").is_none()) {
            for (path, known) in SECTIONS {
                let Some(section) = below(root, path) else { continue };
                let unknown = section.entries().filter_map(|(key, _)| Some((key, key.text()?.to_text().into_owned())));
                for (key, name) in unknown.filter(|it| !known.contains(&it.1.as_str()) && it.1 != PATCH) {
                    let at = path.iter().copied().chain([name.as_str()]).collect::<Vec<_>>().join(".");
                    let help = meant(path, &name, known);
                    self.tell(Code::T015, Some(key), format!("Talos knows no key `{at}` in a machine config"), &help);
                }
            }
            for (path, write) in MAPPINGS {
                let single =
                    below(root, path).filter(|it| it.kind() == NodeKind::Scalar && !word(Some(*it)).is_empty());
                if let Some(node) = single.filter(|it| !["~", "null"].contains(&word(Some(*it)).as_str())) {
                    let message = format!("`{}` is a single value, and Talos wants a mapping", path.join("."));
                    self.tell(Code::T015, Some(node), message, &format!("write `{write}`"));
                }
            }
        }
    }

    pub(super) fn mixed(&mut self) {
        for (kind, keys) in SUCCESSORS {
            let (Some(_), Some(old)) = (self.of_kind(kind), self.set(keys)) else { continue };
            self.both(kind, keys, old);
        }
        let host = ["machine", "features", "hostDNS"];
        if let (Some(_), Some(old)) = (self.of_kind("ResolverConfig").and_then(|it| it.get("hostDNS")), self.set(&host))
        {
            self.both("ResolverConfig", &host, old);
        }
        let stable = ["machine", "features", "stableHostname"];
        if let (Some(_), Some(old)) =
            (self.of_kind("HostnameConfig"), self.set(&stable).filter(|it| is(*it) == Some(true)))
        {
            self.both("HostnameConfig", &stable, old);
        }
    }

    fn both(&mut self, kind: &str, keys: &[&str], old: Node<'_>) {
        let message = format!("the config has both `{}` and a document {kind}, which Talos refuses", keys.join("."));
        self.tell(Code::T018, Some(old), message, "keep the document, and take the old key out");
    }

    /// A key that is there and not taken away by the patch.
    fn set(&self, keys: &[&str]) -> Option<Node<'a>> {
        let node = self.at(keys)?;
        let is_null = node.kind() == NodeKind::Scalar && ["", "~", "null"].contains(&word(Some(node)).as_str());
        (!is_null && word(node.get(PATCH)) != "delete").then_some(node)
    }

    /// Documents of a kind that a later Talos brings.
    pub(super) fn too_new(&mut self, talos: TalosVersion) {
        let documents = self.documents;
        for root in documents.iter().map(Document::root) {
            let Some(node) = root.get("kind") else { continue };
            let kind = word(Some(node));
            let since = DOCUMENTS.iter().find(|(_, kinds)| kinds.contains(&kind.as_str())).map(|it| it.0);
            let Some(since) = since.filter(|it| (talos.major, talos.minor) < (1, *it)) else { continue };
            let message = format!("Talos {talos} knows no document {kind}, which is there from 1.{since} on");
            let help = match before(&kind) {
                Some(key) => format!("write it as `{key}`, or a later version as `talos` in the spec"),
                None => "take it out, or write a later version as `talos` in the spec".to_owned(),
            };
            self.tell(Code::T019, Some(node), message, &help);
        }
    }
}

/// What was meant by a key that Talos does not know in this place.
fn meant(path: &[&str], name: &str, known: &[&str]) -> String {
    if path == ["cluster", "proxy"] && name == "enabled" {
        return "write it as `cluster.proxy.disabled`".to_owned();
    }
    let same = |it: &&(&str, &str)| it.0.eq_ignore_ascii_case(name);
    let here = |it: &str| path.iter().copied().chain([it]).collect::<Vec<_>>().join(".");
    if let Some(right) = known.iter().find(|it| it.eq_ignore_ascii_case(name)) {
        return format!("write it as `{}`", here(right));
    }
    if let Some((_, right)) = MEANT.iter().find(same) {
        return format!("write it as `{right}`");
    }
    let far = |it: &&&str| strsim::damerau_levenshtein(it, name);
    match known.iter().min_by_key(far).filter(|it| far(it) <= 1 + name.len() / 4) {
        Some(near) => format!("did you mean `{}`?", here(near)),
        None => format!("it knows {}", known.join(", ")),
    }
}
