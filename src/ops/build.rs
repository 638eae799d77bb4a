//! `ichor build`: spec and lock into a bundle, with no key and no network.

use std::path::{Path, PathBuf};

use super::error::Unlike;
use super::{Error, Workspace};
use crate::base::digest::Digest;
use crate::edge::disk::{self, Access};
use crate::edge::random;
use crate::edge::store::{Store, Stored};
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;
use crate::stage::pack;
use crate::stage::render;
use crate::stage::seal::{self, Sealed};
use crate::stage::vendored::Vendored;

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
}

/// Builds the spec at a path. With `rebuild`, builds even what the store has, and fails where the bytes differ.
pub fn build(spec: &Path, store: &Store, destination: &Destination, rebuild: bool) -> Result<Built, Error> {
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
        Some((bundle, bytes)) if !rebuild => (bundle, bytes, true),
        known => {
            let bytes = assemble(&workspace, &lock, &vendored)?.encode();
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
    match destination {
        Destination::Link(link) => disk::link(&path, link)?,
        Destination::File(file) => disk::write(file, &bytes, Access::Public)?,
    }
    Ok(Built { bundle, stored: path, known, mended })
}

/// Builds in memory, from scratch.
pub(super) fn fresh(spec: &Path) -> Result<Bundle, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let vendored = workspace.vendored(&lock)?;
    assemble(&workspace, &lock, &vendored)
}

/// What is rendered, which is what the lock says.
pub(super) fn sealed(workspace: &Workspace, lock: &Lock) -> Result<Sealed, Error> {
    rendered(workspace, lock, &workspace.vendored(lock)?)
}

fn rendered(workspace: &Workspace, lock: &Lock, vendored: &Vendored) -> Result<Sealed, Error> {
    let sealed = seal::seal(&render::render(vendored, &random::seed(), None)?)?;
    check(&sealed, lock, &workspace.lock_path)?;
    Ok(sealed)
}

/// Renders and seals what the lock says, and packs it.
pub(super) fn assemble(workspace: &Workspace, lock: &Lock, vendored: &Vendored) -> Result<Bundle, Error> {
    let sealed = rendered(workspace, lock, vendored)?;
    let packed = pack::pack(&sealed, &workspace.spec);
    Ok(Bundle::assemble(&sealed, &packed, lock)?)
}

/// The render must be the one that was locked and reviewed, and the lock tell of it what it is.
pub(super) fn check(sealed: &Sealed, lock: &Lock, path: &Path) -> Result<(), Error> {
    let parts = sealed.parts().iter().filter_map(|part| {
        let locked = lock.parts.get(&part.name)?;
        let edited = part.output == locked.output;
        Some(Unlike { part: part.name.clone(), edited, differences: part.differences(locked) })
    });
    let parts: Vec<Unlike> = parts.filter(|it| !it.differences.is_empty()).collect();
    if parts.is_empty() { Ok(()) } else { Err(Error::OutputDiffers { path: path.into(), parts }) }
}

/// What a bundle depends on. The lock holds the digest of everything else that goes in.
fn inputs(spec: &str, lock: &str) -> Digest {
    let all = [env!("CARGO_PKG_VERSION"), spec, lock].map(|it| Digest::of(it.as_bytes()).to_string());
    Digest::of(all.join("\n").as_bytes())
}
