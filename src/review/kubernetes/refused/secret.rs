//! Secrets and ConfigMaps.

use serde_json::Value as Json;

use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::stage::seal;

/// What each type of Secret must have.
const NEEDED: &[(&str, &[&str])] = &[
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
];

pub(super) fn secret(object: &Cursor<'_>, faults: &mut Faults) {
    let has = |key: &str| {
        ["data", "stringData"].iter().any(|it| object.get(it).is_some_and(|it| it.value.get(key).is_some()))
    };
    let kind = object.text("type");
    for key in NEEDED.iter().find(|it| it.0 == kind).map(|it| it.1).unwrap_or_default() {
        if !has(key) {
            faults.missing(object, &format!("data.{key}"), format!("a Secret of type {kind} has it"));
        }
    }
    if kind == "kubernetes.io/basic-auth" && !has("username") && !has("password") {
        faults.missing(object, "data.username", format!("a Secret of type {kind} has it, or `data.password`"));
    }
    let named = object.at(&["metadata", "annotations", "kubernetes.io/service-account.name"]);
    if kind == "kubernetes.io/service-account-token" && named.is_none_or(|it| it.word().is_empty()) {
        let key = "metadata.annotations.kubernetes.io/service-account.name";
        faults.missing(object, key, "name the ServiceAccount whose token it is");
    }
    if let Some((_, [key, ..])) = NEEDED.iter().find(|it| it.0 == kind && it.0.contains("docker")) {
        is_json(object, key, faults);
    }
}

/// What holds credentials of registries must be JSON.
fn is_json(object: &Cursor<'_>, key: &str, faults: &mut Faults) {
    for (field, is_encoded) in [("data", true), ("stringData", false)] {
        let Some(at) = object.at(&[field, key]).filter(|it| !it.word().contains(seal::OPEN)) else { continue };
        let text = match is_encoded {
            true => helm_engine::encoding::base64_decode(at.word().as_bytes()).unwrap_or_default(),
            false => at.word().as_bytes().to_vec(),
        };
        let sealed = String::from_utf8_lossy(&text).contains(seal::OPEN);
        if at.value.is_string() && !sealed && !matches!(serde_json::from_slice(&text), Ok(Json::Object(_))) {
            faults.value(&at, "is not JSON", "`kubectl create secret docker-registry` writes such a Secret");
        }
    }
}

pub(super) fn config(object: &Cursor<'_>, faults: &mut Faults) {
    for (key, at) in object.entries("binaryData") {
        if object.get("data").is_some_and(|it| it.value.get(key).is_some()) {
            faults.clash(&at, "is under `data` too", "take one of them out");
        }
    }
}
