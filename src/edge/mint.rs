//! Minting: real keys, real chance, the real clock.

use jiff::Timestamp;

use super::age::Opener;
use super::{network, random};
use crate::base::secret::Secret;
use crate::engine::sprig;
use crate::engine::value::{Failure, Value};
use crate::engine::world::Call;
use crate::stage::lock::Envelope;
use crate::stage::render::Minter;

/// Mints at a fixed moment, and opens envelopes with identities that are read when first needed.
pub struct Mint<'a> {
    now: Timestamp,
    identities: &'a [String],
    opener: Option<Opener>,
}

impl<'a> Mint<'a> {
    /// `identities` are files.
    pub fn new(now: Timestamp, identities: &'a [String]) -> Self {
        Mint { now, identities, opener: None }
    }
}

impl Minter for Mint<'_> {
    fn mint(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        sprig::compute(call, &mut random::system(), &sprig::time(self.now, "UTC"), &mut network::resolve)
    }

    fn unseal(&mut self, name: &str, envelope: &Envelope) -> Result<Secret, Failure> {
        if self.identities.is_empty() {
            return Err(Failure::new(format!(
                "minting needs the secret `{name}`: name an identity that opens it with `-i`"
            )));
        }
        let opener = match self.opener.take() {
            Some(opener) => opener,
            None => Opener::read(self.identities).map_err(Failure::from_error)?,
        };
        let secret = opener.open(name, envelope).map_err(Failure::from_error);
        self.opener = Some(opener);
        secret
    }
}
