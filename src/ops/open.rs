//! `ichor open`: a bundle's manifests with the secrets in them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::Error;
use crate::base::digest::Digest;
use crate::edge::age::Opener;
use crate::edge::{disk, random};
use crate::stage::bundle::{Bundle, Index, Opened};
use helm_engine::helm;
use helm_engine::pki;

/// Opens the bundle at a path with identity files; also gives what its index says.
pub fn open(bundle: &Path, identities: &[String]) -> Result<(Opened, Index), Error> {
    let (bundle, _) = read(bundle)?;
    let mut secrets = BTreeMap::new();
    if !bundle.envelopes().is_empty() {
        if identities.is_empty() {
            return Err(Error::NoIdentity);
        }
        let opener = Opener::read(identities)?;
        for (name, envelope) in bundle.envelopes() {
            let secret = opener.open(name, envelope)?;
            if let Some(expected) = bundle.index().public_keys.get(name) {
                let found = pki::key_digest(secret.expose()).map(Digest::from_bytes);
                if found.as_ref().ok() != Some(expected) {
                    return Err(Error::WrongKey { pin: name.trim_end_matches(".key").into() });
                }
            }
            secrets.insert(name.clone(), secret);
        }
    }
    let opened = bundle.open(&secrets, &helm::functions(), random::seed())?;
    Ok((opened, bundle.index().clone()))
}

/// The bundle at a path, and its bytes. Every envelope in it stands where it belongs.
pub(super) fn read(path: &Path) -> Result<(Bundle, Vec<u8>), Error> {
    let bytes = match disk::read_any(path) {
        Err(fault) if fault.source.kind() == ErrorKind::NotFound => return Err(Error::NoBundle(path.into())),
        read => read?,
    };
    let bundle = Bundle::decode(&bytes).map_err(|fault| Error::NotABundle { path: path.into(), fault })?;
    let faults = bundle.misplaced();
    if faults.is_empty() { Ok((bundle, bytes)) } else { Err(Error::BundleEnvelopes { bundle: path.into(), faults }) }
}
