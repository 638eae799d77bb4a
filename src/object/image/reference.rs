//! The name of an image, as container runtimes read it.

use std::fmt;

use crate::base::digest::Digest;

/// An image by its full name, with what a short name leaves out.
///
/// Mirrors `github.com/distribution/reference`: what stands before the first slash is a host only with a dot, a colon or as
/// `localhost`; without one the host is `docker.io`, and a name of one word there is below `library/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Host and, where it is not the usual one, port.
    pub host: String,
    /// The path below the host.
    pub repository: String,
    /// What stands behind the colon; absent where nothing does.
    pub tag: Option<String>,
    /// What stands behind the `@`.
    pub digest: Option<Digest>,
}

/// Why a text names no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceFault {
    /// The host, as far as it was read.
    #[error("`{0}` is no name of a host")]
    Host(String),
    /// A word of the path has other than lower-case letters, digits and single separators.
    #[error("`{0}` is no name of an image: lower-case letters and digits, with `.`, `_` and `-` between them")]
    Path(String),
    /// The tag.
    #[error("`{0}` is no tag")]
    Tag(String),
    /// The digest is none, or not of SHA-256.
    #[error("`{0}` is no digest: expected `sha256:` and 64 hexadecimal digits")]
    Digest(String),
}

/// The tag that is meant where none is named.
const LATEST: &str = "latest";
/// The host that is meant where none is named.
const DOCKER: &str = "docker.io";

impl Reference {
    /// Reads `[HOST/]PATH[:TAG][@DIGEST]`.
    pub fn parse(text: &str) -> Result<Reference, ReferenceFault> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let read = digest.parse().map_err(|_| ReferenceFault::Digest(digest.into()))?;
                (name, Some(read))
            }
            None => (text, None),
        };
        let (first, rest) = match name.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
            _ => (None, name),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (rest, None),
        };
        let host = match first {
            Some(host) if is_host(host) => host,
            Some(host) => return Err(ReferenceFault::Host(host.into())),
            None => DOCKER,
        };
        if !path.split('/').all(is_component) {
            return Err(ReferenceFault::Path(path.into()));
        }
        if let Some(tag) = tag.filter(|it| !is_tag(it)) {
            return Err(ReferenceFault::Tag(tag.into()));
        }
        let host = if host == "index.docker.io" { DOCKER } else { host };
        let is_short = host == DOCKER && !path.contains('/');
        let repository = if is_short { format!("library/{path}") } else { path.into() };
        Ok(Reference { host: host.into(), repository, tag: tag.map(str::to_owned), digest })
    }

    /// What a registry is asked for: the digest, else the tag.
    pub fn asked(&self) -> String {
        match &self.digest {
            Some(digest) => digest.to_string(),
            None => self.tag_or_latest().into(),
        }
    }

    /// The tag, where there is a digest too; `latest` where there is neither.
    pub fn tag_or_latest(&self) -> &str {
        self.tag.as_deref().unwrap_or(LATEST)
    }

    /// The name alone: host and repository.
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }
}

/// The full name, by which the same image always goes.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        match (&self.tag, &self.digest) {
            (None, None) => write!(f, ":{LATEST}"),
            (tag, digest) => {
                tag.iter().try_for_each(|it| write!(f, ":{it}"))?;
                digest.iter().try_for_each(|it| write!(f, "@{it}"))
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.rsplit_once(':').filter(|_| !text.ends_with(']')).unwrap_or((text, "0"));
    let is_port = !port.is_empty() && port.len() <= 5 && port.bytes().all(|it| it.is_ascii_digit());
    let inner = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_name = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(|label| {
            let edges = [label.bytes().next(), label.bytes().last()];
            label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
                && edges.iter().all(|end| end.is_some_and(|it| it.is_ascii_alphanumeric()))
        }),
    };
    is_port && is_name
}

/// Lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
pub(super) fn is_component(text: &str) -> bool {
    let is_word = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let edges = [text.bytes().next(), text.bytes().last()];
    let separators = text.split(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit());
    edges.iter().all(|end| end.is_some_and(is_word))
        && separators
            .filter(|it| !it.is_empty())
            .all(|it| matches!(it, "." | "_" | "__") || it.bytes().all(|it| it == b'-'))
}

pub(super) fn is_tag(text: &str) -> bool {
    let is_word = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|it| is_word(it) || matches!(it, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_read_as_runtimes_read_them() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, full) in [
            ("busybox", "docker.io/library/busybox:latest"),
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("index.docker.io/a/b", "docker.io/a/b:latest"),
            ("longhornio/engine:v1", "docker.io/longhornio/engine:v1"),
            ("localhost/x", "localhost/x:latest"),
            ("localhost:5000/x/y:1", "localhost:5000/x/y:1"),
            ("quay.io/a/b-c__d.e/f:v1", "quay.io/a/b-c__d.e/f:v1"),
            ("[::1]:5000/x:1", "[::1]:5000/x:1"),
            (&format!("quay.io/a@{digest}"), &format!("quay.io/a@{digest}")),
            (&format!("quay.io/a:v1@{digest}"), &format!("quay.io/a:v1@{digest}")),
        ] {
            assert_eq!(Reference::parse(text).map(|it| it.to_string()), Ok(full.to_owned()), "{text}");
        }
        for text in [
            "",
            "A",
            "a//b",
            "a/b:",
            "quay.io/A",
            "x@sha256:0",
            "a b",
            "a:b:c",
            "-a",
            "a_",
            "a..b",
            "quay..io/a",
            "a___b",
            ":1",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
