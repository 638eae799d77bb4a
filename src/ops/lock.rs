//! `ichor lock`: resolves, mints what is missing, writes the lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::fetching::Fetching;
use super::{Error, Workspace};
use crate::edge::age::Sealer;
use crate::edge::disk::{self, Access};
use crate::edge::mint::Mint;
use crate::edge::sources::Disk;
use crate::stage::lock::{Lock, LockedPart, Pin};
use crate::stage::render::{self, RenderedPart};
use crate::stage::resolve::{self, Fault, Remote, Resolved, ResolvedContent, ResolvedPart, SourceError, Update};
use crate::stage::seal::{self, SealedPart};
use crate::stage::spec::Source;
use crate::stage::vendor::Vendored;

/// How to lock.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Files; they are read only where an existing CA must sign.
    pub identities: &'a [String],
    /// Which parts may move to other versions.
    pub update: &'a Update,
    /// Whether the lock is written where it changes.
    pub write: bool,
    pub fetching: Fetching<'a>,
}

/// What locking did.
#[derive(Clone, Debug)]
pub struct Locked {
    pub path: PathBuf,
    /// Whether the lock on disk is another now, or would be.
    pub changed: bool,
    /// The change as a unified diff; empty without one.
    pub diff: String,
    /// The pins that were made, `part/pin` each.
    pub minted: Vec<String>,
    /// The pins that no call asks for any more and that were dropped.
    pub dropped: Vec<String>,
}

/// Locks the spec at a path.
pub fn lock(spec: &Path, options: Options<'_>, now: Timestamp) -> Result<Locked, Error> {
    let workspace = Workspace::read(spec)?;
    let old = workspace.lock_if_any()?;
    let old_lock = old.as_ref().map(|(lock, _)| lock);
    if let Some(old) = old_lock
        && old.recipients != workspace.spec.recipients
        && old.parts.values().flat_map(|it| it.pins.values()).any(|it| it.sealed.is_some())
    {
        return Err(Error::RecipientsChanged { path: workspace.lock_path.clone() });
    }
    let resolved = fetch(&workspace, old_lock, options)?;
    let facts: BTreeMap<String, LockedPart> = resolved.parts().iter().map(facts).collect();
    let vendored = Vendored::fresh(&workspace.spec, resolved, old_lock, now);
    let mut mint = Mint::new(now, options.identities);
    let rendered = render::render(&vendored, Some(&mut mint))?;
    let sealed = seal::seal(&rendered)?;
    let sealer = Sealer::new(&workspace.spec.recipients)?;
    let mut new = Lock {
        bundle: workspace.spec.bundle.clone(),
        clock: vendored.clock(),
        recipients: workspace.spec.recipients.clone(),
        parts: BTreeMap::new(),
    };
    let mut minted = Vec::new();
    let mut dropped = Vec::new();
    for (rendered, sealed) in rendered.parts().iter().zip(sealed.parts()) {
        let mut part = facts[&rendered.name].clone();
        let old_pins =
            old_lock.and_then(|it| it.parts.get(&rendered.name)).map(|it| it.pins.clone()).unwrap_or_default();
        part.pins = pins(rendered, &old_pins, &sealer)?;
        minted.extend(rendered.minted.keys().map(|it| format!("{}/{it}", rendered.name)));
        dropped.extend(
            old_pins.keys().filter(|it| !part.pins.contains_key(*it)).map(|it| format!("{}/{it}", rendered.name)),
        );
        record(&mut part, sealed);
        new.parts.insert(rendered.name.clone(), part);
    }
    let text = new.encode();
    let old_text = old.as_ref().map_or("", |(_, text)| text);
    let changed = old_text != text;
    let diff = if changed { diff(old_text, &text, &workspace.lock_path) } else { String::new() };
    if changed && options.write {
        disk::sweep(workspace.lock_path.parent().unwrap_or(Path::new(".")), Duration::from_secs(60));
        disk::write(&workspace.lock_path, text.as_bytes(), Access::Public)?;
    }
    Ok(Locked { path: workspace.lock_path, changed, diff, minted, dropped })
}

/// Everything the spec names, fetched where it is not at hand, and resolved.
fn fetch(workspace: &Workspace, old: Option<&Lock>, options: Options<'_>) -> Result<Resolved, Error> {
    if let Update::Parts(parts) = options.update {
        let known: Vec<String> = workspace.spec.parts.iter().map(|it| it.name.clone()).collect();
        if let Some(part) = parts.iter().find(|it| !known.contains(it)) {
            return Err(Error::NoSuchPart { part: part.clone(), parts: known });
        }
    }
    let nothing = |key: &str, _: &Source, _: &str| {
        Err(SourceError::new("V016", Fault::Input, format!("`{key}` has not been fetched")))
    };
    let disk = Disk::new(&workspace.spec_folder, &nothing);
    let wishes = resolve::wishes(&workspace.spec, &disk, old, options.update).map_err(Error::Resolve)?;
    if wishes.is_empty() {
        return resolve::resolve(&workspace.spec, &disk).map_err(Error::Resolve);
    }
    let shelves = workspace.shelves();
    if let Some(cache) = &shelves.cache {
        cache.sweep(Duration::from_secs(3600));
    }
    let network = options.fetching.network(workspace)?;
    let clients = options.fetching.clients(&network)?;
    let fetched = clients.fetcher(options.fetching.settings, &shelves).all(&wishes);
    let mut remotes: BTreeMap<String, Remote> = BTreeMap::new();
    let mut faults = Vec::new();
    for (wish, fetched) in wishes.into_iter().zip(fetched) {
        match fetched {
            Ok(remote) => {
                remotes.insert(wish.key, remote);
            }
            Err(source) => faults.push(resolve::Error::Source { source, place: wish.place }),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Resolve(faults));
    }
    let remote = |key: &str, source: &Source, text: &str| match remotes.get(key) {
        Some(remote) => Ok(remote.clone()),
        None => nothing(key, source, text),
    };
    resolve::resolve(&workspace.spec, &Disk::new(&workspace.spec_folder, &remote)).map_err(Error::Resolve)
}

fn diff(old: &str, new: &str, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff()
        .context_radius(3)
        .header(&format!("a/lockfiles/{name}"), &format!("b/lockfiles/{name}"))
        .to_string()
}

/// What is known of a part before it renders.
fn facts(part: &ResolvedPart) -> (String, LockedPart) {
    let (version, values) = match &part.content {
        ResolvedContent::Manifest(_) => (None, None),
        ResolvedContent::Chart { version, values_digest, .. } => (Some(version.clone()), Some(*values_digest)),
    };
    let locked = LockedPart {
        source: part.source.clone(),
        version,
        manifest: part.manifest,
        digest: part.digest,
        size: part.size,
        dependencies: part.dependencies.clone(),
        values,
        pins: BTreeMap::new(),
        images: Vec::new(),
        resources: BTreeMap::new(),
        output: part.digest,
    };
    (part.name.clone(), locked)
}

/// What is known once it was sealed.
fn record(part: &mut LockedPart, sealed: &SealedPart) {
    part.images = sealed.images.clone();
    part.resources = sealed.resources.clone();
    part.output = sealed.output;
}

/// The old pins still in use, and the new ones, sealed.
fn pins(part: &RenderedPart, old: &BTreeMap<String, Pin>, sealer: &Sealer) -> Result<BTreeMap<String, Pin>, Error> {
    let used = old.iter().filter(|(name, _)| part.used.contains(*name));
    let mut pins: BTreeMap<String, Pin> = used.map(|(name, pin)| (name.clone(), pin.clone())).collect();
    for (name, minted) in &part.minted {
        let mut pin = minted.pin.clone();
        if let Some(secret) = &minted.secret {
            pin.sealed = Some(sealer.seal(secret)?);
        }
        pins.insert(name.clone(), pin);
    }
    Ok(pins)
}
