//! `ichor pull`: a bundle from a registry.

use std::path::{Path, PathBuf};

use super::Error;
use super::push::{AddressError, registry_name};
use crate::base::digest::Digest;
use crate::edge::disk::{self, Access};
use crate::stage::bundle::Bundle;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::artifact::BUNDLE_CONTENT;
use crate::stage::vendored::layout::Manifest;
use crate::workspace;
use crate::workspace::bundle;
use crate::workspace::fetching::Fetching;

/// What was pulled.
#[derive(Clone, Debug)]
pub struct Pulled {
    pub bundle: Bundle,
    /// Where it was written.
    pub path: PathBuf,
    /// The digest of its manifest in the registry.
    pub manifest: Digest,
    /// Whether a tag alone led to it, which says nothing of what it leads to.
    pub by_tag: bool,
}

/// Writes the bundle at `oci://HOST/NAME:TAG` or `oci://HOST/NAME@DIGEST` to a file, by default `NAME.tar.gz`, where NAME is
/// the bundle's own. Nothing is written unless it is a bundle, whole, and that of the lock where one is given.
pub fn pull(
    address: &str,
    output: Option<&Path>,
    lock: Option<&Path>,
    fetching: Fetching<'_>,
) -> Result<Pulled, Error> {
    let Fetched { name, bundle, bytes, manifest } = fetch(address, fetching)?;
    if let Some(lock) = lock {
        bundle::compare(Path::new(address), &bundle, lock)?;
    }
    let path = output.map_or_else(|| PathBuf::from(format!("{}.tar.gz", bundle.index().name)), PathBuf::from);
    disk::write(&path, &bytes, Access::Public)?;
    Ok(Pulled { bundle, path, manifest, by_tag: name.digest.is_none() })
}

/// A bundle as a registry has it.
pub(super) struct Fetched {
    pub name: OciName,
    pub bundle: Bundle,
    pub bytes: Vec<u8>,
    /// The digest of its manifest in the registry.
    pub manifest: Digest,
}

/// Fetches a bundle, whole, and writes nothing.
pub(super) fn fetch(address: &str, fetching: Fetching<'_>) -> Result<Fetched, Error> {
    let name = registry_name(address)?;
    let network = fetching.own_network()?;
    let clients = fetching.clients(&network)?;
    let registry = clients.registry(fetching.settings);
    let (manifest, digest) = match (&name.digest, &name.tag) {
        (Some(digest), _) => (registry.manifest_of_digest(&name, digest)?, *digest),
        (None, Some(tag)) => registry.manifest_of_tag(&name, tag)?,
        (None, None) => {
            return Err(AddressError::NothingToPull(address.into()).into());
        }
    };
    let manifest = Manifest::decode(&manifest).map_err(|it| not_a_bundle(&name, &it))?;
    let layer = manifest.layers.iter().find(|it| it.media_type == BUNDLE_CONTENT).ok_or_else(|| {
        let kinds: Vec<&str> = manifest.layers.iter().map(|it| it.media_type.as_str()).collect();
        not_a_bundle(&name, &format!("its layers are {}", kinds.join(", ")))
    })?;
    let bytes = registry.blob(&name, layer)?;
    let bundle = Bundle::decode(&bytes).map_err(|it| not_a_bundle(&name, &it.to_string()))?;
    let faults = bundle.misplaced();
    if !faults.is_empty() {
        return Err(workspace::Error::BundleEnvelopes { bundle: address.into(), faults }.into());
    }
    Ok(Fetched { name, bundle, bytes, manifest: digest })
}

fn not_a_bundle(name: &OciName, why: &str) -> Error {
    SourceError::NotABundle { name: name.to_string(), why: why.into() }.into()
}
