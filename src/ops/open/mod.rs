//! `ichor open`: a bundle's manifests with the secrets in them.

pub mod delivered;

use std::path::Path;

use crate::ops::Error;
use crate::stage::bundle::{Index, Opened};
use crate::workspace::bundle;

/// A bundle with the secrets in it.
#[derive(Clone, Debug)]
pub struct OpenedBundle {
    pub opened: Opened,
    pub index: Index,
    /// How many of its envelopes are bound to no place, as those of older locks are.
    pub unbound: usize,
}

/// Opens the bundle at a path with identity files. Where a lock is given, the bundle must be that of the lock.
pub fn open(path: &Path, identities: &[String], lock: Option<&Path>) -> Result<OpenedBundle, Error> {
    let (bundle, _) = bundle::read(path)?;
    if let Some(lock) = lock {
        bundle::compare(path, &bundle, lock)?;
    }
    let opened = bundle::fill(&bundle, identities)?;
    Ok(OpenedBundle { opened, index: bundle.index().clone(), unbound: bundle.unbound() })
}
