//! Keeps what is secret out of a comparison, wherever it stands in plain text.
//!
//! A secret that ichor sealed is a mark and hides itself. What a manifest or a user's values say in the clear (the data of
//! a Secret, a private key) becomes `<hidden 1>`: equal secrets have equal numbers, so that a change still shows.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::side::Side;
use crate::object::{document, private_key};
use crate::review::kubernetes::cursor::{HIDDEN, NOT_BASE64};
use crate::stage::seal;

/// Secrets shorter than this, in bytes, are not looked for elsewhere: they would be found in any word.
const SHORT: usize = 6;

/// Endings of a key whose value is a secret wherever it stands.
const SECRET_KEYS: &[&str] =
    &["password", "passwd", "passphrase", "token", "secretkey", "privatekey", "apikey", "accesskey"];

/// The secrets met so far.
#[derive(Debug, Default)]
pub(in crate::review) struct Hider {
    numbers: BTreeMap<Vec<u8>, usize>,
}

impl Hider {
    /// Meets every secret of both sides first, so that each is hidden wherever it stands.
    pub(in crate::review) fn new(sides: [&Side; 2]) -> Hider {
        let mut hider = Hider::default();
        for content in sides.iter().flat_map(|it| it.parts.values()).filter_map(|it| it.content.as_ref().ok()) {
            for (_, text) in seal::documents(&content.text) {
                if text.lines().any(|it| it.trim_end() == "kind: Secret")
                    && let Some(mut json) = document::json(text)
                {
                    hider.resource(&mut json);
                }
            }
            if let Some(values) = &content.values {
                hider.values(&mut values.user.clone());
            }
        }
        hider
    }

    /// Hides in a resource.
    pub(in crate::review) fn resource(&mut self, resource: &mut Json) {
        if resource["kind"] == "Secret" && resource["apiVersion"] == "v1" {
            for field in ["data", "stringData"] {
                let Some(Json::Object(data)) = resource.get_mut(field) else { continue };
                for (_, value) in data.iter_mut() {
                    let Json::String(text) = value else { continue };
                    let plain = if field == "data" { decoded(text) } else { text.clone().into_bytes() };
                    if text.contains(seal::OPEN) || is_public(&plain) || text.starts_with(HIDDEN) {
                        continue;
                    }
                    let is_coded = field != "data" || helm_engine::encoding::base64_decode(text.as_bytes()).is_ok();
                    *value = match self.hidden(plain) {
                        Json::String(mark) if !is_coded => mark.replace('>', NOT_BASE64).into(),
                        mark => mark,
                    };
                }
            }
            if let Some(Json::Object(notes)) = resource.pointer_mut("/metadata/annotations")
                && let Some(applied) = notes.get_mut("kubectl.kubernetes.io/last-applied-configuration")
            {
                *applied = self.hidden(applied.to_string().into_bytes());
            }
        }
        self.walk("", resource, false);
    }

    /// Hides in values that a user or a chart wrote.
    pub(in crate::review) fn values(&mut self, values: &mut Json) {
        self.walk("", values, true);
    }

    /// Hides in a line of text.
    pub(in crate::review) fn text(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for (secret, number) in &self.numbers {
            if secret.len() >= SHORT
                && let Ok(secret) = str::from_utf8(secret)
            {
                shown = shown.replace(secret, &mark(*number));
            }
        }
        shown
    }

    fn walk(&mut self, key: &str, value: &mut Json, by_key: bool) {
        match value {
            Json::Object(map) => {
                for (key, value) in map.iter_mut() {
                    self.walk(key, value, by_key);
                }
            }
            Json::Array(list) => list.iter_mut().for_each(|it| self.walk(key, it, by_key)),
            Json::String(text) => {
                let named = by_key && !text.is_empty() && !text.contains(seal::OPEN) && is_secret_key(key);
                let known = text.len() >= SHORT && self.numbers.contains_key(text.as_bytes());
                if named || known || holds_key(text) {
                    *value = self.hidden(text.clone().into_bytes());
                } else if text.len() >= 8 {
                    let plain = decoded(text);
                    let known = plain.len() >= SHORT && self.numbers.contains_key(&plain);
                    if known || holds_key(&String::from_utf8_lossy(&plain)) {
                        *value = self.hidden(plain);
                    }
                }
            }
            _ => {}
        }
    }

    fn hidden(&mut self, secret: Vec<u8>) -> Json {
        if secret.starts_with(HIDDEN.as_bytes()) {
            return String::from_utf8_lossy(&secret).into_owned().into();
        }
        let next = self.numbers.len() + 1;
        mark(*self.numbers.entry(secret).or_insert(next)).into()
    }
}

/// Whether a key is called as a secret is.
pub(in crate::review) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['_', '-'], "");
    SECRET_KEYS.iter().any(|it| key.ends_with(it))
}

fn mark(number: usize) -> String {
    format!("{HIDDEN}{number}>")
}

/// What base64 text stands for; the text itself where it is none.
fn decoded(text: &str) -> Vec<u8> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(&compact).unwrap_or_else(|_| text.as_bytes().to_vec())
}

fn holds_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || private_key::find(text).is_some()
}

/// Whether a Secret's datum is for everyone: empty, or certificates.
pub(in crate::review) fn is_public(plain: &[u8]) -> bool {
    let text = String::from_utf8_lossy(plain);
    text.trim().is_empty() || text.trim_start().starts_with("-----BEGIN CERTIFICATE-----") && !holds_key(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hides_the_data_of_secrets_and_shows_that_it_changed() {
        let mut hider = Hider::default();
        let secret = |text: &str| json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": STANDARD.encode(text), "b": "PHNlYWxlZA=="}});
        let mut old = secret("correct horse");
        let mut new = secret("battery staple");
        hider.resource(&mut old);
        hider.resource(&mut new);
        assert_eq!(old["data"]["a"], "<hidden 1>");
        assert_eq!(old["data"]["b"], new["data"]["b"]);
        assert_ne!(old["data"]["a"], new["data"]["a"]);
        let mut elsewhere =
            json!({"kind": "ConfigMap", "data": {"x": "correct horse", "y": STANDARD.encode("correct horse")}});
        hider.resource(&mut elsewhere);
        assert_eq!(elsewhere["data"], json!({"x": "<hidden 1>", "y": "<hidden 1>"}));
    }

    #[test]
    fn leaves_marks_and_certificates() {
        let mut hider = Hider::default();
        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        let data = json!({"tls.crt": STANDARD.encode(pem), "tls.key": "<sealed:p/ca.key|b64enc>"});
        let mut resource = json!({"apiVersion": "v1", "kind": "Secret", "data": data.clone()});
        hider.resource(&mut resource);
        assert_eq!(resource["data"], data);
    }

    #[test]
    fn hides_private_keys_anywhere_and_passwords_in_values() {
        let mut hider = Hider::default();
        let key = "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n";
        let mut values =
            json!({"tls": {"x": key, "y": STANDARD.encode(key)}, "dbPassword": "hunter22", "existingSecret": "name"});
        hider.values(&mut values);
        let hidden = json!({"tls": {"x": "<hidden 1>", "y": "<hidden 1>"}, "dbPassword": "<hidden 2>", "existingSecret": "name"});
        assert_eq!(values, hidden);
        assert_eq!(hider.text("wrong: hunter22!"), "wrong: <hidden 2>!");
    }
}
