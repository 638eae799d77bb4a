//! `ichor rotate`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::clock;
use ichor::ops::error::between;
use ichor::ops::rotate::{Step, Wanted};
use ichor::ops::{self, Error};

use crate::progress::Reporter;

/// Replaces a secret or leaf at once, a CA in three steps
///
/// A CA's first step adds its successor to every trust bundle, the second lets the successor issue every leaf anew, the
/// third drops the old CA. Apply the bundle and wait for every agent to take it before the next step, which is taken only
/// once the lock with the last one is committed, or where `--step` names it.
#[derive(clap::Args)]
pub struct Args {
    /// The pins, such as `cilium/cilium-ca`
    #[arg(required_unless_present = "all", add = crate::completions::pins())]
    pins: Vec<String>,
    /// Everything: every CA goes one step on
    #[arg(long, conflicts_with = "pins")]
    all: bool,
    /// The step of a CA's rotation to take, 1 to 3; does nothing where that was the last one taken
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    step: Option<u8>,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// A file with an age identity or SSH key; needed where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let wanted = if args.all { Wanted::All } else { Wanted::Pins(args.pins.clone()) };
    let rotated = ops::rotate::rotate(&args.spec, &wanted, args.step, &args.identity, &Reporter::new(), clock::now())?;
    for (pin, step) in &rotated.steps {
        match step {
            Step::Replaced => say!("{pin}: made anew"),
            Step::Trusted => say!("{pin}: step 1 of 3: its successor is trusted, and signs nothing yet"),
            Step::Signs => say!("{pin}: step 2 of 3: its successor signs; the old CA is trusted still"),
            Step::Dropped => say!("{pin}: step 3 of 3: the old CA is gone"),
            Step::Before(taken) => say!("{pin}: step {taken} of 3 was taken before; nothing was done"),
        }
    }
    for it in rotated.locked.pins.iter().filter(|it| rotated.steps.iter().all(|(name, _)| *name != it.pin)) {
        say!("issued {} anew", it.pin);
    }
    for note in &rotated.locked.notes {
        say!("note: {note}");
    }
    say!("{} {}", if rotated.locked.changed { "wrote" } else { "unchanged:" }, rotated.locked.path.display());
    let pins =
        |wanted: u8| rotated.steps.iter().filter(move |(_, step)| step.taken() == Some(wanted)).map(|(pin, _)| pin);
    for taken in [1, 2] {
        let under_way: Vec<&str> = pins(taken).map(String::as_str).collect();
        if !under_way.is_empty() {
            let names = under_way.join(" ");
            say!("next: {}; commit the lock; then `ichor rotate {names} -i KEY`", between(taken));
        }
    }
    Ok(ExitCode::SUCCESS)
}
