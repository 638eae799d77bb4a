//! DSA keys in the form sprig writes them.

use der::asn1::UintRef;
use dsa::{Components, KeySize, SigningKey};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::pki::fault::PkiError;
use crate::pki::key::{OtherKind, PrivateKey};
use crate::pki::x509;

/// A key of 2048 and 256 bits with parameters of its own.
pub fn generate(rng: &mut dyn CryptoRng) -> Result<PrivateKey, PkiError> {
    let broken = |_| PkiError::new("crypto/dsa: no parameters");
    let Ok(components) = Components::try_generate_from_rng_with_key_size(rng, KeySize::DSA_2048_256);
    let Ok(key) = SigningKey::try_generate_from_rng_with_components(rng, components);
    let public = key.verifying_key();
    let components = public.components();
    let numbers = [
        components.p().to_be_bytes(),
        components.q().to_be_bytes(),
        components.g().to_be_bytes(),
        public.y().to_be_bytes(),
    ];
    let private = Zeroizing::new(key.x().to_be_bytes());
    let mut parts = vec![x509::integer(&[0])?];
    for number in numbers.iter().map(|it| &it[..]).chain([&private[..]]) {
        UintRef::new(number).map_err(broken)?;
        parts.push(x509::integer(number)?);
    }
    Ok(PrivateKey::Other(OtherKind::Dsa, Zeroizing::new(x509::sequence(&parts)?)))
}
