//! A YAML document as written: nodes with their places, tags and styles, for readers that must point at a line.
//!
//! The nodes of a document lie in one list and refer to each other by number, so that no depth of nesting costs stack.

use std::ops::Range;

use super::fault::Mark;
use super::resolve::{Scalar, resolve};
pub use super::scan::Style;
use crate::value::Str;

/// One document: a tree of nodes, and aliases between its branches.
#[derive(Debug)]
pub struct Document {
    pub(super) nodes: Vec<Data>,
    pub(super) root: usize,
}

/// A node as the composer keeps it.
#[derive(Debug)]
pub(super) struct Data {
    pub kind: NodeKind,
    pub start: Mark,
    pub end: Mark,
    /// The text of a scalar, the name of an alias.
    pub value: Str,
    /// The tag in its long form; empty where there is none.
    pub tag: Str,
    pub anchor: Option<Str>,
    /// For a scalar: plain and untagged, or tagged `!`.
    pub implicit: bool,
    pub style: Style,
    pub flow: bool,
    /// The items of a sequence; the keys of a mapping, each followed by its value.
    pub children: Vec<usize>,
    /// What an alias stands for.
    pub target: usize,
}

impl Data {
    /// What a scalar means. Mirrors `decoder.scalar` of `gopkg.in/yaml.v2`.
    pub fn resolve(&self) -> Result<Scalar, String> {
        if self.tag.is_empty() && !self.implicit { Ok(Scalar::Text) } else { resolve(&self.tag, &self.value) }
    }
}

/// What a node is, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A text, whatever it means: a number, `null`, a string.
    Scalar,
    /// A list, in blocks or in brackets.
    Sequence,
    /// Keys and values, in blocks or in braces.
    Mapping,
    /// A reference to a node with an anchor: `*name`.
    Alias,
}

impl Document {
    /// The outermost node.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, id: self.root }
    }
}

/// Whether a key is the merge key `<<`.
pub(super) fn is_merge(document: &Document, id: usize) -> bool {
    let node = &document.nodes[id];
    node.kind == NodeKind::Scalar && node.value == *"<<" && (node.implicit || node.tag == *"tag:yaml.org,2002:merge")
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    pub(super) document: &'d Document,
    pub(super) id: usize,
}

impl<'d> Node<'d> {
    /// What it is; an alias is not what it stands for.
    pub fn kind(self) -> NodeKind {
        self.data().kind
    }

    /// The node an alias stands for; any other node is itself.
    pub fn resolved(self) -> Node<'d> {
        match self.kind() {
            NodeKind::Alias => self.at(self.data().target),
            _ => self,
        }
    }

    /// Byte offsets into the text. They start at the anchor or tag where there is one.
    pub fn span(self) -> Range<usize> {
        self.data().start.offset..self.data().end.offset.max(self.data().start.offset)
    }

    /// Line of the start, from 1.
    pub fn line(self) -> usize {
        self.data().start.line + 1
    }

    /// Column of the start in characters, from 1.
    pub fn column(self) -> usize {
        self.data().start.column + 1
    }

    /// The tag in its long form, `tag:yaml.org,2002:str`.
    pub fn tag(self) -> Option<&'d Str> {
        Some(&self.data().tag).filter(|it| !it.is_empty())
    }

    /// The name it was given for aliases, without the `&`.
    pub fn anchor(self) -> Option<&'d Str> {
        self.data().anchor.as_ref()
    }

    /// How a scalar was written.
    pub fn style(self) -> Style {
        self.data().style
    }

    /// Whether a collection was written with brackets or braces.
    pub fn is_flow(self) -> bool {
        self.data().flow
    }

    /// The text of a scalar, whatever it means.
    pub fn text(self) -> Option<&'d Str> {
        (self.kind() == NodeKind::Scalar).then_some(&self.data().value)
    }

    /// The items of a sequence; nothing for any other node.
    pub fn items(self) -> impl Iterator<Item = Node<'d>> {
        let items: &[usize] = if self.kind() == NodeKind::Sequence { &self.data().children } else { &[] };
        items.iter().map(move |&it| self.at(it))
    }

    /// The keys and values of a mapping in the order written, equal keys and merge keys among them; nothing for any other
    /// node.
    pub fn entries(self) -> impl Iterator<Item = (Node<'d>, Node<'d>)> {
        let children: &[usize] = if self.kind() == NodeKind::Mapping { &self.data().children } else { &[] };
        children.chunks_exact(2).map(move |it| (self.at(it[0]), self.at(it[1])))
    }

    /// The value of the last key of this text.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entries().filter(|(it, _)| it.text().is_some_and(|text| *text == key)).last().map(|(_, value)| value)
    }

    fn at(self, id: usize) -> Node<'d> {
        Node { document: self.document, id }
    }

    fn data(self) -> &'d Data {
        &self.document.nodes[self.id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;
    use crate::yaml::node::{parse, parse_all};

    fn slice<'t>(text: &'t str, node: Node) -> &'t str {
        &text[node.span()]
    }

    #[test]
    fn nodes_know_their_places() {
        let text = "# é\na: 1\nlist:\n  - é: &x \"q\"\n    c: !!str 2\n  - [*x, {d: e}]\nlast: |\n  t\n";
        let document = parse(text.as_bytes()).unwrap().unwrap();
        let root = document.root();
        assert_eq!((root.kind(), root.line(), root.column()), (NodeKind::Mapping, 2, 1));
        let items: Vec<_> = root.get("list").unwrap().items().collect();
        assert_eq!(slice(text, items[0]), "é: &x \"q\"\n    c: !!str 2");
        assert_eq!(slice(text, items[1]), "[*x, {d: e}]");
        let quoted = items[0].get("é").unwrap();
        assert_eq!((slice(text, quoted), quoted.line(), quoted.column()), ("&x \"q\"", 4, 8));
        assert_eq!((quoted.style(), quoted.anchor().unwrap().to_string()), (Style::DoubleQuoted, "x".to_owned()));
        let tagged = items[0].get("c").unwrap();
        assert_eq!(*tagged.tag().unwrap(), "tag:yaml.org,2002:str");
        let alias = items[1].items().next().unwrap();
        assert_eq!((alias.kind(), slice(text, alias)), (NodeKind::Alias, "*x"));
        assert_eq!(alias.resolved().text().unwrap().as_utf8(), Some("q"));
        assert!(items[1].is_flow() && !root.is_flow());
        assert_eq!(root.get("last").unwrap().style(), Style::Literal);
    }

    #[test]
    fn values_keep_their_types() {
        let document = parse(b"[1, 1.0, 0x10, 18446744073709551615, yes, ~, '1']").unwrap().unwrap();
        let value = document.root().value().unwrap();
        let Value::List(list) = value else { panic!("no list") };
        let types: Vec<_> = list.items().iter().map(Value::type_name).collect();
        assert_eq!(types, ["int", "float64", "int", "uint64", "bool", "<nil>", "string"]);
    }

    #[test]
    fn faults_tell_go_lines_and_true_ones() {
        let fault = parse(b"a: 1\n b: 2\n").unwrap_err();
        assert_eq!(fault.to_string(), "yaml: line 2: mapping values are not allowed in this context");
        assert_eq!((fault.mark.line, fault.mark.column, fault.mark.offset), (1, 2, 7));
        let fault = parse(b"a: [1\nb: 2\n").unwrap_err();
        assert_eq!(fault.to_string(), "yaml: line 1: did not find expected ',' or ']'");
    }

    #[test]
    fn documents_follow_each_other() {
        let documents = parse_all(b"a: 1\n---\n- b\n...\n---\n").unwrap();
        let kinds: Vec<_> = documents.iter().map(|it| it.root().kind()).collect();
        assert_eq!(kinds, [NodeKind::Mapping, NodeKind::Sequence, NodeKind::Scalar]);
        assert!(parse(b"# nothing\n").unwrap().is_none());
    }
}
