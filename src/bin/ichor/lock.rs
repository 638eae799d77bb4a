//! `ichor lock`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;

use ichor::base::secret::Secret;
use ichor::edge::clock;
use ichor::edge::disk;
use ichor::edge::store::Store;
use ichor::ops::lock::{How, Locked, Request};
use ichor::ops::{self, Error};
use ichor::review::print::many::Joined;
use ichor::stage::resolve::Update;
use ichor::workspace::fetching::Fetching;

use crate::diff;
use crate::fleet::Fleet;
use crate::network::NetworkArgs;
use crate::progress::Reporter;

/// Resolves the spec, mints what is missing, and writes the lock
///
/// Minted are the certificates and secrets that charts ask for; those that the lock holds stay as they are.
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    /// A file with an age identity or SSH key; needed only where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
    /// A PEM file, encrypted with age or not; where a chart asks for one of its certificates, that one is taken with its
    /// key, which may be in another such file
    #[arg(long, value_name = "FILE")]
    import: Vec<PathBuf>,
    /// Reads Secrets of a cluster from standard input (`kubectl get secret -o yaml`), and keeps what is in them
    #[arg(long, conflicts_with = "all")]
    import_secret: bool,
    /// Lets what is imported take the place of what the lock holds
    #[arg(long)]
    replace: bool,
    /// What `now` answers in templates from here on: `now`, or a time such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    clock: Option<Timestamp>,
    /// Moves all parts, or those named, to the newest versions the spec allows
    #[arg(long, value_name = "PART", num_args = 0..=1, default_missing_value = "", add = crate::completions::parts())]
    update: Vec<String>,
    /// Shows what would change, and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// Writes nothing; exits 1, showing the change, where the lock would change
    #[arg(long, conflicts_with = "dry_run")]
    locked: bool,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    fleet: Fleet,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(clock::now());
    }
    let moment: Timestamp = text.parse().map_err(|it: jiff::Error| it.to_string())?;
    Timestamp::from_second(moment.as_second()).map_err(|it| it.to_string())
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let import_secrets = match args.import_secret {
        true => Some(Secret::new(disk::read_standard_input()?)),
        false => None,
    };
    let update = match args.update.as_slice() {
        [] => Update::None,
        all if all.iter().any(String::is_empty) => Update::All,
        parts => Update::Parts(parts.iter().cloned().collect()),
    };
    let request = Request {
        identities: args.identity.clone(),
        clock: args.clock,
        import: args.import.clone(),
        known: Default::default(),
        import_secrets,
        replace: args.replace,
        update,
        keep: args.dry_run || args.locked,
        store: Store::of_user(&|name| crate::environment(name)),
    };
    args.fleet.each(Joined::Headed, &args.spec, |spec| one(args, spec, &request))
}

fn one(args: &Args, spec: &Path, request: &Request) -> Result<ExitCode, Error> {
    let settings = args.network.settings();
    let reporter = Reporter::new();
    let fetching = Fetching { settings: &settings, progress: &reporter };
    let locked = ops::lock::lock(spec, request, fetching, clock::now())?;
    drop(reporter);
    if request.keep {
        if let Some(comparison) = &locked.comparison {
            diff::print(comparison, diff::Format::Text, None)?;
        }
        for moved in &locked.moved {
            say!("{moved}");
        }
        let what = if locked.changed { "would change" } else { "unchanged:" };
        say!("{what} {}", locked.path.display());
        say_unbound(locked.unbound);
        if locked.changed && args.locked {
            say!("run `ichor lock` to take it into the lock, and commit what it writes");
        }
        return Ok(if locked.changed && args.locked { ExitCode::from(1) } else { ExitCode::SUCCESS });
    }
    if !locked.passed_over.is_empty() {
        let kinds: Vec<String> = locked.passed_over.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
        say!("passed over: {}; only Secrets are read", kinds.join(", "));
    }
    for subject in &locked.unused {
        say!("not imported: no chart asks for a certificate with the name, names and issuer of {subject}");
    }
    for it in &locked.versions {
        match &it.old {
            Some(old) => say!("{}: {old} → {}", it.part, it.new),
            None => say!("{}: {}", it.part, it.new),
        }
    }
    say_pins(&locked);
    for pin in &locked.dropped {
        say!("dropped {pin}: nothing asks for it any more");
    }
    for note in &locked.notes {
        say!("note: {note}");
    }
    let what = if locked.changed { "wrote" } else { "unchanged:" };
    say!("{what} {}", locked.path.display());
    say_unbound(locked.unbound);
    Ok(ExitCode::SUCCESS)
}

/// Says what an older lock lacks, and what mends it.
fn say_unbound(unbound: usize) {
    if unbound > 0 {
        say!("note: {}", ichor::stage::lock::unbound_note(unbound));
    }
}

/// Says where each new pin comes from.
pub fn say_pins(locked: &Locked) {
    for it in &locked.pins {
        let word = match it.how {
            How::Minted => "minted",
            How::IssuedAnew => "issued anew",
            How::Sealed => "sealed",
            How::Imported => "imported",
            How::Kept => "kept",
        };
        match &it.certificate {
            Some(certificate) => {
                let (day, fingerprint) = (certificate.not_after.strftime("%F"), &certificate.fingerprint);
                say!("{word} {} ({}, until {day}, sha256:{fingerprint})", it.pin, certificate.subject);
            }
            None => say!("{word} {}", it.pin),
        }
    }
}
