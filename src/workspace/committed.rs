//! A workspace as it stood in a commit.

use std::path::Path;

use super::fetching::{self, AtHand};
use super::{Error, side};
use crate::base::digest::Digest;
use crate::edge::blobs::Blobs;
use crate::edge::disk;
use crate::edge::fetch::LocalBlobs;
use crate::edge::git::{self, Git};
use crate::edge::gitops::CommittedTrees;
use crate::review::compare::Side;
use crate::stage::lock::Lock;
use crate::stage::spec::Spec;

/// The spec at a path and its lock as they stood in a commit. Where there were none, everything is new. Nothing where the
/// spec lies outside of the repository.
pub(crate) fn side(
    name: &str,
    spec: &Path,
    git: &Git,
    commit: &str,
    known: Option<&Side>,
) -> Result<Option<Side>, Error> {
    let own = spec;
    let absolute = std::path::absolute(own).unwrap_or_else(|_| own.into());
    let folder = absolute.parent().unwrap_or(Path::new("/"));
    // git tells the top with links resolved.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let Ok(folder) = folder.strip_prefix(&git.top) else { return Ok(None) };
    let folder = folder.to_string_lossy().into_owned();
    let file = absolute.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let path = git::clean(&folder, &file).unwrap_or(file);
    let revision = git.revision(commit)?;
    let Some(text) = revision.read(&path)? else {
        return Ok(Some(side::nothing(name, format!("there is no {path} in it"))));
    };
    let shown = format!("{name}:{path}");
    let spec = Spec::parse(&shown, &String::from_utf8_lossy(&text), &CommittedTrees::new(&revision, &folder))
        .map_err(Error::Spec)?;
    let mut above = Some(folder.as_str());
    let root = loop {
        match above {
            Some(it) if revision.is_folder(join(it, "lockfiles").as_str()) => break it,
            Some("") | None => break folder.as_str(),
            Some(it) => above = Some(it.rsplit_once('/').map_or("", |(it, _)| it)),
        }
    };
    let lock_path = join(root, &format!("lockfiles/{}.lock", spec.bundle));
    let Some(text) = revision.read(&lock_path)? else {
        return Ok(Some(side::nothing(name, format!("there is no {lock_path} in it"))));
    };
    let lock = Lock::decode(&String::from_utf8_lossy(&text))
        .map_err(|fault| Error::Lock { path: format!("{name}:{lock_path}").into(), fault })?;
    let local =
        LocalBlobs { vendor: Blobs::at(&disk::workspace(own, &spec.bundle).join("vendor")), cache: Blobs::of_user() };
    // What is vendored now need not be what was then: that is in git, where `vendor` is.
    let vendored = |digest: &Digest| {
        let here = fetching::look(&local, digest)?;
        if let AtHand::Content(_) = here {
            return Ok(here);
        }
        let bytes = revision.read(&join(root, &format!("vendor/blobs/sha256/{}", digest.hex())));
        let bytes = bytes.map_err(|it| git::fault(&it))?;
        Ok(bytes.filter(|it| Digest::of(it) == *digest).map_or(here, AtHand::Content))
    };
    let remote = |key: &str, _: &_, text: &str| fetching::found(Some(&lock), &vendored, key, text);
    Ok(Some(side::of_workspace(name, &spec, &lock, &revision.sources(&folder, &remote), known)))
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
