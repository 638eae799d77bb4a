//! Entries of `Chart.yaml` as maps, and their texts made clean.

use crate::strconv;
use crate::value::{Map, Type, Value};

pub(super) fn strings(texts: &[String]) -> Vec<Value> {
    texts.iter().map(|it| Value::from(it.as_str())).collect()
}

/// A map of those texts that are not empty.
pub(super) fn filled<const N: usize>(texts: [(&'static str, &String); N]) -> Map {
    let map = Map::any();
    for (key, text) in texts {
        if !text.is_empty() {
            map.insert(key, Value::from(text.as_str()));
        }
    }
    map
}

pub(super) fn insert_lists<const N: usize>(map: &Map, lists: [(&'static str, Vec<Value>); N]) {
    for (key, items) in lists {
        if !items.is_empty() {
            map.insert(key, Value::list(items));
        }
    }
}

pub(super) fn quote(text: &str) -> String {
    strconv::quote(text.as_bytes())
}

/// White space becomes blanks, and what cannot be printed goes.
pub(super) fn sanitize(text: &mut String) {
    if text.bytes().all(|it| it == b' ' || it.is_ascii_graphic()) {
        return;
    }
    let printable = |rune: char| {
        let mut buffer = [0; 4];
        let encoded = rune.encode_utf8(&mut buffer);
        // Quoting leaves exactly the printable runes as they are; these two are escaped for other reasons.
        rune == '"' || rune == '\\' || strconv::quote(encoded.as_bytes()).trim_matches('"') == encoded
    };
    *text = text
        .chars()
        .map(|rune| if rune.is_whitespace() { ' ' } else { rune })
        .filter(|rune| printable(*rune))
        .collect();
}

pub(super) const STRING_MAP: Type = Type::Map(&Type::String);

pub(super) fn string_map<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Map {
    let map = Map::new(STRING_MAP);
    for (key, value) in entries {
        map.insert(key, Value::from(value));
    }
    map
}
