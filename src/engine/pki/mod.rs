//! Private keys and X.509 certificates: read, issued and verified as Go's `crypto` packages do it.

pub(crate) mod dsa_key;
mod fault;
mod issue;
mod key;
pub(crate) mod pem;
mod verify;
pub mod x509;

pub use fault::PkiError;
pub(crate) use issue::{Issuer, Pair, Template, issue};
pub use key::{Algorithm, PrivateKey, is_private_key};
pub use verify::{Details, inspect, key_digest, key_matches, normalize, public_key_digest, verify};
