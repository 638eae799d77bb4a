//! What changes in a release that Flux has already: a patch of its HelmRelease, which stays where it is written.

use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// A HelmRelease that goes on, and what is new in it.
#[derive(Clone, Debug)]
pub struct FluxPatch {
    pub namespace: String,
    pub name: String,
    /// The file it is written in, from the spec's folder.
    pub path: String,
    /// The values that are set in it from now on.
    pub values: Map,
}

impl FluxPatch {
    /// The patch with what takes objects out of the release; `None` where nothing is new.
    pub(super) fn text(&self, post_renderers: Option<Value>) -> Option<String> {
        let mut spec = Vec::new();
        if !self.values.is_empty() {
            spec.push(("values", Value::Map(self.values.clone())));
        }
        spec.extend(post_renderers.map(|it| ("postRenderers", it)));
        if spec.is_empty() {
            return None;
        }
        let about = [("name", self.name.as_str().into()), ("namespace", self.namespace.as_str().into())];
        let object = Value::map([
            ("apiVersion", "helm.toolkit.fluxcd.io/v2".into()),
            ("kind", "HelmRelease".into()),
            ("metadata", Value::map(about)),
            ("spec", Value::map(spec)),
        ]);
        Some(yaml::write(&object).map(|it| it.to_text().into_owned()).unwrap_or_default())
    }

    /// Whether a value is taken away, which a patch of kustomize cannot say: it takes the key out, and no more.
    pub fn has_null(&self) -> bool {
        holds_null(&Value::Map(self.values.clone()))
    }
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Map(map) => map.to_vec().iter().any(|(_, it)| holds_null(it)),
        _ => false,
    }
}
