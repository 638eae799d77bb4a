//! The scalars and the short flow collections of a line.

use memchr::{memchr, memchr3};

use super::{Lines, end_of_line};
use crate::value::{List, Map, Type, Value};
use crate::yaml::eight;
use crate::yaml::resolve::{Numbers, Scalar, Version, resolve_plain};

/// Deeper flow collections are left to the parser, which knows the limit.
const FLOW_DEPTH: usize = 20;

impl Lines<'_> {
    /// The value that a collection awaits, where it is no block collection.
    pub(super) fn scalar(&mut self, from: usize) -> Option<()> {
        let line = &self.text[from..self.end];
        match line.first()? {
            quote @ (b'"' | b'\'') => self.quoted(from, *quote),
            b'|' | b'>' => self.block(from),
            b'[' | b'{' => self.flow(from),
            _ if !starts_plain(line) => None,
            _ => match plain_end(line)? {
                (_, true) => None,
                (end, false) => {
                    self.may_go_on = end == line.len();
                    self.plain(line[..end].trim_ascii_end())
                }
            },
        }
    }

    fn plain(&mut self, text: &[u8]) -> Option<()> {
        let value = if self.passes() && may_be_text(text) { Value::Nil } else { plain_value(text, self.numbers)? };
        self.put(value)
    }

    fn quoted(&mut self, from: usize, quote: u8) -> Option<()> {
        let keeps = !self.passes();
        let text = &self.text[from + 1..];
        if quote == b'"' && !keeps {
            let end = pass_double(text)?;
            return self.close_quote(from + 1, end, Value::Nil);
        }
        let mut value = Vec::new();
        let (mut at, mut kept) = (0, 0);
        let length = loop {
            at += if quote == b'"' { double_stop(&text[at..])? } else { memchr(quote, &text[at..])? };
            let (stands_for, width) = match text[at..] {
                [b'\'', b'\'', ..] => (b'\'', 2),
                [b'\'' | b'"', ..] => break at,
                [b'\\', it @ (b'"' | b'\\'), ..] => (it, 2),
                [b'\\', b'n', ..] => (b'\n', 2),
                [b'\\', b't', ..] => (b'\t', 2),
                [b'\\', b'u', b'0', b'0', first, second, ..] => {
                    let digits = [char::from(first).to_digit(16)?, char::from(second).to_digit(16)?];
                    let it = u8::try_from(digits[0] << 4 | digits[1]).ok()?;
                    if keeps && !it.is_ascii() {
                        return None;
                    }
                    (it, 6)
                }
                _ => return None,
            };
            if keeps {
                value.extend_from_slice(&text[kept..at]);
                value.push(stands_for);
                kept = at + width;
            }
            at += width;
        };
        if !keeps {
            return self.close_quote(from + 1, length, Value::Nil);
        }
        value.extend_from_slice(&text[kept..length]);
        self.close_quote(from + 1, length, Value::Str(value.into()))
    }

    /// Takes the value of a quoted scalar that starts behind its quote and is this long.
    fn close_quote(&mut self, start: usize, length: usize, value: Value) -> Option<()> {
        let close = start + length;
        if close > self.end {
            // Lines are folded; and marks of documents stand in no scalar.
            let mut breaks = memchr::memchr_iter(b'\n', &self.text[start..close]);
            if !self.passes() || breaks.any(|it| matches!(self.text.get(start + it + 1), Some(b'-' | b'.'))) {
                return None;
            }
            self.end = end_of_line(self.text, close);
            self.at = self.end + 1;
        }
        if !is_over(&self.text[close + 1..self.end]) {
            return None;
        }
        self.put(value)
    }

    /// A literal or folded scalar.
    fn block(&mut self, from: usize) -> Option<()> {
        let level = self.levels.last()?;
        let (header, parent, keeps) = (self.text[from..self.end].trim_ascii_end(), level.indent, !self.passes());
        let (style, chomping) = header.split_first()?;
        // Folding is the scanner's, and so are trailing lines that are kept where the last of them has no end.
        let is_ended = self.text.last() == Some(&b'\n');
        if !matches!(chomping, b"" | b"-" | b"+") || keeps && (*style == b'>' || *chomping == *b"+" && !is_ended) {
            return None;
        }
        let (mut indent, mut blank, mut breaks) = (0, 0, 0);
        let mut value = Vec::new();
        let mut is_first = true;
        while self.at < self.text.len() {
            let end = end_of_line(self.text, self.at);
            let line = &self.text[self.at..end];
            let bound = if indent == 0 { line.len() } else { indent.min(line.len()) };
            let spaces = line[..bound].iter().position(|it| *it != b' ').unwrap_or(bound);
            match line.get(spaces) {
                None => {
                    blank = blank.max(spaces);
                    breaks += 1;
                }
                Some(b'\t') if indent == 0 || spaces < indent => return None,
                Some(_) if indent == 0 && spaces > parent => {
                    // Empty lines before the first may not reach beyond its indentation.
                    if blank > spaces {
                        return None;
                    }
                    indent = spaces;
                }
                Some(_) if indent == 0 || spaces < indent => break,
                Some(_) => {}
            }
            if let Some(row) = line.get(spaces..).filter(|it| !it.is_empty()) {
                if keeps {
                    if !is_first {
                        value.push(b'\n');
                    }
                    value.extend(std::iter::repeat_n(b'\n', breaks));
                    value.extend_from_slice(row);
                }
                breaks = 0;
                is_first = false;
            }
            self.at = (end + 1).min(self.text.len());
        }
        if keeps {
            // The line end behind the last row, which the end of the text may lack.
            let last = usize::from(!is_first && (is_ended || self.at < self.text.len() || breaks > 0));
            let count = match chomping {
                b"-" => 0,
                b"+" => last + breaks,
                _ => last,
            };
            value.extend(std::iter::repeat_n(b'\n', count));
        }
        self.put(Value::Str(value.into()))
    }

    /// A flow collection in one line, of short scalars.
    fn flow(&mut self, from: usize) -> Option<()> {
        let line = &self.text[from..self.end];
        let (value, rest) = short_flow(line, self.numbers, 0)?;
        if !is_over(rest) {
            return None;
        }
        self.put(value)
    }
}

/// Whether nothing but blanks and a comment comes behind a node.
pub(super) fn is_over(rest: &[u8]) -> bool {
    match rest.iter().position(|it| *it != b' ') {
        None => true,
        Some(at) => at > 0 && rest[at] == b'#',
    }
}

/// Where the quoted scalar at the start of a line ends, where it has no escapes and ends there.
pub(super) fn short_quoted(line: &[u8], quote: u8) -> Option<usize> {
    let end = memchr(quote, &line[1..])? + 2;
    let is_short = line.get(end) != Some(&quote) && (quote == b'\'' || memchr(b'\\', &line[..end]).is_none());
    is_short.then_some(end)
}

/// The index of the quote that ends a scalar in double quotes, whose text nobody wants.
fn pass_double(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let (mut found, mut passed) = (eight::either(eight::word(text, at), b'"', b'\\'), 0);
        while found != 0 {
            let stop = passed + eight::first(found);
            let width = match text.get(at + stop..)? {
                [b'"', ..] => return Some(at + stop),
                [b'\\', b'"' | b'\\' | b'n' | b't' | b'\n', ..] => 2,
                [b'\\', b'u', b'0', b'0', first, second, ..]
                    if first.is_ascii_hexdigit() && second.is_ascii_hexdigit() =>
                {
                    6
                }
                _ => return None,
            };
            if stop + width >= 8 {
                passed = stop + width;
                break;
            }
            found >>= 8 * (stop + width - passed);
            passed = stop + width;
        }
        at += passed.max(8);
    }
    None
}

/// The first quote or back slash.
fn double_stop(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let found = eight::either(eight::word(text, at), b'"', b'\\');
        if found != 0 {
            return Some(at + eight::first(found));
        }
        at += 8;
    }
    None
}

/// Whether a plain scalar starts here for certain.
pub(super) fn starts_plain(line: &[u8]) -> bool {
    match line {
        [b'-', next, ..] => *next != b' ',
        [first, ..] => {
            let is_sign = matches!(first, b'_' | b'/' | b'.' | b'$' | b'(' | b'<' | b'=' | b'+' | b'~');
            is_sign || first.is_ascii_alphanumeric() || !first.is_ascii()
        }
        [] => false,
    }
}

/// Where a plain scalar ends that starts at the start of a line, blanks included, and whether as a key. `None` where there are tabs.
pub(super) fn plain_end(line: &[u8]) -> Option<(usize, bool)> {
    let mut at = 0;
    while let Some(found) = memchr3(b':', b'#', b'\t', &line[at..]) {
        at += found;
        match line[at] {
            b'\t' => return None,
            b':' if matches!(line.get(at + 1), None | Some(b' ')) => return Some((at, true)),
            b'#' if at > 0 && line[at - 1] == b' ' => return Some((at, false)),
            _ => at += 1,
        }
    }
    Some((line.len(), false))
}

/// Whether a plain scalar has no other meaning than its text. May say no.
fn may_be_text(text: &[u8]) -> bool {
    match text.first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'~') | None => !matches!(text.last(), Some(b'f' | b'F' | b'n' | b'N')),
        Some(_) => true,
    }
}

/// Whether a plain scalar is a text.
pub(super) fn is_text(text: &[u8]) -> bool {
    let is_word = text.len() > 5 && text.first().is_some_and(u8::is_ascii_alphabetic);
    is_word || resolve_plain(text, Version::V2) == Scalar::Text
}

/// What a plain scalar means; `None` where JSON cannot hold it.
fn plain_value(text: &[u8], numbers: Numbers) -> Option<Value> {
    if text.len() > 5 && text.first().is_some_and(u8::is_ascii_alphabetic) {
        return Some(Value::Str(text.into()));
    }
    match resolve_plain(text, Version::V2) {
        Scalar::Timestamp | Scalar::Text => Some(Value::Str(text.into())),
        Scalar::Float(it) if !it.is_finite() => None,
        scalar => numbers.value(&scalar),
    }
}

/// A flow collection of short scalars and of such collections, and what comes behind it.
fn short_flow(line: &[u8], numbers: Numbers, depth: usize) -> Option<(Value, &[u8])> {
    if depth > FLOW_DEPTH {
        return None;
    }
    let (open, mut rest) = line.split_first()?;
    let is_map = *open == b'{';
    let close = if is_map { b'}' } else { b']' };
    let (map, mut items) = (Map::any(), Vec::new());
    loop {
        rest = rest.trim_ascii_start();
        if let Some((first, after)) = rest.split_first()
            && *first == close
        {
            rest = after;
            break;
        }
        let mut key = None;
        if is_map {
            let (name, after) = short_scalar(rest, Numbers::Typed)?;
            let Value::Str(name) = name else { return None };
            if *name == *b"<<" {
                return None;
            }
            (key, rest) = (Some(name), after.strip_prefix(b": ")?.trim_ascii_start());
        }
        let (value, after) = match rest.first()? {
            b'[' | b'{' => short_flow(rest, numbers, depth + 1)?,
            _ => short_scalar(rest, numbers)?,
        };
        match key {
            Some(key) => map.insert(key, value),
            None => items.push(value),
        }
        rest = after.trim_ascii_start();
        match rest.first()? {
            b',' => rest = &rest[1..],
            it if *it == close => {}
            _ => return None,
        }
    }
    Some((if is_map { Value::Map(map) } else { List::grown(Type::LIST, items).into() }, rest))
}

/// A scalar in a flow collection: quoted without escapes, or of letters that mean nothing there.
fn short_scalar(text: &[u8], numbers: Numbers) -> Option<(Value, &[u8])> {
    if let Some(quote @ (b'"' | b'\'')) = text.first() {
        let end = short_quoted(text, *quote)?;
        return Some((Value::Str(text[1..end - 1].into()), &text[end..]));
    }
    let is_part = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b'/' | b'-');
    let end = text.iter().position(|it| !is_part(it)).unwrap_or(text.len());
    let scalar = &text[..end];
    if scalar.first().is_none_or(|it| *it == b'-') {
        return None;
    }
    Some((plain_value(scalar, numbers)?, &text[end..]))
}
