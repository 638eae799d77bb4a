//! A YAML document as written: nodes with their places, tags and styles, for readers that must point at a line.
//!
//! The nodes of a document lie in one list and refer to each other by number, so that no depth of nesting costs stack.

use std::ops::Range;

use super::decode::{self, Numbers};
use super::fault::{Fault, Mark};
use super::parse::Parser;
use super::resolve::{Scalar, resolve};
pub use super::scan::Style;
use crate::engine::value::{Str, Value};

/// Reads the first document of a text; `None` where there is none, as in an empty text or one of comments only.
/// Anchors are resolved, tags and merge keys are left as written.
pub fn parse(text: &[u8]) -> Result<Option<Document>, Fault> {
    super::compose::compose(&mut Parser::new(text))
}

/// Reads every document of a text.
pub fn parse_all(text: &[u8]) -> Result<Vec<Document>, Fault> {
    let mut parser = Parser::new(text);
    let mut documents = Vec::new();
    while let Some(document) = super::compose::compose(&mut parser)? {
        documents.push(document);
    }
    Ok(documents)
}

/// One document: a tree of nodes, and aliases between its branches.
#[derive(Debug)]
pub struct Document {
    pub(super) nodes: Vec<Data>,
    pub(super) root: usize,
}

/// A node as the composer keeps it.
#[derive(Debug)]
pub(super) struct Data {
    pub kind: Kind,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    Sequence,
    Mapping,
    Alias,
}

impl Document {
    pub fn root(&self) -> Node<'_> {
        Node { document: self, id: self.root }
    }
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    document: &'d Document,
    id: usize,
}

impl<'d> Node<'d> {
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// The node an alias stands for; any other node is itself.
    pub fn resolved(self) -> Node<'d> {
        match self.kind() {
            Kind::Alias => self.at(self.data().target),
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
        (self.kind() == Kind::Scalar).then_some(&self.data().value)
    }

    /// The items of a sequence; nothing for any other node.
    pub fn items(self) -> impl Iterator<Item = Node<'d>> {
        let items: &[usize] = if self.kind() == Kind::Sequence { &self.data().children } else { &[] };
        items.iter().map(move |&it| self.at(it))
    }

    /// The keys and values of a mapping in the order written, equal keys and merge keys among them; nothing for any other
    /// node.
    pub fn entries(self) -> impl Iterator<Item = (Node<'d>, Node<'d>)> {
        let children: &[usize] = if self.kind() == Kind::Mapping { &self.data().children } else { &[] };
        children.chunks_exact(2).map(move |it| (self.at(it[0]), self.at(it[1])))
    }

    /// The value of the last key of this text.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entries().filter(|(it, _)| it.text().is_some_and(|text| *text == key)).last().map(|(_, value)| value)
    }

    /// What the node means. Numbers keep whether they are integers; merge keys and aliases are followed.
    pub fn value(self) -> Result<Value, String> {
        decode::decode(self.document, self.id, Numbers::Typed, false)
    }

    fn at(self, id: usize) -> Node<'d> {
        Node { document: self.document, id }
    }

    fn data(self) -> &'d Data {
        &self.document.nodes[self.id]
    }
}
