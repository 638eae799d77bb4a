//! `ichor push`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::edge::fetch::Silent;
use ichor::ops::{self, Error};
use ichor::workspace::fetching::Fetching;

use crate::network::ReachArgs;

/// Puts a bundle into a registry; its secrets stay sealed
///
/// Prints what to pull it by.
#[derive(clap::Args)]
pub struct Args {
    /// Where to: oci://HOST/NAME:TAG
    address: String,
    /// The bundle
    #[arg(default_value = "result")]
    bundle: PathBuf,
    #[command(flatten)]
    reach: ReachArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let settings = args.reach.settings();
    let digest = ops::push::push(&args.bundle, &args.address, Fetching { settings: &settings, progress: &Silent })?;
    disk::print(format!("{}@{digest}\n", args.address).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
