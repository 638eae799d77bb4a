//! `ichor handoff`.

use std::path::PathBuf;
use std::process::ExitCode;

use helm_engine::helm::HelmWish;
use ichor::base::number::some;
use ichor::deliver::flux_version::FluxVersion;
use ichor::edge::disk::{self, Access};
use ichor::edge::fetch::Silent;
use ichor::edge::output_folder;
use ichor::ops::error::HandoffError;
use ichor::ops::handoff::{Later, Opening, Repository};
use ichor::ops::{self, Error};
use ichor::workspace::fetching::Fetching;

use crate::form;
use crate::identity::Identity;
use crate::network::ReachArgs;

/// Writes what a GitOps tool takes the bundle over with
///
/// The same charts, by digest, with the same values.
#[derive(clap::Args)]
pub struct Args {
    /// The tool
    tool: Tool,
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// Values for the time after the bootstrap, over those of the spec; PART= may be left out where there is one chart
    #[arg(short = 'f', long = "values", value_name = "[PART=]FILE")]
    values: Vec<String>,
    /// The Flux that takes it over: which Helm it renders with is told, and where that prints other content
    #[arg(long, value_name = "VERSION", default_value_t = FluxVersion::NEWEST)]
    flux: FluxVersion,
    /// The Helm that your Argo CD renders with, such as 3.19: where that prints other content is told
    #[arg(long, value_name = "VERSION")]
    helm: Option<HelmWish>,
    /// The repository that Argo CD reads what is written from [default: the first remote of the spec's own]
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// The branch, tag or commit of it that Argo CD reads
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    revision: String,
    /// The folder to write [default: the tool's name]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Lets the release make keys and certificates anew that the bootstrap has made
    #[arg(long)]
    new_keys: bool,
    /// Hands over what is sealed, too: as Secrets that your `sops` encrypts and Flux decrypts
    #[arg(long)]
    sops: bool,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    reach: ReachArgs,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Tool {
    Flux,
    Argocd,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Tool::Flux => "flux",
            Tool::Argocd => "argocd",
        }
    }
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let later: Vec<Later> = args
        .values
        .iter()
        .map(|it| match it.split_once('=') {
            Some((part, file)) => Later { part: Some(part.into()), file: file.into() },
            None => Later { part: None, file: it.into() },
        })
        .collect();
    let output = args.output.clone().unwrap_or_else(|| args.tool.name().into());
    let identities = args.identity.files();
    let settings = args.reach.settings();
    let fetching = Fetching { settings: &settings, progress: &Silent };
    let handoff = match args.tool {
        Tool::Flux => {
            let opening = args.sops.then_some(Opening { identities: &identities, folder: &output });
            ops::handoff::flux(&args.spec, &later, args.flux, fetching, opening)?
        }
        Tool::Argocd if args.sops => return Err(HandoffError::NoSops.into()),
        Tool::Argocd => {
            let repository = Repository { address: args.repository.clone(), revision: args.revision.clone() };
            ops::handoff::argocd(&args.spec, &later, args.helm.map(|it| it.newest()), &repository, fetching)?
        }
    };
    if !args.new_keys {
        handoff.check_keys()?;
    }
    let owner = (handoff.bundle.as_str(), args.tool.name());
    form::say(&output_folder::write(&output, owner, &handoff.files, Access::Public)?);
    let mut text = String::new();
    for (part, changes) in &handoff.changes {
        text.push_str(&format!("{part}: what changes from the bootstrap's values\n"));
        for change in changes {
            let show = |it: &Option<String>| it.clone().unwrap_or_else(|| "not set".into());
            text.push_str(&format!("  {}: {} -> {}\n", change.path, show(&change.old), show(&change.new)));
        }
    }
    disk::print(text.as_bytes())?;
    handoff.helm.lines().iter().for_each(|it| say!("{it}"));
    if !handoff.kept.is_empty() {
        let names = some(&handoff.kept, 8);
        say!("these leave the release and must stay in the cluster: {names}; HANDOFF.md says what keeps them");
    }
    say!("{}: read HANDOFF.md there", output.display());
    Ok(ExitCode::SUCCESS)
}
