//! Dictionaries.
//!
//! Mirrors sprig's `dict.go`. Go walks a map in random order, this one in key order.

use super::arguments::{ANY, BOOL, Outcome, STRING, any, function, grown, map, text, variadic};
use super::cast::to_text;
use super::merge::{Policy, merge};
use crate::budget;
use crate::gotmpl::{Function, Keys, Sealed};
use crate::value::{Failure, List, Map, Str, Type, Value};

const MAP: Type = Type::MAP;

/// How deep a value is copied. Go has no limit but its stack, which only a value that contains itself can reach.
const DEPTH: usize = crate::limits::NESTED_VALUES.size();

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("dict", &[ANY], MAP, Sealed::Keys(Keys::EverySecond), |args| {
        budget::ask_items(args.len().max(1))?;
        Ok(Value::map(args.chunks(2).map(|pair| {
            let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
            (to_text(&any(pair, 0)), value)
        })))
    }),
    function("get", &[MAP, STRING], ANY, Sealed::Keys(Keys::All), |args| {
        Ok(map(args, 0).get(text(args, 1)).unwrap_or_else(|| "".into()))
    }),
    function("set", &[MAP, STRING, ANY], MAP, Sealed::Keys(Keys::First(2)), |args| {
        let map = map(args, 0);
        if map.is_nil() {
            return Err("assignment to entry in nil map".into());
        }
        budget::ask_items(1)?;
        map.insert(text(args, 1), any(args, 2));
        Ok(map.into())
    }),
    function("unset", &[MAP, STRING], MAP, Sealed::Keys(Keys::All), |args| {
        let map = map(args, 0);
        map.remove(text(args, 1));
        Ok(map.into())
    }),
    function("hasKey", &[MAP, STRING], BOOL, Sealed::Keys(Keys::All), |args| {
        Ok(map(args, 0).contains(text(args, 1)).into())
    }),
    variadic("pluck", &[STRING, MAP], Type::LIST, Sealed::Keys(Keys::All), |args| {
        let key = text(args, 0);
        grown((1..args.len()).filter_map(|at| map(args, at).get(&key)).collect())
    }),
    variadic("keys", &[MAP], Type::STRINGS, Sealed::Pass, |args| {
        budget::ask_items((0..args.len()).map(|at| map(args, at).len()).sum())?;
        let keys = (0..args.len()).flat_map(|at| map(args, at).entries().keys().cloned().collect::<Vec<_>>());
        Ok(List::grown(Type::STRINGS, keys.map(Value::Str).collect()).into())
    }),
    variadic("pick", &[MAP, STRING], MAP, Sealed::Keys(Keys::All), |args| {
        let map = map(args, 0);
        let keys = (1..args.len()).map(|at| text(args, at));
        Ok(Value::map(keys.filter_map(|key| map.get(&key).map(|value| (key, value)))))
    }),
    variadic("omit", &[MAP, STRING], MAP, Sealed::Keys(Keys::All), |args| {
        budget::ask_items(map(args, 0).len())?;
        let picked = Map::from_entries(map(args, 0).to_vec());
        for at in 1..args.len() {
            picked.remove(text(args, at));
        }
        Ok(picked.into())
    }),
    function("values", &[MAP], Type::LIST, Sealed::Pass, |args| {
        grown(map(args, 0).entries().values().cloned().collect())
    }),
    variadic("merge", &[MAP, MAP], ANY, Sealed::Filled, |args| swallow(merge_all(args, Policy::Fill))),
    variadic("mustMerge", &[MAP, MAP], ANY, Sealed::Filled, |args| raise(merge_all(args, Policy::Fill))),
    variadic("mergeOverwrite", &[MAP, MAP], ANY, Sealed::Filled, |args| swallow(merge_all(args, Policy::Overwrite))),
    variadic("mustMergeOverwrite", &[MAP, MAP], ANY, Sealed::Filled, |args| raise(merge_all(args, Policy::Overwrite))),
    variadic("dig", &[ANY], ANY, Sealed::Keys(Keys::AllBut(2)), dig),
    function("deepCopy", &[ANY], ANY, Sealed::Pass, deep_copy),
    function("mustDeepCopy", &[ANY], ANY, Sealed::Pass, deep_copy),
];

/// Merges every further map into the first. The inner error is mergo's own, the outer one a panic.
fn merge_all(args: &[Value], policy: Policy) -> Result<Result<Value, Failure>, Failure> {
    let mut target = map(args, 0);
    for at in 1..args.len() {
        let source = map(args, at);
        if target.is_nil() && !source.is_nil() {
            target = Map::any();
        }
        match merge(&target, &source, policy) {
            Ok(()) => {}
            Err(fault) if fault.panic => return Err(fault.message.into()),
            Err(fault) => return Ok(Err(fault.message.into())),
        }
    }
    Ok(Ok(target.into()))
}

/// What `merge` makes of an error: the empty string.
fn swallow(merged: Result<Result<Value, Failure>, Failure>) -> Outcome {
    Ok(merged?.unwrap_or_else(|_| "".into()))
}

fn raise(merged: Result<Result<Value, Failure>, Failure>) -> Outcome {
    merged?
}

fn dig(args: &[Value]) -> Outcome {
    let [path @ .., default, root] = args else { return Err("dig needs at least three arguments".into()) };
    if path.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let mut current = dictionary(root)?;
    let keys = path.iter().map(key).collect::<Result<Vec<Str>, Failure>>()?;
    let Some((last, parents)) = keys.split_last() else { return Ok(default.clone()) };
    for key in parents {
        match current.get(key) {
            None => return Ok(default.clone()),
            Some(step) => current = dictionary(&step)?,
        }
    }
    Ok(current.get(last).unwrap_or_else(|| default.clone()))
}

/// The Go type assertion `value.(map[string]interface {})`.
fn dictionary(value: &Value) -> Result<Map, Failure> {
    match value {
        Value::Map(map) if map.map_type() == MAP => Ok(map.clone()),
        other => Err(conversion(other, "map[string]interface {}")),
    }
}

/// The Go type assertion `value.(string)`.
fn key(value: &Value) -> Result<Str, Failure> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => Err(conversion(other, "string")),
    }
}

fn conversion(value: &Value, wanted: &str) -> Failure {
    let found = value.type_of().map_or_else(|| "nil".to_owned(), |it| it.to_string());
    Failure::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}

/// Mirrors `copystructure.Copy`.
fn deep_copy(args: &[Value]) -> Outcome {
    match any(args, 0) {
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        other => copied(&other, 0),
    }
}

fn copied(value: &Value, depth: usize) -> Outcome {
    if depth > DEPTH {
        return Err("the value is nested too deeply to be copied".into());
    }
    let next = |it: &Value| copied(it, depth + 1);
    match value {
        Value::List(it) => budget::ask_items(it.len())?,
        Value::Map(it) => budget::ask_items(it.len())?,
        _ => {}
    }
    Ok(match value {
        Value::List(it) if !it.is_nil() => {
            let items = it.items().iter().map(next).collect::<Result<_, _>>()?;
            it.mapped(items).into()
        }
        Value::Map(it) if !it.is_nil() => {
            let copy = Map::new(it.map_type());
            for (key, item) in it.entries().iter() {
                copy.insert(key.clone(), next(item)?);
            }
            copy.into()
        }
        Value::Object(it) => it.deep_copied().unwrap_or_else(|| value.clone()),
        other => other.clone(),
    })
}
