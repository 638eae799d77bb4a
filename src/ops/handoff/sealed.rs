//! What is sealed in the values of a release: a Secret brings it, and it stands in nothing else that is written.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::gitops::SEALED;
use crate::stage::lock::Pin;
use crate::stage::render::secrets::{FUNCTION, grown, replaced};
use helm_engine::value::{Map, Value};

/// The places of the sealed values that the lock keeps of a part, but for those where `later` puts something else.
pub(super) fn places(pins: &BTreeMap<String, Pin>, later: &Map) -> Vec<Vec<Json>> {
    let later = Value::Map(later.clone());
    let all = pins.values().filter(|it| it.function == FUNCTION).map(|it| it.args.clone());
    all.filter(|it| !covers(&later, it)).collect()
}

/// The values without what is sealed. A list that holds such a text goes as a whole, for Helm merges no lists.
pub(super) fn without(values: &Map, places: &[Vec<Json>]) -> Map {
    let all = values.deep_copy().unwrap_or_else(Map::any);
    for path in places.iter().filter(|it| stands(values, it)) {
        remove(&all, &keys(path));
    }
    all
}

/// What is sealed alone, opened: it comes on top of what [`without`] gives. `None` where the places contradict each other.
pub(super) fn alone(values: &Map, opened: &[(Vec<Json>, Value)]) -> Option<Map> {
    let mut all = Value::Map(values.deep_copy()?);
    let (within, beside): (Vec<_>, Vec<_>) = opened.iter().cloned().partition(|(path, _)| stands(values, path));
    for (path, text) in &within {
        all = replaced(&all, path, text);
    }
    let mut leaves = beside;
    for (path, _) in within {
        let keys: Vec<Json> = keys(&path).into_iter().map(Json::String).collect();
        if let Some(value) = at(&all, &keys)
            && !leaves.iter().any(|(path, _)| *path == keys)
        {
            leaves.push((keys, value));
        }
    }
    match grown(leaves)? {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// Whether the word for a sealed text stands at a place.
fn stands(values: &Map, path: &[Json]) -> bool {
    matches!(at(&Value::Map(values.clone()), path), Some(Value::Str(text)) if text == SEALED)
}

/// Whether values set what stands at a path, or what it would stand in.
fn covers(values: &Value, path: &[Json]) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    match (values, step) {
        (Value::Map(map), Json::String(key)) => map.get(key).is_some_and(|it| covers(&it, rest)),
        _ => true,
    }
}

/// The way to a place, up to the first list in it.
fn keys(path: &[Json]) -> Vec<String> {
    path.iter().map_while(|it| it.as_str().map(str::to_owned)).collect()
}

fn at(value: &Value, path: &[Json]) -> Option<Value> {
    path.iter().try_fold(value.clone(), |value, step| match (&value, step) {
        (Value::Map(map), Json::String(key)) => map.get(key),
        (Value::List(list), Json::Number(index)) => list.get(usize::try_from(index.as_u64()?).ok()?),
        _ => None,
    })
}

/// Takes a place away, and the maps around it that are empty then.
fn remove(map: &Map, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        map.remove(first);
        return;
    }
    if let Some(Value::Map(inner)) = map.get(first) {
        remove(&inner, rest);
        if inner.is_empty() {
            map.remove(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use helm_engine::yaml;

    fn text(map: Map) -> String {
        yaml::write(&Value::Map(map)).expect("written").to_text().into_owned()
    }

    #[test]
    fn both_halves_are_the_whole() {
        let written = "a:\n  b: (sealed)\n  c: 1\nd:\n- e: (sealed)\n  f: x\n- z\ng: (sealed)\nh:\n  i: (sealed)\n";
        let values = yaml::read_map(written.as_bytes()).expect("YAML");
        let paths =
            [r#"["a","b"]"#, r#"["d",0,"e"]"#, r#"["h","i"]"#, r#"["h","j"]"#, r#"["k",0,"l"]"#, r#"["d",0,"f"]"#];
        let pins = paths.iter().map(|it| {
            let path = serde_json::from_str(it).expect("a path");
            ((*it).to_owned(), Pin::new(crate::stage::render::secrets::key(path)))
        });
        let places = places(&pins.collect(), &yaml::read_map(b"d: {x: 1}\n").expect("YAML"));
        let shown: Vec<String> = places.iter().map(|it| Json::from(it.clone()).to_string()).collect();
        assert_eq!(shown, [paths[0], paths[2], paths[3], paths[4]], "what is put there later is not sealed any more");
        let all: Vec<Vec<Json>> = paths[..5].iter().map(|it| serde_json::from_str(it).expect("a path")).collect();
        assert_eq!(text(without(&values, &all)), "a:\n  c: 1\ng: (sealed)\n", "a text of these letters is none");
        let opened: Vec<_> = all.iter().map(|it| (it.clone(), Value::from("o"))).collect();
        let alone = alone(&values, &opened).expect("a tree");
        assert_eq!(text(alone), "a:\n  b: o\nd:\n- e: o\n  f: x\n- z\nh:\n  i: o\n  j: o\nk:\n- l: o\n");
        assert_eq!(text(values), written, "the values themselves stay");
    }
}
