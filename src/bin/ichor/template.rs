//! `ichor template`: the flags of `helm template`, and its bytes.

use std::path::PathBuf;
use std::process::ExitCode;

use helm_engine::helm::HelmVersion;
use helm_engine::sprig::RealWorld;
use ichor::edge::disk;
use ichor::edge::keys::Keys;
use ichor::edge::{clock, network};
use ichor::ops::template::{Request, TemplateError, template};
use ichor::workspace::chart::ChartNameError;

use crate::chart::ElsewhereArgs;
use crate::helm_flags::HelmFlags;
use crate::report;

/// Renders a chart: the flags of `helm template`, and its bytes
#[derive(clap::Args)]
pub struct Args {
    /// The release's name, then the chart; or the chart alone: a folder, a .tgz, oci://HOST/NAME, the address of a .tgz, or
    /// a name in --repo
    #[arg(value_names = ["NAME", "CHART"], num_args = 1..=2, required = true)]
    name_and_chart: Vec<String>,
    /// A values file, or `-` for the standard input; later ones win
    #[arg(short = 'f', long = "values", value_name = "FILE", value_delimiter = ',')]
    values: Vec<String>,
    /// Values on the command line: `a.b=1,c[0]=x`
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Like --set, with every value a string
    #[arg(long, value_name = "NAME=VALUE")]
    set_string: Vec<String>,
    /// Like --set, with the contents of a file as each value
    #[arg(long, value_name = "NAME=FILE")]
    set_file: Vec<String>,
    /// Like --set, with JSON as each value; or one JSON object
    #[arg(long, value_name = "NAME=JSON")]
    set_json: Vec<String>,
    /// One name, and its value as it stands
    #[arg(long, value_name = "NAME=TEXT")]
    set_literal: Vec<String>,
    /// The namespace templates see
    #[arg(short = 'n', long, default_value = "default")]
    namespace: String,
    /// The Helm to render as: 3.17 to 4.3, or one of their versions
    #[arg(long, value_name = "VERSION", default_value_t = HelmVersion::NEWEST)]
    helm_version: HelmVersion,
    /// The Kubernetes version templates see
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// More API versions for templates to see
    #[arg(short = 'a', long, value_name = "VERSION", value_delimiter = ',')]
    api_versions: Vec<String>,
    /// Print the files of crds/ too
    #[arg(long)]
    include_crds: bool,
    /// Leave out hooks
    #[arg(long)]
    no_hooks: bool,
    /// Leave out hooks that are tests
    #[arg(long)]
    skip_tests: bool,
    /// Print only what comes from these templates
    #[arg(short = 's', long, value_name = "PATH")]
    show_only: Vec<String>,
    /// Set .Release.IsUpgrade in place of .Release.IsInstall
    #[arg(long)]
    is_upgrade: bool,
    /// Write files into this folder in place of printing
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    /// A template for the release's name
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// Let Helm name the release
    #[arg(short = 'g', long)]
    generate_name: bool,
    /// Put the files of --output-dir into a folder of the release's name
    #[arg(long)]
    release_name: bool,
    /// Take values that values.schema.json refuses
    #[arg(long)]
    skip_schema_validation: bool,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// As Helm has it; a render never reaches a cluster
    #[arg(long, value_name = "STRATEGY", num_args = 0..=1, require_equals = true, default_missing_value = "unset")]
    dry_run: Option<String>,
    /// Print what is no YAML before the error says so
    #[arg(long)]
    debug: bool,
    /// Refused: it needs the network
    #[arg(long)]
    dependency_update: bool,
    /// Refused: it needs a cluster
    #[arg(long)]
    validate: bool,
    #[command(flatten)]
    others: HelmFlags,
}

/// Renders and prints.
pub fn run(args: &Args) -> ExitCode {
    let request = match request(args) {
        Ok(it) => it,
        Err(message) => return refuse(&message, 2),
    };
    let (mut keys, mut now, mut resolve) = (Keys::on_all_cores(), clock::now, network::resolve);
    let mut world = RealWorld::new(&mut keys, &mut now, &mut resolve, clock::zone);
    match args.elsewhere.fetching(|fetching| template(&request, fetching, &mut world)) {
        Ok(done) => {
            done.warnings.iter().for_each(|it| complain!("{it}"));
            match disk::print(&done.stdout) {
                Ok(()) => ExitCode::SUCCESS,
                Err(fault) => refuse(&fault.to_string(), 3),
            }
        }
        Err(TemplateError::ChartName(ChartNameError::Fetch(fault))) => report::fail(&(*fault).into()),
        Err(fault) => {
            // What goes wrong with the text in question is no worse than the fault.
            let _ = disk::print(fault.shown().as_bytes());
            refuse(&fault.to_string(), if fault.is_surroundings() { 3 } else { 2 })
        }
    }
}

fn request(args: &Args) -> Result<Request, String> {
    if args.dependency_update {
        return Err("--dependency-update: a render fetches nothing; put the dependencies into charts/ first".into());
    }
    if args.validate {
        return Err("--validate: a render never reaches a cluster".into());
    }
    if let Some(why) = &args.others.refused {
        return Err(why.clone());
    }
    if let Some(strategy) = args.dry_run.as_deref() {
        check_dry_run(strategy, args.helm_version.behaviour().is_4)?;
    }
    let (name, chart) = match args.name_and_chart.as_slice() {
        [name, chart] => (Some(name.clone()), chart.clone()),
        [chart] => (None, chart.clone()),
        [_, _, more @ ..] => {
            return Err(format!("expected at most two arguments, unexpected arguments: {}", more.join(", ")));
        }
        [] => return Err("expected a chart".into()),
    };
    Ok(Request {
        name,
        chart: args.elsewhere.chart(&chart),
        namespace: args.namespace.clone(),
        values: args.values.clone(),
        set: args.set.clone(),
        set_string: args.set_string.clone(),
        set_file: args.set_file.clone(),
        set_json: args.set_json.clone(),
        set_literal: args.set_literal.clone(),
        helm: args.helm_version,
        kube_version: args.kube_version.clone(),
        api_versions: args.api_versions.clone(),
        include_crds: args.include_crds,
        no_hooks: args.no_hooks,
        skip_tests: args.skip_tests,
        show_only: args.show_only.clone(),
        is_upgrade: args.is_upgrade,
        output_dir: args.output_dir.clone(),
        name_template: args.name_template.clone().filter(|it| !it.is_empty()),
        generate_name: args.generate_name,
        release_name: args.release_name,
        skip_schema_validation: args.skip_schema_validation,
        debug: args.debug,
    })
}

/// Mirrors `cmdGetDryRunFlagStrategy` of Helm 4, whose `template` is always a dry run, and `validateDryRunOptionFlag` of
/// Helm 3, which has nothing against another one.
fn check_dry_run(strategy: &str, is_4: bool) -> Result<(), String> {
    let is_not = matches!(strategy, "none" | "0" | "f" | "F" | "FALSE" | "false" | "False");
    let is = matches!(strategy, "client" | "unset" | "1" | "t" | "T" | "TRUE" | "true" | "True");
    match strategy {
        "server" => Err("--dry-run=server: a render never reaches a cluster".into()),
        _ if is_4 && is_not => Err(format!("invalid dry-run value ({strategy:?}). Must be \"server\" or \"client\"")),
        _ if is_4 && is => Ok(()),
        _ if is_4 => Err(format!("invalid dry-run value ({strategy:?}). Must be \"none\", \"server\", or \"client\"")),
        "client" | "unset" | "true" | "false" | "none" => Ok(()),
        _ => Err("invalid dry-run flag. Flag must one of the following: false, true, none, client, server".into()),
    }
}

fn refuse(message: &str, code: u8) -> ExitCode {
    complain!("Error: {}", crate::report::without_keys(message));
    ExitCode::from(code)
}
