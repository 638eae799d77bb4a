//! What one tree of values says otherwise than another.

use std::collections::BTreeSet;

use crate::gitops::SEALED;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// One difference between two trees of values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValueChange {
    /// `hubble.relay.enabled`.
    pub path: String,
    /// The old and the new value in one line of JSON; `None` where there is none.
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What changes from one tree of values to another, in path order.
pub fn changes(old: &Map, new: &Map) -> Vec<ValueChange> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), old.clone(), new.clone())];
    while let Some((prefix, old, new)) = open.pop() {
        let keys: BTreeSet<_> = old.to_vec().into_iter().chain(new.to_vec()).map(|(key, _)| key).collect();
        for key in keys {
            let path =
                if prefix.is_empty() { key.to_text().into_owned() } else { format!("{prefix}.{}", key.to_text()) };
            match (old.get(&key), new.get(&key)) {
                (Some(Value::Map(old)), Some(Value::Map(new))) => open.push((path, old, new)),
                (Some(Value::Map(old)), None) if !old.is_empty() => open.push((path, old, Map::any())),
                (None, Some(Value::Map(new))) if !new.is_empty() => open.push((path, Map::any(), new)),
                (old, new) => {
                    let line = |value: Option<Value>| {
                        let written = yaml::write_json(&value?, false);
                        Some(written.map(|it| it.to_text().into_owned()).unwrap_or_default())
                    };
                    let (old, new) = (line(old), line(new));
                    if old != new {
                        found.push(ValueChange { path, old, new });
                    }
                }
            }
        }
    }
    found.sort();
    found
}

/// Changes in words: what is sealed stands as a word. Where the new values `hide` some, nothing says that one of them is not set.
pub fn told(mut changes: Vec<ValueChange>, hides: bool) -> Vec<ValueChange> {
    let sealed = format!("\"{SEALED}\"");
    for change in &mut changes {
        for it in [&mut change.old, &mut change.new].into_iter().flatten() {
            *it = it.replace(&sealed, "sealed");
        }
        if hides && change.new.is_none() {
            change.new = Some("not set in the clear".into());
        }
    }
    changes
}

/// What values set otherwise than others that they came of.
pub fn difference(old: &Map, new: &Map) -> Map {
    let out = Map::any();
    for (key, value) in new.to_vec() {
        match (old.get(&key), &value) {
            (Some(Value::Map(old)), Value::Map(new)) => {
                let inner = difference(&old, new);
                if !inner.is_empty() {
                    out.insert(key, Value::Map(inner));
                }
            }
            (old, new) => {
                let text = |it: &Value| yaml::write_json(it, false).unwrap_or_default();
                if old.is_none_or(|old| text(&old) != text(new)) {
                    out.insert(key, value);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Map {
        yaml::read_map(text.as_bytes()).expect("YAML")
    }

    #[test]
    fn changes_are_told_leaf_by_leaf() {
        let found = changes(&read("a: {b: 1, c: [1]}\nd: x\n"), &read("a: {b: 2, c: [1]}\ne: {f: true}\n"));
        let told: Vec<String> = found.iter().map(|it| format!("{} {:?} {:?}", it.path, it.old, it.new)).collect();
        assert_eq!(told, [r#"a.b Some("1") Some("2")"#, r#"d Some("\"x\"") None"#, r#"e.f None Some("true")"#]);
    }

    #[test]
    fn what_is_sealed_is_a_word() {
        let (old, new) = (read("a: x\nb: [v, (sealed)]\nc: z\n"), read("a: (sealed)\nb: [w]\n"));
        let shown = |hides: bool| {
            let all = told(changes(&old, &new), hides);
            all.iter().map(|it| format!("{} -> {}", it.path, it.new.as_deref().unwrap_or("-"))).collect::<Vec<_>>()
        };
        assert_eq!(shown(false), ["a -> sealed", "b -> [\"w\"]", "c -> -"]);
        assert_eq!(shown(true)[2], "c -> not set in the clear");
        assert_eq!(told(changes(&old, &new), false)[1].old.as_deref(), Some("[\"v\",sealed]"));
    }

    #[test]
    fn the_difference_is_what_is_set_otherwise() {
        let found = difference(&read("a: {b: 1, c: 2}\nd: [1]\n"), &read("a: {b: 1, c: 3}\nd: [1]\ne: null\n"));
        assert_eq!(yaml::write(&Value::Map(found)).expect("written").to_text(), "a:\n  c: 3\ne: null\n");
    }
}
