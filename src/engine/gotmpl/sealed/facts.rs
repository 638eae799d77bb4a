//! What is known of sealed text without seeing it.
//!
//! Two things are known of every secret: it is not empty, and whether it may hold a template of its own. From these
//! follow the same facts of what is computed from it, as far as the rows of the functions say; of all else nothing is known.

use crate::gotmpl::{Functions, Gives, Layout, Sealed};
use crate::hole::{self, Expr, Holes, Piece};
use crate::value::Value;

/// What is known of holes.
#[derive(Clone, Copy)]
pub(in crate::gotmpl) struct Facts<'a> {
    pub holes: &'a Holes,
    pub functions: &'a Functions,
}

impl Facts<'_> {
    /// Whether the text is certainly not empty.
    pub fn has_text(self, text: &[u8]) -> bool {
        self.holes.pieces(text).iter().any(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Hole(index) => match self.holes.get(*index) {
                Some(Expr::Secret(_)) => true,
                Some(Expr::Call { function, args }) => self.call_has_text(function, args),
                None => false,
            },
        })
    }

    fn call_has_text(self, function: &str, args: &[Value]) -> bool {
        let given = |it: &Value| matches!(it, Value::Str(text) if self.has_text(text));
        match (self.row(function), args) {
            (Some(Sealed::Read), [_, Value::Str(read)]) => self.has_text(read),
            (Some(Sealed::Known(gives)), args) => match (gives, args) {
                (Gives::Text | Gives::SameBraces | Gives::Quoted | Gives::Code, args) => args.iter().any(given),
                (Gives::Formatted, [Value::Str(format), rest @ ..]) => {
                    only_plain_verbs(format) && rest.iter().any(given)
                }
                (Gives::Replaced, [Value::Str(from), Value::Str(to), text]) => {
                    *from == "\n" && !to.is_empty() && given(text)
                }
                (Gives::Cut, [_, Value::Str(text)]) => self.is_layout(text),
                _ => false,
            },
            _ => false,
        }
    }

    /// What the row of a function says of sealed text.
    pub fn row(self, function: &str) -> Option<Sealed> {
        self.functions.get(function).map(|it| it.sealed)
    }

    /// Whether a text is one that a layout cuts a scalar out of, so that what it cuts off is its own. No template can name
    /// such a hole itself, and what a template cuts off a scalar may be all of it.
    pub fn is_layout(self, text: &[u8]) -> bool {
        self.is_document(text, &[Layout::Json, Layout::Yaml])
            || match self.lone_call(text) {
                // The first quote of a JSON text is taken off before the last one.
                Some((Sealed::Known(Gives::Cut), [Value::Str(mark), Value::Str(inner)])) => {
                    *mark == "\"" && self.is_document(inner, &[Layout::Json])
                }
                _ => false,
            }
    }

    /// Whether a text is a document that was laid out in one of these ways, with no empty scalar in it.
    fn is_document(self, text: &[u8], layouts: &[Layout]) -> bool {
        match self.lone_call(text) {
            Some((Sealed::Layout(layout), [value])) => layouts.contains(&layout) && self.is_filled(value),
            _ => false,
        }
    }

    /// What the text is computed by, where it is one hole.
    fn lone_call(&self, text: &[u8]) -> Option<(Sealed, &[Value])> {
        let [Piece::Hole(index)] = self.holes.pieces(text)[..] else { return None };
        let Expr::Call { function, args } = self.holes.get(index)? else { return None };
        Some((self.row(function)?, args))
    }

    /// Whether no sealed text in the value, however deep, could be empty.
    pub fn is_filled(self, value: &Value) -> bool {
        match value {
            Value::Str(text) | Value::Bytes(text) => !self.holes.stand_in_text(text) || self.has_text(text),
            Value::List(list) => list.items().iter().all(|it| self.is_filled(it)),
            Value::Map(map) => map.entries().iter().all(|(_, it)| self.is_filled(it)),
            _ => true,
        }
    }

    /// What `eq` says, where that is known: a secret differs from empty text and from nil.
    pub fn equal(self, args: &[Value]) -> Option<bool> {
        let (first, rest) = args.split_first()?;
        let known = |other: &Value| match (first, other) {
            (Value::Str(one), Value::Str(other)) if other.is_empty() => self.has_text(one),
            (Value::Str(one), Value::Str(other)) if one.is_empty() => self.has_text(other),
            _ => false,
        };
        (!rest.is_empty() && rest.iter().all(known)).then_some(false)
    }

    /// Whether nothing in the text opens a template action, now or when its holes are filled.
    pub fn is_no_template(self, text: &[u8]) -> bool {
        self.holes.pieces(text).iter().all(|piece| match piece {
            Piece::Text(text) => !text.windows(2).any(|it| it == b"{{"),
            Piece::Hole(index) => self.has_no_braces(*index),
        })
    }

    /// Whether a template's holes all stand in text that the template prints as it is.
    pub fn passes_through_template(self, text: &[u8]) -> bool {
        if !self.holes.stand_in_text(text) {
            return true;
        }
        let mut action = false;
        // Whether white space that comes next is cut off.
        let mut trims = false;
        let pieces = self.holes.pieces(text);
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Hole(index) if action || trims || !self.has_no_braces(*index) => return false,
                Piece::Hole(_) => {}
                Piece::Text(text) => {
                    let after_hole = at > 0;
                    let start = text.trim_ascii_start();
                    if after_hole && !action && start.starts_with(b"{{-") {
                        return false;
                    }
                    let mut rest = *text;
                    loop {
                        let mark: &[u8] = if action { b"}}" } else { b"{{" };
                        let Some(found) = rest.windows(2).position(|it| it == mark) else { break };
                        rest = &rest[found + 2..];
                        action = !action;
                    }
                    trims = !action && text.trim_ascii_end().ends_with(b"-}}");
                }
            }
        }
        true
    }

    fn has_no_braces(self, index: usize) -> bool {
        let (function, args) = match self.holes.get(index) {
            Some(Expr::Secret(name)) => return !self.holes.is_template(name),
            Some(Expr::Call { function, args }) => (function, &args[..]),
            None => return false,
        };
        let all = || args.iter().all(|it| self.strings_have_no_braces(it));
        match (self.row(function), args) {
            (Some(Sealed::Known(gives)), args) => match (gives, args) {
                (Gives::Code, _) => true,
                (Gives::SameBraces | Gives::Quoted, _) => all(),
                (Gives::Formatted, [Value::Str(format), ..]) => only_plain_verbs(format) && all(),
                (Gives::Replaced, [Value::Str(from), ..]) => *from == "\n" && all(),
                (Gives::Cut, [_, Value::Str(text)]) => self.is_layout(text) && all(),
                _ => false,
            },
            (Some(Sealed::Layout(Layout::Json | Layout::Yaml)), [_]) => all(),
            (Some(Sealed::Read), [_, read]) => self.strings_have_no_braces(read),
            _ => false,
        }
    }

    fn strings_have_no_braces(self, value: &Value) -> bool {
        match value {
            Value::Str(text) => self.holes.pieces(text).iter().all(|piece| match piece {
                Piece::Text(text) => !hole::may_be_template(text),
                Piece::Hole(index) => self.has_no_braces(*index),
            }),
            Value::List(list) => list.items().iter().all(|it| self.strings_have_no_braces(it)),
            Value::Map(map) => map.entries().iter().all(|(_, it)| self.strings_have_no_braces(it)),
            _ => true,
        }
    }
}

/// Whether a format prints each of its strings in full.
fn only_plain_verbs(format: &[u8]) -> bool {
    let mut verbs = format.split(|it| *it == b'%').skip(1);
    verbs.all(|it| matches!(it.first(), Some(b's' | b'q' | b'v')))
}

/// Whether an argument has a form that a bundle can keep.
pub(super) fn is_recordable(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Uint64(_) => true,
        Value::Float(it) => it.is_finite(),
        Value::Str(text) => text.as_utf8().is_some(),
        Value::List(list) => list.items().iter().all(is_recordable),
        Value::Map(map) => map.entries().iter().all(|(key, it)| key.as_utf8().is_some() && is_recordable(it)),
        _ => false,
    }
}
