//! The parser: tokens to events, by libyaml's grammar. It keeps its own stack, so depth costs no stack of the thread.

use std::borrow::Cow;

use crate::yaml::fault::{Mark, YamlError};
use crate::yaml::scan::{Scanner, Stream, Style, Token, TokenKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias,
    Scalar,
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

#[derive(Debug)]
pub struct Event<'t> {
    pub kind: EventKind,
    pub start: Mark,
    pub end: Mark,
    /// The name an alias refers to, or by which a node may be referred to.
    pub anchor: Option<Text<'t>>,
    /// The tag in its long form; empty where there is none.
    pub tag: Text<'t>,
    pub value: Text<'t>,
    /// For a scalar: plain and untagged, or tagged `!`.
    pub implicit: bool,
    pub style: Style,
    /// For a collection: written with brackets or braces.
    pub flow: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

pub struct Parser<'t> {
    pub(super) scanner: Scanner<'t>,
    pub(super) state: State,
    pub(super) states: Vec<State>,
    /// Handles and what they stand for.
    pub(super) tags: Vec<(Text<'t>, Text<'t>)>,
}

/// Taken from what was scanned, where it stands there as it is meant.
pub(super) type Text<'t> = Cow<'t, [u8]>;

pub(super) type Parsed<T> = Result<T, YamlError>;

impl<'t> Parser<'t> {
    pub fn new(stream: &'t Stream<'_>) -> Self {
        Parser { scanner: Scanner::new(stream), state: State::StreamStart, states: Vec::new(), tags: Vec::new() }
    }

    /// The next event; `StreamEnd` again and again after the last.
    pub fn next(&mut self) -> Parsed<Event<'t>> {
        match self.state {
            State::StreamStart => self.stream_start(),
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceFirstEntry => {
                self.scanner.take();
                self.block_sequence_entry()
            }
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirstKey => {
                self.scanner.take();
                self.block_mapping_key()
            }
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => {
                self.scanner.take();
                self.flow_sequence_entry(true)
            }
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                let (_, mark, _) = self.scanner.peek()?;
                self.state = State::FlowSequenceEntry;
                Ok(event(EventKind::MappingEnd, mark, mark))
            }
            State::FlowMappingFirstKey => {
                self.scanner.take();
                self.flow_mapping_key(true)
            }
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => {
                let (_, mark, _) = self.scanner.peek()?;
                self.state = State::FlowMappingKey;
                Ok(empty_scalar(mark))
            }
            State::End => {
                let (_, start, end) = self.scanner.peek()?;
                Ok(event(EventKind::StreamEnd, start, end))
            }
        }
    }

    pub(super) fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    fn stream_start(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, end) = self.scanner.peek()?;
        if kind != TokenKind::StreamStart {
            return Err(YamlError::parser("did not find expected <stream-start>", start));
        }
        self.scanner.take();
        self.state = State::ImplicitDocumentStart;
        Ok(event(EventKind::StreamStart, start, end))
    }

    fn document_start(&mut self, implicit: bool) -> Parsed<Event<'t>> {
        let (mut kind, mut start, mut end) = self.scanner.peek()?;
        while !implicit && kind == TokenKind::DocumentEnd {
            self.scanner.take();
            (kind, start, end) = self.scanner.peek()?;
        }
        if kind == TokenKind::StreamEnd {
            self.state = State::End;
            return Ok(event(EventKind::StreamEnd, start, end));
        }
        let explicit = matches!(kind, TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart);
        self.directives()?;
        if implicit && !explicit {
            self.state = State::BlockNode;
        } else {
            let (kind, mark, document_end) = self.scanner.peek()?;
            if kind != TokenKind::DocumentStart {
                return Err(YamlError::parser("did not find expected <document start>", mark));
            }
            self.scanner.take();
            end = document_end;
            self.state = State::DocumentContent;
        }
        self.states.push(State::DocumentEnd);
        Ok(event(EventKind::DocumentStart, start, end))
    }

    fn directives(&mut self) -> Parsed<()> {
        let mut has_version = false;
        loop {
            let (kind, mark, _) = self.scanner.peek()?;
            match kind {
                TokenKind::VersionDirective => {
                    if has_version {
                        return Err(YamlError::parser("found duplicate %YAML directive", mark));
                    }
                    if self.scanner.take().version != (1, 1) {
                        return Err(YamlError::parser("found incompatible YAML document", mark));
                    }
                    has_version = true;
                }
                TokenKind::TagDirective => {
                    let token = self.scanner.take();
                    if self.tags.iter().any(|(handle, _)| *handle == token.value) {
                        return Err(YamlError::parser("found duplicate %TAG directive", mark));
                    }
                    self.tags.push((token.value, token.suffix.into()));
                }
                _ => break,
            }
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tags.iter().any(|(it, _)| **it == *handle.as_bytes()) {
                self.tags.push((handle.as_bytes().into(), prefix.as_bytes().into()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Parsed<Event<'t>> {
        let (kind, mark, _) = self.scanner.peek()?;
        match kind {
            TokenKind::VersionDirective
            | TokenKind::TagDirective
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.pop_state();
                Ok(empty_scalar(mark))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, mut end) = self.scanner.peek()?;
        if kind == TokenKind::DocumentEnd {
            self.scanner.take();
        } else {
            end = start;
        }
        self.tags.clear();
        self.state = State::DocumentStart;
        Ok(event(EventKind::DocumentEnd, start, end))
    }

    /// A node with its anchor and tag. `indentless`: a `-` here begins a sequence of the same column as its parent.
    pub(super) fn node(&mut self, block: bool, indentless: bool) -> Parsed<Event<'t>> {
        let (mut kind, start, mut end) = self.scanner.peek()?;
        if kind == TokenKind::Alias {
            self.pop_state();
            let name = self.scanner.take().value;
            return Ok(Event { anchor: Some(name), ..event(EventKind::Alias, start, end) });
        }
        let (mut anchor, mut tag_token, mut mark) = (None, None, start);
        if kind == TokenKind::Anchor {
            anchor = Some(self.scanner.take().value);
            (kind, mark, end) = self.scanner.peek()?;
        }
        if kind == TokenKind::Tag {
            tag_token = Some(self.scanner.take());
            (kind, mark, end) = self.scanner.peek()?;
        }
        if kind == TokenKind::Anchor && anchor.is_none() {
            anchor = Some(self.scanner.take().value);
            (kind, mark, end) = self.scanner.peek()?;
        }
        let tag = tag_token.map(|it| self.resolve_tag(it)).transpose()?.unwrap_or_default();
        let node = |kind, end, flow| Event { flow, ..event(kind, start, end) };
        let found = match kind {
            TokenKind::BlockEntry if indentless => {
                self.state = State::IndentlessSequenceEntry;
                node(EventKind::SequenceStart, end, false)
            }
            TokenKind::Scalar => {
                self.pop_state();
                let token = self.scanner.take();
                let implicit = tag.is_empty() && token.style == Style::Plain || *tag == *b"!";
                let found = node(EventKind::Scalar, end, false);
                return Ok(Event { anchor, tag, implicit, value: token.value, style: token.style, ..found });
            }
            TokenKind::FlowSequenceStart => {
                self.state = State::FlowSequenceFirstEntry;
                node(EventKind::SequenceStart, end, true)
            }
            TokenKind::FlowMappingStart => {
                self.state = State::FlowMappingFirstKey;
                node(EventKind::MappingStart, end, true)
            }
            TokenKind::BlockSequenceStart if block => {
                self.state = State::BlockSequenceFirstEntry;
                node(EventKind::SequenceStart, end, false)
            }
            TokenKind::BlockMappingStart if block => {
                self.state = State::BlockMappingFirstKey;
                node(EventKind::MappingStart, end, false)
            }
            _ if anchor.is_some() || !tag.is_empty() => {
                self.pop_state();
                let implicit = tag.is_empty();
                return Ok(Event { anchor, tag, implicit, ..node(EventKind::Scalar, start, false) });
            }
            _ => return Err(YamlError::parser("did not find expected node content", mark)),
        };
        Ok(Event { anchor, tag, ..found })
    }

    fn resolve_tag(&self, token: Token<'t>) -> Parsed<Text<'t>> {
        if token.value.is_empty() {
            return Ok(token.suffix.into());
        }
        let prefix = self.tags.iter().find(|(handle, _)| *handle == token.value).map(|(_, prefix)| &**prefix);
        let tag = [prefix.unwrap_or_default(), if prefix.is_some() { &token.suffix } else { &[] }].concat();
        if tag.is_empty() { Err(YamlError::parser("found undefined tag handle", token.start)) } else { Ok(tag.into()) }
    }

    /// Parses a node, then goes on in the given state.
    pub(super) fn child(&mut self, then: State, block: bool, indentless: bool) -> Parsed<Event<'t>> {
        self.states.push(then);
        self.node(block, indentless)
    }

    pub(super) fn empty(&mut self, then: State, mark: Mark) -> Parsed<Event<'t>> {
        self.state = then;
        Ok(empty_scalar(mark))
    }

    pub(super) fn end(&mut self, kind: EventKind) -> Parsed<Event<'t>> {
        self.pop_state();
        let token = self.scanner.take();
        Ok(event(kind, token.start, token.end))
    }
}

pub(super) fn event<'t>(kind: EventKind, start: Mark, end: Mark) -> Event<'t> {
    Event {
        kind,
        start,
        end,
        anchor: None,
        tag: Cow::default(),
        value: Cow::default(),
        implicit: false,
        style: Style::Plain,
        flow: false,
    }
}

pub(super) fn empty_scalar<'t>(mark: Mark) -> Event<'t> {
    Event { implicit: true, ..event(EventKind::Scalar, mark, mark) }
}
