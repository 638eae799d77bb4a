//! `ichor build`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::clock;
use ichor::edge::store::Store;
use ichor::ops::build::Destination;
use ichor::ops::{self, Error};

/// Builds the bundle of a locked spec, with no key and no network, and prints its digest
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Writes the bundle here, instead of a link `result` to the store
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Builds again what the store has, and compares
    #[arg(long)]
    rebuild: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let store = Store::of_user(&|name| crate::environment(name)).ok_or(Error::NoStore)?;
    let destination = match &args.output {
        Some(file) => Destination::File(file.clone()),
        None => Destination::Link("result".into()),
    };
    let built = ops::build::build(&args.spec, &store, &destination, args.rebuild)?;
    let path = match &destination {
        Destination::File(path) | Destination::Link(path) => path,
    };
    let envelopes = built.bundle.envelopes().len();
    let manifests = built.bundle.manifests().len();
    eprintln!("{} ({manifests} manifests, {envelopes} sealed secrets)", path.display());
    println!("{}  {}", built.bundle.digest(), built.bundle.nar_hash());
    crate::certs::warn(&ops::certs::expiring(&args.spec, clock::now())?);
    Ok(ExitCode::SUCCESS)
}
