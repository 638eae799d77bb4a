//! Functions that lay sealed strings out as text: the layout is made now, the strings when the bundle is opened.
//!
//! What is left for later is said with functions that charts may call too, so that nothing else has to be known to open.

use super::looks_inside;
use crate::budget;
use crate::gotmpl::{Body, Function, Layout};
use crate::hole::{Expr, Holes, Piece};
use crate::value::{Failure, List, Map, Str, Value};

/// Calls a function of `Sealed::Layout` that has holes among its arguments.
pub(super) fn lay_out(
    layout: Layout,
    function: &Function,
    args: &[Value],
    holes: &mut Holes,
) -> Result<Value, Failure> {
    let refused = || looks_inside(function.name);
    match (layout, args) {
        (Layout::Indent, [Value::Int(width), Value::Str(text)]) => Ok(indent(*width, text, holes)?.into()),
        (Layout::NewLineIndent, [Value::Int(width), Value::Str(text)]) => {
            let indented = indent(*width, text, holes)?;
            Ok(Value::Str([b"\n", indented.as_bytes()].concat().into()))
        }
        (Layout::Json, [value]) => {
            let Body::Pure(write) = function.body else { return Err(refused()) };
            write(&[json(value, function.name, holes).ok_or_else(refused)?])
        }
        (Layout::Yaml, [value]) => {
            let Body::Pure(write) = function.body else { return Err(refused()) };
            write(&[Yaml { function: function.name, write, path: Vec::new(), holes }.value(value)?])
        }
        _ => Err(refused()),
    }
}

/// `indent` puts spaces before each line. A sealed text's own lines are left for later; its first one is not.
fn indent(width: i64, text: &Str, holes: &mut Holes) -> Result<Str, Failure> {
    let width = usize::try_from(width).map_err(|_| Failure::new("strings: negative Repeat count"))?;
    let lines = 1 + text.iter().filter(|it| **it == b'\n').count() + holes.pieces(text).len();
    budget::ask(width.saturating_mul(lines))?;
    let pad = " ".repeat(width);
    let line = format!("\n{pad}");
    let mut indented = pad.into_bytes();
    for piece in holes.pieces(text) {
        match piece {
            Piece::Text(text) => {
                for byte in text {
                    if *byte == b'\n' { indented.extend_from_slice(line.as_bytes()) } else { indented.push(*byte) }
                }
            }
            Piece::Hole(index) => {
                let args = vec!["\n".into(), line.as_str().into(), Value::Str(holes.token_at(index))];
                indented.extend_from_slice(&holes.token(call("replace", args)));
            }
        }
    }
    Ok(indented.into())
}

/// A sealed string of JSON is what `toJson` makes of it, without its quotes: JSON escapes character by character.
fn json(value: &Value, function: &str, holes: &mut Holes) -> Option<Value> {
    Some(match value {
        Value::Str(text) if holes.stand_in_text(text) => {
            let mut escaped = Vec::new();
            for piece in holes.pieces(text) {
                match piece {
                    Piece::Text(text) => escaped.extend_from_slice(text),
                    Piece::Hole(index) => {
                        let written = holes.token(call(function, vec![Value::Str(holes.token_at(index))]));
                        let opened = holes.token(call("trimPrefix", vec!["\"".into(), written.into()]));
                        escaped.extend_from_slice(&holes.token(call("trimSuffix", vec!["\"".into(), opened.into()])));
                    }
                }
            }
            Value::Str(escaped.into())
        }
        Value::List(list) => {
            let items = list.to_vec().iter().map(|it| json(it, function, holes)).collect::<Option<_>>()?;
            Value::List(List::new(list.list_type(), items))
        }
        Value::Map(map) => {
            let laid = Map::new(map.map_type());
            for (key, value) in map.to_vec() {
                if holes.stand_in_text(&key) {
                    return None;
                }
                laid.insert(key, json(&value, function, holes)?);
            }
            Value::Map(laid)
        }
        Value::Object(object) if holes.stand_in(value) => json(&object.plain(), function, holes)?,
        other => other.clone(),
    })
}

/// How a YAML string is quoted, and how deep its lines stand, depends on its text and on where it is. So a sealed one is
/// written, when it is known, at the same place of a document that holds nothing else, and what comes before it there
/// is cut off.
struct Yaml<'a> {
    function: &'a str,
    write: fn(&[Value]) -> Result<Value, Failure>,
    /// The collections around the value, outermost first.
    path: Vec<Around>,
    holes: &'a mut Holes,
}

enum Around {
    List,
    /// Under this key: its length decides where long lines fold.
    Map(Str),
}

impl Yaml<'_> {
    fn value(&mut self, value: &Value) -> Result<Value, Failure> {
        Ok(match value {
            Value::Str(text) if self.holes.stand_in_text(text) => Value::Str(self.scalar(value)?),
            Value::List(list) => {
                self.path.push(Around::List);
                let items = list.to_vec().iter().map(|it| self.value(it)).collect::<Result<_, _>>()?;
                self.path.pop();
                Value::List(List::new(list.list_type(), items))
            }
            Value::Map(map) => {
                let laid = Map::new(map.map_type());
                for (key, value) in map.to_vec() {
                    if self.holes.stand_in_text(&key) {
                        return Err(looks_inside(self.function));
                    }
                    self.path.push(Around::Map(key.clone()));
                    laid.insert(key, self.value(&value)?);
                    self.path.pop();
                }
                Value::Map(laid)
            }
            Value::Object(object) if self.holes.stand_in(value) => self.value(&object.plain())?,
            other => other.clone(),
        })
    }

    fn scalar(&mut self, value: &Value) -> Result<Str, Failure> {
        let Value::Str(sample) = (self.write)(&[self.alone("x".into())])? else {
            return Err(looks_inside(self.function));
        };
        let before: Str = sample.strip_suffix(b"x").unwrap_or_default().into();
        let document = self.holes.token(call(self.function, vec![self.alone(value.clone())]));
        Ok(self.holes.token(call("trimPrefix", vec![before.into(), document.into()])))
    }

    /// The value at its place, and nothing beside it.
    fn alone(&self, value: Value) -> Value {
        self.path.iter().rev().fold(value, |inner, around| match around {
            Around::List => Value::list([inner]),
            Around::Map(key) => Value::map([(key.clone(), inner)]),
        })
    }
}

fn call(function: &str, args: Vec<Value>) -> Expr {
    Expr::Call { function: function.into(), args }
}
