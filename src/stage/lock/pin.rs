//! Pins: the answers of impure functions, kept.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a pin is known by: the call it answers, wherever in the chart that call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinKey {
    pub function: String,
    /// The arguments; an issuing CA is given by the SHA-256 fingerprint of its certificate.
    pub args: Vec<Json>,
    /// Which one of several equal calls, from 0.
    pub occurrence: u32,
}

/// One kept answer: its public half in the clear, its private half in an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub function: String,
    pub args: Vec<Json>,
    #[serde(default, skip_serializing_if = "is_first")]
    pub occurrence: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// The answer itself, where it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The private half: a key in PEM, or the whole answer of `randAlphaNum` and its like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Envelope>,
}

/// A certificate and what a reviewer wants to know of it; everything but `pem` follows from `pem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// DNS names, then IP addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    pub not_before: jiff::Timestamp,
    pub not_after: jiff::Timestamp,
    /// SHA-256 of the DER form, in hexadecimal.
    pub fingerprint: String,
    pub pem: String,
}

/// An age file in its armoured form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Envelope(pub String);

impl PinKey {
    /// The key as one text: equal for equal keys, and only for those.
    pub fn canonical(&self) -> String {
        serde_json::json!([self.function, self.args, self.occurrence]).to_string()
    }
}

impl Pin {
    pub fn key(&self) -> PinKey {
        PinKey { function: self.function.clone(), args: self.args.clone(), occurrence: self.occurrence }
    }

    /// Whether the pin's fields agree with each other; the error says how they do not.
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.certificate.is_some() && self.value.is_some() {
            return Err("it has both a certificate and a value".into());
        }
        if self.certificate.is_none() && self.value.is_none() && self.sealed.is_none() {
            return Err("it has neither a public nor a sealed half".into());
        }
        if let Some(Envelope(text)) = &self.sealed
            && !text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n")
        {
            return Err("its envelope is no armoured age file".into());
        }
        Ok(())
    }
}

fn is_first(occurrence: &u32) -> bool {
    *occurrence == 0
}
