//! The grammar of `--set` and its sisters: `name=value`, dotted names, list indexes, lists in braces.
//!
//! Mirrors Helm's `pkg/strvals`.

mod assign;
mod json;
mod line;
mod scanner;

use crate::helm::helm_version::HelmVersion;
use crate::strconv::NumberError;
use crate::value::{Map, Value};

pub use assign::ValueForm;

/// Why a line is no valid assignment; prints in Helm's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrvalsError {
    #[error("key {} has no value", quoted(.0))]
    NoValue(String),
    #[error("key {} has no value (cannot end with ,)", quoted(.0))]
    NoValueBeforeComma(String),
    #[error("key map {} has no value", quoted(.0))]
    EmptyMap(String),
    #[error("error parsing index: EOF")]
    OpenIndex,
    #[error("error parsing index: {0}")]
    Index(NumberError),
    #[error("negative {0} index not allowed")]
    NegativeIndex(i64),
    #[error("index of {0} is greater than maximum supported index of {max}", max = assign::MAX_INDEX)]
    IndexTooLarge(i64),
    #[error("unexpected data at end of array index: {0}")]
    AfterIndex(String),
    #[error("value name nested level is greater than maximum supported nested level of {max}", max = assign::MAX_DEPTH)]
    TooDeep,
    #[error("list must terminate with '}}'")]
    OpenList,
    #[error("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")]
    Conflict { found: String, wanted: &'static str },
    /// A JSON value that `encoding/json` refuses, in its words.
    #[error("{0}")]
    Json(String),
    /// The reader of `--set-file` refused a value.
    #[error("{0}")]
    Reader(String),
}

/// `--set`: values become booleans, null, integers or strings.
pub fn parse_into(line: &[u8], dest: &Map, helm: HelmVersion) -> Result<(), StrvalsError> {
    assign::assign(line, dest, helm, ValueForm::Typed)
}

/// `--set-string`: every value is a string.
pub fn parse_into_string(line: &[u8], dest: &Map, helm: HelmVersion) -> Result<(), StrvalsError> {
    assign::assign(line, dest, helm, ValueForm::Text)
}

/// `--set-json`: every value is JSON. An empty value is null.
pub fn parse_json(line: &[u8], dest: &Map, helm: HelmVersion) -> Result<(), StrvalsError> {
    assign::assign(line, dest, helm, ValueForm::Json)
}

/// `--set-literal`: one name, and all that follows `=` is its value as it stands.
pub fn parse_literal_into(line: &[u8], dest: &Map, helm: HelmVersion) -> Result<(), StrvalsError> {
    assign::assign(line, dest, helm, ValueForm::Literal)
}

/// `--set-file`: every value is handed to `read`, which answers with what to put in its place.
pub fn parse_into_file(
    line: &[u8],
    dest: &Map,
    helm: HelmVersion,
    read: &mut dyn FnMut(&str) -> Result<Value, String>,
) -> Result<(), StrvalsError> {
    assign::assign(line, dest, helm, ValueForm::Reader(read))
}

fn quoted(text: &str) -> String {
    crate::strconv::quote(text.as_bytes())
}
