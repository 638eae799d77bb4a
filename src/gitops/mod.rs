//! What GitOps says of a release: which chart, which version, which values, under which name and where.
//!
//! Files come in through [`Tree`], and what is sealed is opened, where it is, through [`Unseal`]: nothing here reaches out.
//! What cannot be followed is a [`Fault`] with its place, and never a guess.

mod argocd;
mod fault;
mod flux;
mod gateway;
mod helmfile;
mod kustomization;
mod layered;
mod live;
mod object;
mod pattern;
mod reader;
mod sealed;
mod sources;
pub mod substitute;
mod values;
mod variables;

pub use argocd::{application_names, applications};
pub use fault::Fault;
pub use gateway::{BUNDLE_VERSION, gateway_versions};
pub use live::live;
pub use object::{Index, Object};

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::base::secret::Secret;
use helm_engine::value::{Map, Value};

/// The files that GitOps applies. Paths start at the top, which is that of the repository where there is one.
pub trait Tree {
    /// Every YAML file, sorted.
    fn files(&self) -> Result<Vec<String>, Fault>;
    /// A file; `None` where there is none.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault>;
    fn is_folder(&self, path: &str) -> bool;
    /// What `kustomize build` gives of a folder; with a text, that stands in the place of the folder's own
    /// `kustomization.yaml`.
    fn kustomize(&self, folder: &str, kustomization: Option<&[u8]>) -> Result<Vec<u8>, Fault>;
    /// A path as the spec would write it.
    fn as_written(&self, path: &str) -> String;
    /// The addresses that the repository is fetched from.
    fn remotes(&self) -> Vec<String>;
}

/// Finds trees by the paths of a spec.
pub trait Trees {
    /// The tree that a path leads into, and the path from its top.
    fn open(&self, path: &str) -> Result<(Box<dyn Tree>, String), Fault>;
}

/// For where there are none.
pub struct NoTrees;

impl Trees for NoTrees {
    fn open(&self, path: &str) -> Result<(Box<dyn Tree>, String), Fault> {
        Err(Fault::NoPath(path.into()))
    }
}

/// Opens what is sealed in the tree.
pub trait Unseal {
    /// Decrypts a file of this name.
    fn decrypt(&mut self, path: &str, bytes: &[u8]) -> Result<Secret, String>;
}

/// Which tool's objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    Flux,
    Argocd,
    Helmfile,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tool::Flux => "flux",
            Tool::Argocd => "argocd",
            Tool::Helmfile => "helmfile",
        })
    }
}

/// Which release is meant.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub tool: Tool,
    /// A file or a folder, from the top of the tree.
    pub path: String,
    /// `NAME` or `NAMESPACE/NAME`, where the path holds several.
    pub name: Option<String>,
    /// The name of the Flux Kustomization that applies it, where several do.
    pub kustomization: Option<String>,
    /// The namespace, where nothing in the tree says it.
    pub namespace: Option<String>,
}

/// What GitOps says of a release.
#[derive(Clone, Debug)]
pub struct Release {
    /// The object that says it, as `KIND NAMESPACE/NAME`; the release itself in a helmfile.
    pub object: Written,
    /// Helm's name for it.
    pub name: String,
    pub namespace: String,
    pub chart: ReleaseChart,
    /// What is in the clear of its values; a text that is not stands as [`SEALED`].
    pub values: Map,
    /// Where those texts stand.
    pub sealed: Vec<Vec<Json>>,
    /// The digest of what is sealed, as it is encrypted; absent where nothing is.
    pub secret_digest: Option<Digest>,
    /// What is sealed, opened, by its place in the values; `None` where nothing was to be opened.
    pub secrets: Option<Vec<(Vec<Json>, Secret)>>,
    /// Every object that was read, by kind, namespace and name.
    pub read: BTreeMap<String, Read>,
    pub skip_schema_validation: bool,
}

/// The object that says a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// `HelmRelease` or `Application`; `release` in a helmfile.
    pub kind: String,
    /// Where nothing says it, empty.
    pub namespace: String,
    pub name: String,
    /// The file or folder, from the spec's folder.
    pub path: String,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written { kind, namespace, name, .. } = self;
        if namespace.is_empty() { write!(f, "{kind} {name}") } else { write!(f, "{kind} {namespace}/{name}") }
    }
}

/// Where a release has its chart from, as a spec would write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseChart {
    pub source: String,
    pub version: Option<String>,
    pub place: Option<Place>,
}

/// One object that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The file or folder, from the spec's folder.
    pub path: String,
    /// Digest of what counts in it.
    pub digest: Digest,
}

/// What stands in the values where a text is sealed.
pub const SEALED: &str = "(sealed)";

/// Reads a release. What is sealed is opened only where `unseal` is given.
pub fn release(tree: &dyn Tree, wanted: &Wanted, unseal: Option<&mut dyn Unseal>) -> Result<Release, Fault> {
    match wanted.tool {
        Tool::Flux => flux::release(tree, wanted, unseal),
        Tool::Argocd => argocd::release(tree, wanted, unseal),
        Tool::Helmfile => helmfile::release(tree, wanted, unseal),
    }
}

/// Keys and kinds of a value, without its texts.
pub fn shape(value: &Value) -> String {
    match value {
        Value::Map(map) => {
            let inner: Vec<String> =
                map.to_vec().iter().map(|(key, it)| format!("{}:{}", Json::from(key.to_text()), shape(it))).collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::List(list) => format!("[{}]", list.len()),
        _ => String::new(),
    }
}
