//! Private keys and X.509 certificates: read, issued and verified as Go's `crypto` packages do it.

mod chance;
pub(crate) mod dsa_key;
mod fault;
mod issue;
mod key;
pub mod pem;
mod prime;
mod verify;
pub mod x509;

pub use chance::Chance;
pub use fault::PkiError;
pub(crate) use issue::{Issuer, Pair, Template, issue};
pub use key::{Algorithm, PrivateKey, is_private_key};
pub use prime::Prime;
pub use verify::{Details, inspect, key_digest, key_matches, normalize, public_key_digest, verify};
