//! Content that no registry gave, and bundles, as OCI artifacts: the same bytes in, the same artifact out.
//!
//! Charts get the media types and annotations of `helm push` (Helm 4.2, `pkg/registry`), without the time of day.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::layout::{Descriptor, MANIFEST_TYPE, Manifest};
use crate::base::digest::Digest;
use crate::engine::helm::chart::Metadata;
use crate::stage::resolve::choose;
use crate::stage::spec::Source;

/// The media type of a chart's configuration: its `Chart.yaml` as JSON.
pub const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The media type of a chart's archive.
pub const CHART_CONTENT: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const TITLE: &str = "org.opencontainers.image.title";
const EMPTY_CONFIG: &str = "application/vnd.oci.empty.v1+json";
/// The media type of a bundle's archive.
pub const BUNDLE_CONTENT: &str = "application/vnd.ichor.bundle.v1.tar+gzip";
const BUNDLE: &str = "application/vnd.ichor.bundle.v1";
const KUBERNETES_MANIFEST: &str = "application/vnd.ichor.kubernetes.manifest.v1+yaml";

/// A manifest and the blobs it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    pub manifest: Vec<u8>,
    pub blobs: Vec<Vec<u8>>,
}

/// The archive of a chart as an artifact.
pub fn chart(archive: &[u8], metadata: &Metadata) -> Artifact {
    let config = serde_json::to_vec(&config(metadata)).expect("metadata is plain data");
    let layer = Descriptor::new(CHART_CONTENT, archive);
    artifact(None, (CHART_CONFIG, config), (layer, archive), Some(annotations(metadata)))
}

/// A file of Kubernetes manifests as an artifact.
pub fn manifest(bytes: &[u8], address: &str) -> Artifact {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let title = path.rsplit('/').next().unwrap_or(path).to_owned();
    let annotations =
        BTreeMap::from([("org.opencontainers.image.source".to_owned(), address.to_owned()), (TITLE.to_owned(), title)]);
    let layer = Descriptor::new("application/yaml", bytes);
    artifact(Some(KUBERNETES_MANIFEST), (EMPTY_CONFIG, b"{}".to_vec()), (layer, bytes), Some(annotations))
}

/// The archive of the bundle of this name as an artifact. `oras pull` and the like give the archive the name that its layer
/// bears.
pub fn bundle(archive: &[u8], name: &str) -> Artifact {
    let title = BTreeMap::from([(TITLE.to_owned(), format!("{name}.tar.gz"))]);
    let mut layer = Descriptor::new(BUNDLE_CONTENT, archive);
    layer.annotations = Some(title);
    artifact(Some(BUNDLE), (EMPTY_CONFIG, b"{}".to_vec()), (layer, archive), None)
}

/// The name of a source in an index: made of what every tool takes in a name.
pub fn ref_name(source: &Source, version: Option<&str>, digest: &Digest) -> String {
    let by_digest = || format!("sha256-{}", digest.hex());
    let tag = version.map_or_else(by_digest, choose::tag);
    let address = |text: &str| clean(text.split_once("://").map_or(text, |(_, rest)| rest));
    match source {
        Source::Oci(name) => format!("{}:{}", clean(&name.to_string()), tag),
        Source::Repository { address: repository, chart } => format!("{}/{}:{tag}", address(repository), clean(chart)),
        Source::Url(text) => format!("{}:{}", address(text), by_digest()),
        Source::Local(path) => format!("{}:{tag}", clean(path)),
    }
}

fn artifact(
    artifact_type: Option<&str>,
    config: (&str, Vec<u8>),
    (layer, content): (Descriptor, &[u8]),
    annotations: Option<BTreeMap<String, String>>,
) -> Artifact {
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.into()),
        artifact_type: artifact_type.map(str::to_owned),
        config: Descriptor::new(config.0, &config.1),
        layers: vec![layer],
        annotations,
    };
    Artifact { manifest: manifest.encode(), blobs: vec![config.1, content.to_vec()] }
}

/// `Chart.yaml` as Helm writes it in JSON: in the order of its fields, without what is empty.
fn config(it: &Metadata) -> Map<String, Json> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Json| {
        let empty = match &value {
            Json::String(text) => text.is_empty(),
            Json::Array(list) => list.is_empty(),
            Json::Object(map) => map.is_empty(),
            Json::Bool(set) => !set,
            _ => false,
        };
        if !empty {
            out.insert(key.to_owned(), value);
        }
    };
    put("name", json!(it.name));
    put("home", json!(it.home));
    put("sources", json!(it.sources));
    put("version", json!(it.version));
    put("description", json!(it.description));
    put("keywords", json!(it.keywords));
    let maintainers = it.maintainers.iter().map(|it| {
        let fields = [("name", &it.name), ("email", &it.email), ("url", &it.url)];
        let set = fields.into_iter().filter(|(_, text)| !text.is_empty());
        Json::Object(set.map(|(key, text)| (key.to_owned(), json!(text))).collect())
    });
    put("maintainers", maintainers.collect());
    put("icon", json!(it.icon));
    put("apiVersion", json!(it.api_version));
    put("condition", json!(it.condition));
    put("tags", json!(it.tags));
    put("appVersion", json!(it.app_version));
    put("deprecated", json!(it.deprecated));
    put("annotations", json!(it.annotations.clone().unwrap_or_default()));
    put("kubeVersion", json!(it.kube_version));
    let dependencies = it.dependencies.iter().flatten().map(|it| {
        let fields = [
            ("name", &it.name),
            ("version", &it.version),
            ("repository", &it.repository),
            ("condition", &it.condition),
            ("alias", &it.alias),
        ];
        // Helm writes name and repository always.
        let set = fields.into_iter().filter(|(key, text)| !text.is_empty() || ["name", "repository"].contains(key));
        Json::Object(set.map(|(key, text)| (key.to_owned(), json!(text))).collect())
    });
    put("dependencies", dependencies.collect());
    put("type", json!(it.chart_type));
    out
}

fn annotations(it: &Metadata) -> BTreeMap<String, String> {
    let authors = it.maintainers.iter().map(|it| match it.email.as_str() {
        "" => it.name.clone(),
        email => format!("{} ({email})", it.name),
    });
    let own = [
        ("title", it.name.clone()),
        ("version", it.version.clone()),
        ("description", it.description.clone()),
        ("url", it.home.clone()),
        ("source", it.sources.first().cloned().unwrap_or_default()),
        ("authors", authors.collect::<Vec<_>>().join(", ")),
    ];
    let own = own.into_iter().filter(|(_, text)| !text.is_empty());
    let own = own.map(|(key, text)| (format!("org.opencontainers.image.{key}"), text));
    let mut all = it.annotations.clone().unwrap_or_default();
    all.extend(own);
    all
}

/// Letters and digits, with single separators between them, as the grammar of reference names asks.
fn clean(text: &str) -> String {
    let component = |it: &str| {
        let mut out = String::new();
        for c in it.chars() {
            let c = if c.is_ascii_alphanumeric() || "._:+-".contains(c) { c } else { '-' };
            if c.is_ascii_alphanumeric() || out.chars().next_back().is_some_and(|it| it.is_ascii_alphanumeric()) {
                out.push(c);
            }
        }
        out.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
    };
    let parts: Vec<String> = text.split('/').map(component).filter(|it| !it.is_empty()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::spec::Kind;

    #[test]
    fn names_are_clean() {
        let digest = Digest::of(b"");
        let name =
            |text: &str, kind, version| ref_name(&Source::parse(text, kind).expect("a source"), version, &digest);
        assert_eq!(name("oci://localhost:5000/a/b", Kind::Chart, Some("1.0.0+x")), "localhost:5000/a/b:1.0.0_x");
        assert_eq!(name("https://x.io/charts//c", Kind::Chart, Some("1.0.0")), "x.io/charts/c:1.0.0");
        let url = name("https://x.io/a%20b/_c--d.yaml?x=1", Kind::Manifest, None);
        assert_eq!(url, format!("x.io/a-20b/c-d.yaml-x-1:sha256-{}", digest.hex()));
    }

    #[test]
    fn an_artifact_names_its_blobs() {
        let metadata = Metadata { name: "a".into(), version: "1.0.0".into(), ..Metadata::default() };
        let artifact = chart(b"archive", &metadata);
        let manifest = Manifest::decode(&artifact.manifest).expect("a manifest");
        let digests: Vec<Digest> = manifest.blobs().map(|it| it.digest).collect();
        assert_eq!(digests, artifact.blobs.iter().map(|it| Digest::of(it)).collect::<Vec<_>>());
        assert_eq!(artifact.blobs[0], br#"{"name":"a","version":"1.0.0"}"#);
    }
}
