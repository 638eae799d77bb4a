//! What `range` walks over.

use crate::fmt;
use crate::gotmpl::exec::{ExecError, Reflect, Result, State};
use crate::gotmpl::node::Branch;
use crate::gotmpl::sealed;
use crate::value::{List, Str, Type, Value};

/// The rounds of a `range`.
pub(super) enum Items {
    None,
    /// From `next` up to `end`, each as the type of the number that was given.
    Count {
        next: u64,
        end: u64,
        make: fn(u64) -> Value,
    },
    Bytes {
        next: usize,
        bytes: Str,
    },
    /// The list's length is fixed at the start, its items are not.
    List {
        next: usize,
        len: usize,
        list: List,
        element: Option<Type>,
    },
    /// As they were at the start.
    Map {
        entries: std::vec::IntoIter<(Str, Value)>,
        element: Option<Type>,
    },
}

impl Items {
    /// The index or key, and the element.
    pub fn next(&mut self) -> Option<(Reflect, Reflect)> {
        let place = |next: &mut usize| {
            *next += 1;
            Reflect::Value(Value::Int(*next as i64 - 1))
        };
        match self {
            Items::None => None,
            Items::Count { next, end, make } => {
                let value = (*next < *end).then(|| make(*next))?;
                *next += 1;
                Some((Reflect::Invalid, Reflect::Value(value)))
            }
            Items::Bytes { next, bytes } => {
                let byte = *bytes.get(*next)?;
                Some((place(next), Reflect::Value(Value::Uint8(byte))))
            }
            Items::List { next, len, list, element } => {
                let item = if next < len { list.get(*next)? } else { return None };
                Some((place(next), Reflect::typed(item, *element)))
            }
            Items::Map { entries, element } => {
                let (key, value) = entries.next()?;
                Some((Reflect::Value(Value::Str(key)), Reflect::typed(value, *element)))
            }
        }
    }
}

impl<'t> State<'t, '_, '_> {
    /// The rounds over a value; `variables` is how many the `range` declares or assigns.
    pub(super) fn range_items(&mut self, value: &Value, variables: usize) -> Result<Items> {
        let (end, make): (i128, fn(u64) -> Value) = match value {
            Value::Nil => return Ok(Items::None),
            Value::Int(end) => (i128::from(*end), |it| Value::Int(it as i64)),
            Value::Int32(end) => (i128::from(*end), |it| Value::Int32(it as i32)),
            Value::Int64(end) => (i128::from(*end), |it| Value::Int64(it as i64)),
            Value::Uint8(end) => (i128::from(*end), |it| Value::Uint8(it as u8)),
            Value::Uint64(end) => (i128::from(*end), Value::Uint64),
            Value::Bytes(bytes) => return Ok(Items::Bytes { next: 0, bytes: bytes.clone() }),
            Value::List(list) => {
                let element = list.list_type().element();
                return Ok(Items::List { next: 0, len: list.len(), list: list.clone(), element });
            }
            Value::Map(map) => {
                let element = map.map_type().element();
                return Ok(Items::Map { entries: map.to_vec().into_iter(), element });
            }
            Value::Object(object) => {
                return match object.plain() {
                    plain if plain.kind() == value.kind() && !matches!(plain, Value::Object(_)) => {
                        self.range_items(&plain, variables)
                    }
                    _ => Err(self.cannot_range(value)),
                };
            }
            Value::Bool(_) | Value::Float(_) | Value::Str(_) => return Err(self.cannot_range(value)),
        };
        if variables > 1 {
            let text = fmt::print_value(value);
            return Err(self.error(format!("can't use {text} to iterate over more than one variable")));
        }
        Ok(Items::Count { next: 0, end: u64::try_from(end).unwrap_or(0), make })
    }

    #[cold]
    #[inline(never)]
    fn cannot_range(&mut self, value: &Value) -> Box<ExecError> {
        if let Value::Str(text) = value
            && self.machine.world().holes().is_some_and(|it| it.stand_in_text(text))
        {
            return self.error_from(sealed::looks_inside("range"));
        }
        let text = match value {
            Value::Object(object) if object.copied().is_none() => object.output().into(),
            value => fmt::print_value(value),
        };
        self.error(format!("range can't iterate over {text}"))
    }

    /// Gives the variables of a `range` their values for one round: of two the first is the index.
    pub(super) fn set_range_variables(&mut self, branch: &'t Branch, index: Reflect, element: Reflect) -> Result<()> {
        let pipe = &branch.pipe;
        if pipe.assign {
            return match &*pipe.decl {
                [] => Ok(()),
                [only] => self.set_var(&only.name, element),
                [first, second, ..] => {
                    self.set_var(&first.name, index)?;
                    self.set_var(&second.name, element)
                }
            };
        }
        let mut values = [element, index].into_iter();
        for (variable, value) in self.vars.iter_mut().rev().zip(values.by_ref().take(pipe.decl.len())) {
            variable.1 = value;
        }
        Ok(())
    }
}
