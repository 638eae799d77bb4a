//! `ichor build`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::base::number::count;
use ichor::edge::clock;
use ichor::edge::disk::Access;
use ichor::edge::store::Store;
use ichor::ops::build::{Destination, Options};
use ichor::ops::open::delivered::Form;
use ichor::ops::{self, Error};

use crate::form;

/// Builds the bundle of a locked spec, and prints its digest
///
/// It takes no key and no network, and gives the same bytes on every machine.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in [default: ichor.yaml]
    spec: Option<PathBuf>,
    /// Writes the bundle here, instead of a link `result` to the store; with `--for`, the manifests in that form, and a
    /// folder ends with a slash; `-` is standard output
    #[arg(short, long, value_name = "FILE|DIR|-")]
    output: Option<PathBuf>,
    #[command(flatten)]
    form: form::Form,
    /// Builds again what the store has, and compares
    #[arg(long)]
    rebuild: bool,
    /// Builds even where the rules of `check` find errors
    #[arg(long)]
    no_check: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let store = Store::of_user(&|name| crate::environment(name)).ok_or(Error::NoStore)?;
    let understood = args.form.understand(Path::new("ichor.yaml"))?;
    let spec = args.spec.clone().or(understood.rest).unwrap_or_else(|| "ichor.yaml".into());
    let destination = match &args.output {
        Some(file) if !args.form.is_given() => Destination::File(file.clone()),
        _ => Destination::Link("result".into()),
    };
    let options = Options { rebuild: args.rebuild, no_check: args.no_check };
    let built = ops::build::build(&spec, &store, &destination, options)?;
    let path = match &destination {
        Destination::File(path) | Destination::Link(path) => path,
    };
    if built.mended {
        let stored = built.stored.display();
        say!("note: {stored} was damaged, or was not what this lock gives: it was made anew");
    }
    let envelopes = built.bundle.envelopes().len();
    let manifests = built.bundle.manifests().len();
    say!("{} ({}, {})", path.display(), count(manifests, "manifest"), count(envelopes, "sealed secret"));
    for (manifest, changes) in &built.bundle.index().changes {
        for change in changes {
            say!("note: {manifest}: {change}");
        }
    }
    crate::certs::warn(&built.expiring(clock::now()));
    if args.form.is_given() {
        let form = Form { spec, ..understood.form };
        let delivered = ops::open::delivered::deliver(built.bundle.index(), built.bundle.manifests(), &form)?;
        form::write(&args.form, &delivered, args.output.as_deref(), Access::Public)?;
        say!("{}", crate::proof::hashes(&built.bundle).trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    crate::proof::print_hashes(&built.bundle, path)?;
    Ok(ExitCode::SUCCESS)
}
