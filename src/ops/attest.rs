//! `ichor sign`, `ichor attest`: signatures of OpenSSH over files, and over the statement of a build.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Error, verify};
use crate::base::digest::Digest;
use crate::edge::disk::{self, Access};
use crate::edge::ssh::{self, FILES, STATEMENTS, Signer};
use crate::stage::provenance::{Envelope, EnvelopeError, Statement, signed_bytes, statement};
use crate::workspace::fetching::Fetching;
use crate::workspace::{Workspace, bundle};

/// Whose word counts, and how many of them are asked for.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The file of signers, as `ssh-keygen -Y verify` reads it.
    pub signers: Option<PathBuf>,
    /// Signed statements beside those that are carried.
    pub attestations: Vec<PathBuf>,
    /// How many distinct people must attest; none is asked for by default.
    pub rebuilders: usize,
    /// Whether the file itself must be signed.
    pub signed: bool,
}

/// Who attests a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attested {
    /// Each with the version of ichor that they built it with.
    pub by: BTreeSet<(Signer, String)>,
    /// What was not counted, and why: a sentence each.
    pub passed_over: Vec<String>,
    /// Who signed the file itself.
    pub signer: Option<Signer>,
}

impl Attested {
    /// How many distinct people and keys there are.
    pub fn rebuilders(&self) -> usize {
        let names: BTreeSet<&str> = self.by.iter().map(|(it, _)| it.name.as_str()).collect();
        let keys: BTreeSet<&str> = self.by.iter().map(|(it, _)| it.key.as_str()).collect();
        names.len().min(keys.len())
    }
}

/// Why something is not signed, or not attested.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    #[error(transparent)]
    Ssh(#[from] ssh::SshError),
    /// The bundle to attest is not what a rebuild gives. The files that differ.
    #[error("`{}` is not what spec and lock build, so it cannot be attested", .0.display())]
    NotRebuilt(PathBuf),
    #[error("{wanted} rebuilders are asked for, and {found} that are trusted attest {bundle}")]
    TooFew { wanted: usize, found: usize, bundle: Digest, passed_over: Vec<String> },
    #[error("nobody is named whose signature counts")]
    NoSigners,
    #[error("`{}` has no signature `{}`", file.display(), signature.display())]
    NoSignature { file: PathBuf, signature: PathBuf },
}

/// Signs a file with an SSH key; gives the path of the signature.
pub fn sign(file: &Path, key: &Path) -> Result<PathBuf, Error> {
    // A file that is not there is told in our words.
    disk::length(file)?;
    let signature = ssh::sign_file(key, FILES, file).map_err(AttestError::Ssh)?;
    let at = signature_of(file);
    disk::write(&at, signature.as_bytes(), Access::Public)?;
    Ok(at)
}

/// Rebuilds the spec at a path, compares the bundle with it, and signs the statement of that build.
pub fn attest(spec: &Path, at: &Path, key: &Path, output: &Path) -> Result<Digest, Error> {
    let verified = verify::verify(spec, at, Fetching::nothing())?;
    if !verified.differ.is_empty() || verified.repacked {
        return Err(AttestError::NotRebuilt(at.into()).into());
    }
    let workspace = Workspace::read(spec)?;
    let (lock, lock_text) = workspace.lock()?;
    let (given, bytes) = bundle::read(at)?;
    let payload = statement(&given, &bytes, &workspace.spec_text, &lock, &lock_text).encode();
    let signature = ssh::sign(key, STATEMENTS, &signed_bytes(&payload)).map_err(AttestError::Ssh)?;
    let fingerprint = ssh::fingerprint(key).map_err(AttestError::Ssh)?;
    disk::write(output, &Envelope::new(&payload, &fingerprint, &signature).encode(), Access::Public)?;
    Ok(verified.digest)
}

/// Who of those that are trusted attests the bundle of a digest.
pub(super) fn count(bundle: &Digest, carried: &[PathBuf], trust: &Trust) -> Result<Attested, Error> {
    let mut attested = Attested::default();
    let all: Vec<&PathBuf> = carried.iter().chain(&trust.attestations).collect();
    let Some(signers) = &trust.signers else {
        if trust.rebuilders > 0 {
            return Err(AttestError::NoSigners.into());
        }
        return Ok(attested);
    };
    for path in all {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match one(bundle, &disk::read_any(path)?, signers)? {
            Ok(it) => {
                attested.by.insert(it);
            }
            Err(why) => attested.passed_over.push(format!("{name}: {why}")),
        }
    }
    let found = attested.rebuilders();
    if found < trust.rebuilders {
        let passed_over = attested.passed_over;
        return Err(AttestError::TooFew { wanted: trust.rebuilders, found, bundle: *bundle, passed_over }.into());
    }
    Ok(attested)
}

/// Who signed a bundle, and who attests it.
pub fn judged(file: &Path, bundle: &Digest, trust: &Trust) -> Result<Attested, Error> {
    let attested = count(bundle, &[], trust)?;
    Ok(Attested { signer: signer(file, trust)?, ..attested })
}

/// Who signed a file, where somebody must have; its signature lies beside it.
pub fn signer(file: &Path, trust: &Trust) -> Result<Option<Signer>, Error> {
    let signature = signature_of(file);
    match (&trust.signers, signature.is_file()) {
        (Some(signers), true) => {
            let signer = ssh::verify(signers, FILES, &signature, file).map_err(AttestError::Ssh)?;
            Ok(Some(signer))
        }
        (None, _) if trust.signed => Err(AttestError::NoSigners.into()),
        (_, false) if trust.signed => Err(AttestError::NoSignature { file: file.into(), signature }.into()),
        _ => Ok(None),
    }
}

/// One signed statement: who signed it and with which ichor, or why it does not count.
fn one(bundle: &Digest, text: &[u8], signers: &Path) -> Result<Result<(Signer, String), String>, Error> {
    let (payload, signatures) = match Envelope::decode(text) {
        Ok(it) => it,
        Err(fault @ (EnvelopeError::Shape(_) | EnvelopeError::Type(_) | EnvelopeError::Unsigned)) => {
            return Ok(Err(fault.to_string()));
        }
    };
    let folder = tempfile::tempdir().map_err(|it| AttestError::Ssh(ssh::SshError::Run(it)))?;
    let [content, armour] = ["content", "signature"].map(|it| folder.path().join(it));
    disk::write(&content, &signed_bytes(&payload), Access::Owner)?;
    let mut why = String::new();
    for signature in signatures {
        disk::write(&armour, &signature, Access::Owner)?;
        match ssh::verify(signers, STATEMENTS, &armour, &content) {
            Ok(signer) => {
                let statement = match Statement::decode(&payload) {
                    Ok(it) => it,
                    Err(fault) => return Ok(Err(fault)),
                };
                let ichor = statement.ichor().to_owned();
                return Ok(match statement.bundle() {
                    Some(it) if it == *bundle => Ok((signer, ichor)),
                    Some(other) => Err(format!("{} built another bundle, {other}, with ichor {ichor}", signer.name)),
                    None => Err("it names no bundle".into()),
                });
            }
            Err(ssh::SshError::Nobody(fault)) => why = format!("its signature is by nobody who is trusted: {fault}"),
            Err(fault) => return Err(AttestError::Ssh(fault).into()),
        }
    }
    Ok(Err(why))
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}
