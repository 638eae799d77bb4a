//! Values: what the user set otherwise, which defaults changed below, and which keys lead nowhere now.

use serde_json::Value as Json;

use super::fields;
use super::model::{Area, Change, DefaultChange, Finding, How, Risk, ValuesDiff};
use super::side::Values;

pub(in crate::review) fn compare(part: &str, old: &Values, new: &Values, found: &mut Vec<Finding>) -> ValuesDiff {
    let mut vanished = Vec::new();
    for (keys, _) in leaves(&new.user) {
        if knows(&old.defaults, &keys) && !knows(&new.defaults, &keys) {
            let key = fields::path(&keys);
            let (risk, text) = if new.reads.names(&keys) {
                (Risk::Moves, "has no default in the new chart any more; its templates still read it")
            } else if new.reads.may_read(&keys) {
                (Risk::Traffic, "is not among the new chart's values: it may do nothing")
            } else {
                (Risk::Traffic, "is unknown to the new chart: it does nothing")
            };
            let text = format!("your {key} {text}");
            found.push(Finding::new(risk, Area::Values, part, text));
            vanished.push(key);
        }
    }
    let defaults = fields::compare(&old.defaults, &new.defaults);
    let defaults = defaults.into_iter().map(|change| {
        let overridden = sets(&new.user, &change.keys);
        DefaultChange { change, overridden }
    });
    ValuesDiff { user: fields::compare(&old.user, &new.user), defaults: defaults.collect(), vanished }
}

/// Whether a default is the tag or the digest of an image, which change with every release of a chart.
pub(in crate::review) fn is_of_image(change: &Change) -> bool {
    let [around @ .., last] = change.keys.as_slice() else { return false };
    let named = matches!(last.as_str(), "tag" | "digest") || last.ends_with("Digest");
    named && change.how == How::Changed && around.iter().any(|it| it.to_ascii_lowercase().ends_with("image"))
}

/// Every value that is no mapping, and every empty mapping, with its path.
fn leaves(values: &Json) -> Vec<(Vec<String>, &Json)> {
    let mut found = Vec::new();
    let mut open: Vec<(Vec<String>, &Json)> = vec![(Vec::new(), values)];
    while let Some((path, value)) = open.pop() {
        match value {
            Json::Object(map) if !map.is_empty() || path.is_empty() => {
                for (key, value) in map.iter().rev() {
                    open.push(([path.as_slice(), std::slice::from_ref(key)].concat(), value));
                }
            }
            _ => found.push((path, value)),
        }
    }
    found
}

/// Whether a chart has a place for a key. Empty mappings, `null` and lists take anything.
fn knows(defaults: &Json, keys: &[String]) -> bool {
    let mut at = defaults;
    for key in keys {
        match at {
            Json::Object(map) if map.is_empty() => return true,
            Json::Object(map) => match map.get(key) {
                Some(inner) => at = inner,
                None => return false,
            },
            _ => return true,
        }
    }
    true
}

/// Whether the user's values reach a key, something below it or a whole around it.
fn sets(user: &Json, keys: &[String]) -> bool {
    let mut at = user;
    for key in keys.iter().take_while(|it| !it.starts_with('\u{0}')) {
        match at {
            Json::Object(map) => match map.get(key) {
                Some(inner) => at = inner,
                None => return false,
            },
            _ => return true,
        }
    }
    !matches!(at, Json::Object(map) if map.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::Reads;

    #[test]
    fn tells_defaults_that_count_from_those_that_are_overridden() {
        let old = Values {
            defaults: json!({"a": {"b": 1, "gone": true, "free": {}}, "c": [1]}),
            user: json!({"a": {"b": 5, "gone": false, "free": {"x": 1}}}),
            reads: Reads::default(),
        };
        let new = Values { defaults: json!({"a": {"b": 2, "free": {}}, "c": [2]}), ..old.clone() };
        let mut found = Vec::new();
        let diff = compare("p", &old, &new, &mut found);
        let defaults: Vec<_> = diff.defaults.iter().map(|it| (it.change.path.as_str(), it.overridden)).collect();
        assert_eq!(defaults, [("a.gone", true), ("a.b", true), ("c[0]", false)]);
        assert_eq!(diff.vanished, ["a.gone"]);
        assert!(diff.user.is_empty());
        assert_eq!(found[0].text, "your a.gone is unknown to the new chart: it does nothing");
    }
}
