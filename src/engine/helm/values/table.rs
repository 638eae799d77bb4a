//! Dotted paths into values.

use crate::value::{Map, Type, Value};

/// The map at a dotted path; the key at which the path breaks off otherwise.
///
/// Mirrors `common.Values.Table`.
pub(in crate::helm) fn table(values: &Map, path: &str) -> Result<Map, String> {
    let mut at = values.clone();
    for key in path.split('.') {
        at = match at.get(key) {
            Some(Value::Map(map)) if is_table_type(map.map_type()) => map,
            _ => return Err(key.to_owned()),
        };
    }
    Ok(at)
}

/// The value at a dotted path, where there is one and it is no map.
///
/// Mirrors `common.Values.PathValue`.
pub(in crate::helm) fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (holder, key) = match path.rsplit_once('.') {
        Some((before, key)) => (table(values, before).ok()?, key),
        None => (values.clone(), path),
    };
    holder.get(key).filter(|it| !matches!(it, Value::Map(map) if map.map_type() == Type::MAP))
}

fn is_table_type(it: Type) -> bool {
    [Type::MAP, Type::VALUES, Type::VALUES_OF_HELM_3].contains(&it)
}
