//! Changes to a text that leave every other byte alone.

use std::ops::Range;

/// Replacements that do not overlap.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    edits: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Puts a text in the place of a range of bytes; an empty one takes that away.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push((range, text.into()));
    }

    /// Puts a text before the byte at an offset.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Whether the text stays as it is.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text with every replacement made; those at one place in the order they were given. A replacement that
    /// overlaps an earlier one is left out.
    pub fn apply(mut self, text: &str) -> String {
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut result = String::with_capacity(text.len());
        let mut done = 0;
        for (range, replacement) in self.edits {
            if range.start < done {
                continue;
            }
            result.push_str(text.get(done..range.start).unwrap_or_default());
            result.push_str(&replacement);
            done = range.end;
        }
        result.push_str(text.get(done..).unwrap_or_default());
        result
    }
}

/// The start of the line that holds this offset.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|it| it.rfind('\n')).map_or(0, |it| it + 1)
}

/// The start of the line after this offset; the end of the text where there is none.
pub(crate) fn next_line(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|it| it.find('\n')).map_or(text.len(), |it| offset + it + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_keep_the_rest() {
        let mut edits = Edits::default();
        edits.replace(2..3, "X");
        edits.insert(0, "<");
        edits.insert(4, ">");
        assert_eq!(edits.apply("abcd"), "<abXd>");
        assert_eq!((line_start("a\nbc", 3), next_line("a\nbc\nd", 3), next_line("a", 0)), (2, 5, 1));
    }
}
