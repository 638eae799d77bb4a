//! Renders what was vendored, with no key in reach.

mod import;
mod issuer;
mod lookup;
mod pins;
pub mod release;
pub mod secrets;

pub use import::{ImportError, Imports};
pub use issuer::{UnfitIssuer, Validity};
pub use pins::MissingPin;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::stage::lock::{Envelope, Pin};
use crate::stage::resolve::Inputs;
use crate::stage::vendored::{Vendored, VendoredContent, VendoredPart};
use helm_engine::gotmpl::Functions;
use helm_engine::helm;
use helm_engine::helm::capabilities::{Capabilities, KubeVersion};
use helm_engine::hole::{Expr, Holes, Piece, Seed};
use helm_engine::pki::Algorithm;
use helm_engine::timing;
use helm_engine::value::{Failure, Value};
use helm_engine::world::Call;
use pins::Pinned;

/// Makes what a lock does not hold yet.
pub trait Minter {
    /// Computes an impure function for real. No argument has a hole. New keys of certificates are of this kind.
    fn mint(&mut self, call: &Call<'_>, algorithm: Algorithm) -> Result<Value, Failure>;

    /// The moment at which everything is made.
    fn now(&self) -> Timestamp;

    /// Opens the envelope of a secret that minting needs: the key of a CA that shall sign.
    fn unseal(&mut self, name: &str, envelope: &Envelope) -> Result<Secret, Failure>;

    /// A certificate and its key from elsewhere that are what this call asks for; they replace what the lock holds.
    fn imported(&mut self, _call: &Call<'_>) -> Option<Imported> {
        None
    }

    /// The text that a pin of this name, `part/pin`, is to have from now on.
    fn given(&mut self, _pin: &str) -> Option<Secret> {
        None
    }
}

/// A certificate and its private key from elsewhere, both in PEM.
#[derive(Clone, Debug)]
pub struct Imported {
    /// One `CERTIFICATE` block.
    pub certificate: String,
    /// One block of a private key.
    pub key: Secret,
}

/// Every part as text, with holes where private values are.
#[derive(Debug)]
pub struct Rendered {
    parts: Vec<RenderedPart>,
}

/// One part's manifests.
#[derive(Debug)]
pub struct RenderedPart {
    /// The part's name in the spec.
    pub name: String,
    /// What Helm would print, or the manifest as it was given, with tokens of `holes` where secrets go.
    pub text: Vec<u8>,
    /// How the text of each hole comes about.
    pub holes: Holes,
    /// The pins of the lock that answered a call.
    pub used: BTreeSet<String>,
    /// The pins that were made now, by name.
    pub minted: BTreeMap<String, Minted>,
    /// What the chart says to whoever installs it, where it does and no secret is in it.
    pub notes: Option<String>,
    /// The digests that go behind images of a tag alone.
    pub images: BTreeMap<String, Digest>,
}

/// A new pin, not sealed yet.
#[derive(Debug)]
pub struct Minted {
    /// The pin with its public half.
    pub pin: Pin,
    /// The private half, to be sealed; absent where all of it is public.
    pub secret: Option<Secret>,
    /// Whether it was brought from elsewhere, and not made now.
    pub imported: bool,
}

/// A part does not render; Helm's wording.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The name of the part.
    pub part: String,
    /// What Helm prints of it.
    pub message: String,
    /// Where the cause is a call that the lock does not answer.
    pub missing_pin: Option<Box<MissingPin>>,
    /// Where the cause is a CA that cannot sign now.
    pub unfit_issuer: Option<Box<UnfitIssuer>>,
    /// Whether a schema of the chart does not take the values.
    pub is_schema: bool,
}

/// Renders every part. Without a minter, a call that no pin answers is an error. `seed` is drawn for this render alone,
/// and shows in nothing that comes out of it.
pub fn render(vendored: &Vendored, seed: &Seed, mut minter: Option<&mut dyn Minter>) -> Result<Rendered, Error> {
    let functions = helm::functions();
    let mut parts = Vec::new();
    for (part, number) in vendored.parts().iter().zip(0..) {
        let minter = minter.as_mut().map(|it| &mut **it as &mut dyn Minter);
        parts.push(render_part(vendored, part, &functions, seed.derive(number), minter)?);
    }
    Ok(Rendered { parts })
}

fn render_part<'a>(
    vendored: &Vendored,
    part: &'a VendoredPart,
    functions: &'a Functions,
    seed: Seed,
    minter: Option<&'a mut (dyn Minter + 'a)>,
) -> Result<RenderedPart, Error> {
    let _step = timing::step_of("render", &part.name);
    let (chart, namespace, values, inputs) = match &part.content {
        VendoredContent::Manifest(text) => {
            return Ok(RenderedPart {
                name: part.name.clone(),
                text: text.clone(),
                holes: Holes::new(seed),
                used: BTreeSet::new(),
                minted: BTreeMap::new(),
                notes: None,
                images: part.images.clone(),
            });
        }
        VendoredContent::Chart { chart, namespace, values, inputs } => (chart, namespace, values, inputs),
    };
    let options = options(vendored, part, namespace, inputs)?;
    let mut world = Pinned::new(part, vendored.clock(), inputs, functions, seed, minter);
    let sealed = secrets::overlay(&part.name, &part.pins, &inputs.sealed, values, &mut world.holes);
    let sealed = sealed.map_err(|fault| Error {
        part: part.name.clone(),
        missing_pin: None,
        unfit_issuer: None,
        is_schema: false,
        message: fault.to_string(),
    })?;
    let rendered = helm::render(chart, &sealed, &options, &mut world);
    let rendered = rendered.map_err(|fault| Error {
        part: part.name.clone(),
        missing_pin: cause(&fault).cloned().map(Box::new),
        unfit_issuer: cause(&fault).cloned().map(Box::new),
        is_schema: matches!(fault, helm::RenderError::Schema(_)),
        message: readable(&fault.to_string(), &world.holes),
    })?;
    // Tests are of no use to a cluster that boots; other hooks are manifests like any.
    let text = helm::print::print_stream(&rendered, true, false);
    let notes = rendered.notes.as_ref().filter(|it| !world.holes.stand_in_text(it));
    let notes = notes.and_then(|it| it.as_utf8()).filter(|it| !it.trim().is_empty());
    Ok(RenderedPart {
        images: part.images.clone(),
        name: part.name.clone(),
        text,
        holes: world.holes,
        used: world.used,
        minted: world.minted,
        notes: notes.map(str::to_owned),
    })
}

impl Rendered {
    /// In the order of the spec.
    pub fn parts(&self) -> &[RenderedPart] {
        &self.parts
    }
}

/// A message with the names of secrets where their holes stand.
fn readable(message: &str, holes: &Holes) -> String {
    let pieces = holes.pieces(message.as_bytes()).into_iter();
    let shown = pieces.map(|piece| match piece {
        Piece::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Piece::Hole(index) => match holes.get(index) {
            Some(Expr::Secret(name)) => format!("<sealed:{name}>"),
            Some(Expr::Call { function, .. }) => format!("<sealed:...|{function}>"),
            None => String::new(),
        },
    });
    shown.collect()
}

fn options(vendored: &Vendored, part: &VendoredPart, namespace: &str, inputs: &Inputs) -> Result<helm::Options, Error> {
    let mut capabilities = Capabilities::of(vendored.helm());
    if let Some(version) = vendored.kubernetes() {
        capabilities.kube_version = KubeVersion::parse(version, vendored.helm()).map_err(|fault| Error {
            part: part.name.clone(),
            message: fault.to_string(),
            missing_pin: None,
            unfit_issuer: None,
            is_schema: false,
        })?;
    }
    capabilities.api_versions.extend_from_slice(vendored.api_versions());
    let name = inputs.release.clone().unwrap_or_else(|| part.name.clone());
    Ok(helm::Options {
        release: helm::Release { name, namespace: namespace.into(), is_upgrade: false },
        capabilities,
        include_crds: true,
        skip_schema_validation: inputs.skip_schema_validation,
    })
}

/// The error of this type in a chain of errors.
fn cause<'a, T: std::error::Error + 'static>(fault: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    let mut fault = Some(fault);
    while let Some(it) = fault {
        if let Some(found) = it.downcast_ref() {
            return Some(found);
        }
        fault = it.source();
    }
    None
}
