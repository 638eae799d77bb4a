//! sprig's AES: CBC with a key that is the password cut or filled to 32 bytes.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::encoding::base64_decode;
use crate::value::Failure;

const BLOCK: usize = 16;

/// Encrypts with a fresh initialisation vector, which comes first in the result.
///
/// Mirrors sprig's `encryptAES`.
pub fn encrypt(password: &[u8], text: &[u8], rng: &mut dyn CryptoRng) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut iv = [0u8; BLOCK];
    rng.fill_bytes(&mut iv);
    let cipher = cbc::Encryptor::<Aes256>::new(&(*key(password)).into(), &iv.into());
    STANDARD.encode([&iv[..], &cipher.encrypt_padded_vec::<Pkcs7>(text)].concat())
}

/// Decrypts. The padding is cut off, not checked; what breaks Go's slices gives the error Go recovers from.
///
/// Mirrors sprig's `decryptAES`.
pub fn decrypt(password: &[u8], encrypted: &[u8]) -> Result<Vec<u8>, Failure> {
    if encrypted.is_empty() {
        return Ok(Vec::new());
    }
    let bytes =
        base64_decode(encrypted).map_err(|at| Failure::new(format!("illegal base64 data at input byte {at}")))?;
    // Go slices up to the capacity of its buffer, which counts the line breaks that decoding skipped.
    let capacity = encrypted.len() / 4 * 3;
    if capacity < BLOCK {
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {capacity}").into());
    }
    let Some((iv, body)) = bytes.split_first_chunk::<BLOCK>() else {
        return Err(format!("runtime error: slice bounds out of range [{BLOCK}:{}]", bytes.len()).into());
    };
    let cipher = cbc::Decryptor::<Aes256>::new(&(*key(password)).into(), &(*iv).into());
    let mut text = cipher.decrypt_padded_vec::<NoPadding>(body).map_err(|_| "crypto/cipher: input not full blocks")?;
    let Some(last) = text.last() else { return Err("runtime error: index out of range [-1]".into()) };
    let end = text.len() as i64 - i64::from(*last);
    let end = usize::try_from(end).map_err(|_| format!("runtime error: slice bounds out of range [:{end}]"))?;
    text.truncate(end);
    Ok(text)
}

fn key(password: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0u8; 32]);
    let length = password.len().min(32);
    key[..length].copy_from_slice(&password[..length]);
    key
}
