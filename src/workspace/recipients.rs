//! Whom the rules of SOPS name.

use std::path::{Path, PathBuf};

use super::Error;
use crate::base::diagnostic::Place;
use crate::base::recipient::Recipient;
use crate::edge::disk;
use crate::edge::unfinished::folder_of;
use crate::stage::spec::sops_rules;

/// The age keys that a `.sops.yaml` names for the lock at a path, which holds what is sealed. `place` is where a spec names
/// the file.
pub(crate) fn of_rules(rules: &Path, lock: &Path, place: Option<&Place>) -> Result<Vec<Recipient>, Error> {
    let text = disk::read_any_text(rules)?;
    let (folder, lock) = (real(folder_of(rules)), real(lock));
    let below = lock.strip_prefix(&folder).unwrap_or(&lock);
    sops_rules::recipients(&text, &below.to_string_lossy()).map_err(|fault| Error::Rules {
        path: rules.into(),
        fault,
        place: place.cloned().map(Box::new),
    })
}

/// A path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let whole = |above: &Path| Some(above.canonicalize().ok()?.join(path.strip_prefix(above).ok()?));
    path.ancestors().find_map(whole).unwrap_or_else(|| path.clone())
}
