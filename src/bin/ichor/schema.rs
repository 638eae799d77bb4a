//! `ichor schema`.

use std::process::ExitCode;

use ichor::edge::disk;
use ichor::ops::Error;
use ichor::stage::spec;

/// Prints the JSON schema of `ichor.yaml`, for editors
#[derive(clap::Args)]
pub struct Args {
    /// Prints the page of the documentation that tells every key
    #[arg(long)]
    markdown: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let text = if args.markdown { spec::reference() } else { format!("{:#}\n", spec::schema()) };
    disk::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
