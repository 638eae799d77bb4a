//! The cryptography that `sigstore-verify` asks for, by `ring`, which TLS uses here as well: it checks, and signs nothing.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use ring::digest::{self, Context};
use ring::signature::{self as rules, UnparsedPublicKey, VerificationAlgorithm};
use sigstore_verify::crypto::{CryptoProvider, Error, HashContext, Result, SigningScheme, install_default_provider};
use sigstore_verify::types::HashAlgorithm;

#[derive(Debug)]
struct Ring;

/// Has Sigstore's crates use it.
pub(super) fn install() {
    // The second call changes nothing.
    let _ = install_default_provider(&Ring);
}

struct Hashing(Context);

impl HashContext for Hashing {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

fn rule(scheme: SigningScheme) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match scheme {
        SigningScheme::EcdsaP256Sha256 => &rules::ECDSA_P256_SHA256_ASN1,
        SigningScheme::EcdsaP256Sha384 => &rules::ECDSA_P256_SHA384_ASN1,
        SigningScheme::EcdsaP384Sha256 => &rules::ECDSA_P384_SHA256_ASN1,
        SigningScheme::EcdsaP384Sha384 => &rules::ECDSA_P384_SHA384_ASN1,
        SigningScheme::Ed25519 => &rules::ED25519,
        SigningScheme::RsaPssSha256 => &rules::RSA_PSS_2048_8192_SHA256,
        SigningScheme::RsaPssSha384 => &rules::RSA_PSS_2048_8192_SHA384,
        SigningScheme::RsaPssSha512 => &rules::RSA_PSS_2048_8192_SHA512,
        SigningScheme::RsaPkcs1Sha256 => &rules::RSA_PKCS1_2048_8192_SHA256,
        SigningScheme::RsaPkcs1Sha384 => &rules::RSA_PKCS1_2048_8192_SHA384,
        SigningScheme::RsaPkcs1Sha512 => &rules::RSA_PKCS1_2048_8192_SHA512,
        // `ring` has none of the others.
        _ => return None,
    })
}

fn unknown(scheme: SigningScheme) -> Error {
    Error::UnsupportedAlgorithm(scheme.name().into())
}

impl CryptoProvider for Ring {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        let rule = match algorithm {
            HashAlgorithm::Sha2256 => &digest::SHA256,
            HashAlgorithm::Sha2384 => &digest::SHA384,
            HashAlgorithm::Sha2512 => &digest::SHA512,
            other => return Err(Error::UnsupportedAlgorithm(other.to_string())),
        };
        Ok(Box::new(Hashing(Context::new(rule))))
    }

    fn verify_raw(&self, scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> Result<()> {
        let key = UnparsedPublicKey::new(rule(scheme).ok_or_else(|| unknown(scheme))?, key);
        key.verify(data, signature).map_err(|_| Error::Verification("the signature is not by this key".into()))
    }

    fn verify_prehashed(&self, scheme: SigningScheme, key: &[u8], digest: &[u8], signature: &[u8]) -> Result<()> {
        // `ring` takes no digests. The older layout of cosign is checked by them, and signed with this kind of key.
        if scheme != SigningScheme::EcdsaP256Sha256 {
            return Err(unknown(scheme));
        }
        let invalid = |_| Error::Verification("the signature is not by this key".into());
        let key = VerifyingKey::from_sec1_bytes(key).map_err(invalid)?;
        let signature = Signature::from_der(signature).map_err(invalid)?;
        key.verify_prehash(digest, &signature).map_err(invalid)
    }
}
