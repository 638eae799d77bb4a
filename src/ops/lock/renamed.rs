//! The names of pins that were made anew.

use std::collections::BTreeMap;

use crate::stage::lock::{LockedPart, Pin};
use crate::stage::render::RenderedPart;

/// Gives certificates that were made now the names of those that they replace: of the same function and common name, but
/// with other names or another validity. Gives the new name of each.
pub(super) fn take_over(
    part: &mut LockedPart,
    before: &BTreeMap<String, Pin>,
    rendered: &RenderedPart,
) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for minted in rendered.minted.keys() {
        let Some(pin) = part.pins.get(minted).filter(|it| it.certificate.is_some()) else { continue };
        let replaced = before.iter().find(|(name, old)| {
            !part.pins.contains_key(*name) && old.function == pin.function && old.args.first() == pin.args.first()
        });
        // What is known by this name would not be known by another.
        let mark = format!("/{minted}.key>");
        let is_named = part.pins.values().any(|pin| pin.args.iter().any(|it| it.to_string().contains(&mark)));
        if let (Some((name, _)), false) = (replaced, is_named) {
            names.insert(minted.clone(), name.clone());
            if let Some(pin) = part.pins.remove(minted) {
                part.pins.insert(name.clone(), pin);
            }
        }
    }
    names
}

/// The old pins still in use, and the new ones, whose secrets are sealed once their names are known.
pub(super) fn pins(part: &RenderedPart, old: &BTreeMap<String, Pin>) -> BTreeMap<String, Pin> {
    let used = old.iter().filter(|(name, _)| part.used.contains(*name));
    let minted = part.minted.iter().map(|(name, minted)| (name, &minted.pin));
    used.chain(minted).map(|(name, pin)| (name.clone(), pin.clone())).collect()
}
