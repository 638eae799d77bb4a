//! `ichor init`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use ichor::base::recipient::Recipient;
use ichor::ops::init::{self, CHART, FEATURES, Feature, Wishes};
use ichor::ops::{self, Error};
use ichor::stage::spec::{KubernetesVersion, TalosVersion};

/// Writes the first spec of a cluster and values that fit it; asks on a terminal for what no flag says
#[derive(clap::Args)]
pub struct Args {
    /// The folder to write into
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The cluster's name
    #[arg(long, value_parser = parse_name)]
    name: Option<String>,
    /// The version of Talos
    #[arg(long, value_name = "VERSION")]
    talos: Option<TalosVersion>,
    /// The version of Kubernetes
    #[arg(long, value_name = "VERSION")]
    kubernetes: Option<KubernetesVersion>,
    /// The version of Cilium
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    cilium: Option<String>,
    /// Where Cilium's chart is
    #[arg(long, value_name = "SOURCE", default_value = CHART)]
    chart: String,
    /// What Cilium shall do: gateway-api, hubble, l2, bgp, wireguard, host-firewall, bandwidth-manager, dsr
    #[arg(long = "feature", value_name = "FEATURE", value_delimiter = ',', value_parser = parse_feature)]
    features: Option<Vec<Feature>>,
    /// Who may open the bundle: an age or SSH public key, and a word on whose it is
    #[arg(short, long = "recipient", value_name = "KEY")]
    recipient: Vec<Recipient>,
    /// A file of public keys, or an age identity file that notes its public key
    #[arg(short = 'R', long, value_name = "FILE")]
    recipients_file: Vec<PathBuf>,
    /// Makes an age identity and writes it here, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    new_key: Option<PathBuf>,
    /// Asks nothing
    #[arg(short, long)]
    yes: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let ask = !args.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
    let mut recipients = args.recipient.clone();
    for file in &args.recipients_file {
        recipients.extend(init::recipients(file)?);
    }
    let folder_name = std::path::absolute(&args.folder).ok().and_then(|it| Some(it.file_name()?.to_str()?.to_owned()));
    let name = folder_name.filter(|it| parse_name(it).is_ok()).unwrap_or_else(|| "cluster".into());
    let mut wishes = Wishes {
        name: answer(ask, "Name of the cluster", args.name.clone(), &name, parse_name),
        talos: answer(ask, "Version of Talos", args.talos, "1.13", text_of),
        kubernetes: answer(ask, "Version of Kubernetes", args.kubernetes.clone(), "1.34.1", text_of),
        cilium: answer(ask, "Version of Cilium", args.cilium.clone(), "1.19.6", parse_version),
        chart: args.chart.clone(),
        features: match &args.features {
            Some(features) => features.clone(),
            None => FEATURES.iter().filter(|it| ask && yes(it.2)).map(|it| it.1).collect(),
        },
        recipients,
    };
    if ask && wishes.recipients.is_empty() && args.new_key.is_none() {
        let parse = |text: &str| if text.is_empty() { Ok(None) } else { text_of::<Recipient>(text).map(Some) };
        wishes.recipients.extend(answer(ask, "Public key of who may open it, if you have one", None, "", parse));
    }
    let files = |wishes: &Wishes| init::files(wishes);
    // Nothing is left behind where a file is in the way: the key comes last but its recipient is in the spec.
    if let Some(file) = &args.new_key {
        let taken: Vec<PathBuf> =
            files(&wishes).iter().map(|(path, _)| args.folder.join(path)).filter(|it| it.exists()).collect();
        if !taken.is_empty() {
            return Err(Error::Exists(taken));
        }
        wishes.recipients.push(init::new_key(file)?);
        eprintln!("{}: the private key; keep it safe and out of version control", file.display());
    }
    let files = files(&wishes);
    ops::init::write(&args.folder, &files)?;
    for (path, _) in &files {
        eprintln!("wrote {}", args.folder.join(path).display());
    }
    if wishes.recipients.is_empty() {
        eprintln!("next: put a public key under `recipients` (`age-keygen -o key.txt` prints one), then ichor lock");
    } else {
        eprintln!("next: ichor lock");
    }
    Ok(ExitCode::SUCCESS)
}

/// What a flag says, else what the user types, else the default, which must parse.
fn answer<T>(ask: bool, what: &str, given: Option<T>, default: &str, parse: impl Fn(&str) -> Result<T, String>) -> T
where
    T: Clone,
{
    if let Some(given) = given {
        return given;
    }
    loop {
        let typed = if ask { prompt(what, default) } else { None };
        let text = typed.filter(|it| !it.is_empty()).unwrap_or_else(|| default.to_owned());
        match parse(&text) {
            Ok(value) => return value,
            Err(fault) => eprintln!("{fault}"),
        }
    }
}

fn yes(what: &str) -> bool {
    prompt(&format!("{what}?"), "no").is_some_and(|it| it.to_lowercase().starts_with('y'))
}

/// A line from the terminal; `None` at its end.
fn prompt(what: &str, default: &str) -> Option<String> {
    eprint!("{what}{}: ", if default.is_empty() { String::new() } else { format!(" [{default}]") });
    io::stderr().flush().ok()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

fn text_of<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|it: T::Err| it.to_string())
}

fn parse_name(text: &str) -> Result<String, String> {
    let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    let fits =
        (1..=53).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-');
    if fits {
        Ok(text.into())
    } else {
        Err(format!("`{text}` is no name: use lower-case letters, digits and inner hyphens"))
    }
}

fn parse_version(text: &str) -> Result<String, String> {
    let plain = text.trim_start_matches('v');
    let numbers = plain.split(['-', '+']).next().unwrap_or_default().split('.');
    let three = numbers.clone().count() == 3 && numbers.clone().all(|it| it.parse::<u32>().is_ok());
    if three { Ok(plain.into()) } else { Err(format!("`{text}` is no exact version such as `1.19.6`")) }
}

fn parse_feature(text: &str) -> Result<Feature, String> {
    let names: Vec<&str> = FEATURES.iter().map(|it| it.0).collect();
    let found = FEATURES.iter().find(|it| it.0 == text).map(|it| it.1);
    found.ok_or_else(|| format!("there is no feature `{text}`: choose of {}", names.join(", ")))
}
