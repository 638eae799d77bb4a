//! Chance.

use helm_engine::hole::Seed;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::{CryptoRng, Rng};

/// The system's cryptographic random source. It panics where the system has none.
pub fn system() -> impl CryptoRng {
    UnwrapErr(SysRng)
}

/// What the tokens of one render, or of one bundle that is opened, are made of.
pub fn seed() -> Seed {
    let mut random = [0; 32];
    system().fill_bytes(&mut random);
    Seed::new(random)
}
