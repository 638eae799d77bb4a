//! Making certificates as sprig's template and Go's `x509.CreateCertificate` make them.

use std::net::IpAddr;

use der::asn1::ObjectIdentifier;
use der::{Encode, Tag};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::pki::fault::PkiError;
use crate::pki::key::PrivateKey;
use crate::pki::x509::{self, X509};
use crate::pki::{pem, verify};
use crate::strconv;
use crate::time::{Duration, Rules, Time};

/// What a certificate says.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The common name, the only attribute of the subject; none where it is empty.
    pub common_name: Vec<u8>,
    pub ips: Vec<IpAddr>,
    pub dns_names: Vec<Vec<u8>>,
    /// May be negative, and wraps as Go's durations do.
    pub days: i64,
    pub is_ca: bool,
}

/// A certificate and its private key, both in PEM.
#[derive(Debug)]
pub struct Pair {
    pub certificate: String,
    pub key: Zeroizing<String>,
}

/// Who signs: a CA by its PEM certificate and key.
#[derive(Debug)]
pub struct Issuer {
    certificate: X509,
    key: PrivateKey,
}

impl Issuer {
    /// Reads both halves of a CA. The error is sprig's.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, PkiError> {
        let block = pem::decode(certificate).ok_or_else(|| PkiError::new("unable to decode certificate"))?;
        let certificate =
            X509::parse(&block.der).map_err(|it| it.within("error parsing certificate: decodedSignerCert.Bytes"))?;
        let key = PrivateKey::from_pem(key).map_err(|it| it.within("error parsing private key"))?;
        Ok(Issuer { certificate, key })
    }
}

/// Makes a certificate for a key: signed by the issuer, or by itself where there is none. `now` is in seconds since 1970.
/// The error is sprig's.
pub fn issue(
    template: &Template,
    key: &PrivateKey,
    issuer: Option<&Issuer>,
    rng: &mut dyn CryptoRng,
    now: i64,
) -> Result<Pair, PkiError> {
    let der = create(template, key, issuer, rng, now).map_err(|it| it.within("error creating certificate"))?;
    Ok(Pair { certificate: pem::encode("CERTIFICATE", &der).to_string(), key: key.to_pem()? })
}

/// Mirrors `x509.CreateCertificate` on sprig's template.
fn create(
    template: &Template,
    key: &PrivateKey,
    issuer: Option<&Issuer>,
    rng: &mut dyn CryptoRng,
    now: i64,
) -> Result<Vec<u8>, PkiError> {
    let signer = issuer.map_or(key, |it| &it.key);
    let algorithm = signer.signature_algorithm()?;
    let public = key.public()?;
    let subject = name(&template.common_name)?;
    let issuer_name = issuer.map_or(&subject, |it| &it.certificate.subject);
    let mut authority: &[u8] = b"";
    if let Some(issuer) = issuer {
        if *issuer_name != subject {
            authority = issuer.certificate.subject_key_id();
        }
        if signer.public()?.info != issuer.certificate.key_info {
            return Err(PkiError::new("x509: provided PrivateKey doesn't match parent's PublicKey"));
        }
    }
    let mut serial = [0u8; 16];
    rng.fill_bytes(&mut serial);
    let not_before = Time::local(now, 0, Rules::utc());
    let not_after = not_before.add(Duration(template.days.wrapping_mul(86_400_000_000_000)));
    let extensions = extensions(template, &public.bits, authority, subject == EMPTY_NAME)?;
    let tbs = x509::sequence(&[
        x509::context(0, true, &x509::integer(&[2])?)?,
        x509::integer(&serial)?,
        algorithm.to_vec(),
        issuer_name.clone(),
        x509::sequence(&[x509::write_time(not_before.unix)?, x509::write_time(not_after.unix)?])?,
        subject.clone(),
        public.info,
        x509::context(3, true, &extensions)?,
    ])?;
    let signature = signer.sign(&tbs)?;
    let der = x509::sequence(&[tbs, algorithm.to_vec(), x509::bit_string(&signature)?])?;
    verify::check_signature(&X509::parse(&der)?, &signer.public()?)
        .map_err(|it| it.within("x509: signature returned by signer is invalid"))?;
    Ok(der)
}

const EMPTY_NAME: &[u8] = &[0x30, 0];
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// A name of one attribute: printable where its characters allow, else UTF-8.
fn name(common_name: &[u8]) -> Result<Vec<u8>, PkiError> {
    if common_name.is_empty() {
        return Ok(EMPTY_NAME.to_vec());
    }
    let printable = common_name.iter().all(|it| it.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(it));
    if !printable && std::str::from_utf8(common_name).is_err() {
        return Err(PkiError::new("asn1: string not valid UTF-8"));
    }
    let text = x509::tlv(if printable { Tag::PrintableString } else { Tag::Utf8String }, common_name)?;
    let attribute = x509::sequence(&[COMMON_NAME.to_der()?, text])?;
    x509::sequence(&[x509::tlv(Tag::Set, &attribute)?])
}

fn extensions(template: &Template, key_bits: &[u8], authority: &[u8], nameless: bool) -> Result<Vec<u8>, PkiError> {
    // Digital signature and key encipherment, and for a CA the signing of certificates.
    let usage: &[u8] = if template.is_ca { &[3, 2, 2, 0xa4] } else { &[3, 2, 5, 0xa0] };
    let server_and_client = b"\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
    let constraints: &[u8] = if template.is_ca { &[0x30, 3, 1, 1, 0xff] } else { &[0x30, 0] };
    let mut all = vec![
        extension(x509::KEY_USAGE, true, usage)?,
        extension(x509::EXTENDED_KEY_USAGE, false, server_and_client)?,
        extension(x509::BASIC_CONSTRAINTS, true, constraints)?,
    ];
    if template.is_ca {
        let id = x509::tlv(Tag::OctetString, &Sha256::digest(key_bits)[..20])?;
        all.push(extension(x509::SUBJECT_KEY_ID, false, &id)?);
    }
    if !authority.is_empty() {
        let id = x509::sequence(&[x509::context(0, false, authority)?])?;
        all.push(extension(x509::AUTHORITY_KEY_ID, false, &id)?);
    }
    if !(template.dns_names.is_empty() && template.ips.is_empty()) {
        all.push(extension(x509::SUBJECT_ALT_NAME, nameless, &alternative_names(template)?)?);
    }
    x509::sequence(&all)
}

fn extension(id: ObjectIdentifier, critical: bool, contents: &[u8]) -> Result<Vec<u8>, PkiError> {
    let critical = if critical { true.to_der()? } else { Vec::new() };
    x509::sequence(&[id.to_der()?, critical, x509::tlv(Tag::OctetString, contents)?])
}

fn alternative_names(template: &Template) -> Result<Vec<u8>, PkiError> {
    let mut names = Vec::new();
    for name in &template.dns_names {
        if !name.is_ascii() {
            return Err(PkiError::new(format!("x509: {} cannot be encoded as an IA5String", strconv::quote(name))));
        }
        names.push(x509::context(2, false, name)?);
    }
    for ip in &template.ips {
        names.push(match ip.to_canonical() {
            IpAddr::V4(ip) => x509::context(7, false, &ip.octets())?,
            IpAddr::V6(ip) => x509::context(7, false, &ip.octets())?,
        });
    }
    x509::sequence(&names)
}
