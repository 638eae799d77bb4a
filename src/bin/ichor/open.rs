//! `ichor open`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::disk::{self, Access};
use ichor::edge::guard;
use ichor::ops::{self, Error};

/// Opens a bundle: the Talos control-plane patch with the secrets in it
#[derive(clap::Args)]
pub struct Args {
    /// The bundle
    #[arg(default_value = "result")]
    bundle: PathBuf,
    /// A file with an age identity or SSH key
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
    /// Writes the patch here, readable by its owner alone, instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Writes even where git would track the file, or others can reach it
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    if let (Some(path), false) = (&args.output, args.force) {
        guard::check(path)?;
    }
    let opened = ops::open::open(&args.bundle, &args.identity)?;
    let patch = opened.patch();
    match &args.output {
        Some(path) => disk::write(path, patch.as_bytes(), Access::Owner)?,
        None => {
            let failed = |source| disk::Error { action: "write", path: "standard output".into(), source };
            io::stdout().write_all(patch.as_bytes()).map_err(failed)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
