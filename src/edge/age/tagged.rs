//! Keys of hardware that age seals to by itself: `age1tag1...` and, against quantum computers, `age1tagpq1...`. Their plugin
//! is needed for opening alone.
//!
//! Mirrors the `p256tag` and `mlkem768p256tag` recipients of C2SP age and of the Go program from 1.3 on. A stanza bears a tag,
//! by which a plugin finds its own without touching the hardware.

use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age_core::format::{FileKey, Stanza};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bech32::Hrp;
use hmac::{Hmac, KeyInit, Mac};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{DhP256HkdfSha256, MlKem768P256};
use hpke::{Deserializable, Kem, OpModeS, Serializable, single_shot_seal};
use p256::elliptic_curve::sec1::ToSec1Point;
use sha2::{Digest, Sha256};

use super::hybrid::{self, ParseKeyError};

/// The bytes of an ML-KEM-768 key, which stands before the P-256 key.
const ML_KEM: usize = 1184;

/// Whom a file can be sealed to.
#[derive(Clone)]
pub enum Recipient {
    Classic {
        key: <DhP256HkdfSha256 as Kem>::PublicKey,
        /// The point as the recipient's text holds it.
        compressed: Vec<u8>,
    },
    Hybrid(Box<<MlKem768P256 as Kem>::PublicKey>),
}

impl FromStr for Recipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        if let Ok(bytes) = hybrid::bytes(text, Hrp::parse_unchecked("age1tagpq")) {
            let key = <MlKem768P256 as Kem>::PublicKey::from_bytes(&bytes).map_err(|_| ParseKeyError::Length)?;
            return Ok(Recipient::Hybrid(Box::new(key)));
        }
        let compressed = hybrid::bytes(text, Hrp::parse_unchecked("age1tag"))?;
        if compressed.len() != 33 {
            return Err(ParseKeyError::Length);
        }
        let point = p256::PublicKey::from_sec1_bytes(&compressed).map_err(|_| ParseKeyError::NoPoint)?;
        let point = point.to_sec1_point(false);
        let key = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(point.as_bytes());
        Ok(Recipient::Classic { key: key.map_err(|_| ParseKeyError::NoPoint)?, compressed })
    }
}

impl age::Recipient for Recipient {
    #[allow(clippy::disallowed_types)] // The trait is age's.
    fn wrap_file_key(
        &self,
        key: &FileKey,
    ) -> Result<(Vec<Stanza>, std::collections::HashSet<String>), age::EncryptError> {
        match self {
            Recipient::Classic { key: public, compressed } => {
                let stanza = stanza::<DhP256HkdfSha256>("p256tag", public, compressed, key)?;
                Ok((vec![stanza], [].into()))
            }
            Recipient::Hybrid(public) => {
                let bytes = public.to_bytes();
                let point = bytes.get(ML_KEM..).unwrap_or_default();
                let stanza = stanza::<MlKem768P256>("mlkem768p256tag", public, point, key)?;
                Ok((vec![stanza], [hybrid::LABEL.to_owned()].into()))
            }
        }
    }
}

/// A file key, sealed to a public key whose point on P-256 is `point`.
fn stanza<K: Kem>(kind: &str, public: &K::PublicKey, point: &[u8], key: &FileKey) -> Result<Stanza, age::EncryptError> {
    let label = format!("age-encryption.org/{kind}");
    let sealed = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeS::Base,
        public,
        label.as_bytes(),
        key.expose_secret(),
        &[],
    );
    let (share, body) = sealed.map_err(|it| std::io::Error::other(it.to_string()))?;
    let share = share.to_bytes();
    // The first half of HKDF, with the label as its salt.
    let mut mac = Hmac::<Sha256>::new_from_slice(label.as_bytes()).map_err(std::io::Error::other)?;
    mac.update(&share);
    mac.update(&Sha256::digest(point)[..4]);
    let tag = mac.finalize().into_bytes();
    let args = vec![STANDARD_NO_PAD.encode(&tag[..4]), STANDARD_NO_PAD.encode(&share)];
    Ok(Stanza { tag: kind.into(), args, body })
}
