//! What registries keep of signatures, as cosign lays them out: below the tag `sha256-HEX.sig`, one layer each, or, since its
//! version 3, as artifacts that refer to what is signed, which an index under the tag `sha256-HEX` lists where the registry
//! lists none itself.

use serde::Deserialize;

use super::layout::{Descriptor, Manifest};
use crate::base::digest::Digest;

/// The media type of what the older layout signs.
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// What the media types of Sigstore's bundles begin with.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The media type of the provenance that Helm puts beside a chart.
pub(super) const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";
/// What the tags of signatures begin with.
const TAG: &str = "sha256-";

/// A signature, with what it takes to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A bundle of Sigstore.
    Bundle(Vec<u8>),
    /// A signature of the older layout.
    Simple(Box<Simple>),
    /// Helm's provenance: a signed text of OpenPGP.
    Provenance(Vec<u8>),
}

/// A signature of the older layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simple {
    /// What is signed: a text that names a digest.
    pub payload: Vec<u8>,
    /// In Base64.
    pub signature: String,
    /// The certificate of who signed without a key, in PEM.
    pub certificate: Option<String>,
    /// Those of the authorities above it.
    pub chain: Option<String>,
    /// What a log promised.
    pub log: Option<Promise>,
}

/// A log's promise to list a signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Promise {
    /// The log's signature over the rest.
    pub signed_entry_timestamp: String,
    /// What it lists.
    pub payload: Entry,
}

/// What a log lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// In Base64.
    pub body: String,
    /// In seconds since 1970.
    pub integrated_time: i64,
    /// The digest of the log's key.
    #[serde(rename = "logID")]
    pub log_id: String,
    /// Its place in the log.
    pub log_index: i64,
}

/// The tags that signatures of a digest lie under: those of the older layout, and the list of the newer one.
pub fn tags(digest: &Digest) -> [String; 2] {
    [format!("{TAG}{}.sig", digest.hex()), format!("{TAG}{}", digest.hex())]
}

/// The digest whose signatures lie under a tag.
pub fn signed_by_tag(tag: &str) -> Option<Digest> {
    let hex = tag.strip_prefix(TAG)?;
    format!("sha256:{}", hex.strip_suffix(".sig").unwrap_or(hex)).parse().ok()
}

/// Whether an artifact of this type may be a signature; it need not say one.
pub fn may_be_signature(artifact_type: Option<&str>) -> bool {
    artifact_type.is_none_or(|it| it.starts_with(BUNDLE))
}

/// The signatures that a manifest names; `read` gives the content of a layer, where it is at hand.
pub fn evidence(manifest: &Manifest, read: &mut dyn FnMut(&Descriptor) -> Option<Vec<u8>>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for layer in &manifest.layers {
        let is_signature = layer.media_type == SIMPLE || layer.media_type.starts_with(BUNDLE);
        let Some(content) = (is_signature || layer.media_type == PROVENANCE).then(|| read(layer)).flatten() else {
            continue;
        };
        if layer.media_type.starts_with(BUNDLE) {
            found.push(Evidence::Bundle(content));
        } else if layer.media_type == PROVENANCE {
            found.push(Evidence::Provenance(content));
        } else {
            let said = |name: &str| layer.annotations.as_ref()?.get(name).filter(|it| !it.is_empty()).cloned();
            let Some(signature) = said("dev.cosignproject.cosign/signature") else { continue };
            let log = said("dev.sigstore.cosign/bundle").and_then(|it| serde_json::from_str(&it).ok());
            let [certificate, chain] = ["dev.sigstore.cosign/certificate", "dev.sigstore.cosign/chain"].map(said);
            found.push(Evidence::Simple(Box::new(Simple { payload: content, signature, certificate, chain, log })));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_what_is_signed() {
        let digest = Digest::of(b"x");
        for tag in tags(&digest) {
            assert_eq!(signed_by_tag(&tag), Some(digest));
        }
        for tag in ["v1", "sha256-", "sha256-ab.sig", "sha256-ab"] {
            assert_eq!(signed_by_tag(tag), None);
        }
    }

    #[test]
    fn layers_of_both_layouts_are_told() {
        let mut layer = Descriptor::new(SIMPLE, b"payload");
        layer.annotations = Some([("dev.cosignproject.cosign/signature".to_owned(), "AA==".to_owned())].into());
        let unsigned = Descriptor::new(SIMPLE, b"nothing");
        let bundle = Descriptor::new("application/vnd.dev.sigstore.bundle.v0.3+json", b"{}");
        let manifest = Manifest {
            schema_version: 2,
            media_type: None,
            artifact_type: None,
            config: Descriptor::new("c", b"{}"),
            layers: vec![layer, unsigned, bundle, Descriptor::new("other", b"x")],
            annotations: None,
        };
        let all = [&b"payload"[..], b"nothing", b"{}", b"x"];
        let mut read = |it: &Descriptor| all.iter().find(|bytes| Digest::of(bytes) == it.digest).map(|it| it.to_vec());
        let found = evidence(&manifest, &mut read);
        assert!(
            matches!(&found[..], [Evidence::Simple(it), Evidence::Bundle(_)] if it.payload == b"payload"),
            "{found:?}"
        );
    }
}
