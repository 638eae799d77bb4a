//! The lock: everything a build needs to know that its spec does not say, to the byte.
//!
//! Rules of the format:
//! - There is one way to write a lock: [`Lock::encode`]. A text that is not what `encode` gives for its own content is
//!   rejected, so that a review sees every change and nothing else.
//! - Keys are sorted. What belongs to a part lies under that part, so that two branches that touch different parts touch
//!   different lines.
//! - A digest is of bytes that ichor itself has hashed. What a registry gave has two: of the content and of the manifest that
//!   names it. What an address or a classic repository gave has that of its bytes.
//! - What is locked stays as it is until the spec no longer allows it or the user asks for it to move.
//! - `format` is the version. Every version stays readable for ever; `encode` writes the newest.
//!
//! What a pin is:
//! - It is known by its function, arguments and occurrence within its part, whatever template asks. A CA among the
//!   arguments is its fingerprint; sealed text is the name of its secret.
//! - A certificate's fields follow from its `pem`, and are checked against it. Its key lies in `sealed`.
//! - While a CA is being rotated it has a `successor`, which is trusted and does not sign yet, or then a `predecessor`,
//!   which is trusted and signs no more. Templates see the certificate that signs, followed by the other one.
//! - No pin is named as another's key is, `NAME.key`: a secret's name says which pin it belongs to.
//! - A value of `secretValues` is a pin whose function is that word and whose arguments are its path.
//! - An envelope names the bundle, the part and the pin it was sealed for; see `envelope.rs`. In one lock either all do or, as
//!   before version 0.2, none: what is sealed into such a lock is sealed as the rest of it is, until `reseal` binds all.
//! - `template` says that a sealed text may be a template of its own, so that `tpl` does not take it.
//!
//! History:
//! - 1: the first.

mod binding;
mod certificates;
mod envelope;
mod merge;
mod pin;
mod v1;

pub(crate) use binding::misplaced;
pub use binding::{EnvelopeFault, unbound_note};
pub use certificates::{Expiry, Listed};
pub use envelope::{Envelope, SealedFor};
pub use merge::{Conflict, Merged, merge};
pub use pin::{Certificate, Pin, PinKey, Successor};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::base::name::{self, BadName};
use crate::base::recipient::Recipient;
use crate::gitops::Read;
use helm_engine::helm::{HelmVersion, UnknownHelm};
use helm_engine::timing;

/// The newest format version.
pub const FORMAT: u32 = 1;

/// A lock in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The bundle's name.
    pub bundle: String,
    /// What `now` answers in every render, to the second.
    pub clock: Timestamp,
    /// The Helm that charts were rendered as; absent in locks from before they named one.
    pub helm: Option<HelmVersion>,
    /// The version of Kubernetes that charts were told of; absent where the spec names none.
    pub kubernetes: Option<String>,
    /// The API versions that charts were told of beyond Helm's defaults.
    pub api_versions: Vec<String>,
    /// Whom every envelope is sealed to.
    pub recipients: Vec<Recipient>,
    /// What is locked of each part, by its name.
    pub parts: BTreeMap<String, LockedPart>,
}

/// What is locked of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPart {
    /// Where it comes from, as the spec says it.
    pub source: String,
    /// The chart's resolved version; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Digest of the OCI manifest that names the content, where it comes from a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
    /// Digest of the content: of an archive's or file's bytes, of a folder's NAR.
    pub digest: Digest,
    /// Size of that content in bytes.
    pub size: u64,
    /// Who has signed it, where the spec asks for a signature.
    #[serde(rename = "signedBy", default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// The subcharts that a chart's folder names and does not hold, by alias or name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dependencies: BTreeMap<String, LockedSource>,
    /// The release of GitOps that says all this, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<LockedRelease>,
    /// Digest of the merged user values; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Digest>,
    /// Digest of the encrypted user values, as they are encrypted; absent where there are none.
    #[serde(rename = "secretValues", default, skip_serializing_if = "Option::is_none")]
    pub secret_values: Option<Digest>,
    /// Digest of the objects that `lookup` finds; absent where it finds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Digest>,
    /// Everything the chart would invent anew on each render, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<String, Pin>,
    /// Every container image the manifests name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// The digest behind each image that is rendered with a tag alone, where the spec asks for that.
    #[serde(rename = "imageDigests", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub image_digests: BTreeMap<String, Digest>,
    /// Who has signed each image that must be signed, as far as a registry was asked.
    #[serde(rename = "imageSigners", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub image_signers: BTreeMap<String, String>,
    /// The images that the spec names beside those, sorted.
    #[serde(rename = "moreImages", default, skip_serializing_if = "Vec::is_empty")]
    pub more_images: Vec<String>,
    /// Digest of each rendered resource, by API group and version, kind, namespace and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, Digest>,
    /// Digest of the rendered text, holes unfilled.
    pub output: Digest,
}

/// A release of GitOps as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedRelease {
    /// The tool and the path, as the spec says it.
    pub from: String,
    /// Helm's name for it.
    pub name: String,
    /// The namespace that it is put into.
    pub namespace: String,
    /// Every object that was read, by kind, namespace and name.
    pub read: BTreeMap<String, Read>,
}

/// Where content comes from, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSource {
    /// Where it comes from, as the spec or `Chart.yaml` says it.
    pub source: String,
    /// The chart's resolved version; absent for a plain manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Digest of the OCI manifest that names the content, where it comes from a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
    /// Digest of the content, as for a part.
    pub digest: Digest,
    /// Size of that content in bytes.
    pub size: u64,
}

/// The first line, from 1, that is a mark git leaves between the sides of a conflict. No line of a lock begins like one.
fn conflict(text: &str) -> Option<usize> {
    let is_mark = |line: &str| ["<<<<<<<", "|||||||", ">>>>>>>"].iter().any(|it| line.starts_with(it));
    text.lines().position(is_mark).map(|at| at + 1)
}

/// The first of `base`, `base-2`, `base-3`... that is neither taken nor could be mistaken for a key, `NAME.key`.
pub(crate) fn free_name(base: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut names = std::iter::once(base.to_owned()).chain((2_u32..).map(|it| format!("{base}-{it}")));
    let is_free =
        |it: &String| !taken(it) && !taken(&format!("{it}.key")) && !it.strip_suffix(".key").is_some_and(&taken);
    names.find(is_free).unwrap_or_else(|| base.to_owned())
}

impl LockedSource {
    /// What is locked of a part's own source.
    pub fn of(part: &LockedPart) -> LockedSource {
        LockedSource {
            source: part.source.clone(),
            version: part.version.clone(),
            manifest: part.manifest,
            digest: part.digest,
            size: part.size,
        }
    }
}

/// Why a text is no lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A merge left both sides in it.
    #[error("a merge left its conflict marks in this lock, the first at line {line}")]
    Conflicted {
        /// The line of the first mark, from 1.
        line: usize,
    },
    /// The text is no YAML; Go's wording.
    #[error("{0}")]
    Syntax(String),
    /// The text is YAML, and has no `format`.
    #[error("this lock has no `format`; it was not written by ichor")]
    NoFormat,
    /// A newer ichor wrote it. Its format.
    #[error("this lock has format {0}, which is newer than this ichor knows (up to {FORMAT})")]
    NewerFormat(i64),
    /// A field is missing, unknown, or holds the wrong thing.
    #[error("{0}")]
    Shape(String),
    /// Something is called what nothing may be called.
    #[error("this lock cannot be believed: {0}")]
    Name(#[from] BadName),
    /// It was made for a Helm that is not known.
    #[error("this lock was made for a Helm that this ichor cannot render as: {0}")]
    Helm(#[from] UnknownHelm),
    /// A pin contradicts itself.
    #[error("pin `{part}/{name}`: {message}")]
    Pin {
        /// The name of the part.
        part: String,
        /// The name of the pin.
        name: String,
        /// What does not fit together, in words.
        message: String,
    },
    /// The text is not the canonical one.
    #[error("this lock is not in its canonical form: line {line} is `{found}` where ichor writes `{expected}`")]
    NotCanonical {
        /// The first line that differs, from 1.
        line: usize,
        /// What stands there.
        found: String,
        /// What ichor writes there.
        expected: String,
        /// All that differs, as a unified diff towards what ichor writes.
        diff: String,
    },
}

impl Lock {
    /// The Helm that charts are rendered as.
    pub fn helm(&self) -> HelmVersion {
        self.helm.unwrap_or(HelmVersion::UNNAMED)
    }

    /// The canonical text.
    pub fn encode(&self) -> String {
        let _step = timing::step("write the lock");
        v1::encode(self)
    }

    /// The envelope of a secret, named `part/pin.key` for a certificate's key and `part/pin` for any other.
    pub fn envelope(&self, secret: &str) -> Option<&Envelope> {
        self.pin_of(secret)?.sealed.as_ref()
    }

    /// The pin that a secret belongs to, by the secret's name.
    pub(crate) fn pin_of(&self, secret: &str) -> Option<&Pin> {
        let (part, pin) = secret.split_once('/')?;
        let pins = &self.parts.get(part)?.pins;
        pins.get(pin).or_else(|| pins.get(pin.strip_suffix(".key")?))
    }

    /// Every image that a cluster pulls, as far as the lock knows, with the part that it is for.
    pub fn images(&self) -> impl Iterator<Item = (&str, &String)> {
        self.parts
            .iter()
            .flat_map(|(name, it)| it.images.iter().chain(&it.more_images).map(|image| (name.as_str(), image)))
    }

    /// Every source of a part or subchart: its key, `PART` or `PART/SUBCHART`, and what it is.
    pub fn sources(&self) -> impl Iterator<Item = (String, LockedSource)> {
        self.parts.iter().flat_map(|(name, part)| {
            let below = part.dependencies.iter().map(move |(key, it)| (format!("{name}/{key}"), it.clone()));
            std::iter::once((name.clone(), LockedSource::of(part))).chain(below)
        })
    }

    /// Whether every name is one of which a path may be made.
    fn check_names(&self) -> Result<(), BadName> {
        name::label("the name of the bundle", &self.bundle)?;
        for (part, locked) in &self.parts {
            name::label("the name of a part", part)?;
            locked.dependencies.keys().try_for_each(|it| name::word("the name of a subchart", it))?;
            if let Some(release) = &locked.release {
                name::label("the name of a release", &release.name)?;
                name::label("the namespace of a release", &release.namespace)?;
            }
            locked.pins.keys().try_for_each(|it| name::word("the name of a pin", it))?;
        }
        Ok(())
    }

    /// Reads any known format and refuses what is not canonical.
    pub fn decode(text: &str) -> Result<Lock, Error> {
        let _step = timing::step("read the lock");
        if let Some(line) = conflict(text) {
            return Err(Error::Conflicted { line });
        }
        let lock = v1::decode(text)?;
        lock.check_names()?;
        for (part, locked) in &lock.parts {
            for (name, pin) in &locked.pins {
                let fault = |message| Error::Pin { part: part.clone(), name: name.clone(), message };
                pin.validate().map_err(fault)?;
                if let Some(other) = name.strip_suffix(".key").filter(|it| locked.pins.contains_key(*it)) {
                    return Err(fault(format!("its name is that of the key of `{other}`")));
                }
            }
        }
        let canonical = lock.encode();
        if canonical == text {
            return Ok(lock);
        }
        let mut lines = text.split('\n').zip(canonical.split('\n')).enumerate();
        let (line, (found, expected)) = lines
            .find(|(_, (found, expected))| found != expected)
            .unwrap_or((text.lines().count().min(canonical.lines().count()), ("", "")));
        let diff = similar::TextDiff::from_lines(text, &canonical).unified_diff().to_string();
        Err(Error::NotCanonical { line: line + 1, found: found.into(), expected: expected.into(), diff })
    }
}
