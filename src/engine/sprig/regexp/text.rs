//! Texts to match, and the references of replacement templates.

use std::borrow::Cow;
use std::ops::Range;

use crate::sprig::runes::{decode, push};
use crate::sprig::unicode::{is_digit, is_letter};

/// A text as valid UTF-8 with the offsets of what it was made from.
pub(super) struct Text<'t> {
    bytes: Cow<'t, [u8]>,
    /// For each offset of `bytes` that of the original, where the two differ.
    offsets: Option<Vec<usize>>,
}

impl<'t> Text<'t> {
    pub(super) fn new(original: &'t [u8]) -> Self {
        if std::str::from_utf8(original).is_ok() {
            return Text { bytes: Cow::Borrowed(original), offsets: None };
        }
        let mut bytes = Vec::with_capacity(original.len() + 16);
        let mut offsets = Vec::with_capacity(original.len() + 16);
        let mut at = 0;
        while let (rune, width @ 1..) = decode(original.get(at..).unwrap_or_default()) {
            push(&mut bytes, rune);
            offsets.resize(bytes.len(), at);
            at += width;
        }
        offsets.push(original.len());
        Text { bytes: Cow::Owned(bytes), offsets: Some(offsets) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Translates a range that starts and ends between runes.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        match &self.offsets {
            None => range,
            Some(offsets) => {
                let at = |offset: usize| offsets.get(offset).copied().unwrap_or_default();
                at(range.start)..at(range.end)
            }
        }
    }

    /// The width of the rune at an offset, 0 at the end.
    pub(super) fn width(&self, offset: usize) -> usize {
        decode(self.bytes.get(offset..).unwrap_or_default()).1
    }
}

/// The name after a `$`, in braces or as long as it goes, and what follows it.
pub(super) fn reference(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let braced = text.strip_prefix(b"{");
    let start = braced.unwrap_or(text);
    let mut length = 0;
    while let (rune, width @ 1..) = decode(start.get(length..)?)
        && (rune == '_' || is_letter(rune) || is_digit(rune))
    {
        length += width;
    }
    let (name, after) = start.split_at(length);
    if name.is_empty() {
        return None;
    }
    match braced {
        Some(_) => Some((name, after.strip_prefix(b"}")?)),
        None => Some((name, after)),
    }
}
