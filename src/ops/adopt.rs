//! `ichor adopt`: writes a spec and a lock for a release that runs, with the certificates that it has.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::lock::{self, Locked, Request};
use super::{Error, init};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::base::name;
use crate::base::recipient::Recipient;
use crate::base::secret::Secret;
use crate::edge::kubectl::{Kubectl, Served};
use crate::object::document::documents;
use crate::object::private_key;
use crate::stage::spec::TalosVersion;
use crate::workspace::fetching::Fetching;
use helm_engine::value::{List, Map, Value};
use helm_engine::yaml;

/// A release that is larger than this once it is unpacked is none of Helm's.
const MAX_RELEASE: u64 = crate::base::limits::RELEASE.most;

/// Why a release cannot be adopted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AdoptError {
    #[error("the cluster has no release `{name}` of Helm in the namespace `{namespace}`")]
    NoRelease { name: String, namespace: String },
    #[error("the release `{0}` in the cluster is not written as Helm writes one")]
    Unreadable(String),
    #[error("nothing says where the chart `{0}` of the release comes from")]
    NoSource(String),
    #[error("the values of the release hold a private key, at `{0}`")]
    Key(String),
}

impl AdoptError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let (code, help) = match self {
            AdoptError::NoRelease { .. } => (Code::J001, "`helm list -A` shows the releases"),
            AdoptError::Unreadable(_) => (Code::J002, "`helm get all` shows whether Helm itself reads it"),
            AdoptError::NoSource(_) => (Code::J003, "name it: `--chart oci://HOST/NAME`, an address, or a path"),
            AdoptError::Key(_) => {
                (Code::J004, "seal it: write the spec by hand, with `secretValues` for what must not be in the clear")
            }
        };
        Diagnostic::new(code, self.to_string()).help(help)
    }
}

/// What to adopt.
#[derive(Clone, Debug)]
pub struct Adoption {
    pub release: String,
    pub namespace: String,
    /// Where the chart comes from, as a spec says it.
    pub chart: Option<String>,
    pub talos: TalosVersion,
    pub recipients: Vec<Recipient>,
    /// Where the spec goes.
    pub folder: PathBuf,
    pub kubectl: Kubectl,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Adopted {
    pub files: Vec<PathBuf>,
    pub locked: Locked,
}

/// Adopts a release.
pub fn adopt(adoption: &Adoption, fetching: Fetching<'_>, now: Timestamp) -> Result<Adopted, Error> {
    let Adoption { release, namespace, folder, kubectl, .. } = adoption;
    let label = format!("owner=helm,name={release},status=deployed");
    let stored = kubectl.labelled(namespace, "secrets", &label)?;
    let newest = stored
        .iter()
        .max_by_key(|it| it["metadata"]["labels"]["version"].as_str().and_then(|it| it.parse::<u64>().ok()));
    let none = || AdoptError::NoRelease { name: release.clone(), namespace: namespace.clone() };
    let stored = unpacked(newest.ok_or_else(none)?).ok_or_else(|| AdoptError::Unreadable(release.clone()))?;
    let text = |path: [&str; 3]| stored[path[0]][path[1]][path[2]].as_str().unwrap_or_default().to_owned();
    let (chart, version) = (text(["chart", "metadata", "name"]), text(["chart", "metadata", "version"]));
    for word in [release, namespace, &chart] {
        name::word("a name in the cluster", word).map_err(|_| AdoptError::Unreadable(release.clone()))?;
    }
    let source = match (&adoption.chart, chart.as_str()) {
        (Some(source), _) => source.clone(),
        (None, "cilium") => init::chart(&version).to_owned(),
        (None, other) => return Err(AdoptError::NoSource(other.into()).into()),
    };
    if let Some(path) = key_in(&stored["config"], &mut Vec::new()) {
        return Err(AdoptError::Key(path).into());
    }
    let values = yaml::write_exactly(&value(&stored["config"])).unwrap_or_default().to_text().into_owned();
    let (kubernetes, api_versions) = kubectl.told()?;
    let values_file = format!("values/{release}.yaml");
    let place = namespace_of(kubectl, namespace)?;
    let told = Told { kubernetes: &kubernetes, api_versions: &api_versions, has_namespace: place.is_some() };
    let spec = spec(adoption, &source, &version, &told, &values_file);
    let mut files = init::spec_files(&spec);
    files.push((values_file, values));
    files.extend(place.map(|it| (NAMESPACE.to_owned(), it)));
    init::not_there(files.iter().map(|(path, _)| folder.join(path)))?;
    init::write(folder, &files)?;
    let request = Request { import_secrets: Some(secrets(&stored, namespace, kubectl)?), ..Request::default() };
    let locked = lock::lock(&folder.join("ichor.yaml"), &request, fetching, now)?;
    Ok(Adopted { files: files.into_iter().map(|(path, _)| folder.join(path)).collect(), locked })
}

/// A release as Helm keeps it: coded twice, and packed.
fn unpacked(secret: &Json) -> Option<Json> {
    let once = STANDARD.decode(secret["data"]["release"].as_str()?).ok()?;
    let packed = STANDARD.decode(once).ok()?;
    let mut bytes = Vec::new();
    match packed.starts_with(&[0x1f, 0x8b, 0x08]) {
        true => GzDecoder::new(packed.as_slice()).take(MAX_RELEASE).read_to_end(&mut bytes).ok()?,
        false => {
            bytes = packed;
            0
        }
    };
    serde_json::from_slice(&bytes).ok()
}

/// The Secrets that a release has made, as the cluster has them.
fn secrets(stored: &Json, namespace: &str, kubectl: &Kubectl) -> Result<Secret, Error> {
    let manifest = stored["manifest"].as_str().unwrap_or_default();
    let served = Served { plural: "secrets".into(), namespaced: true };
    let mut found = Vec::new();
    for object in documents(manifest).iter().filter_map(|it| it.json()).filter(|it| it["kind"] == "Secret") {
        let of = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
        if let Some(name) = object["metadata"]["name"].as_str() {
            found.extend(kubectl.get("v1", &served, of, &[name])?);
        }
    }
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": found });
    Ok(Secret::new(list.to_string()))
}

/// Where a private key stands in values.
fn key_in(value: &Json, path: &mut Vec<String>) -> Option<String> {
    match value {
        Json::Object(map) => map.iter().find_map(|(key, it)| {
            path.push(key.clone());
            let found = key_in(it, path);
            path.pop();
            found
        }),
        Json::Array(items) => items.iter().find_map(|it| key_in(it, path)),
        Json::String(text) => {
            let decoded = STANDARD.decode(text.split_whitespace().collect::<String>()).ok();
            let decoded = decoded.and_then(|it| String::from_utf8(it).ok()).unwrap_or_default();
            let is_key = private_key::find(text).is_some() || private_key::find(&decoded).is_some();
            is_key.then(|| path.join("."))
        }
        _ => None,
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(it) => Value::Bool(*it),
        Json::Number(it) => match (it.as_i64(), it.as_f64()) {
            (Some(it), _) => Value::Int64(it),
            (None, it) => Value::Float(it.unwrap_or_default()),
        },
        Json::String(it) => Value::from(it.clone()),
        Json::Array(items) => Value::List(List::any(items.iter().map(value).collect())),
        Json::Object(entries) => {
            let map = Map::any();
            entries.iter().for_each(|(key, it)| map.insert(key.as_str(), value(it)));
            Value::Map(map)
        }
    }
}

/// The file of the namespace.
const NAMESPACE: &str = "namespace.yaml";

/// The release's namespace as the cluster has it, where it is none that is always there.
fn namespace_of(kubectl: &Kubectl, namespace: &str) -> Result<Option<String>, Error> {
    if ["kube-system", "default"].contains(&namespace) {
        return Ok(None);
    }
    let served = Served { plural: "namespaces".into(), namespaced: false };
    let found = kubectl.get("v1", &served, "", &[namespace])?;
    let mut metadata = serde_json::json!({ "name": namespace });
    if let Some(Json::Object(labels)) = found.first().map(|it| it["metadata"]["labels"].clone()) {
        let own = labels.into_iter().filter(|(key, _)| key != "kubernetes.io/metadata.name");
        metadata["labels"] = Json::Object(own.collect());
    }
    let object = serde_json::json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata });
    Ok(yaml::write_exactly(&value(&object)).ok().map(|it| it.to_text().into_owned()))
}

/// What charts are told of the cluster.
struct Told<'t> {
    kubernetes: &'t str,
    api_versions: &'t [String],
    has_namespace: bool,
}

fn spec(adoption: &Adoption, source: &str, version: &str, told: &Told<'_>, values: &str) -> String {
    let Told { kubernetes, api_versions, has_namespace } = told;
    let place =
        if *has_namespace { format!("  - name: namespace\n    manifest: {NAMESPACE}\n") } else { String::new() };
    let quoted = |text: &str| Json::from(text).to_string();
    let recipients: String = adoption.recipients.iter().map(|it| format!("  - {it}\n")).collect();
    let versions: String = api_versions.iter().map(|it| format!("  - {}\n", quoted(it))).collect();
    let versions = if versions.is_empty() { versions } else { format!("apiVersions:\n{versions}") };
    let recipients = if recipients.is_empty() { recipients } else { format!("recipients:\n{recipients}") };
    format!(
        "bundle: {name}\ntalos: \"{talos}\"\nkubernetes: {kubernetes}\n{versions}{recipients}parts:\n{place}  - name: {name}\n    \
         chart: {source}\n    version: {version}\n    namespace: {namespace}\n    values: [{values}]\n",
        name = adoption.release,
        talos = adoption.talos,
        kubernetes = quoted(kubernetes),
        source = quoted(source),
        version = quoted(version),
        namespace = adoption.namespace,
    )
}

/// A path from a folder that a spec is written to.
pub fn beside(folder: &Path, source: &str) -> String {
    let path = Path::new(source);
    match source.contains("://") || path.is_absolute() || !path.exists() {
        true => source.to_owned(),
        false => std::path::absolute(path).unwrap_or_else(|_| folder.join(source)).display().to_string(),
    }
}
