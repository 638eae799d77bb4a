//! Images fetched into `vendor`, and whether they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{How, Listed, list};
use crate::edge::fetch::{Event, each};
use crate::edge::images::ImageFault;
use crate::edge::images::pull::{Carrier, Fetched};
use crate::edge::images::{ImageError, held, tree_of};
use crate::edge::layout::Layout;
use crate::object::image::Reference;
use crate::ops::Error;
use crate::ops::signed::{self, Asking};
use crate::stage::vendored::image::Platform;
use crate::workspace::fetching::Fetching;
use crate::workspace::{Workspace, waiting};

/// What carrying images did.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    pub fetched: Fetched,
    /// How many of them had to be signed, and are.
    pub signed: usize,
    /// What looks like an image and was left out, because nobody asked for it.
    pub left_out: Vec<String>,
    /// What was asked for by its looks alone and is nowhere.
    pub not_found: Vec<String>,
    /// What stands where an image should and names none.
    pub no_names: Vec<String>,
}

/// Fetches the images of the spec at a path into `vendor`, of these platforms alone. With `guessed`, also those that only
/// look like images; these may be missing.
pub fn carry(spec: &Path, fetching: Fetching<'_>, platforms: &[Platform], guessed: bool) -> Result<Carried, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let listed = list(&workspace, &lock)?;
    let mut carried = Carried::default();
    let is_guess = |it: &&Listed| it.how == How::Looks;
    if !guessed {
        carried.left_out = listed.iter().filter(is_guess).map(|it| it.text.clone()).collect();
    }
    let nameless = listed.iter().filter(|it| !is_guess(it) && it.name.is_none());
    carried.no_names = nameless.map(|it| it.text.clone()).collect();
    let network = fetching.network(&workspace)?;
    let clients = fetching.clients(&network)?;
    let carrier = Carrier { clients: &clients, settings: fetching.settings, progress: fetching.progress };
    let layout = Layout::at(&workspace.vendor);
    let say = |text: &str| fetching.progress.event(Event::Note(text));
    let hold = layout.hold(waiting(&say))?;
    let names = |guesses: bool| -> Vec<Reference> {
        let wanted = listed.iter().filter(|it| is_guess(it) == guesses);
        let names: BTreeSet<&Reference> = wanted.filter_map(|it| it.name.as_ref()).collect();
        names.into_iter().cloned().collect()
    };
    carried.fetched = carrier.fetch(&hold, &names(false), platforms).map_err(|faults| told(faults, &listed))?;
    if !fetching.settings.offline {
        let asking = Asking { clients: &clients, settings: fetching.settings };
        signed::fetch_for_images(&workspace, &hold, asking)?;
    }
    carried.signed = signed::images(&workspace, &layout, &held(&layout)?)?;
    if guessed {
        for image in names(true) {
            match carrier.fetch(&hold, std::slice::from_ref(&image), platforms) {
                Ok(more) => {
                    carried.fetched.images += more.images;
                    carried.fetched.blobs += more.blobs;
                    carried.fetched.bytes += more.bytes;
                }
                Err(faults) if faults.iter().all(is_absent) => carried.not_found.push(image.to_string()),
                Err(faults) => return Err(told(faults, &listed)),
            }
        }
    }
    Ok(carried)
}

/// The images of a spec that `vendor` lacks, or has in part, a sentence each.
pub fn lacking(spec: &Path, platforms: &[Platform]) -> Result<Vec<String>, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let layout = Layout::at(&workspace.vendor);
    let at_hand = held(&layout)?;
    let mut faults = BTreeSet::new();
    for (part, text) in lock.images() {
        let Ok(name) = Reference::parse(text) else { continue };
        let Some(image) = at_hand.iter().find(|it| it.name == name) else {
            faults.insert(format!("{part}: the image {text} is missing"));
            continue;
        };
        match tree_of(&layout, image) {
            Ok(tree) => {
                let has = |wanted: &&Platform| {
                    tree.platforms.iter().any(|it| it.platform.as_ref().is_none_or(|it| it.is(wanted)))
                };
                let missing = platforms.iter().filter(|it| !has(it));
                faults.extend(missing.map(|it| format!("{part}: the image {text} is missing for {it}")));
            }
            Err(fault) => {
                faults.insert(format!("{part}: {fault}"));
            }
        }
    }
    match signed::images(&workspace, &layout, &at_hand) {
        Ok(_) => {}
        Err(Error::Unsigned(unsigned)) => faults.extend(unsigned.iter().map(|it| format!("{}: {}", it.what, it.fault))),
        Err(fault) => return Err(fault),
    }
    Ok(faults.into_iter().collect())
}

/// Asks for each image of the spec at a path in its registry; gives how many there are.
pub fn exist(spec: &Path, fetching: Fetching<'_>) -> Result<usize, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let listed: Vec<Listed> =
        list(&workspace, &lock)?.into_iter().filter(|it| it.how != How::Looks && it.name.is_some()).collect();
    let network = fetching.network(&workspace)?;
    let clients = fetching.clients(&network)?;
    fetching.progress.event(Event::Total(listed.len()));
    let asked = each(fetching.settings.jobs, &listed, |it| {
        let Some(name) = &it.name else { return Ok(()) };
        let found = clients.registry(fetching.settings).image(name);
        fetching.progress.event(Event::Done { name: &it.text, bytes: 0 });
        let of = |fault| ImageError::Source { image: name.to_string(), fault: Box::new(fault) };
        found.map(drop).map_err(of)
    });
    let faults: Vec<ImageError> = asked.into_iter().filter_map(Result::err).collect();
    if faults.is_empty() { Ok(listed.len()) } else { Err(told(faults, &listed)) }
}

fn is_absent(fault: &ImageError) -> bool {
    match fault {
        ImageError::Source { fault, .. } => fault.is_absent() || fault.is_refusal(),
        ImageError::NotAnImage { .. } | ImageError::LacksPlatform { .. } => true,
        _ => false,
    }
}

/// Faults with the parts that the images are for.
fn told(faults: Vec<ImageError>, listed: &[Listed]) -> Error {
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for it in listed {
        if let Some(name) = &it.name {
            parts.entry(name.to_string()).or_default().extend(it.parts.clone());
        }
    }
    let told = faults.into_iter().map(|fault| {
        let parts = fault.image().and_then(|it| parts.get(it)).cloned().unwrap_or_default();
        ImageFault { fault, parts: parts.into_iter().collect() }
    });
    Error::Images(told.collect())
}
