//! The spec, `ichor.yaml`: what a user wants in a bundle.

mod allow;
pub mod edit;
mod fields;
mod inputs;
mod keys;
mod network;
mod parse;
mod reference;
mod released;
mod schema;
pub mod sops_rules;
mod source;
mod verify;
mod versions;

pub use inputs::{Certificates, Inputs};
pub use network::Network;
pub use reference::reference;
pub use released::Released;
pub use schema::schema;
pub use source::{ContentKind, OciName, Source, SourceFault};
pub use verify::{Demand, ImageRule, Signer, matches, rule_of};
pub use versions::{KubernetesVersion, TalosVersion};

use std::collections::BTreeSet;

use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::digest::Digest;
use crate::base::recipient::Recipient;
use crate::gitops::Trees;
use crate::object::image::Reference;
use helm_engine::helm::{HelmVersion, HelmWish};
use helm_engine::timing;
use helm_engine::value::Value;

/// What a user wants in a bundle.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The bundle's name: a DNS-1123 label.
    pub bundle: String,
    /// The version of Talos that takes the bundle.
    pub talos: TalosVersion,
    /// The Helm that charts are rendered as.
    pub helm: Option<HelmWish>,
    /// `.Capabilities.KubeVersion`; Helm's own default where the spec is silent.
    pub kubernetes: Option<KubernetesVersion>,
    /// What `.Capabilities.APIVersions` holds beyond Helm's defaults.
    pub api_versions: Vec<String>,
    /// Whom secrets are sealed to.
    pub recipients: Vec<Recipient>,
    /// The `.sops.yaml` that says so in place of the spec, by its path from the spec's folder. Whoever reads it fills
    /// `recipients`.
    pub recipients_from: Option<(String, Place)>,
    /// How sources are reached.
    pub network: Network,
    /// How certificates are made, and when their end is near.
    pub certificates: Certificates,
    /// What `check` finds and the user has thought about.
    pub allow: Vec<Allowed>,
    /// Whether `lock` looks up the digest of each image that is named by a tag, and what is rendered bears it.
    pub pin_images: bool,
    /// Whose signatures images must bear.
    pub verify_images: Vec<ImageRule>,
    /// In the order Talos applies them.
    pub parts: Vec<Part>,
}

/// A finding of `check` that the user has thought about.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The code that the finding is told under.
    pub code: Code,
    /// Why it is right here.
    pub reason: String,
    /// Where the entry stands in the spec.
    pub place: Place,
}

/// One entry of `parts`.
#[derive(Clone, Debug)]
pub struct Part {
    /// A DNS-1123 label; the release name of a chart.
    pub name: String,
    /// What it brings, and from where.
    pub content: Content,
    /// The images that it has pulled beside those that its objects name, each with its place in the spec.
    pub images: Vec<(String, Place)>,
    /// Where the entry stands in the spec.
    pub place: Place,
}

/// What a part consists of.
#[derive(Clone, Debug)]
pub enum Content {
    /// A chart, which is rendered.
    Chart(Chart),
    /// A manifest: a file, a folder of files, or one at an address.
    Manifest {
        /// The source as written.
        path: String,
        /// The source as it was read.
        source: Source,
        /// What the bytes at an address must hash to.
        sha256: Option<Digest>,
        /// Where the source stands in the spec.
        place: Place,
    },
}

/// A chart and how it is rendered.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The source as written.
    pub path: String,
    /// The source as it was read.
    pub source: Source,
    /// Where the path stands in the spec.
    pub place: Place,
    /// A version or a constraint that the chart's own version must meet.
    pub version: Option<String>,
    /// Where that stands in the spec.
    pub version_place: Option<Box<Place>>,
    /// The namespace it is put into: a DNS-1123 label.
    pub namespace: String,
    /// User values, the last one winning.
    pub values: Vec<Values>,
    /// What it is given beside those.
    pub inputs: Inputs,
    /// Whose signature it must bear; absent where none is asked for.
    pub verify: Option<Box<Demand>>,
    /// The release of GitOps that says all this, where one does.
    pub released: Option<Box<Released>>,
}

impl Part {
    /// Whether the spec asks for a signature of its chart.
    pub fn must_be_signed(&self) -> bool {
        matches!(&self.content, Content::Chart(chart) if chart.verify.is_some())
    }
}

impl Chart {
    /// Where the version stands in the spec; where it is part of the source, that.
    pub(crate) fn place_of_version(&self) -> Place {
        self.version_place.as_deref().unwrap_or(&self.place).clone()
    }
}

/// One layer of user values.
#[derive(Clone, Debug)]
pub enum Values {
    /// A file, by its path from the spec's folder.
    File {
        /// Its path.
        path: String,
        /// Where the spec names it.
        place: Place,
    },
    /// Written in the spec itself.
    Inline(Value, Place),
}

impl Spec {
    /// Reads a spec; all faults at once.
    ///
    /// `file` is the name for messages; `trees` has the releases that parts come from.
    pub fn parse(file: &str, text: &str, trees: &dyn Trees) -> Result<Spec, Vec<Diagnostic>> {
        let _step = timing::step("read the spec");
        parse::parse(file, text, trees)
    }

    /// The images that a part names beside those of its objects, sorted, each once.
    pub(crate) fn declared_images(&self, part: &str) -> Vec<String> {
        let part = self.parts.iter().find(|it| it.name == part);
        let images: BTreeSet<&String> =
            part.into_iter().flat_map(|it| it.images.iter().map(|(image, _)| image)).collect();
        images.into_iter().cloned().collect()
    }

    /// Whether an image must be signed, by its full name.
    pub(crate) fn is_image_signed(&self, image: &str) -> bool {
        let rule = Reference::parse(image).ok().and_then(|it| rule_of(&self.verify_images, &it));
        rule.is_some_and(|it| it.demand.is_some())
    }

    /// The Helm to render as: the locked one where the spec allows it, else the newest that it does.
    pub(crate) fn helm_over(&self, locked: Option<HelmVersion>) -> HelmVersion {
        match self.helm {
            None => locked.unwrap_or(HelmVersion::NEWEST),
            Some(wish) => locked.filter(|it| wish.allows(*it)).unwrap_or_else(|| wish.newest()),
        }
    }
}
