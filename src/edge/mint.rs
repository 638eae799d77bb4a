//! Minting: real keys, real chance, the real clock.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::age::{self, Opener};
use super::keys::Keys;
use super::{network, sops};
use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::base::sops::is_sops;
use crate::stage::lock::Envelope;
use crate::stage::render::{Imported, Imports, Minter};
use helm_engine::pki::{Algorithm, Chance};
use helm_engine::sprig;
use helm_engine::value::{Failure, Value};
use helm_engine::world::Call;

/// Mints at a fixed moment, and opens envelopes with identities that are read when first needed.
pub struct Mint<'a> {
    now: Timestamp,
    identities: &'a [String],
    opener: Option<Opener>,
    keys: Keys,
    /// What exists already and answers calls.
    pub imports: Imports,
    /// Whether what is imported may take the place of what the lock holds.
    pub replaces: bool,
    /// Texts that pins, `part/pin`, are to have.
    pub given: BTreeMap<String, Secret>,
    /// Files whose text is known, by the digest of their bytes.
    pub known: BTreeMap<Digest, Secret>,
}

impl<'a> Mint<'a> {
    /// `identities` are files.
    pub fn new(now: Timestamp, identities: &'a [String]) -> Self {
        Mint {
            now,
            identities,
            opener: None,
            keys: Keys::on_all_cores(),
            imports: Imports::default(),
            replaces: false,
            given: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// Whether anything can be opened.
    pub fn has_identity(&self) -> bool {
        !self.identities.is_empty()
    }

    /// Opens the envelope of the secret of this name.
    pub fn open(&mut self, name: &str, envelope: &Envelope) -> Result<Secret, age::Error> {
        self.opener(name)?.open(name, envelope)
    }

    /// Decrypts a file of this name, which is one of age or of SOPS.
    pub fn decrypt(&mut self, path: &str, bytes: &[u8]) -> Result<Secret, age::Error> {
        if let Some(known) = self.known.get(&Digest::of(bytes)) {
            return Ok(known.clone());
        }
        if is_sops(bytes) {
            return Ok(sops::decrypt(path, bytes, self.identities)?);
        }
        self.opener(path)?.open_file(path, bytes)
    }

    fn opener(&mut self, what: &str) -> Result<&Opener, age::Error> {
        if self.opener.is_none() {
            if self.identities.is_empty() {
                return Err(age::Error::NoIdentity(what.into()));
            }
            self.opener = Some(Opener::read(self.identities)?);
        }
        self.opener.as_ref().ok_or_else(|| age::Error::NoIdentity(what.into()))
    }

    fn compute(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        sprig::compute(call, &mut self.keys, &sprig::time(self.now, "UTC"), &mut network::resolve)
    }
}

/// The keys that Helm makes.
const HELMS: Algorithm = Algorithm::Rsa { bits: 2048 };

impl Minter for Mint<'_> {
    fn mint(&mut self, call: &Call<'_>, algorithm: Algorithm) -> Result<Value, Failure> {
        let with_key = match call.function {
            "genCA" => "genCAWithKey",
            "genSelfSignedCert" => "genSelfSignedCertWithKey",
            "genSignedCert" => "genSignedCertWithKey",
            _ => "",
        };
        if algorithm == HELMS || with_key.is_empty() {
            return self.compute(call);
        }
        let key = self.keys.key(algorithm).and_then(|it| it.to_pem())?;
        let args: Vec<Value> = call.args.iter().cloned().chain([key.as_str().into()]).collect();
        self.compute(&Call { function: with_key, args: &args })
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn unseal(&mut self, name: &str, envelope: &Envelope) -> Result<Secret, Failure> {
        self.open(name, envelope).map_err(Failure::from_error)
    }

    fn imported(&mut self, call: &Call<'_>) -> Option<Imported> {
        self.imports.answer(call).cloned()
    }

    fn given(&mut self, pin: &str) -> Option<Secret> {
        self.given.get(pin).cloned()
    }
}
