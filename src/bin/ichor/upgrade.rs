//! `ichor upgrade`.

use std::path::PathBuf;
use std::process::ExitCode;

use helm_engine::helm::HelmWish;
use ichor::edge::clock;
use ichor::ops::Error;
use ichor::ops::upgrade::{Wish, upgrade};
use ichor::workspace::fetching::Fetching;

use crate::diff::{self, Format};
use crate::lock;
use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Shows what another chart version, or another Helm, changes
///
/// `--write` takes it.
///
/// Certificates stay as they are: going back is an upgrade to the old version.
#[derive(clap::Args)]
pub struct Args {
    /// The part
    #[arg(required_unless_present = "helm", add = crate::completions::parts())]
    part: Option<String>,
    /// The version, or the path of an archive or folder
    #[arg(required_unless_present = "helm")]
    version: Option<String>,
    /// In place of a part: the Helm to render all charts as, 3.17 to 4.3, or one of their versions
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["part", "version"])]
    helm: Option<HelmWish>,
    /// The spec, or the folder it is in
    #[arg(long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Only shows what would change, which is what happens without --write
    #[arg(long, conflicts_with = "write")]
    plan: bool,
    /// Writes the spec and the lock
    #[arg(long)]
    write: bool,
    /// A file with an age identity or SSH key; needed only where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
    /// The form of what is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes to a file instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let settings = args.network.settings();
    let reporter = Reporter::new();
    let fetching = Fetching { settings: &settings, progress: &reporter };
    let wish = match args.helm {
        Some(helm) => Wish::Helm(helm),
        None => Wish::Chart {
            part: args.part.as_deref().unwrap_or_default(),
            version: args.version.as_deref().unwrap_or_default(),
        },
    };
    let upgraded = upgrade(&args.spec, wish, &args.identity, fetching, args.write, clock::now())?;
    drop(reporter);
    diff::print(&upgraded.diff, args.format, args.output.as_deref())?;
    if let Some(note) = &upgraded.note {
        say!("note: {note}");
    }
    match &upgraded.locked {
        Some(locked) => {
            lock::say_pins(locked);
            for pin in &locked.dropped {
                say!("dropped {pin}: nothing asks for it any more");
            }
            match args.helm {
                Some(_) if !locked.changed => say!("{} is of this Helm already", locked.path.display()),
                Some(_) => say!("wrote {}", locked.path.display()),
                None => say!("wrote {} and the spec", locked.path.display()),
            }
        }
        None if upgraded.refused.is_some() => {
            let part = upgraded.refused.unwrap_or_default();
            say!("nothing was written: {part} does not render with the values that are there");
            return Ok(ExitCode::from(1));
        }
        None => say!("nothing was written: `--write` takes it"),
    }
    Ok(ExitCode::SUCCESS)
}
