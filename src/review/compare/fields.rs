//! Field by field, with lists matched as Kubernetes merges them and not by index.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::model::{Change, How};

/// What Kubernetes merges a list by, by the name of the list; else the first of `ANY` that tells all items apart.
const KEYS: &[(&str, &[&str])] = &[
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("conditions", &["type"]),
    ("subjects", &["kind", "namespace", "name"]),
    ("ownerReferences", &["uid"]),
];
/// Stands in a path where a string's own content begins.
const INSIDE: &str = "\u{1}";
/// More pairs than this are not tried.
const MAX_PAIRS: usize = 10_000;
const ANY: &[&[&str]] = &[
    &["name"],
    &["containerPort", "protocol"],
    &["port", "protocol"],
    &["containerPort"],
    &["port"],
    &["mountPath"],
    &["key", "operator", "effect"],
    &["key"],
    &["type"],
    &["kind", "namespace", "name"],
    &["id"],
];

/// Every difference between two values, in the order of the new one.
pub fn compare(old: &Json, new: &Json) -> Vec<Change> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.values(old, new);
    walk.found
}

/// The same of two resources, where Kubernetes takes `null` and nothing for the same.
pub fn of_resource(old: &Json, new: &Json) -> Vec<Change> {
    let mut found = compare(old, new);
    let nothing = |it: &Option<Json>| it.as_ref().is_none_or(Json::is_null);
    let is_item = |it: &Change| it.keys.last().is_some_and(|it| it.starts_with('\u{0}'));
    found.retain(|it| is_item(it) || !nothing(&it.old) || !nothing(&it.new));
    found
}

/// A path as a reader knows it: `a.b["c.d"].list[item]`. Items of lists come with their brackets.
pub fn path(keys: &[String]) -> String {
    let mut text = String::new();
    for key in keys {
        let plain = !key.is_empty() && key.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_$".contains(&it));
        if key == INSIDE {
            text.push_str(" ›");
        } else if let Some(item) = key.strip_prefix('\u{0}') {
            text.push_str(&format!("[{item}]"));
        } else if plain {
            if !text.is_empty() {
                text.push(if text.ends_with('›') { ' ' } else { '.' });
            }
            text.push_str(key);
        } else {
            text.push_str(&format!("[{key:?}]"));
        }
    }
    text
}

struct Walk {
    /// Keys of objects as they are; an item of a list as NUL and what it is known by.
    path: Vec<String>,
    found: Vec<Change>,
}

impl Walk {
    fn values(&mut self, old: &Json, new: &Json) {
        match (old, new) {
            _ if old == new => {}
            (Json::Object(old), Json::Object(new)) => self.objects(old, new),
            (Json::Array(old), Json::Array(new)) => self.lists(old, new),
            (Json::String(a), Json::String(b)) => match (embedded(a), embedded(b)) {
                (Some(inner_old), Some(inner_new)) if inner_old != inner_new => {
                    self.below(INSIDE.to_owned(), |it| it.values(&inner_old, &inner_new));
                }
                _ => self.note(How::Changed, Some(old), Some(new)),
            },
            _ => self.note(How::Changed, Some(old), Some(new)),
        }
    }

    fn objects(&mut self, old: &Map<String, Json>, new: &Map<String, Json>) {
        for (key, value) in old {
            if !new.contains_key(key) {
                self.below(key.clone(), |it| it.whole(key, value, How::Removed));
            }
        }
        for (key, value) in new {
            self.below(key.clone(), |it| match old.get(key) {
                Some(old) => it.values(old, value),
                None => it.whole(key, value, How::Added),
            });
        }
    }

    /// A field that only one side has. Labels and annotations are told one by one, so that those that many share fold.
    fn whole(&mut self, key: &str, value: &Json, how: How) {
        match value {
            Json::Object(inner) if matches!(key, "labels" | "annotations") && !inner.is_empty() => {
                for (key, value) in inner {
                    self.below(key.clone(), |it| it.one_sided(value, how));
                }
            }
            _ => self.one_sided(value, how),
        }
    }

    fn one_sided(&mut self, value: &Json, how: How) {
        match how {
            How::Removed => self.note(how, Some(value), None),
            _ => self.note(how, None, Some(value)),
        }
    }

    fn lists(&mut self, old: &[Json], new: &[Json]) {
        let name = self.path.iter().rev().find(|it| !it.starts_with('\u{0}')).map(String::as_str).unwrap_or_default();
        match keyed(name, old, new) {
            Some((old_keys, new_keys)) => self.keyed(old, &old_keys, new, &new_keys),
            None => self.ordered(old, new),
        }
    }

    fn keyed(&mut self, old: &[Json], old_keys: &[String], new: &[Json], new_keys: &[String]) {
        let before: BTreeMap<&String, &Json> = old_keys.iter().zip(old).collect();
        let after: BTreeSet<&String> = new_keys.iter().collect();
        for (key, value) in old_keys.iter().zip(old) {
            if !after.contains(key) {
                self.below(item(key), |it| it.note(How::Removed, Some(value), None));
            }
        }
        for (key, value) in new_keys.iter().zip(new) {
            self.below(item(key), |it| match before.get(key) {
                Some(old) => it.values(old, value),
                None => it.note(How::Added, None, Some(value)),
            });
        }
        let kept = |keys: &[String], other: &dyn Fn(&String) -> bool| -> Vec<Json> {
            keys.iter().filter(|it| other(it)).map(|it| Json::String(it.clone())).collect()
        };
        let old_order = kept(old_keys, &|it| after.contains(it));
        let new_order = kept(new_keys, &|it| before.contains_key(it));
        if old_order != new_order {
            self.note(How::Reordered, Some(&Json::Array(old_order)), Some(&Json::Array(new_order)));
        }
    }

    /// Lists without keys: what is equal in the same order stays, the rest is paired as it stands.
    fn ordered(&mut self, old: &[Json], new: &[Json]) {
        let old_texts: Vec<String> = old.iter().map(Json::to_string).collect();
        let new_texts: Vec<String> = new.iter().map(Json::to_string).collect();
        let sorted = |texts: &[String]| {
            let mut sorted = texts.to_vec();
            sorted.sort();
            sorted
        };
        if sorted(&old_texts) == sorted(&new_texts) {
            let (old, new) = (Json::Array(old.to_vec()), Json::Array(new.to_vec()));
            return self.note(How::Reordered, Some(&old), Some(&new));
        }
        for op in capture_diff_slices(Algorithm::Myers, &old_texts, &new_texts) {
            let (gone, come) = match op {
                DiffOp::Equal { .. } => continue,
                op => (op.old_range(), op.new_range()),
            };
            let pairs = paired(&old[gone.clone()], &new[come.clone()]);
            for (index, value) in gone.clone().zip(&old[gone.clone()]) {
                if !pairs.values().any(|it| *it + gone.start == index) {
                    self.below(item(&index.to_string()), |it| it.note(How::Removed, Some(value), None));
                }
            }
            for (offset, value) in new[come.clone()].iter().enumerate() {
                self.below(item(&(come.start + offset).to_string()), |it| match pairs.get(&offset) {
                    Some(before) => it.values(&old[gone.start + before], value),
                    None => it.note(How::Added, None, Some(value)),
                });
            }
        }
    }

    fn below(&mut self, key: String, inner: impl FnOnce(&mut Walk)) {
        self.path.push(key);
        inner(self);
        self.path.pop();
    }

    fn note(&mut self, how: How, old: Option<&Json>, new: Option<&Json>) {
        let keys = self.path.clone();
        self.found.push(Change { path: path(&keys), how, old: old.cloned(), new: new.cloned(), keys });
    }
}

/// Which items of two short lists are each other's successors, new to old: those most alike, and plain values as they stand.
fn paired(old: &[Json], new: &[Json]) -> BTreeMap<usize, usize> {
    let plain = old.iter().chain(new).all(|it| !it.is_object());
    if plain || old.len() * new.len() > MAX_PAIRS {
        return (0..old.len().min(new.len())).map(|it| (it, it)).collect();
    }
    let leaves = |list: &[Json]| -> Vec<BTreeSet<String>> { list.iter().map(leaves).collect() };
    let (before, after) = (leaves(old), leaves(new));
    let mut scores = Vec::new();
    for (to, new) in after.iter().enumerate() {
        for (from, old) in before.iter().enumerate() {
            let shared = old.intersection(new).count();
            if shared * 2 >= old.len().min(new.len()).max(1) {
                scores.push((std::cmp::Reverse(shared), from.abs_diff(to), to, from));
            }
        }
    }
    scores.sort_unstable();
    let mut pairs = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (_, _, to, from) in scores {
        if !pairs.contains_key(&to) && taken.insert(from) {
            pairs.insert(to, from);
        }
    }
    pairs
}

/// Every leaf with the keys that lead to it.
fn leaves(value: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Json::Object(map) => open.extend(map.iter().map(|(key, value)| (format!("{path}/{key}"), value))),
            Json::Array(list) => open.extend(list.iter().map(|value| (format!("{path}/-"), value))),
            leaf => {
                found.insert(format!("{path}={leaf}"));
            }
        }
    }
    found
}

/// The value that a string holds as JSON on one line, as files in ConfigMaps do.
fn embedded(text: &str) -> Option<Json> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || text.contains('\n') {
        return None;
    }
    serde_json::from_str(text).ok().filter(|it: &Json| it.is_object() || it.is_array())
}

fn item(key: &str) -> String {
    format!("\u{0}{key}")
}

/// What each item of both lists is known by, where all of them have it and no two share it.
fn keyed(name: &str, old: &[Json], new: &[Json]) -> Option<(Vec<String>, Vec<String>)> {
    let all_objects = |list: &[Json]| list.iter().all(Json::is_object);
    if !all_objects(old) || !all_objects(new) {
        return None;
    }
    let own = KEYS.iter().find(|(it, _)| *it == name).map(|(_, keys)| *keys);
    own.into_iter().chain(ANY.iter().copied()).find_map(|keys| Some((names(old, keys)?, names(new, keys)?)))
}

/// The first key is needed, the others may be absent.
fn names(list: &[Json], keys: &[&str]) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for value in list {
        let mut words = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            match value.get(key) {
                Some(Json::String(word)) => words.push(word.clone()),
                Some(it @ (Json::Number(_) | Json::Bool(_))) => words.push(it.to_string()),
                None if index > 0 => {}
                _ => return None,
            }
        }
        let name = words.join("/");
        if !seen.insert(name.clone()) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(old: &Json, new: &Json) -> Vec<String> {
        let side = |it: &Option<Json>| it.as_ref().map_or("-".into(), Json::to_string);
        let line = |it: &Change| format!("{} {} {}", it.path, side(&it.old), side(&it.new));
        compare(old, new).iter().map(line).collect()
    }

    #[test]
    fn matches_containers_by_name_and_not_by_place() {
        let old = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "args": ["-v"]}]}});
        let new = json!({"spec": {"containers": [{"name": "c"}, {"name": "a", "image": "x:2"}, {"name": "b", "args": ["-v", "-w"]}]}});
        assert_eq!(
            shown(&old, &new),
            [
                r#"spec.containers[c] - {"name":"c"}"#,
                r#"spec.containers[a].image "x:1" "x:2""#,
                r#"spec.containers[b].args[1] - "-w""#,
            ]
        );
    }

    #[test]
    fn tells_ports_of_one_number_apart_by_protocol() {
        let old = json!({"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]});
        let new = json!({"ports": [{"port": 53, "protocol": "UDP", "nodePort": 1}, {"port": 53, "protocol": "TCP"}]});
        assert_eq!(
            shown(&old, &new),
            ["ports[53/UDP].nodePort - 1", r#"ports ["53/TCP","53/UDP"] ["53/UDP","53/TCP"]"#,]
        );
    }

    #[test]
    fn pairs_items_without_a_key_by_what_they_hold() {
        let rule =
            |resources: &[&str], verb: &str| json!({"apiGroups": ["a"], "resources": resources, "verbs": [verb]});
        let old = json!({"rules": [rule(&["x"], "get"), rule(&["y", "z"], "list")]});
        let new = json!({"rules": [rule(&["n"], "bind"), rule(&["y", "z", "w"], "list")]});
        let rules = r#"rules[0] {"apiGroups":["a"],"resources":["x"],"verbs":["get"]} -"#;
        assert_eq!(
            shown(&old, &new),
            [
                rules,
                r#"rules[0] - {"apiGroups":["a"],"resources":["n"],"verbs":["bind"]}"#,
                r#"rules[1].resources[2] - "w""#
            ]
        );
    }

    #[test]
    fn looks_into_json_on_one_line() {
        let old = json!({"data": {"c": "{\"a\":{\"b\":1},\"l\":[1]}", "s": "{}"}});
        let new = json!({"data": {"c": "{\"a\":{\"b\":2},\"l\":[1]}", "s": "{ }"}});
        assert_eq!(shown(&old, &new), ["data.c › a.b 1 2", r#"data.s "{}" "{ }""#]);
    }

    #[test]
    fn quotes_keys_that_hold_dots() {
        assert_eq!(shown(&json!({"a": {"b/c.d": 1}}), &json!({"a": {}})), [r#"a["b/c.d"] 1 -"#]);
    }

    #[test]
    fn says_nothing_only_of_equal_values() {
        assert_eq!(shown(&json!({"a": 1, "b": [2]}), &json!({"b": [2], "a": 1})), [] as [&str; 0]);
        assert_eq!(shown(&json!({"a": null}), &json!({})), ["a null -"]);
        let (old, new) = (json!({"a": null, "b": null, "c": [null]}), json!({"b": 1, "c": []}));
        let left: Vec<_> = of_resource(&old, &new).into_iter().map(|it| it.path).collect();
        assert_eq!(left, ["b", "c[0]"]);
    }
}
