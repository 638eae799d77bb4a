//! Signatures by others over charts and images, judged without a network: those of cosign, and Helm's provenance.

mod cosign;
mod provenance;
mod ring;

use std::fmt;
use std::io;

use crate::base::digest::Digest;
use crate::stage::vendored::signature::Evidence;

/// Whose signature counts, with what it takes to judge one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// A public key in PEM.
    Key(Vec<u8>),
    /// Whom an issuer vouched for.
    Identity {
        issuer: String,
        /// `*` stands for any text.
        subject: String,
        /// A `trusted_root.json`; that of the public Sigstore without it.
        root: Option<Vec<u8>>,
    },
    /// Public keys of OpenPGP.
    Keyring(Vec<u8>),
}

/// What must be signed.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'s> {
    /// What has this digest in a registry.
    Manifest(&'s Digest),
    /// An archive of these bytes.
    Archive(&'s Digest),
}

/// Why something does not count as signed.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error("it has no signature, and one {wanted} is asked for")]
    None { wanted: String },
    /// A sentence for each that is there.
    #[error("no signature of it is {wanted}: {}", found.join("; "))]
    NotBy { wanted: String, found: Vec<String> },
    /// A key, a keyring or a file of roots is none.
    #[error("what signatures are judged with cannot be used: {0}")]
    Means(String),
    #[error("the program `gpgv` is not on the PATH")]
    NoProgram,
    #[error("`gpgv` could not be run: {0}")]
    Run(#[from] io::Error),
}

/// Why one signature does not count.
enum Fault {
    /// A sentence without its subject: "is over something else".
    Signature(String),
    /// Nothing can be judged at all.
    All(SignatureError),
}

impl From<String> for Fault {
    fn from(it: String) -> Fault {
        Fault::Signature(it)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Policy::Key(pem) => write!(f, "by the key {}", Digest::of(pem)),
            Policy::Identity { issuer, subject, .. } => write!(f, "by {subject} ({issuer})"),
            Policy::Keyring(_) => f.write_str("by a key of the keyring"),
        }
    }
}

/// Who has signed, of those whose signature counts; the lock keeps it.
pub fn check(evidence: &[Evidence], policy: &Policy, subject: Subject<'_>) -> Result<String, SignatureError> {
    let mut found = Vec::new();
    let mut judged = 0;
    let judge = cosign::Judge::of(policy)?;
    for (at, it) in evidence.iter().enumerate() {
        let result = match (it, policy, subject) {
            (Evidence::Provenance(text), Policy::Keyring(keys), Subject::Archive(digest)) => {
                provenance::check(text, keys, digest)
            }
            (Evidence::Bundle(text), _, Subject::Manifest(digest)) => match &judge {
                Some(judge) => judge.bundle(text, digest),
                None => continue,
            },
            (Evidence::Simple(it), _, Subject::Manifest(digest)) => match &judge {
                Some(judge) => judge.simple(it, digest),
                None => continue,
            },
            _ => continue,
        };
        judged += 1;
        match result {
            Ok(by) => return Ok(by),
            Err(Fault::Signature(why)) => found.push(format!("signature {} {why}", at + 1)),
            Err(Fault::All(fault)) => return Err(fault),
        }
    }
    let wanted = policy.to_string();
    if judged == 0 { Err(SignatureError::None { wanted }) } else { Err(SignatureError::NotBy { wanted, found }) }
}
