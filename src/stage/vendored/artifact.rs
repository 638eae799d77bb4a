//! Content that no registry gave, and bundles, as OCI artifacts: the same bytes in, the same artifact out.
//!
//! The configuration is that of an image, so that tools that look into images alone can show it; what it is says the
//! artifact type. A chart's layer and annotations are those of `helm push` (Helm 4.2, `pkg/registry`), without the time of
//! day. What a registry gave keeps its own manifest, to the byte.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use serde_json::json;

use super::layout::{Descriptor, MANIFEST_TYPE, Manifest};
use super::signature::PROVENANCE;
use crate::base::digest::Digest;
use crate::stage::resolve::choose;
use crate::stage::spec::Source;
use helm_engine::helm::chart::Metadata;

/// The media type of the configuration of a chart that Helm pushed, which says that it is one.
const CHART: &str = "application/vnd.cncf.helm.config.v1+json";
/// The media type of a chart's archive.
pub(crate) const CHART_CONTENT: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// What it was until Helm 3.7. Helm still takes it, with a warning.
const OLD_CHART_CONTENT: &str = "application/tar+gzip";
/// The media type of a bundle's archive.
pub(crate) const BUNDLE_CONTENT: &str = "application/vnd.ichor.bundle.v1.tar+gzip";
const BUNDLE: &str = "application/vnd.ichor.bundle.v1";
const TITLE: &str = "org.opencontainers.image.title";
const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const KUBERNETES_MANIFEST: &str = "application/vnd.ichor.kubernetes.manifest.v1+yaml";

/// Whether a layer is a chart's archive, by its media type; parameters, and how it is written, do not count.
pub(crate) fn is_chart_content(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim();
    [CHART_CONTENT, OLD_CHART_CONTENT].iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// A manifest and the blobs it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The bytes of an OCI manifest, as they are digested.
    pub manifest: Vec<u8>,
    /// The configuration, then the layers, in the order of the manifest.
    pub blobs: Vec<Vec<u8>>,
}

/// The archive of a chart as an artifact.
pub fn chart(archive: &[u8], metadata: &Metadata) -> Artifact {
    let layer = Descriptor::new(CHART_CONTENT, archive);
    artifact(CHART, (layer, archive), &unpacked(archive), annotations(metadata))
}

/// A file of Kubernetes manifests as an artifact.
pub fn manifest(bytes: &[u8], address: &str) -> Artifact {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let title = path.rsplit('/').next().unwrap_or(path).to_owned();
    let annotations =
        BTreeMap::from([("org.opencontainers.image.source".to_owned(), address.to_owned()), (TITLE.to_owned(), title)]);
    let layer = Descriptor::new("application/yaml", bytes);
    artifact(KUBERNETES_MANIFEST, (layer, bytes), &Digest::of(bytes), annotations)
}

/// Helm's provenance of an archive as an artifact.
pub fn provenance(bytes: &[u8], title: &str) -> Artifact {
    let annotations = BTreeMap::from([(TITLE.to_owned(), title.to_owned())]);
    let layer = Descriptor::new(PROVENANCE, bytes);
    artifact("application/vnd.ichor.chart.provenance.v1", (layer, bytes), &Digest::of(bytes), annotations)
}

/// The archive of the bundle of this name as an artifact. `oras pull` and the like give the archive the name that its layer
/// bears.
pub fn bundle(archive: &[u8], name: &str) -> Artifact {
    let title = BTreeMap::from([(TITLE.to_owned(), format!("{name}.tar.gz"))]);
    let mut layer = Descriptor::new(BUNDLE_CONTENT, archive);
    layer.annotations = Some(title.clone());
    artifact(BUNDLE, (layer, archive), &unpacked(archive), title)
}

/// The name of a source in an index: made of what every tool takes in a name.
pub(crate) fn ref_name(source: &Source, version: Option<&str>, digest: &Digest) -> String {
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

/// The digest of what an archive was packed from. What it holds was read before; whatever cannot be unpacked is not there.
fn unpacked(archive: &[u8]) -> Digest {
    let mut content = Vec::new();
    let _ = MultiGzDecoder::new(archive).read_to_end(&mut content);
    Digest::of(&content)
}

/// `content` is the digest of the layer as it is unpacked.
fn artifact(
    artifact_type: &str,
    (layer, bytes): (Descriptor, &[u8]),
    content: &Digest,
    annotations: BTreeMap<String, String>,
) -> Artifact {
    let config = json!({
        "architecture": "unknown",
        "os": "unknown",
        "config": { "Labels": annotations },
        "rootfs": { "type": "layers", "diff_ids": [content] },
    });
    let config = config.to_string().into_bytes();
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.into()),
        artifact_type: Some(artifact_type.into()),
        config: Descriptor::new(IMAGE_CONFIG, &config),
        layers: vec![layer],
        annotations: Some(annotations),
    };
    Artifact { manifest: manifest.encode(), blobs: vec![config, bytes.to_vec()] }
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
    use crate::stage::spec::ContentKind;

    #[test]
    fn names_are_clean() {
        let digest = Digest::of(b"");
        let name =
            |text: &str, kind, version| ref_name(&Source::parse(text, kind).expect("a source"), version, &digest);
        assert_eq!(name("oci://localhost:5000/a/b", ContentKind::Chart, Some("1.0.0+x")), "localhost:5000/a/b:1.0.0_x");
        assert_eq!(name("https://x.io/charts//c", ContentKind::Chart, Some("1.0.0")), "x.io/charts/c:1.0.0");
        let url = name("https://x.io/a%20b/_c--d.yaml?x=1", ContentKind::Manifest, None);
        assert_eq!(url, format!("x.io/a-20b/c-d.yaml-x-1:sha256-{}", digest.hex()));
    }

    #[test]
    fn an_artifact_names_its_blobs() {
        let metadata = Metadata { name: "a".into(), version: "1.0.0".into(), ..Metadata::default() };
        let artifact = chart(b"archive", &metadata);
        let manifest = Manifest::decode(&artifact.manifest).expect("a manifest");
        let digests: Vec<Digest> = manifest.blobs().map(|it| it.digest).collect();
        assert_eq!(digests, artifact.blobs.iter().map(|it| Digest::of(it)).collect::<Vec<_>>());
        let config: serde_json::Value = serde_json::from_slice(&artifact.blobs[0]).expect("a configuration");
        assert_eq!(config["config"]["Labels"]["org.opencontainers.image.version"], "1.0.0");
    }
}
