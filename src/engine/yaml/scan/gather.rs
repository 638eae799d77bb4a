//! The text of a token as it comes together.

use std::borrow::Cow;
use std::ops::Range;

/// Pieces of the scanned text, which are copied only where they do not stand side by side.
pub struct Gathered<'t> {
    text: &'t [u8],
    side_by_side: Range<usize>,
    copied: Option<Vec<u8>>,
}

impl<'t> Gathered<'t> {
    pub fn new(text: &'t [u8]) -> Self {
        Gathered { text, side_by_side: 0..0, copied: None }
    }

    pub fn add(&mut self, piece: Range<usize>) {
        if let Some(copied) = &mut self.copied {
            copied.extend_from_slice(self.text.get(piece).unwrap_or_default());
        } else if self.side_by_side.end == piece.start {
            self.side_by_side.end = piece.end;
        } else if self.side_by_side.is_empty() {
            self.side_by_side = piece;
        } else if !piece.is_empty() {
            let piece = self.text.get(piece).unwrap_or_default();
            self.copy().extend_from_slice(piece);
        }
    }

    /// The text for additions that do not stand in the scanned text.
    pub fn copy(&mut self) -> &mut Vec<u8> {
        let whole = self.text.get(self.side_by_side.clone());
        self.copied.get_or_insert_with(|| whole.unwrap_or_default().to_vec())
    }

    pub fn finish(self) -> Cow<'t, [u8]> {
        match self.copied {
            Some(copied) => Cow::Owned(copied),
            None => Cow::Borrowed(self.text.get(self.side_by_side).unwrap_or_default()),
        }
    }
}
