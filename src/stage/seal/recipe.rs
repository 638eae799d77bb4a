//! Expressions in the form a bundle keeps them in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use helm_engine::hole::{Expr, Holes, Piece};
use helm_engine::value::{List, Str, Type, Value};

/// How a hole's text comes about, by the labels of other holes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Recipe {
    /// The content of the envelope of this name.
    Secret(String),
    /// What the function of this name gives.
    #[serde(rename = "call")]
    Call {
        /// What templates call it by.
        function: String,
        /// Its arguments in order; holes stand in their texts by label.
        args: Vec<Argument>,
    },
}

/// A value whose strings may hold holes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Argument {
    /// The untyped `nil`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int64`.
    Int64(i64),
    /// `uint64`.
    Uint64(u64),
    /// `float64`, never infinite.
    Float(f64),
    /// `string`, cut at its holes.
    Text(Vec<Fragment>),
    /// An `[]interface {}`.
    List(Vec<Argument>),
    /// A `[]string`.
    Strings(Vec<Argument>),
    /// `map[string]interface {}`; no hole is in its keys.
    Map(BTreeMap<String, Argument>),
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fragment {
    /// Text that everyone may see.
    Plain(String),
    /// The label of a hole.
    Hole(String),
}

impl Recipe {
    /// The public form of an expression. The error is the Go name of the type that has none.
    pub(super) fn new(expr: &Expr, labels: &[String], holes: &Holes) -> Result<Recipe, String> {
        Ok(match expr {
            Expr::Secret(name) => Recipe::Secret(name.clone()),
            Expr::Call { function, args } => Recipe::Call {
                function: function.clone(),
                args: args.iter().map(|it| Argument::new(it, labels, holes)).collect::<Result<_, _>>()?,
            },
        })
    }

    /// The labels of the holes this one is computed from.
    pub(crate) fn needs(&self) -> Vec<&str> {
        fn walk<'a>(argument: &'a Argument, found: &mut Vec<&'a str>) {
            match argument {
                Argument::Text(fragments) => found.extend(fragments.iter().filter_map(|it| match it {
                    Fragment::Hole(label) => Some(label.as_str()),
                    Fragment::Plain(_) => None,
                })),
                Argument::List(items) | Argument::Strings(items) => items.iter().for_each(|it| walk(it, found)),
                Argument::Map(entries) => entries.values().for_each(|it| walk(it, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        if let Recipe::Call { args, .. } = self {
            args.iter().for_each(|it| walk(it, &mut found));
        }
        found
    }
}

impl Argument {
    fn new(value: &Value, labels: &[String], holes: &Holes) -> Result<Argument, String> {
        let no_form = || value.type_name();
        Ok(match value {
            Value::Nil => Argument::Nil,
            Value::Bool(it) => Argument::Bool(*it),
            Value::Int(it) => Argument::Int(*it),
            Value::Int64(it) => Argument::Int64(*it),
            Value::Uint64(it) => Argument::Uint64(*it),
            Value::Float(it) if it.is_finite() => Argument::Float(*it),
            Value::Str(text) => {
                let fragments = holes.pieces(text).into_iter().map(|piece| match piece {
                    Piece::Text(bytes) => String::from_utf8(bytes.to_vec()).map(Fragment::Plain).map_err(|_| no_form()),
                    Piece::Hole(index) => labels.get(index).cloned().map(Fragment::Hole).ok_or_else(no_form),
                });
                Argument::Text(fragments.collect::<Result<_, _>>()?)
            }
            Value::List(list) => {
                let items = list.items().iter().map(|it| Argument::new(it, labels, holes)).collect::<Result<_, _>>()?;
                if list.list_type() == Type::STRINGS { Argument::Strings(items) } else { Argument::List(items) }
            }
            Value::Map(map) => {
                let entries = map.entries();
                let entries = entries.iter().map(|(key, value)| {
                    let key = key.as_utf8().filter(|it| !holes.stand_in_text(it.as_bytes())).ok_or_else(no_form)?;
                    Ok((key.to_owned(), Argument::new(value, labels, holes)?))
                });
                Argument::Map(entries.collect::<Result<_, String>>()?)
            }
            _ => return Err(no_form()),
        })
    }

    /// The value, with a token where a hole stands.
    pub(crate) fn value(&self, tokens: &BTreeMap<&str, Str>) -> Value {
        match self {
            Argument::Nil => Value::Nil,
            Argument::Bool(it) => Value::Bool(*it),
            Argument::Int(it) => Value::Int(*it),
            Argument::Int64(it) => Value::Int64(*it),
            Argument::Uint64(it) => Value::Uint64(*it),
            Argument::Float(it) => Value::Float(*it),
            Argument::Text(fragments) => {
                let bytes = fragments.iter().flat_map(|fragment| match fragment {
                    Fragment::Plain(plain) => plain.as_bytes(),
                    Fragment::Hole(label) => tokens.get(label.as_str()).map_or(&[][..], |it| it.as_bytes()),
                });
                Value::Str(bytes.copied().collect::<Vec<u8>>().into())
            }
            Argument::List(items) => Value::list(items.iter().map(|it| it.value(tokens))),
            Argument::Strings(items) => {
                Value::List(List::new(Type::STRINGS, items.iter().map(|it| it.value(tokens)).collect()))
            }
            Argument::Map(entries) => Value::map(entries.iter().map(|(key, it)| (key.as_str(), it.value(tokens)))),
        }
    }
}
