//! Looking at certificates: what they say, whose key they hold, who signed them.

use std::net::IpAddr;

use der::Decode;
use der::asn1::ObjectIdentifier;
use sha2::{Digest, Sha256};
use spki::DecodePublicKey;
use x509_cert::name::Name;

use crate::pki::fault::PkiError;
use crate::pki::key::{self, PrivateKey, PublicKey};
use crate::pki::pem;
use crate::pki::x509::X509;

/// What a certificate says, for people and for the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// As RFC 4514 writes it: `CN=name`.
    pub subject: String,
    /// The first common name of the subject; empty where it has none.
    pub common_name: String,
    /// Who signed it, in the form of the subject; equal to that where it signs itself.
    pub issuer: String,
    /// The alternative names that are DNS names, in the order of the certificate.
    pub dns_names: Vec<String>,
    /// The alternative names that are addresses, in the order of the certificate.
    pub ips: Vec<IpAddr>,
    /// Seconds since 1970.
    pub not_before: i64,
    /// Seconds since 1970.
    pub not_after: i64,
    /// SHA-256 of the DER.
    pub fingerprint: [u8; 32],
    /// Whether its basic constraints let it sign others.
    pub is_ca: bool,
    /// `RSA`, `ECDSA`, `Ed25519`, or the dotted identifier of another algorithm.
    pub key_algorithm: String,
}

/// Reads the first block of a PEM text as a certificate.
pub fn inspect(certificate: &[u8]) -> Result<Details, PkiError> {
    let der = pem::decode(certificate).ok_or_else(|| PkiError::new("unable to decode certificate"))?.der;
    let parsed = X509::parse(&der)?;
    let mut details = Details {
        subject: name(&parsed.subject)?,
        common_name: common_name(&parsed.subject)?,
        issuer: name(&parsed.issuer)?,
        dns_names: Vec::new(),
        ips: Vec::new(),
        not_before: parsed.not_before,
        not_after: parsed.not_after,
        fingerprint: Sha256::digest(&der[..]).into(),
        is_ca: parsed.is_ca(),
        key_algorithm: match parsed.key_algorithm {
            key::RSA => "RSA".into(),
            key::EC => "ECDSA".into(),
            key::ED25519 => "Ed25519".into(),
            other => other.to_string(),
        },
    };
    for (tag, contents) in parsed.alternative_names() {
        match tag {
            2 => details.dns_names.push(String::from_utf8_lossy(contents).into_owned()),
            7 => details.ips.extend(ip(contents)),
            _ => (),
        }
    }
    Ok(details)
}

/// The first block of a PEM text as a certificate is written: one block, without headers or what stands around it.
pub fn normalize(certificate: &[u8]) -> Result<String, PkiError> {
    let block = pem::decode(certificate).ok_or_else(|| PkiError::new("unable to decode certificate"))?;
    X509::parse(&block.der)?;
    Ok(pem::encode("CERTIFICATE", &block.der).to_string())
}

/// SHA-256 of the public key of a certificate in PEM, as the certificate holds it.
pub fn public_key_digest(certificate: &[u8]) -> Result<[u8; 32], PkiError> {
    Ok(Sha256::digest(read(certificate)?.key_info).into())
}

/// SHA-256 of the public half of a private key in PEM: equal to [`public_key_digest`] of its certificates.
pub fn key_digest(key: &[u8]) -> Result<[u8; 32], PkiError> {
    Ok(Sha256::digest(PrivateKey::from_pem(key)?.public()?.info).into())
}

/// Whether a private key belongs to a certificate, both in PEM.
pub fn key_matches(certificate: &[u8], key: &[u8]) -> Result<bool, PkiError> {
    let public = PrivateKey::from_pem(key)?.public()?;
    Ok(read(certificate)?.key_info == public.info)
}

/// Checks that a CA, by name and key, signed a certificate; a self-signed one is its own CA. Validity is not looked at:
/// it needs a clock.
pub fn verify(certificate: &[u8], ca: &[u8]) -> Result<(), PkiError> {
    let (leaf, ca) = (read(certificate)?, read(ca)?);
    if leaf.issuer != ca.subject {
        return Err(PkiError::new("x509: issuer name does not match subject from issuing certificate"));
    }
    if !ca.is_ca() && leaf != ca {
        return Err(PkiError::new("x509: invalid signature: parent certificate cannot sign this kind of certificate"));
    }
    check_signature(&leaf, &PublicKey { info: ca.key_info, bits: ca.key_bits })
}

/// Checks the signature of a certificate with a public key.
pub fn check_signature(certificate: &X509, key: &PublicKey) -> Result<(), PkiError> {
    use p256::ecdsa::signature::Verifier as _;
    let wrong = || PkiError::new("x509: signature does not verify");
    let algorithm = certificate.signature_algorithm;
    let (message, signature) = (&certificate.tbs[..], &certificate.signature[..]);
    if algorithm == SHA256_WITH_RSA {
        let key = rsa::PublicKey::from_public_key_der(&key.info)?;
        let padding = rsa::Pkcs1v15Sign::new::<Sha256>();
        key.verify(padding, &Sha256::digest(message), signature).map_err(|_| wrong())
    } else if algorithm == ECDSA_WITH_SHA256 {
        let key = p256::ecdsa::VerifyingKey::from_public_key_der(&key.info)?;
        let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| wrong())?;
        key.verify(message, &signature).map_err(|_| wrong())
    } else if algorithm == key::ED25519 {
        let key = ed25519_dalek::VerifyingKey::from_public_key_der(&key.info)?;
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| wrong())?;
        key.verify_strict(message, &signature).map_err(|_| wrong())
    } else {
        Err(PkiError::new("x509: cannot verify signature: algorithm unimplemented"))
    }
}

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

fn read(certificate: &[u8]) -> Result<X509, PkiError> {
    X509::parse(&pem::decode(certificate).ok_or_else(|| PkiError::new("unable to decode certificate"))?.der)
}

fn name(der: &[u8]) -> Result<String, PkiError> {
    Ok(Name::from_der(der)?.to_string())
}

fn common_name(der: &[u8]) -> Result<String, PkiError> {
    let name = Name::from_der(der)?;
    let found = name.iter().find(|it| it.oid == const_oid::db::rfc4519::COMMON_NAME);
    Ok(found.map(|it| String::from_utf8_lossy(it.value.value()).into_owned()).unwrap_or_default())
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}
