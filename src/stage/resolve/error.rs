//! Why a source is not what the spec says.

use super::source_error::SourceError;
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};

/// Who gave a version that is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The path or address, which holds one version alone.
    There,
    /// The folder of a subchart, which is asked for in a `Chart.yaml`.
    Beside,
    /// The lock, which is of an earlier spec.
    Locked,
    /// The server, which was asked for another.
    Elsewhere,
}

/// Why a source is not what the spec says.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The content cannot be had.
    #[error("{source}")]
    Source {
        /// Why not.
        source: Box<SourceError>,
        /// Where the spec names it.
        place: Place,
    },
    /// The content is at hand and is no chart.
    #[error("`{path}` is no chart: {message}")]
    NotAChart {
        /// The source as written.
        path: String,
        /// What Helm says of it.
        message: String,
        /// Where the spec names it.
        place: Place,
    },
    /// The chart at hand is of a version that the spec does not allow.
    #[error("`{path}` is version {found}, but version {wanted} is asked for")]
    WrongVersion {
        /// The source as written.
        path: String,
        /// The version of the chart that is there.
        found: String,
        /// The version or constraint in the spec.
        wanted: String,
        /// Who gave it.
        given: Given,
        /// Where the spec names it.
        place: Place,
    },
    /// The chart at hand is another one.
    #[error("`{path}` is a chart called `{found}`, but `{wanted}` is asked for")]
    WrongName {
        /// The source as written.
        path: String,
        /// The name in its `Chart.yaml`.
        found: String,
        /// The name that it was asked for by.
        wanted: String,
        /// Where the spec names it.
        place: Place,
    },
    /// The version in the spec is neither a version nor a constraint.
    #[error("`{wanted}` is no version constraint: {message}")]
    BadConstraint {
        /// What the spec has for a version.
        wanted: String,
        /// Why that is none.
        message: String,
        /// Where the spec names it.
        place: Place,
    },
    /// A file of values cannot be read, or is no YAML.
    #[error("values file `{path}` cannot be read: {message}")]
    Values {
        /// The file, from the folder of the spec.
        path: String,
        /// Why it cannot be read.
        message: String,
        /// Where the spec names it.
        place: Place,
    },
    /// The merged values hold what cannot be written, so that they have no digest.
    #[error("these values cannot be handed to a chart: {message}")]
    Unwritable {
        /// Which value has no form in YAML or JSON.
        message: String,
        /// Where the spec names it.
        place: Place,
    },
    /// A plain manifest is encrypted, and nothing would decrypt it.
    #[error("`{path}` is encrypted by SOPS: it would be packed as it is, sealed text and all")]
    Sops {
        /// The file.
        path: String,
        /// Where the spec names it.
        place: Place,
    },
    /// A folder of manifests holds none.
    #[error("there are no manifests in `{path}`: no `.yaml`, `.yml` or `.json`")]
    NoManifests {
        /// The folder.
        path: String,
        /// Where the spec names it.
        place: Place,
    },
}

impl Error {
    /// The code that it is told under.
    pub fn code(&self) -> Code {
        match self {
            Error::Source { source, .. } => source.code(),
            Error::NotAChart { .. } => Code::V002,
            Error::WrongVersion { .. } => Code::V003,
            Error::BadConstraint { .. } => Code::V004,
            Error::Values { .. } | Error::Unwritable { .. } => Code::V005,
            Error::WrongName { .. } => Code::V006,
            Error::NoManifests { .. } => Code::V007,
            Error::Sops { .. } => Code::V030,
        }
    }

    /// What to tell the user.
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::new(self.code(), self.to_string()).at(self.place().clone());
        match self {
            Error::Source { source, .. } => Diagnostic { help: source.help(), ..diagnostic },
            Error::WrongVersion { given, found, .. } => diagnostic.help(match given {
                Given::There => format!("write `version: {found}`, or put a chart of the version that is meant there"),
                Given::Beside => format!("the chart's own `Chart.yaml` asks for it: write {found} there, or bring the other"),
                Given::Locked => "that is the version of the lock; run `ichor lock` to have one that is asked for".into(),
                Given::Elsewhere => "the server lists one version and gives another: name another version, or tell \
                                     whoever keeps the chart"
                    .into(),
            }),
            Error::Sops { .. } => diagnostic.help(
                "give a chart's sealed values as `secretValues`, which takes SOPS files; a Secret that stands in a manifest \
                 can be one of a small chart, its texts from `secretValues`",
            ),
            _ => diagnostic,
        }
    }

    /// Where in the spec the source is named.
    pub fn place(&self) -> &Place {
        match self {
            Error::Source { place, .. }
            | Error::NotAChart { place, .. }
            | Error::WrongVersion { place, .. }
            | Error::WrongName { place, .. }
            | Error::BadConstraint { place, .. }
            | Error::Values { place, .. }
            | Error::Unwritable { place, .. }
            | Error::Sops { place, .. }
            | Error::NoManifests { place, .. } => place,
        }
    }
}
