//! `ichor vendor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::base::number::count;
use ichor::edge::disk;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::workspace::fetching::Fetching;

use crate::fleet::Fleet;
use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Fetches everything the lock names into `vendor/`
///
/// That is an OCI image layout. From then on a build needs no network.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Looks whether everything is there and whole, and changes nothing; exits 1 where it is not
    #[arg(long, conflicts_with = "prune")]
    check: bool,
    /// Removes what no lock of the workspace names
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    fleet: Fleet,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    if args.fleet.is_given() {
        return args.fleet.run(Joined::Headed, |member| one(args, &member.path));
    }
    one(args, &args.spec)
}

fn one(args: &Args, spec: &Path) -> Result<ExitCode, Error> {
    if args.check {
        let faults = ops::vendor::check(spec)?;
        disk::print(faults.iter().map(|it| format!("{it}\n")).collect::<String>().as_bytes())?;
        if faults.is_empty() {
            say!("vendor holds everything the lock names");
            return Ok(ExitCode::SUCCESS);
        }
        say!("run `ichor vendor` to mend it");
        return Ok(ExitCode::from(1));
    }
    let settings = args.network.settings();
    let reporter = Reporter::new();
    let fetching = Fetching { settings: &settings, progress: &reporter };
    let vendored = ops::vendor::vendor(spec, fetching, args.prune)?;
    drop(reporter);
    if let Some(pruned) = vendored.pruned {
        say!("removed {} and {} that no lock names", count(pruned.entries, "artifact"), count(pruned.blobs, "blob"));
    }
    say!("{} holds {} from elsewhere", vendored.folder.display(), count(vendored.sources, "source"));
    Ok(ExitCode::SUCCESS)
}
