//! The impure functions of this module, computed from chance and time.

use std::net::IpAddr;

use crate::fmt;
use crate::pki::PkiError;
use crate::pki::dsa_key;
use crate::pki::{Algorithm, Chance, PrivateKey};
use crate::pki::{Issuer, Template, issue};
use crate::sprig::crypto::certificate::Certificate;
use crate::value::Value;

const RSA_2048: Algorithm = Algorithm::Rsa { bits: 2048 };

/// A private key in PEM: RSA of 4096 bits for `` and `rsa`, else `dsa`, `ecdsa` or `ed25519`. Faults are told in the
/// result, as sprig does.
///
/// Mirrors sprig's `genPrivateKey`.
pub fn gen_private_key(kind: &[u8], chance: &mut dyn Chance) -> String {
    let key = match kind {
        b"" | b"rsa" => chance.key(Algorithm::Rsa { bits: 4096 }),
        b"dsa" => dsa_key::generate(chance.random()),
        b"ecdsa" => chance.key(Algorithm::EcdsaP256),
        b"ed25519" => chance.key(Algorithm::Ed25519),
        other => return format!("Unknown type {}", String::from_utf8_lossy(other)),
    };
    match key.and_then(|it| it.to_pem()) {
        Ok(pem) => pem.to_string(),
        Err(fault) => format!("failed to generate private key: {fault}"),
    }
}

/// A CA of its own. `now` is in seconds since 1970; the error is sprig's.
///
/// Mirrors sprig's `genCA`, and with a key in PEM `genCAWithKey`.
pub fn gen_ca(
    common_name: &[u8],
    days: i64,
    key: Option<&[u8]>,
    chance: &mut dyn Chance,
    now: i64,
) -> Result<Certificate, PkiError> {
    let key = key_for(key, chance)?;
    let template = Template { common_name: common_name.to_vec(), days, is_ca: true, ..Template::default() };
    Ok(issue(&template, &key, None, chance.random(), now)?.into())
}

/// A certificate for servers and clients. `ips` and `dns_names` are lists or nil; it signs itself where no CA is given.
///
/// Mirrors sprig's `genSelfSignedCert` and `genSignedCert`, and with a key in PEM their `WithKey` forms.
#[allow(clippy::too_many_arguments)] // Those of the template function, and what it takes from the world.
pub fn gen_cert(
    common_name: &[u8],
    ips: &Value,
    dns_names: &Value,
    days: i64,
    ca: Option<&Certificate>,
    key: Option<&[u8]>,
    chance: &mut dyn Chance,
    now: i64,
) -> Result<Certificate, PkiError> {
    let key = key_for(key, chance)?;
    let issuer: Option<Issuer> = ca.map(Certificate::issuer).transpose()?;
    let template = Template {
        common_name: common_name.to_vec(),
        ips: parse_ips(ips)?,
        dns_names: parse_dns_names(dns_names)?,
        days,
        is_ca: false,
    };
    Ok(issue(&template, &key, issuer.as_ref(), chance.random(), now)?.into())
}

fn key_for(pem: Option<&[u8]>, chance: &mut dyn Chance) -> Result<PrivateKey, PkiError> {
    match pem {
        Some(pem) => PrivateKey::from_pem(pem).map_err(|it| it.within("parsing private key")),
        None => chance.key(RSA_2048).map_err(|it| it.within("error generating rsa key")),
    }
}

/// The addresses of a list, or none for nil. The error is sprig's.
pub fn parse_ips(ips: &Value) -> Result<Vec<IpAddr>, PkiError> {
    items(ips)
        .iter()
        .map(|address| match address {
            Value::Str(text) => text
                .as_utf8()
                .and_then(|it| it.parse().ok())
                .ok_or_else(|| PkiError::new(format!("error parsing ip: {text}"))),
            other => Err(PkiError::new(format!("error parsing ip: {} is not a string", fmt::print_value(other)))),
        })
        .collect()
}

/// The names of a list, or none for nil. The error is sprig's.
pub fn parse_dns_names(names: &Value) -> Result<Vec<Vec<u8>>, PkiError> {
    items(names)
        .iter()
        .map(|it| match it {
            Value::Str(text) => Ok(text.to_vec()),
            other => {
                let shown = fmt::print_value(other);
                Err(PkiError::new(format!("error processing alternate dns name: {shown} is not a string")))
            }
        })
        .collect()
}

fn items(list: &Value) -> Vec<Value> {
    match list {
        Value::List(list) => list.to_vec(),
        _ => Vec::new(),
    }
}
