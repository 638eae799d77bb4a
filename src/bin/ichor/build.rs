//! `ichor build`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::base::number::count;
use ichor::edge::clock;
use ichor::edge::disk::{self, Access};
use ichor::edge::fetch::Silent;
use ichor::edge::store::Store;
use ichor::ops::build::{Built, Destination, FromCache, Options};
use ichor::ops::error::FormError;
use ichor::ops::open::delivered::Form;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::workspace::cache::Cache;
use ichor::workspace::fetching::Fetching;
use ichor::workspace::fleet::Member;

use crate::fleet::{Fleet, RESULTS};
use crate::form;
use crate::network::ReachArgs;

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
    /// Takes bundles from this place in a registry, oci://HOST/NAME, where they were built from the same spec and lock, and
    /// puts there what it builds
    #[arg(long, value_name = "ADDRESS", env = "ICHOR_CACHE_REGISTRY", conflicts_with = "rebuild")]
    cache: Option<String>,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    fleet: Fleet,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let Some(address) = &args.cache else { return with(args, None) };
    let settings = args.reach.settings();
    let fetching = Fetching { settings: &settings, progress: &Silent };
    ops::build::with_cache(address, fetching, |cache| with(args, Some(cache)))
}

fn with(args: &Args, cache: Option<&Cache<'_>>) -> Result<ExitCode, Error> {
    let store = Store::of_user(&|name| crate::environment(name)).ok_or(Error::NoStore)?;
    if args.fleet.is_given() {
        if args.form.is_given() && args.output.is_none() {
            return Err(FormError::NoFolderForAll.into());
        }
        disk::folder(args.output.as_deref().unwrap_or(Path::new(RESULTS)), Access::Public)?;
        return args.fleet.run(Joined::Plain, |member| of_fleet(args, &store, cache, member));
    }
    let understood = args.form.understand(Path::new("ichor.yaml"))?;
    let spec = args.spec.clone().or(understood.rest).unwrap_or_else(|| "ichor.yaml".into());
    let destination = match &args.output {
        Some(file) if !args.form.is_given() => Destination::File(file.clone()),
        _ => Destination::Link("result".into()),
    };
    let built = one(args, &spec, &store, &destination, cache)?;
    if args.form.is_given() {
        deliver(args, &built, spec, args.output.as_deref())?;
        say!("{}", crate::proof::hashes(&built.bundle).trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let (Destination::File(path) | Destination::Link(path)) = &destination;
    crate::proof::print_hashes(&built.bundle, path)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds one of many, and prints its digest and name.
fn of_fleet(args: &Args, store: &Store, cache: Option<&Cache<'_>>, member: &Member) -> Result<ExitCode, Error> {
    let name = member.file_name();
    let destination = match &args.output {
        Some(folder) if !args.form.is_given() => Destination::File(folder.join(format!("{name}.tar.gz"))),
        _ => Destination::Link(Path::new(RESULTS).join(&name)),
    };
    let built = one(args, &member.path, store, &destination, cache)?;
    if let Some(folder) = args.output.as_deref().filter(|_| args.form.is_given()) {
        deliver(args, &built, member.path.clone(), Some(&folder.join(format!("{name}/"))))?;
    }
    disk::print(format!("{}  {name}\n", built.bundle.digest()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn one(
    args: &Args,
    spec: &Path,
    store: &Store,
    destination: &Destination,
    cache: Option<&Cache<'_>>,
) -> Result<Built, Error> {
    let options = Options { rebuild: args.rebuild, no_check: args.no_check };
    let built = ops::build::build(spec, store, destination, options, cache)?;
    let (Destination::File(path) | Destination::Link(path)) = destination;
    if built.mended {
        let stored = built.stored.display();
        say!("note: {stored} was damaged, or was not what this lock gives: it was made anew");
    }
    match &built.cache {
        FromCache::NotAsked | FromCache::Put => {}
        FromCache::Taken => say!("note: it was built before, and taken from the cache"),
        FromCache::Refused { address, why } => {
            say!("note: {address} was refused: {why}; it was built, and put in its place");
        }
        FromCache::Kept { address, why } => say!("note: {address} cannot be written: {why}"),
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
    Ok(built)
}

/// Writes the manifests, with holes, in the form that is asked for.
fn deliver(args: &Args, built: &Built, spec: PathBuf, output: Option<&Path>) -> Result<(), Error> {
    let form = Form { spec, ..args.form.understand(Path::new("ichor.yaml"))?.form };
    let delivered = ops::open::delivered::deliver(built.bundle.index(), built.bundle.manifests(), &form)?;
    form::write(&args.form, &delivered, output, Access::Public)
}
