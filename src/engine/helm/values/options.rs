//! Values from files and from the command line, in Helm's order of precedence.

use crate::helm::documents::{merge_maps, read_documents};
use crate::helm::helm_version::HelmVersion;
use crate::helm::strvals::{self, StrvalsError};
use crate::value::{Map, Str, Value};
use crate::yaml;

/// One place values come from.
#[derive(Clone, Debug)]
pub enum ValueSource {
    /// A file of values (`--values`).
    File {
        /// Its name as the user gave it, for errors.
        name: String,
        /// Its contents: YAML, of one document or several.
        text: Vec<u8>,
    },
    /// Values already at hand as a map.
    Map(Map),
    /// `--set-json`.
    SetJson(String),
    /// `--set`.
    Set(String),
    /// `--set-string`.
    SetString(String),
    /// `--set-file`; paths are read through the callback given to [`merge_sources`].
    SetFile(String),
    /// `--set-literal`.
    SetLiteral(String),
}

/// A place whose values cannot be taken; prints in Helm's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// A file of values is no YAML, or no table.
    #[error("failed to parse {name}: {cause}")]
    File {
        /// Its name as the user gave it.
        name: String,
        /// What Go's decoder says of it.
        cause: String,
    },
    /// The text of a `--set-json` begins as an object, and is none. All of it.
    #[error("failed parsing --set-json data JSON: {0}")]
    JsonObject(String),
    /// The text of a `--set-json` is no `name=json`. All of it.
    #[error("failed parsing --set-json data {0}")]
    Json(String),
    /// The line of another flag is none.
    #[error("failed parsing {flag} data: {cause}")]
    Set {
        /// The flag: `--set`, `--set-string`, `--set-file` or `--set-literal`.
        flag: &'static str,
        /// What is wrong with the line.
        cause: StrvalsError,
    },
}

impl ValueSource {
    /// Helm merges all files first, then the flags, kind by kind.
    fn precedence(&self) -> u8 {
        match self {
            ValueSource::File { .. } | ValueSource::Map(_) => 0,
            ValueSource::SetJson(_) => 1,
            ValueSource::Set(_) => 2,
            ValueSource::SetString(_) => 3,
            ValueSource::SetFile(_) => 4,
            ValueSource::SetLiteral(_) => 5,
        }
    }
}

/// Merges all sources, those of one kind in the order given. `read` gives the contents of a file that `--set-file` names.
///
/// Mirrors `pkg/cli/values.Options.MergeValues`.
pub fn merge_sources(
    sources: &[ValueSource],
    helm: HelmVersion,
    read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Map, ValuesError> {
    let mut ordered: Vec<&ValueSource> = sources.iter().collect();
    ordered.sort_by_key(|it| it.precedence());
    let mut base = Map::any();
    for source in ordered {
        let set = |flag: &'static str| move |cause: StrvalsError| ValuesError::Set { flag, cause };
        match source {
            ValueSource::File { name, text } => {
                let read = read_documents(text, helm);
                let values = read.map_err(|cause| ValuesError::File { name: name.clone(), cause })?;
                base = merge_maps(&base, &values);
            }
            ValueSource::Map(values) => base = merge_maps(&base, values),
            ValueSource::SetJson(text) => base = set_json(base, text, helm)?,
            ValueSource::Set(text) => strvals::parse_into(text.as_bytes(), &base, helm).map_err(set("--set"))?,
            ValueSource::SetString(text) => {
                strvals::parse_into_string(text.as_bytes(), &base, helm).map_err(set("--set-string"))?;
            }
            ValueSource::SetFile(text) => {
                let mut reader = |path: &str| read(path).map(|bytes| Value::Str(Str::from(bytes)));
                strvals::parse_into_file(text.as_bytes(), &base, helm, &mut reader).map_err(set("--set-file"))?;
            }
            ValueSource::SetLiteral(text) => {
                strvals::parse_literal_into(text.as_bytes(), &base, helm).map_err(set("--set-literal"))?;
            }
        }
    }
    Ok(base)
}

/// An object is merged as a whole, from Helm 4 on; anything else is `name=json`.
fn set_json(base: Map, text: &str, helm: HelmVersion) -> Result<Map, ValuesError> {
    let trimmed = text.trim();
    if trimmed.starts_with('{') && helm.behaviour().is_4 {
        return match yaml::read_json(trimmed.as_bytes()) {
            Ok(Value::Map(values)) => Ok(merge_maps(&base, &values)),
            _ => Err(ValuesError::JsonObject(text.into())),
        };
    }
    strvals::parse_json(text.as_bytes(), &base, helm).map_err(|_| ValuesError::Json(text.into()))?;
    Ok(base)
}
