//! `index`, `slice` and `len`.

use crate::gotmpl::funcs::indirect_type;
use crate::gotmpl::reflect::Reflect;
use crate::value::{Failure, List, Type, Value};

/// `index x 1 "a"` is `x[1]["a"]`.
pub(super) fn index(args: &[Value]) -> Result<Value, Failure> {
    let Some((item, indexes)) = args.split_first() else {
        return Err("index of untyped nil".into());
    };
    if matches!(item, Value::Nil) {
        return Err("index of untyped nil".into());
    }
    indexes.iter().try_fold(item.clone(), |item, index| index_one(&item, index))
}

/// `slice x 1 2` is `x[1:2]`. Unlike `index` it does not look into an interface for an index.
pub(super) fn slice(args: &[Reflect]) -> Result<Value, Failure> {
    let (item, indexes) = match args.split_first().map(|(item, indexes)| (item.value(), indexes)) {
        None | Some((Value::Nil, _)) => return Err("slice of untyped nil".into()),
        Some(it) => it,
    };
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()).into());
    }
    let plain = plain(item);
    let len = match &plain {
        Value::Str(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".into()),
        Value::Str(text) | Value::Bytes(text) => text.len(),
        Value::List(list) => list.len(),
        _ => return Err(format!("can't slice item of type {}", type_name(item)).into()),
    };
    let mut bounds = [0, len, len];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = match index {
            Reflect::Interface(_) => return Err("cannot index slice/array with type interface {}".into()),
            index => index_arg(index.value(), len)?,
        };
    }
    let [low, high, max] = bounds;
    for (low, high) in [(low, high), (high, max)] {
        if low > high {
            return Err(format!("invalid slice index: {low} > {high}").into());
        }
    }
    Ok(match plain {
        Value::Str(text) => Value::Str(text[low..high].into()),
        Value::Bytes(bytes) => Value::Bytes(bytes[low..high].into()),
        Value::List(list) => Value::List(List::new(list.list_type(), list.items()[low..high].to_vec())),
        other => other,
    })
}

pub(super) fn len(args: &[Reflect]) -> Result<Value, Failure> {
    let item = match args.first() {
        None | Some(Reflect::Invalid) => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Some(Reflect::Interface(Value::Nil)) => return Err("len of nil pointer".into()),
        Some(item) => item.value(),
    };
    let len = match plain(item) {
        Value::Str(text) | Value::Bytes(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(format!("len of type {}", type_name(item)).into()),
    };
    Ok(Value::Int(len as i64))
}

fn index_one(item: &Value, index: &Value) -> Result<Value, Failure> {
    match plain(item) {
        Value::Nil => Err("index of nil pointer".into()),
        Value::Str(text) | Value::Bytes(text) => {
            let at = index_arg(index, text.len())?;
            let kind = if matches!(item, Value::Str(_)) { "string" } else { "slice" };
            let byte = text.get(at).ok_or_else(|| format!("reflect: {kind} index out of range"))?;
            Ok(Value::Uint8(*byte))
        }
        Value::List(list) => {
            let at = index_arg(index, list.len())?;
            list.get(at).ok_or_else(|| "reflect: slice index out of range".into())
        }
        Value::Map(map) => {
            let found = match index {
                Value::Str(key) => map.get(key),
                Value::Nil => return Err("value is nil; should be of type string".into()),
                other => return Err(format!("value has type {}; should be string", other.type_name()).into()),
            };
            let zero = || Reflect::zero(map.map_type().element().unwrap_or(Type::Any)).into_value();
            Ok(found.unwrap_or_else(zero))
        }
        _ => Err(format!("can't index item of type {}", type_name(item)).into()),
    }
}

/// An index into something of this length; the length itself passes.
fn index_arg(index: &Value, len: usize) -> Result<usize, Failure> {
    let at = match plain(index) {
        Value::Int(at) | Value::Int64(at) => at,
        Value::Int32(at) => at.into(),
        Value::Uint8(at) => at.into(),
        Value::Uint64(at) => at as i64,
        Value::Nil => return Err("cannot index slice/array with nil".into()),
        _ => return Err(format!("cannot index slice/array with type {}", index.type_name()).into()),
    };
    usize::try_from(at).ok().filter(|it| *it <= len).ok_or_else(|| format!("index out of range: {at}").into())
}

/// The value as its Go kind shows it: an object of a basic kind, a slice or a map as plain data.
pub(super) fn plain(item: &Value) -> Value {
    if let Value::Object(object) = item {
        let plain = object.plain();
        if plain.kind() == item.kind() && !matches!(plain, Value::Object(_)) {
            return plain;
        }
    }
    item.clone()
}

fn type_name(item: &Value) -> String {
    item.type_of().map_or_else(|| "<nil>".into(), |it| indirect_type(&it))
}
