//! What is sealed in the releases of GitOps that parts come from: opened when a lock is made.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::base::memory;
use crate::base::secret::Secret;
use crate::edge::age;
use crate::edge::mint::Mint;
use crate::gitops::{self, Trees, Unseal};
use crate::ops::Error;
use crate::stage::lock::{Lock, LockedRelease};
use crate::stage::resolve::Inputs;
use crate::stage::spec::{Content, Released};
use crate::workspace::{self, Workspace};

/// The sealed values of a part's release, but for those that the part sets itself.
pub(super) fn secrets(
    workspace: &Workspace,
    part: &str,
    inputs: &Inputs,
    mint: &mut Mint<'_>,
) -> Result<Vec<(Vec<Json>, Secret)>, Error> {
    let Some(released) = released(workspace, part).filter(|it| it.release.secret_digest.is_some()) else {
        return Ok(Vec::new());
    };
    memory::may_hold_secrets();
    let mut keys = Keys { mint, fault: None };
    let path = released.written.split('#').next().unwrap_or_default();
    let read =
        workspace.trees().open(path).and_then(|(tree, _)| gitops::release(&*tree, &released.wanted, Some(&mut keys)));
    match (read, keys.fault) {
        (_, Some(fault)) => Err(fault.into()),
        (Err(fault), None) => Err(workspace::Error::Spec(vec![fault.diagnostic(&released.place)]).into()),
        (Ok(release), None) => {
            let secrets = release.secrets.unwrap_or_default().into_iter();
            Ok(secrets.filter(|(path, _)| !inputs.is_own(path)).collect())
        }
    }
}

/// The objects of GitOps that were locked otherwise, as sentences.
pub(super) fn moved(before: &BTreeMap<String, LockedRelease>, lock: &Lock) -> Vec<String> {
    let mut moved = Vec::new();
    for (name, old) in before {
        let Some(new) = lock.parts.get(name).and_then(|it| it.release.as_ref()) else { continue };
        for (object, read) in &new.read {
            if old.read.get(object) != Some(read) {
                moved.push(format!("part {name}: {object} in {} is not as it was when it was locked", read.path));
            }
        }
        let gone = old.read.iter().filter(|(object, _)| !new.read.contains_key(*object));
        moved.extend(gone.map(|(object, it)| format!("part {name}: {object} is not in {} any more", it.path)));
    }
    moved
}

/// The release of GitOps that a part comes from.
pub(super) fn released<'w>(workspace: &'w Workspace, part: &str) -> Option<&'w Released> {
    let part = workspace.spec.parts.iter().find(|it| it.name == part)?;
    match &part.content {
        Content::Chart(chart) => chart.released.as_deref(),
        Content::Manifest { .. } => None,
    }
}

/// Opens with the keys of a lock that is made, and keeps why it did not.
struct Keys<'k, 'm> {
    mint: &'k mut Mint<'m>,
    fault: Option<age::Error>,
}

impl Unseal for Keys<'_, '_> {
    fn decrypt(&mut self, path: &str, bytes: &[u8]) -> Result<Secret, String> {
        self.mint.decrypt(path, bytes).map_err(|fault| {
            let message = fault.to_string();
            self.fault = Some(fault);
            message
        })
    }
}
