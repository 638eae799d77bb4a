//! What a lock says of each part.

use std::collections::BTreeMap;

use crate::stage::lock::LockedPart;
use crate::stage::resolve::{ResolvedContent, ResolvedPart};
use crate::stage::seal::SealedPart;

/// What is known of a part before it renders.
pub(super) fn facts(part: &ResolvedPart) -> LockedPart {
    let (version, values, lookup) = match &part.content {
        ResolvedContent::Manifest(_) => (None, None, None),
        ResolvedContent::Chart { version, values_digest, inputs, .. } => {
            (Some(version.clone()), Some(*values_digest), inputs.lookup_digest)
        }
    };
    LockedPart {
        source: part.source.clone(),
        version,
        manifest: part.manifest,
        digest: part.digest,
        size: part.size,
        signed_by: None,
        dependencies: part.dependencies.clone(),
        release: part.release.clone(),
        values,
        secret_values: None,
        lookup,
        pins: BTreeMap::new(),
        images: Vec::new(),
        image_digests: BTreeMap::new(),
        image_signers: BTreeMap::new(),
        more_images: Vec::new(),
        resources: BTreeMap::new(),
        output: part.digest,
    }
}

/// What is known once it was sealed; `declared` are the images that the spec names.
pub(super) fn record(part: &mut LockedPart, sealed: &SealedPart, declared: Vec<String>) {
    part.more_images = declared;
    part.images = sealed.images.clone();
    part.resources = sealed.resources.clone();
    part.output = sealed.output;
}
