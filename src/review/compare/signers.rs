//! Who has signed a part's chart and images, before and after.

use std::collections::BTreeMap;

use super::model::{Area, Finding, Risk};
use super::side::Part;
use crate::object::image::Reference;

/// Tells of each signer that is another one, or none any more. A bundle does not say who has signed.
pub(super) fn compare(part: &str, old: Option<&Part>, new: Option<&Part>, found: &mut Vec<Finding>) {
    let (Some(old), Some(new)) = (old, new) else { return };
    if old.pins.is_none() || new.pins.is_none() {
        return;
    }
    match (&old.signed_by, &new.signed_by) {
        (Some(old), Some(new)) if old != new => {
            let text = format!("the chart is signed by {new}; before it was {old}");
            found.push(Finding::new(Risk::Gains, Area::Chart, part, text));
        }
        (Some(old), None) => {
            let text = format!("no signature of the chart is asked for any more; it was that of {old}");
            found.push(Finding::new(Risk::Gains, Area::Chart, part, text));
        }
        _ => {}
    }
    let mut before: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (image, signer) in &old.image_signers {
        before.entry(repository(image)).or_default().push(signer);
    }
    for image in new.images.iter().chain(new.image_signers.keys().filter(|it| !new.images.contains(it))) {
        let Some(old) = before.get(&repository(image)) else { continue };
        let text = match new.image_signers.get(image) {
            Some(new) if old.contains(&new.as_str()) => continue,
            Some(new) => format!("{image} is signed by {new}; before it was {}", old.join(", ")),
            None => format!("{image} has no signature in the lock; before it was that of {}", old.join(", ")),
        };
        found.push(Finding::new(Risk::Gains, Area::Image, part, text));
    }
}

/// An image without tag and digest.
fn repository(image: &str) -> String {
    Reference::parse(image).map_or_else(|_| image.to_owned(), |it| it.name())
}
