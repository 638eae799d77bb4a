//! Built bundles that machines share through a registry, each under the hash of what it was built from.
//!
//! Who can write to the registry is not believed: a bundle is taken where it is whole, where it is packed as this ichor
//! packs, and where everything in it that spec and lock determine is as they have it. What is refused is built.

use crate::base::digest::Digest;
use crate::edge::fetch::{Clients, Settings};
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;
use crate::stage::resolve::SourceError;
use crate::stage::spec::{OciName, Spec};
use crate::stage::vendored::artifact::{self, BUNDLE_CONTENT};
use crate::stage::vendored::layout::Manifest;

/// A place in a registry that holds bundles.
pub struct Cache<'c> {
    pub(crate) place: OciName,
    pub(crate) clients: &'c Clients<'c>,
    pub(crate) settings: &'c Settings,
}

/// What the registry has for some inputs.
#[derive(Debug)]
pub enum Cached {
    Absent,
    /// Something else than the bundle of these inputs; why.
    Refused(String),
    Bundle(Box<Bundle>, Vec<u8>),
}

impl Cache<'_> {
    /// The bundle of these inputs, where the registry has it.
    pub fn get(&self, inputs: &Digest, spec: &Spec, lock: &Lock) -> Result<Cached, SourceError> {
        let registry = self.clients.registry(self.settings);
        let found = registry.manifest_of_tag(&self.place, &tag(inputs, spec));
        let bytes = match found {
            Ok((manifest, _)) => match Manifest::decode(&manifest) {
                Ok(it) => match it.layers.iter().find(|it| it.media_type == BUNDLE_CONTENT) {
                    Some(layer) => registry.blob(&self.place, layer),
                    None => return Ok(Cached::Refused("it is no bundle".into())),
                },
                Err(why) => return Ok(Cached::Refused(why)),
            },
            Err(fault) if fault.is_absent() => return Ok(Cached::Absent),
            Err(fault) => Err(fault),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(fault) if is_of_content(&fault) => return Ok(Cached::Refused(fault.to_string())),
            Err(fault) if fault.is_absent() => return Ok(Cached::Refused("its content is gone".into())),
            Err(fault) => return Err(fault),
        };
        Ok(match Bundle::decode(&bytes) {
            Err(fault) => Cached::Refused(fault.to_string()),
            Ok(bundle) if !(bundle.agrees(spec, lock) && bundle.unlike(lock).is_empty()) => {
                Cached::Refused("it was built from something else".into())
            }
            Ok(bundle) if bundle.encode() != bytes => Cached::Refused("it is packed otherwise".into()),
            Ok(bundle) => Cached::Bundle(Box::new(bundle), bytes),
        })
    }

    /// Keeps the bundle of these inputs, in the place of whatever is there.
    pub fn put(&self, inputs: &Digest, spec: &Spec, bytes: &[u8]) -> Result<(), SourceError> {
        let artifact = artifact::bundle(bytes, &spec.bundle);
        self.clients.registry(self.settings).put(&self.place, &tag(inputs, spec), &artifact).map(drop)
    }

    /// How a bundle there is called.
    pub fn address(&self, inputs: &Digest, spec: &Spec) -> String {
        format!("oci://{}:{}", self.place, tag(inputs, spec))
    }
}

/// Whether a server gave something else than what was asked for.
fn is_of_content(fault: &SourceError) -> bool {
    match fault {
        SourceError::NorAtMirrors { fault, .. } => is_of_content(fault),
        fault => matches!(
            fault,
            SourceError::OtherDigest { .. } | SourceError::OtherSize { .. } | SourceError::TooLarge { .. }
        ),
    }
}

fn tag(inputs: &Digest, spec: &Spec) -> String {
    format!("{}-{}", inputs.hex().get(..40).unwrap_or_default(), spec.bundle)
}
