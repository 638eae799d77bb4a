//! `ichor reseal`: the same secrets to other recipients.

use std::path::{Path, PathBuf};

use super::Error;
use crate::base::recipient::Recipient;
use crate::edge::age::{Opener, Sealer};
use crate::edge::disk::{self, Access};
use crate::edge::fetch::Progress;
use crate::stage::lock::EnvelopeFault;
use crate::workspace;
use crate::workspace::Workspace;

/// What resealing did.
#[derive(Clone, Debug)]
pub struct Resealed {
    pub path: PathBuf,
    /// How many envelopes were made anew.
    pub envelopes: usize,
    /// How many of them were bound to no place before.
    pub bound: usize,
    /// The bundle that the lock was of, where the spec names another.
    pub renamed: Option<String>,
    pub added: Vec<Recipient>,
    pub removed: Vec<Recipient>,
}

/// Opens every envelope of the lock and seals it to the recipients of the spec at a path, bound to its place.
pub fn reseal(spec: &Path, identities: &[String], progress: &dyn Progress) -> Result<Resealed, Error> {
    let (workspace, _hold) = Workspace::held(spec, "reseal", progress)?;
    let (mut lock, text) = workspace.unchecked_lock()?;
    let faults: Vec<EnvelopeFault> = lock.misplaced().into_iter().filter(|it| !it.is_unbound()).collect();
    if !faults.is_empty() {
        return Err(workspace::Error::Envelopes { path: workspace.lock_path, faults }.into());
    }
    let wanted = &workspace.spec.recipients;
    let sealer = Sealer::new(wanted, &workspace.spec.bundle)?;
    if identities.is_empty() {
        return Err(workspace::Error::NoIdentity.into());
    }
    let opener = Opener::read(identities)?;
    let bound = lock.unbound();
    let mut envelopes = 0;
    for (part, locked) in &mut lock.parts {
        for (name, pin) in &mut locked.pins {
            let full = format!("{part}/{name}");
            if let Some(envelope) = &mut pin.sealed {
                let secret = opener.open(&full, envelope)?;
                if pin.certificate.as_ref().is_some_and(|it| !it.is_of_key(secret.expose())) {
                    return Err(workspace::Error::WrongKey { pin: full }.into());
                }
                *envelope = sealer.seal(part, name, &secret)?;
                envelopes += 1;
            }
            if let Some(successor) = &mut pin.successor {
                let secret = opener.open(&full, &successor.sealed)?;
                if !successor.certificate.is_of_key(secret.expose()) {
                    return Err(workspace::Error::WrongKey { pin: full }.into());
                }
                successor.sealed = sealer.seal(part, name, &secret)?;
                envelopes += 1;
            }
        }
    }
    let missing = |from: &[Recipient], other: &[Recipient]| -> Vec<Recipient> {
        from.iter().filter(|it| other.iter().all(|other| other.key != it.key)).cloned().collect()
    };
    let added = missing(wanted, &lock.recipients);
    let removed = missing(&lock.recipients, wanted);
    lock.recipients = wanted.clone();
    let of = std::mem::replace(&mut lock.bundle, workspace.spec.bundle.clone());
    let renamed = Some(of).filter(|it| *it != lock.bundle);
    workspace.check_lock(Some(&text))?;
    disk::replace(&workspace.lock_path, lock.encode().as_bytes(), Access::Public)?;
    Ok(Resealed { path: workspace.lock_path, envelopes, bound, renamed, added, removed })
}
