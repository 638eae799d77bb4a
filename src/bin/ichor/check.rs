//! `ichor check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::base::code::Severity;
use ichor::base::number::count;
use ichor::deliver::size;
use ichor::edge::{clock, disk};
use ichor::ops::{self, Error};
use ichor::review::print::findings;
use ichor::review::print::many::Joined;

use crate::fleet::Fleet;
use crate::report;

/// Says what is likely wrong, though it builds; exits 1 on errors
///
/// It knows rules of Talos, Kubernetes and Cilium, and looks for typos in values, certificates that end, and sizes.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Holds the machine config of a control plane against what the bundle brings
    #[arg(long, value_name = "FILE")]
    machine_config: Option<PathBuf>,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Shows how much of every limit is taken, of those too that are of another way to a node
    #[arg(long)]
    sizes: bool,
    #[command(flatten)]
    fleet: Fleet,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    /// One object: counts, findings and sizes
    Json,
    /// A log for code scanning
    Sarif,
    /// Annotations in a workflow of GitHub
    Github,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let joined = match args.format {
        Format::Text => Joined::Headed,
        Format::Json => Joined::Json,
        Format::Sarif => Joined::Sarif,
        Format::Github => Joined::Plain,
    };
    args.fleet.each(joined, &args.spec, |spec| one(args, spec))
}

fn one(args: &Args, spec: &Path) -> Result<ExitCode, Error> {
    let checked = match ops::check::check(spec, args.machine_config.as_deref(), clock::now()) {
        Ok(checked) => checked,
        // A spec that cannot be read is shown beside its lines as well.
        Err(fault) => {
            let spec = spec.to_string_lossy();
            match args.format {
                Format::Sarif => disk::print(findings::sarif(&fault.diagnostics(), &[], &spec).as_bytes())?,
                Format::Github => disk::print(findings::github(&fault.diagnostics(), &spec).as_bytes())?,
                Format::Text | Format::Json => {}
            }
            return Err(fault);
        }
    };
    let found = &checked.diagnostics;
    let (errors, warnings) = (checked.count(Severity::Error), checked.count(Severity::Warning));
    match args.format {
        Format::Text => {
            report::print(found);
            for (target, bytes) in &checked.sizes {
                let shown = if args.sizes { size::report(*target, *bytes) } else { size::near(*target, *bytes) };
                disk::print(shown.as_bytes())?;
            }
            for (part, changes) in &checked.takeover {
                say!("note: what part {part} has on top of its release goes when GitOps takes over:");
                let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| "not set".into());
                for change in changes {
                    say!("  {}: {} -> {}", change.path, shown(&change.old), shown(&change.new));
                }
            }
            let allowed = match checked.allowed.len() {
                0 => String::new(),
                number => format!("; the spec allows {number} more"),
            };
            say!("{}, {}{allowed}", count(errors, "error"), count(warnings, "warning"));
        }
        Format::Json => disk::print(findings::json(found, &checked.allowed, &checked.sizes).as_bytes())?,
        Format::Sarif => disk::print(findings::sarif(found, &checked.allowed, &checked.spec).as_bytes())?,
        Format::Github => disk::print(findings::github(found, &checked.spec).as_bytes())?,
    }
    Ok(ExitCode::from(u8::from(errors > 0)))
}
