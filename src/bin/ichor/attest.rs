//! `ichor sign` and `ichor attest`, and whose word counts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ichor::edge::disk;
use ichor::ops::Error;
use ichor::ops::attest::{self, Attested, Trust};

/// Signs a file with an SSH key, as `ssh-keygen -Y sign` does
///
/// The signature lies beside the file, as FILE.sig. `ssh-keygen -Y verify -n ichor` takes it, too.
#[derive(clap::Args)]
pub struct SignArgs {
    /// The file: a bundle or a parcel
    file: PathBuf,
    /// The SSH key: a private one, or the public half of one in the agent
    #[arg(short, long, value_name = "FILE")]
    key: PathBuf,
}

pub fn sign(args: &SignArgs) -> Result<ExitCode, Error> {
    let signature = attest::sign(&args.file, &args.key)?;
    say!("wrote {}", signature.display());
    Ok(ExitCode::SUCCESS)
}

/// Rebuilds a bundle, and signs that it is what spec and lock give
///
/// Builds need no key, so that anybody can rebuild: `ichor verify --rebuilders N` asks for the word of several.
#[derive(clap::Args)]
pub struct AttestArgs {
    /// The bundle
    #[arg(default_value = "result")]
    bundle: PathBuf,
    /// The spec, or the folder it is in
    #[arg(short, long, default_value = "ichor.yaml")]
    spec: PathBuf,
    /// The SSH key: a private one, or the public half of one in the agent
    #[arg(short, long, value_name = "FILE")]
    key: PathBuf,
    /// Writes the signed statement here
    #[arg(short, long, value_name = "FILE", default_value = "attestation.json")]
    output: PathBuf,
}

pub fn attest(args: &AttestArgs) -> Result<ExitCode, Error> {
    let digest = attest::attest(&args.spec, &args.bundle, &args.key, &args.output)?;
    say!("wrote {}", args.output.display());
    disk::print(format!("{digest}  rebuilt and attested\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Whose word counts
#[derive(clap::Args)]
pub struct TrustArgs {
    /// Whose signatures count: a file with a line `NAME KEY` each, as `allowed_signers` of OpenSSH
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
    /// A signed statement of `ichor attest`, beside those that a parcel holds
    #[arg(long, value_name = "FILE", requires = "signers")]
    attestation: Vec<PathBuf>,
    /// Asks for so many of the signers to have attested the bundle
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    rebuilders: usize,
    /// Asks for a signature of the file itself, FILE.sig, by one of the signers
    #[arg(long, requires = "signers")]
    signed: bool,
}

impl TrustArgs {
    pub fn trust(&self) -> Trust {
        let (signers, attestations) = (self.signers.clone(), self.attestation.clone());
        Trust { signers, attestations, rebuilders: self.rebuilders, signed: self.signed }
    }
}

/// Says who vouches for a file.
pub fn say(file: &Path, attested: &Attested) {
    if let Some(signer) = &attested.signer {
        say!("{} is signed by {} ({})", file.display(), signer.name, signer.key);
    }
    for (signer, ichor) in &attested.by {
        say!("attested by {} ({}), rebuilt with ichor {ichor}", signer.name, signer.key);
    }
    for it in &attested.passed_over {
        say!("note: not counted: {it}");
    }
}
