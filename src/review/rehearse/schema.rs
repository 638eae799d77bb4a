//! The fields of Kubernetes' own kinds, as the API server of each version knows them.
//!
//! The table is made by `tests/kubernetes_schema.py` from the typed schemas of `k8s.io/client-go`, which server-side apply
//! works by (Apache-2.0).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::quantity;

const TEXT: &str = include_str!("schema.txt");
/// The first minor the table knows, and the last.
const KNOWN: (u32, u32) = (34, 37);
/// An object nested deeper than this is not looked into.
const DEPTH: usize = 64;

/// All kinds and their types.
static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(TEXT));

#[derive(Debug, Default)]
struct Table {
    /// The type of `apps/v1 Deployment`.
    kinds: BTreeMap<&'static str, &'static str>,
    types: BTreeMap<&'static str, BTreeMap<&'static str, Field>>,
}

/// One field of a type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) shape: Shape,
    /// The first minor that has it, where the oldest known has it not.
    since: Option<u32>,
    /// The first minor that has it no more.
    until: Option<u32>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape(&'static str);

/// A shape taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Text,
    Number,
    Flag,
    Quantity,
    NumberOrText,
    /// Anything at all.
    Free,
    Map(Shape),
    /// With the keys that tell its items apart; `=` where the items themselves do.
    List(Shape, &'static str),
    Fields(&'static str),
}

impl Shape {
    pub(super) fn what(self) -> What {
        match self.0 {
            "s" => What::Text,
            "n" => What::Number,
            "b" => What::Flag,
            "q" => What::Quantity,
            "i" => What::NumberOrText,
            "*" => What::Free,
            text => match (text.strip_prefix('{'), text.strip_prefix('[')) {
                (Some(inner), _) => What::Map(Shape(inner)),
                (_, Some(inner)) => {
                    let (inner, keys) = inner.split_once('/').unwrap_or((inner, ""));
                    What::List(Shape(inner), keys)
                }
                _ => What::Fields(text),
            },
        }
    }
}

impl Table {
    fn read(text: &'static str) -> Table {
        let mut table = Table::default();
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix('=') {
                table.kinds.extend(kind.rsplit_once(' '));
                continue;
            }
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            let fields = words.filter_map(|word| {
                let (field, shape) = word.split_once(':')?;
                let (field, version) = field.split_once('@').unwrap_or((field, ""));
                let until = version.strip_prefix('-').and_then(|it| it.parse().ok());
                Some((field, Field { shape: Shape(shape), since: version.parse().ok(), until }))
            });
            table.types.insert(name, fields.collect());
        }
        table
    }
}

/// The shape of a whole object; nothing where its kind is not one of Kubernetes' own.
pub(super) fn of(object: &Json) -> Option<Shape> {
    let kind = format!("{} {}", object["apiVersion"].as_str()?, object["kind"].as_str()?);
    TABLE.kinds.get(kind.as_str()).copied().map(Shape)
}

/// The fields of a type.
pub(super) fn fields(name: &str) -> Option<&'static BTreeMap<&'static str, Field>> {
    TABLE.types.get(name)
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
    fn value(&mut self, path: &str, value: &Json, shape: Shape, depth: usize) {
        if value.is_null() || depth > DEPTH {
            return;
        }
        let mut wrong = |wanted| self.found.push(Misfit::Type(path.to_owned(), wanted, value.clone()));
        match shape.what() {
            What::Free => {}
            What::Text if !value.is_string() => wrong("a text"),
            What::Number if !value.is_number() => wrong("a number"),
            What::Flag if !value.is_boolean() => wrong("true or false"),
            What::NumberOrText if !value.is_number() && !value.is_string() => wrong("a number or a text"),
            What::Quantity => {
                let sealed = value.as_str().is_some_and(|it| it.contains('<'));
                if quantity::nanos(value).is_none() && !sealed {
                    wrong("a quantity such as 100m or 1Gi");
                }
            }
            What::Text | What::Number | What::Flag | What::NumberOrText => {}
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
            What::Fields(name) => match value.as_object() {
                None => wrong("a mapping"),
                Some(map) => {
                    let Some(known) = fields(name) else { return };
                    for (key, value) in map {
                        match known.get(key.as_str()) {
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
    fn has(&self, field: &Field) -> bool {
        let Some(minor) = self.minor else { return true };
        let gone = field.until.is_some_and(|it| minor >= it);
        field.since.is_none_or(|it| minor >= it) && (!gone || minor < KNOWN.0)
    }

    fn list(&mut self, path: &str, list: &[Json], inner: Shape, keys: &str, depth: usize) {
        let mut seen = BTreeSet::new();
        for (index, item) in list.iter().enumerate() {
            let name = key(item, keys);
            let at = match &name {
                Some(name) if keys != "=" => format!("{path}[{name}]"),
                _ => format!("{path}[{index}]"),
            };
            if let Some(name) = name.filter(|it| !seen.insert(it.clone())) {
                self.found.push(Misfit::Twice(path.to_owned(), name));
            }
            self.value(&at, item, inner, depth + 1);
        }
    }
}

/// What tells an item of a list apart.
pub(super) fn key(item: &Json, keys: &str) -> Option<String> {
    match keys {
        "" => None,
        "=" => Some(item.as_str().map_or_else(|| item.to_string(), str::to_owned)),
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
    fn every_shape_of_the_table_is_one() {
        for (name, fields) in &TABLE.types {
            for (field, it) in fields {
                let mut shape = it.shape;
                while let What::Map(inner) | What::List(inner, _) = shape.what() {
                    shape = inner;
                }
                if let What::Fields(inner) = shape.what() {
                    assert!(TABLE.types.contains_key(inner), "{name}.{field}: {inner}");
                }
            }
        }
        assert!(TABLE.kinds.len() > 50);
    }

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
