//! The command line: arguments in, reports out.
//!
//! Exit codes: 0 done, 1 differs or does not verify, 2 the input or the call is wrong, 3 the surroundings failed, 70 a bug.

/// Says on standard error what was done and what comes next; nothing with `--quiet`.
macro_rules! say {
    ($($text:tt)*) => {{
        ichor::edge::voice::note(&format!($($text)*));
    }};
}

/// Says on standard error what went wrong, `--quiet` or not. A stream that takes no text is no reason to stop.
macro_rules! complain {
    ($($text:tt)*) => {{
        ichor::edge::voice::error(format!("{}\n", format_args!($($text)*)).as_bytes());
    }};
}

mod adopt;
mod attest;
mod build;
mod certs;
mod chart;
mod check;
mod completions;
mod diff;
mod drift;
mod examples;
mod explain;
mod fleet;
mod form;
mod git;
mod handoff;
mod helm_flags;
mod help;
mod identity;
mod images;
mod init;
mod lock;
mod man;
mod memory;
mod network;
mod open;
mod outdated;
mod pack;
mod progress;
mod proof;
mod pull;
mod push;
mod reference;
mod report;
mod reseal;
mod rotate;
mod schema;
mod show;
mod store;
mod template;
mod timings;
mod upgrade;
mod vendor;
mod verify;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use helm_engine::budget;
use helm_engine::helm::known_helms;
use ichor::edge::voice::Volume;
use ichor::edge::{age, interrupt, process, voice};
use ichor::ops;
use mimalloc::MiMalloc;

/// Wipes what is given back: texts that secrets passed through are no one's to keep. Beneath, not the allocator of
/// the C library: that asks the system for a thread's memory page by page, or, in musl, is slow throughout.
#[global_allocator]
static MEMORY: memory::Wiping<MiMalloc> = memory::Wiping::new(MiMalloc);

/// Room for templates that nest as deep as Go lets them.
const STACK: usize = 1 << 30;

/// Builds the sealed bootstrap of Talos Linux clusters
///
/// Anyone can rebuild a bundle bit for bit and review every change to it; only key holders can open it.
#[derive(Parser)]
#[command(name = "ichor", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Runs as if it were started in this folder
    #[arg(short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Says nothing beside results, errors and warnings
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Says also what it asks of servers and programs, and what it writes
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// How much memory rendering a chart, or opening a bundle, may ask for, in MiB
    #[arg(long, value_name = "MIB", global = true, default_value_t = budget::DEFAULT >> 20, hide_short_help = true)]
    max_memory: u64,
    /// How many steps each template may take
    #[arg(long, value_name = "COUNT", global = true, default_value_t = budget::DEFAULT_STEPS, hide_short_help = true)]
    max_steps: usize,
    /// Says where the time went: on standard error, or with a file, as a trace that a browser's profiler reads
    #[arg(long, value_name = "FILE", global = true, num_args = 0..=1, require_equals = true, hide_short_help = true)]
    timings: Option<Option<PathBuf>>,
}

#[derive(Subcommand)]
enum Verb {
    Init(init::Args),
    Adopt(adopt::Args),
    Lock(lock::Args),
    Vendor(vendor::Args),
    Outdated(outdated::Args),
    Build(build::Args),
    Diff(diff::Args),
    Drift(drift::Args),
    Upgrade(upgrade::Args),
    #[command(name = "git-setup")]
    GitSetup(git::Setup),
    #[command(name = "git-show", hide = true)]
    GitShow(git::Show),
    #[command(name = "git-merge", hide = true)]
    GitMerge(git::Merge),
    Check(check::Args),
    Open(open::Args),
    Verify(verify::Args),
    Store(store::Args),
    Reseal(reseal::Args),
    Certs(certs::Args),
    Rotate(rotate::Args),
    Handoff(handoff::Args),
    Images(images::Args),
    Pack(pack::PackArgs),
    Unpack(pack::UnpackArgs),
    Sign(attest::SignArgs),
    Attest(attest::AttestArgs),
    Push(push::Args),
    Pull(pull::Args),
    Template(Box<template::Args>),
    Completions(completions::Args),
    Man(man::Args),
    #[command(hide = true)]
    Reference(reference::Args),
    Schema(schema::Args),
    Show(show::Args),
    Explain(explain::Args),
}

fn main() -> ExitCode {
    completions::answer();
    process::keep_memory_private();
    // The examples take as long to set up as all else, and nobody sees them otherwise.
    let asks = std::env::args_os().any(|it| it == "help" || it == "--help");
    let mut line = if asks { command() } else { described() };
    let parsed = line.try_get_matches_from_mut(std::env::args_os()).and_then(|it| Cli::from_arg_matches(&it));
    // To give it back piece by piece takes a tenth of a short run.
    std::mem::forget(line);
    let cli = match parsed {
        Ok(cli) => cli,
        Err(fault) => {
            let text = fault.render().to_string();
            if report::without_keys(&text) == text {
                fault.exit();
            }
            // What is wrong with the call cannot be told without the call.
            return report::fail(&age::Error::KeyForPath.into());
        }
    };
    if let Some(folder) = &cli.directory
        && let Err(fault) = std::env::set_current_dir(folder)
    {
        complain!("error: cannot work in `{}`: {fault}", folder.display());
        return ExitCode::from(2);
    }
    budget::set_limit(cli.max_memory.saturating_mul(1 << 20));
    budget::set_steps(cli.max_steps);
    interrupt::mind(|| complain!("\nerror: interrupted: nothing is half written, so run the command again"));
    match (cli.quiet, cli.verbose) {
        (true, _) => voice::set_volume(Volume::Quiet),
        (_, true) => voice::set_volume(Volume::Verbose),
        _ => {}
    }
    let watched = timings::begin(cli.timings);
    let run = move || {
        let done = match cli.verb {
            Verb::Init(args) => init::run(&args),
            Verb::Adopt(args) => adopt::run(&args),
            Verb::Lock(args) => lock::run(&args),
            Verb::Vendor(args) => vendor::run(&args),
            Verb::Outdated(args) => outdated::run(&args),
            Verb::Build(args) => build::run(&args),
            Verb::Diff(args) => diff::run(&args),
            Verb::Drift(args) => drift::run(&args),
            Verb::Upgrade(args) => upgrade::run(&args),
            Verb::GitSetup(args) => git::setup(&args),
            Verb::GitShow(args) => git::show(&args),
            Verb::GitMerge(args) => git::merge(&args),
            Verb::Check(args) => check::run(&args),
            Verb::Open(args) => open::run(&args),
            Verb::Verify(args) => verify::run(&args),
            Verb::Store(args) => store::run(&args),
            Verb::Reseal(args) => reseal::run(&args),
            Verb::Certs(args) => certs::run(&args),
            Verb::Rotate(args) => rotate::run(&args),
            Verb::Handoff(args) => handoff::run(&args),
            Verb::Images(args) => images::run(&args),
            Verb::Pack(args) => pack::pack(&args),
            Verb::Unpack(args) => pack::unpack(&args),
            Verb::Sign(args) => attest::sign(&args),
            Verb::Attest(args) => attest::attest(&args),
            Verb::Push(args) => push::run(&args),
            Verb::Pull(args) => pull::run(&args),
            Verb::Template(args) => return template::run(&args),
            Verb::Completions(args) => completions::run(&args),
            Verb::Man(args) => man::run(&args),
            Verb::Reference(args) => reference::run(&args),
            Verb::Schema(args) => schema::run(&args),
            Verb::Show(args) => return show::run(&args),
            Verb::Explain(args) => explain::run(&args),
        };
        done.unwrap_or_else(|fault: ops::Error| report::fail(&fault))
    };
    let thread = std::thread::Builder::new().name("ichor".into()).stack_size(STACK).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => watched.map_or(code, |it| it.tell(code)),
        // The panic's own message was printed where it happened.
        Ok(Err(_)) => ExitCode::from(70),
        Err(fault) => {
            complain!("error: no thread can be started: {fault}");
            ExitCode::from(3)
        }
    }
}

/// The command line, with the examples of its verbs.
fn command() -> Command {
    examples::shown(described())
}

/// The command line, without the examples of its verbs.
fn described() -> Command {
    help::grouped(Cli::command()).long_version(FACTS.as_str())
}

/// What `--version` says of how the program was built, and what it knows; `-V` has the number alone.
static FACTS: LazyLock<String> = LazyLock::new(|| {
    let commit = option_env!("ICHOR_COMMIT").unwrap_or("unknown");
    format!(
        "{}\ncommit: {commit}\nbuilt for: {} {}\nrenders as: Helm {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        known_helms()
    )
});

/// Whether a stream is a terminal that shows colours, to a user who wants them.
fn takes_colour(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| environment(name).filter(|it| !it.is_empty());
    stream.is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|it| it != "dumb")
}

/// A variable of the environment, where it is set and is text.
#[allow(clippy::disallowed_methods)] // The binary is where the environment comes in.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
