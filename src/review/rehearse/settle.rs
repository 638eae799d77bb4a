//! Takes out of two objects what makes no difference to Kubernetes, so that all that is left is one.

use serde_json::{Map, Value as Json};

use super::{defaults, misfits};
use crate::review::kubernetes::quantity;
use crate::review::kubernetes::schema::{self, Field, Shape, What};

/// An object nested deeper than this is left as it is.
const DEPTH: usize = 64;

/// Makes two objects equal wherever Kubernetes sees no difference: quantities, defaults that one side writes out, empty
/// lists, and text of a Secret in either of its forms. Objects of kinds that are not Kubernetes' own stay as they are.
pub fn settle(old: &mut Json, new: &mut Json) {
    let shapes = (misfits::of(old), misfits::of(new));
    let (Some(shape), true) = (shapes.1, shapes.0 == shapes.1) else { return };
    values(old, new, shape, 0);
    if new["kind"] == "Secret" {
        secret(old, new);
    }
}

fn values(old: &mut Json, new: &mut Json, shape: Shape<'_>, depth: usize) {
    if old == new || depth > DEPTH {
        return;
    }
    match shape.what() {
        What::Quantity if quantity::nanos(new).is_some_and(|it| quantity::nanos(old) == Some(it)) => {
            *old = new.clone();
        }
        What::Number | What::Whole if old.as_f64().is_some() && old.as_f64() == new.as_f64() => *old = new.clone(),
        What::Map(inner) => {
            if let (Json::Object(before), Json::Object(after)) = (old, new) {
                for (key, value) in after.iter_mut() {
                    if let Some(before) = before.get_mut(key) {
                        values(before, value, inner, depth + 1);
                    }
                }
            }
        }
        What::List(inner, keys) => {
            if let (Json::Array(before), Json::Array(after)) = (old, new) {
                lists(before, after, inner, keys, depth);
            }
        }
        What::Fields(kind) => fields(old, new, kind, depth),
        _ => {}
    }
}

fn lists(old: &mut [Json], new: &mut [Json], inner: Shape<'_>, keys: Option<&str>, depth: usize) {
    if keys.is_none_or(str::is_empty) {
        if old.len() == new.len() {
            for (old, new) in old.iter_mut().zip(new) {
                values(old, new, inner, depth + 1);
            }
        }
        return;
    }
    for new in new {
        let name = misfits::key(new, keys);
        if let Some(old) = old.iter_mut().find(|it| misfits::key(it, keys) == name) {
            values(old, new, inner, depth + 1);
        }
    }
}

fn fields(old: &mut Json, new: &mut Json, kind: &str, depth: usize) {
    let Some(known) = schema::fields(kind) else { return };
    for Field { name, shape, .. } in known {
        let has = |it: &Json| it.get(name).is_some_and(|it| !it.is_null());
        match (has(old), has(new)) {
            (true, true) => {
                let (Some(before), Some(after)) = (old.get_mut(name), new.get_mut(name)) else { continue };
                values(before, after, shape, depth + 1);
            }
            (true, false) => drop_default(old, new, kind, name, shape, depth),
            (false, true) => drop_default(new, old, kind, name, shape, depth),
            (false, false) => {}
        }
    }
}

/// Takes a field away that only `one` has, where it says what `other` means without it.
fn drop_default(one: &mut Json, other: &Json, kind: &str, name: &str, shape: Shape<'_>, depth: usize) {
    let Some(mut value) = one.get(name).cloned() else { return };
    let said = match defaults::of(kind, name, other) {
        Some(mut default) => {
            values(&mut default, &mut value, shape, depth + 1);
            default == value
        }
        None => defaults::is_nothing(name, &value),
    };
    if said && let Json::Object(map) = one {
        map.remove(name);
    }
}

/// `stringData` of one side where `data` of the other says the same.
fn secret(old: &mut Json, new: &mut Json) {
    recode(old, new);
    recode(new, old);
}

/// Moves texts of `plain` to its data where `coded` has them there.
fn recode(plain: &mut Json, coded: &Json) {
    let Some(texts) = plain["stringData"].as_object() else { return };
    let same = |key: &String, text: &Json| coded["data"].get(key).filter(|it| says(it, text)).cloned();
    let moved: Map<String, Json> =
        texts.iter().filter_map(|(key, text)| Some((key.clone(), same(key, text)?))).collect();
    let left: Map<String, Json> =
        texts.iter().filter(|(key, _)| !moved.contains_key(*key)).map(|(key, it)| (key.clone(), it.clone())).collect();
    let Json::Object(fields) = plain else { return };
    if moved.is_empty() {
        return;
    }
    match left.is_empty() {
        true => fields.remove("stringData"),
        false => fields.insert("stringData".into(), Json::Object(left)),
    };
    match fields.get_mut("data") {
        Some(Json::Object(data)) => data.extend(moved),
        _ => {
            fields.insert("data".into(), Json::Object(moved));
        }
    }
}

/// Whether base64 says a text. What is hidden has the same mark in both.
fn says(coded: &Json, text: &Json) -> bool {
    use base64::Engine as _;
    let (Some(coded), Some(text)) = (coded.as_str(), text.as_str()) else { return false };
    let compact: String = coded.split_ascii_whitespace().collect();
    coded == text || base64::engine::general_purpose::STANDARD.decode(compact).is_ok_and(|it| it == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settled(mut old: Json, mut new: Json) -> (Json, Json) {
        settle(&mut old, &mut new);
        (old, new)
    }

    #[test]
    fn takes_out_what_kubernetes_does_not_see() {
        let deployment = |spec: Json| json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec});
        let pod = |container: Json| deployment(json!({"template": {"spec": {"containers": [container]}}}));
        for (old, new) in [
            (deployment(json!({})), deployment(json!({"replicas": 1, "strategy": {"type": "RollingUpdate"}}))),
            (
                deployment(json!({"strategy": {"rollingUpdate": {"maxSurge": "25%"}}})),
                deployment(json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}})),
            ),
            (
                pod(json!({"name": "c", "resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}}})),
                pod(json!({"name": "c", "resources": {"limits": {"cpu": 1, "memory": "1024Mi"}}})),
            ),
            (
                pod(json!({"name": "c", "env": [{"name": "A"}], "livenessProbe": {}})),
                pod(
                    json!({"name": "c", "env": [{"name": "A", "value": ""}], "livenessProbe": {"initialDelaySeconds": 0}}),
                ),
            ),
            (
                pod(json!({"name": "c", "image": "a/b:1", "ports": [{"containerPort": 80}], "env": []})),
                pod(json!({"name": "c", "image": "a/b:1", "imagePullPolicy": "IfNotPresent",
                    "ports": [{"containerPort": 80, "protocol": "TCP"}], "resources": {}})),
            ),
            (
                json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "x"}}),
                json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"a": "eA=="}}),
            ),
        ] {
            let (one, other) = settled(old.clone(), new.clone());
            assert_eq!(one, other, "{old} {new}");
            let (one, other) = settled(new.clone(), old.clone());
            assert_eq!(one, other, "{new} {old}");
        }
    }

    #[test]
    fn leaves_what_makes_a_difference() {
        let policy = |from: Json| json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}, "ingress": [{"from": [from]}]}});
        let deployment = |spec: Json| json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec});
        for (old, new) in [
            (policy(json!({"podSelector": {}})), policy(json!({"podSelector": {}, "namespaceSelector": {}}))),
            (deployment(json!({"replicas": 2})), deployment(json!({}))),
            (
                deployment(json!({"template": {"spec": {"containers": [{"name": "c", "image": "a"}]}}})),
                deployment(
                    json!({"template": {"spec": {"containers": [{"name": "c", "image": "a", "imagePullPolicy": "IfNotPresent"}]}}}),
                ),
            ),
            (
                deployment(json!({"template": {"spec": {"automountServiceAccountToken": false}}})),
                deployment(json!({"template": {"spec": {}}})),
            ),
        ] {
            let (one, other) = settled(old.clone(), new.clone());
            assert_ne!(one, other, "{old} {new}");
        }
    }
}
