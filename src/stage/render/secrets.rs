//! Sealed user values: pins whose place in the values is public and whose text is not.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::stage::lock::{Pin, PinKey};
use helm_engine::helm::values::merge_maps;
use helm_engine::hole::{Expr, Holes};
use helm_engine::value::{Failure, Map, Value};

/// What a sealed user value has in place of a function. Its arguments are its path: keys, and indices of lists.
pub(crate) const FUNCTION: &str = "secretValues";

/// The key of the pin for the value at a path.
pub fn key(path: Vec<Json>) -> PinKey {
    PinKey { function: FUNCTION.into(), args: path, occurrence: 0 }
}

/// The paths of a part's sealed values, each up to the first list in it.
pub fn paths(pins: &BTreeMap<String, Pin>) -> Vec<Vec<String>> {
    let keys = |pin: &Pin| pin.args.iter().map_while(|step| step.as_str().map(str::to_owned)).collect();
    pins.values().filter(|pin| pin.function == FUNCTION).map(keys).collect()
}

/// The values of a part with holes where they are sealed. Where one stands at a place of `sealed`, what is around it stays;
/// all others come on top as a tree of their own.
pub(super) fn overlay(
    part: &str,
    pins: &BTreeMap<String, Pin>,
    sealed: &[Vec<Json>],
    values: &Map,
    holes: &mut Holes,
) -> Result<Map, Failure> {
    let mut root = Node::Map(BTreeMap::new());
    let mut values = Value::Map(values.clone());
    for (name, pin) in pins.iter().filter(|(_, it)| it.function == FUNCTION) {
        let secret = format!("{part}/{name}");
        if pin.template {
            holes.mark_template(&secret);
        }
        let token = Value::Str(holes.token(Expr::Secret(secret)));
        let contradicts = || Failure::new(format!("the pin `{name}` contradicts the place of another"));
        match sealed.contains(&pin.args) {
            true => values = replaced(&values, &pin.args, &token),
            false => root.insert(&pin.args, token).ok_or_else(contradicts)?,
        }
    }
    match (values, root.value()) {
        (Value::Map(values), Value::Map(over)) => Ok(merge_maps(&values, &over)),
        _ => Ok(Map::any()),
    }
}

/// The value with another one at a path; as it is where it has no such place.
pub(crate) fn replaced(value: &Value, path: &[Json], leaf: &Value) -> Value {
    let Some((step, rest)) = path.split_first() else { return leaf.clone() };
    match (value, step) {
        (Value::Map(map), Json::String(key)) => match map.get(key) {
            Some(inner) => {
                let map = Map::from_entries(map.to_vec());
                map.insert(key.as_str(), replaced(&inner, rest, leaf));
                Value::Map(map)
            }
            None => value.clone(),
        },
        (Value::List(list), Json::Number(index)) => {
            let mut items = list.to_vec();
            let at = index.as_u64().and_then(|it| usize::try_from(it).ok());
            if let Some(item) = at.and_then(|it| items.get_mut(it)) {
                *item = replaced(item, rest, leaf);
            }
            Value::List(list.mapped(items))
        }
        _ => value.clone(),
    }
}

/// The tree of these leaves; `None` where the places of two contradict each other.
pub(crate) fn grown(leaves: Vec<(Vec<Json>, Value)>) -> Option<Value> {
    let mut root = Node::Map(BTreeMap::new());
    leaves.into_iter().try_for_each(|(path, leaf)| root.insert(&path, leaf))?;
    Some(root.value())
}

/// A value that grows path by path.
enum Node {
    Leaf(Value),
    Map(BTreeMap<String, Node>),
    List(BTreeMap<u64, Node>),
}

impl Node {
    /// `None` where something else is in the way.
    fn insert(&mut self, path: &[Json], leaf: Value) -> Option<()> {
        let (first, rest) = path.split_first()?;
        let inner = || match rest.first() {
            None => Node::Leaf(leaf.clone()),
            Some(Json::Number(_)) => Node::List(BTreeMap::new()),
            Some(_) => Node::Map(BTreeMap::new()),
        };
        let fresh = match (&*self, first) {
            (Node::Map(entries), Json::String(key)) => !entries.contains_key(key),
            (Node::List(items), Json::Number(index)) => !items.contains_key(&index.as_u64()?),
            _ => return None,
        };
        let child = match (self, first) {
            (Node::Map(entries), Json::String(key)) => entries.entry(key.clone()).or_insert_with(inner),
            (Node::List(items), Json::Number(index)) => items.entry(index.as_u64()?).or_insert_with(inner),
            _ => return None,
        };
        match (rest.is_empty(), fresh) {
            (true, true) => Some(()),
            (true, false) => None,
            (false, _) => child.insert(rest, leaf),
        }
    }

    fn value(self) -> Value {
        match self {
            Node::Leaf(value) => value,
            Node::Map(entries) => Value::map(entries.into_iter().map(|(key, it)| (key, it.value()))),
            Node::List(items) => Value::list(items.into_values().map(Node::value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use helm_engine::hole::{Piece, Seed};

    #[test]
    fn puts_values_where_their_paths_say() {
        let paths = [r#"["db","password"]"#, r#"["db","users",0,"key"]"#, r#"["db","users",1,"key"]"#, r#"["token"]"#];
        let pins = paths
            .iter()
            .enumerate()
            .map(|(index, path)| (format!("pin-{index}"), Pin::new(key(serde_json::from_str(path).expect("a path")))));
        let mut pins: BTreeMap<String, Pin> = pins.collect();
        let new = || Holes::new(Seed::new([1; 32]));
        let mut holes = new();
        let none = Map::any();
        let overlaid = overlay("app", &pins, &[], &none, &mut holes).expect("a tree");
        let text = helm_engine::yaml::write(&overlaid.into()).expect("written").to_text().into_owned();
        let shown = holes.pieces(text.as_bytes()).into_iter().map(|piece| match piece {
            Piece::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Piece::Hole(index) => format!("<{index}>"),
        });
        let text: String = shown.collect();
        assert_eq!(text, "db:\n  password: <0>\n  users:\n  - key: <1>\n  - key: <2>\ntoken: <3>\n");
        pins.insert("z".into(), Pin::new(key(vec!["db".into()])));
        assert!(overlay("app", &pins, &[], &none, &mut new()).is_err());
        pins.insert("z".into(), Pin::new(key(vec!["token".into(), "deeper".into()])));
        assert!(overlay("app", &pins, &[], &none, &mut new()).is_err());
    }
}
