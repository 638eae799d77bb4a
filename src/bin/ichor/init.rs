//! `ichor init`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use ichor::base::name;
use ichor::base::recipient::Recipient;
use ichor::edge::age::KeyKind;
use ichor::edge::sops;
use ichor::ops::Error;
use ichor::ops::error::InitError;
use ichor::ops::init::notes::{elsewhere, notes};
use ichor::ops::init::recipients;
use ichor::ops::init::{self, FEATURES, Feature, Wishes};
use ichor::stage::spec::{KubernetesVersion, TalosVersion};

/// Writes the first spec of a cluster, and values that fit it
///
/// On a terminal it asks for what no flag says.
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
    /// Where Cilium's chart is [default: where that version is]
    #[arg(long, value_name = "SOURCE")]
    chart: Option<String>,
    /// What Cilium shall do: gateway-api, hubble, l2, bgp, wireguard, host-firewall, bandwidth-manager, dsr; or none
    #[arg(long = "feature", value_name = "FEATURE", value_delimiter = ',', value_parser = parse_feature)]
    features: Option<Vec<Option<Feature>>>,
    /// Who may open the bundle: an age or SSH public key, and a word on whose it is
    #[arg(short, long = "recipient", value_name = "KEY")]
    recipient: Vec<String>,
    /// A file of public keys, an age identity file that notes its public key, or a `.sops.yaml`: the age keys that it names
    /// for the lock [default: the nearest `.sops.yaml`]
    #[arg(short = 'R', long, value_name = "FILE")]
    recipients_file: Vec<PathBuf>,
    /// Makes an age identity and writes it here, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    new_key: Option<PathBuf>,
    /// Makes that identity of the kind age had before 1.3, which a quantum computer opens: for programs that know no other
    #[arg(long, requires = "new_key")]
    classic: bool,
    /// Asks nothing
    #[arg(short, long)]
    yes: bool,
    /// Takes the parts from releases that GitOps has: `--from flux PATH`, a repository or a folder in it
    #[arg(long, num_args = 2, value_names = ["TOOL", "PATH"])]
    from: Vec<String>,
}

/// A spec with the releases of a repository, and no values of its own.
fn from_gitops(args: &Args, tool: &str, path: &str) -> Result<ExitCode, Error> {
    if tool != "flux" {
        return Err(InitError::NoTool(tool.into()).into());
    }
    let given =
        args.recipient.iter().map(|it| recipients::recipient(it).map_err(|it| InitError::BadRecipient(it).into()));
    let recipients = given.collect::<Result<Vec<Recipient>, Error>>()?;
    let talos = args.talos.unwrap_or(init::TALOS);
    let cilium = args.cilium.clone().unwrap_or_default();
    let kubernetes = match &args.kubernetes {
        Some(version) => version.clone(),
        None => init::kubernetes(talos, &cilium).parse().map_err(|_| InitError::NotAsked(vec!["--kubernetes"]))?,
    };
    let name = args.name.as_deref().unwrap_or("bootstrap");
    let text = init::from::flux(&args.folder, Path::new(path), name, talos, &kubernetes, &recipients)?;
    write(&args.folder, &init::spec_files(&text))?;
    elsewhere(&args.folder, name).iter().for_each(|it| say!("note: {it}"));
    say!("next: look at its parts, and run `ichor lock`");
    Ok(ExitCode::SUCCESS)
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    if let [tool, path] = args.from.as_slice() {
        return from_gitops(args, tool, path);
    }
    let ask = !args.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
    let missing = args.missing();
    if !ask && !args.yes && !missing.is_empty() {
        return Err(InitError::NotAsked(missing).into());
    }
    if ask {
        init::free(&args.folder)?;
    }
    init::not_there(args.new_key.clone())?;
    // Not read by clap, which shows the whole of what it cannot read.
    let given = args
        .recipient
        .iter()
        .map(|key| recipients::recipient(key).map_err(|fault| InitError::BadRecipient(fault).into()));
    let recipients = given.collect::<Result<Vec<Recipient>, Error>>()?;
    let kind = |beside: &[Recipient]| init::key_kind(beside, args.classic);
    let wishes = wishes(args, ask, recipients)?;
    let chosen = &wishes.0.recipients;
    init::together(chosen, args.new_key.as_ref().map(|_| kind(chosen)))?;
    // Nothing is left behind where a file is in the way: the key comes first, since its recipient is in the spec.
    init::to_write(&args.folder, &init::files(&wishes.0), None)?;
    let file = args.new_key.clone().or(wishes.1);
    let mut wishes = wishes.0;
    if let Some(file) = &file {
        let kind = kind(&wishes.recipients);
        let made = init::new_key(file, kind)?;
        if kind == KeyKind::Classic && !args.classic {
            say!("note: the new key is of the kind before post-quantum ones, as the other recipients are");
        }
        wishes.recipients.push(made.recipient);
        say!("{}: the private key; keep it safe and out of version control", file.display());
        if let Some(ignore) = made.ignored_by {
            say!("{}: a line keeps git from taking the key", ignore.display());
        }
    }
    write(&args.folder, &init::files(&wishes))?;
    notes(&args.folder, &wishes).iter().for_each(|it| say!("note: {it}"));
    if let [only] = &wishes.recipients[..] {
        let flag = if only.is_post_quantum() { "-pq " } else { "" };
        say!(
            "note: one key alone opens this bundle, and what it seals is lost with that key. Make a second one that lies \
             elsewhere (`age-keygen {flag}-o second.txt`), and put its public key under `recipients`, too"
        );
    }
    if wishes.recipients.is_empty() {
        say!("next: put a public key under `recipients` (`age-keygen -o key.txt` prints one), then ichor lock");
    } else {
        say!("next: ichor lock");
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes files, and tells each.
fn write(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    init::write(folder, files)?;
    for (path, _) in files {
        say!("wrote {}", folder.join(path).display());
    }
    Ok(())
}

impl Args {
    /// The flags that would have to be asked for.
    fn missing(&self) -> Vec<&'static str> {
        let flags = [
            ("--name", self.name.is_none()),
            ("--talos", self.talos.is_none()),
            ("--cilium", self.cilium.is_none()),
            ("--kubernetes", self.kubernetes.is_none()),
            ("--feature", self.features.is_none()),
        ];
        flags.into_iter().filter(|it| it.1).map(|it| it.0).collect()
    }
}

/// What flags say, else what the user types, else the defaults; and the file for a new key, where one is wanted.
fn wishes(args: &Args, ask: bool, mut recipients: Vec<Recipient>) -> Result<(Wishes, Option<PathBuf>), Error> {
    let folder = std::path::absolute(&args.folder).ok().and_then(|it| Some(it.file_name()?.to_str()?.to_owned()));
    let name = folder.filter(|it| parse_name(it).is_ok()).unwrap_or_else(|| "cluster".into());
    let name = answer(ask, "Name of the cluster", args.name.clone(), &name, parse_name)?;
    let lock = init::lock(&args.folder, &name);
    for file in &args.recipients_file {
        recipients.extend(recipients::in_file(file, &lock)?);
    }
    if recipients.is_empty() && args.new_key.is_none() {
        recipients.extend(of_sops(&args.folder, &lock));
    }
    let talos = answer(ask, "Version of Talos", args.talos, &init::TALOS.to_string(), text_of)?;
    let cilium = answer(ask, "Version of Cilium", args.cilium.clone(), init::CILIUM, parse_version)?;
    let fitting = init::kubernetes(talos, &cilium);
    let kubernetes = answer(ask, "Version of Kubernetes", args.kubernetes.clone(), &fitting, text_of)?;
    let mut features: Vec<Feature> = args.features.iter().flatten().copied().flatten().collect();
    if ask && args.features.is_none() {
        for (_, feature, what) in FEATURES {
            if answer(ask, &format!("{what}?"), None, "no", yes_or_no)? {
                features.push(*feature);
            }
        }
    }
    let chart = args.chart.clone().unwrap_or_else(|| init::chart(&cilium).into());
    let mut wishes = Wishes { name, talos, kubernetes, cilium, chart, features, recipients };
    if ask && wishes.recipients.is_empty() && args.new_key.is_none() {
        let parse = |text: &str| if text.is_empty() { Ok(None) } else { recipients::recipient(text).map(Some) };
        wishes.recipients.extend(answer(ask, "Public key of who may open it, if you have one", None, "", parse)?);
    }
    let mut new_key = None;
    if ask && wishes.recipients.is_empty() && args.new_key.is_none() {
        let usual = args.folder.join("key.txt").display().to_string();
        let file = |text: &str| match text {
            "no" | "n" | "none" => Ok(None),
            path => match init::not_there([path.into()]) {
                Ok(()) => Ok(Some(PathBuf::from(path))),
                Err(_) => Err(format!("`{path}` is there already: name another file")),
            },
        };
        new_key = answer(ask, "Make a key, and write the private half to (a file, or no)", None, &usual, file)?;
    }
    Ok((wishes, new_key))
}

/// The age keys of the nearest `.sops.yaml`, where it names any for the lock.
fn of_sops(folder: &Path, lock: &Path) -> Vec<Recipient> {
    let Some(rules) = sops::rules_above(folder) else { return Vec::new() };
    match recipients::in_file(&rules, lock) {
        Ok(found) => {
            say!("{}: its age keys for {} may open the bundle", rules.display(), lock.display());
            found
        }
        Err(fault) => {
            say!("note: {fault}");
            Vec::new()
        }
    }
}

/// What a flag says, else what the user types until it can be read, else the default.
fn answer<T>(
    ask: bool,
    what: &str,
    given: Option<T>,
    default: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    if let Some(given) = given {
        return Ok(given);
    }
    loop {
        let typed = if ask { prompt(what, default).ok_or(InitError::Unanswered)? } else { String::new() };
        match parse(if typed.is_empty() { default } else { &typed }) {
            Ok(value) => return Ok(value),
            Err(fault) if ask => complain!("{fault}"),
            Err(_) => return Err(InitError::Unanswered.into()),
        }
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("answer `yes` or `no`".into()),
    }
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
    let no_name = |_| format!("`{text}` is no name: use lower-case letters, digits and inner hyphens");
    name::label("a cluster", text).map(|()| text.into()).map_err(no_name)
}

fn parse_version(text: &str) -> Result<String, String> {
    let plain = text.trim_start_matches('v');
    let numbers = plain.split(['-', '+']).next().unwrap_or_default().split('.');
    let three = numbers.clone().count() == 3 && numbers.clone().all(|it| it.parse::<u32>().is_ok());
    if three { Ok(plain.into()) } else { Err(format!("`{text}` is no exact version such as `1.19.6`")) }
}

/// `None` for the word that stands for no feature at all.
fn parse_feature(text: &str) -> Result<Option<Feature>, String> {
    if text == "none" {
        return Ok(None);
    }
    let names: Vec<&str> = FEATURES.iter().map(|it| it.0).collect();
    let found = FEATURES.iter().find(|it| it.0 == text).map(|it| it.1);
    found.map(Some).ok_or_else(|| format!("there is no feature `{text}`: choose from {}, or none", names.join(", ")))
}
