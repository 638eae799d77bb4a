//! `ichor verify`: rebuilds a bundle and compares.

use std::path::Path;

use super::{Error, build, pull, signed};
use crate::base::digest::Digest;
use crate::stage::bundle::Bundle;
use crate::workspace::fetching::Fetching;
use crate::workspace::{Workspace, bundle};

/// What the comparison showed.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The digest of the bundle at hand.
    pub digest: Digest,
    /// The files that a rebuild makes otherwise, or that only one of the two has.
    pub differ: Vec<String>,
    /// Whether the files are the same, and the archive around them is not: other entries, order, owners, compression.
    pub repacked: bool,
    /// The version of the ichor that built it, where that is not this one.
    pub other_ichor: Option<String>,
}

/// Rebuilds the spec at a path from its lock and compares it with a bundle: a file, or `oci://HOST/NAME:TAG`.
pub fn verify(spec: &Path, bundle: &Path, fetching: Fetching<'_>) -> Result<Verified, Error> {
    let (given, bytes) = match bundle.to_str().filter(|it| it.starts_with("oci://")) {
        Some(address) => {
            let fetched = pull::fetch(address, fetching)?;
            (fetched.bundle, fetched.bytes)
        }
        None => bundle::read_unchecked(bundle)?,
    };
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let rebuilt = build::fresh(&workspace, &lock)?;
    if signed::is_vendored(&workspace) {
        signed::charts(&workspace, &lock)?;
    }
    let mut differ: Vec<String> = Vec::new();
    for (one, other) in [(&given, &rebuilt), (&rebuilt, &given)] {
        let unlike = one.files().iter().filter(|(path, bytes)| other.files().get(path.as_str()) != Some(*bytes));
        differ.extend(unlike.map(|(path, _)| path.to_string()));
    }
    differ.sort();
    differ.dedup();
    let repacked = differ.is_empty() && bytes != rebuilt.encode();
    let built_by = |bundle: &Bundle| bundle.index().ichor.clone();
    let other_ichor = Some(built_by(&given)).filter(|it| *it != built_by(&rebuilt));
    Ok(Verified { digest: given.digest(), differ, repacked, other_ichor })
}
