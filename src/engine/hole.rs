//! Holes: strings whose text is not known while a template renders.
//!
//! A hole is an opaque token inside ordinary text. What a template does with it is recorded as an [`Expr`] under a token
//! of its own, and computed only when someone who holds the secrets asks for it. Equal expressions share one token, so
//! that equal strings stay equal.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::value::{Str, Value};

/// Tokens are these characters around a decimal index. They lie in Unicode's private use area, which YAML and JSON
/// writers pass through as they are.
const OPEN: &str = "\u{F5EA}";
const CLOSE: &str = "\u{F5EB}";

/// How a hole's text comes about.
#[derive(Clone, Debug)]
pub enum Expr {
    /// The secret of this name.
    Secret(String),
    /// What a pure function gives for these arguments; holes stand in them as tokens.
    Call { function: String, args: Vec<Value> },
}

/// The holes of one render, in the order they came up.
#[derive(Clone, Debug, Default)]
pub struct Holes {
    exprs: Vec<Expr>,
    /// The debug form of each expression tells it apart: it shows every type, string and token in full.
    known: BTreeMap<String, usize>,
    /// The secrets that may be templates themselves.
    templates: BTreeSet<String>,
}

/// A piece of a text that may hold holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a [u8]),
    Hole(usize),
}

impl Holes {
    pub fn new() -> Self {
        Holes::default()
    }

    /// The text that stands for an expression from now on.
    pub fn token(&mut self, expr: Expr) -> Str {
        self.add(expr).1
    }

    /// The index of an expression, and the text that stands for it from now on.
    pub fn add(&mut self, expr: Expr) -> (usize, Str) {
        let identity = format!("{expr:?}");
        let next = self.exprs.len();
        let index = *self.known.entry(identity).or_insert(next);
        if index == next {
            self.exprs.push(expr);
        }
        (index, Holes::token_of(index))
    }

    /// Notes that a secret [may be a template](may_be_template).
    pub fn mark_template(&mut self, secret: &str) {
        self.templates.insert(secret.into());
    }

    /// Whether a secret may be a template.
    pub fn is_template(&self, secret: &str) -> bool {
        self.templates.contains(secret)
    }

    /// The text that stands for the hole of this index.
    pub fn token_of(index: usize) -> Str {
        format!("{OPEN}{index}{CLOSE}").into()
    }

    pub fn get(&self, index: usize) -> Option<&Expr> {
        self.exprs.get(index)
    }

    pub fn len(&self) -> usize {
        self.exprs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.exprs.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Expr> {
        self.exprs.iter()
    }
}

/// Why a text cannot be sealed: what templates make of it would not open to what they make of the text itself.
pub fn refusal(text: &[u8]) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(text) else { return Some("it is no UTF-8 text") };
    let unwritable = |it: char| matches!(it, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if text.is_empty() {
        return Some("it is empty, and a template may ask whether it is");
    }
    if text.contains(unwritable) {
        return Some("it holds characters that no YAML can hold");
    }
    if text.contains(OPEN) || text.contains(CLOSE) {
        return Some("it holds a character that stands for sealed text");
    }
    if text.contains("<no value>") {
        return Some("it holds `<no value>`, which Helm takes out of what it prints");
    }
    None
}

/// Whether a text could be, or become with what stands around it, a template.
pub fn may_be_template(text: &[u8]) -> bool {
    let brace = |it: Option<&u8>| matches!(it, Some(b'{' | b'}'));
    find(text, b"{{").is_some() || find(text, b"}}").is_some() || brace(text.first()) || brace(text.last())
}

/// Whether a hole stands anywhere in the value, map keys included.
pub fn stands_in(value: &Value) -> bool {
    match value {
        Value::Str(text) | Value::Bytes(text) => stands_in_text(text),
        Value::List(list) => list.items().iter().any(stands_in),
        Value::Map(map) => map.entries().iter().any(|(key, value)| stands_in_text(key) || stands_in(value)),
        Value::Object(object) => stands_in(&object.plain()),
        _ => false,
    }
}

/// Whether a hole stands in the text.
pub fn stands_in_text(text: &[u8]) -> bool {
    find(text, OPEN.as_bytes()).is_some()
}

/// Cuts a text at its holes.
pub fn pieces(text: &[u8]) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = find(&rest[from..], OPEN.as_bytes()).map(|it| it + from) {
        let inner = &rest[start + OPEN.len()..];
        let digits = inner.iter().take_while(|it| it.is_ascii_digit()).count();
        let index = std::str::from_utf8(&inner[..digits]).ok().and_then(|it| it.parse().ok());
        match index {
            Some(index) if inner[digits..].starts_with(CLOSE.as_bytes()) => {
                if start > 0 {
                    found.push(Piece::Text(&rest[..start]));
                }
                found.push(Piece::Hole(index));
                rest = &inner[digits + CLOSE.len()..];
                from = 0;
            }
            _ => from = start + OPEN.len(),
        }
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The text with every hole replaced by what `fill` gives for it.
pub fn fill<'a, E>(text: &'a [u8], mut fill: impl FnMut(usize) -> Result<Str, E>) -> Result<Cow<'a, [u8]>, E> {
    if !stands_in_text(text) {
        return Ok(Cow::Borrowed(text));
    }
    let mut filled = Vec::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.extend_from_slice(text),
            Piece::Hole(index) => filled.extend_from_slice(&fill(index)?),
        }
    }
    Ok(Cow::Owned(filled))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|it| it == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_expressions_share_a_token() {
        let mut holes = Holes::new();
        let key = holes.token(Expr::Secret("cilium/ca.key".into()));
        let encoded =
            |holes: &mut Holes| holes.token(Expr::Call { function: "b64enc".into(), args: vec![key.clone().into()] });
        assert_eq!(encoded(&mut holes), encoded(&mut holes));
        assert_ne!(key, encoded(&mut holes));
        assert_eq!(holes.len(), 2);
    }

    #[test]
    fn cuts_and_fills() {
        let mut holes = Holes::new();
        let token = holes.token(Expr::Secret("a".into()));
        let text = [b"x: ", token.as_bytes(), b"\n", OPEN.as_bytes(), b"no"].concat();
        assert_eq!(
            pieces(&text),
            [Piece::Text(b"x: "), Piece::Hole(0), Piece::Text(&[b"\n", OPEN.as_bytes(), b"no"].concat())]
        );
        let filled = fill(&text, |_| Ok::<_, ()>("secret".into())).expect("filled");
        assert!(filled.starts_with(b"x: secret\n"));
        assert!(stands_in(&Value::map([("k", Value::list([Value::Str(token)]))])));
    }
}
