//! Format 1: YAML as Helm writes it, keys sorted, no comments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, FORMAT, Lock, LockedPart};
use crate::base::recipient::Recipient;
use crate::engine::value::Value;
use crate::engine::yaml;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: u32,
    bundle: String,
    clock: Timestamp,
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
        kubernetes: lock.kubernetes.clone(),
        api_versions: lock.api_versions.clone(),
        recipients: lock.recipients.clone(),
        parts: lock.parts.clone(),
    };
    let json = serde_json::to_string(&wire).expect("a lock is plain data");
    let escaped = escaped(&json);
    // Helm's own way would change or refuse such text, but is the faster one where there is none.
    let text = if escaped == json {
        yaml::write(&yaml::read_json(json.as_bytes()).expect("serde_json writes JSON"))
    } else {
        yaml::write_json_as_yaml(escaped.as_bytes())
    };
    text.expect("plain data has a YAML form").to_text().into_owned()
}

/// JSON in which every character that is no text to YAML is escaped; such characters stand in strings alone.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

pub(super) fn decode(text: &str) -> Result<Lock, Error> {
    let value = yaml::read(text.as_bytes()).map_err(Error::Syntax)?;
    match &value {
        Value::Map(map) => match map.get("format") {
            Some(Value::Float(format)) if format as u32 == FORMAT => {}
            Some(Value::Float(format)) => return Err(Error::NewerFormat(format as u64)),
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
