//! New RSA keys, whose primes are sought on all cores.
//!
//! A prime is found by trying one number after another, and takes now a moment, now ten times as long. So all cores seek,
//! and a key is made of whichever two primes are found first. Those who help go on once the first key is asked for, since a
//! certificate seldom comes alone, but never far ahead.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use helm_engine::pki::{Algorithm, Chance, PkiError, Prime, PrivateKey};
use helm_engine::timing;
use rand::CryptoRng;

use super::random::{self, System};

/// How many primes are kept ahead: those of two keys.
const AHEAD: usize = 4;

/// The system's chance, and keys made of it.
#[derive(Debug)]
pub struct Keys {
    random: System,
    helpers: usize,
    /// By the bits of a prime.
    searches: BTreeMap<u32, Search>,
}

impl Keys {
    /// Every core seeks the primes of one key.
    pub fn on_all_cores() -> Keys {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Keys { random: random::system(), helpers: cores - 1, searches: BTreeMap::new() }
    }

    /// The one who asks seeks alone, as is best where other cores have keys of their own to make.
    pub fn alone() -> Keys {
        Keys { random: random::system(), helpers: 0, searches: BTreeMap::new() }
    }
}

impl Chance for Keys {
    fn random(&mut self) -> &mut dyn CryptoRng {
        &mut self.random
    }

    fn key(&mut self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        let Algorithm::Rsa { bits } = algorithm else { return PrivateKey::generate(algorithm, &mut self.random) };
        let Ok(half) = u32::try_from(bits / 2) else { return PrivateKey::generate(algorithm, &mut self.random) };
        self.searches.entry(half).or_insert_with(|| Search::start(half, self.helpers)).key()
    }
}

/// Many who seek primes of one size. The helpers end once it is dropped.
#[derive(Debug)]
struct Search(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bits: u32,
    found: Mutex<Found>,
    /// Told whenever a prime was taken, or all is over.
    taken: Condvar,
}

#[derive(Debug, Default)]
struct Found {
    primes: Vec<Prime>,
    over: bool,
}

impl Search {
    fn start(bits: u32, helpers: usize) -> Search {
        let shared = Arc::new(Shared { bits, found: Mutex::default(), taken: Condvar::new() });
        for _ in 0..helpers {
            let shared = Arc::clone(&shared);
            // Without it the key is made all the same.
            let _ = thread::Builder::new().name("keys".into()).spawn(move || shared.help());
        }
        Search(shared)
    }

    fn key(&self) -> Result<PrivateKey, PkiError> {
        let _step = timing::step("make keys");
        loop {
            if let Some((one, other)) = self.0.take_two() {
                if let Some(key) = PrivateKey::of_primes(&one, &other) {
                    return Ok(key);
                }
            } else if let Some(prime) = self.0.seek(2)? {
                self.0.found().primes.push(prime);
            }
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.0.found().over = true;
        self.0.taken.notify_all();
    }
}

impl Shared {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_two(&self) -> Option<(Prime, Prime)> {
        let primes = &mut self.found().primes;
        let other = if primes.len() < 2 { return None } else { primes.pop()? };
        let one = primes.pop()?;
        self.taken.notify_all();
        Some((one, other))
    }

    /// Seeks a prime while fewer than so many are at hand.
    fn seek(&self, enough: usize) -> Result<Option<Prime>, PkiError> {
        Prime::find(self.bits, &mut random::system(), &|| {
            let found = self.found();
            !found.over && found.primes.len() < enough
        })
    }

    fn help(&self) {
        loop {
            let enough = |it: &mut Found| it.primes.len() >= AHEAD && !it.over;
            let found = self.taken.wait_while(self.found(), enough).unwrap_or_else(PoisonError::into_inner);
            if found.over {
                return;
            }
            drop(found);
            match self.seek(AHEAD) {
                Ok(Some(prime)) => self.found().primes.push(prime),
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use helm_engine::pki::key_digest;
    use std::collections::BTreeSet;

    #[test]
    fn keys_of_every_size_are_made_with_and_without_help() {
        for mut keys in [Keys::alone(), Keys { helpers: 3, ..Keys::alone() }] {
            let made = [512, 1024, 512, 512].map(|bits| keys.key(Algorithm::Rsa { bits }).expect("a key"));
            let texts = made.each_ref().map(|it| it.to_pem().expect("PEM"));
            let sizes = texts.each_ref().map(|it| it.len());
            assert!(sizes[0] < sizes[1] && sizes[0].abs_diff(sizes[2]) < 10, "{sizes:?}");
            let digests: BTreeSet<_> = texts.iter().map(|it| key_digest(it.as_bytes()).expect("a key")).collect();
            assert_eq!(digests.len(), 4, "no key was given twice");
            assert!(keys.key(Algorithm::Ed25519).is_ok());
        }
    }
}
