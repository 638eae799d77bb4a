//! Chance.

use std::convert::Infallible;

use helm_engine::hole::Seed;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::{Rng, TryCryptoRng, TryRng};

use crate::base::memory;

/// The system's cryptographic random source. It panics where the system has none. What is drawn may become a secret.
pub fn system() -> System {
    System
}

/// See [`system`].
#[derive(Clone, Copy, Debug)]
pub struct System;

impl TryRng for System {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        memory::may_hold_secrets();
        UnwrapErr(SysRng).try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        memory::may_hold_secrets();
        UnwrapErr(SysRng).try_next_u64()
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        memory::may_hold_secrets();
        UnwrapErr(SysRng).try_fill_bytes(into)
    }
}

impl TryCryptoRng for System {}

/// What the tokens of one render, or of one bundle that is opened, are made of.
pub fn seed() -> Seed {
    let mut random = [0; 32];
    system().fill_bytes(&mut random);
    Seed::new(random)
}
