//! `ichor push`: a bundle into a registry.

use std::path::Path;

use super::fetching::Fetching;
use super::{Error, open};
use crate::base::code::Code;
use crate::base::digest::Digest;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::artifact;

/// Puts the bundle at a path under `oci://HOST/NAME:TAG`, and gives the digest of its OCI manifest.
pub fn push(bundle: &Path, address: &str, fetching: Fetching<'_>) -> Result<Digest, Error> {
    let name = registry_name(address)?;
    let tag = match (&name.tag, &name.digest) {
        (Some(tag), None) => tag,
        _ => {
            let fault = SourceError::new(Code::V022, format!("`{address}` names no tag to push to"));
            return Err(Error::Fetch(fault.help("write `oci://HOST/NAME:TAG`")));
        }
    };
    let (decoded, bytes) = open::read(bundle)?;
    let artifact = artifact::bundle(&bytes, &decoded.index().name);
    let network = fetching.own_network()?;
    let clients = fetching.clients(&network)?;
    clients.registry(fetching.settings).put(&name, tag, &artifact).map_err(Error::Fetch)
}

/// Reads `oci://HOST/NAME[:TAG][@DIGEST]`.
pub(super) fn registry_name(address: &str) -> Result<OciName, Error> {
    let fault = |message: String| {
        let fault = SourceError::new(Code::V022, message);
        Error::Fetch(fault.help("write `oci://HOST/NAME:TAG`, or `oci://HOST/NAME@sha256:...` to pull"))
    };
    let rest = address.strip_prefix("oci://").ok_or_else(|| fault(format!("`{address}` is no place in a registry")))?;
    OciName::parse(rest).map_err(|it| fault(format!("`{address}`: {it}")))
}
