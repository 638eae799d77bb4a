//! sprig 3.3: the function library Helm templates are written with.

mod arguments;
mod case;
mod cast;
pub mod crypto;
pub(crate) mod date;
mod decimal;
mod defaults;
mod dict;
mod encoding;
mod equal;
mod json;
mod list;
mod merge;
mod numeric;
mod path;
pub(crate) mod random;
mod real_world;
mod reflect;
mod regex;
pub(crate) mod regexp;
mod runes;
pub mod semver;
mod strings;
pub(crate) mod toml;
mod unicode;
pub(crate) mod url;
mod wrap;

pub use crate::time::Time;
pub use real_world::{RealWorld, compute, time};

use crate::gotmpl::Functions;

/// Whether a text matches a regular expression of Go. The fault says what is wrong with the expression.
pub fn regex_matches(pattern: &str, text: &str) -> Result<bool, String> {
    let compiled = regexp::Regexp::compile(pattern.as_bytes()).map_err(|fault| fault.to_string())?;
    Ok(compiled.is_match(text.as_bytes()))
}

/// sprig's text functions without `env` and `expandenv`, which Helm removes.
pub fn functions() -> Functions {
    [
        crypto::FUNCTIONS,
        date::FUNCTIONS,
        defaults::FUNCTIONS,
        dict::FUNCTIONS,
        encoding::FUNCTIONS,
        json::FUNCTIONS,
        list::FUNCTIONS,
        numeric::FUNCTIONS,
        path::FUNCTIONS,
        random::FUNCTIONS,
        reflect::FUNCTIONS,
        regex::FUNCTIONS,
        semver::FUNCTIONS,
        strings::FUNCTIONS,
        url::FUNCTIONS,
    ]
    .into_iter()
    .fold(Functions::default(), Functions::with)
}
