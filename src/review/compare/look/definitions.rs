//! Custom resource definitions: versions, fields and rules that are gone break what was written for them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, word, words};
use crate::base::number::some;
use crate::review::compare::model::{Area, Finding, Risk};

/// A schema nested deeper than this is not looked into.
const DEPTH: usize = 64;

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.kind() != "CustomResourceDefinition" {
        return;
    }
    if pair.is_gone() || pair.is_new() {
        return;
    }
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for old in items(&old["versions"]) {
        let name = word(&old["name"]);
        let Some(new) = items(&new["versions"]).iter().find(|it| it["name"] == old["name"]) else {
            let used = users(pair, name);
            pair.say(found, Risk::Loss, Area::Crd, format!("version {name} is removed{used}"));
            continue;
        };
        version(pair, name, old, new, found);
        // What is the same in many versions is told once.
        for text in narrowed(old, new) {
            match told.iter_mut().find(|it| it.0 == text) {
                Some((_, names)) => names.push(name),
                None => told.push((text, vec![name])),
            }
        }
    }
    for (text, names) in told {
        let what = if names.len() == 1 { "version" } else { "versions" };
        let verb = if names.len() == 1 { text.clone() } else { plural(&text) };
        pair.say(found, Risk::Loss, Area::Crd, format!("{what} {} {verb}", names.join(", ")));
    }
    for new in items(&new["versions"]) {
        if !items(&old["versions"]).iter().any(|it| it["name"] == new["name"]) {
            pair.say(found, Risk::Moves, Area::Crd, format!("version {} is new", word(&new["name"])));
        }
    }
}

fn version(pair: &Pair<'_>, name: &str, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    if old["served"] == true && new["served"] != true {
        let text = format!("version {name} is no longer served{}", users(pair, name));
        pair.say(found, Risk::Loss, Area::Crd, text);
    }
    if old["storage"] != new["storage"] && new["storage"] == true {
        let text = format!(
            "objects are stored as {name} from now on, and each write moves one: there is no way back to a release \
             without {name}"
        );
        pair.say(found, Risk::Loss, Area::Crd, text);
    }
    if old["deprecated"] != true && new["deprecated"] == true {
        pair.say(found, Risk::Moves, Area::Crd, format!("version {name} is deprecated"));
    }
    if !old["subresources"]["status"].is_null() && new["subresources"]["status"].is_null() {
        pair.say(found, Risk::Loss, Area::Crd, format!("version {name} has no status any more"));
    }
}

/// What a version takes less of than before, as clauses that begin with a verb.
fn narrowed(old: &Json, new: &Json) -> Vec<String> {
    let mut losses = Losses::default();
    losses.walk("", &old["schema"]["openAPIV3Schema"], &new["schema"]["openAPIV3Schema"], 0);
    let all = [
        ("loses fields", &losses.removed),
        ("needs fields it did not need", &losses.required),
        ("takes another type in", &losses.retyped),
        ("takes fewer values in", &losses.narrowed),
    ];
    let told = |(what, fields): (&str, &Vec<String>)| {
        let stored =
            if what.contains("type") { "; objects that are stored with the old one no longer fit" } else { "" };
        format!("{what}: {}{stored}", some(fields, 8))
    };
    all.into_iter().filter(|it| !it.1.is_empty()).map(told).collect()
}

/// `lose fields` of `loses fields`.
fn plural(text: &str) -> String {
    for (one, many) in
        [("loses ", "lose "), ("needs fields it did not", "need fields they did not"), ("takes ", "take ")]
    {
        if let Some(rest) = text.strip_prefix(one) {
            return format!("{many}{rest}");
        }
    }
    text.to_owned()
}

/// Objects of the bundle that are written in a version.
fn users(pair: &Pair<'_>, version: &str) -> String {
    let spec = &pair.new["spec"];
    let head = format!("{}/{version} {} ", word(&spec["group"]), word(&spec["names"]["kind"]));
    let users: Vec<&str> = pair.around.new.ids.iter().filter_map(|it| it.strip_prefix(head.as_str())).collect();
    match users.as_slice() {
        [] => String::new(),
        all => format!(", and the bundle writes {} in it, which the API server refuses", some(all, 4)),
    }
}

#[derive(Default)]
struct Losses {
    removed: Vec<String>,
    required: Vec<String>,
    retyped: Vec<String>,
    narrowed: Vec<String>,
}

impl Losses {
    fn walk(&mut self, path: &str, old: &Json, new: &Json, depth: usize) {
        if depth > DEPTH || old == new {
            return;
        }
        let here = || if path.is_empty() { "the object".to_owned() } else { path.trim_start_matches('.').to_owned() };
        if old["type"] != new["type"] && !old["type"].is_null() {
            return self.retyped.push(format!("{} ({} → {})", here(), word(&old["type"]), word(&new["type"])));
        }
        let values = |it: &Json| -> BTreeSet<String> { words(&it["enum"]).map(str::to_owned).collect() };
        let (before, after) = (values(old), values(new));
        if !after.is_empty() && (before.is_empty() || !before.is_subset(&after)) {
            let gone: Vec<&String> = before.difference(&after).collect();
            self.narrowed.push(if gone.is_empty() { here() } else { format!("{} (no {})", here(), some(&gone, 4)) });
        }
        self.narrowed.extend(stricter(old, new).into_iter().map(|it| format!("{} ({it})", here())));
        let needed: BTreeSet<&str> = words(&old["required"]).collect();
        self.required.extend(words(&new["required"]).filter(|it| !needed.contains(it)).map(|it| child(path, it)));
        let empty = serde_json::Map::new();
        let open = new["x-kubernetes-preserve-unknown-fields"] == true || new["additionalProperties"].is_object();
        let after = new["properties"].as_object().unwrap_or(&empty);
        for (name, value) in old["properties"].as_object().unwrap_or(&empty) {
            match after.get(name) {
                Some(new) => self.walk(&format!("{path}.{name}"), value, new, depth + 1),
                None if open => {}
                None => self.removed.push(child(path, name)),
            }
        }
        for inner in ["items", "additionalProperties"] {
            if old[inner].is_object() && new[inner].is_object() {
                self.walk(&format!("{path}[]"), &old[inner], &new[inner], depth + 1);
            }
        }
    }
}

/// The rules of a schema that take less than before.
fn stricter(old: &Json, new: &Json) -> Vec<String> {
    let mut found = Vec::new();
    for (field, least) in [
        ("minimum", true),
        ("minLength", true),
        ("minItems", true),
        ("minProperties", true),
        ("maximum", false),
        ("maxLength", false),
        ("maxItems", false),
        ("maxProperties", false),
    ] {
        let Some(now) = new[field].as_f64() else { continue };
        let less = old[field].as_f64().is_none_or(|before| if least { now > before } else { now < before });
        if less {
            found.push(format!("{field} {}", new[field]));
        }
    }
    for field in ["pattern", "format"] {
        if new[field].is_string() && new[field] != old[field] {
            found.push(format!("{field} {}", word(&new[field])));
        }
    }
    let rules = |it: &Json| -> BTreeSet<String> {
        items(&it["x-kubernetes-validations"]).iter().map(|it| word(&it["rule"]).to_owned()).collect()
    };
    found.extend(rules(new).difference(&rules(old)).map(|it| format!("rule {it}")));
    found
}

fn child(path: &str, name: &str) -> String {
    format!("{path}.{name}").trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    fn said(old: &Json, new: &Json) -> Vec<String> {
        let mut found = Vec::new();
        look(&Pair::bare("v1 CustomResourceDefinition x", old, new, &Around::default()), &mut found);
        found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
    }

    fn definition(versions: Json) -> Json {
        json!({"kind": "CustomResourceDefinition", "spec": {"versions": versions}})
    }

    #[test]
    fn names_versions_and_fields_that_are_gone() {
        let schema = |fields: Json| json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}});
        let old = definition(json!([
            {"name": "v1", "served": true, "schema": schema(json!({"a": {"type": "string"}, "b": {"type": "array", "items": {"properties": {"c": {}}}}}))},
            {"name": "v1alpha1", "served": true},
            {"name": "v1beta1", "served": true},
        ]));
        let new = definition(json!([
            {"name": "v1", "served": true, "schema": schema(json!({"a": {"type": "integer"}, "b": {"type": "array", "items": {"properties": {}}}}))},
            {"name": "v1beta1", "served": false},
        ]));
        assert_eq!(
            said(&old, &new),
            [
                "Loss: version v1alpha1 is removed",
                "Loss: version v1beta1 is no longer served",
                "Loss: version v1 loses fields: spec.b[].c",
                "Loss: version v1 takes another type in: spec.a (string → integer); objects that are stored with the old one no longer fit",
            ]
        );
    }

    #[test]
    fn names_fields_that_became_needed_and_values_that_are_refused() {
        let old = definition(
            json!([{"name": "v1", "schema": {"openAPIV3Schema": {"properties": {"m": {"enum": ["a", "b"]}}}}}]),
        );
        let new = definition(
            json!([{"name": "v1", "schema": {"openAPIV3Schema": {"required": ["m"], "properties": {"m": {"enum": ["a"]}}}}}]),
        );
        assert_eq!(
            said(&old, &new),
            ["Loss: version v1 needs fields it did not need: m", "Loss: version v1 takes fewer values in: m (no b)"]
        );
    }

    #[test]
    fn names_rules_that_became_stricter_and_no_others() {
        let with = |field: Json| {
            definition(json!([{"name": "v1", "schema": {"openAPIV3Schema": {"properties": {"m": field}}}}]))
        };
        let old = with(json!({"type": "integer", "minimum": 1, "maximum": 9, "maxLength": 5}));
        let new = with(json!({"type": "integer", "minimum": 0, "maximum": 8, "pattern": "^a$",
            "x-kubernetes-validations": [{"rule": "self > 1"}]}));
        let text = "Loss: version v1 takes fewer values in: m (maximum 8), m (pattern ^a$), m (rule self > 1)";
        assert_eq!(said(&old, &new), [text]);
        assert_eq!(said(&new, &old), ["Loss: version v1 takes fewer values in: m (minimum 1), m (maxLength 5)"]);
    }
}
