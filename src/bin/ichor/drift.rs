//! `ichor drift`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use ichor::edge::clock;
use ichor::edge::disk::{self, Access};
use ichor::edge::kubectl::Kubectl;
use ichor::ops::drift::{Request, drift};
use ichor::ops::{self};
use ichor::review::drift::print;

/// Says where the lock, GitOps and a cluster are not the same
///
/// Without flags, the lock is compared with the releases that its parts come from. A cluster is read with your kubectl, and
/// nothing is written to it. Exits 1 where anything differs.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// A repository of GitOps, or a folder in it: its releases are compared with the parts of their names
    #[arg(long, value_name = "PATH")]
    git: Option<PathBuf>,
    /// Reads the cluster that kubectl is set to
    #[arg(long)]
    cluster: bool,
    /// The kubeconfig for kubectl
    #[arg(long, value_name = "FILE", requires = "cluster")]
    kubeconfig: Option<String>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME", requires = "cluster")]
    context: Option<String>,
    /// Lists what Talos would do with the objects it leaves alone, too
    #[arg(long, requires = "cluster")]
    all: bool,
    /// Prints the commands that bring all together; none is run
    #[arg(long)]
    fix: bool,
    /// The form of what is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes to a file instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    /// For a comment on a pull request
    Markdown,
    /// One page
    Html,
    /// For programs
    Json,
}

pub fn run(args: &Args) -> Result<ExitCode, ops::Error> {
    let kubectl = Kubectl { kubeconfig: args.kubeconfig.clone(), context: args.context.clone() };
    let request = Request { git: args.git.clone(), cluster: args.cluster.then_some(kubectl), all: args.all };
    let found = drift(&args.spec, &request, clock::now())?;
    let text = match (args.fix, args.format) {
        (true, _) => found.commands().iter().map(|it| format!("{it}\n")).collect(),
        (false, Format::Text) => print::text(&found),
        (false, Format::Markdown) => print::markdown(&found),
        (false, Format::Html) => print::page(&found),
        (false, Format::Json) => print::json(&found),
    };
    match &args.output {
        Some(path) => disk::write(path, text.as_bytes(), Access::Public)?,
        None => disk::print(text.as_bytes())?,
    }
    Ok(ExitCode::from(u8::from(!found.findings.is_empty())))
}
