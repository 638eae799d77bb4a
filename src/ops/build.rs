//! `ichor build`: spec and lock into a bundle, with no key and no network.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::push::{AddressError, registry_name};
use super::{Error, check};
use crate::base::digest::Digest;
use crate::edge::disk::{self, Access};
use crate::edge::store::{Note, Store, Stored};
use crate::stage::bundle::Bundle;
use crate::stage::lock::{Expiry, Lock};
use crate::stage::spec::Spec;
use crate::stage::vendored::Vendored;
use crate::workspace::Workspace;
use crate::workspace::cache::{Cache, Cached};
use crate::workspace::fetching::Fetching;

/// Where a bundle goes, beside the store.
#[derive(Clone, Debug)]
pub enum Destination {
    /// A link to the store.
    Link(PathBuf),
    /// A file of its own.
    File(PathBuf),
}

/// What a build gave.
#[derive(Clone, Debug)]
pub struct Built {
    pub bundle: Bundle,
    /// Where it lies in the store.
    pub stored: PathBuf,
    /// Whether it was there already.
    pub known: bool,
    /// Whether what lay there was damaged or of another making, and was made anew.
    pub mended: bool,
    /// What the shared cache had of it.
    pub cache: FromCache,
    lock: Lock,
    /// How many days before its end the spec wants to hear of a certificate.
    warn_days: u32,
}

impl Built {
    /// The certificates that have ended, or end within the days that the spec says.
    pub fn expiring(&self, now: Timestamp) -> Vec<Expiry> {
        self.lock.expiring(now, self.warn_days)
    }
}

/// What became of a bundle that machines may share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FromCache {
    /// Nobody asked the cache.
    #[default]
    NotAsked,
    /// The bundle was taken from there.
    Taken,
    /// It was built and put there.
    Put,
    /// What stood there is not the bundle of this spec and lock, so that it was built and put there.
    Refused { address: String, why: String },
    /// It was built, and cannot be put there.
    Kept { address: String, why: String },
}

/// Gives the cache at `oci://HOST/REPO` to a function.
pub fn with_cache<T>(
    address: &str,
    fetching: Fetching<'_>,
    run: impl FnOnce(&Cache<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let place = registry_name(address)?;
    if place.tag.is_some() || place.digest.is_some() {
        return Err(AddressError::NotAFolder(address.into()).into());
    }
    let network = fetching.own_network()?;
    let clients = fetching.clients(&network)?;
    run(&Cache { place, clients: &clients, settings: fetching.settings })
}

/// How to build.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Builds even what the store and the cache have, and fails where the bytes differ from the store's.
    pub rebuild: bool,
    /// Builds what the rules of `check` find errors in.
    pub no_check: bool,
}

/// Builds the spec at a path.
pub fn build(
    spec: &Path,
    store: &Store,
    destination: &Destination,
    options: Options,
    cache: Option<&Cache<'_>>,
) -> Result<Built, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, lock_text) = workspace.lock()?;
    let inputs = inputs(&workspace.spec_text, &lock_text);
    let name = &workspace.spec.bundle;
    // Where nothing has changed, no chart is read to look the bundle up.
    let mut vendored = match !options.rebuild && workspace.is_unchanged(&lock) {
        true => None,
        false => Some(workspace.vendored(&lock)?),
    };
    let stored = store.get(&inputs, name);
    // Whoever else writes there may know how to write a digest, too.
    let believed = |bytes: &Vec<u8>| {
        let bundle = Bundle::decode(bytes).ok()?;
        bundle.agrees(&workspace.spec, &lock).then_some(bundle)
    };
    let (was_there, known) = match stored {
        Stored::Absent => (false, None),
        Stored::Damaged => (true, None),
        Stored::Whole(bytes) => (true, believed(&bytes).map(|it| (it, bytes))),
    };
    let mended = was_there && known.is_none();
    let path = store.path(&inputs, name);
    let mut from = FromCache::NotAsked;
    let (bundle, bytes, known) = match known {
        Some((bundle, bytes)) if !options.rebuild => (bundle, bytes, true),
        known => {
            let asked =
                cache.filter(|_| !options.rebuild).map(|it| it.get(&inputs, &workspace.spec, &lock)).transpose()?;
            let (bundle, bytes) = match asked {
                Some(Cached::Bundle(bundle, bytes)) => {
                    from = FromCache::Taken;
                    (*bundle, bytes)
                }
                asked => {
                    let bytes = workspace.bundle(&lock, at_hand(&workspace, &lock, &mut vendored)?)?.encode();
                    if let Some(cache) = cache {
                        from = share(cache, &inputs, &workspace.spec, &bytes, asked);
                    }
                    (Bundle::decode(&bytes)?, bytes)
                }
            };
            match known {
                Some((_, it)) if it != bytes => return Err(Error::NotReproduced { path }),
                Some((bundle, _)) => (bundle, bytes, true),
                None => {
                    store.put(&inputs, name, &bytes)?;
                    (bundle, bytes, false)
                }
            }
        }
    };
    // What was found to be without errors has none: the rules ask for nothing else than what was hashed.
    let is_known = vendored.is_none() && store.is_noted(Note::Checked, &inputs, name);
    if !options.no_check && !is_known {
        let errors = check::errors(&workspace, at_hand(&workspace, &lock, &mut vendored)?, bundle.manifests());
        if !errors.is_empty() {
            return Err(Error::Checked(errors));
        }
        store.note(Note::Checked, &inputs, name);
    }
    match destination {
        Destination::Link(link) => {
            disk::link(&path, link)?;
            store.remember(link);
        }
        Destination::File(file) => disk::write(file, &bytes, Access::Public)?,
    }
    let warn_days = workspace.spec.certificates.warn_days;
    Ok(Built { bundle, stored: path, known, mended, cache: from, lock, warn_days })
}

/// The charts, read where they were not yet.
fn at_hand<'v>(workspace: &Workspace, lock: &Lock, vendored: &'v mut Option<Vendored>) -> Result<&'v Vendored, Error> {
    match vendored {
        Some(vendored) => Ok(vendored),
        None => Ok(vendored.insert(workspace.vendored(lock)?)),
    }
}

/// Puts a bundle that was built into the cache, where `found` was all there was. Who may not write there still has it.
fn share(cache: &Cache<'_>, inputs: &Digest, spec: &Spec, bytes: &[u8], found: Option<Cached>) -> FromCache {
    let address = cache.address(inputs, spec);
    match (cache.put(inputs, spec, bytes), found) {
        (Err(fault), _) => FromCache::Kept { address, why: fault.to_string() },
        (Ok(()), Some(Cached::Refused(why))) => FromCache::Refused { address, why },
        (Ok(()), _) => FromCache::Put,
    }
}

/// Builds in memory, from scratch.
pub(super) fn fresh(workspace: &Workspace, lock: &Lock) -> Result<Bundle, Error> {
    let vendored = workspace.vendored(lock)?;
    Ok(workspace.bundle(lock, &vendored)?)
}

/// What a bundle depends on. The lock holds the digest of everything else that goes in.
pub(super) fn inputs(spec: &str, lock: &str) -> Digest {
    let all = [env!("CARGO_PKG_VERSION"), spec, lock].map(|it| Digest::of(it.as_bytes()).to_string());
    Digest::of(all.join("\n").as_bytes())
}
