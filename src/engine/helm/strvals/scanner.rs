//! The characters of a line, read as Go's `bytes.Buffer.ReadRune` reads them.

/// Characters with a position. An invalid byte reads as U+FFFD.
pub(super) struct Scanner {
    runes: Vec<char>,
    at: usize,
}

/// What stopped a run of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    At(char),
    End,
}

impl Scanner {
    pub(super) fn new(line: &[u8]) -> Self {
        Scanner { runes: decode(line), at: 0 }
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let rune = self.runes.get(self.at).copied()?;
        self.at += 1;
        Some(rune)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.runes.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &[char] {
        self.runes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.runes.len());
    }

    /// Reads up to one of `stops`, which is consumed. With `escapes`, a back slash takes the next character as it is.
    pub(super) fn until(&mut self, stops: &[char], escapes: bool) -> (String, Stop) {
        let mut text = String::new();
        while let Some(rune) = self.next() {
            if stops.contains(&rune) {
                return (text, Stop::At(rune));
            }
            if escapes && rune == '\\' {
                match self.next() {
                    Some(next) => text.push(next),
                    None => return (text, Stop::End),
                }
            } else {
                text.push(rune);
            }
        }
        (text, Stop::End)
    }

    /// Skips blanks and at most one comma. True where a comma or the end was met before anything else.
    pub(super) fn empty_value(&mut self) -> bool {
        loop {
            match self.peek() {
                None => return true,
                Some(',') => {
                    self.at += 1;
                    return true;
                }
                Some(rune) if is_space(rune) => self.at += 1,
                Some(_) => return false,
            }
        }
    }
}

/// Go's `unicode.IsSpace`.
fn is_space(rune: char) -> bool {
    matches!(rune, '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}') || (rune as u32 > 0xff && rune.is_whitespace())
}

/// UTF-8 with one U+FFFD for each byte that is part of no valid sequence, as Go decodes it.
fn decode(bytes: &[u8]) -> Vec<char> {
    let mut runes = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        runes.extend(chunk.valid().chars());
        runes.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    runes
}
