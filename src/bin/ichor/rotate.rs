//! `ichor rotate`.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::clock;
use ichor::ops::rotate::{Step, Wanted};
use ichor::ops::{self, Error};

use crate::progress::Reporter;

/// Makes pins anew: a leaf at once, a CA in three steps, one each time
///
/// A CA's first step adds its successor to every trust bundle, the second lets the successor issue every leaf anew, the
/// third drops the old CA. Apply the bundle and wait for every agent to take it before the next step.
#[derive(clap::Args)]
pub struct Args {
    /// The pins, such as `cilium/cilium-ca`
    #[arg(required_unless_present = "all")]
    pins: Vec<String>,
    /// Everything: every CA goes one step on
    #[arg(long, conflicts_with = "pins")]
    all: bool,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// A file with an age identity or SSH key; needed where a CA of the lock must sign
    #[arg(short, long = "identity", value_name = "FILE", env = "ICHOR_IDENTITY")]
    identity: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let wanted = if args.all { Wanted::All } else { Wanted::Pins(args.pins.clone()) };
    let rotated = ops::rotate::rotate(&args.spec, &wanted, &args.identity, &Reporter::new(), clock::now())?;
    for (pin, step) in &rotated.steps {
        let what = match step {
            Step::Replaced => "made anew",
            Step::Trusted => "step 1 of 3: its successor is trusted; once every agent has this, rotate it again",
            Step::Signs => "step 2 of 3: its successor signs; once every agent has this, rotate it again",
            Step::Dropped => "step 3 of 3: the old CA is gone",
        };
        say!("{pin}: {what}");
    }
    for pin in rotated.locked.minted.iter().filter(|it| rotated.steps.iter().all(|(name, _)| name != *it)) {
        say!("issued {pin} anew");
    }
    for note in &rotated.locked.notes {
        say!("note: {note}");
    }
    say!("wrote {}", rotated.locked.path.display());
    Ok(ExitCode::SUCCESS)
}
