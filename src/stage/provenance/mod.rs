//! How a bundle came about, in the forms that others read: a statement of its build, a bill of its materials, and the envelope
//! that a signed statement lies in.

mod envelope;
mod sbom;
mod statement;

pub use envelope::{Envelope, EnvelopeError, PAYLOAD_TYPE, signed_bytes};
pub use sbom::{Component, sbom};
pub use statement::{Statement, statement};

use crate::base::digest::Digest;

/// What a lock and an image say of where something comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What it is to the bundle: `cilium`, `cilium/SUBCHART`, an image.
    pub name: String,
    /// Where it comes from.
    pub uri: String,
    /// Of its bytes.
    pub digest: Digest,
}
