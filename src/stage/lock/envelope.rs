//! Envelopes: sealed texts, each bound to the place it was sealed for.
//!
//! An envelope is an age file in its armoured form. Beside the stanzas of its recipients its header has one that names the
//! bundle, the part and the pin:
//!
//! ```text
//! -> ichor/1 matrix cilium cilium-ca
//! ```
//!
//! age passes over stanzas that it does not know, so that any age opens the envelope to just the secret. The MAC of the
//! header covers every stanza, and its key follows from the file key: who cannot open an envelope cannot change what it
//! says here, and `open` does not open one that was changed. Nobody needs a key to read it. So each verb that reads a lock
//! or a bundle compares the place an envelope was sealed for with the place it stands at.
//!
//! Envelopes from before version 0.2 have no such stanza.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----\n";
const END: &str = "-----END AGE ENCRYPTED FILE-----\n";
/// Characters on a line of the armour.
const COLUMNS: usize = 64;
/// Begins the tag of each stanza of ours, whatever its version.
const OURS: &str = "ichor/";

/// An age file in its armoured form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Envelope(pub String);

/// The place of a secret, which an envelope is sealed for. The key of a certificate belongs to the certificate's pin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SealedFor {
    /// The name of the bundle.
    pub bundle: String,
    /// The name of the part.
    pub part: String,
    /// The name of the pin, without the `.key` of a certificate's key.
    pub pin: String,
}

impl SealedFor {
    /// The tag of the stanza, with the version of its form.
    pub(crate) const TAG: &str = "ichor/1";

    /// The place of the secret of a pin.
    pub fn new(bundle: &str, part: &str, pin: &str) -> SealedFor {
        SealedFor { bundle: bundle.into(), part: part.into(), pin: pin.into() }
    }

    /// The names as the stanza has them; `None` where one has characters that no header can hold.
    pub fn names(&self) -> Option<[&str; 3]> {
        let names = [&self.bundle, &self.part, &self.pin].map(String::as_str);
        let writable = |it: &&str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_graphic());
        names.iter().all(writable).then_some(names)
    }

    fn read(line: &str) -> Option<SealedFor> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            [SealedFor::TAG, bundle, part, pin] => Some(SealedFor::new(bundle, part, pin)),
            _ => None,
        }
    }
}

impl fmt::Display for SealedFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} of bundle {}", self.part, self.pin, self.bundle)
    }
}

impl Envelope {
    /// The place it was sealed for; `None` in one from before envelopes named theirs. The error says why it is no envelope.
    pub fn sealed_for(&self) -> Result<Option<SealedFor>, String> {
        let file = self.file()?;
        if !file.starts_with(b"age-encryption.org/v1\n") {
            return Err("it is no age file".into());
        }
        let lines = || file.split(|it| *it == b'\n');
        let end = lines().position(|it| it.starts_with(b"---")).ok_or("it is cut short")?;
        let header = lines().take(end);
        let mut found = None;
        for stanza in header.filter_map(|it| it.strip_prefix(b"-> ")).filter(|it| it.starts_with(OURS.as_bytes())) {
            let place = std::str::from_utf8(stanza).ok().and_then(SealedFor::read);
            let place = place.ok_or("it says where it belongs in a form that this ichor does not know")?;
            if found.replace(place).is_some() {
                return Err("it says twice where it belongs".into());
            }
        }
        Ok(found)
    }

    /// How many bytes the secret has; what is no envelope holds none.
    pub(crate) fn secret_len(&self) -> usize {
        const NONCE: usize = 16;
        const TAG: usize = 16;
        const CHUNK: usize = 64 << 10;
        let Ok(file) = self.file() else { return 0 };
        let mut lines = file.split_inclusive(|it| *it == b'\n');
        let header: usize = lines.by_ref().take_while(|it| !it.starts_with(b"---")).map(<[u8]>::len).sum();
        let mac =
            file.get(header..).and_then(|text| text.split_inclusive(|it| *it == b'\n').next()).map_or(0, <[u8]>::len);
        let payload = file.len().saturating_sub(header + mac + NONCE);
        payload.saturating_sub(payload.div_ceil(CHUNK + TAG) * TAG)
    }

    /// The age file within the armour, which must be as ichor writes it: equal files are equal texts.
    fn file(&self) -> Result<Vec<u8>, String> {
        self.validate()?;
        let body = self.0.get(BEGIN.len()..self.0.len() - END.len()).unwrap_or_default();
        let file = STANDARD.decode(body.replace('\n', "")).map_err(|_| "its armour is damaged")?;
        let encoded = STANDARD.encode(&file);
        let lines = encoded.as_bytes().chunks(COLUMNS).flat_map(|line| line.iter().chain(b"\n"));
        if lines.ne(body.as_bytes()) {
            return Err("its armour is not as ichor writes it".into());
        }
        Ok(file)
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        if !self.0.starts_with(BEGIN) {
            return Err("its envelope is no armoured age file".into());
        }
        if self.0.len() < BEGIN.len() + END.len() || !self.0.ends_with(&format!("\n{END}")) {
            return Err("its envelope is cut short".into());
        }
        Ok(())
    }
}
