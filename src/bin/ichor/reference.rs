//! `ichor reference`: the page of the documentation that lists every verb with its flags.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command};
use ichor::base::limits;
use ichor::edge::disk;
use ichor::ops::Error;

use crate::examples;
use crate::help::GROUPS;

/// Prints every verb with its flags, as Markdown
#[derive(clap::Args)]
pub struct Args {
    /// Prints every bound on what comes from others instead
    #[arg(long)]
    limits: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let page = if args.limits { limits::page() } else { page(crate::command()) };
    disk::print(page.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

const HEAD: &str = "# Commands

Written by `ichor reference`. `ichor VERB --help` prints the same, and `ichor man FOLDER` writes it as manual pages.

Exit codes: 0 done, 1 differs or does not verify, 2 the input or the call is wrong, 3 the surroundings failed (network, disk,
permissions), 70 a bug.

## With every command
";

fn page(mut command: Command) -> String {
    command.build();
    let mut text = HEAD.to_owned();
    text.push('\n');
    for arg in command.get_arguments() {
        row(&mut text, arg);
    }
    for (title, verbs) in GROUPS {
        let _ = write!(text, "\n## {title}\n");
        for verb in verbs.iter().filter(|it| **it != "help") {
            if let Some(verb) = command.find_subcommand(verb) {
                section(&mut text, verb);
            }
        }
    }
    text
}

fn section(text: &mut String, verb: &Command) {
    let about = verb.get_long_about().or_else(|| verb.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(text, "\n### ichor {}\n\n{}\n\n```text\n{usage}\n```\n\n", verb.get_name(), sentences(&about));
    for arg in verb.get_arguments().filter(|it| !it.is_global_set() && it.get_id() != "help") {
        row(text, arg);
    }
    let examples = examples::of(verb.get_name());
    if !examples.is_empty() {
        text.push_str("\nSuch as:\n\n");
    }
    for (line, what) in examples {
        let _ = writeln!(text, "- `{line}`: {what}");
    }
}

/// Paragraphs that end with a full stop each.
fn sentences(about: &str) -> String {
    let ended = |it: &str| if it.ends_with(['.', ':']) { it.to_owned() } else { format!("{it}.") };
    about.split("\n\n").map(|it| ended(&marked(it.trim()))).collect::<Vec<_>>().join("\n\n")
}

fn row(text: &mut String, arg: &Arg) {
    if arg.is_hide_set() {
        return;
    }
    let values = arg.get_value_names().unwrap_or_default().iter().map(|it| format!("<{it}>")).collect::<Vec<_>>();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let values = if takes { values.join(" ") } else { String::new() };
    let short = arg.get_short().map(|it| format!("-{it}"));
    let long = arg.get_long().map(|it| format!("--{it}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let name = match (names.is_empty(), values.is_empty()) {
        (true, _) => values,
        (false, true) => names.join(", "),
        (false, false) if arg.is_require_equals_set() => format!("{}[={values}]", names.join(", ")),
        (false, false) => format!("{} {values}", names.join(", ")),
    };
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = marked(&help.replace("\n\n", " "));
    let _ = write!(text, "- `{name}`: {}{}", help, if help.ends_with('.') { "" } else { "." });
    let known = arg.get_possible_values();
    let known: Vec<_> = known.iter().filter(|_| takes).map(|it| format!("`{}`", it.get_name())).collect();
    if !known.is_empty() {
        let _ = write!(text, " One of {}.", known.join(", "));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().filter_map(|it| it.to_str()).filter(|_| takes).collect();
    if !defaults.is_empty() {
        let _ = write!(text, " Default: `{}`.", defaults.join(" "));
    }
    if let Some(name) = arg.get_env().and_then(|it| it.to_str()) {
        let _ = write!(text, " Variable: `{name}`.");
    }
    text.push('\n');
}

/// Help as Markdown: what stands between angle brackets is no tag.
fn marked(help: &str) -> String {
    help.replace('<', "\\<")
}
