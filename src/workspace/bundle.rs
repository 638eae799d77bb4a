//! A bundle at a path: read, compared with its lock, and opened.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::Error;
use crate::base::digest::Digest;
use crate::edge::age::Opener;
use crate::edge::{disk, random};
use crate::stage::bundle::{Bundle, Opened};
use crate::stage::lock::Lock;
use helm_engine::helm;
use helm_engine::pki;

/// The manifests of a bundle, its holes filled from what these identity files open.
pub(crate) fn fill(bundle: &Bundle, identities: &[String]) -> Result<Opened, Error> {
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
    Ok(bundle.open(&secrets, &helm::functions(), random::seed())?)
}

/// Makes sure that a bundle, known by this name, is that of the lock at a path, as far as a lock can tell.
pub(crate) fn compare(name: &Path, bundle: &Bundle, lock: &Path) -> Result<(), Error> {
    let locked = Lock::decode(&disk::read_any_text(lock)?).map_err(|fault| Error::Lock { path: lock.into(), fault })?;
    let faults = locked.misplaced();
    if !faults.is_empty() {
        return Err(Error::Envelopes { path: lock.into(), faults });
    }
    let unlike = bundle.unlike(&locked);
    let (bundle, lock) = (name.into(), lock.into());
    if unlike.is_empty() { Ok(()) } else { Err(Error::NotOfLock { bundle, lock, unlike }) }
}

/// The bundle at a path, and its bytes. Every envelope in it stands where it belongs.
pub(crate) fn read(path: &Path) -> Result<(Bundle, Vec<u8>), Error> {
    let (bundle, bytes) = read_unchecked(path)?;
    let faults = bundle.misplaced();
    if faults.is_empty() { Ok((bundle, bytes)) } else { Err(Error::BundleEnvelopes { bundle: path.into(), faults }) }
}

/// The bundle at a path, and its bytes, wherever its envelopes belong.
pub(crate) fn read_unchecked(path: &Path) -> Result<(Bundle, Vec<u8>), Error> {
    let bytes = match disk::read_any(path) {
        Err(fault) if fault.source.kind() == ErrorKind::NotFound => return Err(Error::NoBundle(path.into())),
        read => read?,
    };
    let bundle = Bundle::decode(&bytes).map_err(|fault| Error::NotABundle { path: path.into(), fault })?;
    Ok((bundle, bytes))
}
