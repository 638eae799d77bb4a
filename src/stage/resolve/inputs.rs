//! What a chart is given beside its public values, exactly.

use serde_json::Value as Json;

use super::{Error, Sources};
use crate::base::digest::Digest;
use crate::base::sops::is_sops;
use crate::gitops;
use crate::stage::spec::Spec;
use crate::stage::spec::{self};
use helm_engine::pki::Algorithm;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// What a chart is given beside its public values.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The files of encrypted values, each with its path and its bytes.
    pub secret_values: Vec<(String, Vec<u8>)>,
    /// Digest of those bytes; absent where there are none.
    pub secret_digest: Option<Digest>,
    /// What `lookup` finds.
    pub objects: Vec<Value>,
    /// Digest of the file they were read from.
    pub lookup_digest: Option<Digest>,
    /// The kind of new keys.
    pub algorithm: Algorithm,
    /// Whether the values need not be what the chart's schemas ask for.
    pub skip_schema_validation: bool,
    /// Helm's name of the release, where it is not that of the part.
    pub release: Option<String>,
    /// Where sealed texts of a release of GitOps stand among its values.
    pub sealed: Vec<Vec<Json>>,
    /// What the part sets on top of such a release.
    pub own: Map,
}

impl Inputs {
    /// Whether what the part itself sets stands in the place of what its release says at a path.
    pub fn is_own(&self, path: &[Json]) -> bool {
        let mut value = Value::Map(self.own.clone());
        for step in path {
            let inner = match (&value, step) {
                (Value::Map(map), Json::String(key)) => map.get(key),
                _ => return true,
            };
            match inner {
                Some(inner) => value = inner,
                None => return false,
            }
        }
        true
    }
}

pub(super) fn inputs(spec: &Spec, wanted: &spec::Chart, own: &Map, sources: &dyn Sources) -> Result<Inputs, Error> {
    let mut inputs = Inputs {
        secret_values: Vec::new(),
        secret_digest: None,
        objects: Vec::new(),
        lookup_digest: None,
        algorithm: wanted.inputs.algorithm.unwrap_or(spec.certificates.algorithm),
        skip_schema_validation: wanted.inputs.skip_schema_validation,
        release: wanted.released.as_deref().map(|it| it.release.name.clone()),
        sealed: Vec::new(),
        own: own.clone(),
    };
    if let Some(released) = &wanted.released {
        let sealed = released.release.sealed.iter().filter(|it| !inputs.is_own(it));
        inputs.sealed = sealed.cloned().collect();
    }
    for (path, place) in &wanted.inputs.secret_values {
        let bytes =
            sources.file(path).map_err(|source| Error::Source { source: Box::new(source), place: place.clone() })?;
        inputs.secret_values.push((path.clone(), bytes));
    }
    let released = wanted.released.as_deref().and_then(|it| it.release.secret_digest);
    if !inputs.secret_values.is_empty() || released.is_some() {
        let mut digests: Vec<String> = inputs.secret_values.iter().map(|(_, it)| Digest::of(it).to_string()).collect();
        if let Some(released) = released {
            digests.push(released.to_string());
            digests.push(gitops::shape(&Value::Map(own.clone())));
        }
        inputs.secret_digest = Some(Digest::of(digests.join("\n").as_bytes()));
    }
    if let Some((path, place)) = &wanted.inputs.lookup {
        let bytes =
            sources.file(path).map_err(|source| Error::Source { source: Box::new(source), place: place.clone() })?;
        if is_sops(&bytes) {
            return Err(Error::Sops { path: path.clone(), place: place.clone() });
        }
        inputs.lookup_digest = Some(Digest::of(&bytes));
        inputs.objects =
            objects(&bytes).map_err(|message| Error::Values { path: path.clone(), message, place: place.clone() })?;
    }
    Ok(inputs)
}

/// The objects of a stream of documents; a `List` stands for its items.
fn objects(text: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no UTF-8 text".to_owned())?;
    let mut objects = Vec::new();
    for document in documents(text) {
        match yaml::read(document.as_bytes())? {
            Value::Nil => {}
            Value::Map(map) => match (map.get("kind"), map.get("items")) {
                (Some(Value::Str(kind)), Some(Value::List(items))) if kind.ends_with(b"List") => {
                    objects.extend(items.to_vec());
                }
                (Some(Value::Str(_)), _) => objects.push(Value::Map(map)),
                _ => return Err("it holds a document without a `kind`".into()),
            },
            _ => return Err("it holds a document that is no object".into()),
        }
    }
    Ok(objects)
}

fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            documents.push(String::new());
        } else if let Some(last) = documents.last_mut() {
            last.push_str(line);
        }
    }
    documents
}
