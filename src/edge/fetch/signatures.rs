//! The signatures that a registry has of something, in both of cosign's layouts.

use serde_json::json;

use super::http::Method;
use super::registry::{MAX_DOCUMENT, Registry, Site};
use crate::base::digest::Digest;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::image::{Child, Document};
use crate::stage::vendored::layout::{Descriptor, INDEX_TYPE, MANIFEST_TYPE, Manifest};
use crate::stage::vendored::signature::{may_be_signature, tags};

/// How many signatures of one thing are looked at.
const MOST: usize = 64;
/// The largest manifest or content of a signature that is taken.
const MAX_SIGNATURE: u64 = 4 << 20;

/// What a registry has under a tag of signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures {
    /// The tag; in the newer layout that which the list bears where a registry makes none of its own.
    pub tag: String,
    /// A manifest, or an index of several.
    pub root: Descriptor,
    /// All bytes: those of the root, and all that it names.
    pub contents: Vec<Vec<u8>>,
}

impl Registry<'_> {
    /// The signatures of a digest; none is no fault.
    pub fn signatures(&self, name: &OciName, digest: &Digest) -> Result<Vec<Signatures>, SourceError> {
        let [older, newer] = tags(digest);
        let mut found = Vec::new();
        if let Some(bytes) = absent(self.manifest_of_tag(name, &older))?.map(|(bytes, _)| bytes) {
            let mut contents = Vec::new();
            self.contents_of(name, &bytes, &mut contents)?;
            let root = Descriptor::new(MANIFEST_TYPE, &bytes);
            contents.push(bytes);
            found.push(Signatures { tag: older, root, contents });
        }
        let mut contents = Vec::new();
        let mut children: Vec<Descriptor> = Vec::new();
        for child in self.referrers(name, digest, &newer)? {
            if !may_be_signature(child.artifact_type.as_deref()) || child.size > MAX_SIGNATURE {
                continue;
            }
            let bytes = self.manifest_of_digest(name, &child.digest)?;
            self.contents_of(name, &bytes, &mut contents)?;
            let mut entry = Descriptor::new(MANIFEST_TYPE, &bytes);
            entry.artifact_type = child.artifact_type;
            contents.push(bytes);
            children.push(entry);
        }
        if !children.is_empty() {
            // One list of the same, whoever made it.
            children.sort_by_key(|it| it.digest);
            children.dedup_by_key(|it| it.digest);
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": children }).to_string();
            let root = Descriptor::new(INDEX_TYPE, index.as_bytes());
            contents.push(index.into_bytes());
            found.push(Signatures { tag: newer, root, contents });
        }
        Ok(found)
    }

    /// What refers to a digest: as the registry lists it, else as the tag does.
    fn referrers(&self, name: &OciName, digest: &Digest, tag: &str) -> Result<Vec<Descriptor>, SourceError> {
        let listed = self.anywhere(name, |site| self.listed(site, name, digest))?;
        let bytes = match listed {
            Some(bytes) => bytes,
            None => match absent(self.manifest_of_tag(name, tag))? {
                Some((bytes, _)) => bytes,
                None => return Ok(Vec::new()),
            },
        };
        match Document::decode(&bytes) {
            Ok(Document::Index(children)) => {
                Ok(children.into_iter().take(MOST).map(|Child { descriptor, .. }| descriptor).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The list of a registry that makes one; not all do.
    fn listed(&self, site: &Site, name: &OciName, digest: &Digest) -> Result<Option<Vec<u8>>, SourceError> {
        let url = self.url(site, &format!("referrers/{digest}"))?;
        let shown = name.to_string();
        let request = self.request(&shown, Method::Get, url, MAX_DOCUMENT);
        let answer = self.ask(site, &request, &[200, 400, 404, 405])?;
        let is_list = |bytes: &[u8]| matches!(Document::decode(bytes), Ok(Document::Index(it)) if !it.is_empty());
        Ok(Some(answer.body).filter(|it| answer.status == 200 && is_list(it)))
    }

    /// The content of all that a manifest names.
    fn contents_of(&self, name: &OciName, manifest: &[u8], contents: &mut Vec<Vec<u8>>) -> Result<(), SourceError> {
        let what = format!("the signatures of {name}");
        let wrong = |it: &str| SourceError::Odd { at: what.clone(), what: it.into() };
        let manifest = Manifest::decode(manifest).map_err(|it| wrong(&it))?;
        if manifest.layers.len() > MOST {
            return Err(wrong("more of them than are looked at"));
        }
        for blob in manifest.blobs() {
            if blob.size > MAX_SIGNATURE {
                return Err(SourceError::TooLarge { what: what.clone(), size: blob.size, most: MAX_SIGNATURE });
            }
            contents.push(self.blob(name, blob)?);
        }
        Ok(())
    }
}

/// What is not there is no fault.
fn absent<T>(found: Result<T, SourceError>) -> Result<Option<T>, SourceError> {
    match found {
        Ok(it) => Ok(Some(it)),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}
