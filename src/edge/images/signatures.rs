//! Signatures beside what they are of: put into a layout, and read from wherever images lie.

use std::collections::BTreeMap;

use super::{ImageError, Shelf, document, held, tree_of};
use crate::base::digest::Digest;
use crate::edge::disk::Adding;
use crate::edge::fetch::Signatures;
use crate::edge::layout::{Held, LayoutError};
use crate::object::image::Reference;
use crate::stage::vendored::image::{Child, Document};
use crate::stage::vendored::layout::Descriptor;
use crate::stage::vendored::signature::{self, Evidence, signed_by_tag};

/// What is signed by what bears a name, where that is one of signatures.
pub fn signed(name: &Reference) -> Option<Digest> {
    signed_by_tag(name.tag.as_deref().filter(|_| name.digest.is_none())?)
}

/// Puts the signatures of something in a repository into a layout.
pub fn put(held: &Held<'_>, repository: &Reference, all: &[Signatures]) -> Result<(), LayoutError> {
    let mut adding = Adding::begin();
    let mut named = Vec::new();
    for it in all {
        for content in &it.contents {
            held.layout().blobs().put(content, &mut adding)?;
        }
        let (host, path) = (repository.host.clone(), repository.repository.clone());
        let name = Reference { host, repository: path, tag: Some(it.tag.clone()), digest: None };
        named.push((name, it.root.clone()));
    }
    adding.keep();
    held.put_images(&named.iter().map(|(name, root)| (name, root)).collect::<Vec<_>>())
}

/// The signatures among what a registry gave.
pub fn fetched(all: &[Signatures]) -> Vec<Evidence> {
    let contents: BTreeMap<Digest, &Vec<u8>> =
        all.iter().flat_map(|it| &it.contents).map(|it| (Digest::of(it), it)).collect();
    let read = |it: &Descriptor| contents.get(&it.digest).map(|it| it.to_vec());
    all.iter().flat_map(|it| of_root(&it.root, &read)).collect()
}

/// The signatures that a shelf has of what has a digest in a repository.
pub fn kept(shelf: &dyn Shelf, repository: &Reference, digest: &Digest) -> Result<Vec<Evidence>, ImageError> {
    let mut evidence = Vec::new();
    for it in held(shelf)?.iter().filter(|it| it.name.name() == repository.name() && signed(&it.name) == Some(*digest))
    {
        // What is missing or damaged is told, and not passed over.
        tree_of(shelf, it)?;
        evidence.extend(of_root(&it.entry, &|it| document(shelf, it).ok().flatten()));
    }
    Ok(evidence)
}

/// The signatures that a manifest, or an index of several, names.
fn of_root(root: &Descriptor, read: &dyn Fn(&Descriptor) -> Option<Vec<u8>>) -> Vec<Evidence> {
    match read(root).map(|it| Document::decode(&it)) {
        Some(Ok(Document::Image(manifest))) => signature::evidence(&manifest, &mut |it| read(it)),
        Some(Ok(Document::Index(children))) => {
            let manifests = children.iter().filter_map(|Child { descriptor, .. }| read(descriptor));
            let manifests = manifests.filter_map(|it| match Document::decode(&it) {
                Ok(Document::Image(manifest)) => Some(manifest),
                _ => None,
            });
            manifests.flat_map(|it| signature::evidence(&it, &mut |it| read(it))).collect()
        }
        _ => Vec::new(),
    }
}
