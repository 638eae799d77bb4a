//! Where keys and random numbers come from.

use rand::CryptoRng;

use crate::pki::fault::PkiError;
use crate::pki::key::{Algorithm, PrivateKey};

/// Chance, and the keys made of it.
///
/// Every random source is one, and makes keys out of its own numbers. Others may have keys at hand, or make them on many
/// cores.
pub trait Chance {
    /// The numbers themselves.
    fn random(&mut self) -> &mut dyn CryptoRng;

    /// A new key.
    fn key(&mut self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        PrivateKey::generate(algorithm, self.random())
    }
}

impl<R: CryptoRng> Chance for R {
    fn random(&mut self) -> &mut dyn CryptoRng {
        self
    }
}
