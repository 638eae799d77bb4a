//! `bundle.json`: what is in a bundle, where it came from, and how its holes are filled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Error, unique};
use crate::base::digest::Digest;
use crate::base::name::{self, BadName};
use crate::base::recipient::Recipient;
use crate::stage::lock::Lock;
use crate::stage::pack::{self, Packed};
use crate::stage::seal::{Recipe, Sealed};
use crate::stage::spec::TalosVersion;
use helm_engine::path::shown;

/// The newest format version.
pub(super) const FORMAT: u64 = 1;

/// The content of `bundle.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    /// The version of this form.
    pub format: u64,
    /// The bundle's name, a DNS-1123 label.
    pub name: String,
    /// The ichor that built the bundle.
    pub ichor: String,
    /// The version of Talos whose form `talos/` has.
    pub talos: TalosVersion,
    /// Whom every envelope is sealed to.
    pub recipients: Vec<Recipient>,
    /// Provenance, by part.
    #[serde(deserialize_with = "unique::map")]
    pub parts: BTreeMap<String, IndexPart>,
    /// The names of the inline manifests in the order Talos applies them.
    pub manifests: Vec<String>,
    /// What packing changed in a part's text, by manifest; see [`crate::stage::pack::fit`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique::map")]
    pub changes: BTreeMap<String, Vec<String>>,
    /// How each hole's text comes about, by its label.
    #[serde(deserialize_with = "unique::map")]
    pub holes: BTreeMap<String, Recipe>,
    /// The SHA-256 of the public half of each secret that is the key of a certificate, as the certificate holds it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique::map")]
    pub public_keys: BTreeMap<String, Digest>,
    /// The digest of every other file.
    #[serde(deserialize_with = "unique::map")]
    pub files: BTreeMap<String, Digest>,
}

/// As much of any format as tells which it is.
#[derive(Deserialize)]
struct Format {
    format: Option<u64>,
}

/// Where a part came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexPart {
    /// The source as the spec says it.
    pub source: String,
    /// The resolved version of a chart; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The namespace a chart is put into; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Helm's name of the release, where it is not that of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The digest of the content, as the lock has it.
    pub digest: Digest,
    /// The digest of the merged values of a chart; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Digest>,
    /// The digest of the rendered text, holes unfilled.
    pub output: Digest,
}

/// The digests of the public halves of those secrets that are keys of certificates.
pub(super) fn public_keys<'s>(lock: &Lock, secrets: impl Iterator<Item = &'s str>) -> BTreeMap<String, Digest> {
    let digests = secrets.filter_map(|name| {
        let digest = lock.pin_of(name)?.certificate.as_ref()?.public_key()?;
        Some((name.to_owned(), digest))
    });
    digests.collect()
}

/// Where the parts of a lock came from; `namespaces` are those that charts are put into, by part.
pub(super) fn parts(lock: &Lock, namespaces: &BTreeMap<String, String>) -> BTreeMap<String, IndexPart> {
    let parts = lock.parts.iter().map(|(name, part)| {
        let from = IndexPart {
            source: part.source.clone(),
            version: part.version.clone(),
            namespace: namespaces.get(name).cloned(),
            release: part.release.as_ref().map(|it| it.name.clone()).filter(|it| it != name),
            digest: part.digest,
            values: part.values,
            output: part.output,
        };
        (name.clone(), from)
    });
    parts.collect()
}

impl Index {
    pub(super) fn new(lock: &Lock, sealed: &Sealed, packed: &Packed, files: BTreeMap<String, Digest>) -> Index {
        Index {
            format: FORMAT,
            name: lock.bundle.clone(),
            ichor: env!("CARGO_PKG_VERSION").into(),
            talos: packed.talos(),
            recipients: lock.recipients.clone(),
            parts: parts(lock, packed.namespaces()),
            manifests: packed.manifests().iter().map(|it| it.name.clone()).collect(),
            changes: packed.changes().clone(),
            holes: sealed.recipes().clone(),
            public_keys: public_keys(lock, secrets(sealed.recipes())),
            files,
        }
    }

    pub(super) fn encode(&self) -> String {
        serde_json::to_string_pretty(self).expect("an index is plain data") + "\n"
    }

    pub(super) fn decode(text: &str) -> Result<Index, Error> {
        let fault = |it: serde_json::Error| Error::Index(shown(&it.to_string()));
        let Format { format } = serde_json::from_str(text).map_err(fault)?;
        match format {
            Some(FORMAT) => {}
            Some(newer) => return Err(Error::NewerFormat(newer)),
            None => return Err(Error::Index("it has no `format`".into())),
        }
        let index: Index = serde_json::from_str(text).map_err(fault)?;
        index.check_names()?;
        Ok(index)
    }

    /// Whether every name is one, and names what is there.
    fn check_names(&self) -> Result<(), Error> {
        name::label("the name of a bundle", &self.name)?;
        name::line("the version of ichor", &self.ichor)?;
        for (part, from) in &self.parts {
            name::label("the name of a part", part)?;
            name::line("the source of a part", &from.source)?;
            from.version.iter().try_for_each(|it| name::line("the version of a part", it))?;
            from.namespace.iter().try_for_each(|it| name::label("the namespace of a part", it))?;
        }
        let mut before: Option<&str> = None;
        for manifest in &self.manifests {
            name::manifest(manifest)?;
            if manifest != pack::NAMESPACES && !self.parts.contains_key(pack::stem(manifest)) {
                return Err(Error::NoPart(manifest.clone()));
            }
            if before.is_some_and(|it| it >= manifest.as_str()) {
                return Err(Error::Order(manifest.clone()));
            }
            before = Some(manifest);
        }
        for (manifest, changes) in &self.changes {
            if !self.manifests.contains(manifest) {
                return Err(BadName { what: "the name of a changed manifest", name: manifest.clone() }.into());
            }
            changes.iter().try_for_each(|it| name::line("what was changed in a manifest", it))?;
        }
        for secret in self.secrets().chain(self.public_keys.keys().map(String::as_str)) {
            name::secret(secret)?;
            if secret.split_once('/').is_none_or(|(part, _)| !self.parts.contains_key(part)) {
                return Err(BadName { what: "the secret of a part", name: secret.into() }.into());
            }
        }
        Ok(())
    }

    /// The names of the secrets that fill the holes.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        secrets(&self.holes)
    }
}

fn secrets(holes: &BTreeMap<String, Recipe>) -> impl Iterator<Item = &str> {
    holes.values().filter_map(|it| if let Recipe::Secret(name) = it { Some(name.as_str()) } else { None })
}
