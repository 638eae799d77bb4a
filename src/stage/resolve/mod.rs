//! Finds out what a spec's sources are, exactly: versions, digests, sizes, merged values.

mod inputs;

pub use inputs::Inputs;

use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::base::nar;
use crate::base::tree::FileTree;
use crate::engine::helm::Chart;
use crate::engine::helm::values::{merge_maps, read_documents};
use crate::engine::sprig::semver::{Constraint, Version};
use crate::engine::value::{Map, Value};
use crate::engine::yaml;
use crate::stage::spec::{self, Content, Spec, Values};

/// Where the bytes of sources come from. Paths are those of the spec, from its folder.
pub trait Sources {
    fn chart(&self, path: &str) -> Result<ChartSource, SourceError>;
    fn file(&self, path: &str) -> Result<Vec<u8>, SourceError>;
}

/// A chart as it was found.
#[derive(Clone, Debug)]
pub enum ChartSource {
    Archive(Vec<u8>),
    /// A folder, without what its `.helmignore` leaves out.
    Folder(FileTree),
}

/// A source could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    pub message: String,
    /// Whether the spec names something that is not there; else the surroundings failed.
    pub missing: bool,
}

/// Every part, exactly.
#[derive(Debug)]
pub struct Resolved {
    parts: Vec<ResolvedPart>,
}

/// One part, exactly.
#[derive(Debug)]
pub struct ResolvedPart {
    pub name: String,
    /// Where it comes from, as the spec says it.
    pub source: String,
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    pub content: ResolvedContent,
}

/// What a part holds.
#[derive(Debug)]
pub enum ResolvedContent {
    Manifest(Vec<u8>),
    Chart {
        chart: Box<Chart>,
        version: String,
        namespace: String,
        values: Map,
        values_digest: Digest,
        inputs: Box<Inputs>,
    },
}

/// Why a source is not what the spec says.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{source}")]
    Source { source: SourceError, place: Place },
    #[error("`{path}` is no chart: {message}")]
    NotAChart { path: String, message: String, place: Place },
    #[error("`{path}` is version {found}, but the spec asks for {wanted}")]
    WrongVersion { path: String, found: String, wanted: String, place: Place },
    #[error("`{wanted}` is no version constraint: {message}")]
    BadConstraint { wanted: String, message: String, place: Place },
    #[error("values file `{path}` cannot be read: {message}")]
    Values { path: String, message: String, place: Place },
}

/// Resolves every part; all faults at once.
pub fn resolve(spec: &Spec, sources: &dyn Sources) -> Result<Resolved, Vec<Error>> {
    let mut parts = Vec::new();
    let mut faults = Vec::new();
    for part in &spec.parts {
        let resolved = match &part.content {
            Content::Manifest { path, place } => manifest(part, path, place, sources),
            Content::Chart(wanted) => chart(spec, part, wanted, sources),
        };
        match resolved {
            Ok(resolved) => parts.push(resolved),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(Resolved { parts }) } else { Err(faults) }
}

impl Resolved {
    /// In the order of the spec.
    pub fn parts(&self) -> &[ResolvedPart] {
        &self.parts
    }

    pub(crate) fn into_parts(self) -> Vec<ResolvedPart> {
        self.parts
    }
}

impl Error {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Source { .. } => "V001",
            Error::NotAChart { .. } => "V002",
            Error::WrongVersion { .. } => "V003",
            Error::BadConstraint { .. } => "V004",
            Error::Values { .. } => "V005",
        }
    }

    /// Whether the surroundings are at fault, and not what the spec says.
    pub fn is_of_the_surroundings(&self) -> bool {
        matches!(self, Error::Source { source, .. } if !source.missing)
    }

    /// Where in the spec the source is named.
    pub fn place(&self) -> &Place {
        match self {
            Error::Source { place, .. }
            | Error::NotAChart { place, .. }
            | Error::WrongVersion { place, .. }
            | Error::BadConstraint { place, .. }
            | Error::Values { place, .. } => place,
        }
    }
}

fn manifest(part: &spec::Part, path: &str, place: &Place, sources: &dyn Sources) -> Result<ResolvedPart, Error> {
    let bytes = sources.file(path).map_err(|source| Error::Source { source, place: place.clone() })?;
    Ok(ResolvedPart {
        name: part.name.clone(),
        source: path.into(),
        digest: Digest::of(&bytes),
        size: bytes.len() as u64,
        content: ResolvedContent::Manifest(bytes),
    })
}

fn chart(spec: &Spec, part: &spec::Part, wanted: &spec::Chart, sources: &dyn Sources) -> Result<ResolvedPart, Error> {
    let place = || wanted.place.clone();
    let found = sources.chart(&wanted.path).map_err(|source| Error::Source { source, place: place() })?;
    let (digest, size, chart) = match &found {
        ChartSource::Archive(bytes) => (Digest::of(bytes), bytes.len() as u64, Chart::load_archive(bytes)),
        ChartSource::Folder(tree) => {
            (nar::digest(tree), tree.iter().map(|(_, bytes)| bytes.len() as u64).sum(), Chart::load(tree))
        }
    };
    let chart =
        chart.map_err(|it| Error::NotAChart { path: wanted.path.clone(), message: it.to_string(), place: place() })?;
    let version = chart.metadata().version.clone();
    if let Some(constraint) = &wanted.version {
        check_version(constraint, &version, wanted)?;
    }
    let values = merged(wanted, sources)?;
    let canonical = yaml::write(&Value::Map(values.clone())).expect("values that were read can be written");
    let content = ResolvedContent::Chart {
        chart: Box::new(chart),
        version,
        namespace: wanted.namespace.clone(),
        values,
        values_digest: Digest::of(&canonical),
        inputs: Box::new(inputs::inputs(spec, wanted, sources)?),
    };
    Ok(ResolvedPart { name: part.name.clone(), source: wanted.path.clone(), digest, size, content })
}

fn check_version(constraint: &str, version: &str, wanted: &spec::Chart) -> Result<(), Error> {
    let parsed = Constraint::parse(constraint).map_err(|it| Error::BadConstraint {
        wanted: constraint.into(),
        message: it.to_string(),
        place: wanted.place.clone(),
    })?;
    // An exact version names itself, pre-release or not.
    let exact = constraint.trim_start_matches('v') == version.trim_start_matches('v');
    if exact || Version::parse(version).is_ok_and(|it| parsed.matches(&it)) {
        return Ok(());
    }
    Err(Error::WrongVersion {
        path: wanted.path.clone(),
        found: version.into(),
        wanted: constraint.into(),
        place: wanted.place.clone(),
    })
}

/// The layers of user values merged as Helm merges `-f` after `-f`.
fn merged(wanted: &spec::Chart, sources: &dyn Sources) -> Result<Map, Error> {
    let mut merged = Map::any();
    for layer in &wanted.values {
        let (text, path, place) = match layer {
            Values::File { path, place } => {
                let text = sources.file(path).map_err(|source| Error::Source { source, place: place.clone() })?;
                (text, path.as_str(), place)
            }
            // Written out and read again, so that numbers are what they are in a file.
            Values::Inline(value, place) => {
                let text = yaml::write(value).expect("values that were read can be written");
                (text.as_bytes().to_vec(), "values", place)
            }
        };
        let fault = |message: String| Error::Values { path: path.into(), message, place: place.clone() };
        merged = merge_maps(&merged, &read_documents(&text).map_err(fault)?);
    }
    Ok(merged)
}
