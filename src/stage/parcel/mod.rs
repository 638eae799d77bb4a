//! A parcel: one file with all that a site without a network needs of a bundle, and what says what is in it.
//!
//! A parcel is a tar archive in one form: first `parcel.json`, which names every other member with its size and digest, then
//! `parcel.sha256`, the digest of that, then the members in the order of their paths, with nothing in their headers that is
//! not known from `parcel.json`. So every byte of the file is known before it is read, and `tar` reads it as well.

pub mod tarball;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use helm_engine::path::{RelPath, shown};

/// The member that says what a parcel holds.
pub const INDEX: &str = "parcel.json";
/// The member with the digest of that one, as `sha256sum` writes it.
pub const CHECK: &str = "parcel.sha256";
/// The member that is the bundle.
pub const BUNDLE: &str = "bundle.tar.gz";
/// The bill of materials.
pub const SBOM: &str = "sbom.cdx.json";
/// How the bundle was built.
pub const STATEMENT: &str = "provenance.json";
/// The folder of what the bundle is built from.
pub const WORKSPACE: &str = "workspace/";
/// The folder of signed statements.
pub const ATTESTATIONS: &str = "attestations/";
/// The folder of programs that the site needs.
pub const TOOLS: &str = "tools/";
/// The newest format version.
const FORMAT: u64 = 1;
/// The largest `parcel.json` that is read.
pub const MAX_INDEX: u64 = 64 << 20;

/// The content of `parcel.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    /// The version of this form.
    pub format: u64,
    /// The name of the bundle.
    pub bundle: String,
    /// The ichor that packed it.
    pub ichor: String,
    /// The bundle's digest, as `build` prints it.
    pub digest: Digest,
    /// The spec, below `workspace/`.
    pub spec: String,
    /// What the site must have already; absent where the parcel holds everything. The digest of its `parcel.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Digest>,
    /// The full names of the images in it, sorted.
    pub images: Vec<String>,
    /// Every other member, sorted by path.
    pub members: Vec<Member>,
}

/// One member of a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
    /// Its path in the archive.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// Of its bytes.
    pub digest: Digest,
    /// Whether the base has it and the archive has not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_base: bool,
}

/// Why a text is no `parcel.json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// It is no JSON, or has other fields. What is wrong with it.
    #[error("`parcel.json` cannot be read: {0}")]
    Shape(String),
    /// A newer ichor made it. Its format.
    #[error("the parcel has format {0}, which is newer than this ichor knows (up to {FORMAT})")]
    Newer(u64),
    /// It is not written as ichor writes it.
    #[error("`parcel.json` is not in its canonical form")]
    NotCanonical,
    /// A path leads out of the parcel, or has another spelling. It.
    #[error("`parcel.json` names `{0}`, which no member may be called")]
    Path(String),
    /// Members stand in another order, or one stands twice. The first that does.
    #[error("`parcel.json` names `{0}` twice, or after one that comes later")]
    Order(String),
    /// Something that every parcel has is not named.
    #[error("`parcel.json` names no `{0}`")]
    Missing(String),
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl Index {
    /// One with these members, sorted.
    pub fn new(
        bundle: String,
        digest: Digest,
        spec: String,
        images: BTreeSet<String>,
        mut members: Vec<Member>,
    ) -> Index {
        members.sort_by(|one, other| one.path.cmp(&other.path));
        let (ichor, images) = (env!("CARGO_PKG_VERSION").into(), images.into_iter().collect());
        Index { format: FORMAT, bundle, ichor, digest, spec, base: None, images, members }
    }

    /// The same for a site that has another parcel already: what that has is left out.
    #[must_use]
    pub fn since(mut self, old: &Index) -> Index {
        let has: BTreeSet<(&str, Digest)> = old.members.iter().map(|it| (it.path.as_str(), it.digest)).collect();
        for it in &mut self.members {
            it.in_base = has.contains(&(it.path.as_str(), it.digest));
        }
        self.base = self.members.iter().any(|it| it.in_base).then(|| old.digest_of());
        self
    }

    /// The canonical text.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("an index is plain data");
        text.push(b'\n');
        text
    }

    /// What the parcel is known by: the digest of its `parcel.json`.
    pub fn digest_of(&self) -> Digest {
        Digest::of(&self.encode())
    }

    /// Reads the canonical text.
    pub fn decode(bytes: &[u8]) -> Result<Index, IndexError> {
        let shape = |it: serde_json::Error| IndexError::Shape(shown(&it.to_string()));
        let Format { format } = serde_json::from_slice(bytes).map_err(shape)?;
        if format > FORMAT {
            return Err(IndexError::Newer(format));
        }
        let index: Index = serde_json::from_slice(bytes).map_err(shape)?;
        if index.encode() != bytes {
            return Err(IndexError::NotCanonical);
        }
        let mut before: Option<&str> = None;
        for it in &index.members {
            let is_path = RelPath::exact(&it.path).is_ok() && tarball::fits(&it.path);
            if !is_path || [INDEX, CHECK].contains(&it.path.as_str()) {
                return Err(IndexError::Path(shown(&it.path)));
            }
            if before.is_some_and(|before| before >= it.path.as_str()) {
                return Err(IndexError::Order(it.path.clone()));
            }
            before = Some(&it.path);
        }
        let spec = format!("{WORKSPACE}{}", index.spec);
        for wanted in [BUNDLE, &spec] {
            if index.member(wanted).is_none() {
                return Err(IndexError::Missing(shown(wanted)));
            }
        }
        Ok(index)
    }

    /// The member at a path.
    pub fn member(&self, path: &str) -> Option<&Member> {
        self.members.binary_search_by(|it| it.path.as_str().cmp(path)).ok().and_then(|at| self.members.get(at))
    }
}

/// Whether a member is a program, which can be run once it is unpacked.
pub fn is_program(path: &str) -> bool {
    path.starts_with(TOOLS)
}

/// The content of `parcel.sha256`.
pub fn check(index: &[u8]) -> Vec<u8> {
    format!("{}  {INDEX}\n", Digest::of(index).hex()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let member =
            |path: &str| Member { path: path.into(), size: 1, digest: Digest::of(path.as_bytes()), in_base: false };
        let members = ["workspace/ichor.yaml", "bundle.tar.gz", "workspace/a"].map(member).to_vec();
        Index::new("b".into(), Digest::of(b"b"), "ichor.yaml".into(), BTreeSet::new(), members)
    }

    #[test]
    fn an_index_has_one_form() {
        let index = index();
        assert_eq!(Index::decode(&index.encode()), Ok(index.clone()));
        let mut text = index.encode();
        text.push(b'\n');
        assert_eq!(Index::decode(&text), Err(IndexError::NotCanonical));
        for path in ["../x", "/x", "a/./b", INDEX, "a//b", &"x".repeat(300)] {
            let mut other = index.clone();
            other.members[0].path = path.into();
            assert!(Index::decode(&other.encode()).is_err(), "{path}");
        }
        let mut twice = index.clone();
        twice.members.push(twice.members[2].clone());
        assert!(matches!(Index::decode(&twice.encode()), Err(IndexError::Order(_))));
    }

    #[test]
    fn what_the_base_has_is_left_out() {
        let old = index();
        let mut new = index();
        new.members[1].digest = Digest::of(b"other");
        let delta = new.since(&old);
        assert_eq!(delta.base, Some(old.digest_of()));
        assert_eq!(delta.members.iter().map(|it| it.in_base).collect::<Vec<_>>(), [true, false, true]);
    }
}
