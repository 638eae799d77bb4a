//! Walks a spec's mappings: fields by name, nearest names for unknown ones, and all faults collected.

use crate::base::diagnostic::{Diagnostic, Place};
use crate::engine::yaml::node::{Content, Node};

/// The text being read and the faults found so far.
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<Diagnostic>,
}

/// A mapping whose keys are all known.
pub(super) struct Fields<'n> {
    entries: Vec<(&'n str, &'n Node)>,
    /// Where the mapping itself stands.
    pub(super) at: &'n Node,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Reader { file, text, faults: Vec::new() }
    }

    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }

    pub(super) fn place(&self, node: &Node) -> Place {
        Place { file: self.file.into(), text: Some(self.text.into()), span: node.span.clone() }
    }

    pub(super) fn fault(&mut self, code: &'static str, node: &Node, message: impl Into<String>, help: &str) {
        let fault = Diagnostic::error(code, message).at(self.place(node));
        self.faults.push(if help.is_empty() { fault } else { fault.help(help) });
    }

    /// The mapping at `node`; a key that is not in `known` or stands twice is a fault.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<Fields<'n>> {
        let Content::Mapping(pairs) = &node.content else {
            self.fault("S002", node, format!("{what} must be a mapping, not {}", kind(node)), "");
            return None;
        };
        let mut entries: Vec<(&str, &Node)> = Vec::new();
        for (key, value) in pairs {
            let Content::Scalar { text: name, .. } = &key.content else {
                self.fault("S002", key, format!("a key of {what} must be a word"), "");
                continue;
            };
            if !known.contains(&name.as_str()) {
                let nearest = known.iter().min_by_key(|it| strsim::damerau_levenshtein(it, name));
                let near = nearest.filter(|it| strsim::damerau_levenshtein(it, name) <= 1 + name.len() / 3);
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("{what} takes {}", list(known)),
                };
                self.fault("S001", key, format!("{what} has no key `{name}`"), &help);
            } else if entries.iter().any(|(it, _)| it == name) {
                self.fault("S002", key, format!("`{name}` stands twice"), "keep one of them");
            } else {
                entries.push((name, value));
            }
        }
        Some(Fields { entries, at: node })
    }

    /// The words of a scalar.
    pub(super) fn word<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.content {
            Content::Scalar { text, .. } if !text.is_empty() => Some(text),
            _ => {
                self.fault("S002", node, format!("{what} must be a word, not {}", kind(node)), "");
                None
            }
        }
    }

    pub(super) fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.content {
            Content::Sequence(items) => items,
            _ => {
                self.fault("S002", node, format!("{what} must be a list, not {}", kind(node)), "");
                &[]
            }
        }
    }

    /// A required field.
    pub(super) fn need<'n>(&mut self, fields: &Fields<'n>, what: &str, name: &str) -> Option<&'n Node> {
        let found = fields.get(name);
        if found.is_none() {
            self.fault("S003", fields.at, format!("{what} needs `{name}`"), "");
        }
        found
    }
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(it, _)| *it == name).map(|(_, node)| *node)
    }
}

/// `a`, `b` and `c`.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|it| format!("`{it}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn kind(node: &Node) -> &'static str {
    match &node.content {
        Content::Scalar { text, .. } if text.is_empty() => "empty",
        Content::Scalar { .. } => "a single value",
        Content::Sequence(_) => "a list",
        Content::Mapping(_) => "a mapping",
    }
}
