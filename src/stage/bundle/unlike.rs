//! What in a bundle is not as a lock has it, for those who have the lock and not its spec.

use std::collections::BTreeMap;

use super::{Bundle, index};
use crate::base::digest::Digest;
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::pack::{self, Manifest};
use crate::stage::seal;

/// One thing in a bundle that is not as a lock has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlike {
    /// The bundle is of another name.
    #[error("the bundle is called `{found}`, and the lock is of `{locked}`")]
    Name {
        /// The name in the bundle.
        found: String,
        /// The name in the lock.
        locked: String,
    },
    /// The recipients are others, or stand in another order.
    #[error("it names other recipients")]
    Recipients,
    /// The bundle has a part that the lock has not. Its name.
    #[error("the lock has no part `{0}`")]
    NewPart(String),
    /// The lock has a part that the bundle has not. Its name.
    #[error("it has no part `{0}`")]
    NoPart(String),
    /// Where a part comes from, its version, its values or what it renders to is not as in the lock. Its name.
    #[error("part `{0}` comes from elsewhere, or is of another version")]
    Source(String),
    /// A manifest does not have the digest in the lock; or packing changed it, and it names other images. Its name.
    #[error("manifest `{0}` is another text")]
    Text(String),
    /// A manifest lacks a resource that the lock names.
    #[error("manifest `{manifest}` lacks {resource}")]
    NoResource {
        /// The name of the manifest.
        manifest: String,
        /// The resource, as the lock names it.
        resource: String,
    },
    /// A manifest has a resource that the lock does not name.
    #[error("manifest `{manifest}` has {resource}, which the lock has not")]
    NewResource {
        /// The name of the manifest.
        manifest: String,
        /// The resource, as the lock names it.
        resource: String,
    },
    /// It may be what packing made of it, or what somebody else did.
    #[error("manifest `{manifest}` says that {resource} was changed for Talos, and a lock cannot tell what it became")]
    Changed {
        /// The name of the manifest.
        manifest: String,
        /// The resource, as the lock names it.
        resource: String,
    },
    /// A part that prints something has no manifest. Its name.
    #[error("the manifest of part `{0}` is missing")]
    NoManifest(String),
    /// An envelope is not the one in the lock. The name of its secret.
    #[error("the envelope of `{0}` is another")]
    Envelope(String),
    /// The digests of public keys do not follow from the certificates in the lock.
    #[error("it holds other public keys")]
    PublicKeys,
    /// A file beside the manifests, such as a patch, is not what follows from them. Its path.
    #[error("`{0}` is not what follows from its manifests")]
    File(String),
}

impl Unlike {
    /// Whether a build could still show that all is well.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Unlike::Changed { .. })
    }
}

impl Bundle {
    /// Everything that a lock has otherwise. A lock tells nothing of the version of Talos, the namespaces that charts are
    /// put into, and how holes are computed beyond what their marks say.
    pub(crate) fn unlike(&self, lock: &Lock) -> Vec<Unlike> {
        let mut found = self.unlike_index(lock);
        self.texts(lock, &mut found);
        if found.is_empty() {
            found.extend(self.strange_files(self.index.talos, lock).into_iter().map(Unlike::File));
        }
        found
    }

    /// What the index and the envelopes have otherwise, whatever the namespaces.
    pub(super) fn unlike_index(&self, lock: &Lock) -> Vec<Unlike> {
        let mut found = Vec::new();
        let index = &self.index;
        if index.name != lock.bundle {
            found.push(Unlike::Name { found: index.name.clone(), locked: lock.bundle.clone() });
        }
        if index.recipients != lock.recipients {
            found.push(Unlike::Recipients);
        }
        let namespaces: BTreeMap<String, String> =
            index.parts.iter().filter_map(|(name, it)| Some((name.clone(), it.namespace.clone()?))).collect();
        let locked = index::parts(lock, &namespaces);
        for (name, part) in &index.parts {
            match locked.get(name) {
                None => found.push(Unlike::NewPart(name.clone())),
                Some(locked) if locked != part => found.push(Unlike::Source(name.clone())),
                Some(_) => {}
            }
        }
        found.extend(locked.keys().filter(|it| !index.parts.contains_key(*it)).cloned().map(Unlike::NoPart));
        let other = |(name, it): &(&String, &_)| lock.envelope(name) != Some(*it);
        found.extend(self.envelopes.iter().filter(other).map(|(name, _)| Unlike::Envelope(name.clone())));
        if index.public_keys != index::public_keys(lock, index.secrets()) {
            found.push(Unlike::PublicKeys);
        }
        found
    }

    fn texts(&self, lock: &Lock, found: &mut Vec<Unlike>) {
        for manifest in self.manifests.iter().filter(|it| it.name != pack::NAMESPACES) {
            let Some(locked) = lock.parts.get(pack::stem(&manifest.name)) else { continue };
            if self.index.changes.contains_key(&manifest.name) {
                resources(manifest, locked, found);
            } else if Digest::of(manifest.contents.as_bytes()) != locked.output {
                found.push(Unlike::Text(manifest.name.clone()));
            }
        }
        found.extend(self.missing(lock).map(|it| Unlike::NoManifest(it.into())));
        if self.namespaces() != self.manifests.iter().find(|it| it.name == pack::NAMESPACES).cloned() {
            found.push(Unlike::Text(pack::NAMESPACES.into()));
        }
    }
}

/// Compares a manifest that packing changed, resource by resource.
fn resources(manifest: &Manifest, locked: &LockedPart, found: &mut Vec<Unlike>) {
    let name = || manifest.name.clone();
    let Ok(inventory) = seal::inventory(&manifest.contents) else { return found.push(Unlike::Text(name())) };
    if inventory.images != locked.images {
        found.push(Unlike::Text(name()));
    }
    for (resource, digest) in &inventory.digests {
        match locked.resources.get(resource) {
            Some(it) if it == digest => {}
            Some(_) => found.push(Unlike::Changed { manifest: name(), resource: resource.clone() }),
            None if locked.resources.contains_key(&with_namespace(resource, locked)) => {
                found.push(Unlike::Changed { manifest: name(), resource: resource.clone() });
            }
            None => found.push(Unlike::NewResource { manifest: name(), resource: resource.clone() }),
        }
    }
    let known: Vec<String> = inventory.digests.keys().map(|it| with_namespace(it, locked)).collect();
    // A document without an object has no name; packing leaves it out.
    let is_object = |it: &&String| !it.trim_start().is_empty() && !it.trim_start().starts_with('(');
    let gone = locked.resources.keys().filter(is_object);
    let gone = gone.filter(|it| !inventory.digests.contains_key(*it) && !known.contains(it));
    found.extend(gone.map(|it| Unlike::NoResource { manifest: name(), resource: it.clone() }));
}

/// The name in the lock of a resource that lost its namespace when it was packed.
fn with_namespace(resource: &str, locked: &LockedPart) -> String {
    let Some((kind, name)) = resource.rsplit_once(' ') else { return resource.into() };
    let is_it = |it: &&String| {
        it.rsplit_once(' ').is_some_and(|(other, full)| other == kind && full.ends_with(&format!("/{name}")))
    };
    locked.resources.keys().find(is_it).cloned().unwrap_or_else(|| resource.into())
}
