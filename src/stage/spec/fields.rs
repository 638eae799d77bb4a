//! Walks a spec's mappings: fields by name, nearest names for unknown ones, and all faults collected.

use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use helm_engine::value::Value;
use helm_engine::yaml::node::{self, Document, Node, NodeKind};

/// The one document of a text, `what` for messages; `None` where it is empty. A second one would be passed over by whoever
/// reads the first, so that it is a fault.
pub(super) fn document(file: &str, text: &str, what: &str) -> Result<Option<Document>, Vec<Diagnostic>> {
    let at = |span: Range<usize>| Place { file: file.into(), text: Some(text.into()), span };
    let documents = node::parse_all(text.as_bytes()).map_err(|fault| {
        let offset = fault.mark.offset.min(text.len());
        vec![Diagnostic::new(Code::S004, format!("this is not YAML: {}", fault.problem)).at(at(offset..offset))]
    })?;
    let is_empty = |it: &Document| it.root().kind() == NodeKind::Scalar && matches!(it.root().value(), Ok(Value::Nil));
    let mut documents = documents.into_iter().filter(|it| !is_empty(it));
    let first = documents.next();
    let Some(second) = documents.next() else { return Ok(first) };
    let message = format!("{what} holds {} documents", documents.count() + 2);
    let line = text.get(second.root().span().start..).and_then(|it| it.split('\n').next()).unwrap_or_default();
    let start = second.root().span().start;
    let help = "one file is one document: put what follows `---` into a file of its own";
    Err(vec![Diagnostic::new(Code::S012, message).at(at(start..start + line.trim_end().len())).help(help)])
}

/// The text being read and the faults found so far.
pub(super) struct Reader {
    file: Arc<str>,
    text: Arc<str>,
    faults: Vec<Diagnostic>,
}

/// A mapping whose keys are all known.
pub(super) struct Fields<'n> {
    entries: Vec<(Cow<'n, str>, Node<'n>)>,
    /// The keys that misspelt ones were taken for.
    meant: Vec<String>,
    /// Where the mapping itself stands.
    pub(super) at: Node<'n>,
}

impl Reader {
    pub(super) fn new(file: &str, text: &str) -> Self {
        Reader { file: file.into(), text: text.into(), faults: Vec::new() }
    }

    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }

    pub(super) fn place(&self, node: Node<'_>) -> Place {
        Place { file: Arc::clone(&self.file), text: Some(Arc::clone(&self.text)), span: node.span() }
    }

    pub(super) fn push(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    pub(super) fn fault(&mut self, code: Code, node: Node<'_>, message: impl Into<String>, help: &str) {
        let fault = Diagnostic::new(code, message).at(self.place(node));
        self.faults.push(if help.is_empty() { fault } else { fault.help(help) });
    }

    /// A fault at a line that must not be shown.
    pub(super) fn hidden_fault(&mut self, code: Code, node: Node<'_>, message: String, help: &str) {
        let place = self.place(node);
        let line = place.line_column().map_or(1, |(line, _)| line);
        let message = format!("line {line}: {message}");
        self.faults.push(Diagnostic::new(code, message).at(Place { text: None, ..place }).help(help));
    }

    /// The mapping at `node`; a key that is not in `known` or stands twice is a fault.
    pub(super) fn fields<'n>(&mut self, node: Node<'n>, what: &str, known: &[&str]) -> Option<Fields<'n>> {
        let node = node.resolved();
        if node.kind() != NodeKind::Mapping {
            self.fault(Code::S002, node, format!("{what} must be a mapping, not {}", kind(node)), "");
            return None;
        }
        let mut entries: Vec<(Cow<'n, str>, Node<'n>)> = Vec::new();
        let mut meant = Vec::new();
        for (key, value) in node.entries() {
            let Some(name) = key.text().map(|it| it.to_text()) else {
                self.fault(Code::S002, key, format!("a key of {what} must be a word"), "");
                continue;
            };
            if !known.contains(&name.as_ref()) {
                let nearest = known.iter().min_by_key(|it| strsim::damerau_levenshtein(it, &name));
                let near = nearest.filter(|it| strsim::damerau_levenshtein(it, &name) <= 1 + name.len() / 3);
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("{what} takes {}", list(known)),
                };
                meant.extend(near.map(|it| (*it).to_owned()));
                self.fault(Code::S001, key, format!("{what} has no key `{name}`"), &help);
            } else if entries.iter().any(|(it, _)| *it == name) {
                self.fault(Code::S002, key, format!("`{name}` stands twice"), "keep one of them");
            } else {
                entries.push((name, value.resolved()));
            }
        }
        Some(Fields { entries, meant, at: node })
    }

    /// The words of a scalar.
    pub(super) fn word<'n>(&mut self, node: Node<'n>, what: &str) -> Option<Cow<'n, str>> {
        match node.text() {
            Some(text) if !text.is_empty() => Some(text.to_text()),
            _ => {
                self.fault(Code::S002, node, format!("{what} must be a word, not {}", kind(node)), "");
                None
            }
        }
    }

    pub(super) fn items<'n>(&mut self, node: Node<'n>, what: &str) -> Vec<Node<'n>> {
        if node.kind() != NodeKind::Sequence {
            self.fault(Code::S002, node, format!("{what} must be a list, not {}", kind(node)), "");
        }
        node.items().map(Node::resolved).collect()
    }

    /// A required field. Of one that is there under a misspelt name, that is said already.
    pub(super) fn need<'n>(&mut self, fields: &Fields<'n>, what: &str, name: &str) -> Option<Node<'n>> {
        let found = fields.get(name);
        if found.is_none() && !fields.is_meant(name) {
            self.fault(Code::S003, fields.at, format!("{what} needs `{name}`"), "");
        }
        found
    }
}

impl<'n> Fields<'n> {
    /// Whether a misspelt key was taken for this one.
    pub(super) fn is_meant(&self, name: &str) -> bool {
        self.meant.iter().any(|it| it == name)
    }

    pub(super) fn get(&self, name: &str) -> Option<Node<'n>> {
        self.entries.iter().find(|(it, _)| it == name).map(|(_, node)| *node)
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

fn kind(node: Node<'_>) -> &'static str {
    match node.kind() {
        NodeKind::Scalar if node.text().is_some_and(|it| it.is_empty()) => "empty",
        NodeKind::Scalar | NodeKind::Alias => "a single value",
        NodeKind::Sequence => "a list",
        NodeKind::Mapping => "a mapping",
    }
}
