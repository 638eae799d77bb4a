//! The primes of RSA keys, sought one at a time, so that many may seek.

use std::cell::Cell;

use crypto_bigint::BoxedUint;
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::pki::fault::PkiError;
use crate::pki::key::PrivateKey;

/// A secret prime, half of an RSA key.
pub struct Prime(Zeroizing<BoxedUint>);

impl std::fmt::Debug for Prime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prime(..)")
    }
}

impl Prime {
    /// Seeks a prime of this many bits with the two highest of them set, so that two make a key of twice as many. Gives up
    /// soon once it is not `wanted` any more.
    pub fn find(bits: u32, random: &mut dyn CryptoRng, wanted: &dyn Fn() -> bool) -> Result<Option<Prime>, PkiError> {
        let failed = |fault: crypto_primes::Error| PkiError::new(format!("crypto/rsa: {fault}"));
        let sieve = SmallFactorsSieveFactory::new(Flavor::Any, bits, SetBits::TwoMsb).map_err(failed)?;
        let gave_up = Cell::new(false);
        let found = sieve_and_find(random, sieve, |_, candidate: &BoxedUint| {
            gave_up.set(!wanted());
            gave_up.get() || is_prime(Flavor::Any, candidate)
        });
        let found = found.map_err(failed)?.map(Zeroizing::new);
        Ok(found.filter(|_| !gave_up.get()).map(Prime))
    }
}

impl PrivateKey {
    /// The RSA key of two primes; none where they make none, as two that are equal.
    pub fn of_primes(one: &Prime, other: &Prime) -> Option<PrivateKey> {
        if one.0 == other.0 {
            return None;
        }
        let primes = vec![(*one.0).clone(), (*other.0).clone()];
        let key = rsa::PrivateKey::from_primes(primes, BoxedUint::from(EXPONENT)).ok()?;
        Some(PrivateKey::Rsa(Box::new(key)))
    }
}

/// The public exponent of every key that Go makes.
const EXPONENT: u32 = 65_537;

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn two_primes_make_a_key_that_signs() {
        let mut random = StdRng::seed_from_u64(1);
        let mut find = |wanted: bool| Prime::find(512, &mut random, &|| wanted).expect("a search");
        assert!(find(false).is_none(), "nobody wants it");
        let (one, other) = (find(true).expect("a prime"), find(true).expect("a prime"));
        assert!(PrivateKey::of_primes(&one, &one).is_none());
        let key = PrivateKey::of_primes(&one, &other).expect("a key");
        let again = PrivateKey::from_pem(key.to_pem().expect("PEM").as_bytes()).expect("what was written");
        assert_eq!(key.public(), again.public());
        assert_eq!(key.sign(b"text").expect("a signature").len(), 128);
    }
}
