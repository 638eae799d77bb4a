//! `ichor adopt`: writes a spec and a lock for a release that runs, with the certificates that it has.

mod flux;

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde_json::Value as Json;

use self::flux::OfFlux;
use super::lock::{self, Locked, Request};
use super::{Error, init};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::Digest;
use crate::base::memory;
use crate::base::name;
use crate::base::recipient::Recipient;
use crate::base::secret::Secret;
use crate::edge::age::Sealer;
use crate::edge::disk::{Access, Adding};
use crate::edge::kubectl::{Kubectl, Served};
use crate::object::document::documents;
use crate::review::confided::{self, Split};
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
    #[error("what Flux has of the release cannot be followed: {0}")]
    Flux(String),
    #[error("nothing says where the chart `{0}` of the release comes from")]
    NoSource(String),
    #[error("the value `{0}` of the release is secret by its name, and it is no text, which alone can be sealed")]
    NoText(String),
    #[error("the values of the release hold what is secret, at `{0}`, and nobody is named to seal it to")]
    Nobody(String),
}

impl AdoptError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let (code, help) = match self {
            AdoptError::NoRelease { .. } => (Code::J001, "`helm list -A` shows the releases"),
            AdoptError::Unreadable(_) => (Code::J002, "`helm get all` shows whether Helm itself reads it"),
            AdoptError::Flux(_) => (
                Code::J005,
                "name the chart: `--chart oci://HOST/NAME`, an address, or a path; else write the spec by hand",
            ),
            AdoptError::NoSource(_) => (Code::J003, "name it: `--chart oci://HOST/NAME`, an address, or a path"),
            AdoptError::NoText(_) => (
                Code::J004,
                "give the release a text there (in quotes), or write the spec by hand, with `secretValues`",
            ),
            AdoptError::Nobody(_) => (Code::J004, "name who may open the bundle: `-r KEY`"),
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
    /// The values that were sealed, by their places.
    pub sealed: Vec<String>,
}

/// Adopts a release.
pub fn adopt(adoption: &Adoption, fetching: Fetching<'_>, now: Timestamp) -> Result<Adopted, Error> {
    let flux = flux::read(adoption)?;
    let mut adoption = adoption.clone();
    let storage = flux.as_ref().map_or_else(|| adoption.namespace.clone(), |it| it.storage.clone());
    if let Some(flux) = &flux {
        (adoption.release, adoption.namespace) = (flux.release.name.clone(), flux.release.namespace.clone());
    }
    let adoption = &adoption;
    let Adoption { release, namespace, folder, kubectl, .. } = adoption;
    let label = format!("owner=helm,name={release},status=deployed");
    let stored = kubectl.labelled(&storage, "secrets", &label)?;
    let newest = stored
        .iter()
        .max_by_key(|it| it["metadata"]["labels"]["version"].as_str().and_then(|it| it.parse::<u64>().ok()));
    let none = || AdoptError::NoRelease { name: release.clone(), namespace: namespace.clone() };
    let stored = match (newest, &flux) {
        (Some(newest), _) => Some(unpacked(newest).ok_or_else(|| AdoptError::Unreadable(release.clone()))?),
        // Helm's account may be gone; what Flux is told still says what it would install.
        (None, Some(_)) => None,
        (None, None) => return Err(none().into()),
    };
    let text = |key: &str| Some(stored.as_ref()?["chart"]["metadata"][key].as_str()?.to_owned());
    let of_flux = |of: fn(&OfFlux) -> Option<String>| flux.as_ref().and_then(of);
    let chart = text("name").or_else(|| of_flux(|it| it.chart.clone())).unwrap_or_else(|| release.clone());
    let version = text("version").or_else(|| of_flux(|it| it.version.clone()));
    let version = version.or_else(|| of_flux(|it| it.release.chart.version.clone())).unwrap_or_default();
    // Flux writes a part of the digest behind the version of a chart of a registry.
    let version = match version.split_once('+') {
        Some((own, _)) if flux.as_ref().is_some_and(|it| it.is_oci) => own.to_owned(),
        _ => version,
    };
    for word in [release, namespace, &chart] {
        name::word("a name in the cluster", word).map_err(|_| AdoptError::Unreadable(release.clone()))?;
    }
    let source = match (&adoption.chart, chart.as_str()) {
        (Some(source), _) => source.clone(),
        (None, _) if let Some(flux) = &flux => flux.release.chart.source.clone(),
        (None, "cilium") => init::chart(&version).to_owned(),
        (None, other) => return Err(AdoptError::NoSource(other.into()).into()),
    };
    let confided = confided(adoption, stored.as_ref(), flux.as_ref())?;
    let values = written(&confided.split.clear);
    let (kubernetes, api_versions) = kubectl.told()?;
    let values_file = format!("values/{release}.yaml");
    let place = namespace_of(kubectl, namespace)?;
    let secret_file = confided.file.is_some().then(|| format!("values/{release}.secret.age"));
    let told = Told { kubernetes: &kubernetes, api_versions: &api_versions, has_namespace: place.is_some() };
    let spec = spec(adoption, &source, &version, &told, (&values_file, secret_file.as_deref()));
    let mut files = init::spec_files(&spec);
    files.push((values_file, values));
    let mut request = Request { import_secrets: secrets(stored.as_ref(), namespace, kubectl)?, ..Request::default() };
    if let (Some(path), Some((sealed, text))) = (secret_file.clone(), confided.file) {
        request.known.insert(Digest::of(sealed.as_bytes()), text);
        files.push((path, sealed));
    }
    files.extend(place.map(|it| (NAMESPACE.to_owned(), it)));
    if init::lock(folder, release).exists() {
        init::not_there(files.iter().map(|(path, _)| folder.join(path)))?;
    }
    // Without a lock, the spec of a release that runs is of no use: what was written goes again.
    let mut adding = Adding::begin();
    for (path, text) in init::to_write(folder, &files, secret_file.as_deref())? {
        adding.write(&folder.join(path), text.as_bytes(), Access::Public)?;
    }
    let locked = lock::lock(&folder.join("ichor.yaml"), &request, fetching, now)?;
    adding.keep();
    let files = files.into_iter().map(|(path, _)| folder.join(path)).collect();
    Ok(Adopted { files, locked, sealed: confided.split.paths })
}

/// The values of a release, with what is secret in them sealed.
struct Confided {
    split: Split,
    /// A file of age, and its text.
    file: Option<(String, Secret)>,
}

fn confided(adoption: &Adoption, stored: Option<&Json>, flux: Option<&OfFlux>) -> Result<Confided, Error> {
    let (none, known) = (Json::Null, flux.map_or(&[][..], |it| &it.secret));
    let values = match (stored, flux) {
        (Some(stored), _) => stored["config"].clone(),
        (None, flux) => flux.map(|it| it.values.clone()).unwrap_or_default(),
    };
    let values = if values.is_null() { serde_json::json!({}) } else { values };
    let stored = stored.unwrap_or(&none);
    let hooks = stored["hooks"].as_array().into_iter().flatten().filter_map(|it| it["manifest"].as_str());
    let manifests: Vec<&str> = stored["manifest"].as_str().into_iter().chain(hooks).collect();
    let split = confided::split(&values, &manifests.join("\n---\n"), known).map_err(|it| AdoptError::NoText(it.0))?;
    let Some(first) = split.paths.first() else { return Ok(Confided { split, file: None }) };
    if adoption.recipients.is_empty() {
        return Err(AdoptError::Nobody(first.clone()).into());
    }
    memory::may_hold_secrets();
    let text = Secret::new(written(&split.secret));
    let sealed = Sealer::new(&adoption.recipients, &adoption.release)?.seal_file(&text)?;
    Ok(Confided { split, file: Some((sealed, text)) })
}

fn written(values: &Json) -> String {
    yaml::write_exactly(&value(values)).unwrap_or_default().to_text().into_owned()
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

/// The Secrets that a release has made, as the cluster has them; `None` where it has made none.
fn secrets(stored: Option<&Json>, namespace: &str, kubectl: &Kubectl) -> Result<Option<Secret>, Error> {
    let list = |found: Vec<Json>| {
        let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": found });
        (!found.is_empty()).then(|| Secret::new(list.to_string()))
    };
    let Some(stored) = stored else { return Ok(list(kubectl.labelled(namespace, "secrets", "owner!=helm")?)) };
    let manifest = stored["manifest"].as_str().unwrap_or_default();
    let served = Served { plural: "secrets".into(), namespaced: true };
    let mut found = Vec::new();
    for object in documents(manifest).iter().filter_map(|it| it.json()).filter(|it| it["kind"] == "Secret") {
        let of = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
        if let Some(name) = object["metadata"]["name"].as_str() {
            found.extend(kubectl.get("v1", &served, of, &[name])?);
        }
    }
    Ok(list(found))
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

fn spec(
    adoption: &Adoption,
    source: &str,
    version: &str,
    told: &Told<'_>,
    (values, secrets): (&str, Option<&str>),
) -> String {
    let secrets = secrets.map(|it| format!("    secretValues: [{it}]\n")).unwrap_or_default();
    let Told { kubernetes, api_versions, has_namespace } = told;
    let place =
        if *has_namespace { format!("  - name: namespace\n    manifest: {NAMESPACE}\n") } else { String::new() };
    let quoted = |text: &str| Json::from(text).to_string();
    // A tag or digest in the source says which one already.
    let is_pinned = source.starts_with("oci://") && source.rsplit('/').next().is_some_and(|it| it.contains([':', '@']));
    let version = match version {
        "" => String::new(),
        _ if is_pinned => String::new(),
        version => format!("    version: {}\n", quoted(version)),
    };
    let recipients: String = adoption.recipients.iter().map(|it| format!("  - {it}\n")).collect();
    let versions: String = api_versions.iter().map(|it| format!("  - {}\n", quoted(it))).collect();
    let versions = if versions.is_empty() { versions } else { format!("apiVersions:\n{versions}") };
    let recipients = if recipients.is_empty() { recipients } else { format!("recipients:\n{recipients}") };
    format!(
        "bundle: {name}\ntalos: \"{talos}\"\nkubernetes: {kubernetes}\n{versions}{recipients}parts:\n{place}  - name: {name}\n    \
         chart: {source}\n{version}    namespace: {namespace}\n    values: [{values}]\n{secrets}",
        name = adoption.release,
        talos = adoption.talos,
        kubernetes = quoted(kubernetes),
        source = quoted(source),
        version = version,
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
