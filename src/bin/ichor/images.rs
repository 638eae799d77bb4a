//! `ichor images`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use ichor::edge::disk;
use ichor::ops::{self, Error};

/// Lists every container image the cluster will pull, one a line: what an air-gapped site has to mirror
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// `json` names the parts of each, too
    #[arg(long, value_enum, default_value = "lines")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Lines,
    Json,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let images = ops::images::images(&args.spec)?;
    let text = match args.format {
        Format::Lines => images.keys().map(|it| format!("{it}\n")).collect(),
        Format::Json => serde_json::to_string_pretty(&images).expect("names are plain data") + "\n",
    };
    disk::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
