//! `ichor pull`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::fetch::Silent;
use ichor::ops::{self, Error};
use ichor::workspace::fetching::Fetching;

use crate::network::ReachArgs;
use crate::proof;

/// Fetches a bundle from a registry, and prints its digest
#[derive(clap::Args)]
pub struct Args {
    /// Where from: oci://HOST/NAME:TAG or oci://HOST/NAME@sha256:...
    address: String,
    /// Writes the bundle here [default: the bundle's name and `.tar.gz`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Writes the bundle only where it is that of this lock
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let settings = args.reach.settings();
    let fetching = Fetching { settings: &settings, progress: &Silent };
    let pulled = ops::pull::pull(&args.address, args.output.as_deref(), args.lock.as_deref(), fetching)?;
    say!("wrote {}", pulled.path.display());
    match pulled.by_tag {
        true => say!("note: the tag stands for {} now, and does not prove who put it there", pulled.manifest),
        false => say!("note: it is what {} stands for, to the byte", pulled.manifest),
    }
    proof::say(&pulled.path, args.lock.as_deref());
    proof::print_hashes(&pulled.bundle, &pulled.path)?;
    Ok(ExitCode::SUCCESS)
}
