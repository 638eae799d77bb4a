//! What of an object does not fit the fields that the API server of each version knows.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::review::kubernetes::quantity;
use crate::review::kubernetes::schema::{self, Field, KNOWN, Shape, What};

/// An object nested deeper than this is not looked into.
const DEPTH: usize = 64;

/// The shape of a whole object; nothing where its kind is not one of Kubernetes' own.
pub(super) fn of(object: &Json) -> Option<Shape<'static>> {
    schema::object(object["apiVersion"].as_str()?, object["kind"].as_str()?)
}

/// What does not fit the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    Unknown(String),
    Twice(String, String),
    Type(String, &'static str, Json),
}

/// Everything that does not fit, for a minor of Kubernetes.
pub(super) fn misfits(object: &Json, minor: Option<u32>) -> Vec<Misfit> {
    let mut walk = Walk { minor, found: Vec::new() };
    if let Some(shape) = of(object) {
        walk.value("", object, shape, 0);
    }
    walk.found
}

struct Walk {
    minor: Option<u32>,
    found: Vec<Misfit>,
}

impl Walk {
    fn value(&mut self, path: &str, value: &Json, shape: Shape<'_>, depth: usize) {
        if value.is_null() || depth > DEPTH {
            return;
        }
        let mut wrong = |wanted| self.found.push(Misfit::Type(path.to_owned(), wanted, value.clone()));
        match shape.what() {
            What::Free => {}
            What::Text | What::Words(_) | What::Base64 if !value.is_string() => wrong("a text"),
            What::Number | What::Whole if !value.is_number() => wrong("a number"),
            What::Flag if !value.is_boolean() => wrong("true or false"),
            What::NumberOrText if !value.is_number() && !value.is_string() => wrong("a number or a text"),
            What::Quantity => {
                let sealed = value.as_str().is_some_and(|it| it.contains('<'));
                if quantity::nanos(value).is_none() && !sealed {
                    wrong("a quantity such as 100m or 1Gi");
                }
            }
            What::Text
            | What::Words(_)
            | What::Base64
            | What::Number
            | What::Whole
            | What::Flag
            | What::NumberOrText => {}
            What::Map(inner) => match value.as_object() {
                None => wrong("a mapping"),
                Some(map) => {
                    for (key, value) in map {
                        self.value(&child(path, key), value, inner, depth + 1);
                    }
                }
            },
            What::List(inner, keys) => match value.as_array() {
                None => wrong("a list"),
                Some(list) => self.list(path, list, inner, keys, depth),
            },
            What::Fields(name) => match (schema::fields(name), value.as_object()) {
                // A type that is not looked into is not always a mapping.
                (None, _) => {}
                (Some(_), None) => wrong("a mapping"),
                (Some(known), Some(map)) => {
                    let known: Vec<Field<'_>> = known.collect();
                    for (key, value) in map {
                        match known.iter().find(|it| it.name == key) {
                            Some(field) if self.has(field) => {
                                self.value(&child(path, key), value, field.shape, depth + 1);
                            }
                            // A newer version may have a field that the table has not.
                            None if self.minor.is_some_and(|it| it > KNOWN.1) => {}
                            _ if value.is_null() => {}
                            _ => self.found.push(Misfit::Unknown(child(path, key))),
                        }
                    }
                }
            },
        }
    }

    /// Whether the version has a field. Of versions before the first known, only what all have is held against an object.
    fn has(&self, field: &Field<'_>) -> bool {
        let Some(minor) = self.minor else { return true };
        let gone = field.life.gone.is_some_and(|it| minor >= it);
        minor >= field.life.since && (!gone || minor < KNOWN.0)
    }

    fn list(&mut self, path: &str, list: &[Json], inner: Shape<'_>, keys: Option<&str>, depth: usize) {
        let mut seen = BTreeSet::new();
        for (index, item) in list.iter().enumerate() {
            let name = key(item, keys);
            let at = match &name {
                Some(name) if keys != Some("") => format!("{path}[{name}]"),
                _ => format!("{path}[{index}]"),
            };
            if let Some(name) = name.filter(|it| !seen.insert(it.clone())) {
                self.found.push(Misfit::Twice(path.to_owned(), name));
            }
            self.value(&at, item, inner, depth + 1);
        }
    }
}

/// What tells an item of a list apart: the item itself where `keys` are none.
pub(super) fn key(item: &Json, keys: Option<&str>) -> Option<String> {
    match keys? {
        "" => Some(item.as_str().map_or_else(|| item.to_string(), str::to_owned)),
        keys => {
            let words = keys.split(',').map(|key| match &item[key] {
                Json::Null if key == "protocol" => "TCP".to_owned(),
                Json::String(word) => word.clone(),
                other => other.to_string(),
            });
            Some(words.collect::<Vec<_>>().join("/"))
        }
    }
}

fn child(path: &str, key: &str) -> String {
    let plain = key.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_$".contains(&it));
    match (path.is_empty(), plain) {
        (true, _) => key.to_owned(),
        (_, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[\"{key}\"]"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_what_does_not_fit() {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "labels": {"a.b/c": 1}},
            "spec": {"replicas": "2", "template": {"spec": {"containers": [
                {"name": "c", "env": [{"name": "A", "value": 1}, {"name": "A", "value": "x"}], "imagePullPolice": "Always",
                    "resources": {"limits": {"cpu": 1, "memory": "1Gb"}}}]}}}});
        let expected = [
            Misfit::Type("metadata.labels[\"a.b/c\"]".into(), "a text", json!(1)),
            Misfit::Type("spec.replicas".into(), "a number", json!("2")),
            Misfit::Type("spec.template.spec.containers[c].env[A].value".into(), "a text", json!(1)),
            Misfit::Twice("spec.template.spec.containers[c].env".into(), "A".into()),
            Misfit::Unknown("spec.template.spec.containers[c].imagePullPolice".into()),
            Misfit::Type(
                "spec.template.spec.containers[c].resources.limits.memory".into(),
                "a quantity such as 100m or 1Gi",
                json!("1Gb"),
            ),
        ];
        assert_eq!(misfits(&object, Some(34)), expected);
    }

    #[test]
    fn knows_which_version_has_a_field() {
        let object = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "spec": {"serviceAccountTokenInSecrets": true}});
        assert_eq!(misfits(&object, Some(34)), [Misfit::Unknown("spec.serviceAccountTokenInSecrets".into())]);
        assert_eq!(misfits(&object, Some(35)), []);
        assert_eq!(misfits(&object, None), []);
    }
}
