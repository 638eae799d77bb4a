//! Format 1: YAML as Helm writes it, keys sorted, no comments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Error, FORMAT, Lock, LockedPart};
use crate::base::recipient::Recipient;
use helm_engine::value::{List, Map, Value};
use helm_engine::yaml;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: u32,
    bundle: String,
    clock: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    helm: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kubernetes: Option<String>,
    #[serde(rename = "apiVersions", default, skip_serializing_if = "Vec::is_empty")]
    api_versions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<Recipient>,
    #[serde(default)]
    parts: BTreeMap<String, LockedPart>,
}

pub(super) fn encode(lock: &Lock) -> String {
    let wire = Wire {
        format: FORMAT,
        bundle: lock.bundle.clone(),
        clock: lock.clock,
        helm: lock.helm.map(|it| it.to_string()),
        kubernetes: lock.kubernetes.clone(),
        api_versions: lock.api_versions.clone(),
        recipients: lock.recipients.clone(),
        parts: lock.parts.clone(),
    };
    let json = serde_json::to_value(&wire).expect("a lock is plain data");
    yaml::write_exactly(&value(json)).expect("plain data has a YAML form").to_text().into_owned()
}

/// JSON as a value; whole numbers keep all of their digits.
fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(it) => Value::Bool(it),
        Json::Number(it) => match (it.as_i64(), it.as_u64()) {
            (Some(it), _) => Value::Int64(it),
            (None, Some(it)) => Value::Uint64(it),
            (None, None) => Value::Float(it.as_f64().unwrap_or_default()),
        },
        Json::String(it) => Value::Str(it.into()),
        Json::Array(items) => Value::List(List::any(items.into_iter().map(value).collect())),
        Json::Object(entries) => {
            let map = Map::any();
            entries.into_iter().for_each(|(key, it)| map.insert(key, value(it)));
            Value::Map(map)
        }
    }
}

pub(super) fn decode(text: &str) -> Result<Lock, Error> {
    let value = yaml::read_typed(text.as_bytes()).map_err(Error::Syntax)?;
    match &value {
        Value::Map(map) => match map.get("format") {
            Some(Value::Int(format)) if format == i64::from(FORMAT) => {}
            Some(Value::Int(format)) if format > i64::from(FORMAT) => return Err(Error::NewerFormat(format)),
            _ => return Err(Error::NoFormat),
        },
        _ => return Err(Error::NoFormat),
    }
    let json = yaml::write_json(&value, false).map_err(Error::Syntax)?;
    let mut reader = serde_json::Deserializer::from_slice(&json);
    let wire: Wire = serde_path_to_error::deserialize(&mut reader)
        .map_err(|fault| Error::Shape(format!("at `{}`: {}", fault.path(), plain(&fault.inner().to_string()))))?;
    Ok(Lock {
        bundle: wire.bundle,
        clock: wire.clock,
        helm: wire.helm.map(|it| it.parse()).transpose()?,
        kubernetes: wire.kubernetes,
        api_versions: wire.api_versions,
        recipients: wire.recipients,
        parts: wire.parts,
    })
}

/// The message without serde's position, which counts in the JSON form nobody sees.
fn plain(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}
