//! `ichor images`: what a cluster will pull, and what becomes of it.

mod carry;
mod deliver;

pub use carry::{Carried, carry, exist, lacking};
pub use deliver::{From, Told, cache, push, settings};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Error;
use crate::edge::images::{held, tree_of};
use crate::edge::layout::Layout;
use crate::object::image::{self, Reference};
use crate::stage::lock::Lock;
use crate::stage::vendored::image::Tree;
use crate::workspace::Workspace;

/// How an image was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// An object runs it, so that the lock must name it.
    Run,
    /// The spec names it.
    Declared,
    /// A text in arguments, variables or settings reads as one: what runs there may have it pulled.
    Looks,
}

/// One image of a bundle.
#[derive(Clone, Debug)]
pub struct Listed {
    /// As it is written.
    pub text: String,
    pub how: How,
    pub parts: BTreeSet<String>,
    /// The image itself; absent where the text names none.
    pub name: Option<Reference>,
    /// What `vendor` has of it.
    pub held: Option<HeldTree>,
}

/// What is at hand of an image.
#[derive(Clone, Debug)]
pub struct HeldTree {
    pub entry: crate::base::digest::Digest,
    pub tree: Tree,
}

/// Every image of the spec at a path, sorted.
pub fn images(spec: &Path) -> Result<Vec<Listed>, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let mut listed = list(&workspace, &lock)?;
    let layout = Layout::at(&workspace.vendor);
    let at_hand = held(&layout)?;
    for it in &mut listed {
        let found = it.name.as_ref().and_then(|name| at_hand.iter().find(|it| it.name == *name));
        // What is damaged is for `vendor --check` to tell.
        it.held = found.and_then(|image| {
            let tree = tree_of(&layout, image).ok()?;
            Some(HeldTree { entry: image.entry.digest, tree })
        });
    }
    Ok(listed)
}

/// Every image that is rendered and that the lock must name, that the spec names, or that looks like one.
fn list(workspace: &Workspace, lock: &Lock) -> Result<Vec<Listed>, Error> {
    let sealed = workspace.sealed(lock, &workspace.vendored(lock)?)?;
    let mut all: BTreeMap<String, (How, BTreeSet<String>)> = BTreeMap::new();
    let mut add = |text: &str, how: How, part: &str| {
        let known = all.entry(text.into()).or_insert_with(|| (how, BTreeSet::new()));
        if how < known.0 {
            *known = (how, BTreeSet::new());
        }
        if how == known.0 {
            known.1.insert(part.into());
        }
    };
    for (part, locked) in &lock.parts {
        locked.images.iter().for_each(|it| add(it, How::Run, part));
        locked.more_images.iter().for_each(|it| add(it, How::Declared, part));
    }
    for part in sealed.parts() {
        image::looks_named(&part.text).iter().for_each(|it| add(it, How::Looks, &part.name));
    }
    // One that runs under its full name is no other under a short one.
    let sure: BTreeSet<Reference> =
        all.iter().filter(|(_, (how, _))| *how != How::Looks).filter_map(|(it, _)| Reference::parse(it).ok()).collect();
    let listed = all.into_iter().map(|(text, (how, parts))| {
        let name = Reference::parse(&text).ok();
        Listed { text, how, parts, name, held: None }
    });
    Ok(listed.filter(|it| it.how != How::Looks || it.name.as_ref().is_none_or(|name| !sure.contains(name))).collect())
}
