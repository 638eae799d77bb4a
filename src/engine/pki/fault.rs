//! Errors of keys and certificates, in Go's words.

use std::error::Error;
use std::fmt;

use der::asn1::OctetStringRef;
use der::{AnyRef, Decode, Reader, SliceReader, Tag, Tagged};

use crate::value::Failure;

/// Why a key or certificate could not be read or made. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkiError(String);

impl PkiError {
    /// A fault by what is said of it, which must hold no key material.
    pub fn new(message: impl Into<String>) -> Self {
        PkiError(message.into())
    }

    /// The same fault with what was being done before it.
    #[must_use]
    pub fn within(self, what: &str) -> Self {
        PkiError(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for PkiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for PkiError {}

impl From<PkiError> for Failure {
    fn from(fault: PkiError) -> Self {
        Failure::from_error(fault)
    }
}

impl From<der::Error> for PkiError {
    fn from(error: der::Error) -> Self {
        PkiError(format!("asn1: {error}"))
    }
}

impl From<rsa::Error> for PkiError {
    fn from(error: rsa::Error) -> Self {
        PkiError(format!("crypto/rsa: {error}"))
    }
}

impl From<pkcs1::Error> for PkiError {
    fn from(error: pkcs1::Error) -> Self {
        PkiError(format!("crypto/rsa: {error}"))
    }
}

impl From<spki::Error> for PkiError {
    fn from(error: spki::Error) -> Self {
        PkiError(format!("x509: {error}"))
    }
}

impl From<p256::ecdsa::Error> for PkiError {
    fn from(_: p256::ecdsa::Error) -> Self {
        PkiError("crypto/ecdsa: invalid private key".into())
    }
}

/// The hint Go gives where a key is of another format than its label says.
pub fn other_format(function: &str) -> PkiError {
    PkiError(format!("x509: failed to parse private key (use {function} instead for this key format)"))
}

/// What Go's `asn1.Unmarshal` says of bytes that are not the named structure, as far as their outermost element tells.
pub fn asn1(bytes: &[u8], structure: &str) -> PkiError {
    let Some((first, rest)) = bytes.split_first() else {
        return PkiError::new("asn1: syntax error: sequence truncated");
    };
    if rest.is_empty() {
        return PkiError::new("asn1: syntax error: truncated tag or length");
    }
    let whole =
        SliceReader::new(bytes).and_then(|mut reader| AnyRef::decode(&mut reader).map(|it| (it, reader.is_finished())));
    match whole {
        Ok((any, finished)) if any.tag() == Tag::Sequence && !finished => {
            PkiError::new("asn1: syntax error: trailing data")
        }
        Ok((any, _)) if any.tag() == Tag::Sequence => PkiError::new("asn1: structure error: malformed sequence"),
        _ => {
            let length = rest.first().copied().unwrap_or_default();
            if *first == 0x30 || length >= 0x80 {
                return PkiError::new("asn1: syntax error: data truncated");
            }
            let (class, tag, compound) = (first >> 6, first & 0x1f, first & 0x20 != 0);
            PkiError(format!(
                "asn1: structure error: tags don't match (16 vs {{class:{class} tag:{tag} length:{length} \
                 isCompound:{compound}}}) {{optional:false explicit:false application:false private:false \
                 defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}} {structure} @2"
            ))
        }
    }
}

pub fn octets(bytes: &[u8]) -> Result<&OctetStringRef, PkiError> {
    Ok(OctetStringRef::new(bytes)?)
}
