//! `ichor upgrade`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::clock;
use ichor::ops::fetching::Fetching;
use ichor::ops::{self, Error};

use crate::diff::{self, Format};
use crate::lock;
use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Shows what another version of a part's chart changes, and takes it with --write
///
/// Certificates stay as they are: going back is an upgrade to the old version.
#[derive(clap::Args)]
pub struct Args {
    /// The part
    part: String,
    /// The version, or the path of an archive or folder
    version: String,
    /// The spec, or the folder it is in
    #[arg(long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Only shows what would change, which is what happens without --write
    #[arg(long, conflicts_with = "write")]
    plan: bool,
    /// Writes the spec and the lock
    #[arg(long)]
    write: bool,
    /// A file with an age identity or SSH key; needed only where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
    /// The form of what is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes to a file instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let settings = args.network.settings();
    let reporter = Reporter::new();
    let fetching = Fetching { settings: &settings, progress: &reporter };
    let upgraded = ops::upgrade::upgrade(
        &args.spec,
        &args.part,
        &args.version,
        &args.identity,
        fetching,
        args.write,
        clock::now(),
    )?;
    drop(reporter);
    diff::print(&upgraded.diff, args.format, args.output.as_deref())?;
    match &upgraded.locked {
        Some(locked) => {
            lock::say_pins(locked);
            for pin in &locked.dropped {
                say!("dropped {pin}: nothing asks for it any more");
            }
            say!("wrote {} and the spec", locked.path.display());
        }
        None if upgraded.refused => {
            say!("nothing was written: {} does not render with the values that are there", args.part);
            return Ok(ExitCode::from(1));
        }
        None => say!("nothing was written: `--write` takes it"),
    }
    Ok(ExitCode::SUCCESS)
}
