//! `ichor store`: what was built before, and what it is kept for.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Error, build};
use crate::edge::roots::{Entry, Swept};
use crate::edge::store::{Store, Stored};
use crate::workspace::Workspace;

/// Every bundle in the store.
pub fn list(store: &Store) -> Result<Vec<Entry>, Error> {
    Ok(store.list()?)
}

/// Where the bundle of the spec at a path lies or would lie, and whether it is there and whole.
pub fn path(store: &Store, spec: &Path) -> Result<(PathBuf, bool), Error> {
    let workspace = Workspace::read(spec)?;
    let (_, lock_text) = workspace.lock()?;
    let inputs = build::inputs(&workspace.spec_text, &lock_text);
    let is_there = matches!(store.get(&inputs, &workspace.spec.bundle), Stored::Whole(_));
    Ok((store.path(&inputs, &workspace.spec.bundle), is_there))
}

/// The bundles that are not what was put there.
pub fn damaged(store: &Store) -> Result<Vec<Entry>, Error> {
    Ok(store.damaged()?)
}

/// Removes the bundles that no link leads to; with `keeps`, tells them alone.
pub fn sweep(store: &Store, keeps: bool, now: Timestamp) -> Result<Swept, Error> {
    Ok(store.sweep(now.into(), keeps)?)
}
