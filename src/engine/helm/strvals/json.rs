//! One JSON value at the head of a text, as `json.Decoder.Decode` takes it.

use crate::value::Value;
use crate::yaml::{self, JsonError};

/// The value and the number of characters it covers, leading blanks included. The error is Go's text.
pub(super) fn decode_prefix(text: &[char]) -> Result<(Value, usize), String> {
    let end = extent(text);
    let slice: String = text.get(..end.length).unwrap_or_default().iter().collect();
    match yaml::read_json(slice.as_bytes()) {
        Ok(value) => Ok((value, end.length)),
        // A decoder reads from a stream: what is cut short is for it an unexpected end of the file, even in a word or a
        // number, at whose end the reader of whole texts thinks of a blank.
        Err(JsonError::Syntax(fault)) if fault.is_at_end() => Err("unexpected EOF".into()),
        Err(fault) => Err(fault.to_string()),
    }
}

struct Extent {
    length: usize,
}

/// Finds where the first value ends, by its brackets and quotes alone. What is malformed inside is for the reader to say.
fn extent(text: &[char]) -> Extent {
    let mut at = text.iter().take_while(|it| matches!(it, ' ' | '\t' | '\r' | '\n')).count();
    match text.get(at) {
        Some('{' | '[') => {
            let mut depth = 0usize;
            while let Some(rune) = text.get(at) {
                match rune {
                    '{' | '[' => depth += 1,
                    '}' | ']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Extent { length: at + 1 };
                        }
                    }
                    '"' => {
                        at = string_end(text, at);
                        continue;
                    }
                    _ => {}
                }
                at += 1;
            }
            Extent { length: text.len() }
        }
        Some('"') => Extent { length: string_end(text, at) },
        Some('-' | '0'..='9') => Extent { length: number_end(text, at) },
        Some(first) => {
            // A literal is read letter by letter; the first wrong letter must be in sight for the error to name it.
            let word: &[char] = match first {
                't' => &['t', 'r', 'u', 'e'],
                'f' => &['f', 'a', 'l', 's', 'e'],
                'n' => &['n', 'u', 'l', 'l'],
                _ => &['\0'],
            };
            let same = word.iter().zip(&text[at..]).take_while(|(a, b)| a == b).count();
            let length = if same == word.len() { at + same } else { at + same + 1 };
            Extent { length: length.min(text.len()) }
        }
        None => Extent { length: text.len() },
    }
}

/// The position after the string that opens at `at`.
fn string_end(text: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(rune) = text.get(at) {
        match rune {
            '"' => return at + 1,
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The position after the longest prefix that Go's scanner takes for one number.
fn number_end(text: &[char], start: usize) -> usize {
    let digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let mut at = start;
    if text.get(at) == Some(&'-') {
        at += 1;
    }
    if text.get(at) == Some(&'0') {
        at += 1;
    } else if digit(at) {
        while digit(at) {
            at += 1;
        }
    } else {
        return (at + 1).min(text.len());
    }
    if text.get(at) == Some(&'.') {
        at += 1;
        if !digit(at) {
            return (at + 1).min(text.len());
        }
        while digit(at) {
            at += 1;
        }
    }
    if matches!(text.get(at), Some('e' | 'E')) {
        at += 1;
        if matches!(text.get(at), Some('+' | '-')) {
            at += 1;
        }
        if !digit(at) {
            return (at + 1).min(text.len());
        }
        while digit(at) {
            at += 1;
        }
    }
    at
}
