//! Functions that read a document out of text that holds sealed strings.
//!
//! The document is read now, with the holes in it, and each string that holds one becomes a hole of its own. When that is
//! filled, the document is read once more with the secrets in it: it must be the same one, or nothing is filled. So a
//! secret that would change what is read, such as one that ends its quotes, is an error and never other output.

use super::facts::{Facts, is_recordable};
use super::{FillError, Filler, looks_inside};
use crate::gotmpl::{Body, Function, Functions, Gives, Sealed};
use crate::hole::{Expr, Holes, Piece};
use crate::value::equal::deep_equal;
use crate::value::{Failure, List, Map, Str, Value};

/// Calls a function of `Sealed::Read` on text that holds holes.
pub(super) fn read(
    function: &Function,
    args: &[Value],
    holes: &mut Holes,
    functions: &Functions,
) -> Result<Value, Failure> {
    let refused = || looks_inside(function.name);
    let (Body::Pure(body), [Value::Str(text)]) = (function.body, args) else { return Err(refused()) };
    if !args.iter().all(is_recordable) {
        return Err(refused());
    }
    let readable = readable(text, Facts { holes, functions }).ok_or_else(refused)?;
    let value = body(&[Value::Str(readable)])?;
    if is_error(&value, holes) {
        return Err(refused());
    }
    strings(&value, function.name, text, holes).ok_or_else(refused)
}

/// The text with the holes in it that a reader of documents would find: not the quoted and indented form of a sealed
/// string, but the string itself. `None` where a sealed string of several lines may lose its indentation.
fn readable(text: &[u8], facts: Facts<'_>) -> Option<Str> {
    let mut readable = Vec::with_capacity(text.len());
    for piece in facts.holes.pieces(text) {
        match piece {
            Piece::Text(text) => readable.extend_from_slice(text),
            Piece::Hole(index) => readable.extend_from_slice(&written(index, facts)?),
        }
    }
    Some(readable.into())
}

/// What a hole stands for in a document.
fn written(index: usize, facts: Facts<'_>) -> Option<Str> {
    let holes = facts.holes;
    let Some(Expr::Call { function, args }) = holes.get(index) else { return Some(holes.token_at(index)) };
    let Some(Sealed::Known(gives)) = facts.row(function) else { return Some(holes.token_at(index)) };
    match (gives, &args[..]) {
        (Gives::Quoted, [Value::Str(text)]) if lone(text, holes).is_some() => {
            Some([b"\"", text.as_bytes(), b"\""].concat().into())
        }
        (Gives::Replaced, [Value::Str(from), _, Value::Str(text)]) if *from == "\n" => {
            let inner = lone(text, holes).filter(|it| is_one_line(*it, facts))?;
            written(inner, facts)
        }
        (Gives::Cut, [_, Value::Str(text)]) if facts.is_layout(text) => {
            Some(laid_out(lone(text, holes)?, facts).unwrap_or_else(|| holes.token_at(index)))
        }
        _ => Some(holes.token_at(index)),
    }
}

/// The sealed string that a layout was made of, where it is one alone.
fn laid_out(index: usize, facts: Facts<'_>) -> Option<Str> {
    let holes = facts.holes;
    let Some(Expr::Call { function, args }) = holes.get(index) else { return None };
    match (facts.row(function), &args[..]) {
        (Some(Sealed::Known(Gives::Cut)), [_, Value::Str(text)]) => laid_out(lone(text, holes)?, facts),
        (_, [value]) => leaf(value, holes).filter(|it| lone(it, holes).is_some()),
        _ => None,
    }
}

/// The first sealed string in a value.
fn leaf(value: &Value, holes: &Holes) -> Option<Str> {
    match value {
        Value::Str(text) if holes.stand_in_text(text) => Some(text.clone()),
        Value::List(list) => list.items().iter().find_map(|it| leaf(it, holes)),
        Value::Map(map) => map.entries().values().find_map(|it| leaf(it, holes)),
        _ => None,
    }
}

/// The hole that is all of a text.
fn lone(text: &[u8], holes: &Holes) -> Option<usize> {
    match holes.pieces(text)[..] {
        [Piece::Hole(index)] => Some(index),
        _ => None,
    }
}

/// Whether a hole's text certainly has no line ends.
fn is_one_line(index: usize, facts: Facts<'_>) -> bool {
    let Some(Expr::Call { function, args }) = facts.holes.get(index) else { return false };
    match (facts.row(function), &args[..]) {
        (Some(Sealed::Known(Gives::Code | Gives::Quoted)), _) => true,
        (Some(Sealed::Known(Gives::Replaced)), [Value::Str(from), _, Value::Str(text)]) if *from == "\n" => {
            lone(text, facts.holes).is_some_and(|it| is_one_line(it, facts))
        }
        _ => false,
    }
}

/// Whether a function of Helm's says that it could not read its text: in place of what it read.
fn is_error(value: &Value, holes: &Holes) -> bool {
    match value {
        Value::Map(map) => map.get("Error").is_some(),
        Value::List(list) => matches!(&list.items()[..], [Value::Str(text)] if !holes.stand_in_text(text)),
        _ => true,
    }
}

/// The value with each string that holds a hole replaced by a hole for what the function reads there. `None` where a key
/// holds one.
fn strings(value: &Value, function: &str, text: &Str, holes: &mut Holes) -> Option<Value> {
    Some(match value {
        Value::Str(read) if holes.stand_in_text(read) => {
            let args = vec![Value::Str(text.clone()), Value::Str(read.clone())];
            Value::Str(holes.token(Expr::Call { function: function.into(), args }))
        }
        Value::List(list) => {
            let items = list.to_vec();
            let items = items.iter().map(|it| strings(it, function, text, holes)).collect::<Option<_>>()?;
            Value::List(List::new(list.list_type(), items))
        }
        Value::Map(map) => {
            let read = Map::new(map.map_type());
            for (key, value) in map.to_vec() {
                if holes.stand_in_text(&key) {
                    return None;
                }
                read.insert(key, strings(&value, function, text, holes)?);
            }
            Value::Map(read)
        }
        other => other.clone(),
    })
}

/// Fills a string that was read out of a text: the text must read alike with the secrets in it.
pub(super) fn fill<E>(filler: &mut Filler<'_, E>, function: &Function, args: &[Value]) -> Result<Str, FillError<E>> {
    let failed = || FillError::Failed(function.name.into());
    let (Body::Pure(body), [Value::Str(text), Value::Str(piece)]) = (function.body, args) else { return Err(failed()) };
    let facts = Facts { holes: filler.holes, functions: filler.functions };
    let readable = readable(text, facts).ok_or_else(failed)?;
    let sealed = body(&[Value::Str(readable)]).map_err(|_| failed())?;
    let expected = filler.value(&sealed)?;
    let filled = filler.text(text)?;
    let read = body(&[Value::Str(filled)]).map_err(|_| failed())?;
    if deep_equal(&read, &expected) { filler.text(piece) } else { Err(FillError::ReadsOtherwise(function.name.into())) }
}
