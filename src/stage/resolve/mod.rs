//! Finds out what a spec's sources are, exactly: versions, digests, sizes, merged values.
//!
//! [`wishes`] says what must be fetched; [`resolve`] takes what was fetched and what lies here. Neither reaches out itself.

pub mod choose;
mod dependencies;
mod error;
mod inputs;
mod source_error;
mod source_help;
mod sources;
mod unchanged;
mod values;
mod wish;

pub use error::{Error, Given};
pub use inputs::Inputs;
pub use source_error::{Says, SourceError};
pub use sources::{ChartSource, ManifestSource, Remote, Sources};
pub use unchanged::is_unchanged;
pub use wish::{Hold, Update, Wish, wishes};

use std::collections::BTreeMap;

use crate::base::diagnostic::Place;
use crate::base::digest::Digest;
use crate::base::nar;
use crate::base::sops::is_sops;
use crate::stage::lock::{LockedRelease, LockedSource};
use crate::stage::spec::{self, Content, Source, Spec};
use helm_engine::helm::Chart;
use helm_engine::helm::HelmVersion;
use helm_engine::timing;
use helm_engine::tree::FileTree;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use values::merged;

/// Every part, exactly.
#[derive(Debug)]
pub struct Resolved {
    helm: HelmVersion,
    parts: Vec<ResolvedPart>,
}

/// One part, exactly.
#[derive(Debug)]
pub struct ResolvedPart {
    /// The part's name in the spec.
    pub name: String,
    /// Where it comes from, as the spec says it.
    pub source: String,
    /// Of the bytes of an archive or file, of the NAR of a folder.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// The digest of the manifest that names the content, where it comes from a registry.
    pub manifest: Option<Digest>,
    /// The subcharts that were added to a chart's folder, by alias or name.
    pub dependencies: BTreeMap<String, LockedSource>,
    /// The release of GitOps that it comes from, where one is.
    pub release: Option<LockedRelease>,
    /// The content itself.
    pub content: ResolvedContent,
}

/// What a part holds.
#[derive(Debug)]
pub enum ResolvedContent {
    /// A stream of manifests, rendered by nobody.
    Manifest(Vec<u8>),
    /// A chart, and all that it is rendered with.
    Chart {
        /// The chart, its subcharts in it.
        chart: Box<Chart>,
        /// The version in its `Chart.yaml`.
        version: String,
        /// The namespace it is put into.
        namespace: String,
        /// The values of the spec, merged; those of the chart are not among them.
        values: Map,
        /// The digest of those values as canonical text.
        values_digest: Digest,
        /// What it is given beside them.
        inputs: Box<Inputs>,
    },
}

/// Resolves every part for a Helm; all faults at once.
pub fn resolve(spec: &Spec, helm: HelmVersion, sources: &dyn Sources) -> Result<Resolved, Vec<Error>> {
    let mut parts = Vec::new();
    let mut faults = Vec::new();
    for part in &spec.parts {
        let resolved = match &part.content {
            Content::Manifest { path, source, place, .. } => manifest(part, path, source, place, sources),
            Content::Chart(wanted) => chart(spec, part, wanted, helm, sources),
        };
        match resolved {
            Ok(resolved) => parts.push(resolved),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(Resolved { helm, parts }) } else { Err(faults) }
}

impl Resolved {
    /// In the order of the spec.
    pub fn parts(&self) -> &[ResolvedPart] {
        &self.parts
    }

    /// The Helm that charts were read as and are to be rendered as.
    pub fn helm(&self) -> HelmVersion {
        self.helm
    }

    pub(crate) fn into_parts(self) -> Vec<ResolvedPart> {
        self.parts
    }
}

fn manifest(
    part: &spec::Part,
    path: &str,
    from: &Source,
    place: &Place,
    sources: &dyn Sources,
) -> Result<ResolvedPart, Error> {
    let failed = |source| Error::Source { source: Box::new(source), place: place.clone() };
    let found = match from {
        Source::Local(local) => sources.manifest(local).map_err(failed)?,
        _ => ManifestSource::File(sources.remote(&part.name, from, path).map_err(failed)?.bytes),
    };
    let sops = |path: &str| Error::Sops { path: path.into(), place: place.clone() };
    match &found {
        ManifestSource::File(bytes) if is_sops(bytes) => return Err(sops(path)),
        ManifestSource::Folder(tree) => {
            if let Some((file, _)) = tree.iter().find(|(_, bytes)| is_sops(bytes)) {
                return Err(sops(&format!("{path}/{file}")));
            }
        }
        ManifestSource::File(_) => {}
    }
    let (digest, size, bytes) = match found {
        ManifestSource::File(bytes) => (Digest::of(&bytes), bytes.len() as u64, bytes),
        ManifestSource::Folder(tree) => {
            if tree.is_empty() {
                return Err(Error::NoManifests { path: path.into(), place: place.clone() });
            }
            (nar::digest(&tree), size(&tree), joined(&tree))
        }
    };
    Ok(ResolvedPart {
        name: part.name.clone(),
        source: path.into(),
        digest,
        size,
        manifest: None,
        dependencies: BTreeMap::new(),
        release: None,
        content: ResolvedContent::Manifest(bytes),
    })
}

/// The files as one stream of documents, in the order of their paths.
fn joined(tree: &FileTree) -> Vec<u8> {
    let mut stream = Vec::new();
    for (_, bytes) in tree.iter() {
        if !bytes.starts_with(b"---") {
            stream.extend_from_slice(b"---\n");
        }
        stream.extend_from_slice(bytes);
        if !bytes.ends_with(b"\n") {
            stream.push(b'\n');
        }
    }
    stream
}

fn size(tree: &FileTree) -> u64 {
    tree.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

fn chart(
    spec: &Spec,
    part: &spec::Part,
    wanted: &spec::Chart,
    helm: HelmVersion,
    sources: &dyn Sources,
) -> Result<ResolvedPart, Error> {
    let place = || wanted.place.clone();
    let failed = |source| Error::Source { source: Box::new(source), place: place() };
    let loaded = |chart: Result<Chart, helm_engine::helm::ChartError>| {
        chart.map_err(|it| Error::NotAChart { path: wanted.path.clone(), message: it.to_string(), place: place() })
    };
    let mut manifest = None;
    let mut dependencies = BTreeMap::new();
    let step = timing::step_of("read charts", &part.name);
    let (digest, size, chart) = match &wanted.source {
        Source::Local(path) => match sources.chart(path).map_err(failed)? {
            ChartSource::Archive(bytes) => {
                let digest = Digest::of(&bytes);
                (digest, bytes.len() as u64, loaded(sources.load(&bytes, digest, helm))?)
            }
            ChartSource::Folder(tree) => {
                let alone = loaded(Chart::load(&tree, helm))?;
                let (digest, size) = (nar::digest(&tree), size(&tree));
                match subcharts(part, wanted, &alone, tree, sources, &mut dependencies)? {
                    Some(tree) => (digest, size, loaded(Chart::load(&tree, helm))?),
                    None => (digest, size, alone),
                }
            }
        },
        source => {
            let remote = sources.remote(&part.name, source, &wanted.path).map_err(failed)?;
            let digest = Digest::of(&remote.bytes);
            let chart = loaded(sources.load(&remote.bytes, digest, helm))?;
            check_remote(source, &wanted.path, &remote, &chart, wanted)?;
            manifest = remote.manifest;
            (digest, remote.bytes.len() as u64, chart)
        }
    };
    let version = chart.metadata().version.clone();
    if let Some(constraint) = &wanted.version {
        let given = match &wanted.source {
            Source::Local(_) | Source::Url(_) => Given::There,
            // The newest that fits was taken when it was locked.
            Source::Oci(_) | Source::Repository { .. } => Given::Locked,
        };
        check_version(constraint, &version, &wanted.path, given, wanted.place_of_version())?;
    }
    drop(step);
    let step = timing::step_of("read values", &part.name);
    let values = merged(&wanted.values, helm, sources)?;
    // What the part sets itself comes on top of what its release says.
    let own = match &wanted.released {
        Some(_) => merged(wanted.values.get(1..).unwrap_or_default(), helm, sources)?,
        None => Map::any(),
    };
    let canonical = yaml::write(&Value::Map(values.clone()));
    let canonical = canonical.map_err(|message| Error::Unwritable { message, place: place() })?;
    drop(step);
    let content = ResolvedContent::Chart {
        chart: Box::new(chart),
        version,
        namespace: wanted.namespace.clone(),
        values,
        values_digest: Digest::of(&canonical),
        inputs: Box::new(inputs::inputs(spec, wanted, &own, sources)?),
    };
    Ok(ResolvedPart {
        name: part.name.clone(),
        source: wanted.path.clone(),
        digest,
        size,
        manifest,
        dependencies,
        release: wanted.released.as_deref().map(locked_release),
        content,
    })
}

/// The folder with every subchart it names; `None` where it holds them all.
fn subcharts(
    part: &spec::Part,
    wanted: &spec::Chart,
    chart: &Chart,
    mut tree: FileTree,
    sources: &dyn Sources,
    dependencies: &mut BTreeMap<String, LockedSource>,
) -> Result<Option<FileTree>, Error> {
    let place = || wanted.place.clone();
    let failed = |source| Error::Source { source: Box::new(source), place: place() };
    let missing = dependencies::missing(chart, &tree).map_err(|message| Error::NotAChart {
        path: wanted.path.clone(),
        message,
        place: place(),
    })?;
    if missing.is_empty() {
        return Ok(None);
    }
    let helm = chart.helm();
    for sub in missing {
        let what = format!("{} (subchart of part `{}`)", sub.text, part.name);
        let not_a_chart = |message: String| Error::NotAChart { path: what.clone(), message, place: place() };
        let loaded = |it: Result<Chart, helm_engine::helm::ChartError>| it.map_err(|it| not_a_chart(it.to_string()));
        let (digest, size, manifest, sub_chart) = match &sub.source {
            Source::Local(path) => match sources.chart(&dependencies::beside(&wanted.path, path)).map_err(failed)? {
                ChartSource::Folder(files) => {
                    let loaded = loaded(Chart::load(&files, helm))?;
                    dependencies::graft(&mut tree, &sub.name, &files);
                    (nar::digest(&files), size(&files), None, loaded)
                }
                ChartSource::Archive(bytes) => {
                    let loaded = loaded(Chart::load_archive(&bytes, helm))?;
                    let known = (Digest::of(&bytes), bytes.len() as u64);
                    dependencies::graft_archive(&mut tree, &sub.name, &loaded.metadata().version, bytes);
                    (known.0, known.1, None, loaded)
                }
            },
            source => {
                let key = format!("{}/{}", part.name, sub.key);
                let remote = sources.remote(&key, source, &sub.text).map_err(failed)?;
                let loaded = loaded(Chart::load_archive(&remote.bytes, helm))?;
                check_remote(source, &what, &remote, &loaded, wanted)?;
                let known = (Digest::of(&remote.bytes), remote.bytes.len() as u64);
                dependencies::graft_archive(&mut tree, &sub.name, &loaded.metadata().version, remote.bytes);
                (known.0, known.1, remote.manifest, loaded)
            }
        };
        if sub_chart.name() != sub.name {
            let (found, wanted) = (sub_chart.name().to_owned(), sub.name.clone());
            return Err(Error::WrongName { path: what, found, wanted, place: place() });
        }
        let version = sub_chart.metadata().version.clone();
        if !sub.version.is_empty() {
            let given = if sub.source.is_local() { Given::Beside } else { Given::Locked };
            check_version(&sub.version, &version, &what, given, place())?;
        }
        let locked = LockedSource { source: sub.text, version: Some(version), digest, size, manifest };
        dependencies.insert(sub.key, locked);
    }
    Ok(Some(tree))
}

/// The name and the version must be those under which it was asked for.
fn check_remote(
    source: &Source,
    path: &str,
    remote: &Remote,
    chart: &Chart,
    wanted: &spec::Chart,
) -> Result<(), Error> {
    let name = match source {
        Source::Oci(name) => Some(name.file_name()),
        Source::Repository { chart, .. } => Some(chart.as_str()),
        Source::Local(_) | Source::Url(_) => None,
    };
    if let Some(name) = name.filter(|it| *it != chart.name()) {
        let (found, name) = (chart.name().to_owned(), name.to_owned());
        return Err(Error::WrongName { path: path.into(), found, wanted: name, place: wanted.place.clone() });
    }
    let found = &chart.metadata().version;
    match &remote.version {
        Some(asked) if choose::is_exact(asked) && !choose::is_same(asked, found) => Err(Error::WrongVersion {
            path: path.into(),
            found: found.clone(),
            wanted: asked.clone(),
            given: Given::Elsewhere,
            place: wanted.place_of_version(),
        }),
        _ => Ok(()),
    }
}

fn check_version(constraint: &str, version: &str, path: &str, given: Given, place: Place) -> Result<(), Error> {
    match choose::satisfies(constraint, version) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::WrongVersion {
            path: path.into(),
            found: version.into(),
            wanted: constraint.into(),
            given,
            place,
        }),
        Err(fault) => Err(Error::BadConstraint { wanted: constraint.into(), message: fault.to_string(), place }),
    }
}

fn locked_release(released: &spec::Released) -> LockedRelease {
    LockedRelease {
        from: format!("{} {}", released.tool, released.written),
        name: released.release.name.clone(),
        namespace: released.release.namespace.clone(),
        read: released.release.read.clone(),
    }
}
