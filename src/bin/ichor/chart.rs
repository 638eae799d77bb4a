//! Arguments of the verbs that take any chart, as Helm's take one.

use clap::Args;
use ichor::edge::fetch::Silent;
use ichor::workspace::chart::ChartName;
use ichor::workspace::fetching::Fetching;

use crate::network::ReachArgs;

/// Where a chart lies, and how that is reached
#[derive(Args)]
pub struct ElsewhereArgs {
    /// The version of a chart that lies elsewhere, or a constraint
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// The address of a classic repository that holds the chart
    #[arg(long, value_name = "ADDRESS")]
    repo: Option<String>,
    /// Take versions before a release, too
    #[arg(long)]
    devel: bool,
    #[command(flatten)]
    reach: ReachArgs,
}

impl ElsewhereArgs {
    /// The chart of this name.
    pub fn chart(&self, name: &str) -> ChartName {
        let version = self.version.clone().filter(|it| !it.is_empty());
        let repo = self.repo.clone().filter(|it| !it.is_empty());
        ChartName { name: name.into(), version, repo, devel: self.devel }
    }

    /// Gives what is needed to fetch it.
    pub fn fetching<T>(&self, run: impl FnOnce(Fetching<'_>) -> T) -> T {
        run(Fetching { settings: &self.reach.settings(), progress: &Silent })
    }
}
