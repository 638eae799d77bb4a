//! `bundle.json`: what is in a bundle, where it came from, and how its holes are filled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::base::digest::Digest;
use crate::base::recipient::Recipient;
use crate::stage::lock::Lock;
use crate::stage::pack::Packed;
use crate::stage::seal::{Recipe, Sealed};
use crate::stage::spec::TalosVersion;

/// The newest format version.
pub(super) const FORMAT: u64 = 1;

/// The content of `bundle.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    pub format: u64,
    pub name: String,
    /// The ichor that built the bundle.
    pub ichor: String,
    /// The version of Talos whose form `talos/` has.
    pub talos: TalosVersion,
    pub recipients: Vec<Recipient>,
    /// Provenance, by part.
    pub parts: BTreeMap<String, IndexPart>,
    /// The names of the inline manifests in the order Talos applies them.
    pub manifests: Vec<String>,
    /// What packing changed in a part's text, by manifest; see [`crate::stage::pack::fit`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Vec<String>>,
    /// How each hole's text comes about, by its label.
    pub holes: BTreeMap<String, Recipe>,
    /// The SHA-256 of the public half of each secret that is the key of a certificate, as the certificate holds it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub public_keys: BTreeMap<String, Digest>,
    /// The digest of every other file.
    pub files: BTreeMap<String, Digest>,
}

/// Where a part came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexPart {
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The namespace a chart is put into; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub digest: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Digest>,
    pub output: Digest,
}

fn public_keys(lock: &Lock, sealed: &Sealed) -> BTreeMap<String, Digest> {
    let secrets = sealed.recipes().values().filter_map(|it| match it {
        Recipe::Secret(name) => Some(name),
        Recipe::Call { .. } => None,
    });
    let digests = secrets.filter_map(|name| {
        let digest = lock.pin_of(name)?.certificate.as_ref()?.public_key()?;
        Some((name.clone(), digest))
    });
    digests.collect()
}

impl Index {
    pub(super) fn new(lock: &Lock, sealed: &Sealed, packed: &Packed, files: BTreeMap<String, Digest>) -> Index {
        let parts = lock.parts.iter().map(|(name, part)| {
            let from = IndexPart {
                source: part.source.clone(),
                version: part.version.clone(),
                namespace: packed.namespaces().get(name).cloned(),
                digest: part.digest,
                values: part.values,
                output: part.output,
            };
            (name.clone(), from)
        });
        Index {
            format: FORMAT,
            name: lock.bundle.clone(),
            ichor: env!("CARGO_PKG_VERSION").into(),
            talos: packed.talos(),
            recipients: lock.recipients.clone(),
            parts: parts.collect(),
            manifests: packed.manifests().iter().map(|it| it.name.clone()).collect(),
            changes: packed.changes().clone(),
            holes: sealed.recipes().clone(),
            public_keys: public_keys(lock, sealed),
            files,
        }
    }

    pub(super) fn encode(&self) -> String {
        serde_json::to_string_pretty(self).expect("an index is plain data") + "\n"
    }

    pub(super) fn decode(text: &str) -> Result<Index, Error> {
        let fault = |it: serde_json::Error| Error::Index(it.to_string());
        let json: serde_json::Value = serde_json::from_str(text).map_err(fault)?;
        match json.get("format").and_then(serde_json::Value::as_u64) {
            Some(FORMAT) => serde_json::from_value(json).map_err(fault),
            Some(newer) => Err(Error::NewerFormat(newer)),
            None => Err(Error::Index("it has no `format`".into())),
        }
    }

    /// The names of the secrets that fill the holes.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.holes.values().filter_map(|it| if let Recipe::Secret(name) = it { Some(name.as_str()) } else { None })
    }
}
