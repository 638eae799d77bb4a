//! `ichor vendor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::base::number::count;
use ichor::edge::disk;
use ichor::edge::fetch::Settings;
use ichor::edge::images::pull::Fetched;
use ichor::ops::images::Carried;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::stage::vendored::image::Platform;
use ichor::workspace::fetching::Fetching;
use indicatif::HumanBytes;

use crate::fleet::Fleet;
use crate::network::{self, NetworkArgs};
use crate::progress::Reporter;

/// Fetches everything the lock names into `vendor/`
///
/// That is an OCI image layout. From then on a build needs no network.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Looks whether everything is there and whole, and changes nothing; exits 1 where it is not
    #[arg(long, conflicts_with = "prune")]
    check: bool,
    /// Removes what no lock of the workspace names
    #[arg(long)]
    prune: bool,
    /// Fetches the images too, of every platform or of those named
    #[arg(long)]
    images: bool,
    /// The platforms that images are wanted for: `linux/amd64,linux/arm64`
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', requires = "images")]
    platform: Vec<Platform>,
    /// Fetches what looks like an image in arguments, variables and settings, too; what is none is passed over
    #[arg(long, requires = "images")]
    guessed: bool,
    /// How many bytes a second images may take: `500k`, `20M`, `1G`
    #[arg(long, value_name = "RATE", value_parser = network::rate, requires = "images")]
    limit_rate: Option<u64>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    fleet: Fleet,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    args.fleet.each(Joined::Headed, &args.spec, |spec| one(args, spec))
}

fn one(args: &Args, spec: &Path) -> Result<ExitCode, Error> {
    if args.check {
        let mut faults = ops::vendor::check(spec)?;
        if args.images {
            faults.extend(ops::images::lacking(spec, &args.platform)?);
        }
        disk::print(faults.iter().map(|it| format!("{it}\n")).collect::<String>().as_bytes())?;
        if faults.is_empty() {
            say!("vendor holds everything the lock names");
            return Ok(ExitCode::SUCCESS);
        }
        say!("run `ichor vendor` to mend it");
        return Ok(ExitCode::from(1));
    }
    let settings = Settings { rate: args.limit_rate, ..args.network.settings() };
    let reporter = Reporter::new();
    let fetching = Fetching { settings: &settings, progress: &reporter };
    let vendored = ops::vendor::vendor(spec, fetching, args.prune)?;
    let carried = match args.images {
        true => Some(ops::images::carry(spec, fetching, &args.platform, args.guessed)?),
        false => None,
    };
    drop(reporter);
    if let Some(pruned) = vendored.pruned {
        say!("removed {} and {} that no lock names", count(pruned.entries, "artifact"), count(pruned.blobs, "blob"));
    }
    for (part, by) in &vendored.signed {
        say!("{part}: signed by {by}");
    }
    say!("{} holds {} from elsewhere", vendored.folder.display(), count(vendored.sources, "source"));
    if let Some(carried) = carried {
        say_carried(&carried);
    }
    Ok(ExitCode::SUCCESS)
}

fn say_carried(carried: &Carried) {
    let Fetched { images, blobs, bytes } = carried.fetched;
    let fresh = if blobs == 0 {
        "nothing of them was new".into()
    } else {
        format!("{} came, {}", count(blobs, "blob"), HumanBytes(bytes))
    };
    say!("it holds {}: {fresh}", count(images, "image"));
    if carried.signed > 0 {
        say!("{} had to be signed, and each is", count(carried.signed, "image"));
    }
    for it in &carried.no_names {
        say!("note: `{it}` stands where an image should and names none, so there is nothing to fetch");
    }
    for it in &carried.not_found {
        say!("note: {it} looks like an image, and is nowhere");
    }
    if !carried.left_out.is_empty() {
        say!(
            "note: these look like images in arguments, variables or settings, and were not fetched (`--guessed` fetches them, too):"
        );
        carried.left_out.iter().for_each(|it| say!("  {it}"));
    }
}
