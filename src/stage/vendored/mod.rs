//! Joins what was resolved with what is locked: from here on, every byte is known.

pub mod artifact;
pub mod image;
pub mod layout;
pub mod signature;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::object::image::Reference;
use crate::stage::lock::{Lock, LockedPart, LockedRelease, LockedSource, Pin};
use crate::stage::resolve::{self, Inputs, Resolved, ResolvedContent, ResolvedPart, Sources};
use crate::stage::spec::Spec;
use helm_engine::helm::{Chart, HelmVersion, HelmWish};
use helm_engine::value::Map;

/// Every part at hand, with the pins that answer its calls.
#[derive(Debug)]
pub struct Vendored {
    parts: Vec<VendoredPart>,
    clock: Timestamp,
    helm: HelmVersion,
    kubernetes: Option<String>,
    api_versions: Vec<String>,
}

/// One part at hand.
#[derive(Debug)]
pub struct VendoredPart {
    /// The part's name in the spec.
    pub name: String,
    /// The content itself.
    pub content: VendoredContent,
    /// The answers that the lock keeps for it, by name.
    pub pins: BTreeMap<String, Pin>,
    /// The digests that the lock keeps behind images of a tag alone.
    pub images: BTreeMap<String, Digest>,
}

/// What a part holds.
#[derive(Debug)]
pub enum VendoredContent {
    /// A stream of manifests.
    Manifest(Vec<u8>),
    /// A chart, and all that it is rendered with.
    Chart {
        /// The chart, its subcharts in it.
        chart: Box<Chart>,
        /// The namespace it is put into.
        namespace: String,
        /// The values of the spec, merged.
        values: Map,
        /// What it is given beside them.
        inputs: Box<Inputs>,
    },
}

/// How the lock and the spec, or what lies on disk, disagree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// The lock is of a bundle of another name.
    #[error("the spec is of bundle `{spec}`, the lock of `{lock}`")]
    Bundle {
        /// The name in the spec.
        spec: String,
        /// The name in the lock.
        lock: String,
        /// Whether the lock holds anything sealed, which names the bundle that it is sealed for.
        sealed: bool,
    },
    /// The recipients are others, or stand in another order.
    #[error("the spec names other recipients than the lock")]
    Recipients {
        /// Whether the lock holds anything sealed, which must be sealed to the new ones.
        sealed: bool,
    },
    /// The spec asks for a Helm that the lock was not rendered as.
    #[error("the spec asks for Helm {wanted}, but the lock is of Helm {locked}")]
    Helm {
        /// What the spec asks for.
        wanted: HelmWish,
        /// What the lock was rendered as.
        locked: HelmVersion,
    },
    /// Charts would be told of another cluster.
    #[error("the spec names another version of Kubernetes or other API versions than the lock")]
    Capabilities,
    /// A part was added to the spec since. Its name.
    #[error("part `{0}` is in the spec, but not in the lock")]
    NotLocked(String),
    /// A part was taken from the spec since. Its name.
    #[error("part `{0}` is in the lock, but not in the spec")]
    NotInSpec(String),
    /// An object of GitOps has been changed since.
    #[error("part `{part}`: {object} in `{path}` is not as it was when it was locked")]
    Moved {
        /// The name of the part.
        part: String,
        /// Kind and name of the object.
        object: String,
        /// The file that holds it.
        path: String,
    },
    /// What a part comes from is not what was locked.
    #[error("part `{part}`: the {what} is {found}, but the lock says {locked}")]
    Differs {
        /// The name of the part.
        part: String,
        /// What differs, in words: `version`, `digest`.
        what: &'static str,
        /// What is at hand.
        found: String,
        /// What the lock says.
        locked: String,
    },
}

impl Vendored {
    /// For a build: everything must be what the lock says. All disagreements at once.
    pub fn locked(spec: &Spec, resolved: Resolved, lock: &Lock) -> Result<Vendored, Vec<Stale>> {
        let stale = Vendored::stale(spec, &resolved, lock);
        if stale.is_empty() { Ok(Vendored::new(spec, resolved, Some(lock), lock.clock)) } else { Err(stale) }
    }

    /// How a lock disagrees with what it is the lock of.
    pub fn stale(spec: &Spec, resolved: &Resolved, lock: &Lock) -> Vec<Stale> {
        let mut stale = Vendored::stale_head(spec, lock);
        for part in resolved.parts() {
            match lock.parts.get(&part.name) {
                Some(locked) => compare(part, locked, &mut stale),
                None => stale.push(Stale::NotLocked(part.name.clone())),
            }
        }
        let gone = lock.parts.keys().filter(|name| spec.parts.iter().all(|it| it.name != **name));
        stale.extend(gone.map(|name| Stale::NotInSpec(name.clone())));
        stale
    }

    /// Whether a lock agrees with what it is the lock of, told without reading any chart. Where it says no, [`stale`] tells
    /// why, and may after all find nothing.
    ///
    /// [`stale`]: Vendored::stale
    pub fn is_unchanged(spec: &Spec, helm: HelmVersion, lock: &Lock, sources: &dyn Sources) -> bool {
        Vendored::stale_head(spec, lock).is_empty() && resolve::is_unchanged(spec, helm, lock, sources)
    }

    /// How the head of a lock disagrees with its spec.
    fn stale_head(spec: &Spec, lock: &Lock) -> Vec<Stale> {
        let mut stale = Vec::new();
        let sealed = lock.envelopes().next().is_some();
        if spec.bundle != lock.bundle {
            stale.push(Stale::Bundle { spec: spec.bundle.clone(), lock: lock.bundle.clone(), sealed });
        }
        if spec.recipients != lock.recipients {
            stale.push(Stale::Recipients { sealed });
        }
        for (name, locked) in &lock.parts {
            let has_all = locked.images.iter().all(|it| it.contains('@') || Reference::parse(it).is_err());
            if spec.pin_images && !has_all || !spec.pin_images && !locked.image_digests.is_empty() {
                let shown = |pinned: bool| if pinned { "pinned" } else { "by tag" }.to_owned();
                let (found, locked) = (shown(spec.pin_images), shown(!spec.pin_images));
                stale.push(Stale::Differs { part: name.clone(), what: "form of its images", found, locked });
            }
            let is_signed = spec.parts.iter().find(|it| it.name == *name).map(|it| it.must_be_signed());
            if is_signed.is_some_and(|it| it != locked.signed_by.is_some()) {
                let (found, locked) = ("another one".into(), locked.signed_by.clone().unwrap_or("none".into()));
                stale.push(Stale::Differs { part: name.clone(), what: "signer that is asked for", found, locked });
            }
            let unasked = locked.image_signers.keys().find(|it| !spec.is_image_signed(it));
            if let Some(image) = unasked {
                let (found, locked) = ("none".into(), format!("that of {image}"));
                stale.push(Stale::Differs { part: name.clone(), what: "signer that is asked for", found, locked });
            }
            let wanted = spec.declared_images(name);
            if wanted != locked.more_images && spec.parts.iter().any(|it| it.name == *name) {
                let (found, locked) = (named(&wanted), named(&locked.more_images));
                stale.push(Stale::Differs { part: name.clone(), what: "list of `images`", found, locked });
            }
        }
        if let Some(wanted) = spec.helm.filter(|it| !it.allows(lock.helm())) {
            stale.push(Stale::Helm { wanted, locked: lock.helm() });
        }
        // Locks from before version 0.2 do not record the Kubernetes version.
        let told = spec.kubernetes.as_ref().map(|it| it.as_str());
        let kept = lock.kubernetes.as_deref();
        if kept.is_some() && kept != told || !lock.api_versions.is_empty() && lock.api_versions != spec.api_versions {
            stale.push(Stale::Capabilities);
        }
        stale
    }

    /// For locking: takes what was resolved, keeps the pins of an older lock. `now` becomes the clock of a first lock.
    pub fn fresh(spec: &Spec, resolved: Resolved, old: Option<&Lock>, now: Timestamp) -> Vendored {
        Vendored::new(spec, resolved, old, old.map_or(now, |it| it.clock))
    }

    fn new(spec: &Spec, resolved: Resolved, lock: Option<&Lock>, clock: Timestamp) -> Vendored {
        let helm = resolved.helm();
        let parts = resolved.into_parts().into_iter().map(|part| VendoredPart {
            images: lock.and_then(|it| it.parts.get(&part.name)).map(|it| it.image_digests.clone()).unwrap_or_default(),
            pins: lock.and_then(|it| it.parts.get(&part.name)).map(|it| it.pins.clone()).unwrap_or_default(),
            name: part.name,
            content: match part.content {
                ResolvedContent::Manifest(bytes) => VendoredContent::Manifest(bytes),
                ResolvedContent::Chart { chart, namespace, values, inputs, .. } => {
                    VendoredContent::Chart { chart, namespace, values, inputs }
                }
            },
        });
        Vendored {
            parts: parts.collect(),
            clock,
            helm,
            kubernetes: spec.kubernetes.as_ref().map(|it| it.as_str().to_owned()),
            api_versions: spec.api_versions.clone(),
        }
    }

    /// In the order of the spec.
    pub fn parts(&self) -> &[VendoredPart] {
        &self.parts
    }

    /// What `now` answers.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// The Helm that charts are rendered as.
    pub fn helm(&self) -> HelmVersion {
        self.helm
    }

    /// The version of Kubernetes charts are told of, where the spec names one.
    pub fn kubernetes(&self) -> Option<&str> {
        self.kubernetes.as_deref()
    }

    /// The API versions charts are told of beyond Helm's defaults.
    pub fn api_versions(&self) -> &[String] {
        &self.api_versions
    }
}

/// Images for a message.
fn named(images: &[String]) -> String {
    if images.is_empty() { "empty".into() } else { images.join(", ") }
}

fn shown_release(release: Option<&LockedRelease>) -> String {
    release.map_or_else(|| "absent".into(), |it| format!("{} in {} from {}", it.name, it.namespace, it.from))
}

/// The objects of GitOps that are not those that were locked.
fn moved(part: &ResolvedPart, locked: &LockedPart, stale: &mut Vec<Stale>) {
    let none = BTreeMap::new();
    let of = |it: Option<&LockedRelease>| it.map_or_else(|| none.clone(), |it| it.read.clone());
    let (found, known) = (of(part.release.as_ref()), of(locked.release.as_ref()));
    for object in found.keys().chain(known.keys().filter(|it| !found.contains_key(*it))) {
        let (now, then) = (found.get(object), known.get(object));
        if now != then {
            let path = now.or(then).map(|it| it.path.clone()).unwrap_or_default();
            stale.push(Stale::Moved { part: part.name.clone(), object: object.clone(), path });
        }
    }
}

fn compare(part: &ResolvedPart, locked: &LockedPart, stale: &mut Vec<Stale>) {
    let (version, values, secrets, lookup) = match &part.content {
        ResolvedContent::Manifest(_) => (None, None, None, None),
        ResolvedContent::Chart { version, values_digest, inputs, .. } => {
            (Some(version.clone()), Some(*values_digest), inputs.secret_digest, inputs.lookup_digest)
        }
    };
    let or_none = |it: Option<String>| it.unwrap_or_else(|| "absent".into());
    let digest = |it: Option<Digest>| or_none(it.map(|it| it.to_string()));
    let pairs = [
        ("source", part.source.clone(), locked.source.clone()),
        ("version", or_none(version), or_none(locked.version.clone())),
        ("digest", part.digest.to_string(), locked.digest.to_string()),
        ("size", part.size.to_string(), locked.size.to_string()),
        ("digest of the values", digest(values), digest(locked.values)),
        ("digest of the secret values", digest(secrets), digest(locked.secret_values)),
        ("digest of the lookup file", digest(lookup), digest(locked.lookup)),
        ("release", shown_release(part.release.as_ref()), shown_release(locked.release.as_ref())),
    ];
    moved(part, locked, stale);
    for (key, found) in &part.dependencies {
        let known = locked.dependencies.get(key);
        if known != Some(found) {
            let what = "subchart";
            let shown = |it: &LockedSource| format!("{key} {} ({})", it.version.as_deref().unwrap_or(""), it.digest);
            let (found, locked) = (shown(found), or_none(known.map(shown)));
            stale.push(Stale::Differs { part: part.name.clone(), what, found, locked });
        }
    }
    for key in locked.dependencies.keys().filter(|it| !part.dependencies.contains_key(*it)) {
        let (found, locked) = ("absent".into(), key.clone());
        stale.push(Stale::Differs { part: part.name.clone(), what: "subchart", found, locked });
    }
    for (what, found, locked) in pairs {
        if found != locked {
            stale.push(Stale::Differs { part: part.name.clone(), what, found, locked });
        }
    }
}
