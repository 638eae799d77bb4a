//! Arguments of the verbs that fetch.

use std::path::PathBuf;
use std::time::Duration;

use ichor::edge::fetch::{Credentials, Settings};

/// How sources are fetched
#[derive(clap::Args)]
pub struct NetworkArgs {
    /// Uses vendor and the cache alone
    #[arg(long)]
    offline: bool,
    /// How many sources are fetched at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    #[command(flatten)]
    reach: ReachArgs,
}

/// How hosts are reached
#[derive(clap::Args)]
pub struct ReachArgs {
    /// How many seconds to wait for a connection, an answer, or the next bytes of one
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
    /// The file with your own mirrors, plain-http hosts and certificates [default: ~/.config/ichor/config.yaml]
    #[arg(long, value_name = "FILE", env = "ICHOR_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
}

impl NetworkArgs {
    pub fn settings(&self) -> Settings {
        Settings { offline: self.offline, jobs: self.jobs.into(), ..self.reach.settings() }
    }
}

impl ReachArgs {
    /// For one source at a time.
    pub fn settings(&self) -> Settings {
        let set = |name: &str| crate::environment(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let usual = || {
            let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
            Some(folder.join("ichor/config.yaml"))
        };
        Settings {
            offline: false,
            jobs: 1,
            patience: Duration::from_secs(self.timeout.into()),
            credentials: Credentials::of_user(&|name| crate::environment(name)),
            user_file: self.config.clone().or_else(usual),
        }
    }
}
