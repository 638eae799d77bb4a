//! Whether a part is what its lock says: its text, and what the lock tells of that text.

use std::collections::BTreeSet;
use std::fmt;

use super::SealedPart;
use crate::stage::lock::LockedPart;

/// One thing that a lock says and a render does not give, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The text as a whole.
    Output,
    /// A resource has another digest.
    Resource(String),
    /// A resource is rendered, and not in the lock.
    NewResource(String),
    /// A resource is in the lock, and not rendered.
    NoResource(String),
    /// An image is named in the text, and not in the lock.
    NewImage(String),
    /// An image is named in the lock, and not in the text.
    NoImage(String),
    /// The images of the lock are those that are rendered, in another order or named twice.
    ImageOrder,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Output => f.write_str("its text"),
            Difference::Resource(name) => f.write_str(name),
            Difference::NewResource(name) => write!(f, "{name}, which the lock does not name"),
            Difference::NoResource(name) => write!(f, "{name}, which the lock names"),
            Difference::NewImage(name) => write!(f, "the image {name}, which the lock does not name"),
            Difference::NoImage(name) => write!(f, "the image {name}, which the lock names"),
            Difference::ImageOrder => f.write_str("the order of its images"),
        }
    }
}

impl SealedPart {
    /// Everything in which a lock says otherwise. Where the text is another, so is at least one resource, or what stands
    /// between them: the text itself is told only where nothing else is.
    pub fn differences(&self, locked: &LockedPart) -> Vec<Difference> {
        let mut found = Vec::new();
        for (name, digest) in &locked.resources {
            match self.resources.get(name) {
                None => found.push(Difference::NoResource(name.clone())),
                Some(it) if it != digest => found.push(Difference::Resource(name.clone())),
                Some(_) => {}
            }
        }
        let new = self.resources.keys().filter(|it| !locked.resources.contains_key(*it));
        found.extend(new.cloned().map(Difference::NewResource));
        let (rendered, known): (BTreeSet<&String>, BTreeSet<&String>) =
            (self.images.iter().collect(), locked.images.iter().collect());
        found.extend(known.difference(&rendered).map(|it| Difference::NoImage((*it).clone())));
        found.extend(rendered.difference(&known).map(|it| Difference::NewImage((*it).clone())));
        if rendered == known && self.images != locked.images {
            found.push(Difference::ImageOrder);
        }
        if self.output != locked.output && found.is_empty() {
            found.push(Difference::Output);
        }
        found
    }
}
