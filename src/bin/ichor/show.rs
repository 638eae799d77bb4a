//! `ichor show`: what a chart says of itself, as `helm show` prints it.

use std::process::ExitCode;

use helm_engine::helm::HelmVersion;
use ichor::edge::disk;
use ichor::ops::show::{self, Part, ShowError};
use ichor::workspace::chart::ChartNameError;

use crate::chart::ElsewhereArgs;
use crate::report;

/// Shows what a chart says of itself, as `helm show` does
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    part: PartArgs,
}

#[derive(clap::Subcommand)]
enum PartArgs {
    /// Chart.yaml, values.yaml, the readme and the CRDs
    All(ChartArgs),
    /// Chart.yaml, as Helm reads it
    Chart(ChartArgs),
    /// values.yaml, as it stands
    Values(ValuesArgs),
    /// The readme, as it stands
    Readme(ChartArgs),
    /// The files of crds/, those of charts below included
    Crds(ChartArgs),
}

#[derive(clap::Args)]
struct ValuesArgs {
    /// Shows what this template finds in the values instead, such as `{.image.tag}`
    #[arg(long, value_name = "TEMPLATE")]
    jsonpath: Option<String>,
    #[command(flatten)]
    chart: ChartArgs,
}

#[derive(clap::Args)]
struct ChartArgs {
    /// A chart: a folder, a .tgz, oci://HOST/NAME, or the address of a .tgz
    chart: String,
    /// The Helm to show it as: 3.17 to 4.3, or one of their versions
    #[arg(long, value_name = "VERSION", default_value_t = HelmVersion::NEWEST)]
    helm_version: HelmVersion,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
}

/// Shows and prints.
pub fn run(args: &Args) -> ExitCode {
    let (part, chart) = match &args.part {
        PartArgs::All(it) => (Part::All, it),
        PartArgs::Chart(it) => (Part::Chart, it),
        PartArgs::Values(it) => (Part::Values, &it.chart),
        PartArgs::Readme(it) => (Part::Readme, it),
        PartArgs::Crds(it) => (Part::Crds, it),
    };
    let jsonpath = match &args.part {
        PartArgs::Values(it) => it.jsonpath.as_deref(),
        _ => None,
    };
    let refuse = |message: &str, code: u8| {
        complain!("Error: {}", crate::report::without_keys(message));
        ExitCode::from(code)
    };
    let named = chart.elsewhere.chart(&chart.chart);
    match chart.elsewhere.fetching(|fetching| show::show(&named, part, jsonpath, chart.helm_version, fetching)) {
        Ok(text) => match disk::print(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(fault) => refuse(&fault.to_string(), 3),
        },
        Err(ShowError::ChartName(ChartNameError::Fetch(fault))) => report::fail(&(*fault).into()),
        Err(fault) => refuse(&fault.to_string(), if fault.is_surroundings() { 3 } else { 2 }),
    }
}
