//! `ichor push`: a bundle into a registry.

use std::path::Path;

use super::Error;
use crate::base::digest::Digest;
use crate::stage::spec::{OciName, SourceFault};
use crate::stage::vendored::artifact;
use crate::workspace::bundle;
use crate::workspace::fetching::Fetching;

/// Why an address in a registry cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{0}` names no tag to push to")]
    NoTag(String),
    #[error("`{0}` names no tag and no digest")]
    NothingToPull(String),
    #[error("`{0}` is no place in a registry")]
    NoRegistry(String),
    #[error("`{0}` is one place, and a cache holds many bundles")]
    NotAFolder(String),
    #[error("`{address}`: {fault}")]
    Unreadable { address: String, fault: SourceFault },
}

impl AddressError {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            AddressError::NoTag(_) => "write `oci://HOST/NAME:TAG`",
            AddressError::NothingToPull(_) => "write `oci://HOST/NAME:TAG` or `oci://HOST/NAME@sha256:...`",
            AddressError::NotAFolder(_) => "write `oci://HOST/NAME`, without a tag",
            _ => "write `oci://HOST/NAME:TAG`, or `oci://HOST/NAME@sha256:...` to pull",
        }
    }
}

/// Puts the bundle at a path under `oci://HOST/NAME:TAG`, and gives the digest of its OCI manifest.
pub fn push(bundle: &Path, address: &str, fetching: Fetching<'_>) -> Result<Digest, Error> {
    let name = registry_name(address)?;
    let tag = match (&name.tag, &name.digest) {
        (Some(tag), None) => tag,
        _ => {
            return Err(AddressError::NoTag(address.into()).into());
        }
    };
    let (decoded, bytes) = bundle::read(bundle)?;
    let artifact = artifact::bundle(&bytes, &decoded.index().name);
    let network = fetching.own_network()?;
    let clients = fetching.clients(&network)?;
    Ok(clients.registry(fetching.settings).put(&name, tag, &artifact)?)
}

/// Reads `oci://HOST/NAME[:TAG][@DIGEST]`.
pub(super) fn registry_name(address: &str) -> Result<OciName, Error> {
    let rest = address.strip_prefix("oci://").ok_or_else(|| AddressError::NoRegistry(address.into()))?;
    Ok(OciName::parse(rest).map_err(|fault| AddressError::Unreadable { address: address.into(), fault })?)
}
