//! `ichor git-setup`, and the two verbs that git calls.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::ops::git::Merged;
use ichor::ops::{self, Error};

/// Makes git show locks readably, and merge them by their parts
#[derive(clap::Args)]
pub struct Setup {
    /// Takes it back
    #[arg(long)]
    undo: bool,
}

/// Prints a lock as `git diff` shows it
#[derive(clap::Args)]
pub struct Show {
    lock: PathBuf,
}

/// Merges two locks as `git merge` asks for it
#[derive(clap::Args)]
pub struct Merge {
    base: PathBuf,
    ours: PathBuf,
    theirs: PathBuf,
    /// Where the lock stands in the work tree
    path: Option<PathBuf>,
}

pub fn setup(args: &Setup) -> Result<ExitCode, Error> {
    // git runs from anywhere: what was called by a path is found by that path again.
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let called = if called.components().count() > 1 { called.canonicalize().unwrap_or(called) } else { called };
    let attributes = ops::git::setup(".".as_ref(), &called.display().to_string(), args.undo)?;
    let what = if args.undo { "no longer has" } else { "has" };
    say!("{} {what} ichor show and merge the locks in lockfiles/", attributes.display());
    Ok(ExitCode::SUCCESS)
}

pub fn show(args: &Show) -> Result<ExitCode, Error> {
    let text = ops::git::show(&args.lock)?;
    disk::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub fn merge(args: &Merge) -> Result<ExitCode, Error> {
    let path = args.path.as_deref().unwrap_or(&args.ours).display();
    let conflicts = match ops::git::merge(&args.base, &args.ours, &args.theirs)? {
        Merged::Locks(conflicts) => conflicts,
        Merged::Lines { clean, why } => {
            complain!("{path}: merged line by line, because one side is no lock: {why}");
            return Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
    };
    if conflicts.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for conflict in &conflicts {
        complain!("{path}: {conflict}");
    }
    let reseal = conflicts.iter().any(ichor::stage::lock::Conflict::needs_reseal);
    let quoted = ichor::base::shell::quoted(&path.to_string());
    let first = if reseal { "`ichor reseal -i KEY`, then " } else { "" };
    complain!("{path}: join the specs first, then run {first}`ichor lock` and `git add {quoted}`");
    Ok(ExitCode::from(1))
}
