//! The documents of container images: manifests, and indexes that name a manifest for each platform.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::layout::{Descriptor, INDEX_TYPE, MANIFEST_TYPE, Manifest};
use crate::base::digest::Digest;

/// The media type of an index before OCI had one.
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The media type of a manifest before OCI had one.
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Every media type of a document that is asked for.
pub(crate) const DOCUMENTS: [&str; 4] = [MANIFEST_TYPE, INDEX_TYPE, DOCKER_MANIFEST, DOCKER_INDEX];
/// How many indexes may lie in one another.
const DEEPEST: usize = crate::base::limits::IMAGE_INDEXES.size();

/// What an image runs on: `linux/arm64`, `linux/arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    /// The system: `linux`.
    pub os: String,
    /// The processor, as Go names it: `amd64`.
    pub architecture: String,
    /// Which of its kind: `v7`.
    pub variant: Option<String>,
}

/// The text names no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform such as `linux/amd64` or `linux/arm/v7`")]
pub struct ParsePlatformError(String);

/// A document of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One that names others, a platform each.
    Index(Vec<Child>),
    /// One that names layers.
    Image(Box<Manifest>),
}

/// What an index names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its bytes.
    pub descriptor: Descriptor,
    /// What it runs on; absent where it runs on nothing, as what attests another does.
    pub platform: Option<Platform>,
}

/// All that is at hand of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Manifests and indexes, each before whoever names it.
    pub documents: Vec<Descriptor>,
    /// Configurations and layers, each once.
    pub blobs: Vec<Descriptor>,
    /// What runs, with the digest of its manifest and the size of all that it names, in bytes.
    pub platforms: Vec<Held>,
    /// What an index names and is not at hand.
    pub lacking: Vec<Child>,
}

/// A platform of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Absent where the image does not say.
    pub platform: Option<Platform>,
    /// Of its manifest.
    pub manifest: Digest,
    /// Of its manifest, its configuration and its layers.
    pub size: u64,
}

/// Why an image cannot be told from its documents.
#[derive(Debug, thiserror::Error)]
pub enum TreeError<E> {
    /// A document cannot be read from where it lies.
    #[error(transparent)]
    Read(E),
    /// A document that must be there is not. Its digest.
    #[error("its manifest {0} is missing")]
    Missing(Digest),
    /// A document is none. Its digest, and why.
    #[error("{0}: {1}")]
    Document(Digest, String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireIndex {
    schema_version: u32,
    manifests: Vec<WireChild>,
}

#[derive(Deserialize)]
struct WireChild {
    #[serde(flatten)]
    descriptor: Descriptor,
    platform: Option<WirePlatform>,
}

/// A platform, as an index and the configuration of an image have it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct WirePlatform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    /// Whether this is what is asked for: who names no variant takes any.
    pub fn is(&self, wanted: &Platform) -> bool {
        let variant = wanted.variant.is_none() || wanted.variant == self.variant || self.is_usual(wanted);
        (&self.os, &self.architecture) == (&wanted.os, &wanted.architecture) && variant
    }

    /// `arm64` is `arm64/v8`.
    fn is_usual(&self, wanted: &Platform) -> bool {
        self.variant.is_none() && self.architecture == "arm64" && wanted.variant.as_deref() == Some("v8")
    }

    fn of(wire: WirePlatform) -> Option<Platform> {
        let WirePlatform { os, architecture, variant } = wire;
        (os != "unknown" && !os.is_empty()).then_some(Platform { os, architecture, variant })
    }
}

impl FromStr for Platform {
    type Err = ParsePlatformError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word =
            |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it));
        let words: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match words.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some((*variant).to_owned())),
            _ => return Err(ParsePlatformError(text.into())),
        };
        if !words.iter().all(|it| is_word(it)) {
            return Err(ParsePlatformError(text.into()));
        }
        Ok(Platform { os: (*os).into(), architecture: (*architecture).into(), variant })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|it| write!(f, "/{it}"))
    }
}

impl Document {
    /// Reads a document, whatever its media type is said to be; the error is a sentence.
    pub fn decode(bytes: &[u8]) -> Result<Document, String> {
        if let Ok(index) = serde_json::from_slice::<WireIndex>(bytes) {
            if index.schema_version != 2 {
                return Err(format!("it is an index of schema version {}, not 2", index.schema_version));
            }
            let children = index
                .manifests
                .into_iter()
                .map(|it| Child { platform: it.platform.and_then(Platform::of), descriptor: it.descriptor });
            return Ok(Document::Index(children.collect()));
        }
        Manifest::decode(bytes).map(|it| Document::Image(Box::new(it)))
    }

    /// The media type that it is to be told under where it does not say one itself.
    pub fn media_type(&self) -> &str {
        match self {
            Document::Index(_) => INDEX_TYPE,
            Document::Image(manifest) => manifest.media_type.as_deref().unwrap_or(MANIFEST_TYPE),
        }
    }
}

/// The media type of a document's bytes: what it says itself, else what it is.
pub(crate) fn media_type(bytes: &[u8], document: &Document) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed {
        media_type: Option<String>,
    }
    let said = serde_json::from_slice::<Typed>(bytes).ok().and_then(|it| it.media_type);
    said.unwrap_or_else(|| document.media_type().to_owned())
}

/// What an image runs on, as its configuration says.
pub fn platform_of_config(bytes: &[u8]) -> Option<Platform> {
    serde_json::from_slice::<WirePlatform>(bytes).ok().and_then(Platform::of)
}

/// Gives the bytes of a document or of a configuration.
pub type Read<'r, E> = dyn FnMut(&Descriptor) -> Result<Option<Vec<u8>>, E> + 'r;

/// Gathers what is at hand of the image at a descriptor; `read` gives the bytes of a document, or of a configuration, whose
/// digest was verified, and `None` where it is not at hand.
pub fn tree<E>(root: &Descriptor, read: &mut Read<'_, E>) -> Result<Tree, TreeError<E>> {
    let mut tree = Tree::default();
    grow(root, None, DEEPEST, read, &mut tree)?;
    Ok(tree)
}

fn grow<E>(
    at: &Descriptor,
    platform: Option<&Platform>,
    deepest: usize,
    read: &mut Read<'_, E>,
    tree: &mut Tree,
) -> Result<(), TreeError<E>> {
    let bytes = read(at).map_err(TreeError::Read)?.ok_or(TreeError::Missing(at.digest))?;
    let document = Document::decode(&bytes).map_err(|why| TreeError::Document(at.digest, why))?;
    match &document {
        Document::Index(_) if deepest == 0 => {
            return Err(TreeError::Document(at.digest, "it lies in too many other indexes".into()));
        }
        Document::Index(children) => {
            for child in children {
                match read(&child.descriptor).map_err(TreeError::Read)? {
                    Some(_) => grow(&child.descriptor, child.platform.as_ref(), deepest - 1, read, tree)?,
                    None => tree.lacking.push(child.clone()),
                }
            }
        }
        Document::Image(manifest) => {
            let mut size = at.size;
            for blob in manifest.blobs() {
                size += blob.size;
                if !tree.blobs.iter().any(|it| it.digest == blob.digest) {
                    tree.blobs.push(blob.clone());
                }
            }
            let told = match platform {
                Some(platform) => Some(platform.clone()),
                None => read(&manifest.config).map_err(TreeError::Read)?.and_then(|it| platform_of_config(&it)),
            };
            tree.platforms.push(Held { platform: told, manifest: at.digest, size });
        }
    }
    if !tree.documents.iter().any(|it| it.digest == at.digest) {
        let media_type = media_type(&bytes, &document);
        tree.documents.push(Descriptor { media_type, annotations: None, ..at.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_asked_for_by_name() {
        let of = |text: &str| text.parse::<Platform>().expect("a platform");
        assert!(of("linux/arm64/v8").is(&of("linux/arm64")) && of("linux/arm64").is(&of("linux/arm64/v8")));
        assert!(!of("linux/arm/v6").is(&of("linux/arm/v7")) && !of("linux/amd64").is(&of("linux/arm64")));
        assert_eq!(of("linux/arm/v7").to_string(), "linux/arm/v7");
        for text in ["linux", "linux/", "/amd64", "a/b/c/d", "linux/am d64", ""] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_tree_has_what_is_at_hand_and_names_what_is_not() {
        let config = br#"{"os":"linux","architecture":"amd64"}"#.to_vec();
        let manifest = Manifest {
            schema_version: 2,
            media_type: None,
            artifact_type: None,
            config: Descriptor::new("c", &config),
            layers: vec![Descriptor::new("l", b"layer"), Descriptor::new("l", b"layer")],
            annotations: None,
        };
        let manifest = manifest.encode();
        let (own, other) = (Descriptor::new(MANIFEST_TYPE, &manifest), Descriptor::new(MANIFEST_TYPE, b"other"));
        let child = |it: &Descriptor, architecture: &str| {
            format!(
                r#"{{"mediaType":"{MANIFEST_TYPE}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#,
                it.digest, it.size
            )
        };
        let index =
            format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, child(&own, "amd64"), child(&other, "arm64"));
        let root = Descriptor::new(INDEX_TYPE, index.as_bytes());
        let all = [index.into_bytes(), manifest.clone(), config];
        let mut read = |it: &Descriptor| Ok::<_, ()>(all.iter().find(|bytes| Digest::of(bytes) == it.digest).cloned());
        let found = tree(&root, &mut read).expect("a tree");
        assert_eq!(found.documents.iter().map(|it| it.digest).collect::<Vec<_>>(), [own.digest, root.digest]);
        assert_eq!(found.blobs.len(), 2, "each once");
        assert_eq!(found.lacking.len(), 1);
        let single = tree(&own, &mut read).expect("a tree");
        assert_eq!(single.platforms[0].platform, Some("linux/amd64".parse().expect("a platform")));
        assert!(matches!(tree(&other, &mut read), Err(TreeError::Missing(_))));
    }
}
