//! Whether a bundle is that of a lock, as far as the lock can tell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bundle, layout};
use crate::base::digest::Digest;
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::pack::{self, Manifest, talos};
use crate::stage::seal;
use crate::stage::spec::{Spec, TalosVersion};

impl Bundle {
    /// Whether everything in a bundle that a spec and its lock determine is as they have it: what it says of itself, the
    /// parts' texts by the digests of the lock's outputs, the envelopes, and what follows from these. How holes are filled
    /// and what packing changed in a text, only a build can tell.
    pub(crate) fn agrees(&self, spec: &Spec, lock: &Lock) -> bool {
        let index = &self.index;
        let namespaces = pack::namespaces(spec);
        let placed = index.parts.iter().all(|(name, it)| it.namespace.as_ref() == namespaces.get(name));
        let of_spec = placed && index.talos == spec.talos && index.ichor == env!("CARGO_PKG_VERSION");
        of_spec
            && self.unlike_index(lock).is_empty()
            && self.has_texts_of(lock)
            && self.strange_files(spec.talos, lock).is_empty()
    }

    fn has_texts_of(&self, lock: &Lock) -> bool {
        let streams = || self.manifests.iter().filter(|it| it.name != pack::NAMESPACES);
        let texts = streams().all(|manifest| {
            let locked = lock.parts.get(pack::stem(&manifest.name));
            self.index.changes.contains_key(&manifest.name) || locked.is_some_and(|it| is_of(manifest, it))
        });
        let found = self.manifests.iter().find(|it| it.name == pack::NAMESPACES);
        texts && self.missing(lock).next().is_none() && found == self.namespaces().as_ref()
    }

    /// The parts of a lock that have resources, and no manifest here.
    pub(super) fn missing<'l>(&self, lock: &'l Lock) -> impl Iterator<Item = &'l str> {
        let brought: BTreeSet<String> = self.manifests.iter().map(|it| pack::stem(&it.name).to_owned()).collect();
        let full = lock.parts.iter().filter(|(_, it)| !it.resources.is_empty());
        full.map(|(name, _)| name.as_str()).filter(move |it| !brought.contains(*it))
    }

    /// The manifest of the namespaces that the others lack.
    pub(super) fn namespaces(&self) -> Option<Manifest> {
        let streams = self.manifests.iter().filter(|it| it.name != pack::NAMESPACES);
        let wanted = self.index.parts.values().filter_map(|it| it.namespace.as_deref());
        pack::missing_namespaces(wanted, streams.map(|it| it.contents.as_str()))
    }

    /// The files that are not those that follow from manifests, envelopes and the images of a lock.
    pub(super) fn strange_files(&self, talos: TalosVersion, lock: &Lock) -> Vec<String> {
        let patch = talos::control_plane(&self.manifests, talos);
        let network = talos::network_patches(&self.manifests, talos);
        let images = lock.images().map(|(_, it)| it);
        let laid_out = layout::lay_out(&self.manifests, (&patch, network.as_ref()), &self.envelopes, images);
        let Ok(files) = laid_out else { return self.index.files.keys().cloned().collect() };
        let digests: BTreeMap<String, Digest> =
            files.iter().map(|(path, bytes)| (path.to_string(), Digest::of(bytes))).collect();
        let names: BTreeSet<&String> = digests.keys().chain(self.index.files.keys()).collect();
        names.into_iter().filter(|it| digests.get(*it) != self.index.files.get(*it)).cloned().collect()
    }
}

/// Whether a manifest is the text of a lock, and all that the lock says of it.
fn is_of(manifest: &Manifest, locked: &LockedPart) -> bool {
    let found = || seal::inventory(&manifest.contents);
    Digest::of(manifest.contents.as_bytes()) == locked.output
        && found().is_ok_and(|it| (it.images, it.digests) == (locked.images.clone(), locked.resources.clone()))
}
