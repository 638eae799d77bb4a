//! age's post-quantum keys: `age1pq1...` and `AGE-SECRET-KEY-PQ-1...`.
//!
//! Mirrors the `mlkem768x25519` recipient of C2SP age and of the Go program from 1.3 on: HPKE with X-Wing (ML-KEM-768 and
//! X25519), HKDF-SHA256 and ChaCha20-Poly1305. The cryptography is that of the crate `hpke`.

use std::fmt;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum, Hrp};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use zeroize::Zeroizing;

const TAG: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// What keeps these recipients apart from those that a quantum computer opens.
pub(super) const LABEL: &str = "postquantum";
const PUBLIC: Hrp = Hrp::parse_unchecked("age1pq");
const SECRET: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");

/// Bech32 without its bound on length, as age reads and writes long keys.
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// An authentication tag follows the wrapped file key.
const BODY: usize = FILE_KEY_BYTES + 16;

/// Whom a file can be sealed to, against quantum computers too.
#[derive(Clone)]
pub struct Recipient(<XWing as Kem>::PublicKey);

/// What opens files sealed to the recipient of it. The key is the seed of 32 bytes that X-Wing expands.
pub struct Identity {
    key: <XWing as Kem>::PrivateKey,
}

/// Why a text is no key of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    #[error("its checksum is wrong: a sign of it was lost or changed")]
    Checksum,
    #[error("it is a key of another kind")]
    Kind,
    #[error("it has the wrong length")]
    Length,
    #[error("it is no point of its curve")]
    NoPoint,
}

impl Identity {
    pub fn generate() -> Identity {
        let (key, _) = XWing::gen_keypair();
        Identity { key }
    }

    pub fn to_public(&self) -> Recipient {
        Recipient(XWing::sk_to_pk(&self.key))
    }

    /// The text of it, as `age-keygen -pq` writes it.
    pub fn to_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.key.to_bytes());
        // Nothing can fail: the code has no bound on length.
        Zeroizing::new(bech32::encode_upper::<LongBech32>(SECRET, &seed).unwrap_or_default())
    }
}

impl FromStr for Identity {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let seed = Zeroizing::new(bytes(text, SECRET)?);
        let key = <XWing as Kem>::PrivateKey::from_bytes(&seed).map_err(|_| ParseKeyError::Length)?;
        Ok(Identity { key })
    }
}

impl FromStr for Recipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let key = <XWing as Kem>::PublicKey::from_bytes(&bytes(text, PUBLIC)?).map_err(|_| ParseKeyError::Length)?;
        Ok(Recipient(key))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_lower_to_fmt::<LongBech32, _>(f, PUBLIC, &self.0.to_bytes()).map_err(|_| fmt::Error)
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let [share] = &stanza.args[..] else { return Some(Err(age::DecryptError::InvalidHeader)) };
        let share = STANDARD_NO_PAD.decode(share).ok().filter(|bytes| !is_low_order(bytes));
        let share = share.and_then(|bytes| <XWing as Kem>::EncappedKey::from_bytes(&bytes).ok());
        let Some(share) = share.filter(|_| stanza.body.len() == BODY) else {
            return Some(Err(age::DecryptError::InvalidHeader));
        };
        // Which key a stanza is for cannot be seen: one that does not open it is not at fault.
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.key,
            &share,
            INFO,
            &stanza.body,
            &[],
        );
        let opened = Zeroizing::new(opened.ok()?);
        Some(Ok(FileKey::init_with_mut(|key| key.copy_from_slice(&opened))))
    }
}

impl age::Recipient for Recipient {
    #[allow(clippy::disallowed_types)] // The trait is age's.
    fn wrap_file_key(
        &self,
        key: &FileKey,
    ) -> Result<(Vec<Stanza>, std::collections::HashSet<String>), age::EncryptError> {
        let sealed = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &self.0,
            INFO,
            key.expose_secret(),
            &[],
        );
        let (share, body) = sealed.map_err(|it| std::io::Error::other(it.to_string()))?;
        let stanza = Stanza { tag: TAG.into(), args: vec![STANDARD_NO_PAD.encode(share.to_bytes())], body };
        Ok((vec![stanza], [LABEL.to_owned()].into()))
    }
}

/// Whether the X25519 half of a share, its last 32 bytes, is a point whose shared secret is zero with every key. The
/// format forbids them, and X-Wing does not look.
fn is_low_order(share: &[u8]) -> bool {
    share.last_chunk::<32>().is_some_and(|point| x25519_dalek::x25519([1; 32], *point) == [0; 32])
}

/// The bytes of a key of one kind.
pub(super) fn bytes(text: &str, kind: Hrp) -> Result<Vec<u8>, ParseKeyError> {
    let read = CheckedHrpstring::new::<LongBech32>(text).map_err(|_| ParseKeyError::Checksum)?;
    if read.hrp() == kind { Ok(read.byte_iter().collect()) } else { Err(ParseKeyError::Kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_to_a_recipient_is_opened_by_its_identity_alone() {
        let (own, other) = (Identity::generate(), Identity::generate());
        let own: Identity = own.to_text().parse().expect("an identity");
        let recipient: Recipient = own.to_public().to_string().parse().expect("a recipient");
        let key = FileKey::new(Box::new([7; FILE_KEY_BYTES]));
        let (stanzas, labels) = age::Recipient::wrap_file_key(&recipient, &key).expect("stanzas");
        assert!(labels.contains("postquantum"));
        let opened = age::Identity::unwrap_stanza(&own, &stanzas[0]).expect("ours").expect("a file key");
        assert_eq!(opened.expose_secret(), key.expose_secret());
        assert!(age::Identity::unwrap_stanza(&other, &stanzas[0]).is_none());
    }
}
