//! Whether a bundle is that of a lock, as far as the lock can tell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bundle, Index, index, layout};
use crate::base::digest::Digest;
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::pack::{self, Manifest, talos};
use crate::stage::seal;
use crate::stage::spec::Spec;

impl Bundle {
    /// Whether everything in a bundle that a spec and its lock determine is as they have it: what it says of itself, the
    /// parts' texts by the digests of the lock's outputs, the envelopes, and what follows from these. How holes are filled
    /// and what packing changed in a text, only a build can tell.
    pub fn agrees(&self, spec: &Spec, lock: &Lock) -> bool {
        let namespaces = pack::namespaces(spec);
        let said = Index {
            name: lock.bundle.clone(),
            ichor: env!("CARGO_PKG_VERSION").into(),
            talos: spec.talos,
            recipients: lock.recipients.clone(),
            parts: index::parts(lock, &namespaces),
            public_keys: index::public_keys(lock, self.index.secrets()),
            ..self.index.clone()
        };
        let sealed = self.envelopes.iter().all(|(name, it)| lock.envelope(name) == Some(it));
        said == self.index && sealed && self.has_texts_of(lock) && self.is_laid_out(spec, lock)
    }

    fn has_texts_of(&self, lock: &Lock) -> bool {
        let streams = || self.manifests.iter().filter(|it| it.name != pack::NAMESPACES);
        let texts = streams().all(|manifest| {
            let locked = lock.parts.get(pack::stem(&manifest.name));
            self.index.changes.contains_key(&manifest.name) || locked.is_some_and(|it| is_of(manifest, it))
        });
        let brought: BTreeSet<&str> = streams().map(|it| pack::stem(&it.name)).collect();
        let complete = lock.parts.iter().all(|(name, it)| it.resources.is_empty() || brought.contains(name.as_str()));
        let wanted = self.index.parts.values().filter_map(|it| it.namespace.as_deref());
        let namespaces = pack::missing_namespaces(wanted, streams().map(|it| it.contents.as_str()));
        let found = self.manifests.iter().find(|it| it.name == pack::NAMESPACES);
        texts && complete && found == namespaces.as_ref()
    }

    /// Whether the files are those that follow from manifests, envelopes and images.
    fn is_laid_out(&self, spec: &Spec, lock: &Lock) -> bool {
        let patch = talos::control_plane(&self.manifests, spec.talos);
        let network = talos::network_patches(&self.manifests, spec.talos);
        let images = lock.parts.values().flat_map(|it| &it.images);
        let laid_out = layout::lay_out(&self.manifests, (&patch, network.as_ref()), &self.envelopes, images);
        let Ok(files) = laid_out else { return false };
        let digests: BTreeMap<String, Digest> =
            files.iter().map(|(path, bytes)| (path.to_string(), Digest::of(bytes))).collect();
        digests == self.index.files
    }
}

/// Whether a manifest is the text of a lock, and all that the lock says of it.
fn is_of(manifest: &Manifest, locked: &LockedPart) -> bool {
    let found = || seal::inventory(&manifest.contents);
    Digest::of(manifest.contents.as_bytes()) == locked.output
        && found().is_ok_and(|it| (it.images, it.digests) == (locked.images.clone(), locked.resources.clone()))
}
