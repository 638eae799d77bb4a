//! What was proved of a bundle, and what was not.

use std::path::Path;

use ichor::stage::bundle::Bundle;

/// Says whether a bundle was compared with a lock.
pub fn say(bundle: &Path, lock: Option<&Path>) {
    let bundle = bundle.display();
    match lock {
        Some(lock) => say!(
            "note: it matches the lock {}: its parts, manifests, images and envelopes; `ichor verify {bundle}` proves the rest",
            lock.display()
        ),
        None => say!(
            "note: it was not compared with a lock, so anyone who could write the file may have changed it; `ichor open --lock FILE \
             {bundle}` compares it with a lock, `ichor verify {bundle}` builds it anew"
        ),
    }
}

/// The two hashes of a bundle, each with what it is of.
pub fn hashes(bundle: &Bundle) -> String {
    format!("{}  the bundle\n{}  what it unpacks to, as Nix hashes it\n", bundle.digest(), bundle.nar_hash())
}
