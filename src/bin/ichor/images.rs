//! `ichor images`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use ichor::edge::disk;
use ichor::ops::{self, Error};

/// Lists the container images that the cluster will pull
///
/// One a line: what an air-gapped site has to mirror.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// `json` names the parts of each, too
    #[arg(long, value_enum, default_value = "lines")]
    format: Format,
    /// Lists what reads as an image elsewhere too, in arguments, variables and settings: an operator may have it pulled
    #[arg(long)]
    guessed: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Lines,
    Json,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let named = ops::images::images(&args.spec)?;
    let mut images = named.run;
    if args.guessed {
        images.extend(named.elsewhere);
    } else if !named.elsewhere.is_empty() {
        say!(
            "note: what runs there may pull more. These are named in arguments, variables or settings (`--guessed` lists them, too):"
        );
        for (image, parts) in &named.elsewhere {
            say!("  {image} ({})", parts.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        }
    }
    let text = match args.format {
        Format::Lines => images.keys().map(|it| format!("{it}\n")).collect(),
        Format::Json => serde_json::to_string_pretty(&images).expect("names are plain data") + "\n",
    };
    disk::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
