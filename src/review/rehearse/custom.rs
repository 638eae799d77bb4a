//! Custom resources that the CRD of the bundle does not take.

use serde_json::Value as Json;

use super::Stage;
use super::fate::{Refusal, Remedy, Rule};
use super::talos::Manner;
use crate::review::kubernetes::custom::{Fit, fit};
use helm_engine::value::Value;
use helm_engine::yaml;

/// The first minor of Kubernetes that takes a value which no longer fits, as long as it stays as it was.
const RATCHETS: u32 = 30;

/// The CRD of an object, where the bundle brings it.
pub(super) fn definition<'s>(object: &Json, stage: &'s Stage) -> Option<&'s Json> {
    let group = object["apiVersion"].as_str()?.rsplit_once('/')?.0;
    stage.definitions.get(&(group.to_owned(), object["kind"].as_str()?.to_owned()))
}

pub(super) fn look(
    old: &Json,
    new: &Json,
    definition: &Json,
    (manner, minor): (Manner, Option<u32>),
    found: &mut Vec<Refusal>,
) {
    let api_version = new["apiVersion"].as_str().unwrap_or_default();
    let Ok(Value::Map(object)) = yaml::read_json(new.to_string().as_bytes()) else { return };
    let mut refuse = |rule, path, why| found.push(Refusal { rule, path, why, remedy: Remedy::Rewrite });
    match fit(&object, api_version, definition) {
        Fit::NotServed(versions) => {
            let why = format!("its CRD does not serve it: it serves {}", versions.join(", "));
            refuse(Rule::Missing, "apiVersion".to_owned(), why);
        }
        Fit::Served(misfits) => {
            let ratchets = !old.is_null() && minor.is_none_or(|it| it >= RATCHETS);
            for misfit in misfits {
                let path = misfit.at.join(".");
                if !misfit.unknown.is_empty() {
                    // What creates and replaces drops a field that it does not know.
                    for name in misfit.unknown.iter().filter(|_| manner.merges) {
                        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                        refuse(Rule::Unknown, path, "its CRD has no such field".to_owned());
                    }
                } else if !(ratchets && at(old, &misfit.at) == at(new, &misfit.at)) {
                    refuse(Rule::Invalid, path, format!("its CRD does not take it: {}", misfit.what));
                }
            }
        }
    }
}

/// An object with the defaults that its CRD fills in.
pub(super) fn filled(object: &Json, definition: &Json) -> Json {
    let version = object["apiVersion"].as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default();
    let versions = definition["versions"].as_array().into_iter().flatten();
    let schema = versions.filter(|it| it["name"] == version).map(|it| &it["schema"]["openAPIV3Schema"]).next();
    let mut object = object.clone();
    if let Some(schema) = schema {
        fill(&mut object, schema, DEPTH);
    }
    object
}

/// An object nested deeper than this is not filled.
const DEPTH: usize = 64;

fn fill(value: &mut Json, schema: &Json, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Json::Object(map) => {
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                if let Some(default) = inner.get("default").filter(|_| !map.contains_key(name)) {
                    map.insert(name.clone(), default.clone());
                }
                if let Some(value) = map.get_mut(name) {
                    fill(value, inner, depth);
                }
            }
            if schema["additionalProperties"].is_object() {
                map.values_mut().for_each(|it| fill(it, &schema["additionalProperties"], depth));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|it| fill(it, &schema["items"], depth)),
        _ => {}
    }
}

fn at<'j>(object: &'j Json, path: &[String]) -> Option<&'j Json> {
    path.iter().try_fold(object, |below, key| match below {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key.as_str()),
    })
}
