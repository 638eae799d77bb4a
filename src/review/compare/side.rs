//! One side of a comparison: a lock or a bundle, and what is at hand of its contents.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::reads::Reads;
use crate::base::digest::Digest;
use crate::base::recipient::Recipient;
use crate::stage::bundle::Bundle;
use crate::stage::lock::{Certificate, Envelope, Lock, LockedPart, Pin, SealedFor};
use crate::stage::seal;
use helm_engine::helm::HelmVersion;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// Begins the reason why a part's contents are not at hand where the spec has moved on since it was locked.
pub const BEHIND: &str = "the lock is behind the spec";

/// One side.
#[derive(Clone, Debug)]
pub struct Side {
    /// How the reader knows it: a revision, a file, the work tree.
    pub name: String,
    pub bundle: String,
    pub clock: Option<Timestamp>,
    pub kubernetes: Option<String>,
    /// The Helm that charts are rendered as.
    pub helm: Option<HelmVersion>,
    pub talos: Option<String>,
    pub recipients: Vec<Recipient>,
    pub parts: BTreeMap<String, Part>,
    pub sealed: Vec<SealedText>,
    /// What is handed to Talos, in bytes; absent where not all manifests are at hand.
    pub size: Option<u64>,
    /// What the reader should know of this side.
    pub remarks: Vec<String>,
}

/// One envelope of a side.
#[derive(Clone, Debug)]
pub struct SealedText {
    /// Where it stands.
    pub place: SealedFor,
    /// Whether it is the key of a CA that waits for its turn.
    pub waits: bool,
    /// The public half, where it is the key of a certificate.
    pub public: Option<Digest>,
    pub envelope: Envelope,
}

/// One part of a side.
#[derive(Clone, Debug)]
pub struct Part {
    pub source: String,
    pub version: Option<String>,
    pub digest: Digest,
    /// Of the content that `digest` is of, in bytes.
    pub size: Option<u64>,
    pub values: Option<Digest>,
    /// Of the encrypted user values, as they are encrypted.
    pub secret_values: Option<Digest>,
    /// Who has signed its chart, where somebody must.
    pub signed_by: Option<String>,
    /// Who has signed its images, where somebody must.
    pub image_signers: BTreeMap<String, String>,
    /// Of the objects that `lookup` finds.
    pub lookup: Option<Digest>,
    pub output: Digest,
    /// Absent where nothing says what the pins are, as in a bundle.
    pub pins: Option<BTreeMap<String, Pin>>,
    pub images: Vec<String>,
    pub resources: BTreeMap<String, Digest>,
    /// What lies behind the digests, or why it is not at hand.
    pub content: Result<Content, String>,
    /// What the chart said where it does not render.
    pub fails: Option<String>,
}

/// What lies behind a part's digests.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The public manifests.
    pub text: String,
    /// The chart's own values, those of its subcharts among them, and the user's; absent for a plain manifest.
    pub values: Option<Values>,
    /// What the chart says to whoever installs it.
    pub notes: Option<String>,
    /// Where the chart says that it comes from.
    pub sources: Vec<String>,
    /// The version of the program in the chart, where the chart tells it.
    pub app_version: Option<String>,
}

/// The two layers of a chart's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub defaults: Json,
    pub user: Json,
    /// What the chart's templates speak of.
    pub reads: Reads,
}

impl Side {
    /// A lock alone. `why` says why no part's contents are at hand.
    pub fn of_lock(name: &str, lock: &Lock, why: &str) -> Side {
        let part = |it: &LockedPart| Part {
            source: it.source.clone(),
            version: it.version.clone(),
            digest: it.digest,
            size: Some(it.size),
            values: it.values,
            secret_values: it.secret_values,
            signed_by: it.signed_by.clone(),
            image_signers: it.image_signers.clone(),
            lookup: it.lookup,
            output: it.output,
            pins: Some(it.pins.clone()),
            images: it.images.clone(),
            resources: it.resources.clone(),
            content: Err(why.into()),
            fails: None,
        };
        Side {
            name: name.into(),
            bundle: lock.bundle.clone(),
            clock: Some(lock.clock),
            helm: Some(lock.helm()),
            kubernetes: lock.kubernetes.clone(),
            talos: None,
            recipients: lock.recipients.clone(),
            parts: lock.parts.iter().map(|(name, it)| (name.clone(), part(it))).collect(),
            sealed: of_pins(lock),
            size: None,
            remarks: Vec::new(),
        }
    }

    /// A bundle: its manifests are at hand, its charts are not.
    pub fn of_bundle(name: &str, bundle: &Bundle) -> Side {
        let index = bundle.index();
        let text = |part: &str| {
            let of_part = |it: &str| it.split_once('-').is_some_and(|(_, name)| name == part);
            let manifest = bundle.manifests().iter().find(|it| of_part(&it.name));
            manifest.map(|it| it.contents.clone()).unwrap_or_default()
        };
        let part = |name: &str| {
            let from = index.parts.get(name)?;
            let text = text(name);
            let found = seal::inventory(&text).ok()?;
            Some(Part {
                source: from.source.clone(),
                version: from.version.clone(),
                digest: from.digest,
                size: None,
                values: from.values,
                secret_values: None,
                signed_by: None,
                image_signers: BTreeMap::new(),
                lookup: None,
                output: from.output,
                pins: None,
                images: found.images,
                resources: found.digests,
                content: Ok(Content { text, ..Content::default() }),
                fails: None,
            })
        };
        let parts = index.parts.keys().filter_map(|name| Some((name.clone(), part(name)?)));
        Side {
            name: name.into(),
            bundle: index.name.clone(),
            clock: None,
            helm: None,
            kubernetes: None,
            talos: Some(index.talos.to_string()),
            recipients: index.recipients.clone(),
            parts: parts.collect(),
            sealed: bundle
                .placed()
                .map(|(place, secret, envelope)| SealedText {
                    place,
                    waits: false,
                    public: index.public_keys.get(secret).copied(),
                    envelope: envelope.clone(),
                })
                .collect(),
            size: bundle.files().get("talos/controlplane.yaml").map(|it| it.len() as u64),
            remarks: Vec::new(),
        }
    }
}

fn of_pins(lock: &Lock) -> Vec<SealedText> {
    let pins = lock.parts.iter().flat_map(|(part, it)| it.pins.iter().map(move |(name, pin)| (part, name, pin)));
    let sealed = pins.flat_map(|(part, name, pin)| {
        let place = SealedFor::new(&lock.bundle, part, name);
        let own = pin.sealed.iter().map(|it| (false, pin.certificate.as_ref(), it));
        let waits = pin.successor.iter().map(|it| (true, Some(&it.certificate), &it.sealed));
        own.chain(waits).map(move |(waits, certificate, envelope)| SealedText {
            place: place.clone(),
            waits,
            public: certificate.and_then(Certificate::public_key),
            envelope: envelope.clone(),
        })
    });
    sealed.collect()
}

/// Values as JSON has them; nothing where they have no such form.
pub fn json(values: &Map) -> Json {
    let text = yaml::write_json(&Value::Map(values.clone()), false).ok();
    text.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default()
}
