//! Arguments of the verbs that fetch.

use std::path::PathBuf;
use std::time::Duration;

use ichor::edge::fetch::{Credentials, Proxies, Settings};

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

/// How images are carried
#[derive(clap::Args)]
pub struct CarryArgs {
    /// How many layers are carried at once
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// How many bytes a second all of them together may take: `500k`, `20M`, `1G`
    #[arg(long, value_name = "RATE", value_parser = rate)]
    limit_rate: Option<u64>,
    #[command(flatten)]
    reach: ReachArgs,
}

impl CarryArgs {
    pub fn settings(&self) -> Settings {
        Settings { jobs: self.jobs.into(), rate: self.limit_rate, ..self.reach.settings() }
    }
}

/// How hosts are reached
#[derive(clap::Args)]
pub struct ReachArgs {
    /// How long to wait for a connection, an answer, or the next bytes of one: seconds, or `1m30s`
    #[arg(long, value_name = "TIME", default_value = "30", value_parser = patience)]
    timeout: Duration,
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
            patience: self.timeout,
            rate: None,
            credentials: Credentials::of_user(&|name| crate::environment(name)),
            proxies: Proxies::of_user(&|name| crate::environment(name)),
            user_file: self.config.clone().or_else(usual),
        }
    }
}

/// Reads bytes a second: a number, and `k`, `M` or `G` for 1024 times each.
pub fn rate(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1 << 10),
        None => match text.strip_suffix('M') {
            Some(digits) => (digits, 1 << 20),
            None => text.strip_suffix('G').map_or((text, 1), |digits| (digits, 1 << 30)),
        },
    };
    let number: u64 = digits.parse().map_err(|_| "it is no number of bytes such as `20M`".to_owned())?;
    let rate = number.checked_mul(factor).ok_or("it is too large")?;
    if rate >= 1 << 10 { Ok(rate) } else { Err("it must be 1k at the least".into()) }
}

/// Reads a time from one second to an hour.
fn patience(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    let friendly = || text.parse::<jiff::SignedDuration>().ok()?.try_into().ok();
    let read: Duration = seconds.or_else(friendly).ok_or("it is neither a number of seconds nor like `1m30s`")?;
    let allowed = Duration::from_secs(1)..=Duration::from_secs(3600);
    if allowed.contains(&read) { Ok(read) } else { Err("it must be from one second to an hour".into()) }
}
