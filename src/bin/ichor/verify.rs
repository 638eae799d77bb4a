//! `ichor verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::ops::{self, Error};

/// Rebuilds a bundle from its spec and lock, and compares; exits 1 where they differ
#[derive(clap::Args)]
pub struct Args {
    /// The bundle
    #[arg(default_value = "result")]
    bundle: PathBuf,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let verified = ops::verify::verify(&args.spec, &args.bundle)?;
    if verified.differ.is_empty() {
        println!("{}  verified", verified.digest);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}  differs from what {} builds:", verified.digest, args.spec.display());
    for path in &verified.differ {
        println!("  {path}");
    }
    Ok(ExitCode::from(1))
}
