//! Whether each envelope stands at the place it was sealed for.

use std::collections::BTreeMap;

use super::{Envelope, Lock, SealedFor};

/// An envelope that does not belong where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// It is no age file as ichor writes them, or names its place in a form that is not known.
    #[error("the envelope at `{at}` cannot be read: {reason}", at = name(.place))]
    Unreadable {
        /// Where it stands.
        place: SealedFor,
        /// What is wrong with it.
        reason: String,
    },
    /// It names another place than the one it stands at.
    #[error("the envelope at `{at}` is not that of this pin: it was sealed for `{other}`", at = name(.place), other = other(.place, .sealed_for))]
    Elsewhere {
        /// Where it stands.
        place: SealedFor,
        /// The place that it names.
        sealed_for: SealedFor,
    },
    /// Its very bytes stand at another place too.
    #[error("one envelope stands twice: {}", twice(.place, .again))]
    Twice {
        /// Where it stands first.
        place: SealedFor,
        /// Where it stands once more.
        again: SealedFor,
    },
    /// It names no place, where others do.
    #[error("the envelope at `{at}` does not say which pin it was sealed for, and others here do", at = name(.place))]
    Unbound {
        /// Where it stands.
        place: SealedFor,
    },
}

impl EnvelopeFault {
    /// Whether it is one of before among others, which `reseal` takes.
    pub(crate) fn is_unbound(&self) -> bool {
        matches!(self, EnvelopeFault::Unbound { .. })
    }
}

/// Compares envelopes with the places they stand at; gives every fault. Envelopes of before, which name no place, are taken
/// where all are such.
pub(crate) fn misplaced<'a>(envelopes: impl IntoIterator<Item = (SealedFor, &'a Envelope)>) -> Vec<EnvelopeFault> {
    let mut faults = Vec::new();
    let mut unbound = Vec::new();
    let mut bound = false;
    let mut seen: BTreeMap<&str, SealedFor> = BTreeMap::new();
    for (place, envelope) in envelopes {
        match envelope.sealed_for() {
            Err(reason) => faults.push(EnvelopeFault::Unreadable { place, reason }),
            Ok(Some(sealed_for)) if sealed_for != place => {
                bound = true;
                faults.push(EnvelopeFault::Elsewhere { place, sealed_for });
            }
            Ok(sealed_for) => {
                match sealed_for {
                    Some(_) => bound = true,
                    None => unbound.push(place.clone()),
                }
                if let Some(again) = seen.insert(&envelope.0, place.clone()) {
                    faults.push(EnvelopeFault::Twice { place: again, again: place });
                }
            }
        }
    }
    if bound {
        faults.extend(unbound.into_iter().map(|place| EnvelopeFault::Unbound { place }));
    }
    faults
}

impl Lock {
    /// Every envelope with the place it stands at.
    pub fn envelopes(&self) -> impl Iterator<Item = (SealedFor, &Envelope)> {
        let pins = self.parts.iter().flat_map(|(part, it)| it.pins.iter().map(move |(name, pin)| (part, name, pin)));
        let all = pins.flat_map(|(part, name, pin)| pin.envelopes().map(move |it| (part, name, it)));
        all.map(|(part, name, envelope)| (SealedFor::new(&self.bundle, part, name), envelope))
    }

    /// The envelopes that do not belong where they stand.
    pub(crate) fn misplaced(&self) -> Vec<EnvelopeFault> {
        misplaced(self.envelopes())
    }

    /// How many envelopes are bound to no place. One that cannot be read is not counted.
    pub fn unbound(&self) -> usize {
        self.envelopes().filter(|(_, envelope)| envelope.sealed_for() == Ok(None)).count()
    }
}

/// What is to be said of envelopes that are bound to no place, as those of older locks are.
pub fn unbound_note(unbound: usize) -> String {
    let (secrets, verb, them) = if unbound == 1 { ("secret", "is", "it") } else { ("secrets", "are", "them") };
    format!(
        "{unbound} {secrets} of this lock {verb} not bound to one place in it, as in locks of older versions: \
         `ichor reseal -i KEY` binds {them}"
    )
}

fn name(place: &SealedFor) -> String {
    format!("{}/{}", place.part, place.pin)
}

fn twice(place: &SealedFor, again: &SealedFor) -> String {
    let (one, other) = (name(place), name(again));
    if one == other { format!("both in `{one}`") } else { format!("at `{one}` and at `{other}`") }
}

/// A place as seen from another.
fn other(from: &SealedFor, place: &SealedFor) -> String {
    if from.bundle == place.bundle { name(place) } else { place.to_string() }
}
