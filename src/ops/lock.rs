//! `ichor lock`: resolves, mints what is missing, writes the lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Error, Workspace};
use crate::edge::age::Sealer;
use crate::edge::disk::{self, Access};
use crate::edge::mint::Mint;
use crate::stage::lock::{Lock, LockedPart, Pin};
use crate::stage::render::{self, RenderedPart};
use crate::stage::resolve::{ResolvedContent, ResolvedPart};
use crate::stage::seal::{self, SealedPart};
use crate::stage::vendor::Vendored;

/// What locking did.
#[derive(Clone, Debug)]
pub struct Locked {
    pub path: PathBuf,
    /// Whether the lock on disk is another now.
    pub changed: bool,
    /// The pins that were made, `part/pin` each.
    pub minted: Vec<String>,
    /// The pins that no call asks for any more and that were dropped.
    pub dropped: Vec<String>,
}

/// Locks the spec at a path. `identities` are files; they are read only where an existing CA must sign.
pub fn lock(spec: &Path, identities: &[String], now: Timestamp) -> Result<Locked, Error> {
    let workspace = Workspace::read(spec)?;
    let old = workspace.lock_if_any()?;
    let old_lock = old.as_ref().map(|(lock, _)| lock);
    if let Some(old) = old_lock
        && old.recipients != workspace.spec.recipients
        && old.parts.values().flat_map(|it| it.pins.values()).any(|it| it.sealed.is_some())
    {
        return Err(Error::RecipientsChanged { path: workspace.lock_path.clone() });
    }
    let resolved = workspace.resolve()?;
    let facts: BTreeMap<String, LockedPart> = resolved.parts().iter().map(facts).collect();
    let vendored = Vendored::fresh(&workspace.spec, resolved, old_lock, now);
    let mut mint = Mint::new(now, identities);
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
    let changed = old.is_none_or(|(_, old)| old != text);
    if changed {
        disk::write(&workspace.lock_path, text.as_bytes(), Access::Public)?;
    }
    Ok(Locked { path: workspace.lock_path, changed, minted, dropped })
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
        digest: part.digest,
        size: part.size,
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
