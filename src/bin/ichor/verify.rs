//! `ichor verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::base::number::count;
use ichor::edge::disk;
use ichor::edge::fetch::Silent;
use ichor::edge::parcel;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::workspace::fetching::Fetching;

use crate::attest::{self, TrustArgs};
use crate::fleet::{self, Fleet};
use crate::network::ReachArgs;

/// Rebuilds a bundle and compares; exits 1 where they differ
#[derive(clap::Args)]
pub struct Args {
    /// The bundle or parcel: a file, or oci://HOST/NAME:TAG [default: result]; with `--all`, a folder of bundles [default: results]
    bundle: Option<PathBuf>,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// What a parcel leaves things out for: that parcel, or the folder that it was unpacked into
    #[arg(long, value_name = "PATH")]
    base: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
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
    if parcel::is_parcel(bundle) {
        return of_parcel(args, bundle);
    }
    let trust = args.trust.trust();
    let settings = args.reach.settings();
    let fetching = Fetching { settings: &settings, progress: &Silent };
    let verified = ops::verify::verify(spec, bundle, fetching)?;
    if verified.differ.is_empty() && !verified.repacked {
        attest::say(bundle, &ops::attest::judged(bundle, &verified.digest, &trust)?);
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

/// Judges a parcel by itself: spec, lock and charts are those in it.
fn of_parcel(args: &Args, file: &Path) -> Result<ExitCode, Error> {
    let judged = ops::parcel::verify(file, args.base.as_deref(), &args.trust.trust())?;
    let (rebuilt, bundle) = (&judged.rebuilt, &judged.bundle);
    if rebuilt.differ.is_empty() && !rebuilt.repacked && judged.is_named {
        attest::say(file, &judged.attested);
        for (what, by) in &judged.signed {
            say!("{what}: signed by {by}");
        }
        say!("every member is whole, with {}; a rebuild gives the same bundle", count(judged.images, "image"));
        let text = format!("{}  the parcel\n{}  verified  {bundle}\n", judged.parcel, rebuilt.digest);
        disk::print(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("{}  differs from what the spec in {} builds:\n", rebuilt.digest, file.display());
    text.extend(rebuilt.differ.iter().map(|path| format!("  {path}\n")));
    if rebuilt.repacked {
        text.push_str("  the archive itself: its files are the same, and packed otherwise\n");
    }
    if !judged.is_named {
        text.push_str("  its digest, which is not the one that the parcel names\n");
    }
    disk::print(text.as_bytes())?;
    Ok(ExitCode::from(1))
}
