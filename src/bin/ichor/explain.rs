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
    /// Prints every code, as Markdown; the rules of `check` with their pages
    #[arg(long, conflicts_with = "code")]
    markdown: bool,
}

/// What the first letter of a code is about.
const AREAS: &[(char, &str)] = &[
    ('A', "A: keys that open"),
    ('B', "B: bundles"),
    ('C', "C: Cilium"),
    ('D', "D: targets and handing over"),
    ('E', "E: files, clusters, fleets"),
    ('F', "F: releases of GitOps"),
    ('G', "G: git"),
    ('H', "H: values of charts"),
    ('I', "I: the first spec"),
    ('J', "J: adopting a release"),
    ('K', "K: Kubernetes"),
    ('L', "L: the lock"),
    ('N', "N: secrets in the clear"),
    ('P', "P: pins and envelopes"),
    ('R', "R: rendering"),
    ('S', "S: the spec"),
    ('T', "T: Talos"),
    ('U', "U: upgrades"),
    ('V', "V: sources"),
    ('W', "W: drift"),
    ('X', "X: the end of certificates"),
];

const HEAD: &str = "# Diagnostics by code

Written by `ichor explain --markdown`. `ichor explain CODE` prints one of them. What a rule of `check` finds and is right as
it is, a spec allows: `allow: [{code: C005, reason: ...}]`.
";

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
            text.push_str(HEAD);
            for (letter, title) in AREAS {
                let _ = writeln!(text, "\n## {title}");
                for code in Code::ALL.iter().filter(|it| it.name().starts_with(*letter)) {
                    let _ = writeln!(text, "\n### {code}\n\n{} ({})", code.meaning(), kind(*code));
                    if let Some(Page { why, write, source, .. }) = page::of(*code) {
                        let _ = writeln!(text, "\n- Why: {why}\n- Write: {write}\n- Source: <{source}>");
                    }
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_area() {
        for code in Code::ALL {
            assert!(
                AREAS.iter().any(|(letter, _)| code.name().starts_with(*letter)),
                "{code}: add its letter to AREAS"
            );
        }
    }
}
