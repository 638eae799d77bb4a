//! `ichor reseal`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::identity::Identity;
use ichor::base::number::count;
use ichor::ops::{self, Error};

use crate::progress::Reporter;

/// Seals the lock's secrets to the recipients the spec names now
#[derive(clap::Args)]
pub struct Args {
    /// The spec, or the folder it is in
    #[arg(default_value = "ichor.yaml")]
    spec: PathBuf,
    #[command(flatten)]
    identity: Identity,
}

pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let resealed = ops::reseal::reseal(&args.spec, &args.identity.files(), &Reporter::new())?;
    for recipient in &resealed.added {
        say!("added {}", recipient.short());
    }
    for recipient in &resealed.removed {
        say!("removed {}: whoever holds that key could open the secrets until now", recipient.short());
    }
    if !resealed.removed.is_empty() {
        say!(
            "note: what git's history and earlier bundles hold stays sealed to the old keys; `ichor rotate` replaces a secret \
             that their holders must not know"
        );
    }
    if let Some(bundle) = &resealed.renamed {
        say!("sealed for another bundle: the lock was of {bundle}");
    }
    if resealed.bound > 0 {
        say!("bound {} to its place in bundle, part and pin", count(resealed.bound, "secret"));
    }
    say!("sealed {} anew in {}", count(resealed.envelopes, "secret"), resealed.path.display());
    Ok(ExitCode::SUCCESS)
}
