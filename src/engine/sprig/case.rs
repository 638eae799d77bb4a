//! Upper and lower case, and the conventions for names made of words.
//!
//! Mirrors `strings.Map` and `strings.Title`, `goutils.SwapCase` and `Uncapitalize`, and `huandu/xstrings` 1.5.

use super::runes::{ERROR, decode, push, runes};
use super::unicode::{
    is_digit, is_letter, is_lower, is_number, is_punct, is_space, is_title, is_upper, to_lower, to_title, to_upper,
};

/// Maps each rune.
pub(super) fn map(text: &[u8], mut mapping: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    runes(text).for_each(|rune| push(&mut out, mapping(rune)));
    out
}

/// Mirrors `strings.Title`.
pub(super) fn title(text: &[u8]) -> Vec<u8> {
    let mut previous = ' ';
    map(text, |rune| {
        let start = is_separator(previous);
        previous = rune;
        if start { to_title(rune) } else { rune }
    })
}

fn is_separator(rune: char) -> bool {
    if rune.is_ascii() {
        return !(rune.is_ascii_alphanumeric() || rune == '_');
    }
    !is_letter(rune) && !is_digit(rune) && is_space(rune)
}

/// Lowers the first letter of each word.
pub(super) fn untitle(text: &[u8]) -> Vec<u8> {
    let mut start = true;
    map(text, |rune| {
        if is_space(rune) {
            start = true;
            return rune;
        }
        if std::mem::take(&mut start) { to_lower(rune) } else { rune }
    })
}

/// Swaps upper and lower case; a lower-case letter at the start of a word becomes title case.
pub(super) fn swap(text: &[u8]) -> Vec<u8> {
    let mut start = true;
    map(text, |rune| {
        if is_upper(rune) || is_title(rune) {
            start = false;
            return to_lower(rune);
        }
        if is_lower(rune) {
            return if std::mem::take(&mut start) { to_title(rune) } else { to_upper(rune) };
        }
        start = is_space(rune);
        rune
    })
}

/// Joins words split by space, underscore or hyphen, each with a capital.
///
/// Mirrors `xstrings.ToPascalCase`.
pub(super) fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut runes = runes(text).peekable();
    while let Some(rune) = runes.next_if(|it| is_connector(*it)) {
        push(&mut out, rune);
    }
    let Some(first) = runes.next() else {
        // The last of nothing but connectors is written once more.
        if let Some(last) = self::runes(text).last() {
            push(&mut out, last);
        }
        return out;
    };
    let mut upper_run = is_upper(first);
    let mut current = to_upper(first);
    for next in runes {
        let previous = std::mem::replace(&mut current, next);
        match (is_connector(current), is_connector(previous)) {
            (true, true) => push(&mut out, previous),
            (_, true) => {
                upper_run = is_upper(current);
                current = to_upper(current);
            }
            _ => {
                if upper_run {
                    if is_upper(current) {
                        current = to_lower(current);
                    } else {
                        upper_run = false;
                    }
                }
                push(&mut out, previous);
            }
        }
    }
    push(&mut out, current);
    out
}

/// Lowers capitals and puts `connector` between words, where capitals, numbers, spaces, underscores and hyphens part
/// them.
///
/// Mirrors `xstrings.ToSnakeCase` and `ToKebabCase`.
pub(super) fn lower_words(text: &[u8], connector: char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut word = Word::split(text);
    while !word.rest.is_empty() {
        if word.kind != WordKind::Connector {
            word.write(&mut out, word.kind, connector);
        }
        let next = Word::split(word.rest);
        let last = std::mem::replace(&mut word, next);
        match last.kind {
            WordKind::Number => {
                word = word.write_alphanumerics(&mut out, connector);
                if word.parts_from_letters(true) {
                    push(&mut out, connector);
                }
            }
            WordKind::Connector => last.write(&mut out, WordKind::Connector, connector),
            WordKind::Punct => {}
            _ if word.kind != WordKind::Number => {
                if word.parts_from_letters(false) {
                    push(&mut out, connector);
                }
            }
            _ if word.rest.is_empty() => {}
            _ => {
                let next = Word::split(word.rest);
                let number = std::mem::replace(&mut word, next);
                if word.kind != WordKind::Alphabet {
                    // The number belongs to the word before it: `Bld4Floor` is `bld4_floor`.
                    number.write(&mut out, WordKind::Number, connector);
                    if word.parts_from_letters(false) {
                        push(&mut out, connector);
                    }
                } else {
                    // The number belongs to the letters after it: `HTTP2xx` is `http_2xx`.
                    push(&mut out, connector);
                    number.write(&mut out, WordKind::Number, connector);
                    word = word.write_alphanumerics(&mut out, connector);
                    if word.parts_from_letters(true) {
                        push(&mut out, connector);
                    }
                }
            }
        }
    }
    word.write(&mut out, word.kind, connector);
    out
}

fn is_connector(rune: char) -> bool {
    matches!(rune, '-' | '_') || is_space(rune)
}

/// Letters but for the common ideographs.
fn is_alphabet(rune: char) -> bool {
    is_letter(rune) && !matches!(u32::from(rune), 0x4E00..=0x9FCC | 0x3400..=0x4D85 | 0x20000..=0x2B81D)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WordKind {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punct,
    Other,
}

/// A run of like characters, and what follows it.
struct Word<'a> {
    kind: WordKind,
    text: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Word<'a> {
    /// Splits off the first word. Invalid bytes belong to the character that follows them.
    fn split(text: &'a [u8]) -> Self {
        let (rune, size) = next_valid(text, ERROR);
        if rune == ERROR {
            return Word::at(WordKind::Invalid, text, size);
        }
        let after = text.get(size..).unwrap_or_default();
        let run = |member: &dyn Fn(char) -> bool| size + run(after, rune, member).0;
        let lower = |it: char| is_alphabet(it) && !is_upper(it);
        match rune {
            _ if is_connector(rune) => Word::at(WordKind::Connector, text, run(&is_connector)),
            _ if is_punct(rune) => Word::at(WordKind::Punct, text, run(&is_punct)),
            _ if is_upper(rune) => Word::at(WordKind::Upper, text, size + upper_run(after, rune)),
            _ if is_alphabet(rune) => Word::at(WordKind::Alphabet, text, run(&lower)),
            _ if is_number(rune) => Word::at(WordKind::Number, text, run(&is_number)),
            _ => Word::at(WordKind::Other, text, {
                run(&|it| !(is_connector(it) || is_alphabet(it) || is_number(it) || is_punct(it)))
            }),
        }
    }

    fn at(kind: WordKind, text: &'a [u8], length: usize) -> Self {
        let (text, rest) = text.split_at(length.min(text.len()));
        Word { kind, text, rest }
    }

    /// Whether a connector stands between letters and this word.
    fn parts_from_letters(&self, unless_invalid: bool) -> bool {
        match self.kind {
            WordKind::Connector | WordKind::Punct => false,
            WordKind::Invalid => !unless_invalid,
            _ => true,
        }
    }

    /// Writes this and all following letters and numbers, and gives the word after them.
    fn write_alphanumerics(self, out: &mut Vec<u8>, connector: char) -> Self {
        let mut word = self;
        while matches!(word.kind, WordKind::Alphabet | WordKind::Number) {
            word.write(out, word.kind, connector);
            word = Word::split(word.rest);
        }
        word
    }

    fn write(&self, out: &mut Vec<u8>, kind: WordKind, connector: char) {
        if !matches!(kind, WordKind::Upper | WordKind::Connector) {
            out.extend_from_slice(self.text);
            return;
        }
        for rune in runes(self.text) {
            push(
                out,
                if is_connector(rune) {
                    connector
                } else if is_upper(rune) {
                    to_lower(rune)
                } else {
                    rune
                },
            );
        }
    }
}

/// How many bytes after a capital belong to its word: further capitals, of which the last one starts the next word if
/// letters follow it, or lower-case letters.
fn upper_run(after: &[u8], first: char) -> usize {
    if after.is_empty() {
        return 0;
    }
    let (second, size) = next_valid(after, first);
    if !is_upper(second) {
        if !is_alphabet(second) {
            return 0;
        }
        let tail = after.get(size..).unwrap_or_default();
        return size + run(tail, second, &|it| is_alphabet(it) && !is_upper(it)).0;
    }
    let mut length = size;
    let mut last_size = size;
    let mut previous = second;
    while let rest @ [_, ..] = after.get(length..).unwrap_or_default() {
        let (rune, size) = next_valid(rest, previous);
        previous = rune;
        if !is_upper(rune) {
            break;
        }
        last_size = size;
        length += size;
    }
    if length < after.len() && is_alphabet(previous) { length - last_size } else { length }
}

/// The length of the run of members at the start of `text`, and the rune looked at last.
fn run(text: &[u8], previous: char, member: &dyn Fn(char) -> bool) -> (usize, char) {
    let mut length = 0;
    let mut previous = previous;
    while let rest @ [_, ..] = text.get(length..).unwrap_or_default() {
        let (rune, size) = next_valid(rest, previous);
        previous = rune;
        if !member(rune) {
            break;
        }
        length += size;
    }
    (length, previous)
}

/// The first rune that is not U+FFFD and the bytes up to its end; `previous` where there is none.
fn next_valid(text: &[u8], previous: char) -> (char, usize) {
    let mut size = 0;
    while let (rune, width @ 1..) = decode(text.get(size..).unwrap_or_default()) {
        size += width;
        if rune != ERROR {
            return (rune, size);
        }
    }
    (previous, size)
}
