//! Fetches images into a layout: several at a time, each blob once, and each from the byte where the last run ended.

use std::collections::{BTreeMap, BTreeSet};

use super::{ImageError, Shelf, Unread, document};
use crate::base::digest::Digest;
use crate::edge::arriving::Arriving;
use crate::edge::blobs::Lies;
use crate::edge::disk::Adding;
use crate::edge::fetch::{Clients, Event, Progress, Registry, Settings, Sink, each, image_name};
use crate::edge::layout::{Held, Layout};
use crate::object::image::Reference;
use crate::stage::resolve::{Says, SourceError};
use crate::stage::vendored::image::{Document, Platform, media_type, platform_of_config};
use crate::stage::vendored::layout::{Descriptor, Manifest};

/// The means to fetch with.
#[derive(Clone, Copy)]
pub struct Carrier<'c> {
    pub clients: &'c Clients<'c>,
    pub settings: &'c Settings,
    pub progress: &'c dyn Progress,
}

/// What fetching did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// How many images are at hand now.
    pub images: usize,
    /// How many blobs came, and how many bytes they have.
    pub blobs: usize,
    pub bytes: u64,
}

/// An image whose documents are at hand.
struct Known {
    image: Reference,
    root: Descriptor,
    blobs: Vec<Descriptor>,
}

impl Carrier<'_> {
    /// Fetches images, of these platforms alone; of every platform where none is named. What came is kept, whatever fails.
    pub fn fetch(
        &self,
        held: &Held<'_>,
        images: &[Reference],
        platforms: &[Platform],
    ) -> Result<Fetched, Vec<ImageError>> {
        let layout = held.layout();
        self.progress.event(Event::Total(images.len()));
        let known = each(self.settings.jobs, images, |image| self.documents(layout, image, platforms));
        let (known, mut faults) = parted(known);
        let mut wanted: BTreeMap<Digest, (Reference, Descriptor)> = BTreeMap::new();
        for it in &known {
            for blob in &it.blobs {
                wanted.entry(blob.digest).or_insert_with(|| (it.image.clone(), blob.clone()));
            }
        }
        let wanted: Vec<(Reference, Descriptor)> = wanted.into_values().collect();
        let looked = each(self.settings.jobs, &wanted, |(_, blob)| layout.blobs().look(&blob.digest, blob.size));
        let mut missing = Vec::new();
        for (it, lies) in wanted.into_iter().zip(looked) {
            match lies {
                Ok(Lies::Whole) => {}
                Ok(_) => missing.push(it),
                Err(fault) => faults.push(fault.into()),
            }
        }
        self.progress.event(Event::Volume(missing.iter().map(|(_, it)| it.size).sum()));
        // The largest first, so that none is left alone at the end.
        missing.sort_by_key(|(_, it)| std::cmp::Reverse(it.size));
        let came = each(self.settings.jobs, &missing, |(image, blob)| self.blob(layout, image, blob));
        let (_, failed) = parted(came);
        let broken: BTreeSet<Digest> = missing
            .iter()
            .map(|(_, it)| it)
            .filter(|it| !matches!(layout.blobs().look(&it.digest, it.size), Ok(Lies::Whole)))
            .map(|it| it.digest)
            .collect();
        faults.extend(failed);
        let whole = known.iter().filter(|it| !it.blobs.iter().any(|it| broken.contains(&it.digest)));
        let named: Vec<(&Reference, &Descriptor)> = whole.map(|it| (&it.image, &it.root)).collect();
        if let Err(fault) = held.put_images(&named) {
            faults.push(fault.into());
        }
        for (image, root) in &named {
            self.progress.event(Event::Done { name: &image.to_string(), bytes: root.size });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let bytes = missing.iter().map(|(_, it)| it.size).sum();
        Ok(Fetched { images: named.len(), blobs: missing.len(), bytes })
    }

    /// The manifests of an image, kept, and the blobs that these name.
    fn documents(&self, layout: &Layout, image: &Reference, platforms: &[Platform]) -> Result<Known, ImageError> {
        let registry = self.clients.registry(self.settings);
        let (bytes, digest) = self.root(layout, &registry, image)?;
        let not_an_image = |why| ImageError::NotAnImage { image: image.to_string(), why };
        let parsed = Document::decode(&bytes).map_err(not_an_image)?;
        let size = bytes.len() as u64;
        let media_type = media_type(&bytes, &parsed);
        let root = Descriptor { media_type, digest, size, annotations: None, artifact_type: None };
        let mut blobs = Vec::new();
        match parsed {
            Document::Image(manifest) => {
                if !platforms.is_empty() {
                    self.check_single(layout, &registry, image, &manifest, platforms)?;
                }
                blobs.extend(manifest.blobs().cloned());
            }
            Document::Index(children) => {
                let has: Vec<Platform> = children.iter().filter_map(|it| it.platform.clone()).collect();
                let lacking = platforms.iter().find(|wanted| !has.iter().any(|it| it.is(wanted)));
                if let Some(wanted) = lacking {
                    return Err(ImageError::LacksPlatform { image: image.to_string(), wanted: wanted.clone(), has });
                }
                let is_wanted = |it: &Option<Platform>| {
                    platforms.is_empty() || it.as_ref().is_some_and(|it| platforms.iter().any(|wanted| it.is(wanted)))
                };
                for child in children.iter().filter(|it| is_wanted(&it.platform)) {
                    let bytes = self.child(layout, &registry, image, &child.descriptor)?;
                    match Document::decode(&bytes).map_err(not_an_image)? {
                        Document::Image(manifest) => blobs.extend(manifest.blobs().cloned()),
                        Document::Index(_) => return Err(not_an_image("its index names another index".into())),
                    }
                }
            }
        }
        keep(layout, &bytes)?;
        Ok(Known { image: image.clone(), root, blobs })
    }

    /// The manifest or index itself. One of a known digest that is at hand is not asked for.
    fn root(
        &self,
        layout: &Layout,
        registry: &Registry<'_>,
        image: &Reference,
    ) -> Result<(Vec<u8>, Digest), ImageError> {
        let at_hand = |digest: &Digest| -> Result<Option<Vec<u8>>, ImageError> {
            Ok(match layout.blobs().read(digest)? {
                crate::edge::blobs::Blob::Found(bytes) => Some(bytes),
                _ => None,
            })
        };
        if let Some(digest) = &image.digest
            && let Some(bytes) = at_hand(digest)?
        {
            return Ok((bytes, *digest));
        }
        if self.settings.offline {
            let name = image.to_string();
            let entry = layout.entries()?.into_iter().find(|it| it.image_name() == Some(&name));
            if let Some(entry) = entry
                && let Some(bytes) = at_hand(&entry.digest)?
            {
                return Ok((bytes, entry.digest));
            }
            return Err(of(image, SourceError::Offline { what: "the image".into() }));
        }
        registry.image(image).map_err(|fault| of(image, fault))
    }

    fn child(
        &self,
        layout: &Layout,
        registry: &Registry<'_>,
        image: &Reference,
        wanted: &Descriptor,
    ) -> Result<Vec<u8>, ImageError> {
        match document(layout, wanted) {
            Ok(Some(bytes)) => return Ok(bytes),
            Err(Unread::Disk(fault)) => return Err(fault.into()),
            Ok(None) | Err(Unread::Damaged(_)) => {}
        }
        self.online(image)?;
        let found = registry.manifest_of_digest(&image_name(image), &wanted.digest);
        let bytes = found.map_err(|fault| of(image, fault))?;
        keep(layout, &bytes)?;
        Ok(bytes)
    }

    /// An image of one platform must be of one that is wanted.
    fn check_single(
        &self,
        layout: &Layout,
        registry: &Registry<'_>,
        image: &Reference,
        manifest: &Manifest,
        platforms: &[Platform],
    ) -> Result<(), ImageError> {
        let config = match document(layout, &manifest.config) {
            Ok(Some(bytes)) => bytes,
            Err(Unread::Disk(fault)) => return Err(fault.into()),
            Ok(None) | Err(Unread::Damaged(_)) => {
                self.online(image)?;
                registry.blob(&image_name(image), &manifest.config).map_err(|fault| of(image, fault))?
            }
        };
        let Some(own) = platform_of_config(&config) else { return Ok(()) };
        match platforms.iter().find(|wanted| !own.is(wanted)) {
            None => Ok(()),
            Some(wanted) => {
                Err(ImageError::LacksPlatform { image: image.to_string(), wanted: wanted.clone(), has: vec![own] })
            }
        }
    }

    /// One blob, from where it was left.
    fn blob(&self, layout: &Layout, image: &Reference, wanted: &Descriptor) -> Result<(), ImageError> {
        let fault = |fault| of(image, fault);
        let name = &image_name(image);
        if self.settings.offline {
            return Err(fault(SourceError::Offline { what: format!("blob {}", wanted.digest) }));
        }
        let mut arriving = Arriving::begin(layout.blobs(), &wanted.digest, wanted.size)?;
        let before = arriving.position();
        if before > 0 {
            self.progress.event(Event::Resumed { bytes: before });
        }
        if before < wanted.size || wanted.size == 0 {
            let registry = self.clients.registry(self.settings);
            registry.download(name, wanted, &mut arriving).map_err(fault)?;
        }
        arriving.finish(layout.blobs(), &wanted.digest, wanted.size)?.map_err(|found| {
            let what = format!("a blob of {name}");
            fault(match found.size == wanted.size {
                true => {
                    let wanted = wanted.digest.to_string();
                    SourceError::OtherDigest { what, found: found.digest, wanted, says: Says::Question }
                }
                false => SourceError::OtherSize { what, found: found.size, wanted: wanted.size },
            })
        })
    }

    fn online(&self, image: &Reference) -> Result<(), ImageError> {
        match self.settings.offline {
            true => Err(of(image, SourceError::Offline { what: "the image".into() })),
            false => Ok(()),
        }
    }
}

fn of(image: &Reference, fault: SourceError) -> ImageError {
    ImageError::Source { image: image.to_string(), fault: Box::new(fault) }
}

/// Keeps a document. It stays, whatever becomes of the image.
fn keep(layout: &Layout, bytes: &[u8]) -> Result<(), ImageError> {
    let mut adding = Adding::begin();
    layout.blobs().put(bytes, &mut adding)?;
    adding.keep();
    Ok(())
}

fn parted<T>(all: Vec<Result<T, ImageError>>) -> (Vec<T>, Vec<ImageError>) {
    let mut good = Vec::new();
    let mut faults = Vec::new();
    for it in all {
        match it {
            Ok(it) => good.push(it),
            Err(fault) => faults.push(fault),
        }
    }
    (good, faults)
}
