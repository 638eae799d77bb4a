//! `ichor man`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Command;
use clap_mangen::Man;
use ichor::edge::disk::{self, Access};
use ichor::ops::Error;

use crate::examples;

/// When what the pages say changed last.
const DATE: &str = "2026-11-28";

/// Writes the manual pages, one a verb, into an existing folder
#[derive(clap::Args)]
pub struct Args {
    /// The folder to write into
    folder: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let failed = |source| disk::Error { action: "write to", path: args.folder.clone(), source };
    if !args.folder.is_dir() {
        return Err(failed(io::ErrorKind::NotFound.into()).into());
    }
    let mut command = crate::described().disable_help_subcommand(true);
    command.build();
    for (name, text) in pages(&command, &args.folder).map_err(failed)? {
        disk::write(&name, text.as_bytes(), Access::Public)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The pages of a command and of those below it, by their files.
fn pages(command: &Command, folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let man = Man::new(command.clone().mut_args(|it| it.hide_short_help(false)));
    let version = concat!("ichor ", env!("CARGO_PKG_VERSION"));
    let man = man.date(DATE).source(version).manual("User Commands");
    let mut page = Vec::new();
    man.render(&mut page)?;
    let examples = examples::of(command.get_name());
    if !examples.is_empty() {
        writeln!(page, ".SH EXAMPLES")?;
        for (line, what) in examples {
            writeln!(page, ".TP\n\\fB{}\\fR\n{}", escaped(line), escaped(what))?;
        }
    }
    // A blank line is a paragraph, in which breaks are too many.
    let text = String::from_utf8_lossy(&page).replace("\n.br\n\n.br\n", "\n.sp\n");
    let mut all = vec![(folder.join(man.get_filename()), text)];
    for verb in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        all.extend(pages(verb, folder)?);
    }
    Ok(all)
}

/// Text in which no letter is a command of the page.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}
