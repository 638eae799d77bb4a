//! `ichor open`: a bundle's manifests with the secrets in them.

use std::collections::BTreeMap;
use std::path::Path;

use super::Error;
use crate::edge::age::Opener;
use crate::edge::disk;
use crate::engine::helm;
use crate::stage::bundle::{Bundle, Index, Opened};

/// Opens the bundle at a path with identity files; also gives what its index says.
pub fn open(bundle: &Path, identities: &[String]) -> Result<(Opened, Index), Error> {
    let bytes = disk::read(bundle)?;
    let bundle = Bundle::decode(&bytes).map_err(|fault| Error::NotABundle { path: bundle.into(), fault })?;
    let mut secrets = BTreeMap::new();
    if !bundle.envelopes().is_empty() {
        if identities.is_empty() {
            return Err(Error::NoIdentity);
        }
        let opener = Opener::read(identities)?;
        for (name, envelope) in bundle.envelopes() {
            secrets.insert(name.clone(), opener.open(name, envelope)?);
        }
    }
    let opened = bundle.open(&secrets, &helm::functions())?;
    Ok((opened, bundle.index().clone()))
}
