//! `ichor diff`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use ichor::edge::disk::{self, Access};
use ichor::edge::{clock, pager, voice};
use ichor::ops::error::FormError;
use ichor::ops::{self, Error};
use ichor::review::compare::Diff;
use ichor::review::print;
use ichor::review::print::many::Joined;

use crate::fleet::Fleet;

/// Shows what a change to a lock means for the cluster
///
/// Resources, images, permissions, certificates, and the defaults of charts.
///
/// A side is a lock, a bundle, a spec or a git revision; `main..HEAD` names both. Without any, HEAD is compared with the
/// work tree.
#[derive(clap::Args)]
pub struct Args {
    /// A lock, a bundle, a spec, or a git revision
    old: Option<String>,
    /// The same; the work tree where it is not given
    new: Option<String>,
    /// The spec, or the folder it is in
    #[arg(long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// The form of what is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes to a file instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exits with 1 where anything differs
    #[arg(long)]
    exit_code: bool,
    /// Exits with 1 where somebody must read it, and with 0 where a robot may merge it
    ///
    /// A routine is a change of versions, images and labels alone that no risk is known of: nothing refused, no version
    /// skipped, none that goes back. What is not known for sure is no routine.
    #[arg(long, conflicts_with = "exit_code")]
    routine: bool,
    #[command(flatten)]
    fleet: Fleet,
}

/// The forms a comparison can be printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal: coloured and paged; plain where it is piped
    Text,
    /// For a comment on a pull request, under 60,000 characters
    Markdown,
    /// One page with everything in it
    Html,
    /// For programs; see its `schema` field for the version
    Json,
    /// What `json` looks like, as a JSON Schema; nothing is compared
    JsonSchema,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    if args.format == Format::JsonSchema {
        write(print::JSON_SCHEMA, args.output.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.fleet.is_given() && (args.format == Format::Html || args.output.is_some()) {
        return Err(FormError::NotForAll.into());
    }
    let joined = if args.format == Format::Json { Joined::Json } else { Joined::Headed };
    args.fleet.each(joined, &args.spec, |spec| one(args, spec))
}

fn one(args: &Args, spec: &Path) -> Result<ExitCode, Error> {
    let diff = ops::diff::diff(args.old.as_deref(), args.new.as_deref(), spec, clock::now())?;
    // Of many, those that did not change are not worth a line.
    if !(args.fleet.is_given() && diff.identical && args.format != Format::Json) {
        print(&diff, args.format, args.output.as_deref())?;
    }
    let differs = args.exit_code && !diff.identical || args.routine && !diff.identical && !diff.verdict.routine;
    Ok(if differs { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// How wide the terminal is, in characters, where it says so.
fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|it| *it > 0)
}

/// Prints a comparison to a file, a pager or standard output.
pub fn print(diff: &Diff, format: Format, output: Option<&Path>) -> Result<(), Error> {
    let terminal = output.is_none() && io::stdout().is_terminal();
    let dumb = crate::environment("TERM").is_some_and(|it| it == "dumb");
    let colour = terminal && crate::takes_colour(&io::stdout());
    let text = match format {
        Format::Text => print::text::print(diff, colour, if terminal { width() } else { None }),
        Format::Markdown => print::markdown::print(diff),
        Format::Html => print::html::print(diff),
        Format::Json => print::json(diff),
        Format::JsonSchema => print::JSON_SCHEMA.to_owned(),
    };
    if terminal && !dumb && format == Format::Text && !voice::is_kept() {
        let chosen = crate::environment("ICHOR_PAGER").or_else(|| crate::environment("PAGER"));
        if pager::show(chosen.as_deref(), &text) {
            return Ok(());
        }
    }
    write(&text, output)
}

fn write(text: &str, output: Option<&Path>) -> Result<(), Error> {
    match output {
        Some(path) => disk::write(path, text.as_bytes(), Access::Public)?,
        None => disk::print(text.as_bytes())?,
    }
    Ok(())
}
