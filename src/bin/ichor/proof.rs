//! What was proved of a bundle, and what was not.

use std::path::Path;

/// Says whether a bundle was compared with a lock.
pub fn say(bundle: &Path, lock: Option<&Path>) {
    let bundle = bundle.display();
    match lock {
        Some(lock) => say!(
            "note: it matches the lock {}: its parts, manifests, images and envelopes; `ichor verify {bundle}` proves the rest",
            lock.display()
        ),
        None => say!(
            "note: it was not compared with any lock: whoever could write it chose what stands in it; `ichor open --lock FILE \
             {bundle}` compares it with a lock, `ichor verify {bundle}` builds it anew"
        ),
    }
}
