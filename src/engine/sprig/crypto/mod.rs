//! sprig's keys, certificates, passwords and ciphers, and the interface on them for the lock.

mod base64;
mod fault;
mod issue;
mod key;
mod pem;
mod verify;
mod x509;

pub use fault::Fault;
pub use issue::{Issuer, Pair, Template, issue};
pub use key::{Algorithm, PrivateKey, PublicKey};
pub use verify::{Details, inspect, key_matches, verify};
