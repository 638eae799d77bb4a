//! Chance.

use rand::CryptoRng;
use rand::rngs::SysRng;
use rand::rand_core::UnwrapErr;

/// The system's cryptographic random source. It panics where the system has none.
pub fn system() -> impl CryptoRng {
    UnwrapErr(SysRng)
}
