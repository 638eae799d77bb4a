//! Images on the far side: into a registry, into Talos' cache, and what nodes are told of both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::base::digest::Digest;
use crate::deliver::image_rules::{self, Rule};
use crate::deliver::registries::{self, Mirrors};
use crate::edge::disk;
use crate::edge::images::ImageFault;
use crate::edge::images::cache::{self, Cached};
use crate::edge::images::pull::Carrier;
use crate::edge::images::push::{Pushed, Target};
use crate::edge::images::signatures;
use crate::edge::images::{HeldImage, ImageError, Shelf, held, tree_of};
use crate::edge::layout::Layout;
use crate::edge::parcel::{self, Parcel};
use crate::object::image::Reference;
use crate::ops::{Error, signed};
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;
use crate::stage::parcel::{BUNDLE, WORKSPACE};
use crate::stage::spec::{Signer, TalosVersion};
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;

/// Where images are taken from.
#[derive(Clone, Debug)]
pub enum From {
    /// The `vendor` of the spec at a path: those that its lock names, and those that were carried by their looks.
    Spec(PathBuf),
    /// A parcel: those that it holds.
    Parcel(PathBuf),
}

impl From {
    /// A parcel where the file is one, else a spec.
    pub fn at(path: &Path) -> From {
        if parcel::is_parcel(path) { From::Parcel(path.into()) } else { From::Spec(path.into()) }
    }
}

/// What nodes are told.
#[derive(Clone, Debug)]
pub struct Told {
    pub text: String,
    /// What the spec says of signatures and nodes cannot be told.
    pub apart: Vec<String>,
}

/// What images are taken from, and those that are meant.
struct Source {
    shelf: Box<dyn Shelf>,
    /// With their signatures.
    images: Vec<HeldImage>,
    talos: TalosVersion,
    /// The spec and what it names; absent of a parcel that leaves out what another has.
    workspace: Option<Workspace>,
    /// Where a parcel's workspace lies meanwhile.
    _folder: Option<TempDir>,
}

/// Puts images into a registry.
pub fn push(from: &From, target: &Target, fetching: Fetching<'_>) -> Result<Pushed, Error> {
    let source = source(from)?;
    if let Some(workspace) = &source.workspace {
        signed::images(workspace, &*source.shelf, &source.images)?;
    }
    let network = fetching.own_network()?;
    let clients = fetching.clients(&network)?;
    let carrier = Carrier { clients: &clients, settings: fetching.settings, progress: fetching.progress };
    carrier.push(&*source.shelf, &source.images, target).map_err(told)
}

/// Writes images into the folder that Talos' image cache takes.
pub fn cache(from: &From, folder: &Path) -> Result<Cached, Error> {
    let source = source(from)?;
    cache::write(&*source.shelf, &source.images, folder).map_err(|fault| told(vec![fault]))
}

/// What nodes are told, so that they pull from a target, or from their cache.
pub fn settings(from: &From, target: Option<(&Target, bool)>, has_cache: bool) -> Result<Told, Error> {
    let source = source(from)?;
    let hosts: BTreeSet<&str> = source.images.iter().map(|it| it.name.host.as_str()).collect();
    let mut size = 0;
    if has_cache {
        let mut seen = BTreeSet::new();
        for image in &source.images {
            let tree = tree_of(&*source.shelf, image).map_err(|fault| told(vec![fault]))?;
            let fresh = tree.blobs.iter().chain(&tree.documents).filter(|it| seen.insert(it.digest));
            size += fresh.map(|it| it.size).sum::<u64>();
        }
    }
    let mirrors: Vec<Mirrors<'_>> = target
        .into_iter()
        .flat_map(|(target, is_plain)| {
            hosts.iter().map(move |host| Mirrors {
                registry: host,
                host: &target.host,
                path: target.path_of(host),
                is_plain,
            })
        })
        .collect();
    let mut text = registries::documents(&mirrors, has_cache.then_some(size), source.talos);
    let mut apart = Vec::new();
    if let Some(workspace) = &source.workspace {
        let mut rules = Vec::new();
        for rule in &workspace.spec.verify_images {
            match rule.demand.as_ref().map(|it| &it.signer) {
                // Nodes know no roots but those of the public Sigstore.
                Some(Signer::Identity { root: Some(root), .. }) => {
                    apart.push(format!("{}: nodes cannot be told of {root}", rule.images));
                }
                Some(Signer::Key(path)) => {
                    let key = String::from_utf8_lossy(&workspace.bytes(path)?).into_owned();
                    rules.push(Rule { rule, key: Some(key) });
                }
                _ => rules.push(Rule { rule, key: None }),
            }
        }
        match image_rules::document(&rules, source.talos) {
            Some(document) if text.is_empty() => text = document,
            Some(document) => text.push_str(&format!("---\n{document}")),
            None if rules.is_empty() => {}
            None => apart.push(format!("Talos {} asks for no signatures of images", source.talos)),
        }
    }
    Ok(Told { text, apart })
}

fn source(from: &From) -> Result<Source, Error> {
    match from {
        From::Parcel(path) => {
            let parcel = Parcel::open(path)?;
            let bundle = parcel.read(BUNDLE)?.unwrap_or_default();
            let talos = Bundle::decode(&bundle)?.index().talos;
            let images = held(&parcel)?;
            let (mut workspace, mut folder) = (None, None);
            if parcel.index.base.is_none() {
                let own = TempDir::new();
                let own = own.map_err(|source| disk::Error { action: "make", path: "a folder".into(), source })?;
                parcel::extract(&parcel, None, own.path(), &|it| !it.path.contains("/blobs/sha256/"))?;
                workspace = Some(Workspace::read(&own.path().join(WORKSPACE).join(&parcel.index.spec))?);
                folder = Some(own);
            }
            Ok(Source { shelf: Box::new(parcel), images, talos, workspace, _folder: folder })
        }
        From::Spec(path) => {
            let workspace = Workspace::read(path)?;
            let (lock, _) = workspace.lock()?;
            let layout = Layout::at(&workspace.vendor);
            let all = held(&layout)?;
            let images = of_lock(&lock, all)?;
            let talos = workspace.spec.talos;
            Ok(Source { shelf: Box::new(layout), images, talos, workspace: Some(workspace), _folder: None })
        }
    }
}

/// The images that a lock names; all of them must be at hand.
fn of_lock(lock: &Lock, held: Vec<HeldImage>) -> Result<Vec<HeldImage>, Error> {
    let names: BTreeSet<(&str, Reference)> =
        lock.images().filter_map(|(part, it)| Some((part, Reference::parse(it).ok()?))).collect();
    let faults: Vec<ImageFault> = names
        .iter()
        .filter(|(_, name)| !held.iter().any(|it| it.name == *name))
        .map(|(part, name)| ImageFault {
            fault: ImageError::NotHeld { image: name.to_string() },
            parts: vec![(*part).to_owned()],
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::Images(faults));
    }
    let all: BTreeSet<Digest> =
        held.iter().filter(|it| signatures::signed(&it.name).is_none()).map(|it| it.entry.digest).collect();
    // Signatures of charts are for who builds.
    Ok(held.into_iter().filter(|it| signatures::signed(&it.name).is_none_or(|it| all.contains(&it))).collect())
}

fn told(faults: Vec<ImageError>) -> Error {
    Error::Images(faults.into_iter().map(|fault| ImageFault { fault, parts: Vec::new() }).collect())
}
