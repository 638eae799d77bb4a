//! The composer: events to the nodes of a document.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::fault::YamlError;
use super::parse::{Event, EventKind, Parser};
use super::scan::Stream;
use super::tree::{Data, Document, NodeKind};
use crate::value::Str;

/// Reads the first document of a text; `None` where there is none, as in an empty text or one of comments only.
/// Anchors are resolved, tags and merge keys are left as written.
pub fn parse(text: &[u8]) -> Result<Option<Document>, YamlError> {
    compose(&mut Parser::new(&Stream::new(text)))
}

/// Reads every document of a text.
pub fn parse_all(text: &[u8]) -> Result<Vec<Document>, YamlError> {
    let stream = Stream::new(text);
    let mut parser = Parser::new(&stream);
    let mut documents = Vec::new();
    while let Some(document) = compose(&mut parser)? {
        documents.push(document);
    }
    Ok(documents)
}

/// Composes the next document of the stream; `None` at its end.
pub fn compose(parser: &mut Parser) -> Result<Option<Document>, YamlError> {
    let mut event = parser.next()?;
    if event.kind == EventKind::StreamStart {
        event = parser.next()?;
    }
    if event.kind != EventKind::DocumentStart {
        return Ok(None);
    }
    let mut composer = Composer { nodes: Vec::new(), open: Vec::new(), anchors: BTreeMap::new() };
    loop {
        let event = parser.next()?;
        if composer.accept(event)? {
            break;
        }
    }
    parser.next()?;
    Ok(Some(Document { nodes: composer.nodes, root: 0 }))
}

struct Composer<'t> {
    nodes: Vec<Data>,
    /// The collections not yet ended, outermost first.
    open: Vec<usize>,
    anchors: BTreeMap<Cow<'t, [u8]>, usize>,
}

impl<'t> Composer<'t> {
    /// True where the event ended the document's root node.
    fn accept(&mut self, event: Event<'t>) -> Result<bool, YamlError> {
        match event.kind {
            EventKind::Scalar => self.add(NodeKind::Scalar, event),
            EventKind::Alias => self.add_alias(event)?,
            EventKind::SequenceStart => {
                self.open.push(self.nodes.len());
                self.add_open(NodeKind::Sequence, event);
            }
            EventKind::MappingStart => {
                self.open.push(self.nodes.len());
                self.add_open(NodeKind::Mapping, event);
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close(event),
            _ => return Ok(true),
        }
        Ok(self.open.is_empty())
    }

    fn add_open(&mut self, kind: NodeKind, event: Event<'t>) {
        let id = self.nodes.len();
        let parent = self.open.len().checked_sub(2).and_then(|index| self.open.get(index)).copied();
        self.add_to(parent, id, kind, event);
    }

    fn add(&mut self, kind: NodeKind, event: Event<'t>) {
        let parent = self.open.last().copied();
        self.add_to(parent, self.nodes.len(), kind, event);
    }

    fn add_alias(&mut self, event: Event<'t>) -> Result<(), YamlError> {
        let name = event.anchor.clone().unwrap_or_default();
        let Some(&target) = self.anchors.get(&name) else {
            let name = String::from_utf8_lossy(&name).into_owned();
            return Err(YamlError::plain(format!("unknown anchor '{name}' referenced"), event.start));
        };
        let id = self.nodes.len();
        self.add(NodeKind::Alias, Event { anchor: None, value: name, ..event });
        self.nodes[id].target = target;
        Ok(())
    }

    fn add_to(&mut self, parent: Option<usize>, id: usize, kind: NodeKind, event: Event<'t>) {
        if let Some(name) = &event.anchor {
            self.anchors.insert(name.clone(), id);
        }
        if let Some(parent) = parent {
            self.nodes[parent].children.push(id);
        }
        self.nodes.push(Data {
            kind,
            start: event.start,
            end: event.end,
            value: Str::from(event.value),
            tag: Str::from(event.tag),
            anchor: event.anchor.map(Str::from),
            implicit: event.implicit,
            style: event.style,
            flow: event.flow,
            children: Vec::new(),
            target: id,
        });
    }

    fn close(&mut self, event: Event<'t>) {
        let Some(id) = self.open.pop() else { return };
        // A block collection ends where the next token begins; its last child knows better.
        let last = self.nodes[id].children.last().map(|&child| self.nodes[child].end);
        let flow = self.nodes[id].flow && event.end.offset > event.start.offset;
        self.nodes[id].end = match last {
            Some(end) if !flow => end,
            _ => event.end,
        };
    }
}
