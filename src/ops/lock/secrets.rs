//! Sealed user values: decrypted when a lock is made, and kept there as pins of their own.

use serde_json::Value as Json;

use crate::base::secret::Secret;
use crate::edge::age::Sealer;
use crate::edge::mint::Mint;
use crate::ops::Error;
use crate::stage::lock::{self, LockedPart, Pin};
use crate::stage::render::secrets;
use crate::stage::resolve::Inputs;
use helm_engine::helm::HelmVersion;
use helm_engine::helm::values::{merge_maps, read_documents};
use helm_engine::hole;
use helm_engine::value::{Map, Value};

/// Brings the pins of a part's sealed values up to date with its files. Files that are as they were are not opened, and
/// a value that stays keeps its envelope.
pub(super) fn refresh(
    name: &str,
    part: &mut LockedPart,
    inputs: &Inputs,
    released: Vec<(Vec<Json>, Secret)>,
    helm: HelmVersion,
    mint: &mut Mint<'_>,
    sealer: &Sealer,
) -> Result<(), Error> {
    if part.secret_values == inputs.secret_digest {
        return Ok(());
    }
    let mut merged = Map::any();
    for (path, bytes) in &inputs.secret_values {
        let text = mint.decrypt(path, bytes)?;
        let fault = |reason: &str| Error::SecretValues { path: path.clone(), reason: reason.into() };
        // The reader's own message may quote the text.
        let read = read_documents(text.expose(), helm).map_err(|it| match line(&it) {
            Some(line) => fault(&format!("what is in it is no YAML mapping: see its line {line}")),
            None => fault("what is in it is no YAML mapping"),
        })?;
        let mut leaves = Vec::new();
        collect(&Value::Map(read.clone()), &mut Vec::new(), &mut leaves).map_err(|it| fault(&it))?;
        merged = merge_maps(&merged, &read);
    }
    let mut leaves = Vec::new();
    let fault = |reason: String| Error::SecretValues { path: "secretValues".into(), reason };
    collect(&Value::Map(merged.clone()), &mut Vec::new(), &mut leaves).map_err(fault)?;
    for (path, secret) in released {
        if let Some(reason) = hole::refusal(secret.expose()) {
            return Err(fault(format!("`{}` cannot be sealed: {reason}", shown(&path))));
        }
        // The part's own sealed values come on top.
        if !covers(&Value::Map(merged.clone()), &path) {
            leaves.push((path, secret));
        }
    }
    let old: Vec<(String, Pin)> = part
        .pins
        .iter()
        .filter(|(_, it)| it.function == secrets::FUNCTION)
        .map(|(a, b)| (a.clone(), b.clone()))
        .collect();
    part.pins.retain(|_, it| it.function != secrets::FUNCTION);
    for (path, secret) in leaves {
        let key = secrets::key(path);
        let known = old.iter().find(|(_, it)| it.key() == key);
        if let Some((known_name, pin)) = known
            && let Some(envelope) = &pin.sealed
            && mint.open(&format!("{name}/{known_name}"), envelope)?.expose() == secret.expose()
        {
            part.pins.insert(known_name.clone(), pin.clone());
            continue;
        }
        let pin_name = known.map_or_else(|| free_name(&key.args, part), |(it, _)| it.clone());
        let mut pin = Pin::new(key);
        pin.template = hole::may_be_template(secret.expose());
        pin.sealed = Some(sealer.seal(name, &pin_name, &secret)?);
        part.pins.insert(pin_name, pin);
    }
    part.secret_values = inputs.secret_digest;
    Ok(())
}

/// Whether values set what stands at a path, or what it would stand in.
fn covers(values: &Value, path: &[Json]) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    match (values, step) {
        (Value::Map(map), Json::String(key)) => map.get(key).is_some_and(|it| covers(&it, rest)),
        _ => true,
    }
}

/// Every string with its path. The error says what cannot be sealed, and never its value.
fn collect(value: &Value, path: &mut Vec<Json>, leaves: &mut Vec<(Vec<Json>, Secret)>) -> Result<(), String> {
    match value {
        Value::Map(map) if !map.is_empty() || path.is_empty() => {
            for (key, value) in map.to_vec() {
                path.push(Json::String(key.to_text().into_owned()));
                collect(&value, path, leaves)?;
                path.pop();
            }
            Ok(())
        }
        Value::List(list) if !list.is_empty() => {
            for (index, value) in list.to_vec().iter().enumerate() {
                path.push(Json::from(index));
                collect(value, path, leaves)?;
                path.pop();
            }
            Ok(())
        }
        Value::Str(text) => match hole::refusal(text) {
            Some(reason) => Err(format!("`{}` cannot be sealed: {reason}", shown(path))),
            None => {
                leaves.push((path.clone(), Secret::new(text.as_bytes())));
                Ok(())
            }
        },
        other => {
            let what = match other {
                Value::Nil => "null",
                Value::Bool(_) => "a boolean",
                Value::Map(_) | Value::List(_) => "empty",
                _ => "a number",
            };
            Err(format!("`{}` is {what}, and only text can be sealed; quote it, or move it to `values`", shown(path)))
        }
    }
}

/// The line a reader's message names, and nothing else of it.
fn line(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once("line ")?;
    rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
}

fn shown(path: &[Json]) -> String {
    let segments: Vec<String> =
        path.iter().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)).collect();
    segments.join(".")
}

/// `values.db.password`, or that with a number where it is taken.
fn free_name(path: &[Json], part: &LockedPart) -> String {
    let allowed = |it: char| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' };
    let base: String = format!("values.{}", shown(path)).chars().map(allowed).take(100).collect();
    lock::free_name(&base, |it| part.pins.contains_key(it))
}
