//! Regular expressions as Go has them: RE2 syntax, leftmost-first matches, and linear time.
//!
//! Mirrors Go's `regexp`. The parser is our own, and the matching is that of `regex-automata`. Go takes each byte that is
//! no UTF-8 for a U+FFFD of width 1, so a text with such bytes is matched in a form where they are, and the offsets are
//! translated back.

mod atoms;
mod class;
mod parse;
mod parse_class;
mod syntax_error;
mod text;
mod tree;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use regex_automata::Input;
use regex_automata::meta::{self, Regex};

use crate::strconv;
use parse::Parsed;
use text::Text;

pub(crate) use syntax_error::SyntaxError;

/// The largest automaton that is built, in bytes.
const NFA_LIMIT: usize = crate::limits::REGEX_SIZE.size();
/// How many compiled expressions are kept.
const CACHED: usize = 64;

/// A compiled regular expression.
pub(crate) struct Regexp {
    regex: Regex,
    /// The names of the groups, the whole match first.
    names: Vec<Option<String>>,
    empty_pattern: bool,
}

impl Regexp {
    /// Compiles a pattern, or gives what was compiled before.
    ///
    /// Mirrors `regexp.Compile`.
    pub(crate) fn compile(pattern: &[u8]) -> Result<Rc<Self>, SyntaxError> {
        thread_local! {
            static COMPILED: RefCell<BTreeMap<Vec<u8>, Rc<Regexp>>> = const { RefCell::new(BTreeMap::new()) };
        }
        if let Some(known) = COMPILED.with_borrow(|it| it.get(pattern).cloned()) {
            return Ok(known);
        }
        let compiled = Rc::new(Regexp::build(pattern)?);
        COMPILED.with_borrow_mut(|cache| {
            if cache.len() >= CACHED {
                cache.clear();
            }
            cache.insert(pattern.to_vec(), Rc::clone(&compiled));
        });
        Ok(compiled)
    }

    fn build(pattern: &[u8]) -> Result<Self, SyntaxError> {
        let Parsed { hir, names } = parse::parse(pattern)?;
        // A template matches but a few short texts: machines that are built ahead cost more than they save.
        let config = meta::Config::new().nfa_size_limit(Some(NFA_LIMIT)).dfa(false).onepass(false);
        let built = meta::Builder::new().configure(config).build_from_hir(&hir);
        let regex = built.map_err(|_| SyntaxError::new("expression too large", pattern))?;
        Ok(Regexp { regex, names, empty_pattern: pattern.is_empty() })
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(Text::new(text).bytes())
    }

    /// The leftmost match.
    pub(crate) fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let decoded = Text::new(text);
        let found = self.regex.find(decoded.bytes())?;
        text.get(decoded.original(found.range()))
    }

    /// Up to `limit` matches that do not overlap, all where it is negative; none at all is `None`.
    ///
    /// Mirrors `FindAllString`.
    pub(crate) fn find_all<'t>(&self, text: &'t [u8], limit: i64) -> Option<Vec<&'t [u8]>> {
        let decoded = Text::new(text);
        let found = self.ranges(&decoded, limit);
        let parts = found.into_iter().map(|it| text.get(decoded.original(it)).unwrap_or_default()).collect::<Vec<_>>();
        (!parts.is_empty()).then_some(parts)
    }

    /// What stands between matches, in at most `limit` parts, and the number of matches; `None` for a limit of 0.
    ///
    /// Mirrors `Regexp.Split`.
    pub(crate) fn split<'t>(&self, text: &'t [u8], limit: i64) -> Option<(Vec<&'t [u8]>, usize)> {
        if limit == 0 {
            return None;
        }
        if !self.empty_pattern && text.is_empty() {
            return Some((vec![text], 1));
        }
        let decoded = Text::new(text);
        let mut parts = Vec::new();
        let (mut start, mut end) = (0, 0);
        let matches = self.ranges(&decoded, limit);
        let count = matches.len();
        for found in matches {
            if limit > 0 && parts.len() as i64 == limit - 1 {
                break;
            }
            end = found.start;
            if found.end != 0 {
                parts.push(text.get(decoded.original(start..end)).unwrap_or_default());
            }
            start = found.end;
        }
        if end != decoded.bytes().len() {
            parts.push(text.get(decoded.original(start..decoded.bytes().len())).unwrap_or_default());
        }
        Some((parts, count))
    }

    /// Replaces each match by the template, in which `$1`, `${1}` and `${name}` stand for what a group matched.
    ///
    /// Mirrors `ReplaceAllString`.
    pub(crate) fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        let pieces = self.template(template);
        self.replace(text, |out, group| {
            for piece in &pieces {
                match piece {
                    Piece::Text(text) => out.extend_from_slice(text),
                    Piece::Group(index) => out.extend_from_slice(group(*index)),
                    Piece::Named(indices) => {
                        let part = indices.iter().map(|it| group(*it)).find(|it| !it.is_empty());
                        out.extend_from_slice(part.unwrap_or_default());
                    }
                }
            }
        })
    }

    /// Replaces each match by the text as it stands.
    pub(crate) fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.replace(text, |out, _| out.extend_from_slice(replacement))
    }

    fn replace<'t>(&self, text: &'t [u8], mut write: impl FnMut(&mut Vec<u8>, &dyn Fn(usize) -> &'t [u8])) -> Vec<u8> {
        let decoded = Text::new(text);
        let haystack = decoded.bytes();
        let slice = |range: Range<usize>| text.get(decoded.original(range)).unwrap_or_default();
        let mut captures = self.regex.create_captures();
        let mut out = Vec::with_capacity(text.len());
        let (mut last_end, mut search) = (0, 0);
        while search <= haystack.len() {
            self.regex.search_captures(&Input::new(haystack).range(search..), &mut captures);
            let Some(found) = captures.get_match() else { break };
            out.extend_from_slice(slice(last_end..found.start()));
            // An empty match right after another one is none.
            if found.end() > last_end || found.start() == 0 {
                write(&mut out, &|index| captures.get_group(index).map_or(&[][..], |it| slice(it.range())));
            }
            last_end = found.end();
            search = found.end().max(search + decoded.width(search).max(1));
        }
        out.extend_from_slice(slice(last_end..haystack.len()));
        out
    }

    /// The ranges of matches in the decoded text; an empty one right after another is none.
    fn ranges(&self, text: &Text<'_>, limit: i64) -> Vec<Range<usize>> {
        let haystack = text.bytes();
        let mut found = Vec::new();
        let mut previous = None;
        let mut search = 0;
        while search <= haystack.len() && (limit < 0 || (found.len() as i64) < limit) {
            let Some(next) = self.regex.search(&Input::new(haystack).range(search..)) else { break };
            let empty = next.end() == search;
            if !(empty && previous == Some(next.start())) {
                found.push(next.range());
            }
            previous = Some(next.end());
            search = if empty { search + text.width(search).max(1) } else { next.end() };
        }
        found
    }

    /// Reads a replacement template. A `$` that starts no reference stands for itself, and `$$` for one.
    fn template(&self, template: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some(at) = rest.iter().position(|it| *it == b'$') {
            let (before, after) = rest.split_at(at);
            pieces.push(Piece::Text(before.to_vec()));
            rest = after.get(1..).unwrap_or_default();
            if let Some(next) = rest.strip_prefix(b"$") {
                pieces.push(Piece::Text(b"$".to_vec()));
                rest = next;
            } else if let Some((name, next)) = text::reference(rest) {
                pieces.push(self.reference(name));
                rest = next;
            } else {
                pieces.push(Piece::Text(b"$".to_vec()));
            }
        }
        pieces.push(Piece::Text(rest.to_vec()));
        pieces
    }

    fn reference(&self, name: &[u8]) -> Piece {
        let numeric = name.iter().all(u8::is_ascii_digit) && name.len() <= 9 && !(name.len() > 1 && name[0] == b'0');
        if let Some(index) = std::str::from_utf8(name).ok().filter(|_| numeric).and_then(|it| it.parse().ok()) {
            return Piece::Group(index);
        }
        let named = self.names.iter().enumerate();
        Piece::Named(
            named.filter(|(_, it)| it.as_ref().is_some_and(|it| it.as_bytes() == name)).map(|(at, _)| at).collect(),
        )
    }
}

/// A part of a replacement template.
enum Piece {
    Text(Vec<u8>),
    Group(usize),
    /// The first of these groups that took part in the match.
    Named(Vec<usize>),
}

/// Escapes what has a meaning in a pattern.
///
/// Mirrors `regexp.QuoteMeta`.
pub(crate) fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

/// What `regexp.MustCompile` panics with.
pub(crate) fn panic_text(pattern: &[u8], fault: &SyntaxError) -> String {
    let plain = |it: char| it != '`' && it != '\u{FEFF}' && it != '\u{7F}' && (it >= ' ' || it == '\t');
    let quoted = match std::str::from_utf8(pattern) {
        Ok(text) if text.chars().all(plain) => format!("`{text}`"),
        _ => strconv::quote(pattern),
    };
    format!("regexp: Compile({quoted}): {fault}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(pattern: &str) -> String {
        Regexp::compile(pattern.as_bytes()).err().map(|it| it.to_string()).unwrap_or_default()
    }

    #[test]
    fn deep_and_large_patterns_are_errors() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(fault(&nested(999)), "");
        assert_eq!(
            fault(&nested(1000)),
            format!("error parsing regexp: expression nests too deeply: `{}`", nested(1000))
        );
        assert!(fault(&nested(100_000)).starts_with("error parsing regexp: expression nests too deeply"));
        let large = format!("(?:{}){{1000}}", "a".repeat(4000));
        assert_eq!(fault(&large), format!("error parsing regexp: expression too large: `{large}`"));
        assert_eq!(fault("((a{30}){30}){30}"), "error parsing regexp: invalid repeat count: `{30}`");
    }

    #[test]
    fn invalid_bytes_match_as_replacement_characters() {
        let any = Regexp::compile(b"[^a]").expect("a pattern");
        assert_eq!(any.find_all(b"a\xff\xc3\xa9\xe2\x82", -1), Some(vec![&b"\xff"[..], b"\xc3\xa9", b"\xe2", b"\x82"]));
        assert_eq!(any.replace_all(b"\xffa\xfe", b"<$0>"), b"<\xff>a<\xfe>");
    }
}
