//! The values of a release, put together as Flux does it.

use super::object::{Object, text_at};
use super::sealed::{Entry, MARK, marked};
use super::variables::Showing;
use super::{Fault, Tree};
use helm_engine::helm::HelmVersion;
use helm_engine::helm::strvals;
use helm_engine::helm::values::merge_maps;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// One entry of `valuesFrom`, read.
pub(super) struct Layer {
    /// The ConfigMap or Secret, for messages.
    pub object: String,
    pub text: LayerText,
    /// Where in the values the text goes; all of the values without it.
    pub target: Option<String>,
    /// Whether the text goes there as it is.
    pub literal: bool,
}

pub(super) enum LayerText {
    Clear(String),
    Sealed(Entry),
}

impl Layer {
    /// The same with what is sealed not opened.
    pub fn closed(&self) -> Layer {
        let text = match &self.text {
            LayerText::Clear(text) => LayerText::Clear(text.clone()),
            LayerText::Sealed(entry) => LayerText::Sealed(Entry { raw: entry.raw.clone(), opened: None }),
        };
        Layer { object: self.object.clone(), text, target: self.target.clone(), literal: self.literal }
    }

    /// Whether a text in the clear holds a word.
    pub fn is_clear_with(&self, word: &str) -> bool {
        matches!(&self.text, LayerText::Clear(text) if text.contains(word))
    }
}

/// Mirrors `ChartValuesFromReferences` of `github.com/fluxcd/pkg/chartutil` 1.35, in what maps share with each other too. With
/// marks, a sealed layer that was not opened counts for nothing.
pub(super) fn merged(layers: &[Layer], own: &Map, showing: Showing) -> Result<Map, Fault> {
    let mut result = Map::any();
    for layer in layers {
        let fault = |message: String| match layer.text {
            LayerText::Clear(_) => Fault::Unreadable { path: layer.object.clone(), message },
            // The reader's message may quote what is sealed.
            LayerText::Sealed(_) => {
                Fault::Sealed { object: layer.object.clone(), why: "what is in it cannot be taken as values".into() }
            }
        };
        let text = match (&layer.text, showing) {
            (LayerText::Clear(text), _) => text.clone(),
            (LayerText::Sealed(_), Showing::Marks) if layer.target.is_some() => MARK.to_owned(),
            (LayerText::Sealed(entry), _) => match &entry.opened {
                Some(text) => String::from_utf8_lossy(text.expose()).into_owned(),
                None => continue,
            },
        };
        if let Some(target) = &layer.target {
            result = merge_maps(&result, own);
            set(&result, target, &text, layer.literal).map_err(fault)?;
            continue;
        }
        let values = match yaml::read_typed(text.as_bytes()) {
            Ok(Value::Map(map)) => map,
            Ok(Value::Nil) => Map::any(),
            Ok(_) => return Err(fault("its values are no mapping".into())),
            Err(message) => return Err(fault(message)),
        };
        let values = match (&layer.text, showing, marked(&Value::Map(values.clone()))) {
            (LayerText::Sealed(_), Showing::Marks, Value::Map(marks)) if !values.is_empty() => marks,
            _ => values,
        };
        result = merge_maps(&result, &values);
    }
    Ok(merge_maps(&result, own))
}

/// Mirrors `ReplacePathValue` and `ReplacePathLiteralValue` there.
fn set(values: &Map, target: &str, text: &str, literal: bool) -> Result<(), String> {
    let helm = HelmVersion::NEWEST;
    if literal {
        let mut escaped = String::new();
        for letter in text.chars() {
            if "\\,[]{}".contains(letter) {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        let line = format!("{target}={escaped}");
        return strvals::parse_into_string(line.as_bytes(), values, helm).map_err(|it| it.to_string());
    }
    let quoted = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    let (line, as_text) = match quoted('\'') || quoted('"') {
        true => (format!("{target}={}", text.trim_matches(['\'', '"'])), true),
        false => (format!("{target}={text}"), false),
    };
    let done = match as_text {
        true => strvals::parse_into_string(line.as_bytes(), values, helm),
        false => strvals::parse_into(line.as_bytes(), values, helm),
    };
    done.map_err(|it| it.to_string())
}

/// What an entry of `valuesFrom` says.
pub(super) struct Reference {
    pub kind: String,
    pub name: String,
    pub key: String,
    pub target: Option<String>,
    pub optional: bool,
    pub literal: bool,
}

impl Reference {
    pub fn all(tree: &dyn Tree, release: &Object) -> Result<Vec<Reference>, Fault> {
        let read = |value: &Value| {
            let text = |key: &str| text_at(value, &[key]);
            let is = |key: &str| text(key).as_deref() == Some("true");
            Reference {
                kind: text("kind").unwrap_or_default(),
                name: text("name").unwrap_or_default(),
                key: text("valuesKey").unwrap_or_else(|| "values.yaml".into()),
                target: text("targetPath"),
                optional: is("optional"),
                literal: is("literal"),
            }
        };
        let all: Vec<Reference> = release.list(&["spec", "valuesFrom"]).iter().map(read).collect();
        match all.iter().find(|it| !["ConfigMap", "Secret"].contains(&it.kind.as_str())) {
            Some(other) => Err(Fault::Field {
                object: release.shown(),
                field: "spec.valuesFrom".into(),
                why: format!("values come from a ConfigMap or a Secret, and not from a `{}`", other.kind),
                place: release.place(tree, &["spec", "valuesFrom"]),
            }),
            None => Ok(all),
        }
    }
}
