//! Charts: what a folder or archive holds, and the tree of charts below it.

mod archive;
mod dependency;
mod entries;
mod error;
mod gzip;
pub mod ignore;
mod load;
mod metadata;
mod structure;
mod tree;

pub use archive::{looks_like_archive, unpack};
pub use dependency::{Dependency, ImportValue};
pub use error::ChartError;
pub use load::MAX_FILE_SIZE;
pub use metadata::{Maintainer, Metadata};
pub(super) use tree::NodeId;
pub use tree::{Chart, Crd, File, Node};

use super::helm_version::HelmVersion;
use crate::tree::FileTree;

impl Chart {
    /// The chart in a folder. Files that `.helmignore` names are left out.
    ///
    /// Mirrors `pkg/chart/v2/loader.LoadDir` without the walk itself.
    pub fn load(tree: &FileTree, helm: HelmVersion) -> Result<Chart, ChartError> {
        let rules = ignore::Rules::of(tree)?;
        let mut files: Vec<File> = tree
            .iter()
            .filter(|(path, _)| !rules.leaves_out(path.as_str()))
            .map(|(path, bytes)| File::new(path.as_str(), bytes))
            .collect();
        // A walk lists names folder by folder, so that `a/b` comes before `a.txt`.
        files.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
        load::load(files, helm)
    }

    /// The chart in a gzipped tar archive.
    pub fn load_archive(bytes: &[u8], helm: HelmVersion) -> Result<Chart, ChartError> {
        load::load(unpack(bytes)?, helm)
    }

    /// The chart in these files, whose names are relative to the chart's folder.
    pub fn load_files(files: Vec<File>, helm: HelmVersion) -> Result<Chart, ChartError> {
        load::load(files, helm)
    }
}
