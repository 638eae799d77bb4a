//! Signatures that the spec asks for: found, kept, and judged, at `lock` with a network and everywhere else without one.

use std::collections::BTreeMap;
use std::path::Path;

use super::Error;
use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::edge::disk;
use crate::edge::fetch::{Clients, Settings, Signatures, image_name};
use crate::edge::images::ImageFault;
use crate::edge::images::signatures;
use crate::edge::images::{HeldImage, ImageError, Shelf, document, held};
use crate::edge::layout::{Held, Layout, Named};
use crate::edge::signed::{Policy, SignatureError, Subject, check};
use crate::object::image::Reference;
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::resolve::SourceError;
use crate::stage::spec::{Chart, Content, Demand, OciName, Signer, Source, matches, rule_of};
use crate::stage::vendored::artifact;
use crate::stage::vendored::layout::{Descriptor, Manifest};
use crate::stage::vendored::signature::{Evidence, evidence};
use crate::workspace::Workspace;

/// The means to ask registries.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub clients: &'a Clients<'a>,
    pub settings: &'a Settings,
}

/// Something that is not signed as the spec asks.
#[derive(Debug)]
pub struct Unsigned {
    /// A part, or an image.
    pub what: String,
    pub fault: SignatureError,
    /// Where the spec asks for it.
    pub place: Place,
}

impl Asking<'_> {
    /// The digest that an image stands for now.
    pub fn digest(&self, image: &Reference) -> Result<Digest, SourceError> {
        self.clients.registry(self.settings).image(image).map(|(_, digest)| digest)
    }

    /// The signatures that a registry has of a digest.
    pub fn signatures(&self, name: &OciName, digest: &Digest) -> Result<Vec<Signatures>, SourceError> {
        self.clients.registry(self.settings).signatures(name, digest)
    }
}

/// What signatures are judged with, as the spec names it.
fn policy(workspace: &Workspace, demand: &Demand) -> Result<Policy, Error> {
    Ok(match &demand.signer {
        Signer::Key(path) => Policy::Key(workspace.bytes(path)?),
        Signer::Keyring(path) => Policy::Keyring(workspace.bytes(path)?),
        Signer::Identity { issuer, subject, root } => {
            let root = root.as_ref().map(|it| workspace.bytes(it)).transpose()?;
            Policy::Identity { issuer: issuer.clone(), subject: subject.clone(), root }
        }
    })
}

/// Whether the spec asks for any signature: what these are judged with lies in files of their own.
pub(super) fn asks(workspace: &Workspace) -> bool {
    let rules = &workspace.spec.verify_images;
    workspace.spec.parts.iter().any(|it| it.must_be_signed()) || rules.iter().any(|it| it.demand.is_some())
}

/// Reads every file that signatures are judged with, so that they are among what the spec reads.
pub(super) fn read_means(workspace: &Workspace) -> Result<(), Error> {
    let parts = workspace.spec.parts.iter().filter_map(|it| Some(demanded(workspace, &it.name)?.1));
    let rules = workspace.spec.verify_images.iter().filter_map(|it| it.demand.as_ref());
    parts.chain(rules).try_for_each(|it| policy(workspace, it).map(drop))
}

/// The chart of a part that must be signed, and by whom.
pub(super) fn demanded<'w>(workspace: &'w Workspace, part: &str) -> Option<(&'w Chart, &'w Demand)> {
    let part = workspace.spec.parts.iter().find(|it| it.name == part)?;
    match &part.content {
        Content::Chart(chart) => chart.verify.as_deref().map(|demand| (chart, demand)),
        Content::Manifest { .. } => None,
    }
}

/// A repository by the name that images in it go by.
pub(super) fn repository(name: &OciName) -> Reference {
    Reference { host: name.host.clone(), repository: name.repository.clone(), tag: None, digest: None }
}

/// Who has signed the chart of a part, for a new lock; `None` where nobody must. Where nothing can be asked, what an older
/// lock says of the same chart stays, as far as that is whom the spec names.
pub(super) fn locked(
    workspace: &Workspace,
    name: &str,
    part: &LockedPart,
    old: Option<&LockedPart>,
    asking: Option<Asking<'_>>,
) -> Result<Option<String>, Error> {
    let Some((chart, demand)) = demanded(workspace, name) else { return Ok(None) };
    let policy = policy(workspace, demand)?;
    let what = format!("part `{name}`: {}", part.source);
    let found = at_hand(workspace, chart, demand, part)?;
    let judged = judge(&what, demand, &policy, &found, part);
    if let (Err(_), Some(asking)) = (&judged, asking) {
        // Somebody may have signed it since.
        let mut all = asked(asking, chart, demand, part)?;
        all.extend(found);
        return judge(&what, demand, &policy, &all, part).map(Some);
    }
    let known = old.filter(|it| (it.digest, it.manifest) == (part.digest, part.manifest));
    if let (true, Some(by)) = (found.is_empty() && asking.is_none(), known.and_then(|it| it.signed_by.as_ref()))
        && is_that(&policy, by)
    {
        return Ok(Some(by.clone()));
    }
    judged.map(Some)
}

/// Whether what a lock says of a signer is whom a policy names.
fn is_that(policy: &Policy, by: &str) -> bool {
    match policy {
        Policy::Key(pem) => by == format!("key {}", Digest::of(pem)),
        Policy::Identity { issuer, subject, .. } => {
            by.strip_suffix(&format!(" ({issuer})")).is_some_and(|it| matches(subject, it))
        }
        Policy::Keyring(_) => by.starts_with("OpenPGP "),
    }
}

fn judge(what: &str, demand: &Demand, policy: &Policy, found: &[Evidence], part: &LockedPart) -> Result<String, Error> {
    let subject = match (&demand.signer, &part.manifest) {
        (Signer::Keyring(_), _) | (_, None) => Subject::Archive(&part.digest),
        (_, Some(manifest)) => Subject::Manifest(manifest),
    };
    let unsigned = |fault| Error::Unsigned(vec![Unsigned { what: what.into(), fault, place: demand.place.clone() }]);
    check(found, policy, subject).map_err(unsigned)
}

/// The signatures of a chart that are on this machine: in `vendor`, beside an archive, or in the cache.
fn at_hand(workspace: &Workspace, chart: &Chart, demand: &Demand, part: &LockedPart) -> Result<Vec<Evidence>, Error> {
    let layout = Layout::at(&workspace.vendor);
    match (&chart.source, &demand.signer) {
        (Source::Oci(_), Signer::Keyring(_)) => {
            let Some(manifest) = part.manifest.map(|it| workspace.content(&it)).transpose()?.flatten() else {
                return Ok(Vec::new());
            };
            let Ok(manifest) = Manifest::decode(&manifest) else { return Ok(Vec::new()) };
            Ok(evidence(&manifest, &mut |it: &Descriptor| workspace.content(&it.digest).ok().flatten()))
        }
        (Source::Oci(name), _) => match &part.manifest {
            Some(manifest) => signatures::kept(&layout, &repository(name), manifest).map_err(told),
            None => Ok(Vec::new()),
        },
        (Source::Local(path), _) => match disk::if_any(workspace.bytes_on_disk(&format!("{path}.prov")))? {
            Some(text) => Ok(vec![Evidence::Provenance(text)]),
            None => Ok(Vec::new()),
        },
        (source, _) => {
            let name = provenance_name(source, part);
            let index = layout.index()?;
            let Some(entry) = index.entries().iter().find(|it| it.ref_name() == Some(&name)) else {
                return Ok(Vec::new());
            };
            let Some(manifest) = document(&layout, entry).ok().flatten() else { return Ok(Vec::new()) };
            let Ok(manifest) = Manifest::decode(&manifest) else { return Ok(Vec::new()) };
            Ok(evidence(&manifest, &mut |it| document(&layout, it).ok().flatten()))
        }
    }
}

/// The signatures of a chart, from where it comes from.
fn asked(asking: Asking<'_>, chart: &Chart, demand: &Demand, part: &LockedPart) -> Result<Vec<Evidence>, Error> {
    match (&chart.source, &demand.signer, &part.manifest) {
        (Source::Oci(_), Signer::Keyring(_), _) | (Source::Oci(_), _, None) | (Source::Local(_), ..) => Ok(Vec::new()),
        (Source::Oci(name), _, Some(manifest)) => Ok(signatures::fetched(&asking.signatures(name, manifest)?)),
        (source, ..) => Ok(provenance(asking, source, part)?.map(Evidence::Provenance).into_iter().collect()),
    }
}

/// The provenance of a chart from a repository or an address; none is no fault.
pub(super) fn provenance(
    asking: Asking<'_>,
    source: &Source,
    part: &LockedPart,
) -> Result<Option<Vec<u8>>, SourceError> {
    let found = asking.clients.provenance(asking.settings, source, part.version.as_deref());
    match found {
        Ok(text) => Ok(Some(text)),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The name that the provenance of a source goes by in `vendor`.
pub(super) fn provenance_name(source: &Source, part: &LockedPart) -> String {
    format!("{}.prov", artifact::ref_name(source, part.version.as_deref(), &part.digest))
}

/// What `vendor` is to keep of a chart's signatures.
pub(super) enum Kept {
    Signatures(Reference, Vec<Signatures>),
    Provenance(Named),
    /// They lie with the chart, or beside the spec.
    Nothing,
}

/// What `vendor` is to keep for a part that must be signed. What it has already is not asked for again.
pub(super) fn evidence_for_vendor(
    workspace: &Workspace,
    chart: &Chart,
    demand: &Demand,
    part: &LockedPart,
    asking: Option<Asking<'_>>,
) -> Result<Kept, Error> {
    let Some(asking) = asking.filter(|_| is_apart(&chart.source, part)) else { return Ok(Kept::Nothing) };
    let judged = policy(workspace, demand)?;
    let found = at_hand(workspace, chart, demand, part).unwrap_or_default();
    if judge("", demand, &judged, &found, part).is_ok() {
        return Ok(Kept::Nothing);
    }
    match (&chart.source, &part.manifest) {
        (Source::Oci(name), Some(manifest)) => {
            Ok(Kept::Signatures(repository(name), asking.signatures(name, manifest)?))
        }
        (source, _) => match provenance(asking, source, part)? {
            Some(text) => {
                let name = provenance_name(source, part);
                Ok(Kept::Provenance(Named { artifact: artifact::provenance(&text, &name), name }))
            }
            None => Ok(Kept::Nothing),
        },
    }
}

/// Whether the signature of a locked chart lies apart from it in `vendor`.
pub(super) fn is_apart(source: &Source, part: &LockedPart) -> bool {
    let is_provenance = part.signed_by.as_ref().is_some_and(|it| it.starts_with("OpenPGP "));
    match source {
        Source::Oci(_) => !is_provenance,
        Source::Local(_) => false,
        Source::Repository { .. } | Source::Url(_) => true,
    }
}

/// Whether an entry of `vendor` is a signature of a locked chart.
pub(super) fn is_of(entry: &Descriptor, source: &Source, part: &LockedPart) -> bool {
    match (source, &part.manifest) {
        (Source::Oci(name), Some(manifest)) => {
            let named = entry.image_name().and_then(|it| Reference::parse(it).ok());
            named.is_some_and(|it| it.name() == repository(name).name() && signatures::signed(&it) == Some(*manifest))
        }
        (source, _) => entry.ref_name() == Some(&provenance_name(source, part)),
    }
}

/// Judges the charts of a workspace by what is on this machine; gives each part that must be signed, with who did.
pub(super) fn charts(workspace: &Workspace, lock: &Lock) -> Result<Vec<(String, String)>, Error> {
    let mut signed = Vec::new();
    let mut unsigned = Vec::new();
    for (name, part) in &lock.parts {
        let Some((chart, demand)) = demanded(workspace, name) else { continue };
        let found = at_hand(workspace, chart, demand, part)?;
        match judge(&format!("part `{name}`: {}", part.source), demand, &policy(workspace, demand)?, &found, part) {
            Ok(by) => signed.push((name.clone(), by)),
            Err(Error::Unsigned(faults)) => unsigned.extend(faults),
            Err(fault) => return Err(fault),
        }
    }
    if unsigned.is_empty() { Ok(signed) } else { Err(Error::Unsigned(unsigned)) }
}

/// Judges the images that a registry has, and records in a new lock who has signed them. Where nothing can be asked, what an
/// older lock says of an image stays, as far as that is whom the spec names.
pub(super) fn lock_images(
    workspace: &Workspace,
    lock: &mut Lock,
    old: Option<&Lock>,
    asking: Option<Asking<'_>>,
) -> Result<(), Error> {
    let mut unsigned = Vec::new();
    for (part, locked) in &mut lock.parts {
        let mut signers = BTreeMap::new();
        for text in locked.images.iter().chain(&locked.more_images) {
            let Ok(name) = Reference::parse(text) else { continue };
            let Some(demand) = rule_of(&workspace.spec.verify_images, &name).and_then(|it| it.demand.as_ref()) else {
                continue;
            };
            let policy = policy(workspace, demand)?;
            let Some(asking) = asking else {
                let known = old.and_then(|it| it.parts.get(part)?.image_signers.get(text));
                signers.extend(known.filter(|it| is_that(&policy, it)).map(|it| (text.clone(), it.clone())));
                continue;
            };
            let of = |fault| of_image(&name, part, fault);
            let digest = asking.digest(&name).map_err(of)?;
            let found = signatures::fetched(&asking.signatures(&image_name(&name), &digest).map_err(of)?);
            match check(&found, &policy, Subject::Manifest(&digest)) {
                Ok(by) => {
                    signers.insert(text.clone(), by);
                }
                Err(fault) => {
                    unsigned.push(Unsigned {
                        what: format!("part `{part}`: {text}"),
                        fault,
                        place: demand.place.clone(),
                    });
                }
            }
        }
        locked.image_signers = signers;
    }
    if unsigned.is_empty() { Ok(()) } else { Err(Error::Unsigned(unsigned)) }
}

/// Fetches the signatures of the images in a layout that must have some, where these do not do already.
pub(super) fn fetch_for_images(workspace: &Workspace, hold: &Held<'_>, asking: Asking<'_>) -> Result<(), Error> {
    let layout = hold.layout();
    for image in held(layout)?.iter().filter(|it| signatures::signed(&it.name).is_none()) {
        let Some(demand) = rule_of(&workspace.spec.verify_images, &image.name).and_then(|it| it.demand.as_ref()) else {
            continue;
        };
        let digest = &image.entry.digest;
        let kept = signatures::kept(layout, &image.name, digest).unwrap_or_default();
        if check(&kept, &policy(workspace, demand)?, Subject::Manifest(digest)).is_ok() {
            continue;
        }
        let found = asking.signatures(&image_name(&image.name), digest);
        let found =
            found.map_err(|it| told(ImageError::Source { image: image.name.to_string(), fault: Box::new(it) }))?;
        signatures::put(hold, &image.name, &found)?;
    }
    Ok(())
}

/// Judges images at hand; gives how many of them had to be signed, and are.
pub(super) fn images(workspace: &Workspace, shelf: &dyn Shelf, all: &[HeldImage]) -> Result<usize, Error> {
    let mut unsigned = Vec::new();
    let mut judged = 0;
    for image in all.iter().filter(|it| signatures::signed(&it.name).is_none()) {
        let Some(demand) = rule_of(&workspace.spec.verify_images, &image.name).and_then(|it| it.demand.as_ref()) else {
            continue;
        };
        let found = signatures::kept(shelf, &image.name, &image.entry.digest).map_err(told)?;
        match check(&found, &policy(workspace, demand)?, Subject::Manifest(&image.entry.digest)) {
            Ok(_) => judged += 1,
            Err(fault) => {
                unsigned.push(Unsigned { what: image.name.to_string(), fault, place: demand.place.clone() });
            }
        }
    }
    if unsigned.is_empty() { Ok(judged) } else { Err(Error::Unsigned(unsigned)) }
}

/// Whether a workspace's `vendor` holds anything that could be judged.
pub(super) fn is_vendored(workspace: &Workspace) -> bool {
    Path::new(&workspace.vendor).join("index.json").is_file()
}

fn told(fault: ImageError) -> Error {
    Error::Images(vec![ImageFault { fault, parts: Vec::new() }])
}

fn of_image(name: &Reference, part: &str, fault: SourceError) -> Error {
    let fault = ImageError::Source { image: name.to_string(), fault: Box::new(fault) };
    Error::Images(vec![ImageFault { fault, parts: vec![part.to_owned()] }])
}
