//! What is known of sealed text without seeing it.
//!
//! Two things are known of every secret: it is not empty, and whether it may hold a template of its own. From these
//! follow the same facts of what is computed from it, as far as the functions below go; of all else nothing is known.

use crate::hole::{self, Expr, Holes, Piece};
use crate::value::Value;

/// Functions that give text wherever they are given text.
const KEEP_TEXT: &[&str] = &[
    "b64enc",
    "b32enc",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "adler32sum",
    "quote",
    "upper",
    "lower",
    "title",
    "untitle",
    "swapcase",
    "html",
    "js",
    "urlquery",
];

/// Functions whose result never has a brace.
const NO_BRACES: &[&str] = &["b64enc", "b32enc", "sha1sum", "sha256sum", "sha512sum", "adler32sum", "urlquery"];

/// Functions that neither join braces nor bring them to an end of the text.
const KEEP_BRACES: &[&str] = &["quote", "upper", "lower", "html"];

/// Whether the text is certainly not empty.
pub(super) fn has_text(text: &[u8], holes: &Holes) -> bool {
    holes.pieces(text).iter().any(|piece| match piece {
        Piece::Text(_) => true,
        Piece::Hole(index) => match holes.get(*index) {
            Some(Expr::Secret(_)) => true,
            Some(Expr::Call { function, args }) => call_has_text(function, args, holes),
            None => false,
        },
    })
}

fn call_has_text(function: &str, args: &[Value], holes: &Holes) -> bool {
    let given = |it: &Value| matches!(it, Value::Str(text) if has_text(text, holes));
    match (function, args) {
        ("printf", [Value::Str(format), rest @ ..]) => only_plain_verbs(format) && rest.iter().any(given),
        ("replace", [Value::Str(from), Value::Str(to), text]) if *from == "\n" && !to.is_empty() => given(text),
        ("trimPrefix" | "trimSuffix", [_, Value::Str(text)]) => is_layout(text, holes),
        (name, [_, Value::Str(read)]) if reads_documents(name) => has_text(read, holes),
        (name, args) if KEEP_TEXT.contains(&name) => args.iter().any(given),
        _ => false,
    }
}

/// Whether a format prints each of its strings in full.
fn only_plain_verbs(format: &[u8]) -> bool {
    let mut verbs = format.split(|it| *it == b'%').skip(1);
    verbs.all(|it| matches!(it.first(), Some(b's' | b'q' | b'v')))
}

/// Whether a text is one that a layout cuts a scalar out of: no template can name such a hole itself.
pub(super) fn is_layout(text: &[u8], holes: &Holes) -> bool {
    let [Piece::Hole(index)] = holes.pieces(text)[..] else { return false };
    match holes.get(index) {
        Some(Expr::Call { function, args }) => match (function.as_str(), &args[..]) {
            ("trimPrefix", [_, Value::Str(inner)]) => is_layout(inner, holes),
            (name, [value]) if writes_documents(name) => is_filled(value, holes),
            _ => false,
        },
        _ => false,
    }
}

fn writes_documents(function: &str) -> bool {
    function.ends_with("Json") || function.ends_with("Yaml") || function.ends_with("YamlPretty")
}

/// Whether a hole of this function is a string that was read out of a text, its second argument.
fn reads_documents(function: &str) -> bool {
    matches!(function, "fromYaml" | "fromYamlArray" | "fromJson" | "fromJsonArray")
}

/// Whether no sealed text in the value, however deep, could be empty.
pub(super) fn is_filled(value: &Value, holes: &Holes) -> bool {
    match value {
        Value::Str(text) | Value::Bytes(text) => !holes.stand_in_text(text) || has_text(text, holes),
        Value::List(list) => list.items().iter().all(|it| is_filled(it, holes)),
        Value::Map(map) => map.entries().iter().all(|(_, it)| is_filled(it, holes)),
        _ => true,
    }
}

/// What `eq` says, where that is known: a secret differs from empty text and from nil.
pub(super) fn equal(args: &[Value], holes: &Holes) -> Option<bool> {
    let (first, rest) = args.split_first()?;
    let known = |other: &Value| match (first, other) {
        (Value::Str(one), Value::Str(other)) if other.is_empty() => has_text(one, holes),
        (Value::Str(one), Value::Str(other)) if one.is_empty() => has_text(other, holes),
        _ => false,
    };
    (!rest.is_empty() && rest.iter().all(known)).then_some(false)
}

/// Whether nothing in the text opens a template action, now or when its holes are filled.
pub(super) fn is_no_template(text: &[u8], holes: &Holes) -> bool {
    holes.pieces(text).iter().all(|piece| match piece {
        Piece::Text(text) => !text.windows(2).any(|it| it == b"{{"),
        Piece::Hole(index) => has_no_braces(*index, holes),
    })
}

/// Whether a template's holes all stand in text that the template prints as it is.
pub(super) fn passes_through_template(text: &[u8], holes: &Holes) -> bool {
    if !holes.stand_in_text(text) {
        return true;
    }
    let mut action = false;
    // Whether white space that comes next is cut off.
    let mut trims = false;
    let pieces = holes.pieces(text);
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Hole(index) if action || trims || !has_no_braces(*index, holes) => return false,
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

fn has_no_braces(index: usize, holes: &Holes) -> bool {
    match holes.get(index) {
        Some(Expr::Secret(name)) => !holes.is_template(name),
        Some(Expr::Call { function, args }) => {
            let all = || args.iter().all(|it| strings_have_no_braces(it, holes));
            match (function.as_str(), &args[..]) {
                (name, _) if NO_BRACES.contains(&name) => true,
                (name, _) if KEEP_BRACES.contains(&name) => all(),
                ("printf", [Value::Str(format), ..]) => only_plain_verbs(format) && all(),
                ("replace", [Value::Str(from), ..]) if *from == "\n" => all(),
                ("trimPrefix" | "trimSuffix", [_, Value::Str(text)]) if is_layout(text, holes) => all(),
                (name, [_]) if writes_documents(name) => all(),
                (name, [_, read]) if reads_documents(name) => strings_have_no_braces(read, holes),
                _ => false,
            }
        }
        None => false,
    }
}

fn strings_have_no_braces(value: &Value, holes: &Holes) -> bool {
    match value {
        Value::Str(text) => holes.pieces(text).iter().all(|piece| match piece {
            Piece::Text(text) => !hole::may_be_template(text),
            Piece::Hole(index) => has_no_braces(*index, holes),
        }),
        Value::List(list) => list.items().iter().all(|it| strings_have_no_braces(it, holes)),
        Value::Map(map) => map.entries().iter().all(|(_, it)| strings_have_no_braces(it, holes)),
        _ => true,
    }
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
