//! `ichor check`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::base::code::Severity;
use ichor::base::diagnostic::Diagnostic;
use ichor::base::number::count;
use ichor::deliver::size;
use ichor::edge::{clock, disk};
use ichor::ops::check::Checked;
use ichor::ops::{self, Error};
use serde_json::json;

use crate::report;

/// Says what is likely wrong, though it builds; exits 1 on errors
///
/// It knows rules of Talos, Kubernetes and Cilium, and looks for typos in values, certificates that end, and sizes.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Shows how much of every limit is taken, of those too that are of another way to a node
    #[arg(long)]
    sizes: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let checked = ops::check::check(&args.spec, clock::now())?;
    let errors = checked.count(Severity::Error);
    let warnings = checked.count(Severity::Warning);
    match args.format {
        Format::Text => {
            report::print(&checked.diagnostics);
            for (target, bytes) in &checked.sizes {
                let shown = if args.sizes { size::report(*target, *bytes) } else { size::near(*target, *bytes) };
                disk::print(shown.as_bytes())?;
            }
            say!("{}, {}", count(errors, "error"), count(warnings, "warning"));
        }
        Format::Json => disk::print(json(&checked, errors, warnings).as_bytes())?,
    }
    Ok(ExitCode::from(u8::from(errors > 0)))
}

fn json(checked: &Checked, errors: usize, warnings: usize) -> String {
    let diagnostics: Vec<serde_json::Value> = checked.diagnostics.iter().map(diagnostic).collect();
    let sizes: serde_json::Map<String, serde_json::Value> =
        checked.sizes.iter().map(|(target, bytes)| (target.to_string(), json!(bytes))).collect();
    let all = json!({ "errors": errors, "warnings": warnings, "diagnostics": diagnostics, "sizes": sizes });
    format!("{all:#}\n")
}

fn diagnostic(it: &Diagnostic) -> serde_json::Value {
    let severity = match it.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = it.place.as_ref();
    let (line, column) = place.and_then(|it| it.line_column()).unzip();
    json!({
        "code": it.code.name(),
        "severity": severity,
        "message": it.message,
        "file": place.map(|it| it.file.to_string()),
        "line": line,
        "column": column,
        "help": it.help,
    })
}
