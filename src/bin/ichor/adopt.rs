//! `ichor adopt`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::base::recipient::Recipient;
use ichor::edge::clock;
use ichor::edge::kubectl::Kubectl;
use ichor::ops::Error;
use ichor::ops::adopt::{Adoption, adopt, beside};
use ichor::ops::error::InitError;
use ichor::ops::init::recipients;
use ichor::ops::lock::{How, Taken};
use ichor::stage::spec::TalosVersion;
use ichor::workspace::fetching::Fetching;

use crate::lock::say_pins;
use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Writes a spec and a lock for a release that runs in a cluster
///
/// Chart, version and values are those that Helm keeps of the release, and the certificates those of its Secrets, so that
/// `ichor drift --cluster` finds nothing. Values that are secret (by their names, as private keys, or because the release puts them
/// into Secrets alone) are sealed to the recipients. A release that
/// Flux runs is found by its HelmRelease, whose source says where the chart comes from. The cluster is read with your kubectl, and nothing is written to it.
#[derive(clap::Args)]
pub struct Args {
    /// The release's name
    release: String,
    /// Its namespace
    #[arg(short, long, default_value = "kube-system")]
    namespace: String,
    /// Where its chart comes from, as a spec says it [default: for Cilium, where that version is]
    #[arg(long, value_name = "SOURCE")]
    chart: Option<String>,
    /// The version of Talos
    #[arg(long, value_name = "VERSION")]
    talos: TalosVersion,
    /// Who may open the bundle: an age or SSH public key, and a word on whose it is
    #[arg(short, long = "recipient", value_name = "KEY")]
    recipient: Vec<String>,
    /// The folder to write into
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// The kubeconfig for kubectl
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    #[command(flatten)]
    network: NetworkArgs,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let given =
        args.recipient.iter().map(|it| recipients::recipient(it).map_err(|it| InitError::BadRecipient(it).into()));
    let recipients = given.collect::<Result<Vec<Recipient>, Error>>()?;
    let adoption = Adoption {
        release: args.release.clone(),
        namespace: args.namespace.clone(),
        chart: args.chart.as_ref().map(|it| beside(&args.output, it)),
        talos: args.talos,
        recipients,
        folder: args.output.clone(),
        kubectl: Kubectl { kubeconfig: args.kubeconfig.clone(), context: args.context.clone() },
    };
    let settings = args.network.settings();
    let reporter = Reporter::new();
    let fetching = Fetching { settings: &settings, progress: &reporter };
    let adopted = adopt(&adoption, fetching, clock::now())?;
    drop(reporter);
    say_pins(&adopted.locked);
    for file in adopted.files.iter().chain([&adopted.locked.path]) {
        say!("wrote {}", file.display());
    }
    for path in &adopted.sealed {
        say!("sealed {path}, which is secret, out of the values of the release");
    }
    let is_new = |it: &Taken| it.how == How::Minted;
    let minted = adopted.locked.pins.iter().filter(|it| is_new(it)).count();
    match minted {
        0 => say!("next: `ichor drift --cluster`, which should find nothing"),
        n => say!(
            "next: `ichor drift --cluster`; the cluster has no key for {n} of what the chart makes, which is new above"
        ),
    }
    Ok(ExitCode::SUCCESS)
}
