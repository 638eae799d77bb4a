//! The tokens of YAML.

use std::borrow::Cow;

use crate::yaml::fault::Mark;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    StreamStart,
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    #[default]
    Plain,
    /// `'in single quotes'`.
    SingleQuoted,
    /// `"in double quotes"`.
    DoubleQuoted,
    /// As a block after `|`, whose line ends stay.
    Literal,
    /// As a block after `>`, whose lines are joined.
    Folded,
}

#[derive(Debug)]
pub struct Token<'t> {
    pub kind: TokenKind,
    pub start: Mark,
    pub end: Mark,
    /// The text of a scalar, the name of an alias or anchor, the handle of a tag or tag directive.
    pub value: Cow<'t, [u8]>,
    /// The suffix of a tag, the prefix of a tag directive.
    pub suffix: Vec<u8>,
    pub style: Style,
    /// Major and minor number of a version directive.
    pub version: (u8, u8),
}

impl Token<'_> {
    pub fn new(kind: TokenKind, start: Mark, end: Mark) -> Self {
        Token { kind, start, end, value: Cow::Borrowed(&[]), suffix: Vec::new(), style: Style::Plain, version: (0, 0) }
    }
}
