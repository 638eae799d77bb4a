//! The parser within sequences and mappings, in blocks and in brackets.

use super::fault::{Mark, YamlError};
use super::parse::{Event, EventKind, Parsed, Parser, State, event};
use super::scan::TokenKind;

impl<'t> Parser<'t> {
    pub(super) fn block_sequence_entry(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, end) = self.scanner.peek()?;
        match kind {
            TokenKind::BlockEntry => {
                self.scanner.take();
                match self.scanner.peek()?.0 {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(State::BlockSequenceEntry, end),
                    _ => self.child(State::BlockSequenceEntry, true, false),
                }
            }
            TokenKind::BlockEnd => self.end(EventKind::SequenceEnd),
            _ => Err(YamlError::parser("did not find expected '-' indicator", start)),
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, end) = self.scanner.peek()?;
        if kind != TokenKind::BlockEntry {
            self.pop_state();
            return Ok(event(EventKind::SequenceEnd, start, start));
        }
        self.scanner.take();
        match self.scanner.peek()?.0 {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty(State::IndentlessSequenceEntry, end)
            }
            _ => self.child(State::IndentlessSequenceEntry, true, false),
        }
    }

    pub(super) fn block_mapping_key(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, end) = self.scanner.peek()?;
        match kind {
            TokenKind::Key => {
                self.scanner.take();
                self.block_mapping_part(State::BlockMappingValue, end)
            }
            TokenKind::BlockEnd => self.end(EventKind::MappingEnd),
            _ => Err(YamlError::parser("did not find expected key", start)),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, end) = self.scanner.peek()?;
        if kind != TokenKind::Value {
            return self.empty(State::BlockMappingKey, start);
        }
        self.scanner.take();
        self.block_mapping_part(State::BlockMappingKey, end)
    }

    pub(super) fn block_mapping_part(&mut self, then: State, mark: Mark) -> Parsed<Event<'t>> {
        match self.scanner.peek()?.0 {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(then, mark),
            _ => self.child(then, true, true),
        }
    }

    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Parsed<Event<'t>> {
        let (mut kind, mut start, mut end) = self.scanner.peek()?;
        if kind == TokenKind::FlowSequenceEnd {
            return self.end(EventKind::SequenceEnd);
        }
        if !first {
            if kind != TokenKind::FlowEntry {
                return Err(YamlError::parser("did not find expected ',' or ']'", start));
            }
            self.scanner.take();
            (kind, start, end) = self.scanner.peek()?;
        }
        match kind {
            TokenKind::FlowSequenceEnd => self.end(EventKind::SequenceEnd),
            TokenKind::Key => {
                self.scanner.take();
                self.state = State::FlowPairKey;
                Ok(Event { flow: true, ..event(EventKind::MappingStart, start, end) })
            }
            _ => self.child(State::FlowSequenceEntry, false, false),
        }
    }

    pub(super) fn flow_pair_key(&mut self) -> Parsed<Event<'t>> {
        let (kind, _, end) = self.scanner.peek()?;
        if !matches!(kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            return self.child(State::FlowPairValue, false, false);
        }
        // libyaml drops this token, and so does go-yaml.
        self.scanner.take();
        self.empty(State::FlowPairValue, end)
    }

    pub(super) fn flow_pair_value(&mut self) -> Parsed<Event<'t>> {
        let (kind, start, _) = self.scanner.peek()?;
        if kind == TokenKind::Value {
            self.scanner.take();
            if !matches!(self.scanner.peek()?.0, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.child(State::FlowPairEnd, false, false);
            }
        }
        self.empty(State::FlowPairEnd, start)
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Parsed<Event<'t>> {
        let (mut kind, start, _) = self.scanner.peek()?;
        if kind == TokenKind::FlowMappingEnd {
            return self.end(EventKind::MappingEnd);
        }
        if !first {
            if kind != TokenKind::FlowEntry {
                return Err(YamlError::parser("did not find expected ',' or '}'", start));
            }
            self.scanner.take();
            kind = self.scanner.peek()?.0;
        }
        match kind {
            TokenKind::FlowMappingEnd => self.end(EventKind::MappingEnd),
            TokenKind::Key => {
                self.scanner.take();
                let (kind, mark, _) = self.scanner.peek()?;
                match kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                        self.empty(State::FlowMappingValue, mark)
                    }
                    _ => self.child(State::FlowMappingValue, false, false),
                }
            }
            _ => self.child(State::FlowMappingEmptyValue, false, false),
        }
    }

    pub(super) fn flow_mapping_value(&mut self) -> Parsed<Event<'t>> {
        let (mut kind, mut mark, _) = self.scanner.peek()?;
        if kind == TokenKind::Value {
            self.scanner.take();
            (kind, mark, _) = self.scanner.peek()?;
            if !matches!(kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.child(State::FlowMappingKey, false, false);
            }
        }
        self.empty(State::FlowMappingKey, mark)
    }
}
