//! Private keys: made, read from PEM and written to it as sprig does.

use der::asn1::{BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode};
use ed25519_dalek::Signer as _;
use p256::elliptic_curve::Generate as _;
use pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use pkcs8::EncodePublicKey;
use pkcs8::spki::AlgorithmIdentifierRef;
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::pki::fault::{self, PkiError};
use crate::pki::pem;

/// What a key is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA; signs with PKCS #1 v1.5 and SHA-256.
    Rsa {
        /// The length of the modulus: 2048, 4096.
        bits: usize,
    },
    /// ECDSA on the curve P-256; signs with SHA-256.
    EcdsaP256,
    /// Ed25519, which signs without a digest.
    Ed25519,
}

/// A private key. Its material is wiped when it is dropped.
pub enum PrivateKey {
    /// RSA, of any length that was read or asked for.
    Rsa(Box<rsa::PrivateKey>),
    /// ECDSA on the curve P-256.
    EcdsaP256(p256::ecdsa::SigningKey),
    /// Ed25519, by its seed.
    Ed25519(ed25519_dalek::SigningKey),
    /// A key that Go reads but that no certificate can be made with here: its PEM label and contents.
    Other(OtherKind, Zeroizing<Vec<u8>>),
}

/// Kinds of keys that are read and written, but not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherKind {
    Dsa,
    X25519,
    /// An elliptic curve other than P-256, in its SEC 1 form.
    Curve,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            PrivateKey::Rsa(_) => "PrivateKey::Rsa(..)",
            PrivateKey::EcdsaP256(_) => "PrivateKey::EcdsaP256(..)",
            PrivateKey::Ed25519(_) => "PrivateKey::Ed25519(..)",
            PrivateKey::Other(..) => "PrivateKey::Other(..)",
        })
    }
}

/// A public key as a certificate holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The `SubjectPublicKeyInfo`, in DER.
    pub info: Vec<u8>,
    /// The contents of its bit string.
    pub bits: Vec<u8>,
}

impl PrivateKey {
    /// Makes a new key. RSA of 4096 bits takes seconds.
    pub fn generate(algorithm: Algorithm, rng: &mut dyn CryptoRng) -> Result<Self, PkiError> {
        Ok(match algorithm {
            Algorithm::Rsa { bits } => PrivateKey::Rsa(Box::new(rsa::PrivateKey::new(rng, bits)?)),
            Algorithm::EcdsaP256 => PrivateKey::EcdsaP256(p256::ecdsa::SigningKey::generate_from_rng(rng)),
            Algorithm::Ed25519 => PrivateKey::Ed25519(ed25519_dalek::SigningKey::generate(rng)),
        })
    }

    /// Reads the first block of a PEM text. The error is sprig's.
    ///
    /// Mirrors sprig's `parsePrivateKeyPEM`.
    pub fn from_pem(text: &[u8]) -> Result<Self, PkiError> {
        let block = pem::decode(text).ok_or_else(|| PkiError::new("no PEM data in input"))?;
        if block.label == "PRIVATE KEY" {
            return from_pkcs8(&block.der).map_err(|it| it.within("decoding PEM as PKCS#8"));
        }
        match block.label.strip_suffix(" PRIVATE KEY") {
            Some("RSA") => from_pkcs1(&block.der).map_err(|it| it.within("parsing RSA private key from PEM")),
            Some("EC") => from_sec1(&block.der, None).map_err(|it| it.within("parsing EC private key from PEM")),
            Some("DSA") => from_dsa(&block.der).map_err(|it| it.within("parsing DSA private key from PEM")),
            Some(_) => Err(PkiError::new(format!("invalid private key type {}", block.label))),
            None => Err(PkiError::new(format!("no private key data in PEM block of type {}", block.label))),
        }
    }

    /// Writes the key as sprig does: PKCS#1 for RSA, SEC 1 for curves, PKCS#8 otherwise.
    ///
    /// Mirrors sprig's `pemBlockForKey`.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PkiError> {
        Ok(match self {
            PrivateKey::Rsa(key) => pem::encode("RSA PRIVATE KEY", key.to_pkcs1_der()?.as_bytes()),
            PrivateKey::EcdsaP256(key) => pem::encode("EC PRIVATE KEY", &sec1(key)?),
            PrivateKey::Ed25519(key) => {
                // Without the public key that the crate would add: Go writes the first version of the format.
                let seed = Zeroizing::new(fault::octets(key.as_bytes())?.to_der()?);
                let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
                let info = pkcs8::PrivateKeyInfoRef::new(algorithm, fault::octets(&seed)?);
                pem::encode("PRIVATE KEY", &Zeroizing::new(info.to_der()?))
            }
            PrivateKey::Other(OtherKind::Dsa, der) => pem::encode("DSA PRIVATE KEY", der),
            PrivateKey::Other(OtherKind::Curve, der) => pem::encode("EC PRIVATE KEY", der),
            PrivateKey::Other(OtherKind::X25519, der) => pem::encode("PRIVATE KEY", der),
        })
    }

    /// The public half. The error is what Go's `x509` says of a key it cannot put into a certificate.
    pub(crate) fn public(&self) -> Result<PublicKey, PkiError> {
        let unsupported = |name| Err(PkiError::new(format!("x509: unsupported public key type: {name}")));
        match self {
            PrivateKey::Rsa(key) => {
                let key = key.to_public_key();
                let bits = key.to_pkcs1_der()?.into_vec();
                Ok(PublicKey { info: key.to_public_key_der()?.into_vec(), bits })
            }
            PrivateKey::EcdsaP256(key) => {
                let key = key.verifying_key();
                let bits = key.to_sec1_point(false).as_bytes().to_vec();
                Ok(PublicKey { info: key.to_public_key_der()?.into_vec(), bits })
            }
            PrivateKey::Ed25519(key) => {
                let key = key.verifying_key();
                Ok(PublicKey { info: key.to_public_key_der()?.into_vec(), bits: key.as_bytes().to_vec() })
            }
            PrivateKey::Other(OtherKind::Dsa, _) => unsupported("*dsa.PublicKey"),
            PrivateKey::Other(OtherKind::X25519, _) => unsupported("*ecdh.PublicKey"),
            PrivateKey::Other(OtherKind::Curve, _) => Err(PkiError::new("x509: unsupported elliptic curve")),
        }
    }

    /// The DER of the algorithm it signs with by default. The error is Go's for a key that cannot sign.
    pub(crate) fn signature_algorithm(&self) -> Result<&'static [u8], PkiError> {
        match self {
            PrivateKey::Rsa(_) => Ok(SHA256_WITH_RSA),
            PrivateKey::EcdsaP256(_) => Ok(ECDSA_WITH_SHA256),
            PrivateKey::Ed25519(_) => Ok(PURE_ED25519),
            PrivateKey::Other(OtherKind::Curve, _) => Err(PkiError::new("x509: unsupported elliptic curve")),
            PrivateKey::Other(..) => {
                Err(PkiError::new("x509: certificate private key does not implement crypto.Signer"))
            }
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        Ok(match self {
            PrivateKey::Rsa(key) => key.sign(rsa::Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))?,
            PrivateKey::EcdsaP256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            PrivateKey::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            PrivateKey::Other(..) => self.signature_algorithm().map(<[u8]>::to_vec)?,
        })
    }
}

pub const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

/// The other curves Go knows: P-224, P-384, P-521.
pub const CURVES: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.3.132.0.33"),
    ObjectIdentifier::new_unwrap("1.3.132.0.34"),
    ObjectIdentifier::new_unwrap("1.3.132.0.35"),
];

/// `AlgorithmIdentifier`s, in DER: RSA with its NULL, the others without parameters.
pub const SHA256_WITH_RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
pub const ECDSA_WITH_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
pub const PURE_ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";

fn sec1(key: &p256::ecdsa::SigningKey) -> Result<Zeroizing<Vec<u8>>, PkiError> {
    let scalar = Zeroizing::new(key.to_bytes());
    let point = key.verifying_key().to_sec1_point(false);
    let key = sec1::EcPrivateKey {
        private_key: &scalar,
        parameters: Some(sec1::EcParameters::NamedCurve(P256)),
        public_key: Some(BitStringRef::from_bytes(point.as_bytes())?.raw_bytes()),
    };
    Ok(Zeroizing::new(key.to_der()?))
}

fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, PkiError> {
    let info = pkcs8::PrivateKeyInfoRef::from_der(der).map_err(|_| {
        if is_sec1(der) {
            fault::other_format("ParseECPrivateKey")
        } else if is_pkcs1(der) {
            fault::other_format("ParsePKCS1PrivateKey")
        } else {
            fault::asn1(der, "pkcs8")
        }
    })?;
    let parameters = info.algorithm.parameters;
    let contents = info.private_key.as_bytes();
    match info.algorithm.oid {
        RSA => from_pkcs1(contents).map_err(|it| it.within("x509: failed to parse RSA private key embedded in PKCS#8")),
        EC => {
            let curve = parameters.and_then(|it| it.decode_as::<ObjectIdentifier>().ok());
            from_sec1(contents, curve)
                .map_err(|it| it.within("x509: failed to parse EC private key embedded in PKCS#8"))
        }
        ED25519 if parameters.is_some() => Err(PkiError::new("x509: invalid Ed25519 private key parameters")),
        ED25519 => {
            let seed = <&der::asn1::OctetStringRef>::from_der(contents)
                .map_err(|_| fault::asn1(contents, "").within("x509: invalid Ed25519 private key"))?;
            let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_bytes()).map_err(|_| {
                PkiError::new(format!("x509: invalid Ed25519 private key length: {}", seed.as_bytes().len()))
            })?);
            Ok(PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
        }
        X25519 => Ok(PrivateKey::Other(OtherKind::X25519, Zeroizing::new(der.to_vec()))),
        oid => Err(PkiError::new(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {oid}"))),
    }
}

fn from_pkcs1(der: &[u8]) -> Result<PrivateKey, PkiError> {
    if !is_pkcs1(der) {
        return Err(if is_sec1(der) {
            fault::other_format("ParseECPrivateKey")
        } else if pkcs8::PrivateKeyInfoRef::from_der(der).is_ok() {
            fault::other_format("ParsePKCS8PrivateKey")
        } else {
            fault::asn1(der, "pkcs1PrivateKey")
        });
    }
    Ok(PrivateKey::Rsa(Box::new(rsa::PrivateKey::from_pkcs1_der(der)?)))
}

fn from_sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<PrivateKey, PkiError> {
    let Ok(key) = sec1::EcPrivateKey::from_der(der) else {
        return Err(if pkcs8::PrivateKeyInfoRef::from_der(der).is_ok() {
            fault::other_format("ParsePKCS8PrivateKey")
        } else if is_pkcs1(der) {
            fault::other_format("ParsePKCS1PrivateKey")
        } else {
            fault::asn1(der, "ecPrivateKey").within("x509: failed to parse EC private key")
        });
    };
    let curve = curve.or_else(|| key.parameters.and_then(|it| it.named_curve()));
    match curve {
        Some(P256) => {
            // Some writers pad the number, others drop its leading zeros; Go takes both.
            let zeros = key.private_key.iter().take_while(|it| **it == 0).count();
            let digits = &key.private_key[zeros..];
            let mut scalar = Zeroizing::new([0u8; 32]);
            let start =
                32usize.checked_sub(digits.len()).ok_or_else(|| PkiError::new("x509: invalid private key length"))?;
            scalar[start..].copy_from_slice(digits);
            Ok(PrivateKey::EcdsaP256(p256::ecdsa::SigningKey::from_slice(&scalar[..])?))
        }
        Some(other) if CURVES.contains(&other) => Ok(PrivateKey::Other(OtherKind::Curve, Zeroizing::new(der.to_vec()))),
        _ => Err(PkiError::new("x509: unknown elliptic curve")),
    }
}

fn from_dsa(der: &[u8]) -> Result<PrivateKey, PkiError> {
    let numbers = Vec::<UintRef<'_>>::from_der(der);
    match numbers {
        Ok(numbers) if numbers.len() >= 6 => {
            Ok(PrivateKey::Other(OtherKind::Dsa, Zeroizing::new(numbers[..6].to_vec().to_der()?)))
        }
        _ => Err(fault::asn1(der, "DSAKeyFormat")),
    }
}

/// Whether bytes are a private key in DER, encrypted or not.
pub fn is_private_key(der: &[u8]) -> bool {
    /// The identifier of PBES2, which encrypts keys in PKCS#8.
    const PBES2: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
    let head = der.get(..24).unwrap_or_default();
    let is_encrypted = || head.windows(PBES2.len()).any(|it| it == PBES2);
    let is_sequence = der.first() == Some(&0x30);
    is_sequence
        && (is_pkcs1(der)
            || is_sec1(der)
            || from_dsa(der).is_ok()
            || pkcs8::PrivateKeyInfoRef::from_der(der).is_ok()
            || is_encrypted())
}

fn is_pkcs1(der: &[u8]) -> bool {
    pkcs1::RsaPrivateKeyRef::from_der(der).is_ok()
}

fn is_sec1(der: &[u8]) -> bool {
    sec1::EcPrivateKey::from_der(der).is_ok()
}
