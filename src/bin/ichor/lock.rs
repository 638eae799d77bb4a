//! `ichor lock`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::clock;
use ichor::ops::fetching::Fetching;
use ichor::ops::lock::Options;
use ichor::ops::{self, Error};
use ichor::stage::resolve::Update;

use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Resolves the spec, mints the certificates and secrets that are missing, and writes the lock
///
/// What the spec did not change stays as it is locked.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// A file with an age identity or SSH key; needed only where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
    /// Moves all parts, or those named with `--update=PART`, to the newest versions the spec allows
    #[arg(long, value_name = "PART", num_args = 0..=1, default_missing_value = "")]
    update: Vec<String>,
    /// Shows what would change, and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// Writes nothing; exits 1, showing the change, where the lock would change
    #[arg(long, conflicts_with = "dry_run")]
    locked: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let settings = args.network.settings();
    let update = match args.update.as_slice() {
        [] => Update::None,
        all if all.iter().any(String::is_empty) => Update::All,
        parts => Update::Parts(parts.iter().cloned().collect()),
    };
    let write = !args.dry_run && !args.locked;
    let reporter = Reporter::new();
    let options = Options {
        identities: &args.identity,
        update: &update,
        write,
        fetching: Fetching { settings: &settings, progress: &reporter },
    };
    let locked = ops::lock::lock(&args.spec, options, clock::now())?;
    drop(reporter);
    if !write {
        print!("{}", locked.diff);
        let what = if locked.changed { "would change" } else { "unchanged:" };
        eprintln!("{what} {}", locked.path.display());
        return Ok(if locked.changed && args.locked { ExitCode::from(1) } else { ExitCode::SUCCESS });
    }
    for pin in &locked.minted {
        eprintln!("minted {pin}");
    }
    for pin in &locked.dropped {
        eprintln!("dropped {pin}: nothing asks for it any more");
    }
    let what = if locked.changed { "wrote" } else { "unchanged:" };
    eprintln!("{what} {}", locked.path.display());
    Ok(ExitCode::SUCCESS)
}
