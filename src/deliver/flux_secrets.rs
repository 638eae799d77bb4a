//! The Secrets of a hand-over to Flux, which SOPS encrypts: what a release would make anew, and sealed values.

use super::kept::POLICY;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// A Secret in a file of its own: Flux decrypts objects one by one.
#[derive(Clone, Debug)]
pub struct FluxSecret {
    pub name: String,
    /// As SOPS has encrypted it.
    pub text: String,
    /// Whether it takes the place of one that the release would make.
    pub replaces: bool,
}

impl FluxSecret {
    /// The file's name.
    pub fn file(name: &str) -> String {
        format!("secret-{name}.sops.yaml")
    }
}

/// What takes out of a release the Secrets that are handed over beside it; `None` where there are none.
pub(super) fn post_renderers(secrets: &[FluxSecret]) -> Option<Value> {
    let patch = |secret: &FluxSecret| {
        let text = |it: &str| Value::from(it);
        // The name is taken for a regular expression from start to end.
        let target = [("kind", text("Secret")), ("name", text(&secret.name.replace('.', "[.]")))];
        let object = Value::map([
            ("$patch", text("delete")),
            ("apiVersion", text("v1")),
            ("kind", text("Secret")),
            ("metadata", Value::map([("name", text(&secret.name))])),
        ]);
        let patch = yaml::write(&object).map(|it| it.to_text().into_owned()).unwrap_or_default();
        Value::map([("patch", text(&patch)), ("target", Value::map(target))])
    };
    let patches: Vec<Value> = secrets.iter().filter(|it| it.replaces).map(patch).collect();
    if patches.is_empty() {
        return None;
    }
    let kustomize = Value::map([("patches", Value::list(patches))]);
    Some(Value::list([Value::map([("kustomize", kustomize)])]))
}

/// Has Helm let a Secret stay that leaves its release.
pub fn keep(object: &Map) {
    let Some(Value::Map(metadata)) = object.get("metadata") else { return };
    if !matches!(metadata.get("annotations"), Some(Value::Map(_))) {
        metadata.insert("annotations", Value::Map(Map::any()));
    }
    if let Some(Value::Map(annotations)) = metadata.get("annotations") {
        annotations.insert(POLICY.0, POLICY.1.into());
    }
}

/// How a Flux Kustomization decrypts.
pub(super) fn decryption() -> Value {
    let key = Value::map([("name", Value::from("sops-age"))]);
    Value::map([("provider", Value::from("sops")), ("secretRef", key)])
}

/// The Secret that brings sealed values, in the clear.
pub fn values_secret(part: &str, namespace: &str, values: &str) -> (String, String) {
    let name = format!("{part}-secret-values");
    let text = |it: &str| Value::from(it);
    let mut metadata = vec![("name", text(&name)), ("namespace", text(namespace))];
    if values.contains('$') {
        let annotation = Value::map([("kustomize.toolkit.fluxcd.io/substitute", text("disabled"))]);
        metadata.push(("annotations", annotation));
    }
    let object = Value::map([
        ("apiVersion", text("v1")),
        ("kind", text("Secret")),
        ("metadata", Value::map(metadata)),
        ("stringData", Value::map([("values.yaml", text(values))])),
    ]);
    (name, yaml::write(&object).map(|it| it.to_text().into_owned()).unwrap_or_default())
}
