//! Passwords: derived from a master password, and hashed for login.

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::value::Str;

/// Derives the password of a site. Faults are told in the result, as sprig does.
///
/// Mirrors sprig's `derivePassword`, the Master Password algorithm.
pub fn derive(counter: u32, kind: &[u8], password: &[u8], user: &[u8], site: &[u8]) -> Str {
    let Some((_, templates)) = TEMPLATES.iter().find(|(name, _)| name.as_bytes() == kind) else {
        return [b"cannot find password template ", kind].concat().into();
    };
    // The lengths are written in 32 bits, whatever they are.
    let length = |text: &[u8]| (text.len() as u32).to_be_bytes();
    let salt = [SEED, &length(user), user].concat();
    let mut key = Zeroizing::new([0u8; 64]);
    let Ok(params) = scrypt::Params::new(15, 8, 2) else { return "failed to derive password: scrypt".into() };
    if let Err(error) = scrypt::scrypt(password, &salt, &params, &mut key[..]) {
        return format!("failed to derive password: {error}").into();
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key[..]) else {
        return "failed to derive password: hmac".into();
    };
    for part in [SEED, &length(site), site, &counter.to_be_bytes()] {
        mac.update(part);
    }
    let seed = mac.finalize().into_bytes();
    let (first, rest) = (seed[0], &seed[1..]);
    let template = templates[usize::from(first) % templates.len()];
    let characters = template.bytes().zip(rest).map(|(class, byte)| {
        let set = characters(class);
        set[usize::from(*byte) % set.len()]
    });
    characters.collect::<Vec<_>>().into()
}

/// A bcrypt hash of cost 10 with a fresh salt. Faults are told in the result, as sprig does.
///
/// Mirrors sprig's `bcrypt`.
pub fn bcrypt(password: &[u8], rng: &mut dyn CryptoRng) -> String {
    if password.len() > 72 {
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".into();
    }
    let mut salt = [0u8; 16];
    rng.fill_bytes(&mut salt);
    match bcrypt::hash_with_salt(password, 10, salt) {
        Ok(hash) => hash.format_for_version(bcrypt::Version::TwoA),
        Err(error) => format!("failed to encrypt string with bcrypt: {error}"),
    }
}

/// A line of an `htpasswd` file. Faults are told in the result, as sprig does.
///
/// Mirrors sprig's `htpasswd`.
pub fn htpasswd(user: &[u8], password: &[u8], rng: &mut dyn CryptoRng) -> Str {
    if user.contains(&b':') {
        return [b"invalid username: ", user].concat().into();
    }
    [user, b":", bcrypt(password, rng).as_bytes()].concat().into()
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

const TEMPLATES: [(&str, &[&str]); 6] = [
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}
