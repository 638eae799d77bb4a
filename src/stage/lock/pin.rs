//! Pins: the answers of impure functions, kept.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Envelope;
use crate::base::digest::Digest;
use helm_engine::pki::{self, PkiError};

/// What a pin is known by: the call it answers, wherever in the chart that call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinKey {
    /// What templates call it by: `genCA`.
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
    /// What templates call the function by that it answers: `genCA`.
    pub function: String,
    /// The arguments of the call, as in [`PinKey`].
    pub args: Vec<Json>,
    /// Which one of several equal calls, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub occurrence: u32,
    /// The public half of a certificate; absent for other answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// The answer itself, where it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The private half: a key in PEM, or the whole answer of `randAlphaNum` and its like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Envelope>,
    /// Whether the sealed text may be a template of its own, so that no `tpl` takes it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub template: bool,
    /// The CA that takes over when a rotation goes on: trusted already, but it signs nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Successor>,
    /// The CA that signed before: trusted still, until the rotation ends. Its key is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<Certificate>,
}

/// A CA that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Successor {
    /// Its public half.
    pub certificate: Certificate,
    /// Its key, sealed.
    pub sealed: Envelope,
}

/// A certificate and what a reviewer wants to know of it; everything but `pem` follows from `pem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// Whose it is, as RFC 4514 writes it: `CN=name`.
    pub subject: String,
    /// Who signed it, in the same form.
    pub issuer: String,
    /// DNS names, then IP addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The first second at which it is valid.
    pub not_before: jiff::Timestamp,
    /// The last second at which it is valid.
    pub not_after: jiff::Timestamp,
    /// SHA-256 of the DER form, in hexadecimal.
    pub fingerprint: String,
    /// One `CERTIFICATE` block, and nothing around it.
    pub pem: String,
}

impl PinKey {
    /// The key as one text: equal for equal keys, and only for those.
    pub fn canonical(&self) -> String {
        serde_json::json!([self.function, self.args, self.occurrence]).to_string()
    }
}

impl Certificate {
    /// What the first certificate of a PEM text says.
    pub fn read(pem: &str) -> Result<Certificate, PkiError> {
        let facts = pki::inspect(pem.as_bytes())?;
        let moment = |seconds| {
            jiff::Timestamp::from_second(seconds)
                .map_err(|_| PkiError::new("its validity is outside of what a clock shows"))
        };
        Ok(Certificate {
            subject: facts.subject,
            issuer: facts.issuer,
            names: facts.dns_names.into_iter().chain(facts.ips.iter().map(ToString::to_string)).collect(),
            not_before: moment(facts.not_before)?,
            not_after: moment(facts.not_after)?,
            fingerprint: hex::encode(facts.fingerprint),
            pem: pem.into(),
        })
    }

    /// The digest of the public key, as the certificate holds it.
    pub(crate) fn public_key(&self) -> Option<Digest> {
        pki::public_key_digest(self.pem.as_bytes()).ok().map(Digest::from_bytes)
    }

    /// Whether a private key in PEM belongs to this certificate.
    pub(crate) fn is_of_key(&self, key: &[u8]) -> bool {
        pki::key_matches(self.pem.as_bytes(), key).unwrap_or(false)
    }

    /// Whether the fields say what the PEM says; the error names one that does not.
    fn validate(&self, what: &str) -> Result<(), String> {
        let read = Certificate::read(&self.pem).map_err(|it| format!("the PEM of {what} is no certificate: {it}"))?;
        let fields = [
            ("pem", pki::normalize(self.pem.as_bytes()).is_ok_and(|it| it == self.pem)),
            ("subject", self.subject == read.subject),
            ("issuer", self.issuer == read.issuer),
            ("names", self.names == read.names),
            ("notBefore", self.not_before == read.not_before),
            ("notAfter", self.not_after == read.not_after),
            ("fingerprint", self.fingerprint == read.fingerprint),
        ];
        match fields.iter().find(|(_, agrees)| !agrees) {
            Some((field, _)) => Err(format!("`{field}` of {what} is not what its PEM says")),
            None => Ok(()),
        }
    }
}

impl Pin {
    /// A pin with neither half.
    pub fn new(key: PinKey) -> Pin {
        Pin {
            function: key.function,
            args: key.args,
            occurrence: key.occurrence,
            certificate: None,
            value: None,
            sealed: None,
            template: false,
            successor: None,
            predecessor: None,
        }
    }

    /// Whether both pins answer with the same certificate.
    pub(crate) fn is_same_answer(&self, other: &Pin) -> bool {
        let fingerprint = |it: &Pin| it.certificate.as_ref().map(|it| it.fingerprint.clone());
        fingerprint(self).is_some() && fingerprint(self) == fingerprint(other)
    }

    /// Whether the pin is a CA that signs others.
    pub fn is_ca(&self) -> bool {
        self.certificate.is_some() && self.function.starts_with("genCA")
    }

    /// The step of its rotation that a CA took last: 1 where a successor is trusted, 2 where the successor signs, 0 where no
    /// rotation is under way. The third step ends it.
    pub(crate) fn rotation_step(&self) -> u8 {
        match (&self.successor, &self.predecessor) {
            (Some(_), _) => 1,
            (None, Some(_)) => 2,
            (None, None) => 0,
        }
    }

    /// The certificates whose keys the pin holds, with those keys.
    pub fn keys(&self) -> impl Iterator<Item = (&Certificate, &Envelope)> {
        let own = self.certificate.as_ref().zip(self.sealed.as_ref());
        own.into_iter().chain(self.successor.iter().map(|it| (&it.certificate, &it.sealed)))
    }

    /// Everything that is sealed in the pin.
    pub fn envelopes(&self) -> impl Iterator<Item = &Envelope> {
        self.sealed.iter().chain(self.successor.iter().map(|it| &it.sealed))
    }

    /// The fingerprint of the CA that signed the pin's certificate, where that is another.
    pub fn issuer(&self) -> Option<&str> {
        self.args.iter().find_map(|it| it.get("certificate")?.as_str())
    }

    /// The certificate as templates see it. While a CA is being rotated, all that are trusted follow the one that signs.
    pub fn trusted(&self) -> Option<String> {
        let mut text = self.certificate.as_ref()?.pem.clone();
        let successor = self.successor.as_ref().map(|it| &it.certificate);
        for other in successor.into_iter().chain(&self.predecessor) {
            text.push_str(&other.pem);
        }
        Some(text)
    }

    /// What it is known by.
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
        if self.certificate.is_some() && self.sealed.is_none() {
            return Err("its certificate has no sealed key".into());
        }
        if (self.successor.is_some() || self.predecessor.is_some()) && !self.is_ca() {
            return Err("it has a successor or predecessor, but is no CA".into());
        }
        if self.successor.is_some() && self.predecessor.is_some() {
            return Err("it has both a successor and a predecessor".into());
        }
        let successor = self.successor.as_ref();
        self.envelopes().try_for_each(Envelope::validate)?;
        let certificates = [
            ("its certificate", self.certificate.as_ref()),
            ("its successor", successor.map(|it| &it.certificate)),
            ("its predecessor", self.predecessor.as_ref()),
        ];
        certificates.iter().try_for_each(|(what, it)| it.map_or(Ok(()), |it| it.validate(what)))
    }
}

fn is_false(it: &bool) -> bool {
    !it
}

fn is_first(occurrence: &u32) -> bool {
    *occurrence == 0
}
