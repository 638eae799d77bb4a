//! `ichor handoff`: from the bootstrap to GitOps.

mod argocd;
mod content;
mod differs;
mod flux;
mod flux_secrets;
mod guide;
mod kept;
mod sealed;
mod shown;
mod there;

pub use argocd::{Repository, argocd};
pub use flux::flux;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::deliver::changes::ValueChange;
use crate::deliver::files::Files;
use crate::edge::random;
use crate::ops::Error;
use crate::ops::error::{HandoffError, Remade};
use crate::stage::lock::Lock;
use crate::stage::render::{self, Rendered};
use crate::stage::spec::Network;
use crate::stage::vendored::{Vendored, VendoredContent};
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;
use guide::HelmAfter;

/// A hand-over to Flux or Argo CD.
#[derive(Clone, Debug)]
pub struct Handoff {
    pub bundle: String,
    /// By path below the folder of the hand-over.
    pub files: Files,
    /// What changes from the bootstrap's values, by part.
    pub changes: BTreeMap<String, Vec<ValueChange>>,
    /// Which Helm the tool renders with, and what it prints otherwise than the lock's.
    pub helm: HelmAfter,
    /// What the tool makes anew though the bootstrap has made it: Secrets by part.
    pub remade: BTreeMap<String, Remade>,
    /// What leaves the release and must stay in the cluster.
    pub kept: Vec<String>,
}

/// More values for the time after the bootstrap.
#[derive(Clone, Debug)]
pub struct Later {
    /// The part; may be left out where the spec has one chart.
    pub part: Option<String>,
    pub file: PathBuf,
}

/// Who opens what is sealed, and the folder where it will lie under SOPS.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Identity files.
    pub identities: &'a [String],
    pub folder: &'a Path,
}

/// What every hand-over begins with.
struct Prepared {
    workspace: Workspace,
    network: Network,
    lock: Lock,
    vendored: Vendored,
    rendered: Rendered,
    later: BTreeMap<String, Vec<PathBuf>>,
}

impl Prepared {
    fn read(spec: &Path, later: &[Later], fetching: Fetching<'_>) -> Result<Prepared, Error> {
        let workspace = Workspace::read(spec)?;
        let network = fetching.network(&workspace)?;
        let (lock, _) = workspace.lock()?;
        let vendored = workspace.vendored(&lock)?;
        let is_chart = |it: &&str| {
            let found = vendored.parts().iter().find(|part| part.name == **it);
            found.is_some_and(|it| matches!(it.content, VendoredContent::Chart { .. }))
        };
        let charts: Vec<&str> = vendored.parts().iter().map(|it| it.name.as_str()).filter(is_chart).collect();
        let mut layers: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for layer in later {
            let part = match (&layer.part, charts.as_slice()) {
                (Some(part), charts) if charts.contains(&part.as_str()) => part.clone(),
                (None, [only]) => (*only).to_owned(),
                (named, _) => {
                    let charts = charts.iter().map(|it| (*it).to_owned()).collect();
                    return Err(HandoffError::NoSuchChart { named: named.clone(), charts }.into());
                }
            };
            layers.entry(part).or_default().push(layer.file.clone());
        }
        let rendered = render::render(&vendored, &random::seed(), None)?;
        Ok(Prepared { workspace, network, lock, vendored, rendered, later: layers })
    }

    /// The values for the time after the bootstrap.
    fn layers(&self, part: &str) -> Vec<&Path> {
        self.later.get(part).into_iter().flatten().map(PathBuf::as_path).collect()
    }
}

impl Handoff {
    /// Refuses a hand-over that has keys made anew.
    pub fn check_keys(&self) -> Result<(), Error> {
        if self.remade.is_empty() { Ok(()) } else { Err(HandoffError::Remade { parts: self.remade.clone() }.into()) }
    }
}
