//! The variables that a Flux Kustomization fills in.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::object::{Index, Object, text_at};
use super::sealed::{self, MARK};
use super::substitute::{SubstituteFault, Variable, substitute};
use super::{Tree, Unseal};
use helm_engine::value::Value;
use helm_engine::yaml;

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Variables by their names.
#[derive(Default)]
pub(super) struct Variables {
    found: BTreeMap<String, Text>,
    /// ConfigMaps and Secrets that are named and not in the tree.
    missing: Vec<String>,
}

enum Text {
    Clear(String),
    Sealed(sealed::Entry),
}

/// What stands in the place of a sealed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Showing {
    /// A mark.
    Marks,
    /// The text itself, which was opened.
    Texts,
}

impl Variables {
    /// Those of a Kustomization, with nothing opened.
    pub fn of(tree: &dyn Tree, index: &Index, kustomization: &Object) -> Result<Variables, Fault> {
        Variables::read(tree, index, kustomization, None)
    }

    /// Those of a Kustomization; what is sealed is opened where `unseal` is given.
    pub fn read(
        tree: &dyn Tree,
        index: &Index,
        kustomization: &Object,
        mut unseal: Option<&mut (dyn Unseal + '_)>,
    ) -> Result<Variables, Fault> {
        let mut variables = Variables::default();
        let namespace = kustomization.namespace();
        for reference in kustomization.list(&["spec", "postBuild", "substituteFrom"]) {
            let kind = text_at(&reference, &["kind"]).unwrap_or_default();
            let name = text_at(&reference, &["name"]).unwrap_or_default();
            let is_optional = text_at(&reference, &["optional"]).as_deref() == Some("true");
            let Some(object) = index.find("", &kind, &namespace, &name)? else {
                if !is_optional {
                    variables.missing.push(format!("{kind} {name}"));
                }
                continue;
            };
            if kind == "Secret" {
                for key in sealed::keys(object) {
                    let unseal = unseal.as_mut().map(|it| &mut **it as &mut dyn Unseal);
                    if let Some(entry) = sealed::entry(tree, index, object, &key, unseal)? {
                        variables.found.insert(key, Text::Sealed(entry));
                    }
                }
            } else if let Some(Value::Map(data)) = object.get(&["data"]) {
                for (key, value) in data.to_vec() {
                    let text = match &value {
                        Value::Str(text) => text.to_text().replace('\n', ""),
                        _ => continue,
                    };
                    variables.found.insert(key.to_text().into_owned(), Text::Clear(text));
                }
            }
        }
        if let Some(Value::Map(own)) = kustomization.get(&["spec", "postBuild", "substitute"]) {
            for (key, value) in own.to_vec() {
                let text = text_at(&value, &[]).unwrap_or_default().replace('\n', "");
                variables.found.insert(key.to_text().into_owned(), Text::Clear(text));
            }
        }
        Ok(variables)
    }

    /// An object with its variables filled in, as Flux does it: in its text.
    pub fn fill(&self, tree: &dyn Tree, object: &Object, showing: Showing) -> Result<Object, Fault> {
        let off = |field: &str| object.text(&["metadata", field, SWITCH]).as_deref() == Some("disabled");
        if self.found.is_empty() && self.missing.is_empty() || off("labels") || off("annotations") {
            return Ok(object.clone());
        }
        let unreadable = |message: String| Fault::Unreadable { path: object.shown(), message };
        let text = yaml::write_exactly(&Value::Map(object.value.clone())).map_err(unreadable)?;
        let text = text.to_text();
        if self.found.is_empty() && !text.contains("${") {
            return Ok(object.clone());
        }
        let filled = substitute(&text, &|name| self.variable(name, showing)).map_err(|fault| Fault::Substitute {
            object: object.shown(),
            fault,
            place: object.place(tree, &["spec"]),
        })?;
        match yaml::read_typed(filled.as_bytes()) {
            Ok(Value::Map(value)) => Ok(Object { value, origin: object.origin.clone() }),
            // The reader's message may quote what is sealed.
            _ if showing == Showing::Texts => Err(Fault::Sealed {
                object: object.shown(),
                why: "it is no YAML once its variables are filled in".into(),
            }),
            Ok(_) => Err(unreadable("it is no mapping once its variables are filled in".into())),
            Err(message) => Err(unreadable(message)),
        }
    }

    /// What of the sealed variables an object names is encrypted, for a digest.
    pub fn sealed_in(&self, text: &str) -> Vec<&str> {
        let named = |name: &str| {
            let sign = format!("${{{name}");
            text.match_indices(&sign)
                .any(|(at, _)| !text[at + sign.len()..].starts_with(|it: char| it.is_alphanumeric() || it == '_'))
        };
        let sealed = self.found.iter().filter_map(|(name, it)| match it {
            Text::Sealed(entry) if named(name) => Some(entry.raw.as_str()),
            _ => None,
        });
        sealed.collect()
    }

    fn variable(&self, name: &str, showing: Showing) -> Result<Option<Variable>, SubstituteFault> {
        match self.found.get(name) {
            None if self.missing.is_empty() => Ok(None),
            None => Err(SubstituteFault::Unknown(name.into())),
            Some(Text::Clear(text)) => Ok(Some(Variable { text: text.clone(), sealed: false })),
            Some(Text::Sealed(entry)) => {
                let text = match (showing, &entry.opened) {
                    (Showing::Texts, Some(text)) => String::from_utf8_lossy(text.expose()).replace('\n', ""),
                    _ => MARK.to_owned(),
                };
                Ok(Some(Variable { text, sealed: true }))
            }
        }
    }
}
