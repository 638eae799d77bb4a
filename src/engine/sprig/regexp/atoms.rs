//! The small parts of a pattern: characters, escapes and counts.

use super::syntax_error::SyntaxError;
use crate::sprig::runes::{ERROR, decode};

/// The most copies that counts may ask for.
pub(super) const MAX_COPIES: u32 = crate::limits::REGEX_COPIES.most as u32;

/// A single character of a class.
pub(super) fn class_rune<'p>(text: &'p [u8], class: &'p [u8]) -> Result<(char, &'p [u8]), SyntaxError> {
    match text {
        [] => Err(SyntaxError::new("missing closing ]", class)),
        [b'\\', ..] => rune_escape(text),
        _ => next_rune(text),
    }
}

/// Reads an escape that stands for one character.
pub(super) fn rune_escape(text: &[u8]) -> Result<(char, &[u8]), SyntaxError> {
    let rest = text.get(1..).unwrap_or_default();
    if rest.is_empty() {
        return Err(SyntaxError::new("trailing backslash at end of expression", b""));
    }
    let (rune, rest) = next_rune(rest)?;
    let simple = match rune {
        'a' => '\u{7}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{B}',
        '0'..='7' if rune == '0' || matches!(rest.first(), Some(b'0'..=b'7')) => {
            let digits = rest.iter().take(2).take_while(|it| matches!(it, b'0'..=b'7')).count();
            let (digits, after) = rest.split_at(digits);
            let first = rune.to_digit(8).unwrap_or(0);
            let value = digits.iter().fold(first, |value, digit| value * 8 + u32::from(digit - b'0'));
            return Ok((char::from_u32(value).unwrap_or(ERROR), after));
        }
        'x' => return hexadecimal(text, rest),
        _ if rune.is_ascii() && !rune.is_ascii_alphanumeric() => rune,
        _ => return Err(SyntaxError::new("invalid escape sequence", between(text, rest))),
    };
    Ok((simple, rest))
}

/// Reads what follows `\x`: two digits, or any number in braces.
fn hexadecimal<'p>(text: &'p [u8], rest: &'p [u8]) -> Result<(char, &'p [u8]), SyntaxError> {
    let wrong = |rest: &[u8]| Err(SyntaxError::new("invalid escape sequence", between(text, rest)));
    if rest.is_empty() {
        return wrong(rest);
    }
    let (first, mut rest) = next_rune(rest)?;
    if first != '{' {
        let (second, after) = next_rune(rest)?;
        return match (first.to_digit(16), second.to_digit(16)) {
            (Some(high), Some(low)) => Ok((char::from_u32(high * 16 + low).unwrap_or(ERROR), after)),
            _ => wrong(after),
        };
    }
    let (mut value, mut digits) = (0, 0);
    while !rest.is_empty() {
        let (rune, after) = next_rune(rest)?;
        rest = after;
        match rune.to_digit(16) {
            Some(digit) => value = value * 16 + digit,
            None if rune == '}' && digits > 0 => return Ok((char::from_u32(value).unwrap_or(ERROR), rest)),
            None => break,
        }
        if value > u32::from(char::MAX) {
            break;
        }
        digits += 1;
    }
    wrong(rest)
}

/// What counts in braces are: the least and, where there is one, the most copies; `None` of too great a number.
pub(super) type Copies = Option<(u32, Option<u32>)>;

/// Reads `{2}`, `{2,}` or `{2,5}`; `None` of anything else, which is then literal.
pub(super) fn count(text: &[u8]) -> Option<(Copies, &[u8])> {
    let (min, rest) = number(text.strip_prefix(b"{")?)?;
    let within = |it: u32| it <= MAX_COPIES;
    if let Some(after) = rest.strip_prefix(b"}") {
        return Some((within(min).then_some((min, Some(min))), after));
    }
    let rest = rest.strip_prefix(b",")?;
    if let Some(after) = rest.strip_prefix(b"}") {
        return Some((within(min).then_some((min, None)), after));
    }
    let (max, rest) = number(rest)?;
    Some(((within(min) && within(max)).then_some((min, Some(max))), rest.strip_prefix(b"}")?))
}

/// Reads a decimal number without leading zeros; too great a one is the greatest.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    match digits {
        [] | [b'0', _, ..] => None,
        _ => Some((std::str::from_utf8(digits).ok()?.parse().unwrap_or(u32::MAX), rest)),
    }
}

/// The first rune; U+FFFD of nothing, as in Go.
pub(super) fn next_rune(text: &[u8]) -> Result<(char, &[u8]), SyntaxError> {
    match decode(text) {
        (ERROR, 1) => Err(SyntaxError::new("invalid UTF-8", text)),
        (rune, width) => Ok((rune, text.get(width..).unwrap_or_default())),
    }
}

pub(super) fn check_utf8(text: &[u8]) -> Result<(), SyntaxError> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(fault) => Err(SyntaxError::new("invalid UTF-8", text.get(fault.valid_up_to()..).unwrap_or_default())),
    }
}

/// What stands in `text` before its suffix `rest`.
pub(super) fn between<'p>(text: &'p [u8], rest: &[u8]) -> &'p [u8] {
    text.get(..text.len() - rest.len().min(text.len())).unwrap_or_default()
}
