//! Holes: strings whose text is not known while a template renders.
//!
//! A hole is an opaque token inside ordinary text. What a template does with it is recorded as an [`Expr`] under a token
//! of its own, and computed only when someone who holds the secrets asks for it. Equal expressions share one token, so
//! that equal strings stay equal.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::value::{Str, Value};

/// A token is `OPEN session - index - tag CLOSE`. The session is the same in all tokens of a render, and the tag tells
/// that the token was made for this index. Both come from the seed, so that nobody can write a token who was not given
/// it. The outer characters lie in Unicode's private use area, which YAML and JSON writers pass through as they are; they
/// mean nothing of their own. The session comes first and the index before the tag, so that tokens sort alike in every
/// render.
const OPEN: &str = "\u{F5EA}";
const CLOSE: &str = "\u{F5EB}";

/// What the tokens of a render are made of: chance, which no template, value, file or bundle knows.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes bytes from a cryptographic random source; used for one render, or to open one bundle.
    pub fn new(random: [u8; 32]) -> Seed {
        Seed(random)
    }

    /// The seed of a part of the same work.
    #[must_use]
    pub fn derive(&self, part: u64) -> Seed {
        Seed(self.hash("part", part))
    }

    fn hash(&self, what: &str, number: u64) -> [u8; 32] {
        let hash = Sha256::new().chain_update(self.0).chain_update(what).chain_update(number.to_be_bytes());
        hash.finalize().into()
    }
}

/// Shows nothing: who knows the seed can write tokens.
impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// How a hole's text comes about.
#[derive(Clone, Debug)]
pub enum Expr {
    /// The secret of this name.
    Secret(String),
    /// What a pure function gives for these arguments; holes stand in them as tokens.
    Call {
        /// What templates call the function by.
        function: String,
        /// Its arguments, as they were checked before the call.
        args: Vec<Value>,
    },
}

/// The holes of one render, in the order they came up.
#[derive(Clone, Debug)]
pub struct Holes {
    seed: Seed,
    /// What every token begins with.
    prefix: Vec<u8>,
    exprs: Vec<Expr>,
    tokens: Vec<Str>,
    /// The debug form of each expression tells it apart: it shows every type, string and token in full.
    known: BTreeMap<String, usize>,
    /// The secrets that may be templates themselves.
    templates: BTreeSet<String>,
}

/// A piece of a text that may hold holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands for itself.
    Text(&'a [u8]),
    /// The hole of this index, for [`Holes::get`].
    Hole(usize),
}

impl Holes {
    /// No holes yet. Two renders of one seed make the same tokens.
    pub fn new(seed: Seed) -> Self {
        let session = hex::encode(&seed.hash("session", 0)[..8]);
        Holes {
            prefix: format!("{OPEN}{session}-").into_bytes(),
            seed,
            exprs: Vec::new(),
            tokens: Vec::new(),
            known: BTreeMap::new(),
            templates: BTreeSet::new(),
        }
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
            let tag = hex::encode(&self.seed.hash("token", index as u64)[..16]);
            let text = format!("{index}-{tag}{CLOSE}");
            self.tokens.push([self.prefix.as_slice(), text.as_bytes()].concat().into());
        }
        (index, self.token_at(index))
    }

    /// Notes that a secret [may be a template](may_be_template).
    pub fn mark_template(&mut self, secret: &str) {
        self.templates.insert(secret.into());
    }

    /// Whether a secret may be a template.
    pub(crate) fn is_template(&self, secret: &str) -> bool {
        self.templates.contains(secret)
    }

    /// The text that stands for the hole of this index; empty where there is none.
    pub fn token_at(&self, index: usize) -> Str {
        self.tokens.get(index).cloned().unwrap_or_default()
    }

    /// How the hole of this index comes about; `None` where there is none.
    pub fn get(&self, index: usize) -> Option<&Expr> {
        self.exprs.get(index)
    }

    /// How many holes there are; their indexes are those below.
    pub fn len(&self) -> usize {
        self.exprs.len()
    }

    /// Whether nothing was sealed so far.
    pub fn is_empty(&self) -> bool {
        self.exprs.is_empty()
    }

    /// How each hole comes about, by index.
    pub fn iter(&self) -> impl Iterator<Item = &Expr> {
        self.exprs.iter()
    }

    /// Whether a hole stands anywhere in the value, map keys included.
    pub fn stand_in(&self, value: &Value) -> bool {
        if self.exprs.is_empty() {
            return false;
        }
        match value {
            Value::Str(text) | Value::Bytes(text) => self.stand_in_text(text),
            Value::List(list) => list.items().iter().any(|it| self.stand_in(it)),
            Value::Map(map) => map.entries().iter().any(|(key, value)| self.stand_in_text(key) || self.stand_in(value)),
            Value::Object(object) => self.stand_in(&object.plain()),
            _ => false,
        }
    }

    /// Whether a hole stands in the text, or a piece of one.
    pub fn stand_in_text(&self, text: &[u8]) -> bool {
        !self.exprs.is_empty() && find(text, &self.prefix).is_some()
    }

    /// Cuts a text at its holes. Text that only looks like a hole is text.
    pub fn pieces<'t>(&self, text: &'t [u8]) -> Vec<Piece<'t>> {
        let mut found = Vec::new();
        let mut rest = text;
        let mut from = 0;
        while !self.exprs.is_empty()
            && let Some(start) = find(&rest[from..], &self.prefix).map(|it| it + from)
        {
            match self.token_of(&rest[start..]) {
                Some((index, length)) => {
                    if start > 0 {
                        found.push(Piece::Text(&rest[..start]));
                    }
                    found.push(Piece::Hole(index));
                    rest = &rest[start + length..];
                    from = 0;
                }
                None => from = start + self.prefix.len(),
            }
        }
        if !rest.is_empty() {
            found.push(Piece::Text(rest));
        }
        found
    }

    /// The hole whose token a text begins with, and the length of that.
    fn token_of(&self, text: &[u8]) -> Option<(usize, usize)> {
        let digits = text.get(self.prefix.len()..)?;
        let digits = &digits[..digits.iter().take_while(|it| it.is_ascii_digit()).count()];
        let index: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let token = self.tokens.get(index)?;
        text.starts_with(token).then(|| (index, token.len()))
    }

    /// The text with every hole replaced by what `fill` gives for it.
    pub fn fill<'a, E>(
        &self,
        text: &'a [u8],
        mut fill: impl FnMut(usize) -> Result<Str, E>,
    ) -> Result<Cow<'a, [u8]>, E> {
        if !self.stand_in_text(text) {
            return Ok(Cow::Borrowed(text));
        }
        let mut filled = Vec::with_capacity(text.len());
        for piece in self.pieces(text) {
            match piece {
                Piece::Text(text) => filled.extend_from_slice(text),
                Piece::Hole(index) => filled.extend_from_slice(&fill(index)?),
            }
        }
        Ok(Cow::Owned(filled))
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

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|it| *it == first) {
        from += at;
        if text[from..].starts_with(what) {
            return Some(from);
        }
        from += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(seed: u8) -> Holes {
        Holes::new(Seed::new([seed; 32]))
    }

    #[test]
    fn equal_expressions_share_a_token() {
        let mut holes = holes(1);
        let key = holes.token(Expr::Secret("cilium/ca.key".into()));
        let encoded =
            |holes: &mut Holes| holes.token(Expr::Call { function: "b64enc".into(), args: vec![key.clone().into()] });
        assert_eq!(encoded(&mut holes), encoded(&mut holes));
        assert_ne!(key, encoded(&mut holes));
        assert_eq!(holes.len(), 2);
    }

    #[test]
    fn cuts_and_fills() {
        let mut holes = holes(1);
        let token = holes.token(Expr::Secret("a".into()));
        let text = [b"x: ", token.as_bytes(), b"\n", OPEN.as_bytes(), b"no"].concat();
        assert_eq!(
            holes.pieces(&text),
            [Piece::Text(b"x: "), Piece::Hole(0), Piece::Text(&[b"\n", OPEN.as_bytes(), b"no"].concat())]
        );
        let filled = holes.fill(&text, |_| Ok::<_, ()>("secret".into())).expect("filled");
        assert!(filled.starts_with(b"x: secret\n"));
        assert!(holes.stand_in(&Value::map([("k", Value::list([Value::Str(token)]))])));
    }

    #[test]
    fn a_token_says_nothing_of_any_other() {
        let (mut own, mut other) = (holes(1), holes(2));
        let tokens = [own.token(Expr::Secret("a".into())), own.token(Expr::Secret("b".into()))];
        let foreign = other.token(Expr::Secret("a".into()));
        let text = |it: &Str| it.to_text().into_owned();
        let renumbered = text(&tokens[0]).replacen("-0-", "-1-", 1);
        let torn = text(&tokens[0]).replace(CLOSE, "");
        for forged in [text(&foreign), renumbered.clone(), torn.clone(), format!("{OPEN}0{CLOSE}"), OPEN.into()] {
            assert_eq!(own.pieces(forged.as_bytes()), [Piece::Text(forged.as_bytes())]);
        }
        assert!(own.stand_in_text(renumbered.as_bytes()) && own.stand_in_text(torn.as_bytes()));
        assert!(!own.stand_in_text(foreign.as_bytes()));
        assert_eq!(
            own.pieces(&[tokens[0].as_bytes(), tokens[1].as_bytes()].concat()),
            [Piece::Hole(0), Piece::Hole(1)]
        );
    }
}
