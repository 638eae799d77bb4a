//! The digests that a lock keeps behind images of a tag alone, where the spec asks for that (`pinImages`).

use crate::edge::images::ImageError;
use crate::edge::images::ImageFault;
use crate::object::image::Reference;
use crate::ops::Error;
use crate::ops::signed::Asking;
use crate::stage::lock::Lock;
use crate::stage::resolve::{SourceError, Update};
use crate::stage::seal::Sealed;

/// Drops the digests of those parts that may move, so that they are looked up anew.
pub(super) fn forget(lock: &mut Lock, update: &Update) {
    for (name, part) in &mut lock.parts {
        let moves = match update {
            Update::None => false,
            Update::All => true,
            Update::Parts(parts) => parts.contains(name),
        };
        if moves {
            part.image_digests.clear();
        }
    }
}

/// Completes the digests of a lock for what is rendered, and drops those that nothing is rendered with any more; whether
/// anything is other than before. Without a way to find one, a new image is an error.
pub(super) fn complete(lock: &mut Lock, sealed: &Sealed, asking: Option<Asking<'_>>) -> Result<bool, Error> {
    let mut changed = false;
    let mut faults = Vec::new();
    for rendered in sealed.parts() {
        let Some(part) = lock.parts.get_mut(&rendered.name) else { continue };
        let before = part.image_digests.len();
        part.image_digests.retain(|image, digest| rendered.images.contains(&format!("{image}@{digest}")));
        changed |= part.image_digests.len() != before;
        for image in &rendered.images {
            // What names no image cannot be pulled, and so cannot be pinned.
            let Ok(name) = Reference::parse(image) else { continue };
            if name.digest.is_some() {
                continue;
            }
            let offline = || SourceError::Offline { what: format!("the digest of {image}") };
            match asking.map_or_else(|| Err(offline()), |it| it.digest(&name)) {
                Ok(digest) => {
                    part.image_digests.insert(image.clone(), digest);
                    changed = true;
                }
                Err(fault) => faults.push(ImageFault {
                    fault: ImageError::Source { image: name.to_string(), fault: Box::new(fault) },
                    parts: vec![rendered.name.clone()],
                }),
            }
        }
    }
    if faults.is_empty() { Ok(changed) } else { Err(Error::Images(faults)) }
}
