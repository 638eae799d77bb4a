//! The documents of an OCI image layout: its index, and the manifests that lie in it.
//!
//! Mirrors the OCI image specification 1.1. There is one way to write an index: keys in the specification's order, entries
//! sorted by name and digest, two spaces of indent and a line end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;

/// The media type of a manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an index.
pub(crate) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The annotation that names an entry of an index.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation that bears the full name of an image in an index: what containerd imports it by.
const IMAGE_NAME: &str = "io.containerd.image.name";
/// What the file `oci-layout` holds.
pub(crate) const LAYOUT: &str = "{\"imageLayoutVersion\":\"1.0.0\"}";

/// What a blob is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What kind of bytes it has: `application/vnd.oci.image.manifest.v1+json`.
    pub media_type: String,
    /// Of its bytes, by which it is found.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// What is said of it, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// What it is, where it is a manifest of something other than an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

/// An image manifest: a configuration and layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// That of a manifest, where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What the whole is, where it is something other than an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The configuration; for an artifact it may be empty.
    pub config: Descriptor,
    /// The content: the archive of a chart, for one.
    pub layers: Vec<Descriptor>,
    /// What is said of the whole, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// The index of a layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    entries: Vec<Descriptor>,
}

/// An index as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    manifests: Vec<Descriptor>,
}

impl Descriptor {
    /// What bytes are, without a name.
    pub fn new(media_type: &str, bytes: &[u8]) -> Self {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        Descriptor { media_type: media_type.into(), digest, size, annotations: None, artifact_type: None }
    }

    /// The full name of the image that it is, where it is one.
    pub(crate) fn image_name(&self) -> Option<&str> {
        self.annotations.as_ref()?.get(IMAGE_NAME).map(String::as_str)
    }

    /// The name an index knows it by.
    pub(crate) fn ref_name(&self) -> Option<&str> {
        self.annotations.as_ref()?.get(REF_NAME).map(String::as_str)
    }
}

impl Manifest {
    /// Reads a manifest; the error is a sentence.
    pub fn decode(bytes: &[u8]) -> Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|it| {
            let is_index = serde_json::from_slice::<Wire>(bytes).is_ok();
            if is_index { "it is an image index, not an artifact".into() } else { format!("it is no manifest: {it}") }
        })?;
        if manifest.schema_version != 2 {
            return Err(format!("it is a manifest of schema version {}, not 2", manifest.schema_version));
        }
        Ok(manifest)
    }

    /// The compact form that is hashed and stored.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a manifest is plain data")
    }

    /// Its configuration and its layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(&self.config).chain(&self.layers)
    }
}

impl Index {
    /// Reads an index, canonical or not; the error is a sentence.
    pub fn decode(bytes: &[u8]) -> Result<Index, String> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|it| it.to_string())?;
        if wire.schema_version != 2 {
            return Err(format!("its schema version is {}, not 2", wire.schema_version));
        }
        let mut index = Index { entries: wire.manifests };
        index.sort();
        Ok(index)
    }

    /// The canonical text.
    pub fn encode(&self) -> Vec<u8> {
        let media_type = Some(INDEX_TYPE.to_owned());
        let wire = Wire { schema_version: 2, media_type, manifests: self.entries.clone() };
        let mut text = serde_json::to_vec_pretty(&wire).expect("an index is plain data");
        text.push(b'\n');
        text
    }

    /// Sorted by name and digest.
    pub fn entries(&self) -> &[Descriptor] {
        &self.entries
    }

    /// Names a manifest. Whatever else bore the name keeps it only where `others` says so.
    pub fn put(&mut self, name: &str, mut entry: Descriptor, others: impl Fn(&Digest) -> bool) {
        self.entries.retain(|it| it.ref_name() != Some(name) || (it.digest != entry.digest && others(&it.digest)));
        entry.annotations.get_or_insert_default().insert(REF_NAME.into(), name.into());
        self.entries.push(entry);
        self.sort();
    }

    /// Takes an entry of another index as it is.
    pub(crate) fn push(&mut self, entry: Descriptor) {
        self.entries.push(entry);
        self.sort();
    }

    /// Names an image by its full name. Whatever bore that goes; other images may have the same short one.
    pub(crate) fn put_image(&mut self, name: &str, short: &str, mut entry: Descriptor) {
        self.entries.retain(|it| it.image_name() != Some(name));
        let annotations = entry.annotations.get_or_insert_default();
        annotations.insert(REF_NAME.into(), short.into());
        annotations.insert(IMAGE_NAME.into(), name.into());
        self.entries.push(entry);
        self.sort();
    }

    /// Drops what is not to be kept; gives how many entries went.
    pub fn retain(&mut self, keep: impl Fn(&Descriptor) -> bool) -> usize {
        let before = self.entries.len();
        self.entries.retain(keep);
        before - self.entries.len()
    }

    fn sort(&mut self) {
        self.entries.sort_by(|a, b| (a.ref_name(), a.digest).cmp(&(b.ref_name(), b.digest)));
        self.entries.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_one_form() {
        let mut index = Index::default();
        index.put("b:1", Descriptor::new(MANIFEST_TYPE, b"b"), |_| false);
        index.put("a:1", Descriptor::new(MANIFEST_TYPE, b"a"), |_| false);
        let mut other = Index::default();
        other.put("a:1", Descriptor::new(MANIFEST_TYPE, b"old"), |_| false);
        other.put("a:1", Descriptor::new(MANIFEST_TYPE, b"a"), |_| false);
        other.put("b:1", Descriptor::new(MANIFEST_TYPE, b"b"), |_| false);
        assert_eq!(index.encode(), other.encode());
        assert_eq!(Index::decode(&index.encode()), Ok(index.clone()));
        other.put("a:1", Descriptor::new(MANIFEST_TYPE, b"new"), |it| *it == Digest::of(b"a"));
        assert_eq!(other.entries().len(), 3);
        assert_eq!(index.retain(|it| it.ref_name() == Some("a:1")), 1);
    }

    #[test]
    fn an_index_is_no_manifest() {
        let fault = Manifest::decode(&Index::default().encode()).expect_err("it is an index");
        assert!(fault.contains("image index"), "{fault}");
        assert!(Manifest::decode(b"{}").is_err());
    }
}
