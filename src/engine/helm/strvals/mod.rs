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

use assign::ValueForm;

/// Why a line is no valid assignment; prints in Helm's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrvalsError {
    /// The line ends after a name, without `=`. The name.
    #[error("key {} has no value", quoted(.0))]
    NoValue(String),
    /// A comma follows a name, without `=`. The name.
    #[error("key {} has no value (cannot end with ,)", quoted(.0))]
    NoValueBeforeComma(String),
    /// The name after a dot is empty: `a.=1`. The name before the dot.
    #[error("key map {} has no value", quoted(.0))]
    EmptyMap(String),
    /// The line ends within brackets, which Helm 4 does not mind.
    #[error("error parsing index: EOF")]
    OpenIndex,
    /// What stands in brackets is no number.
    #[error("error parsing index: {0}")]
    Index(NumberError),
    /// What stands in brackets is less than 0.
    #[error("negative {0} index not allowed")]
    NegativeIndex(i64),
    /// What stands in brackets is greater than Helm takes, which would fill memory with nulls.
    #[error("index of {0} is greater than maximum supported index of {max}", max = assign::MAX_INDEX)]
    IndexTooLarge(i64),
    /// Something other than `=`, `.` or `[` follows a bracket. It as Go prints runes.
    #[error("unexpected data at end of array index: {0}")]
    AfterIndex(String),
    /// A name holds more dots than Helm takes.
    #[error("value name nested level is greater than maximum supported nested level of {max}", max = assign::MAX_DEPTH)]
    TooDeep,
    /// The line ends before the brace that closes a list.
    #[error("list must terminate with '}}'")]
    OpenList,
    /// A name leads through a value that is there already, and is of another type.
    #[error("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")]
    Conflict {
        /// The Go type of what is there, or `nil`.
        found: String,
        /// The Go type that the name asks for: a list for `[`, a map for a dot.
        wanted: &'static str,
    },
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
