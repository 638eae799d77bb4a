//! Lists.
//!
//! Mirrors sprig's `list.go`, whose functions take any slice and mostly give an `[]interface {}`.

use super::arguments::{ANY, BOOL, INT, LISTS, NIL_POINTER, Outcome, any, function, grown, int, list, rest, variadic};
use super::cast::to_int;
use super::defaults::empty;
use super::equal::{Haystack, deep_equal};
use crate::budget;
use crate::gotmpl::{Function, Sealed};
use crate::value::{Failure, List, Type, Value, capacity};

const LIST: Type = Type::LIST;

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("list", &[ANY], LIST, Sealed::Pass, |args| list(args.to_vec())),
    variadic("tuple", &[ANY], LIST, Sealed::Pass, |args| list(args.to_vec())),
    function("append", &[ANY, ANY], LIST, Sealed::Pass, push),
    function("push", &[ANY, ANY], LIST, Sealed::Pass, push),
    function("mustAppend", &[ANY, ANY], LIST, Sealed::Pass, push),
    function("mustPush", &[ANY, ANY], LIST, Sealed::Pass, push),
    function("prepend", &[ANY, ANY], LIST, Sealed::Pass, prepend),
    function("mustPrepend", &[ANY, ANY], LIST, Sealed::Pass, prepend),
    function("first", &[ANY], ANY, Sealed::Pass, first),
    function("mustFirst", &[ANY], ANY, Sealed::Pass, first),
    function("last", &[ANY], ANY, Sealed::Pass, last),
    function("mustLast", &[ANY], ANY, Sealed::Pass, last),
    function("rest", &[ANY], LIST, Sealed::Pass, tail),
    function("mustRest", &[ANY], LIST, Sealed::Pass, tail),
    function("initial", &[ANY], LIST, Sealed::Pass, initial),
    function("mustInitial", &[ANY], LIST, Sealed::Pass, initial),
    function("reverse", &[ANY], LIST, Sealed::Pass, reverse),
    function("mustReverse", &[ANY], LIST, Sealed::Pass, reverse),
    function("compact", &[ANY], LIST, Sealed::Filled, compact),
    function("mustCompact", &[ANY], LIST, Sealed::Filled, compact),
    function("uniq", &[ANY], LIST, Sealed::Refuse, uniq),
    function("mustUniq", &[ANY], LIST, Sealed::Refuse, uniq),
    variadic("without", &[ANY, ANY], LIST, Sealed::Refuse, without),
    variadic("mustWithout", &[ANY, ANY], LIST, Sealed::Refuse, without),
    function("has", &[ANY, ANY], BOOL, Sealed::Refuse, has),
    function("mustHas", &[ANY, ANY], BOOL, Sealed::Refuse, has),
    variadic("slice", &[ANY, ANY], ANY, Sealed::Pass, slice),
    variadic("mustSlice", &[ANY, ANY], ANY, Sealed::Pass, slice),
    variadic("concat", &[ANY], ANY, Sealed::Pass, concat),
    function("chunk", &[INT, ANY], LISTS, Sealed::Pass, chunk),
    function("mustChunk", &[INT, ANY], LISTS, Sealed::Pass, chunk),
];

fn push(args: &[Value]) -> Outcome {
    let mut items = items(&any(args, 0), "Cannot push on type")?;
    let capacity = capacity::appended(LIST, items.len(), items.len() + 1);
    items.push(any(args, 1));
    Ok(List::with_capacity(LIST, items, capacity).into())
}

fn prepend(args: &[Value]) -> Outcome {
    let mut items = items(&any(args, 0), "Cannot prepend on type")?;
    items.insert(0, any(args, 1));
    let capacity = capacity::appended(LIST, 1, items.len());
    Ok(List::with_capacity(LIST, items, capacity).into())
}

fn first(args: &[Value]) -> Outcome {
    item(&any(args, 0), "Cannot find first on type", |_| 0)
}

fn last(args: &[Value]) -> Outcome {
    item(&any(args, 0), "Cannot find last on type", |length| length.saturating_sub(1))
}

/// One item of a list, nil of an empty one.
fn item(list: &Value, complaint: &str, index: impl Fn(usize) -> usize) -> Outcome {
    let found = match list {
        Value::List(list) => list.get(index(list.len())),
        other => {
            let items = items(other, complaint)?;
            items.get(index(items.len())).cloned()
        }
    };
    Ok(found.unwrap_or(Value::Nil))
}

fn tail(args: &[Value]) -> Outcome {
    let items = items(&any(args, 0), "Cannot find rest on type")?;
    some_or_nil(items.split_first().map(|(_, tail)| tail))
}

fn initial(args: &[Value]) -> Outcome {
    let items = items(&any(args, 0), "Cannot find initial on type")?;
    some_or_nil(items.split_last().map(|(_, head)| head))
}

/// What is left of a list, or the nil list where it was empty already.
fn some_or_nil(left: Option<&[Value]>) -> Outcome {
    left.map_or_else(|| Ok(List::nil(LIST).into()), |it| list(it.to_vec()))
}

fn reverse(args: &[Value]) -> Outcome {
    let mut items = items(&any(args, 0), "Cannot find reverse on type")?;
    items.reverse();
    list(items)
}

fn compact(args: &[Value]) -> Outcome {
    let mut items = items(&any(args, 0), "Cannot compact on type")?;
    items.retain(|it| !empty(it));
    grown(items)
}

fn uniq(args: &[Value]) -> Outcome {
    let mut seen = Haystack::default();
    let mut items = items(&any(args, 0), "Cannot find uniq on type")?;
    items.retain(|it| {
        let fresh = !seen.contains(it);
        if fresh {
            seen.insert(it.clone());
        }
        fresh
    });
    grown(items)
}

fn without(args: &[Value]) -> Outcome {
    let omitted: Haystack = rest(args, 1).iter().cloned().collect();
    let mut items = items(&any(args, 0), "Cannot find without on type")?;
    items.retain(|it| !omitted.contains(it));
    grown(items)
}

fn has(args: &[Value]) -> Outcome {
    let (needle, haystack) = (any(args, 0), any(args, 1));
    Ok(match haystack {
        Value::Nil => false,
        Value::List(list) => list.items().iter().any(|it| deep_equal(&needle, it)),
        other => items(&other, "Cannot find has on type")?.iter().any(|it| deep_equal(&needle, it)),
    }
    .into())
}

fn slice(args: &[Value]) -> Outcome {
    let from = any(args, 0);
    let items = items(&from, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = args.get(1).map_or(0, to_int);
    let end = args.get(2).map_or(items.len() as i64, to_int);
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = bounds.and_then(|(start, end)| {
        Some(match &from {
            Value::Bytes(bytes) => Value::Bytes(bytes.get(start..end)?.into()),
            Value::List(list) => list.slice(start, end)?.into(),
            _ => return None,
        })
    });
    part.ok_or_else(|| "reflect.Value.Slice: slice index out of bounds".into())
}

fn concat(args: &[Value]) -> Outcome {
    let mut all = Vec::new();
    for arg in args {
        match items(arg, "") {
            Ok(items) => all.extend(items),
            Err(_) if !matches!(arg, Value::Nil | Value::List(_) | Value::Bytes(_)) => {
                return Err(format!("Cannot concat type {} as list", arg.kind().name()).into());
            }
            Err(fault) => return Err(fault),
        }
    }
    if all.is_empty() { Ok(List::nil(LIST).into()) } else { grown(all) }
}

fn chunk(args: &[Value]) -> Outcome {
    let items = items(&any(args, 1), "Cannot chunk type")?;
    let size = int(args, 0);
    if let Ok(size @ 1..) = usize::try_from(size) {
        let chunks = items.chunks(size).map(|it| Value::list(it.to_vec())).collect();
        return Ok(List::new(LISTS, chunks).into());
    }
    // Go computes the number of chunks as for any size, and only some make no slice that it cannot have.
    let count = ((items.len() as f64 - 1.0) / size as f64).floor() + 1.0;
    match items.len() {
        1 if size < -1 => Ok(List::new(LISTS, vec![Value::list(items)]).into()),
        _ if count == 0.0 => Ok(List::new(LISTS, Vec::new()).into()),
        _ => Err("runtime error: makeslice: len out of range".into()),
    }
}

/// The items of a slice. Anything else is an error of `complaint` and its kind.
fn items(value: &Value, complaint: &str) -> Result<Vec<Value>, Failure> {
    match value {
        Value::List(list) => {
            budget::ask_items(list.len())?;
            Ok(list.to_vec())
        }
        Value::Bytes(bytes) => Ok(bytes.iter().map(|it| Value::Uint8(*it)).collect()),
        Value::Nil => Err(NIL_POINTER.into()),
        other => Err(format!("{complaint} {}", other.kind().name()).into()),
    }
}
