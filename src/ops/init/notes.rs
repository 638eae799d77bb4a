//! What to know of a new spec before anything is locked.

use std::path::{self, Path};

use super::{CILIUM, TALOS, Wishes, lock};
use crate::review::rules::{cilium, talos};

/// What of the wishes is outside of what is known, and what belongs to another workspace than one may think.
pub fn notes(folder: &Path, wishes: &Wishes) -> Vec<String> {
    [elsewhere(folder, &wishes.name), unknown(wishes), unsupported(wishes)].concat()
}

/// The lock of a new spec lies in a folder above where one has `lockfiles`, as in a clone of somebody else's repository.
pub fn elsewhere(folder: &Path, name: &str) -> Vec<String> {
    let lock = lock(folder, name);
    let own = folder.join("lockfiles");
    if path::absolute(&lock).ok() == path::absolute(own.join(format!("{name}.lock"))).ok() {
        return Vec::new();
    }
    vec![format!(
        "its lock will be {}, for a folder above has `lockfiles`; to keep it with the spec: mkdir {}",
        lock.display(),
        own.display()
    )]
}

fn unknown(wishes: &Wishes) -> Vec<String> {
    let mut notes = Vec::new();
    if talos::kubernetes(wishes.talos).is_none() {
        notes
            .push(format!("`check` does not know the rules of Talos {}: the newest it knows is {TALOS}", wishes.talos));
    }
    if cilium::kubernetes(&wishes.cilium).is_none() {
        let (major, minor) = wishes.minor();
        notes.push(format!("`check` has no tables of Cilium {major}.{minor}: the newest it knows is {CILIUM}"));
    }
    notes
}

fn unsupported(wishes: &Wishes) -> Vec<String> {
    let mut notes = Vec::new();
    let kubernetes = wishes.kubernetes.as_str();
    let minor = kubernetes.trim_start_matches('v').split('.').nth(1).and_then(|it| it.parse::<u32>().ok());
    let Some(minor) = minor else { return notes };
    if let Some((first, last)) = talos::kubernetes(wishes.talos).filter(|(first, last)| minor < *first || minor > *last)
    {
        let talos = wishes.talos;
        notes.push(format!("Talos {talos} supports Kubernetes 1.{first} to 1.{last}, not {kubernetes}"));
    }
    if let Some((first, last)) = cilium::kubernetes(&wishes.cilium).filter(|(_, last)| minor > *last) {
        let cilium = &wishes.cilium;
        notes.push(format!("Cilium {cilium} was tested with Kubernetes 1.{first} to 1.{last}, not with {kubernetes}"));
    }
    notes
}
