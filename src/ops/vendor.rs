//! `ichor vendor`: everything the lock names, in the workspace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Error;
use super::signed::{self, Asking};
use crate::base::digest::Digest;
use crate::edge::disk::{self, Adding};
use crate::edge::fetch::{Event, Fetcher, LocalBlobs, each};
use crate::edge::hold;
use crate::edge::images::signatures as edge;
use crate::edge::layout::{Layout, Named, Pruned};
use crate::object::image::Reference;
use crate::stage::lock::{Lock, LockedSource};
use crate::stage::resolve::SourceError;
use crate::stage::spec::{ContentKind, Source};
use crate::stage::vendored::artifact::{self, Artifact};
use crate::stage::vendored::layout::Descriptor;
use crate::workspace;
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;
use crate::workspace::waiting;
use helm_engine::helm::{Chart, HelmVersion};

/// What vendoring did.
#[derive(Clone, Debug)]
pub struct VendoredFiles {
    pub folder: PathBuf,
    /// How many sources the lock names that lie elsewhere.
    pub sources: usize,
    pub pruned: Option<Pruned>,
    /// The parts whose chart must be signed, and who has signed it.
    pub signed: Vec<(String, String)>,
}

/// Puts everything that the lock of the spec at a path names into `vendor`. With `prune`, removes what no lock of the
/// workspace names.
pub fn vendor(spec: &Path, fetching: Fetching<'_>, prune: bool) -> Result<VendoredFiles, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let local = workspace.local();
    if let Some(cache) = &local.cache {
        cache.sweep(Duration::from_secs(3600));
    }
    let wanted: Vec<(String, LockedSource, Source)> = elsewhere(&lock).collect();
    let network = fetching.network(&workspace)?;
    let clients = fetching.clients(&network)?;
    let fetcher = clients.fetcher(fetching.settings, &local);
    fetching.progress.event(Event::Total(wanted.len()));
    let fetched = each(fetching.settings.jobs, &wanted, |(key, locked, source)| {
        let named = fetch(&fetcher, key, locked, source)?;
        fetching.progress.event(Event::Done { name: key, bytes: locked.size });
        Ok::<Named, SourceError>(named)
    });
    let mut named: Vec<Named> = Vec::new();
    let mut faults = Vec::new();
    for it in fetched {
        match it {
            Ok(it) => named.push(it),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Fetches(faults));
    }
    let asking = (!fetching.settings.offline).then_some(Asking { clients: &clients, settings: fetching.settings });
    let mut signatures = Vec::new();
    for (name, locked) in &lock.parts {
        let Some((chart, demand)) = signed::demanded(&workspace, name) else { continue };
        match signed::evidence_for_vendor(&workspace, chart, demand, locked, asking)? {
            signed::Kept::Signatures(of, all) => signatures.push((of, all)),
            signed::Kept::Provenance(it) => named.push(it),
            signed::Kept::Nothing => {}
        }
    }
    let fresh = fetcher.into_fresh();
    let layout = Layout::at(&workspace.vendor);
    let mut pruned = None;
    if !named.is_empty() || !signatures.is_empty() || prune {
        let say = |text: &str| fetching.progress.event(Event::Note(text));
        let held = layout.hold(waiting(&say))?;
        let cache = local.cache.as_ref().filter(|_| !fresh.is_empty());
        let _cache = cache.map(|it| hold::folder(it.root(), waiting(&say))).transpose()?;
        let kept = of_all_locks(&workspace, prune)?;
        let mut adding = Adding::begin();
        local.keep(&fresh, &mut adding)?;
        held.put(&named, |digest| kept.contains(digest), &mut adding)?;
        adding.keep();
        for (of, all) in &signatures {
            edge::put(&held, of, all)?;
        }
        if prune {
            let images = images_of_all_locks(&workspace)?;
            let index = layout.index()?;
            let is_own = |it: &Descriptor| match it.image_name() {
                Some(name) => images.contains(name),
                None => kept.contains(&it.digest),
            };
            let own: Vec<&Descriptor> = index.entries().iter().filter(|it| is_own(it)).collect();
            // Signatures stay as long as what they are of.
            let is_kept = |it: &Descriptor| {
                let of = it.image_name().and_then(|it| edge::signed(&Reference::parse(it).ok()?));
                let beside = it.ref_name().and_then(|it| it.strip_suffix(".prov"));
                let has = |wanted: &dyn Fn(&Descriptor) -> bool| own.iter().any(|it| wanted(it));
                is_own(it) || has(&|it| Some(it.digest) == of) || beside.is_some() && has(&|it| it.ref_name() == beside)
            };
            pruned = Some(held.prune(is_kept)?);
        }
    }
    let signed = signed::charts(&workspace, &lock)?;
    Ok(VendoredFiles { folder: workspace.vendor, sources: wanted.len(), pruned, signed })
}

/// What is missing from `vendor` or wrong in it, a sentence each.
pub fn check(spec: &Path) -> Result<Vec<String>, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let layout = Layout::at(&workspace.vendor);
    let mut faults = layout.check(&wanted(&layout, &lock)?)?;
    match signed::charts(&workspace, &lock) {
        Ok(_) => {}
        Err(Error::Unsigned(unsigned)) => faults.extend(unsigned.iter().map(|it| format!("{}: {}", it.what, it.fault))),
        Err(fault) => return Err(fault),
    }
    Ok(faults)
}

/// The name and the digest of an artifact that a layout must hold, or what is wrong with it.
pub(super) type Wanted = Result<(String, Digest), String>;

/// What a lock names that a layout must hold: the name and the digest of each artifact, or what is wrong with it.
pub(super) fn wanted(layout: &Layout, lock: &Lock) -> Result<Vec<Wanted>, Error> {
    let own = LocalBlobs { vendor: layout.blobs().clone(), cache: None };
    let mut wanted = Vec::new();
    for (key, locked, source) in elsewhere(lock) {
        wanted.push(match manifest_digest(&own, &locked, &source)? {
            Some(digest) => Ok((artifact::ref_name(&source, locked.version.as_deref(), &locked.digest), digest)),
            None => Err(format!("{key}: its content {} is missing or damaged", locked.digest)),
        });
    }
    let index = layout.index()?;
    for (name, part) in lock.parts.iter().filter(|(_, it)| it.signed_by.is_some()) {
        let Ok(source) = Source::parse(&part.source, ContentKind::Chart) else { continue };
        let found: Vec<Wanted> = index
            .entries()
            .iter()
            .filter(|it| signed::is_of(it, &source, part))
            .filter_map(|it| Some(Ok((it.ref_name()?.to_owned(), it.digest))))
            .collect();
        if found.is_empty() && signed::is_apart(&source, part) {
            wanted.push(Err(format!("{name}: its signature is missing")));
        }
        wanted.extend(found);
    }
    Ok(wanted)
}

/// What a lock names that does not lie beside the spec.
fn elsewhere(lock: &Lock) -> impl Iterator<Item = (String, LockedSource, Source)> {
    lock.sources().filter_map(|(key, locked)| {
        let kind = if locked.version.is_some() { ContentKind::Chart } else { ContentKind::Manifest };
        let source = Source::parse(&locked.source, kind).ok().filter(|it| !it.is_local())?;
        Some((key, locked, source))
    })
}

fn fetch(fetcher: &Fetcher<'_>, key: &str, locked: &LockedSource, source: &Source) -> Result<Named, SourceError> {
    let part = key.split('/').next().unwrap_or(key);
    let artifact = match source {
        Source::Oci(name) => {
            let (manifest, blobs) = fetcher.artifact(part, name, locked)?;
            Artifact { manifest, blobs }
        }
        _ => wrap(&fetcher.content(key, source, locked)?, locked)
            .map_err(|fault| SourceError::Unpackable { key: key.into(), fault })?,
    };
    Ok(Named { name: artifact::ref_name(source, locked.version.as_deref(), &locked.digest), artifact })
}

/// Content that no registry gave, as an artifact; the error says why it is no chart.
fn wrap(bytes: &[u8], locked: &LockedSource) -> Result<Artifact, String> {
    match &locked.version {
        Some(_) => {
            let chart = Chart::load_archive(bytes, HelmVersion::NEWEST).map_err(|it| it.to_string())?;
            Ok(artifact::chart(bytes, chart.metadata()))
        }
        None => Ok(artifact::manifest(bytes, &locked.source)),
    }
}

/// The digest of the manifest that names a locked source's content; `None` where the content is not at hand.
fn manifest_digest(local: &LocalBlobs, locked: &LockedSource, source: &Source) -> Result<Option<Digest>, Error> {
    if let (Source::Oci(_), Some(digest)) = (source, locked.manifest) {
        return Ok(Some(digest));
    }
    let Some(bytes) = local.read(&locked.digest)? else { return Ok(None) };
    Ok(wrap(&bytes, locked).ok().map(|it| Digest::of(&it.manifest)))
}

/// The images that any lock of the workspace names.
fn images_of_all_locks(workspace: &Workspace) -> Result<BTreeSet<String>, Error> {
    let mut images = BTreeSet::new();
    let folder = workspace.lock_path.parent().unwrap_or(Path::new("."));
    for path in disk::files_with_extension(folder, "lock")? {
        let lock = Lock::decode(&disk::read_text(&path)?).map_err(|fault| workspace::Error::Lock { path, fault })?;
        images.extend(lock.images().filter_map(|(_, it)| Some(Reference::parse(it).ok()?.to_string())));
    }
    Ok(images)
}

/// The digests of the manifests that any lock of the workspace names. Where all must be known, a lock that cannot be read
/// is a fault.
fn of_all_locks(workspace: &Workspace, all: bool) -> Result<BTreeSet<Digest>, Error> {
    let local = workspace.local();
    let mut kept = BTreeSet::new();
    let folder = workspace.lock_path.parent().unwrap_or(Path::new("."));
    for path in disk::files_with_extension(folder, "lock")? {
        let lock = match Lock::decode(&disk::read_text(&path)?) {
            Ok(lock) => lock,
            Err(fault) if all => return Err(workspace::Error::Lock { path, fault }.into()),
            Err(_) => continue,
        };
        for (_, locked, source) in elsewhere(&lock) {
            kept.extend(manifest_digest(&local, &locked, &source)?);
        }
    }
    Ok(kept)
}
