//! `ichor verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::edge::fetch::Silent;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::workspace::fetching::Fetching;

use crate::fleet::{self, Fleet};
use crate::network::ReachArgs;

/// Rebuilds a bundle and compares; exits 1 where they differ
#[derive(clap::Args)]
pub struct Args {
    /// The bundle: a file, or oci://HOST/NAME:TAG [default: result]; with `--all`, a folder of bundles [default: results]
    bundle: Option<PathBuf>,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    fleet: Fleet,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    if args.fleet.is_given() {
        return args.fleet.run(Joined::Plain, |member| {
            let bundle = fleet::bundle(args.bundle.as_deref(), member);
            one(args, &bundle, &member.path, &format!("  {}", member.bundle))
        });
    }
    one(args, args.bundle.as_deref().unwrap_or(Path::new("result")), &args.spec, "")
}

fn one(args: &Args, bundle: &Path, spec: &Path, name: &str) -> Result<ExitCode, Error> {
    let settings = args.reach.settings();
    let fetching = Fetching { settings: &settings, progress: &Silent };
    let verified = ops::verify::verify(spec, bundle, fetching)?;
    if verified.differ.is_empty() && !verified.repacked {
        disk::print(format!("{}  verified{name}\n", verified.digest).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("{}  differs from what {} builds:\n", verified.digest, spec.display());
    text.extend(verified.differ.iter().map(|path| format!("  {path}\n")));
    if verified.repacked {
        text.push_str("  the archive itself: its files are the same, and packed otherwise\n");
    }
    disk::print(text.as_bytes())?;
    Ok(ExitCode::from(1))
}
