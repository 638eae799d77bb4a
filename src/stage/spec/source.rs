//! Where a part comes from, as a spec writes it.

use std::fmt;

use crate::base::digest::Digest;

/// A source that was read from its written form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A file or folder, by its path from the spec's folder.
    Local(String),
    /// An artifact in a registry: `oci://HOST/REPOSITORY[:TAG][@DIGEST]`.
    Oci(OciName),
    /// A chart in a classic repository: the repository's address, a slash and the chart's name.
    Repository {
        /// The address of the repository, without a slash at its end.
        address: String,
        /// The name of the chart.
        chart: String,
    },
    /// One file at an address: a chart archive or a manifest.
    Url(String),
}

/// An artifact in a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OciName {
    /// Host and, where it is not the usual one, port.
    pub host: String,
    /// The path below the host.
    pub repository: String,
    /// What stands behind the colon; absent where the spec names a version apart.
    pub tag: Option<String>,
    /// What stands behind the `@`: the digest of the manifest.
    pub digest: Option<Digest>,
}

/// What a source is to hold; the same text means different things for the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// A chart: in a folder, an archive, a registry or a repository.
    Chart,
    /// Plain manifests: a file, a folder, or a file at an address.
    Manifest,
}

/// Why a text names no source. Never shows what may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// The address is of a kind that is not fetched from. Its scheme.
    #[error("`{0}://` sources are not supported")]
    Scheme(String),
    /// The address has a user before its host.
    #[error("an address must not hold a user name or password")]
    Credentials,
    /// The text begins with `oci://`, and is no name in a registry. Why.
    #[error("this is no address of an artifact: {0}")]
    Oci(String),
    /// The text is no URL. Why.
    #[error("this is no address: {0}")]
    Url(String),
}

impl Source {
    /// Reads what a spec has for a source. A text without a scheme is a path.
    pub fn parse(text: &str, kind: ContentKind) -> Result<Source, SourceFault> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Source::Local(text.into())) };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(SourceFault::Credentials);
        }
        match (scheme, kind) {
            ("oci", ContentKind::Chart) => OciName::parse(rest).map(Source::Oci),
            ("https" | "http", _) => {
                let url = url::Url::parse(text).map_err(|it| SourceFault::Url(it.to_string()))?;
                let path = url.path().trim_end_matches('/');
                if kind == ContentKind::Manifest || path.ends_with(".tgz") || path.ends_with(".tar.gz") {
                    return Ok(Source::Url(text.into()));
                }
                if url.query().is_some() || url.fragment().is_some() {
                    return Err(SourceFault::Url("a repository's address takes no `?` and no `#`".into()));
                }
                match text.trim_end_matches('/').rsplit_once('/') {
                    Some((address, chart)) if address.len() > scheme.len() + 3 => {
                        Ok(Source::Repository { address: address.trim_end_matches('/').into(), chart: chart.into() })
                    }
                    _ => Err(SourceFault::Url("the chart's name must follow the repository's address".into())),
                }
            }
            _ => Err(SourceFault::Scheme(scheme.into())),
        }
    }

    /// Whether it lies on this machine, beside the spec.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Source::Local(_))
    }
}

impl OciName {
    /// Reads `HOST/REPOSITORY[:TAG][@DIGEST]`.
    ///
    /// Mirrors the grammar of the OCI distribution specification 1.1, with SHA-256 alone.
    pub fn parse(text: &str) -> Result<OciName, SourceFault> {
        let fault = |message: &str| SourceFault::Oci(message.into());
        let (text, digest) = match text.split_once('@') {
            Some((text, digest)) => (text, Some(digest.parse().map_err(|it| SourceFault::Oci(format!("{it}")))?)),
            None => (text, None),
        };
        let (host, path) = text.split_once('/').ok_or_else(|| fault("it needs a host, a slash and a name"))?;
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        let is_host = |it: u8| it.is_ascii_alphanumeric() || b".-_:[]".contains(&it);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(fault("its host is none"));
        }
        let is_inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._-".contains(&it);
        let is_component = |it: &str| {
            let edges = [it.bytes().next(), it.bytes().last()];
            it.bytes().all(is_inner) && edges.iter().all(|end| end.is_some_and(|it| it.is_ascii_alphanumeric()))
        };
        if !repository.split('/').all(is_component) {
            return Err(fault("a name is made of lower-case letters and digits, with `.`, `_` and `-` between them"));
        }
        if tag.as_deref().is_some_and(|it| !is_tag(it)) {
            return Err(fault("its tag is none"));
        }
        Ok(OciName { host: host.into(), repository: repository.into(), tag, digest })
    }

    /// The last part of the path: what a chart here is called.
    pub fn file_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }
}

/// `HOST/REPOSITORY`, without tag and digest.
impl fmt::Display for OciName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

fn is_tag(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|it| it.is_ascii_alphanumeric() || it == b'_');
    let inner = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    first && text.len() <= 128 && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(text: &str) -> Result<Source, SourceFault> {
        Source::parse(text, ContentKind::Chart)
    }

    #[test]
    fn reads_every_form() {
        assert_eq!(chart("./cilium.tgz"), Ok(Source::Local("./cilium.tgz".into())));
        let digest = Digest::of(b"");
        let name = OciName {
            host: "localhost:5000".into(),
            repository: "charts/cilium".into(),
            tag: Some("1.19.6".into()),
            digest: Some(digest),
        };
        assert_eq!(
            chart(&format!("oci://localhost:5000/charts/cilium:1.19.6@{digest}")),
            Ok(Source::Oci(name.clone()))
        );
        let bare = OciName { tag: None, digest: None, ..name };
        assert_eq!(chart("oci://localhost:5000/charts/cilium"), Ok(Source::Oci(bare)));
        let repository = Source::Repository { address: "https://helm.cilium.io".into(), chart: "cilium".into() };
        assert_eq!(chart("https://helm.cilium.io/cilium/"), Ok(repository));
        let archive = Source::Url("https://x.io/cilium-1.0.0.tgz".into());
        assert_eq!(chart("https://x.io/cilium-1.0.0.tgz"), Ok(archive));
        let manifest = Source::Url("https://x.io/a/b".into());
        assert_eq!(Source::parse("https://x.io/a/b", ContentKind::Manifest), Ok(manifest));
    }

    #[test]
    fn refuses_what_is_none() {
        assert_eq!(chart("git://x/y"), Err(SourceFault::Scheme("git".into())));
        assert_eq!(Source::parse("oci://x/y", ContentKind::Manifest), Err(SourceFault::Scheme("oci".into())));
        assert_eq!(chart("https://me:secret@x.io/y"), Err(SourceFault::Credentials));
        assert_eq!(chart("oci://me:secret@x.io/y"), Err(SourceFault::Credentials));
        for text in
            ["oci://x", "oci:///y", "oci://x/Y", "oci://x/y:", "oci://x/-y", "oci://x/y@sha256:12", "oci://x/a//b"]
        {
            assert!(matches!(chart(text), Err(SourceFault::Oci(_))), "{text}");
        }
        for text in ["https://x.io", "https://x.io/", "https://x.io/y?z", "https:///y"] {
            assert!(matches!(chart(text), Err(SourceFault::Url(_))), "{text}");
        }
    }
}
