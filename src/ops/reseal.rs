//! `ichor reseal`: the same secrets to other recipients.

use std::path::{Path, PathBuf};

use super::{Error, Workspace};
use crate::base::recipient::Recipient;
use crate::edge::age::{Opener, Sealer};
use crate::edge::disk::{self, Access};

/// What resealing did.
#[derive(Clone, Debug)]
pub struct Resealed {
    pub path: PathBuf,
    /// How many envelopes were made anew.
    pub envelopes: usize,
    pub added: Vec<Recipient>,
    pub removed: Vec<Recipient>,
}

/// Opens every envelope of the lock and seals it to the recipients of the spec at a path.
pub fn reseal(spec: &Path, identities: &[String]) -> Result<Resealed, Error> {
    let workspace = Workspace::read(spec)?;
    let (mut lock, _) = workspace.lock()?;
    if identities.is_empty() {
        return Err(Error::NoIdentity);
    }
    let opener = Opener::read(identities)?;
    let wanted = &workspace.spec.recipients;
    let sealer = Sealer::new(wanted)?;
    let mut envelopes = 0;
    for (part, locked) in &mut lock.parts {
        for (name, pin) in &mut locked.pins {
            let full = format!("{part}/{name}");
            if let Some(envelope) = &mut pin.sealed {
                let secret = opener.open(&full, envelope)?;
                if pin.certificate.as_ref().is_some_and(|it| !it.is_of_key(secret.expose())) {
                    return Err(Error::WrongKey { pin: full });
                }
                *envelope = sealer.seal(&secret)?;
                envelopes += 1;
            }
            if let Some(successor) = &mut pin.successor {
                let secret = opener.open(&full, &successor.sealed)?;
                if !successor.certificate.is_of_key(secret.expose()) {
                    return Err(Error::WrongKey { pin: full });
                }
                successor.sealed = sealer.seal(&secret)?;
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
    disk::replace(&workspace.lock_path, lock.encode().as_bytes(), Access::Public)?;
    Ok(Resealed { path: workspace.lock_path, envelopes, added, removed })
}
