//! `ichor lock`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::clock;
use ichor::ops::{self, Error};

/// Resolves the spec, mints the certificates and secrets that are missing, and writes the lock
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// A file with an age identity or SSH key; needed only where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let locked = ops::lock::lock(&args.spec, &args.identity, clock::now())?;
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
