//! `ichor images`: what a cluster will pull.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Error;
use crate::object::image;
use crate::workspace::Workspace;

/// Images, with the parts they are for.
pub type Images = BTreeMap<String, BTreeSet<String>>;

/// What a spec's parts name.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// What a container runs, which its lock must name.
    pub run: Images,
    /// What reads as an image elsewhere, in arguments, variables and settings: an operator may have it pulled.
    pub elsewhere: Images,
}

/// Every image that the spec at a path renders.
pub fn images(spec: &Path) -> Result<Named, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let sealed = workspace.sealed(&lock, &workspace.vendored(&lock)?)?;
    let mut named = Named::default();
    for (part, locked) in lock.parts {
        for image in locked.images {
            named.run.entry(image).or_default().insert(part.clone());
        }
    }
    for part in sealed.parts() {
        let guessed = image::named(&part.text).into_iter().filter(|it| !named.run.contains_key(it));
        for image in guessed.collect::<Vec<_>>() {
            named.elsewhere.entry(image).or_default().insert(part.name.clone());
        }
    }
    Ok(named)
}
