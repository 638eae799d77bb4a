//! `--all`: a verb for every spec of a tree, on all cores, told in the order of the specs.

use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use ichor::base::number::count;
use ichor::edge::kept_charts;
use ichor::edge::many;
use ichor::edge::voice::{self, Said, Volume};
use ichor::ops::Error;
use ichor::review::print::many::{Joined, Joiner};
use ichor::workspace::fleet::{self, Member, Shard};
use indicatif::{ProgressBar, ProgressStyle};

use crate::report;

/// Every spec of a tree
#[derive(clap::Args)]
#[command(next_help_heading = "For a fleet")]
pub struct Fleet {
    /// Does it for every spec in a folder and those below it [default: the current one]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    all: Option<PathBuf>,
    /// Takes one of N shares of the specs, split by their names
    #[arg(long, value_name = "K/N", requires = "all")]
    shard: Option<Shard>,
    /// How many specs are worked on at once [default: as many as there are cores]
    #[arg(long, value_name = "N", requires = "all")]
    workers: Option<NonZeroUsize>,
}

/// Where the bundles of a fleet are linked from.
pub const RESULTS: &str = "results";

impl Fleet {
    pub fn is_given(&self) -> bool {
        self.all.is_some()
    }

    /// Runs a verb for each spec of the tree, or for `spec` where no tree is given.
    pub fn each(
        &self,
        joined: Joined,
        spec: &Path,
        run: impl Fn(&Path) -> Result<ExitCode, Error> + Sync,
    ) -> Result<ExitCode, Error> {
        if self.is_given() { self.run(joined, |member| run(&member.path)) } else { run(spec) }
    }

    /// Runs a verb for each spec of the tree. What it prints is told in the order of the specs: notes bear the spec's name,
    /// and results are `joined`. One that fails stops no other. The exit code is the gravest.
    pub fn run(
        &self,
        joined: Joined,
        run: impl Fn(&Member) -> Result<ExitCode, Error> + Sync,
    ) -> Result<ExitCode, Error> {
        let folder = self.all.as_deref().unwrap_or(Path::new("."));
        let mut members = fleet::members(folder).map_err(ichor::workspace::Error::from)?;
        members.retain(|it| self.shard.is_none_or(|shard| shard.has(&it.bundle)));
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let workers = self.workers.unwrap_or_else(cores).get();
        let bar = bar(members.len());
        let mut joiner = Joiner::new(joined);
        let mut tally = Tally::default();
        let mut unprinted = None;
        let one = |member: &Member| {
            let _step = helm_engine::timing::step_of("a spec of a fleet", &member.bundle);
            kept_charts::keep();
            voice::kept(|| run(member).unwrap_or_else(|fault| report::fail(&fault)))
        };
        many::in_order(workers, crate::STACK, &members, one, |member, (code, said)| {
            tally.add(&member.bundle, code);
            let mut output = Vec::new();
            bar.suspend(|| {
                for it in said {
                    match it {
                        Said::Error(text) => voice::error(&named(&member.bundle, &text)),
                        Said::Output(bytes) => output.extend(bytes),
                    }
                }
                let text = joiner.next(&member.bundle, &output);
                if let Err(fault) = ichor::edge::disk::print(&text) {
                    unprinted.get_or_insert(fault);
                }
            });
            bar.inc(1);
        });
        bar.finish_and_clear();
        ichor::edge::disk::print(&joiner.end())?;
        say!("{}", tally.text());
        match unprinted {
            Some(fault) => Err(fault.into()),
            None => Ok(tally.gravest),
        }
    }
}

/// The bundle of a spec in a folder of bundles, where there is one by its name alone or as an archive.
pub fn bundle(folder: Option<&Path>, member: &Member) -> PathBuf {
    let folder = folder.unwrap_or(Path::new(RESULTS));
    let archive = folder.join(format!("{}.tar.gz", member.file_name()));
    if archive.exists() { archive } else { folder.join(member.file_name()) }
}

/// A bar on a terminal that can draw.
fn bar(specs: usize) -> ProgressBar {
    let draws = io::stderr().is_terminal() && crate::environment("TERM").is_none_or(|it| it != "dumb");
    if !draws || !voice::tells(Volume::Usual) || voice::tells(Volume::Verbose) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len} specs");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    ProgressBar::new(specs as u64).with_style(style)
}

/// A line with the name of the spec that it is of before it; what has several lines below that name.
fn named(name: &str, text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_end_matches('\n');
    let separator = if text.contains('\n') { ":\n" } else { ": " };
    format!("{name}{separator}{text}\n").into_bytes()
}

/// How all of them ended.
#[derive(Debug)]
struct Tally {
    specs: usize,
    differ: Vec<String>,
    failed: Vec<String>,
    gravest: ExitCode,
}

impl Default for Tally {
    fn default() -> Self {
        Tally { specs: 0, differ: Vec::new(), failed: Vec::new(), gravest: ExitCode::SUCCESS }
    }
}

impl Tally {
    fn add(&mut self, name: &str, code: ExitCode) {
        self.specs += 1;
        match code {
            ExitCode::SUCCESS => {}
            it if it == ExitCode::from(1) => self.differ.push(name.into()),
            _ => self.failed.push(name.into()),
        }
        if grave(code) > grave(self.gravest) {
            self.gravest = code;
        }
    }

    fn text(&self) -> String {
        let done = self.specs - self.differ.len() - self.failed.len();
        let mut text = format!("{}: {done} done", count(self.specs, "spec"));
        for (names, what) in [(&self.differ, "with findings or differences"), (&self.failed, "failed")] {
            if !names.is_empty() {
                text.push_str(&format!(", {} {what} ({})", names.len(), some(names)));
            }
        }
        text
    }
}

/// The first names of many.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let first = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{first} and {} more", names.len() - SHOWN) } else { first }
}

/// How grave an exit code is: what differs comes before what is wrong, that before surroundings that fail, and last a bug.
fn grave(code: ExitCode) -> usize {
    [0, 1, 2, 3].iter().position(|it| code == ExitCode::from(*it)).unwrap_or(4)
}
