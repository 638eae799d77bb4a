//! sprig 3.3: the function library Helm templates are written with.

mod arguments;
mod case;
mod cast;
pub mod crypto;
pub mod date;
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
mod reflect;
mod regex;
mod regexp;
mod runes;
pub mod semver;
mod strings;
mod unicode;
mod url;
mod wrap;

use crate::engine::gotmpl::Functions;

/// sprig's text functions without `env` and `expandenv`, which Helm removes.
pub fn functions() -> Functions {
    [
        defaults::FUNCTIONS,
        dict::FUNCTIONS,
        encoding::FUNCTIONS,
        json::FUNCTIONS,
        list::FUNCTIONS,
        numeric::FUNCTIONS,
        path::FUNCTIONS,
        reflect::FUNCTIONS,
        regex::FUNCTIONS,
        semver::FUNCTIONS,
        strings::FUNCTIONS,
        url::FUNCTIONS,
    ]
    .into_iter()
    .fold(Functions::default(), Functions::with)
}
