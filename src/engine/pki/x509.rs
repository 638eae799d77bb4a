//! X.509 certificates read and written as Go's `crypto/x509` does.

use der::asn1::{ObjectIdentifier, UintRef};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};

use crate::pki::fault::PkiError;
use crate::time::{Rules, Time};

pub(crate) const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
pub(crate) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
pub(crate) const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
pub(crate) const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
/// The extension that says what the key is for: servers, clients and so on (RFC 5280, 4.2.1.12).
pub const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// A certificate cut into its fields. Names and keys stay in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct X509 {
    /// What is signed.
    pub(crate) tbs: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    /// Seconds since 1970.
    pub not_before: i64,
    /// Seconds since 1970.
    pub not_after: i64,
    /// The `SubjectPublicKeyInfo`.
    pub(crate) key_info: Vec<u8>,
    pub(crate) key_algorithm: ObjectIdentifier,
    pub(crate) key_bits: Vec<u8>,
    /// Extensions in order: identifier, criticality, contents.
    pub(crate) extensions: Vec<(ObjectIdentifier, bool, Vec<u8>)>,
    pub(crate) signature_algorithm: ObjectIdentifier,
    pub(crate) signature: Vec<u8>,
}

impl X509 {
    /// Reads a certificate. The error is Go's text as far as the outer structure goes.
    ///
    /// Mirrors `x509.ParseCertificate`.
    pub fn parse(der: &[u8]) -> Result<X509, PkiError> {
        let mut input = der;
        let mut outer = take(&mut input, Tag::Sequence).ok_or_else(|| malformed("certificate"))?.1;
        let trailing = !input.is_empty();
        let (tbs_whole, mut tbs) = take(&mut outer, Tag::Sequence).ok_or_else(|| malformed("tbs certificate"))?;
        let version = version(&mut tbs)?;
        let serial = take(&mut tbs, Tag::Integer).ok_or_else(|| malformed("serial number"))?.1;
        if serial.first().is_some_and(|it| it & 0x80 != 0) {
            return Err(PkiError::new("x509: negative serial number"));
        }
        let inner = take(&mut tbs, Tag::Sequence).ok_or_else(|| malformed("signature algorithm identifier"))?.1;
        let algorithm = take(&mut outer, Tag::Sequence).ok_or_else(|| malformed("algorithm identifier"))?.1;
        if inner != algorithm {
            return Err(PkiError::new("x509: inner and outer signature algorithm identifiers don't match"));
        }
        let signature_algorithm = identifier(inner).ok_or_else(|| malformed("OID"))?.0;
        let issuer = take(&mut tbs, Tag::Sequence).ok_or_else(|| malformed("issuer"))?.0;
        check_name(issuer)?;
        let mut validity = take(&mut tbs, Tag::Sequence).ok_or_else(|| malformed("validity"))?.1;
        let not_before = time(&mut validity)?;
        let not_after = time(&mut validity)?;
        let subject = take(&mut tbs, Tag::Sequence).ok_or_else(|| malformed("issuer"))?.0;
        check_name(subject)?;
        let (key_info, mut spki) = take(&mut tbs, Tag::Sequence).ok_or_else(|| malformed("spki"))?;
        let key_algorithm =
            take(&mut spki, Tag::Sequence).ok_or_else(|| malformed("public key algorithm identifier"))?.1;
        let key_algorithm = identifier(key_algorithm).ok_or_else(|| malformed("OID"))?.0;
        let key_bits = bits(&mut spki).ok_or_else(|| malformed("subjectPublicKey"))?;
        let extensions = if version == 2 { extensions(&mut tbs)? } else { Vec::new() };
        let signature = bits(&mut outer).ok_or_else(|| malformed("signature"))?.to_vec();
        if trailing {
            return Err(PkiError::new("x509: trailing data"));
        }
        Ok(X509 {
            tbs: tbs_whole.to_vec(),
            issuer: issuer.to_vec(),
            subject: subject.to_vec(),
            not_before,
            not_after,
            key_info: key_info.to_vec(),
            key_algorithm,
            key_bits: key_bits.to_vec(),
            extensions,
            signature_algorithm,
            signature,
        })
    }

    /// The contents of an extension.
    pub fn extension(&self, id: ObjectIdentifier) -> Option<&[u8]> {
        self.extensions.iter().find(|(it, ..)| *it == id).map(|(_, _, contents)| &contents[..])
    }

    /// The key identifier of the subject; empty where there is none.
    pub(crate) fn subject_key_id(&self) -> &[u8] {
        let contents = self.extension(SUBJECT_KEY_ID).and_then(|mut it| take(&mut it, Tag::OctetString));
        contents.map(|(_, id)| id).unwrap_or_default()
    }

    pub(crate) fn is_ca(&self) -> bool {
        let constraints = self.extension(BASIC_CONSTRAINTS).and_then(|mut it| take(&mut it, Tag::Sequence));
        constraints.and_then(|(_, mut it)| take(&mut it, Tag::Boolean)).is_some_and(|(_, it)| it == [0xff])
    }

    /// The alternative names: the number of each one's tag and its contents.
    pub(crate) fn alternative_names(&self) -> Vec<(u32, &[u8])> {
        let mut out = Vec::new();
        if let Some((_, mut names)) = self.extension(SUBJECT_ALT_NAME).and_then(|mut it| take(&mut it, Tag::Sequence)) {
            while let Some((tag, _, contents)) = element(&mut names) {
                if let Tag::ContextSpecific { number, .. } = tag {
                    out.push((number.value(), contents));
                }
            }
        }
        out
    }
}

/// One element in DER.
pub(crate) fn tlv(tag: Tag, contents: &[u8]) -> Result<Vec<u8>, PkiError> {
    Ok(AnyRef::new(tag, contents)?.to_der()?)
}

/// A sequence of elements that are in DER already.
pub(crate) fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Result<Vec<u8>, PkiError> {
    tlv(Tag::Sequence, &concat(parts))
}

pub(crate) fn concat<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    parts.iter().flat_map(|it| it.as_ref().iter().copied()).collect()
}

/// A bit string of whole bytes.
pub(crate) fn bit_string(bytes: &[u8]) -> Result<Vec<u8>, PkiError> {
    tlv(Tag::BitString, &concat(&[&[0][..], bytes]))
}

/// A non-negative integer from its big-endian bytes.
pub(crate) fn integer(bytes: &[u8]) -> Result<Vec<u8>, PkiError> {
    Ok(UintRef::new(bytes)?.to_der()?)
}

/// An element of a context-specific tag.
pub(crate) fn context(number: u32, constructed: bool, contents: &[u8]) -> Result<Vec<u8>, PkiError> {
    tlv(Tag::ContextSpecific { constructed, number: TagNumber(number) }, contents)
}

/// A certificate time: two digits of the year from 1950 to 2049, else four.
///
/// Mirrors the choice of `encoding/asn1`.
pub(crate) fn write_time(unix: i64) -> Result<Vec<u8>, PkiError> {
    let time = Time { zone: crate::time::Zone::Utc, ..Time::local(unix, 0, Rules::utc()) };
    match time.civil().0.year {
        1950..2050 => tlv(Tag::UtcTime, &time.format(b"060102150405Z")),
        0..=9999 => tlv(Tag::GeneralizedTime, &time.format(b"20060102150405Z")),
        _ => Err(PkiError::new("asn1: structure error: cannot represent time as GeneralizedTime")),
    }
}

fn malformed(what: &str) -> PkiError {
    PkiError::new(format!("x509: malformed {what}"))
}

/// Takes one element off the input: its tag, all of it, and its contents.
pub(crate) fn element<'a>(input: &mut &'a [u8]) -> Option<(Tag, &'a [u8], &'a [u8])> {
    let mut reader = SliceReader::new(input).ok()?;
    let any = AnyRef::decode(&mut reader).ok()?;
    let (whole, rest) = input.split_at_checked(usize::try_from(reader.position()).ok()?)?;
    *input = rest;
    Some((any.tag(), whole, any.value()))
}

/// Takes one element of the given tag.
pub(crate) fn take<'a>(input: &mut &'a [u8], tag: Tag) -> Option<(&'a [u8], &'a [u8])> {
    let mut ahead = *input;
    let (found, whole, contents) = element(&mut ahead)?;
    (found == tag).then(|| {
        *input = ahead;
        (whole, contents)
    })
}

fn version(tbs: &mut &[u8]) -> Result<u8, PkiError> {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    let Some((_, mut contents)) = take(tbs, tag) else { return Ok(0) };
    match take(&mut contents, Tag::Integer) {
        Some((_, [version @ 0..=2])) => Ok(*version),
        Some((_, [first, ..])) if first & 0x80 == 0 => Err(PkiError::new("x509: invalid version")),
        _ => Err(malformed("version")),
    }
}

/// The object identifier an algorithm begins with, and its parameters.
fn identifier(mut algorithm: &[u8]) -> Option<(ObjectIdentifier, &[u8])> {
    let whole = take(&mut algorithm, Tag::ObjectIdentifier)?.0;
    Some((ObjectIdentifier::from_der(whole).ok()?, algorithm))
}

fn bits<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    match take(input, Tag::BitString)?.1 {
        [0, bytes @ ..] => Some(bytes),
        _ => None,
    }
}

fn check_name(name: &[u8]) -> Result<(), PkiError> {
    let invalid = || PkiError::new("x509: invalid RDNSequence");
    let mut rest = name;
    let mut sets = take(&mut rest, Tag::Sequence).ok_or_else(invalid)?.1;
    while !sets.is_empty() {
        let mut attributes = take(&mut sets, Tag::Set).ok_or_else(invalid)?.1;
        while !attributes.is_empty() {
            let attribute = || PkiError::new("x509: invalid RDNSequence: invalid attribute");
            let mut attribute = take(&mut attributes, Tag::Sequence).ok_or_else(attribute)?.1;
            take(&mut attribute, Tag::ObjectIdentifier)
                .ok_or_else(|| PkiError::new("x509: invalid RDNSequence: invalid attribute type"))?;
            element(&mut attribute)
                .ok_or_else(|| PkiError::new("x509: invalid RDNSequence: invalid attribute value"))?;
        }
    }
    Ok(())
}

fn time(input: &mut &[u8]) -> Result<i64, PkiError> {
    let unsupported = || PkiError::new("x509: unsupported time format");
    let (tag, _, text) = element(input).ok_or_else(unsupported)?;
    let parse = |layout: &[u8]| Time::parse(layout, text, Rules::utc()).map(|it| it.unix);
    match tag {
        Tag::UtcTime => {
            let unix = parse(b"060102150405Z0700").or_else(|_| parse(b"0601021504Z0700"));
            let unix = unix.map_err(|_| malformed("UTCTime"))?;
            // Go's two-digit years end in 2068, those of certificates in 2049.
            const FIFTY: i64 = 2_524_608_000;
            const CENTURY: i64 = 36_525 * 86_400;
            Ok(if unix >= FIFTY { unix - CENTURY } else { unix })
        }
        Tag::GeneralizedTime => parse(b"20060102150405Z0700").map_err(|_| malformed("GeneralizedTime")),
        _ => Err(unsupported()),
    }
}

type Extensions = Vec<(ObjectIdentifier, bool, Vec<u8>)>;

fn extensions(tbs: &mut &[u8]) -> Result<Extensions, PkiError> {
    let mut out: Extensions = Vec::new();
    for number in [1, 2] {
        take(tbs, Tag::ContextSpecific { constructed: false, number: TagNumber(number) });
    }
    if tbs.is_empty() {
        return Ok(out);
    }
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(3) };
    let Some((_, mut wrapped)) = take(tbs, tag) else { return Ok(out) };
    let mut all = take(&mut wrapped, Tag::Sequence).ok_or_else(|| malformed("extensions"))?.1;
    while !all.is_empty() {
        let extension = take(&mut all, Tag::Sequence).ok_or_else(|| malformed("extension"))?.1;
        let (id, mut rest) = identifier(extension).ok_or_else(|| malformed("extension OID field"))?;
        let critical = take(&mut rest, Tag::Boolean).is_some_and(|(_, it)| it == [0xff]);
        let contents = take(&mut rest, Tag::OctetString).ok_or_else(|| malformed("extension value field"))?.1;
        if out.iter().any(|(it, ..)| *it == id) {
            return Err(PkiError::new(format!("x509: certificate contains duplicate extension with OID \"{id}\"")));
        }
        out.push((id, critical, contents.to_vec()));
    }
    Ok(out)
}
