//! `ichor man`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::ops::Error;

/// Writes the manual pages, one a verb, into an existing folder
#[derive(clap::Args)]
pub struct Args {
    folder: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let failed = |source| disk::Error { action: "write to", path: args.folder.clone(), source };
    clap_mangen::generate_to(crate::command(), &args.folder).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
