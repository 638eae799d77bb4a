//! `ichor store`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use ichor::base::number::count;
use ichor::edge::store::Store;
use ichor::edge::{clock, disk};
use ichor::ops::{self, Error};
use indicatif::HumanBytes;

/// Lists, checks and clears the store of built bundles
///
/// It is $ICHOR_STORE, else ~/.cache/ichor/store. Whatever is in it can be built again.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Lists the bundles, with the links that lead to each
    List,
    /// Prints where the bundle of a spec and its lock lies; exits 1 where it was not built yet
    Path {
        /// The spec, or the folder it is in
        #[arg(default_value = "ichor.yaml")]
        spec: PathBuf,
    },
    /// Compares every bundle with its digest; exits 1 where one is damaged
    Verify,
    /// Removes the bundles that no link of `ichor build` leads to any more
    Gc {
        /// Says which these are, and removes nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let store = Store::of_user(&|name| crate::environment(name)).ok_or(Error::NoStore)?;
    match &args.verb {
        Verb::List => {
            let mut text = String::new();
            for it in ops::store::list(&store)? {
                text.push_str(&format!("{}  {}\n", it.name, HumanBytes(it.size)));
                text.extend(it.roots.iter().map(|root| format!("  {}\n", root.display())));
            }
            disk::print(text.as_bytes())?;
        }
        Verb::Path { spec } => {
            let (path, is_there) = ops::store::path(&store, spec)?;
            disk::print(format!("{}\n", path.display()).as_bytes())?;
            if !is_there {
                say!("it is not there: `ichor build` puts it there");
                return Ok(ExitCode::from(1));
            }
        }
        Verb::Verify => {
            let damaged = ops::store::damaged(&store)?;
            disk::print(damaged.iter().map(|it| format!("{} is damaged\n", it.name)).collect::<String>().as_bytes())?;
            if !damaged.is_empty() {
                say!("`ichor build` makes anew what it finds damaged");
                return Ok(ExitCode::from(1));
            }
            say!("every bundle in the store is whole");
        }
        Verb::Gc { dry_run } => {
            let swept = ops::store::sweep(&store, *dry_run, clock::now())?;
            disk::print(swept.bundles.iter().map(|it| format!("{it}\n")).collect::<String>().as_bytes())?;
            let word = if *dry_run { "would remove" } else { "removed" };
            say!("{word} {}, {}", count(swept.bundles.len(), "bundle"), HumanBytes(swept.size));
        }
    }
    Ok(ExitCode::SUCCESS)
}
