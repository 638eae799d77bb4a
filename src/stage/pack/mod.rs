//! Lays manifests out as Talos takes them.
//!
//! Talos orders inline manifests by name and nothing else, so names carry the order of the spec: `00-`, `10-`, `20-`.

use crate::engine::value::Value;
use crate::engine::yaml;
use crate::stage::seal::{Sealed, SealedPart};
use crate::stage::spec::TalosVersion;

/// Manifests under their final names and the Talos documents made of them.
#[derive(Clone, Debug)]
pub struct Packed {
    manifests: Vec<Manifest>,
    patch: String,
    talos: TalosVersion,
}

/// One inline manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// A DNS-1123 subdomain that sorts in the order of the spec.
    pub name: String,
    pub contents: String,
}

/// Packs what was sealed, for one version of Talos.
pub fn pack(sealed: &Sealed, talos: TalosVersion) -> Packed {
    let manifests = number(sealed.parts());
    let patch = patch(&manifests, talos);
    Packed { manifests, patch, talos }
}

impl Packed {
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The control-plane patch, holes unfilled.
    pub fn patch(&self) -> &str {
        &self.patch
    }

    pub fn talos(&self) -> TalosVersion {
        self.talos
    }
}

/// The control-plane patch: `cluster.inlineManifests` up to Talos 1.13, `KubeInlineManifestConfig` documents from 1.14.
pub fn patch(manifests: &[Manifest], talos: TalosVersion) -> String {
    if talos.has_manifest_documents() {
        let documents = manifests.iter().map(|manifest| {
            write(&Value::map([
                ("apiVersion", "v1alpha1".into()),
                ("kind", "KubeInlineManifestConfig".into()),
                ("name", manifest.name.as_str().into()),
                ("manifest", manifest.contents.as_str().into()),
            ]))
        });
        documents.collect::<Vec<_>>().join("---\n")
    } else {
        let list = manifests.iter().map(|manifest| {
            Value::map([("name", manifest.name.as_str().into()), ("contents", manifest.contents.as_str().into())])
        });
        write(&Value::map([("cluster", Value::map([("inlineManifests", Value::list(list))]))]))
    }
}

/// Parts with no text are left out: Talos takes an empty manifest for a URL to fetch.
fn number(parts: &[SealedPart]) -> Vec<Manifest> {
    let width = if parts.len() > 10 { 3 } else { 2 };
    let numbered = parts.iter().enumerate().filter(|(_, part)| !part.text.trim().is_empty());
    let named = |(index, part): (usize, &SealedPart)| Manifest {
        name: format!("{:0width$}-{}", index * 10, part.name),
        contents: part.text.clone(),
    };
    numbered.map(named).collect()
}

fn write(value: &Value) -> String {
    yaml::write(value).expect("plain strings have a YAML form").to_text().into_owned()
}
