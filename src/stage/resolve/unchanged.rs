//! Whether everything that a spec names is what its lock says, told without reading any chart.

use super::values::merged;
use super::{ChartSource, ResolvedContent, Sources, choose, inputs, manifest, size};
use crate::base::digest::Digest;
use crate::base::nar;
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::spec::{self, Content, Source, Spec};
use helm_engine::helm::HelmVersion;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// Whether every part is the one that was locked, by the digests of all that goes into it. A chart of these bytes was read
/// when it was locked. What this does not prove, as of a chart with subcharts from elsewhere or of a release of GitOps, it denies: whoever wants to
/// know why resolves the spec.
pub fn is_unchanged(spec: &Spec, helm: HelmVersion, lock: &Lock, sources: &dyn Sources) -> bool {
    spec.parts.len() == lock.parts.len()
        && spec.parts.iter().all(|part| {
            let locked = lock.parts.get(&part.name);
            locked.is_some_and(|locked| is_same(spec, part, helm, locked, sources).unwrap_or(false))
        })
}

/// `None` where something cannot be read.
fn is_same(
    spec: &Spec,
    part: &spec::Part,
    helm: HelmVersion,
    locked: &LockedPart,
    sources: &dyn Sources,
) -> Option<bool> {
    if !locked.dependencies.is_empty() || locked.release.is_some() {
        return Some(false);
    }
    let wanted = match &part.content {
        Content::Manifest { path, source, place, .. } => {
            let found = manifest(part, path, source, place, sources).ok()?;
            let is_manifest = matches!(found.content, ResolvedContent::Manifest(_));
            let nothing_else = locked.version.is_none() && locked.values.is_none() && locked.secret_values.is_none();
            let same = (&found.source, found.digest, found.size) == (&locked.source, locked.digest, locked.size);
            return Some(is_manifest && nothing_else && locked.lookup.is_none() && same);
        }
        Content::Chart(wanted) => wanted,
    };
    if wanted.released.is_some() {
        return Some(false);
    }
    let measured = |bytes: &[u8]| (Digest::of(bytes), bytes.len() as u64);
    let (digest, size) = match &wanted.source {
        Source::Local(path) => match sources.chart(path).ok()? {
            ChartSource::Archive(bytes) => measured(&bytes),
            ChartSource::Folder(tree) => (nar::digest(&tree), size(&tree)),
        },
        source => measured(&sources.remote(&part.name, source, &wanted.path).ok()?.bytes),
    };
    let version = locked.version.as_deref()?;
    let allowed = wanted.version.as_deref().is_none_or(|it| choose::satisfies(it, version) == Ok(true));
    if !allowed || (&wanted.path, digest, size) != (&locked.source, locked.digest, locked.size) {
        return Some(false);
    }
    let values = yaml::write(&Value::Map(merged(&wanted.values, helm, sources).ok()?)).ok()?;
    let inputs = inputs::inputs(spec, wanted, &Map::any(), sources).ok()?;
    Some(
        locked.values == Some(Digest::of(&values))
            && locked.secret_values == inputs.secret_digest
            && locked.lookup == inputs.lookup_digest,
    )
}
