//! A release whose values are layers of files and texts, whatever tool names them.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::object::Object;
use super::sealed::{Entry, cleared, secret};
use super::values::{Layer, LayerText, merged};
use super::variables::Showing;
use super::{Fault, Read, Release, ReleaseChart, Tree, Unseal, Written, shape};
use crate::base::digest::Digest;
use crate::base::sops::is_sops;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// What is known of a release but for its values.
pub(super) struct Known<'o> {
    /// What the release is written in, for messages.
    pub object: &'o Object,
    pub written: Written,
    pub name: String,
    pub namespace: String,
    pub chart: ReleaseChart,
    pub skip_schema_validation: bool,
    pub read: BTreeMap<String, Read>,
}

/// A values file as a layer; one of SOPS is opened where `unseal` is given.
pub(super) fn file(
    tree: &dyn Tree,
    path: &str,
    unseal: &mut Option<&mut dyn Unseal>,
    read: &mut BTreeMap<String, Read>,
) -> Result<Option<Layer>, Fault> {
    let Some(bytes) = tree.read(path)? else { return Ok(None) };
    let shown = tree.as_written(path);
    read.insert(format!("file {shown}"), Read { path: shown.clone(), digest: Digest::of(&bytes) });
    let raw = String::from_utf8_lossy(&bytes).into_owned();
    let text = match is_sops(&bytes) {
        false => LayerText::Clear(raw),
        true => {
            let opened = match unseal {
                Some(unseal) => {
                    Some(unseal.decrypt(path, &bytes).map_err(|why| Fault::Sealed { object: shown.clone(), why })?)
                }
                None => None,
            };
            LayerText::Sealed(Entry { raw, opened })
        }
    };
    Ok(Some(Layer { object: shown, text, target: None, literal: false }))
}

/// A text as a layer, at a path in the values or as all of them.
pub(super) fn text(object: &str, text: String, target: Option<String>) -> Layer {
    Layer { object: object.to_owned(), text: LayerText::Clear(text), target, literal: false }
}

/// The release with the values of its layers; `opened` says whether what is sealed in them was opened.
pub(super) fn release(known: Known<'_>, layers: &[Layer], opened: bool) -> Result<Release, Fault> {
    let own = Map::any();
    let closed: Vec<Layer> = layers.iter().map(Layer::closed).collect();
    let sealed_key = || Fault::Sealed { object: known.object.shown(), why: "a key of its values is sealed".into() };
    let mut sealed = Vec::new();
    let public = Value::Map(merged(&closed, &own, Showing::Marks)?);
    let public = cleared(&public, &mut Vec::new(), &mut sealed).ok_or_else(sealed_key)?;
    let is_sealed = |it: &Layer| matches!(it.text, LayerText::Sealed(_));
    let secret_digest = layers.iter().any(is_sealed).then(|| {
        let mut sum = Sha256::new();
        for layer in layers {
            let part = match &layer.text {
                LayerText::Sealed(entry) => entry.raw.clone(),
                LayerText::Clear(text) => shape(&yaml::read_typed(text.as_bytes()).unwrap_or(Value::Nil)),
            };
            sum.update(Sha256::digest(part.as_bytes()));
        }
        Digest::from_bytes(sum.finalize().into())
    });
    let secrets = match opened {
        false => None,
        true => {
            let marked = Value::Map(merged(layers, &own, Showing::Marks)?);
            let texts = Value::Map(merged(layers, &own, Showing::Texts)?);
            let mut paths = Vec::new();
            cleared(&marked, &mut Vec::new(), &mut paths).ok_or_else(sealed_key)?;
            let secrets = paths.into_iter().map(|path| secret(known.object, &texts, path));
            Some(secrets.collect::<Result<_, _>>()?)
        }
    };
    Ok(Release {
        object: known.written,
        name: known.name,
        namespace: known.namespace,
        chart: known.chart,
        values: if let Value::Map(map) = public { map } else { Map::any() },
        sealed,
        secret_digest,
        secrets,
        read: known.read,
        skip_schema_validation: known.skip_schema_validation,
    })
}

/// A digest of what counts in an object.
pub(super) fn digest(value: &Value) -> Digest {
    Digest::of(yaml::write_exactly(value).unwrap_or_default().as_bytes())
}

/// A path from a folder, `..` taken away; `None` where it leads out.
pub(super) fn joined(folder: &str, path: &str) -> Option<String> {
    let mut steps: Vec<&str> = Vec::new();
    let from: &str = if path.starts_with('/') { "" } else { folder };
    for step in from.split('/').chain(path.split('/')) {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}
