//! `ichor images`: what a cluster will pull.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Error, Workspace, build};

/// Every image that the spec at a path renders, which its lock must name, with the parts it is for.
pub fn images(spec: &Path) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    build::sealed(&workspace, &lock)?;
    let mut images: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (part, locked) in lock.parts {
        for image in locked.images {
            images.entry(image).or_default().insert(part.clone());
        }
    }
    Ok(images)
}
