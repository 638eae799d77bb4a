//! Takes the holes of a render into a public form: readable marks in the text, and a recipe for each.

mod label;
mod locked;
mod pinned;
mod places;
mod recipe;
mod resources;

pub(crate) use label::is_of;
pub use locked::Difference;
pub use places::{Landing, places};
pub use recipe::{Argument, Fragment, Recipe};
pub use resources::{Found, documents, find as inventory};

use std::collections::{BTreeMap, BTreeSet};

use crate::base::digest::Digest;
use crate::stage::render::{Rendered, RenderedPart};
use helm_engine::hole::Piece;
use helm_engine::timing;

/// What stands before a hole's label in the public text.
pub const OPEN: &str = "<sealed:";
/// What stands behind it.
pub const CLOSE: &str = ">";

/// A render that everyone may see.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    parts: Vec<SealedPart>,
    recipes: BTreeMap<String, Recipe>,
}

/// One part's manifests with marks where the holes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPart {
    /// The part's name in the spec.
    pub name: String,
    /// The manifests as everyone may see them.
    pub text: String,
    /// Digest of `text`.
    pub output: Digest,
    /// Digest of each resource, by API version, kind, namespace and name.
    pub resources: BTreeMap<String, Digest>,
    /// Every container image, sorted.
    pub images: Vec<String>,
}

/// Why a render cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text of a part holds what marks a hole, and means none.
    #[error(
        "part `{part}` prints `{OPEN}` itself, which marks sealed text, at line {line} of what it prints; change that text"
    )]
    MarkInText {
        /// The name of the part.
        part: String,
        /// The line in what the part prints, from 1.
        line: usize,
    },
    /// A template cut a hole apart, so that a piece of its token stands in the text.
    #[error(
        "part `{part}` prints a sealed value in pieces, at line {line} of what it prints; let the template pass the value on as it is"
    )]
    Torn {
        /// The name of the part.
        part: String,
        /// The line in what the part prints, from 1.
        line: usize,
    },
    /// The text of a part is no UTF-8.
    #[error("part `{part}` prints bytes that are no UTF-8, which no manifest can hold")]
    NotText {
        /// The name of the part.
        part: String,
    },
    /// A hole's expression holds a value that has no public form.
    #[error("part `{part}` computes on sealed text with a value of type {type_name}, which a bundle cannot hold")]
    NoRecipe {
        /// The name of the part.
        part: String,
        /// The Go type of that value.
        type_name: String,
    },
    /// A document is no YAML that Talos would take.
    #[error("part `{part}`: the document at line {line} is not valid YAML: {message}")]
    NotYaml {
        /// The name of the part.
        part: String,
        /// The line in what the part prints, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
}

/// Seals a render.
pub fn seal(rendered: &Rendered) -> Result<Sealed, Error> {
    let _step = timing::step("seal");
    let mut recipes = BTreeMap::new();
    let mut parts = Vec::new();
    for part in rendered.parts() {
        let labels = label::labels(&part.name, &part.holes);
        let text = pinned::with_digests(text(part, &labels)?, &part.images);
        for (expr, label) in part.holes.iter().zip(&labels) {
            let recipe = Recipe::new(expr, &labels, &part.holes);
            recipes.insert(
                label.clone(),
                recipe.map_err(|type_name| Error::NoRecipe { part: part.name.clone(), type_name })?,
            );
        }
        if let Some(line) = resources::disguised_mark(&text) {
            return Err(Error::MarkInText { part: part.name.clone(), line });
        }
        let found = resources::find(&text);
        let found = found.map_err(|(line, message)| Error::NotYaml { part: part.name.clone(), line, message })?;
        let output = Digest::of(text.as_bytes());
        parts.push(SealedPart {
            name: part.name.clone(),
            text,
            output,
            resources: found.digests,
            images: found.images,
        });
    }
    let reached = reached(&parts, &recipes);
    // A chart may compute on a secret and throw the result away.
    recipes.retain(|label, _| reached.contains(label));
    Ok(Sealed { parts, recipes })
}

impl Sealed {
    /// In the order of the spec.
    pub fn parts(&self) -> &[SealedPart] {
        &self.parts
    }

    /// How each hole's text comes about, by its label.
    pub(crate) fn recipes(&self) -> &BTreeMap<String, Recipe> {
        &self.recipes
    }
}

fn text(part: &RenderedPart, labels: &[String]) -> Result<String, Error> {
    let mark = |index: usize| labels.get(index).map_or_else(String::new, |label| format!("{OPEN}{label}{CLOSE}"));
    let mut marked = Vec::with_capacity(part.text.len());
    for piece in part.holes.pieces(&part.text) {
        match piece {
            Piece::Text(text) => {
                let line = |at: &[u8]| 1 + marked.iter().chain(at).filter(|it| **it == b'\n').count();
                if let Some(at) = text.windows(OPEN.len()).position(|it| it == OPEN.as_bytes()) {
                    return Err(Error::MarkInText { part: part.name.clone(), line: line(&text[..at]) });
                }
                if part.holes.stand_in_text(text) {
                    return Err(Error::Torn { part: part.name.clone(), line: line(&[]) });
                }
                marked.extend_from_slice(text);
            }
            Piece::Hole(index) => marked.extend_from_slice(mark(index).as_bytes()),
        }
    }
    String::from_utf8(marked).map_err(|_| Error::NotText { part: part.name.clone() })
}

/// The labels that the texts lead to, directly or through other holes.
fn reached(parts: &[SealedPart], recipes: &BTreeMap<String, Recipe>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = parts.iter().flat_map(|part| marks(&part.text)).collect();
    while let Some(label) = open.pop() {
        if let Some(recipe) = recipes.get(&label)
            && reached.insert(label)
        {
            open.extend(recipe.needs().into_iter().map(str::to_owned));
        }
    }
    reached
}

/// The labels of the marks in a public text, in order.
pub fn marks(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(OPEN).skip(1).filter_map(|rest| rest.split_once(CLOSE)).map(|(label, _)| label.to_owned())
}
