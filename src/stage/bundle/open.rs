//! Fills a bundle's holes for someone who holds its secrets.

use std::collections::BTreeMap;

use crate::base::secret::Secret;
use crate::stage::bundle::Bundle;
use crate::stage::pack::{Manifest, talos};
use crate::stage::seal::{self, CLOSE, OPEN, Recipe};
use crate::stage::spec::TalosVersion;
use helm_engine::gotmpl::{FillError, Filler, Functions};
use helm_engine::hole::{Expr, Holes};
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
    #[error("no secret `{0}` is at hand")]
    NoSecret(String),
    #[error("manifest `{manifest}` marks the hole `{label}`, but the bundle does not say how to fill it")]
    NoRecipe { manifest: String, label: String },
    #[error("the mark `{0}` does not say what the bundle would put in its place")]
    OtherRecipe(String),
    #[error("the hole `{0}` is computed from itself")]
    Circle(String),
    #[error("the hole `{label}` cannot be filled: {reason}")]
    Hole { label: String, reason: String },
}

impl Bundle {
    /// Fills every hole from the secrets, by name.
    pub fn open(&self, secrets: &BTreeMap<String, Secret>, functions: &Functions) -> Result<Opened, OpenError> {
        let (holes, indexes) = self.holes()?;
        let mut secret = |name: &str| {
            let secret = secrets.get(name).ok_or_else(|| OpenError::NoSecret(name.into()))?;
            Ok(Str::from(secret.expose()))
        };
        let mut filler = Filler::new(&holes, functions, &mut secret);
        let mut fill = |manifest: &Manifest| {
            let mut pieces = manifest.contents.split(OPEN);
            let mut contents = pieces.next().unwrap_or_default().to_owned();
            for piece in pieces {
                let (label, rest) = piece.split_once(CLOSE).unwrap_or((piece, ""));
                let no_recipe = || OpenError::NoRecipe { manifest: manifest.name.clone(), label: label.into() };
                let text = filler.hole(*indexes.get(label).ok_or_else(no_recipe)?).map_err(|it| match it {
                    FillError::Secret(it) => it,
                    other => OpenError::Hole { label: label.into(), reason: other.to_string() },
                })?;
                let reason = || OpenError::Hole { label: label.into(), reason: "it is no UTF-8 text".into() };
                contents.push_str(text.as_utf8().ok_or_else(reason)?);
                contents.push_str(rest);
            }
            Ok(Manifest { name: manifest.name.clone(), contents })
        };
        let manifests = self.manifests.iter().map(&mut fill).collect::<Result<_, OpenError>>()?;
        Ok(Opened { manifests, talos: self.index.talos })
    }

    /// The bundle's recipes as expressions, and the index of each label's hole.
    fn holes(&self) -> Result<(Holes, BTreeMap<&str, usize>), OpenError> {
        let mut open: Vec<&str> = self.index.holes.keys().map(String::as_str).collect();
        let mut holes = Holes::new();
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
                if !seal::is_of(label, &expr, &labels) {
                    return Err(OpenError::OtherRecipe(label.into()));
                }
                let (index, token) = holes.add(expr);
                labels.push(label.to_owned());
                indexes.insert(label, index);
                tokens.insert(label, token);
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

impl Opened {
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The Talos control-plane patch.
    pub fn patch(&self) -> String {
        talos::control_plane(&self.manifests, self.talos)
    }
}
