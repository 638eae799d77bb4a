//! Chance.

use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// The system's cryptographic random source. It panics where the system has none.
pub fn system() -> impl CryptoRng {
    UnwrapErr(SysRng)
}
