//! What becomes of holes: calls on them are recorded while a template renders, and computed when it is opened.

mod facts;
mod layout;
mod read;

pub(in crate::gotmpl) use facts::Facts;

use std::collections::BTreeMap;

use super::{Body, Function, Functions, Keys, Sealed};
use crate::budget::{self, Exhausted};
use crate::hole::{Expr, Holes};
use crate::value::{Failure, List, Map, Str, Value};
use facts::is_recordable;

/// Records a call that has a hole among its arguments. `None` where the function may run as ever.
pub(super) fn defer(
    function: &Function,
    args: &[Value],
    holes: &mut Holes,
    functions: &Functions,
) -> Option<Result<Value, Failure>> {
    let facts = Facts { holes, functions };
    let refused = match function.sealed {
        Sealed::Pass => false,
        Sealed::Outer => args.iter().any(|it| is_sealed_text(it, holes)),
        Sealed::Truth => args.iter().any(|it| truth(it, facts).is_err()),
        Sealed::Filled => !args.iter().all(|it| facts.is_filled(it)),
        Sealed::Keys(which) => keys(which, args).any(|it| is_sealed_text(it, holes)),
        Sealed::Refuse => args.iter().any(|it| holes.stand_in(it)),
        Sealed::Equal { if_equal } if args.iter().any(|it| holes.stand_in(it)) => match facts.equal(args) {
            Some(equal) => return Some(Ok((equal == if_equal).into())),
            None => true,
        },
        Sealed::Contains if args.iter().any(|it| is_sealed_text(it, holes)) => match args {
            [Value::Str(mark), Value::Str(text)] if *mark == "{{" && facts.is_no_template(text) => {
                return Some(Ok(false.into()));
            }
            _ => true,
        },
        Sealed::Template => match args.first() {
            Some(Value::Str(text)) => !facts.passes_through_template(text),
            _ => false,
        },
        Sealed::Defer | Sealed::Known(_) if args.iter().any(|it| holes.stand_in(it)) => {
            if !args.iter().all(is_recordable) {
                return Some(Err(looks_inside(function.name)));
            }
            let expr = Expr::Call { function: function.name.into(), args: args.to_vec() };
            return Some(Ok(Value::Str(holes.token(expr))));
        }
        Sealed::Layout(layout) if args.iter().any(|it| holes.stand_in(it)) => {
            return Some(layout::lay_out(layout, function, args, holes));
        }
        Sealed::Read if args.iter().any(|it| holes.stand_in(it)) => {
            return Some(read::read(function, args, holes, functions));
        }
        Sealed::Defer | Sealed::Known(_) | Sealed::Layout(_) | Sealed::Read => false,
        Sealed::Equal { .. } | Sealed::Contains => false,
    };
    refused.then(|| Err(looks_inside(function.name)))
}

/// Truth where a value may be sealed: a secret is never empty, but what was computed from secrets may be.
pub(super) fn truth(value: &Value, facts: Facts<'_>) -> Result<bool, Failure> {
    if let Value::Str(text) = value
        && facts.holes.stand_in_text(text)
    {
        return if facts.has_text(text) { Ok(true) } else { Err(looks_inside("if")) };
    }
    Ok(value.truth())
}

/// Those of the arguments that a function takes for keys.
fn keys(which: Keys, args: &[Value]) -> impl Iterator<Item = &Value> {
    let (count, step) = match which {
        Keys::All => (args.len(), 1),
        Keys::First(count) => (count, 1),
        Keys::EverySecond => (args.len(), 2),
        Keys::AllBut(rest) => (args.len().saturating_sub(rest), 1),
    };
    args.iter().take(count).step_by(step)
}

/// The error for a branch on what is sealed.
#[cold]
pub(super) fn looks_inside(what: &str) -> Failure {
    Failure::new(format!(
        "the template looks into a sealed value with `{what}`, and a build has no keys; \
         let the template pass the value on as it is, or make it a public one"
    ))
}

fn is_sealed_text(value: &Value, holes: &Holes) -> bool {
    matches!(value, Value::Str(text) | Value::Bytes(text) if holes.stand_in_text(text))
}

/// How many holes may be computed one from the other. Charts come to a dozen.
pub const MAX_CHAIN: usize = crate::limits::SEALED_CHAIN.size();

/// Why a hole cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError<E> {
    /// The secret could not be had.
    #[error(transparent)]
    Secret(E),
    /// The text names a hole that these holes do not have.
    #[error("a hole leads to no expression")]
    NoExpression,
    /// To compute the hole, its own text is needed.
    #[error("a hole is computed from itself")]
    Circle,
    /// The hole rests on another, that on a third, and so on beyond [`MAX_CHAIN`].
    #[error("a hole is computed from holes that are computed from others, more than {MAX_CHAIN} in a row")]
    Chain,
    /// The texts that were computed take more than the [`budget`] allows.
    #[error(transparent)]
    Memory(#[from] Exhausted),
    /// A hole is the result of a function that is missing here, or that asks the world. Its name.
    #[error("`{0}` is not known as a pure function")]
    UnknownFunction(String),
    /// The function's own message is not kept: it may quote its arguments.
    #[error("`{0}` fails on its secret")]
    Failed(String),
    /// A document was read with holes in it, and with the secrets in their places it has other keys or types: a secret
    /// that looks like YAML, for one. The name of the function.
    #[error("`{0}` reads another document once the secrets stand in it")]
    ReadsOtherwise(String),
    /// A function gave a value that is no string, where the text of a hole is wanted. Its name.
    #[error("`{0}` does not give text")]
    NotText(String),
}

/// Computes the text of holes, each once.
pub struct Filler<'a, E> {
    holes: &'a Holes,
    functions: &'a Functions,
    secret: &'a mut dyn FnMut(&str) -> Result<Str, E>,
    filled: BTreeMap<usize, Str>,
    /// The holes being computed, outermost first.
    open: Vec<usize>,
}

impl<'a, E> Filler<'a, E> {
    /// `secret` gives the text of a secret by its name.
    pub fn new(holes: &'a Holes, functions: &'a Functions, secret: &'a mut dyn FnMut(&str) -> Result<Str, E>) -> Self {
        Filler { holes, functions, secret, filled: BTreeMap::new(), open: Vec::new() }
    }

    /// The text with every hole in it filled.
    pub fn text(&mut self, text: &[u8]) -> Result<Str, FillError<E>> {
        self.holes.fill(text, |index| self.hole(index)).map(|it| Str::from(it.as_ref()))
    }

    /// The value with every hole in its strings filled; shares nothing with the original where there was one.
    pub fn value(&mut self, value: &Value) -> Result<Value, FillError<E>> {
        Ok(match value {
            Value::Str(text) => Value::Str(self.text(text)?),
            Value::Bytes(text) => Value::Bytes(self.text(text)?),
            Value::List(list) => {
                let items = list.to_vec();
                let items = items.iter().map(|it| self.value(it)).collect::<Result<_, _>>()?;
                Value::List(List::new(list.list_type(), items))
            }
            Value::Map(map) => {
                let filled = Map::new(map.map_type());
                for (key, value) in map.to_vec() {
                    filled.insert(self.text(&key)?, self.value(&value)?);
                }
                Value::Map(filled)
            }
            other => other.clone(),
        })
    }

    /// The text of one hole.
    pub fn hole(&mut self, index: usize) -> Result<Str, FillError<E>> {
        if let Some(text) = self.filled.get(&index) {
            budget::ask(text.len())?;
            return Ok(text.clone());
        }
        if self.open.len() == MAX_CHAIN {
            return Err(FillError::Chain);
        }
        if self.open.contains(&index) {
            return Err(FillError::Circle);
        }
        let holes = self.holes;
        self.open.push(index);
        let text = match holes.get(index).ok_or(FillError::NoExpression)? {
            Expr::Secret(name) => (self.secret)(name).map_err(FillError::Secret)?,
            Expr::Call { function, args } if self.is_reader(function) => {
                let function = self.functions.get(function).ok_or(FillError::NoExpression)?;
                read::fill(self, function, args)?
            }
            Expr::Call { function, args } => {
                let args = args.iter().map(|it| self.value(it)).collect::<Result<Vec<_>, _>>()?;
                self.call(function, &args)?
            }
        };
        self.open.pop();
        budget::ask(text.len())?;
        self.filled.insert(index, text.clone());
        Ok(text)
    }

    fn is_reader(&self, name: &str) -> bool {
        self.functions.get(name).is_some_and(|it| it.sealed == Sealed::Read)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Str, FillError<E>> {
        let unknown = || FillError::UnknownFunction(name.into());
        let function = self.functions.get(name).ok_or_else(unknown)?;
        let Body::Pure(body) = function.body else { return Err(unknown()) };
        match body(args) {
            Ok(Value::Str(text)) => Ok(text),
            Ok(_) => Err(FillError::NotText(name.into())),
            Err(failure) => Err(match failure.source.as_ref().and_then(|it| it.downcast_ref::<Exhausted>()) {
                Some(exhausted) => FillError::Memory(*exhausted),
                None => FillError::Failed(name.into()),
            }),
        }
    }
}
