//! Certificates and secrets that exist already: what they are, and which calls they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Imported;
use crate::base::secret::Secret;
use crate::object::document::documents;
use helm_engine::pki::{self, Details};
use helm_engine::sprig::crypto::{self, Certificate};
use helm_engine::value::Value;
use helm_engine::world::Call;
use helm_engine::yaml;

/// Everything that was brought from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Imports {
    pairs: Vec<Pair>,
    secrets: BTreeMap<String, BTreeMap<String, Secret>>,
    /// How many objects of each other kind were passed over.
    passed: BTreeMap<String, usize>,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
struct Pair {
    details: Details,
    imported: Imported,
}

/// Why something cannot be imported. Never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A private key is encrypted. Where it was found.
    #[error("`{0}` holds a private key under a password; take that off, and put the file under age")]
    Password(String),
    /// A block of PEM is no certificate or key. Where it was found, and what is wrong.
    #[error("`{0}` holds a certificate or key that cannot be read: {1}")]
    Unreadable(String, String),
    /// Certificates and keys were read, and none belongs to the other. Where they were found.
    #[error("`{0}` holds no certificate together with its private key")]
    NoPair(String),
    /// Objects were asked for, and no Secret is among them. Where, and what is there instead.
    #[error("`{0}` is no Secret and no List of Secrets: {1}")]
    NotSecrets(String, String),
}

impl Imports {
    /// Whether nothing was brought.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.secrets.is_empty()
    }

    /// Takes the certificates of PEM files whose keys are among them, in whatever file; `name` is for messages.
    pub(crate) fn add_pem(&mut self, name: &str, texts: &[Secret]) -> Result<(), ImportError> {
        let before = self.pairs.len();
        let texts: Vec<&[u8]> = texts.iter().map(Secret::expose).collect();
        self.add_pairs(name, &texts)?;
        if self.pairs.len() == before { Err(ImportError::NoPair(name.into())) } else { Ok(()) }
    }

    /// Takes the Secrets among objects as `kubectl get -o yaml` prints them and as a stream of manifests holds them: each
    /// document an object or a List. Without any, the fault names what is there; `name` is for messages.
    pub(crate) fn add_secrets(&mut self, name: &str, text: &Secret) -> Result<(), ImportError> {
        let fault = |reason: String| ImportError::NotSecrets(name.into(), reason);
        let stream = std::str::from_utf8(text.expose()).map_err(|_| fault("it is no text".into()))?;
        let documents = documents(stream);
        let before = self.secrets.len();
        for (at, document) in documents.iter().enumerate() {
            let which = if documents.len() > 1 { format!("document {} of it", at + 1) } else { "it".to_owned() };
            // The reader's own message may quote the text.
            let value = yaml::read(document.text.as_bytes()).map_err(|_| fault(format!("{which} is no YAML")))?;
            let object = match &value {
                Value::Map(object) => object,
                Value::Nil => continue,
                _ => return Err(fault(format!("{which} is no object"))),
            };
            let objects = match object.get("items") {
                Some(Value::List(items)) => items.to_vec(),
                _ => vec![value],
            };
            for object in &objects {
                self.add_object(name, object)?;
            }
        }
        match self.passed.keys().next() {
            _ if self.secrets.len() > before => Ok(()),
            Some(kind) => Err(fault(format!("it holds an object of kind `{kind}`"))),
            None => Err(fault("it is empty".into())),
        }
    }

    fn add_object(&mut self, name: &str, object: &Value) -> Result<(), ImportError> {
        let kind = field(object, "kind");
        if kind != "Secret" {
            *self.passed.entry(kind).or_default() += 1;
            return Ok(());
        }
        let not_base64 = || ImportError::NotSecrets(name.into(), "the data of a Secret is not base64".into());
        let (place, data) = secret(object).ok_or_else(not_base64)?;
        let texts: Vec<&[u8]> = data.values().map(Secret::expose).collect();
        self.add_pairs(&place, &texts)?;
        self.secrets.insert(place, data);
        Ok(())
    }

    /// How many objects of other kinds than Secrets were passed over, by kind.
    pub fn passed_over(&self) -> impl Iterator<Item = (&str, usize)> {
        self.passed.iter().map(|(kind, count)| (kind.as_str(), *count))
    }

    /// What answers a call for a certificate: the one of its name, names and issuer.
    pub fn answer(&self, call: &Call<'_>) -> Option<&Imported> {
        let found = self.pairs.iter().find(|pair| pair.answers(call).unwrap_or(false));
        found.map(|it| &it.imported)
    }

    /// The text at a place: `namespace/name` of a Secret and a key of its data.
    pub fn at(&self, place: &str, key: &str) -> Option<&Secret> {
        self.secrets.get(place)?.get(key)
    }

    /// The certificates, by subject and fingerprint.
    pub fn certificates(&self) -> impl Iterator<Item = (&str, String)> {
        self.pairs.iter().map(|it| (it.details.subject.as_str(), hex::encode(it.details.fingerprint)))
    }

    fn add_pairs(&mut self, name: &str, texts: &[&[u8]]) -> Result<(), ImportError> {
        let unreadable = |it: pki::PkiError| ImportError::Unreadable(name.into(), it.to_string());
        let mut keys: BTreeMap<[u8; 32], Secret> = BTreeMap::new();
        let mut certificates = Vec::new();
        for block in texts.iter().flat_map(|it| blocks(it)) {
            match block.label.as_str() {
                "CERTIFICATE" => certificates.push(pki::normalize(block.text.expose()).map_err(unreadable)?),
                "ENCRYPTED PRIVATE KEY" => return Err(ImportError::Password(name.into())),
                label if label.ends_with("PRIVATE KEY") => {
                    let digest = pki::key_digest(block.text.expose()).map_err(unreadable)?;
                    keys.insert(digest, block.text);
                }
                _ => {}
            }
        }
        for certificate in certificates {
            let digest = pki::public_key_digest(certificate.as_bytes()).map_err(unreadable)?;
            let details = pki::inspect(certificate.as_bytes()).map_err(unreadable)?;
            let known = self.pairs.iter().any(|it| it.details.fingerprint == details.fingerprint);
            if let (Some(key), false) = (keys.get(&digest), known) {
                self.pairs.push(Pair { details, imported: Imported { certificate, key: key.clone() } });
            }
        }
        Ok(())
    }
}

impl Pair {
    /// Whether this is what a call asks for; `None` where the call asks for no certificate of its own.
    fn answers(&self, call: &Call<'_>) -> Option<bool> {
        let Value::Str(common_name) = call.args.first()? else { return None };
        if *common_name != self.details.common_name.as_str() {
            return Some(false);
        }
        match call.function {
            "genCA" => Some(self.details.is_ca),
            "genSelfSignedCert" => {
                Some(self.has_names(call)? && self.is_signed_by(self.imported.certificate.as_bytes()))
            }
            "genSignedCert" => {
                let Some(Value::Object(ca)) = call.args.get(4) else { return None };
                let ca: &Certificate = ca.as_any().downcast_ref()?;
                Some(self.has_names(call)? && self.is_signed_by(&ca.cert))
            }
            _ => None,
        }
    }

    fn has_names(&self, call: &Call<'_>) -> Option<bool> {
        let ips: BTreeSet<IpAddr> = crypto::parse_ips(call.args.get(1)?).ok()?.into_iter().collect();
        let names = crypto::parse_dns_names(call.args.get(2)?).ok()?;
        let names: BTreeSet<String> = names.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        let own = &self.details;
        Some(names == own.dns_names.iter().cloned().collect() && ips == own.ips.iter().copied().collect())
    }

    fn is_signed_by(&self, ca: &[u8]) -> bool {
        pki::verify(self.imported.certificate.as_bytes(), ca).is_ok()
    }
}

struct Block {
    label: String,
    text: Secret,
}

/// The PEM blocks of a text.
fn blocks(text: &[u8]) -> Vec<Block> {
    let Ok(text) = std::str::from_utf8(text) else { return Vec::new() };
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, _)) = after.split_once("-----") else { break };
        let end = format!("-----END {label}-----");
        let Some((body, tail)) = after.split_once(&end) else { break };
        let block = zeroize::Zeroizing::new(format!("-----BEGIN {body}{end}\n"));
        blocks.push(Block { label: label.into(), text: Secret::new(block.as_bytes()) });
        rest = tail;
    }
    blocks
}

/// `namespace/name` of a Secret, and its data; `None` where that is not base64.
fn secret(object: &Value) -> Option<(String, BTreeMap<String, Secret>)> {
    let Value::Map(map) = object else { return None };
    let metadata = map.get("metadata").unwrap_or(Value::Nil);
    let (namespace, name) = (field(&metadata, "namespace"), field(&metadata, "name"));
    let place = format!("{}/{name}", if namespace.is_empty() { "default" } else { &namespace });
    let mut all = BTreeMap::new();
    if let Some(Value::Map(data)) = map.get("data") {
        for (key, value) in data.to_vec() {
            let Value::Str(text) = value else { return None };
            all.insert(key.to_text().into_owned(), Secret::new(STANDARD.decode(&*text).ok()?));
        }
    }
    if let Some(Value::Map(data)) = map.get("stringData") {
        for (key, value) in data.to_vec() {
            let Value::Str(text) = value else { return None };
            all.insert(key.to_text().into_owned(), Secret::new(text.as_bytes()));
        }
    }
    Some((place, all))
}

fn field(value: &Value, key: &str) -> String {
    match value {
        Value::Map(map) => match map.get(key) {
            Some(Value::Str(text)) => text.to_text().into_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
