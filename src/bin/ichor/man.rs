//! `ichor man`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use ichor::edge::disk;
use ichor::ops::Error;

/// Writes the manual pages, one a verb, into a folder that is there
#[derive(clap::Args)]
pub struct Args {
    folder: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let failed = |source| disk::Error { action: "write to", path: args.folder.clone(), source };
    clap_mangen::generate_to(crate::Cli::command(), &args.folder).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
