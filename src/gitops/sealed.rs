//! Secrets of a tree: what is sealed in them, and how it is opened.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use serde_json::Value as Json;

use super::object::{Index, Object, objects};
use super::{Fault, SEALED, Tree, Unseal};
use crate::base::secret::Secret;
use crate::base::sops::is_sops;
use helm_engine::value::{List, Map, Str, Value};

/// What stands in the place of a sealed text while values are put together. No text of a tree holds it.
pub(super) const MARK: &str = "sEaLeD7c1fTeXt";

/// One entry of a Secret.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// As it is written, encrypted where it is.
    pub raw: String,
    /// Opened, where it was to be.
    pub opened: Option<Secret>,
}

/// An entry of a Secret; `None` where it has none of this name. It is opened where `unseal` is given.
pub(super) fn entry(
    tree: &dyn Tree,
    index: &Index,
    secret: &Object,
    key: &str,
    unseal: Option<&mut (dyn Unseal + '_)>,
) -> Result<Option<Entry>, Fault> {
    let fault = |why: &str| Fault::Sealed { object: secret.shown(), why: format!("`{key}` {why}") };
    let Some((raw, is_encoded)) = written(secret, key) else { return Ok(None) };
    let Some(unseal) = unseal else { return Ok(Some(Entry { raw, opened: None })) };
    let decoded = |text: &str| match is_encoded {
        true => STANDARD.decode(text.split_whitespace().collect::<String>()).map_err(|_| fault("is no base64")),
        false => Ok(text.as_bytes().to_vec()),
    };
    let opened = if secret.has(&["sops"]) {
        let (path, bytes) =
            file_of(tree, index, secret)?.ok_or_else(|| fault("is sealed in a file that is not in the tree"))?;
        let clear = unseal.decrypt(&path, &bytes).map_err(|why| Fault::Sealed { object: secret.shown(), why })?;
        let text = String::from_utf8_lossy(clear.expose()).into_owned();
        let found = objects(&text, None).into_iter().find(|it| it.kind() == "Secret" && it.name() == secret.name());
        let (text, _) =
            found.and_then(|it| written(&it, key)).ok_or_else(|| fault("is not in it once it is decrypted"))?;
        decoded(&text)?
    } else {
        let bytes = decoded(&raw)?;
        match is_sops(&bytes) {
            true => {
                let clear = unseal.decrypt(key, &bytes).map_err(|why| Fault::Sealed { object: secret.shown(), why })?;
                clear.expose().to_vec()
            }
            false => bytes,
        }
    };
    Ok(Some(Entry { raw, opened: Some(Secret::new(opened)) }))
}

/// The names of a Secret's entries.
pub(super) fn keys(secret: &Object) -> Vec<String> {
    let of = |field: &str| match secret.get(&[field]) {
        Some(Value::Map(map)) => map.to_vec().into_iter().map(|(key, _)| key.to_text().into_owned()).collect(),
        _ => Vec::new(),
    };
    let mut keys: Vec<String> = of("data");
    keys.extend(of("stringData"));
    keys.sort();
    keys.dedup();
    keys
}

/// The text of an entry, and whether it is in base64.
fn written(secret: &Object, key: &str) -> Option<(String, bool)> {
    let text = |field: &str| match secret.get(&[field, key]) {
        Some(Value::Str(text)) => Some(text.to_text().into_owned()),
        Some(Value::Nil) => Some(String::new()),
        _ => None,
    };
    text("stringData").map(|it| (it, false)).or_else(|| text("data").map(|it| (it, true)))
}

/// The file that a Secret is written in, whatever kustomize made of it.
fn file_of(tree: &dyn Tree, index: &Index, secret: &Object) -> Result<Option<(String, Vec<u8>)>, Fault> {
    let same = |it: &&Object| it.kind() == "Secret" && it.name() == secret.name() && it.has(&["sops"]);
    let sealed = secret.get(&["sops", "mac"]).map(|it| format!("{it:?}"));
    let is_it = |it: &&Object| same(it) && it.get(&["sops", "mac"]).map(|it| format!("{it:?}")) == sealed;
    let own = secret.origin.as_ref().or_else(|| index.objects.iter().find(is_it).and_then(|it| it.origin.as_ref()));
    match own {
        Some(origin) => Ok(tree.read(&origin.path)?.map(|bytes| (origin.path.clone(), bytes))),
        None => Ok(None),
    }
}

/// The value with [`MARK`] in the place of everything in it that is no map or list with something in it.
pub(super) fn marked(value: &Value) -> Value {
    match value {
        Value::Map(map) if !map.is_empty() => {
            Value::Map(Map::from_entries(map.to_vec().into_iter().map(|(key, it)| (key, marked(&it)))))
        }
        Value::List(list) if !list.is_empty() => Value::List(List::any(list.to_vec().iter().map(marked).collect())),
        _ => Value::Str(MARK.into()),
    }
}

/// Whether a sealed text stands somewhere in a value, keys among it.
pub(super) fn holds_mark(value: &Value) -> bool {
    let has = |text: &Str| memmem(text, MARK.as_bytes());
    match value {
        Value::Str(text) => has(text),
        Value::Map(map) => map.to_vec().iter().any(|(key, it)| has(key) || holds_mark(it)),
        Value::List(list) => list.to_vec().iter().any(holds_mark),
        _ => false,
    }
}

fn memmem(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|it| it == wanted)
}

/// Entries of Secrets, each opened once.
pub(super) struct Entries<'u> {
    pub unseal: Option<&'u mut dyn Unseal>,
    pub found: BTreeMap<(String, String), Option<Entry>>,
}

impl Entries<'_> {
    pub fn get(&mut self, tree: &dyn Tree, index: &Index, secret: &Object, key: &str) -> Result<Option<Entry>, Fault> {
        let known = (secret.shown(), key.to_owned());
        if let Some(found) = self.found.get(&known) {
            return Ok(found.clone());
        }
        let unseal = self.unseal.as_mut().map(|it| &mut **it as &mut dyn Unseal);
        let found = entry(tree, index, secret, key, unseal)?;
        self.found.insert(known, found.clone());
        Ok(found)
    }
}

/// The values with [`SEALED`] for each text that a sealed one is part of, and where these stand; `None` where a key is sealed.
pub(super) fn cleared(value: &Value, path: &mut Vec<Json>, sealed: &mut Vec<Vec<Json>>) -> Option<Value> {
    Some(match value {
        Value::Map(map) => {
            let out = Map::any();
            for (key, it) in map.to_vec() {
                let name = key.to_text().into_owned();
                if name.contains(MARK) {
                    return None;
                }
                path.push(Json::String(name));
                out.insert(key, cleared(&it, path, sealed)?);
                path.pop();
            }
            Value::Map(out)
        }
        Value::List(list) => {
            let mut out = Vec::new();
            for (index, it) in list.to_vec().iter().enumerate() {
                path.push(Json::from(index));
                out.push(cleared(it, path, sealed)?);
                path.pop();
            }
            Value::List(List::any(out))
        }
        Value::Str(_) if holds_mark(value) => {
            sealed.push(path.clone());
            Value::Str(SEALED.into())
        }
        other => other.clone(),
    })
}

/// The text at a place, which must be one.
pub(super) fn secret(release: &Object, texts: &Value, path: Vec<Json>) -> Result<(Vec<Json>, Secret), Fault> {
    let mut value = texts.clone();
    for step in &path {
        let inner = match (&value, step) {
            (Value::Map(map), Json::String(key)) => map.get(key),
            (Value::List(list), Json::Number(index)) => {
                index.as_u64().and_then(|it| usize::try_from(it).ok()).and_then(|it| list.get(it))
            }
            _ => None,
        };
        value = inner.unwrap_or(Value::Nil);
    }
    if let Value::Str(text) = &value {
        return Ok((path, Secret::new(text.as_bytes())));
    }
    let steps: Vec<String> = path.iter().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)).collect();
    Err(Fault::Sealed { object: release.shown(), why: format!("`{}` is sealed, and is no text", steps.join(".")) })
}
