//! Fills a bundle's holes for someone who holds its secrets.

use std::collections::BTreeMap;
use std::ops::Range;

use super::reread::{self, Filling, Misfit};
use crate::base::secret::Secret;
use crate::stage::bundle::Bundle;
use crate::stage::pack::{Manifest, talos};
use crate::stage::seal::{self, CLOSE, OPEN, Recipe};
use crate::stage::spec::TalosVersion;
use helm_engine::budget::{Account, Exhausted};
use helm_engine::gotmpl::{FillError, Filler, Functions, MAX_CHAIN};
use helm_engine::hole::{Expr, Holes, Seed};
use helm_engine::path::shown;
use helm_engine::value::Str;

/// A bundle's manifests with the secrets in them.
#[derive(Clone, Debug)]
pub struct Opened {
    manifests: Vec<Manifest>,
    talos: TalosVersion,
}

/// Why a bundle cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A hole wants a secret that was not handed over. Its name, `PART/PIN`.
    #[error("no secret `{0}` is at hand")]
    NoSecret(String),
    /// A manifest has a mark that the index knows nothing of.
    #[error("manifest `{manifest}` marks the hole `{label}`, but the bundle does not say how to fill it")]
    NoRecipe {
        /// The name of the manifest.
        manifest: String,
        /// What stands in the mark.
        label: String,
    },
    /// A mark says another computation than the index has for it. What stands in the mark.
    #[error("the mark `{0}` does not say what the bundle would put in its place")]
    OtherRecipe(String),
    /// A secret would make another document of the one that it is put into.
    #[error("manifest `{manifest}`: {misfit}")]
    Misfit {
        /// The name of the manifest.
        manifest: String,
        /// Which document, and what became of it.
        misfit: Misfit,
    },
    /// A hole rests on too many others. Its label.
    #[error("the hole `{0}` is computed from others, and those from others, more than {MAX_CHAIN} in a row")]
    Chain(String),
    /// What the holes of a manifest come to takes more memory than is allowed.
    #[error("manifest `{manifest}`: {exhausted}")]
    Memory {
        /// The name of the manifest.
        manifest: String,
        /// How much there was.
        exhausted: Exhausted,
    },
    /// To compute a hole, its own text is needed. Its label.
    #[error("the hole `{0}` is computed from itself")]
    Circle(String),
    /// A hole cannot be computed, or is no UTF-8.
    #[error("the hole `{label}` cannot be filled: {reason}")]
    Hole {
        /// What stands in its mark.
        label: String,
        /// Why, without a word of the secret.
        reason: String,
    },
}

impl Bundle {
    /// Fills every hole from the secrets, by name. `seed` is drawn for this call alone.
    pub fn open(
        &self,
        secrets: &BTreeMap<String, Secret>,
        functions: &Functions,
        seed: Seed,
    ) -> Result<Opened, OpenError> {
        let _account = Account::open();
        let (holes, indexes) = self.holes(seed)?;
        let mut secret = |name: &str| {
            let secret = secrets.get(name).ok_or_else(|| OpenError::NoSecret(name.into()))?;
            Ok(Str::from(secret.expose()))
        };
        let mut filler = Filler::new(&holes, functions, &mut secret);
        let mut fill = |manifest: &Manifest| {
            let mut fillings = Vec::new();
            for (label, mark) in marks(&manifest.contents) {
                let no_recipe = || OpenError::NoRecipe { manifest: manifest.name.clone(), label: shown(label) };
                let text = filler.hole(*indexes.get(label).ok_or_else(no_recipe)?).map_err(|it| match it {
                    FillError::Secret(it) => it,
                    FillError::Memory(exhausted) => OpenError::Memory { manifest: manifest.name.clone(), exhausted },
                    other => OpenError::Hole { label: shown(label), reason: other.to_string() },
                })?;
                if text.as_utf8().is_none() {
                    return Err(OpenError::Hole { label: shown(label), reason: "it is no UTF-8 text".into() });
                }
                let is_secret = matches!(self.index.holes.get(label), Some(Recipe::Secret(_)));
                fillings.push(Filling { label, mark, text, is_secret });
            }
            let misfit = |misfit| OpenError::Misfit { manifest: manifest.name.clone(), misfit };
            let contents = reread::fill(&manifest.contents, &fillings).map_err(misfit)?;
            Ok(Manifest { name: manifest.name.clone(), contents })
        };
        let manifests = self.manifests.iter().map(&mut fill).collect::<Result<_, OpenError>>()?;
        Ok(Opened { manifests, talos: self.index.talos })
    }

    /// The bundle's recipes as expressions, and the index of each label's hole.
    fn holes(&self, seed: Seed) -> Result<(Holes, BTreeMap<&str, usize>), OpenError> {
        let mut open: Vec<&str> = self.index.holes.keys().map(String::as_str).collect();
        let mut holes = Holes::new(seed);
        let mut tokens: BTreeMap<&str, Str> = BTreeMap::new();
        let mut indexes = BTreeMap::new();
        let mut labels: Vec<String> = Vec::new();
        // A recipe waits on the stack until all it needs has a token; one that is met waiting again needs itself.
        let mut waiting: Vec<&str> = Vec::new();
        while let Some(label) = open.pop() {
            if waiting.last() == Some(&label) {
                waiting.pop();
            }
            if tokens.contains_key(label) {
                continue;
            }
            let Some(recipe) = self.index.holes.get(label) else {
                return Err(OpenError::NoRecipe { manifest: "bundle.json".into(), label: label.into() });
            };
            let missing: Vec<&str> = recipe.needs().into_iter().filter(|it| !tokens.contains_key(it)).collect();
            if missing.is_empty() {
                let expr = match recipe {
                    Recipe::Secret(name) => Expr::Secret(name.clone()),
                    Recipe::Call { function, args } => Expr::Call {
                        function: function.clone(),
                        args: args.iter().map(|it| it.value(&tokens)).collect(),
                    },
                };
                // What a reviewer reads in the public manifest is what comes to stand there.
                if !seal::is_of(label, &expr, &labels, &holes) {
                    return Err(OpenError::OtherRecipe(label.into()));
                }
                let (index, token) = holes.add(expr);
                labels.push(label.to_owned());
                indexes.insert(label, index);
                tokens.insert(label, token);
            } else if waiting.len() == MAX_CHAIN {
                return Err(OpenError::Chain(shown(label)));
            } else if waiting.contains(&label) || missing.contains(&label) {
                return Err(OpenError::Circle(label.into()));
            } else {
                waiting.push(label);
                open.push(label);
                open.extend(missing);
            }
        }
        Ok((holes, indexes))
    }
}

/// The labels of the marks in a manifest, and where each mark stands. A mark without an end reaches to the next one.
fn marks(contents: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    contents.match_indices(OPEN).map(|(start, _)| {
        let inner = &contents[start + OPEN.len()..];
        let inner = &inner[..inner.find(OPEN).unwrap_or(inner.len())];
        let (label, close) = inner.split_once(CLOSE).map_or((inner, 0), |(label, _)| (label, CLOSE.len()));
        (label, start..start + OPEN.len() + label.len() + close)
    })
}

impl Opened {
    /// In the order of the bundle, every hole filled.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The Talos control-plane patch.
    pub fn patch(&self) -> String {
        talos::control_plane(&self.manifests, self.talos)
    }
}
