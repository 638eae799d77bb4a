//! `ichor outdated`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::workspace::fetching::Fetching;

use crate::fleet::Fleet;
use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Lists the sources that have newer versions than the lock
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Writes the newest versions into the spec, where it names one and no range; `ichor lock` takes them
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    fleet: Fleet,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    args.fleet.each(Joined::Headed, &args.spec, |spec| one(args, spec))
}

fn one(args: &Args, spec: &Path) -> Result<ExitCode, Error> {
    let settings = args.network.settings();
    let reporter = Reporter::new();
    let all = ops::outdated::outdated(spec, Fetching { settings: &settings, progress: &reporter })?;
    drop(reporter);
    let found: Vec<_> = all.iter().filter(|it| it.is_outdated()).collect();
    if found.is_empty() {
        match all.len() {
            0 => say!("no part can be checked for updates: none is fetched by a version"),
            1 => say!("the one source that has versions is at its newest"),
            all => say!("all {all} sources that have versions are at their newest"),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let word = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".into());
    let head = ["part", "locked", "allowed", "newest"].map(str::to_owned);
    let rows = found.iter().map(|it| [it.key.clone(), word(&it.locked), word(&it.allowed), word(&it.newest)]);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|it| it[column].len()).max().unwrap_or(0);
    let [first, second, third] = [width(0), width(1), width(2)];
    let line = |[key, locked, allowed, newest]: &[String; 4]| {
        format!("{key:first$}  {locked:second$}  {allowed:third$}  {newest}\n")
    };
    disk::print(rows.iter().map(line).collect::<String>().as_bytes())?;
    if args.write {
        let raised = ops::outdated::raise(&args.spec, &all)?;
        for it in &raised {
            say!("{}: {} → {} in the spec", it.part, it.from, it.to);
        }
        match raised.is_empty() {
            true => {
                say!("the spec stays: it names no version that could be raised (`ichor lock --update` follows ranges)")
            }
            false => say!("`ichor lock` takes them, and `ichor diff` shows what they change"),
        }
    }
    Ok(ExitCode::SUCCESS)
}
