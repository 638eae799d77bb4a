//! `ichor completions`.

use std::process::ExitCode;

use clap_complete::Shell;
use ichor::edge::disk;
use ichor::ops::Error;

/// Prints a completion script for a shell
#[derive(clap::Args)]
pub struct Args {
    shell: Shell,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::command(), "ichor", &mut script);
    disk::print(&script)?;
    Ok(ExitCode::SUCCESS)
}
