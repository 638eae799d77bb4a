//! `ichor lock`: resolves, mints what is missing, writes the lock.

mod images;
mod import;
mod outlives;
mod parts;
mod released;
mod renamed;
mod secrets;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use helm_engine::helm::HelmVersion;
use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::edge::age::Sealer;
use crate::edge::disk::{Access, Adding};
use crate::edge::fetch::{Progress, Silent};
use crate::edge::mint::Mint;
use crate::edge::random;
use crate::edge::store::{Note, Store};
use crate::ops::signed::{self, Asking};
use crate::ops::{Error, build};
use crate::review::compare::{self, Diff, Side};
use crate::stage::bundle::Bundle;
use crate::stage::lock::{Lock, LockedRelease, Pin};
use crate::stage::pack;
use crate::stage::render;
use crate::stage::resolve::{ResolvedContent, Update};
use crate::stage::seal;
use crate::stage::vendored::Vendored;
use crate::workspace;
use crate::workspace::fetching::Fetching;
use crate::workspace::{Workspace, side};
use outlives::outlives;
use parts::{facts, record};

pub use told::{How, Locked, Taken, Version};

/// How to lock.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Identity files; they are read only where something must be opened.
    pub identities: Vec<String>,
    /// What `now` answers from here on; as it was where this is absent.
    pub clock: Option<Timestamp>,
    /// PEM files, under age or not, whose certificates and keys replace those that the lock holds or lacks.
    pub import: Vec<PathBuf>,
    /// Secrets of a cluster, as `kubectl get secret -o yaml` prints them.
    pub import_secrets: Option<Secret>,
    /// Encrypted files whose text is known, by the digest of their bytes.
    pub known: BTreeMap<Digest, Secret>,
    /// Whether what is imported may take the place of what the lock holds.
    pub replace: bool,
    /// Which parts may move to other versions.
    pub update: Update,
    /// Whether the lock stays as it is on disk.
    pub keep: bool,
    /// Where it is noted that a spec and its lock were found to agree.
    pub store: Option<Store>,
}

impl Request {
    /// Whether nothing is asked for but that the lock is as it should be.
    fn is_plain(&self) -> bool {
        let brings = !self.import.is_empty() || self.import_secrets.is_some();
        !brings && self.clock.is_none() && matches!(self.update, Update::None)
    }
}

/// Locks the spec at a path as a request says.
pub fn lock(spec: &Path, request: &Request, fetching: Fetching<'_>, now: Timestamp) -> Result<Locked, Error> {
    let (mut workspace, _hold) = match request.keep {
        true => (Workspace::read(spec)?, None),
        false => Workspace::held(spec, "lock", fetching.progress)?,
    };
    let old = workspace.lock_if_any()?;
    let settled = match (&old, &request.store) {
        (Some((lock, text)), Some(store))
            if request.is_plain() && workspace.is_unchanged(lock) && !signed::asks(&workspace) =>
        {
            let inputs = build::inputs(&workspace.spec_text, text);
            if store.is_noted(Note::Locked, &inputs, &workspace.spec.bundle) {
                return Ok(Locked { unbound: lock.unbound(), ..Locked::unchanged(&workspace) });
            }
            Some((store, inputs))
        }
        _ => None,
    };
    let mut mint = Mint::new(now, &request.identities);
    mint.known.clone_from(&request.known);
    mint.imports = import::read(&request.import, request.import_secrets.as_ref(), &mut mint)?;
    // What writes nothing may show what would be.
    mint.replaces = request.replace || request.keep;
    let (mut lock, text) = match old {
        Some((lock, text)) => (Some(lock), Some(text)),
        None => (None, None),
    };
    if let (Some(lock), Some(clock)) = (&mut lock, request.clock) {
        lock.clock = clock;
    }
    if let Some(lock) = &mut lock {
        images::forget(lock, &request.update);
    }
    workspace.fetched = Some(fetching.fetch(&workspace, lock.as_ref(), &request.update)?);
    let network = fetching.network(&workspace)?;
    let clients = fetching.clients(&network)?;
    let asking = (!fetching.settings.offline).then_some(Asking { clients: &clients, settings: fetching.settings });
    let written = (!request.keep).then_some(fetching.progress);
    let locked = relock(&workspace, lock, text.as_deref(), &mut mint, request.clock.unwrap_or(now), (written, asking))?;
    if let Some((store, inputs)) = settled.filter(|_| !locked.changed) {
        store.note(Note::Locked, &inputs, &workspace.spec.bundle);
    }
    Ok(locked)
}

/// Makes the lock anew from an older one, whose text is what lies on disk; writes it where it changes and somebody watches
/// that.
pub(super) fn relock(
    workspace: &Workspace,
    old: Option<Lock>,
    text: Option<&str>,
    mint: &mut Mint<'_>,
    now: Timestamp,
    (written, asking): (Option<&dyn Progress>, Option<Asking<'_>>),
) -> Result<Locked, Error> {
    let compared = if written.is_none() { Some(old.clone()) } else { None };
    let renewed = renewed(workspace, old, mint, now, asking);
    let hold = match &renewed {
        // What resolves need not be fetched again once it renders, too.
        Ok(_) | Err(Error::Workspace(workspace::Error::Render(_) | workspace::Error::Seal(_))) => {
            workspace.hold_cache(written.unwrap_or(&Silent))?
        }
        Err(_) => None,
    };
    let mut adding = Adding::begin();
    if hold.is_some() {
        workspace.keep_fetched(&mut adding)?;
    }
    let (lock, locked) = match renewed {
        Ok(it) => it,
        Err(fault) => {
            adding.keep();
            return Err(fault);
        }
    };
    let new = lock.encode();
    let changed = text.is_none_or(|old| old != new);
    let compared = compared.filter(|_| changed);
    let comparison = compared.map(|old| Box::new(comparison(workspace, old.as_ref(), &lock, now)));
    if changed && written.is_some() {
        workspace.check_lock(text)?;
        adding.write(&workspace.lock_path, new.as_bytes(), Access::Public)?;
    }
    adding.keep();
    Ok(Locked { changed, comparison, ..locked })
}

/// The lock made anew from an older one, and what is new in it. Nothing is written.
pub(super) fn renewed(
    workspace: &Workspace,
    old: Option<Lock>,
    mint: &mut Mint<'_>,
    now: Timestamp,
    asking: Option<Asking<'_>>,
) -> Result<(Lock, Locked), Error> {
    // Whether they can be sealed to comes before whether they are those of before.
    let sealer = Sealer::new(&workspace.spec.recipients, &workspace.spec.bundle)?.like(old.as_ref());
    if let Some(old) = &old
        && old.bundle != workspace.spec.bundle
        && old.envelopes().any(|(_, it)| it.sealed_for() != Ok(None))
    {
        let (found, wanted) = (old.bundle.clone(), workspace.spec.bundle.clone());
        return Err(Error::SealedForAnother { path: workspace.lock_path.clone(), found, wanted });
    }
    if let Some(old) = &old
        && old.recipients != workspace.spec.recipients
        && old.parts.values().flat_map(|it| it.pins.values()).any(|it| it.sealed.is_some())
    {
        return Err(Error::RecipientsChanged { path: workspace.lock_path.clone() });
    }
    let before: BTreeMap<String, BTreeMap<String, Pin>> =
        old.iter().flat_map(|it| &it.parts).map(|(name, part)| (name.clone(), part.pins.clone())).collect();
    let mut lock = old.clone().unwrap_or_else(|| Lock {
        bundle: String::new(),
        clock: now,
        helm: Some(HelmVersion::NEWEST),
        kubernetes: None,
        api_versions: Vec::new(),
        recipients: Vec::new(),
        parts: BTreeMap::new(),
    });
    let reads: BTreeMap<String, LockedRelease> =
        lock.parts.iter().filter_map(|(name, it)| Some((name.clone(), it.release.clone()?))).collect();
    let resolved = workspace.resolve(old.as_ref())?;
    let resolved_helm = resolved.helm();
    let mut parts = BTreeMap::new();
    for resolved in resolved.parts() {
        let mut part = facts(resolved);
        let known = old.as_ref().and_then(|it| it.parts.get(&resolved.name));
        part.signed_by = signed::locked(workspace, &resolved.name, &part, known, asking)?;
        if let Some(known) = lock.parts.get_mut(&resolved.name) {
            part.pins = std::mem::take(&mut known.pins);
            part.secret_values = known.secret_values;
            if workspace.spec.pin_images {
                part.image_digests = std::mem::take(&mut known.image_digests);
            }
        }
        if let ResolvedContent::Chart { inputs, .. } = &resolved.content {
            let released = match part.secret_values == inputs.secret_digest {
                true => Vec::new(),
                false => released::secrets(workspace, &resolved.name, inputs, mint)?,
            };
            secrets::refresh(&resolved.name, &mut part, inputs, released, resolved_helm, mint, &sealer)?;
        }
        parts.insert(resolved.name.clone(), part);
    }
    lock.parts = parts;
    let mut vendored = Vendored::fresh(&workspace.spec, resolved, Some(&lock), now);
    let mut rendered = render::render(&vendored, &random::seed(), Some(mint))?;
    let mut sealed = seal::seal(&rendered)?;
    if import::by_place(&rendered, &sealed, &lock, mint)? {
        vendored = Vendored::fresh(&workspace.spec, workspace.resolve(old.as_ref())?, Some(&lock), now);
        rendered = render::render(&vendored, &random::seed(), Some(mint))?;
        sealed = seal::seal(&rendered)?;
    }
    lock.bundle = workspace.spec.bundle.clone();
    lock.clock = vendored.clock();
    // A lock from before locks named one stays as it is written.
    if lock.helm() != vendored.helm() {
        lock.helm = Some(vendored.helm());
    }
    lock.kubernetes = vendored.kubernetes().map(str::to_owned);
    lock.api_versions = vendored.api_versions().to_vec();
    lock.recipients = workspace.spec.recipients.clone();
    let mut taken = Vec::new();
    let mut dropped = Vec::new();
    let mut renamed = false;
    let none = BTreeMap::new();
    for rendered in rendered.parts() {
        let Some(part) = lock.parts.get_mut(&rendered.name) else { continue };
        part.pins = renamed::pins(rendered, &part.pins);
        let before = before.get(&rendered.name).unwrap_or(&none);
        let names = renamed::take_over(part, before, rendered);
        renamed |= !names.is_empty();
        for (name, new) in &rendered.minted {
            let name = names.get(name).unwrap_or(name);
            if let (Some(pin), Some(secret)) = (part.pins.get_mut(name), &new.secret) {
                pin.sealed = Some(sealer.seal(&rendered.name, name, secret)?);
            }
            let how = match (new.imported, before.contains_key(name)) {
                (true, _) => How::Imported,
                (false, true) => How::IssuedAnew,
                (false, false) => How::Minted,
            };
            let certificate = new.pin.certificate.clone();
            taken.push(Taken { pin: format!("{}/{name}", rendered.name), how, certificate });
        }
        taken.extend(told::sealed(&rendered.name, part, before));
        let gone = before.keys().filter(|it| !part.pins.contains_key(*it));
        dropped.extend(gone.map(|it| format!("{}/{it}", rendered.name)));
    }
    let replaced = taken.iter().filter(|it| it.how == How::Imported && held(&before, &it.pin).is_some());
    let replaced: Vec<String> = replaced.map(|it| it.pin.clone()).collect();
    if !replaced.is_empty() && !mint.replaces {
        let anew = taken.iter().filter(|it| it.how == How::IssuedAnew).map(|it| it.pin.clone()).collect();
        return Err(Error::WouldReplace { path: workspace.lock_path.clone(), pins: replaced, anew });
    }
    let brought: Vec<String> = mint.imports.certificates().map(|(_, fingerprint)| fingerprint).collect();
    for it in lock.certificates().filter(|it| it.role.is_empty() && brought.contains(&it.certificate.fingerprint)) {
        let pin = format!("{}/{}", it.part, it.name);
        if held(&before, &pin).is_some_and(|old| old.is_same_answer(it.pin)) {
            taken.push(Taken { pin, how: How::Kept, certificate: Some(it.certificate.clone()) });
        }
    }
    if renamed {
        vendored = Vendored::fresh(&workspace.spec, workspace.resolve(old.as_ref())?, Some(&lock), now);
        sealed = seal::seal(&render::render(&vendored, &random::seed(), None)?)?;
    }
    if workspace.spec.pin_images && images::complete(&mut lock, &sealed, asking)? {
        vendored = Vendored::fresh(&workspace.spec, workspace.resolve(old.as_ref())?, Some(&lock), now);
        sealed = seal::seal(&render::render(&vendored, &random::seed(), None)?)?;
    }
    for sealed in sealed.parts() {
        if let Some(part) = lock.parts.get_mut(&sealed.name) {
            let declared = workspace.spec.declared_images(&sealed.name);
            record(part, sealed, declared);
        }
    }
    signed::lock_images(workspace, &mut lock, old.as_ref(), asking)?;
    // What is locked can be built.
    Bundle::assemble(&sealed, &pack::pack(&sealed, &workspace.spec), &lock)?;
    let unused = import::unused(&mint.imports, &lock);
    let notes = taken.iter().filter(|it| it.how != How::Kept).filter_map(|it| outlives(&lock, &it.pin)).collect();
    let path = workspace.lock_path.clone();
    let unbound = lock.unbound();
    let moved = released::moved(&reads, &lock);
    let passed_over = mint.imports.passed_over().map(|(kind, count)| (kind.to_owned(), count)).collect();
    let locked = Locked {
        path,
        changed: false,
        comparison: None,
        versions: told::versions(&workspace.spec, old.as_ref(), &lock),
        pins: taken,
        passed_over,
        dropped,
        unused,
        notes,
        unbound,
        moved,
    };
    Ok((lock, locked))
}

/// The pin of this name, `part/pin`, that was there before.
fn held<'p>(before: &'p BTreeMap<String, BTreeMap<String, Pin>>, pin: &str) -> Option<&'p Pin> {
    let (part, name) = pin.split_once('/')?;
    before.get(part)?.get(name)
}

/// What lies between the lock on disk and one that would be written, as `ichor diff` tells it.
fn comparison(workspace: &Workspace, old: Option<&Lock>, new: &Lock, now: Timestamp) -> Diff {
    let side = |name: &str, lock: &Lock, known: Option<&Side>| {
        workspace.with_sources(Some(lock), |sources| side::of_workspace(name, &workspace.spec, lock, sources, known))
    };
    let new = side("as it would be", new, None);
    let old = match old {
        Some(old) => side("the lock", old, Some(&new)),
        None => side::nothing("the lock", "there is no lock yet".into()),
    };
    compare::diff(&old, &new, now)
}
