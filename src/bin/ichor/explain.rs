//! `ichor explain`.

use std::fmt::Write as _;
use std::process::ExitCode;

use ichor::base::code::{Code, Severity};
use ichor::edge::disk;
use ichor::ops::Error;
use ichor::review::rules::page::{self, Page};

/// Says what a code such as L003 means; without one, lists all
#[derive(clap::Args)]
pub struct Args {
    /// The code, as it stands behind `error` or `warning`
    #[arg(value_parser = code)]
    code: Option<Code>,
    /// Prints the page of every rule of `check`, as Markdown
    #[arg(long, conflicts_with = "code")]
    markdown: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut text = String::new();
    match args.code {
        Some(code) => {
            let _ = writeln!(text, "{code}  {}\n\n{}", kind(code), code.meaning());
            if let Some(page) = page::of(code) {
                let Page { why, write, source, .. } = page;
                let _ = writeln!(text, "\nWhy: {why}\nWrite: {write}\nSource: {source}");
                let _ = writeln!(
                    text,
                    "\nWhere it is right as it is: `allow: [{{code: {code}, reason: ...}}]` in the spec."
                );
            }
        }
        None if args.markdown => {
            text.push_str("# The rules of `check`\n\nWritten by `ichor explain --markdown`.\n");
            for Page { code, why, write, source } in page::all() {
                let _ = writeln!(text, "\n## {code} ({})\n\n{}\n", code.severity(), code.meaning());
                let _ = writeln!(text, "- Why: {why}\n- Write: {write}\n- Source: <{source}>");
            }
        }
        None => {
            for code in Code::ALL {
                let _ = writeln!(text, "{code}  {:<7}  {}", code.severity(), code.meaning());
            }
        }
    }
    disk::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// A code of whatever case.
fn code(text: &str) -> Result<Code, String> {
    let found = Code::find(&text.to_uppercase());
    found.ok_or_else(|| "there is no such code; `ichor explain` lists all".to_owned())
}

/// `error, exit code 2`.
fn kind(code: Code) -> String {
    match code.severity() {
        Severity::Error => format!("{}, exit code {}", Severity::Error, code.exit().number()),
        warning => warning.to_string(),
    }
}
