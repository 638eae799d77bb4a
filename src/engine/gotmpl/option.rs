//! Template options. Mirrors `text/template/option.go`.

/// What a map answers for a key it does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// Nothing, which prints as `<no value>` (`missingkey=default`, `missingkey=invalid`).
    #[default]
    Default,
    /// The zero value of the map's element type (`missingkey=zero`).
    Zero,
    /// An error (`missingkey=error`).
    Error,
}
