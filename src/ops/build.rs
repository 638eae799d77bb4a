//! `ichor build`: spec and lock into a bundle, with no key and no network.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Error, check};
use crate::base::digest::Digest;
use crate::edge::disk::{self, Access};
use crate::edge::store::{Store, Stored};
use crate::stage::bundle::Bundle;
use crate::stage::lock::{Expiry, Lock};
use crate::workspace::Workspace;

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

/// How to build.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Builds even what the store has, and fails where the bytes differ.
    pub rebuild: bool,
    /// Builds what the rules of `check` find errors in.
    pub no_check: bool,
}

/// Builds the spec at a path.
pub fn build(spec: &Path, store: &Store, destination: &Destination, options: Options) -> Result<Built, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, lock_text) = workspace.lock()?;
    let inputs = inputs(&workspace.spec_text, &lock_text);
    let name = &workspace.spec.bundle;
    let vendored = workspace.vendored(&lock)?;
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
    let (bundle, bytes, known) = match known {
        Some((bundle, bytes)) if !options.rebuild => (bundle, bytes, true),
        known => {
            let bytes = workspace.bundle(&lock, &vendored)?.encode();
            match known {
                Some((_, it)) if it != bytes => return Err(Error::NotReproduced { path }),
                Some((bundle, _)) => (bundle, bytes, true),
                None => {
                    let bundle = Bundle::decode(&bytes)?;
                    store.put(&inputs, name, &bytes)?;
                    (bundle, bytes, false)
                }
            }
        }
    };
    if !options.no_check {
        let errors = check::errors(&workspace, &vendored, bundle.manifests());
        if !errors.is_empty() {
            return Err(Error::Checked(errors));
        }
    }
    match destination {
        Destination::Link(link) => disk::link(&path, link)?,
        Destination::File(file) => disk::write(file, &bytes, Access::Public)?,
    }
    let warn_days = workspace.spec.certificates.warn_days;
    Ok(Built { bundle, stored: path, known, mended, lock, warn_days })
}

/// Builds in memory, from scratch.
pub(super) fn fresh(spec: &Path) -> Result<Bundle, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let vendored = workspace.vendored(&lock)?;
    Ok(workspace.bundle(&lock, &vendored)?)
}

/// What a bundle depends on. The lock holds the digest of everything else that goes in.
fn inputs(spec: &str, lock: &str) -> Digest {
    let all = [env!("CARGO_PKG_VERSION"), spec, lock].map(|it| Digest::of(it.as_bytes()).to_string());
    Digest::of(all.join("\n").as_bytes())
}
