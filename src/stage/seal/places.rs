//! Where pins go: the resources and keys that hold what a pin answers.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::resources::{documents, name};
use super::{OPEN, Recipe, Sealed, marks};
use crate::stage::seal::recipe::{Argument, Fragment};
use helm_engine::value::Value;
use helm_engine::yaml;

/// A string of a resource that holds something of a pin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Landing {
    /// `v1 Secret kube-system/cilium-ca`.
    pub resource: String,
    /// The keys that lead to the string, with dots between them: `data.tls.crt`.
    pub key: String,
    /// The secret that stands there, `cilium/cilium-ca.key`; or, for a certificate, its pin, `cilium/cilium-ca`.
    pub holds: String,
    /// Whether the string is just that, or its base64 form.
    pub alone: bool,
}

/// Every place of every secret, and of the certificates given as `part/pin` and PEM. A public resource that is no YAML has
/// no places.
pub fn places(sealed: &Sealed, certificates: &[(String, String)]) -> Vec<Landing> {
    let finder = Finder { recipes: sealed.recipes(), certificates };
    let mut found = BTreeSet::new();
    for part in sealed.parts() {
        for (_, document) in documents(&part.text) {
            let Ok(value) = yaml::read(document.as_bytes()) else { continue };
            let Value::Map(resource) = &value else { continue };
            finder.walk(&value, &name(resource), "", &mut found);
        }
    }
    found.into_iter().collect()
}

struct Finder<'a> {
    recipes: &'a BTreeMap<String, Recipe>,
    certificates: &'a [(String, String)],
}

impl Finder<'_> {
    fn walk(&self, value: &Value, resource: &str, path: &str, found: &mut BTreeSet<Landing>) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Map(map) => {
                for (key, value) in map.entries().iter() {
                    self.walk(value, resource, &below(&key.to_text()), found);
                }
            }
            Value::List(list) => {
                for (index, value) in list.items().iter().enumerate() {
                    self.walk(value, resource, &below(&index.to_string()), found);
                }
            }
            Value::Str(text) => {
                let text = text.to_text();
                let landing =
                    |holds: String, alone| Landing { resource: resource.into(), key: path.into(), holds, alone };
                for label in marks(&text) {
                    let alone = text.trim() == format!("{OPEN}{label}>") && self.is_plain(&label);
                    found.extend(self.secrets(&label).into_iter().map(|it| landing(it, alone)));
                }
                for pin in self.certificates_in(&text) {
                    found.insert(landing(pin, true));
                }
            }
            _ => {}
        }
    }

    /// The secrets that a hole is computed from.
    fn secrets(&self, label: &str) -> BTreeSet<String> {
        let mut secrets = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![label.to_owned()];
        while let Some(label) = open.pop() {
            match self.recipes.get(&label) {
                Some(Recipe::Secret(name)) => {
                    secrets.insert(name.clone());
                }
                Some(recipe) if seen.insert(label) => open.extend(recipe.needs().into_iter().map(str::to_owned)),
                _ => {}
            }
        }
        secrets
    }

    /// Whether a hole is a secret itself, or its base64 form.
    fn is_plain(&self, label: &str) -> bool {
        match self.recipes.get(label) {
            Some(Recipe::Secret(_)) => true,
            Some(Recipe::Call { function, args }) if function == "b64enc" => match &args[..] {
                [Argument::Text(fragments)] => match &fragments[..] {
                    [Fragment::Hole(inner)] => matches!(self.recipes.get(inner), Some(Recipe::Secret(_))),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    fn certificates_in(&self, text: &str) -> Vec<String> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        let decoded;
        let text = if text.contains(BEGIN) {
            text
        } else if text.starts_with("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t") {
            decoded =
                STANDARD.decode(text.trim()).map(|it| String::from_utf8_lossy(&it).into_owned()).unwrap_or_default();
            &decoded
        } else {
            return Vec::new();
        };
        let found = self.certificates.iter().filter(|(_, pem)| text.contains(pem.trim()));
        found.map(|(pin, _)| pin.clone()).collect()
    }
}
