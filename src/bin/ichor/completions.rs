//! `ichor completions`, and what a shell is told while somebody types.

use std::path::Path;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use ichor::edge::{disk, specs};
use ichor::ops::{Error, init};
use ichor::stage::lock::Lock;

/// Set by the scripts, to the name of the shell that asks what may come next.
const VARIABLE: &str = "ICHOR_COMPLETE";

/// Prints a completion script for a shell
///
/// The script asks ichor itself, so that it knows the parts and pins of the spec in the folder you are in. Put into the
/// start file of the shell: `source <(ichor completions bash)`, the same with zsh, `ichor completions fish | source`.
#[derive(clap::Args)]
pub struct Args {
    /// The shell that the script is for
    #[arg(value_parser = PossibleValuesParser::new(Shells::builtins().names()))]
    shell: String,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&args.shell) {
        // Writing to a vector cannot fail.
        let _ = shell.write_registration(VARIABLE, "ichor", "ichor", "ichor", &mut script);
    }
    disk::print(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Answers a shell that asks what may come next, and ends there.
pub fn answer() {
    CompleteEnv::with_factory(crate::command).var(VARIABLE).complete();
}

/// The parts of the lock.
pub fn parts() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let lock = lock();
        let parts = lock.iter().flat_map(|it| &it.parts);
        parts.map(|(name, it)| CompletionCandidate::new(name).help(it.version.clone().map(Into::into))).collect()
    })
}

/// The pins of the lock, each behind its part.
pub fn pins() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let lock = lock();
        let parts = lock.iter().flat_map(|it| &it.parts);
        let pins = parts.flat_map(|(part, locked)| locked.pins.keys().map(move |pin| format!("{part}/{pin}")));
        pins.map(CompletionCandidate::new).collect()
    })
}

/// The lock of the spec in this folder. Only the name of the bundle is read of the spec: to open it may take other programs,
/// as with releases of Flux. Who completes a word is told of no fault.
fn lock() -> Option<Lock> {
    let spec = disk::read(Path::new("ichor.yaml")).ok()?;
    let bundle = specs::bundle(&String::from_utf8_lossy(&spec))?;
    let lock = disk::read(&init::lock(Path::new("."), &bundle)).ok()?;
    Lock::decode(std::str::from_utf8(&lock).ok()?).ok()
}
