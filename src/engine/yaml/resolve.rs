//! What a scalar means: go-yaml's resolution of plain scalars and tags.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::timestamp::is_timestamp;
use crate::strconv;
use crate::value::Value;

/// A scalar's meaning. Text stands for itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Timestamp,
    Text,
    /// Decoded from base64.
    Binary(Vec<u8>),
}

/// Which words are booleans: those of YAML 1.1 for go-yaml v2, those of YAML 1.2 for v3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V2,
    V3,
}

/// What becomes of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// All are float64, as read from JSON. What JSON cannot hold is an error.
    Json,
    /// int, uint64 or float64, as go-yaml resolves them.
    Typed,
}

impl Numbers {
    /// What a scalar means that is no text.
    pub(super) fn value(self, scalar: &Scalar) -> Option<Value> {
        let as_json = self == Numbers::Json;
        Some(match *scalar {
            Scalar::Null => Value::Nil,
            Scalar::Bool(it) => Value::Bool(it),
            Scalar::Int(it) if as_json => Value::Float(it as f64),
            Scalar::Uint(it) if as_json => Value::Float(it as f64),
            Scalar::Int(it) => Value::Int(it),
            Scalar::Uint(it) => Value::Uint64(it),
            Scalar::Float(it) => Value::Float(it),
            Scalar::Timestamp | Scalar::Text | Scalar::Binary(_) => return None,
        })
    }
}

const PREFIX: &[u8] = b"tag:yaml.org,2002:";

/// Resolves a scalar by its tag in long form, empty where it has none. The error is go-yaml's text after `yaml: `.
///
/// Mirrors `resolve` and `decoder.scalar` of `gopkg.in/yaml.v2`.
pub fn resolve(tag: &[u8], text: &[u8]) -> Result<Scalar, String> {
    if tag.is_empty() {
        return Ok(resolve_plain(text, Version::V2));
    }
    let wanted = match tag.strip_prefix(PREFIX) {
        Some(b"binary") => return decode_binary(text),
        Some(name @ (b"bool" | b"int" | b"float" | b"null" | b"timestamp")) => name,
        _ => return Ok(Scalar::Text),
    };
    let scalar = match resolve_word(text, Version::V2) {
        Some(it) => it,
        None if wanted == b"timestamp" && is_timestamp(text) => Scalar::Timestamp,
        None => resolve_number(text),
    };
    let found: &[u8] = match scalar {
        Scalar::Null => b"null",
        Scalar::Bool(_) => b"bool",
        Scalar::Int(it) if wanted == b"float" => return Ok(Scalar::Float(it as f64)),
        Scalar::Int(_) | Scalar::Uint(_) => b"int",
        Scalar::Float(_) => b"float",
        Scalar::Timestamp => b"timestamp",
        Scalar::Text | Scalar::Binary(_) => b"str",
    };
    if found == wanted {
        return Ok(scalar);
    }
    let lossy = String::from_utf8_lossy;
    Err(format!("cannot decode !!{} `{}` as a !!{}", lossy(found), lossy(text), lossy(wanted)))
}

/// Resolves a scalar that was written plain and has no tag.
pub fn resolve_plain(text: &[u8], version: Version) -> Scalar {
    match text.first() {
        Some(b'+' | b'-' | b'.' | b'0'..=b'9') if resolve_word(text, version).is_none() => {
            if is_timestamp(text) {
                Scalar::Timestamp
            } else {
                resolve_number(text)
            }
        }
        _ => resolve_word(text, version).unwrap_or(Scalar::Text),
    }
}

/// The words with a meaning.
fn resolve_word(text: &[u8], version: Version) -> Option<Scalar> {
    Some(match text {
        b"" | b"~" | b"null" | b"Null" | b"NULL" => Scalar::Null,
        b"true" | b"True" | b"TRUE" => Scalar::Bool(true),
        b"false" | b"False" | b"FALSE" => Scalar::Bool(false),
        b".nan" | b".NaN" | b".NAN" => Scalar::Float(f64::NAN),
        b".inf" | b".Inf" | b".INF" | b"+.inf" | b"+.Inf" | b"+.INF" => Scalar::Float(f64::INFINITY),
        b"-.inf" | b"-.Inf" | b"-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ if version == Version::V2 && is_old_bool(text) => {
            Scalar::Bool(matches!(text, b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"on" | b"On" | b"ON"))
        }
        _ => return None,
    })
}

/// The words that are booleans in YAML 1.1 only.
pub fn is_old_bool(text: &[u8]) -> bool {
    matches!(
        text,
        b"y" | b"Y"
            | b"yes"
            | b"Yes"
            | b"YES"
            | b"on"
            | b"On"
            | b"ON"
            | b"n"
            | b"N"
            | b"no"
            | b"No"
            | b"NO"
            | b"off"
            | b"Off"
            | b"OFF"
    )
}

fn resolve_number(text: &[u8]) -> Scalar {
    match text.first() {
        Some(b'.') => match std::str::from_utf8(text).ok().and_then(|it| strconv::parse_float(it).ok()) {
            Some(it) => Scalar::Float(it),
            None => Scalar::Text,
        },
        Some(b'+' | b'-' | b'0'..=b'9') => {
            let plain: String = text.iter().filter(|&&it| it != b'_').map(|&it| char::from(it)).collect();
            number(&plain).unwrap_or(Scalar::Text)
        }
        _ => Scalar::Text,
    }
}

fn number(plain: &str) -> Option<Scalar> {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    if unsigned.bytes().all(|it| it.is_ascii_alphanumeric())
        && let Some(integer) = integer(plain, 0)
    {
        return Some(integer);
    }
    if is_yaml_float(unsigned)
        && let Ok(float) = strconv::parse_float(plain)
    {
        return Some(Scalar::Float(float));
    }
    // What follows the binary prefix may have a sign of its own.
    if let Some(digits) = plain.strip_prefix("0b") {
        return integer(digits, 2);
    }
    let digits = plain.strip_prefix("-0b")?;
    strconv::parse_int(format!("-{digits}"), 2, 64).ok().map(Scalar::Int)
}

fn integer(text: &str, base: u32) -> Option<Scalar> {
    let signed = strconv::parse_int(text, base, 64).map(Scalar::Int);
    signed.or_else(|_| strconv::parse_uint(text, base, 64).map(Scalar::Uint)).ok()
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_yaml_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(index) => (&unsigned[..index], Some(&unsigned[index + 1..])),
        None => (unsigned, None),
    };
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0,
        None => digits(mantissa) && !mantissa.is_empty(),
    };
    let exponent_fits = exponent.is_none_or(|it| {
        let unsigned = it.strip_prefix(['+', '-']).unwrap_or(it);
        digits(unsigned) && !unsigned.is_empty()
    });
    mantissa_fits && exponent_fits
}

fn decode_binary(text: &[u8]) -> Result<Scalar, String> {
    // Go's decoder passes line breaks over and takes whatever the unused bits of the last digit are.
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    let digits: Vec<u8> = text.iter().copied().filter(|it| !matches!(it, b'\r' | b'\n')).collect();
    let decoded = GeneralPurpose::new(&alphabet::STANDARD, config).decode(digits);
    decoded.map(Scalar::Binary).map_err(|_| "!!binary value contains invalid base64 data".into())
}
