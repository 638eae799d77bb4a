//! `ichor verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::edge::fetch::Silent;
use ichor::ops::{self, Error};
use ichor::workspace::fetching::Fetching;

use crate::network::ReachArgs;

/// Rebuilds a bundle and compares; exits 1 where they differ
#[derive(clap::Args)]
pub struct Args {
    /// The bundle: a file, or oci://HOST/NAME:TAG
    #[arg(default_value = "result")]
    bundle: PathBuf,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
    #[command(flatten)]
    reach: ReachArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let settings = args.reach.settings();
    let fetching = Fetching { settings: &settings, progress: &Silent };
    let verified = ops::verify::verify(&args.spec, &args.bundle, fetching)?;
    if verified.differ.is_empty() && !verified.repacked {
        disk::print(format!("{}  verified\n", verified.digest).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("{}  differs from what {} builds:\n", verified.digest, args.spec.display());
    text.extend(verified.differ.iter().map(|path| format!("  {path}\n")));
    if verified.repacked {
        text.push_str("  the archive itself: its files are the same, and packed otherwise\n");
    }
    disk::print(text.as_bytes())?;
    Ok(ExitCode::from(1))
}
