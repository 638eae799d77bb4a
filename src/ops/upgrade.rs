//! `ichor upgrade`: another version of one part's chart, or another Helm for all, shown before anything is written.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Error;
use super::error::UpgradeError;
use super::lock::{Locked, renewed};
use super::signed::Asking;
use crate::edge::disk::{self, Access, Adding};
use crate::edge::mint::Mint;
use crate::review::compare::{self, Area, Clause, Diff, Finding, Risk, RiskLine, Side, Verdict};
use crate::review::drift::skips;
use crate::review::rules::cilium::{gateway_api, older};
use crate::stage::lock::Lock;
use crate::stage::resolve::{self, ChartSource, ResolvedContent, Sources, Update};
use crate::stage::spec::{self, Content, Spec, edit};
use crate::workspace;
use crate::workspace::fetching::Fetching;
use crate::workspace::{Workspace, side};
use helm_engine::helm::{HelmVersion, HelmWish};

/// What is upgraded.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'w> {
    /// A part's chart: its version, or the path of an archive or folder.
    Chart { part: &'w str, version: &'w str },
    /// The Helm that all charts are rendered as.
    Helm(HelmWish),
}

/// What an upgrade is or would be.
#[derive(Clone, Debug)]
pub struct Upgraded {
    pub diff: Diff,
    /// What was locked, where it was written.
    pub locked: Option<Locked>,
    /// The part that does not render with the new version and the values that are there.
    pub refused: Option<String>,
    /// What to mind about the step.
    pub notes: Vec<String>,
}

/// Renders what another version of a chart or of Helm makes of the spec beside what the present one does. With `write`, the
/// spec and the lock become those of the new version.
pub fn upgrade(
    spec_path: &Path,
    wish: Wish<'_>,
    identities: &[String],
    fetching: Fetching<'_>,
    write: bool,
    now: Timestamp,
) -> Result<Upgraded, Error> {
    let (workspace, _hold) = match write {
        true => Workspace::held(spec_path, "upgrade", fetching.progress)?,
        false => (Workspace::read(spec_path)?, None),
    };
    let (lock, lock_text) = workspace.lock()?;
    let mut next = workspace.clone();
    let name = match wish {
        Wish::Chart { part, version } => {
            next.spec_text = candidate(&workspace, &lock, part, version)?;
            format!("{part} {version}")
        }
        Wish::Helm(helm) => {
            next.helm = Some(helm.newest());
            next.spec_text = with_helm(&workspace, helm)?;
            format!("Helm {}", helm.newest())
        }
    };
    let notes = steps(&lock, &wish);
    // Whom the secrets are sealed to stays, wherever that is written.
    let recipients = workspace.spec.recipients.clone();
    next.spec = Spec {
        recipients,
        ..Spec::parse(&workspace.file, &next.spec_text, &next.trees()).map_err(workspace::Error::Spec)?
    };
    next.fetched = Some(fetching.fetch(&next, Some(&lock), &Update::None)?);
    let old =
        workspace.with_sources(Some(&lock), |sources| side::of_workspace("now", &workspace.spec, &lock, sources, None));
    let mut mint = Mint::new(now, identities);
    let network = fetching.network(&next)?;
    let clients = fetching.clients(&network)?;
    let asking = Asking { clients: &clients, settings: fetching.settings };
    match renewed(&next, Some(lock.clone()), &mut mint, now, Some(asking)) {
        Ok((new_lock, locked)) => {
            let new = next.with_sources(Some(&new_lock), |sources| {
                side::of_workspace(&name, &next.spec, &new_lock, sources, Some(&old))
            });
            let diff = compare::diff(&old, &new, now);
            let _hold = next.hold_cache(fetching.progress)?;
            let mut adding = Adding::begin();
            next.keep_fetched(&mut adding)?;
            let locked = if write { Some(apply(&workspace, &lock_text, &next, &new_lock, locked)?) } else { None };
            adding.keep();
            Ok(Upgraded { diff, locked, refused: None, notes })
        }
        Err(Error::Workspace(workspace::Error::Render(fault))) if !write => {
            let part = match wish {
                Wish::Chart { part, .. } => part,
                Wish::Helm(_) => &fault.part,
            };
            let new = next.with_sources(Some(&lock), |sources| {
                refused(&name, &old, &next, part, next.helm(Some(&lock)), sources)
            })?;
            let mut diff = compare::diff(&old, &new, now);
            let message: Vec<&str> = fault.message.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
            let text = format!("it does not render with these values: {}", message.join(" "));
            diff.findings.insert(0, Finding::new(Risk::Traffic, Area::Values, part, text));
            diff.verdict = Verdict { routine: false, because: vec!["it does not render".into()] };
            diff.risk =
                RiskLine(vec![Clause { what: "cannot be applied".into(), of: format!("part {part} does not render") }]);
            Ok(Upgraded { diff, locked: None, refused: Some(part.into()), notes })
        }
        Err(fault) => Err(fault),
    }
}

/// The order in which a cluster has to move: Cilium goes one minor at a time, each from its latest patch, and the CRDs go first.
fn steps(lock: &Lock, wish: &Wish<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let Wish::Chart { part, version } = wish else { return notes };
    let Some(locked) = lock.parts.get(*part) else { return notes };
    let is_cilium = locked.source.rsplit('/').next().is_some_and(|it| it.starts_with("cilium"));
    let Some(from) = locked.version.as_deref().filter(|_| is_cilium) else { return notes };
    let minor = |it: &str| it.trim_start_matches('v').split('.').take(2).collect::<Vec<_>>().join(".");
    let (one, other) = (minor(from), minor(version));
    if let Some(between) = skips(from, version) {
        notes.push(format!(
            "this step from {from} to {version} skips {between}: Cilium goes one minor at a time, each from its latest patch"
        ));
    } else if one != other {
        notes.push(format!("before it, take the latest patch of {one}: Cilium goes from there to {other}"));
    }
    match (gateway_api(from), gateway_api(version)) {
        (Some(old), Some(new)) if older(&old, &new) => notes.push(format!(
            "Cilium {other} wants the Gateway API's CRDs from {new} on: where `gatewayAPI.enabled` is set, they move first"
        )),
        _ => {}
    }
    notes
}

/// The spec's text with another Helm, where it names one that does not allow it. Where it names none, the lock alone does.
fn with_helm(workspace: &Workspace, helm: HelmWish) -> Result<String, Error> {
    match workspace.spec.helm {
        Some(named) if !named.allows(helm.newest()) => {
            let edited = edit::set_helm(&workspace.spec_text, &helm.to_string());
            edited.map_err(|fault| UpgradeError::Edit { fault, parts: Vec::new() }.into())
        }
        _ => Ok(workspace.spec_text.clone()),
    }
}

/// The spec's text with the new version in it.
fn candidate(workspace: &Workspace, lock: &Lock, part: &str, version: &str) -> Result<String, Error> {
    let found = workspace.spec.parts.iter().find(|it| it.name == part);
    let failed = |fault| {
        let parts = workspace.spec.parts.iter().map(|it| it.name.clone()).collect();
        Error::Upgrade(UpgradeError::Edit { fault, parts })
    };
    let chart = match found.map(|it| &it.content) {
        Some(Content::Chart(chart)) => match &chart.released {
            None => chart,
            Some(released) => {
                let (part, path) = (part.to_owned(), released.written.clone());
                return Err(failed(edit::EditError::Released { part, path }));
            }
        },
        Some(Content::Manifest { .. }) => return Err(failed(edit::EditError::NoChart(part.into()))),
        None => return Err(failed(edit::EditError::NoPart(part.into()))),
    };
    let text = &workspace.spec_text;
    if Path::new(version).exists() {
        let path = below(version, workspace.spec_folder());
        let found = workspace.with_sources(Some(lock), |sources| version_of(sources, &path))?;
        return edit::set_chart(text, part, Some(&path), &found).map_err(failed);
    }
    let path = beside(chart, lock.parts.get(part).and_then(|it| it.version.as_deref()), version);
    if let Some(path) = &path
        && !workspace.spec_folder().join(path).exists()
    {
        return Err(UpgradeError::NoSuchVersion { version: version.into(), path: path.clone() }.into());
    }
    edit::set_chart(text, part, path.as_deref(), version).map_err(failed)
}

/// `./cilium-1.20.0.tgz` beside `./cilium-1.19.6.tgz`; nothing where the chart's name has no version in it.
fn beside(chart: &spec::Chart, old: Option<&str>, new: &str) -> Option<String> {
    let (folder, file) = chart.path.rsplit_once('/').map_or(("", chart.path.as_str()), |(folder, file)| (folder, file));
    let file = old.filter(|it| file.contains(it)).map(|it| file.replace(it, new.trim_start_matches('v')))?;
    Some(if folder.is_empty() { file } else { format!("{folder}/{file}") })
}

/// A path from here as one from the spec's folder.
fn below(path: &str, folder: &Path) -> String {
    let here = |it: &Path| it.canonicalize().unwrap_or_else(|_| it.into());
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (target, from) = (here(Path::new(path)), here(folder));
    let shared = target.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(PathBuf::from(".."), from.components().count() - shared);
    let down: PathBuf = up.chain(target.components().skip(shared).map(|it| it.as_os_str().into())).collect();
    let down = down.display().to_string();
    if down.starts_with("..") { down } else { format!("./{down}") }
}

fn version_of(sources: &dyn Sources, path: &str) -> Result<String, Error> {
    use helm_engine::helm::Chart;
    let bad = |message: String| UpgradeError::NotAnUpgrade { path: path.into(), message };
    let chart = match sources.chart(path).map_err(|it| bad(it.to_string()))? {
        ChartSource::Archive(bytes) => Chart::load_archive(&bytes, HelmVersion::NEWEST),
        ChartSource::Folder(tree) => Chart::load(&tree, HelmVersion::NEWEST),
    };
    Ok(chart.map_err(|it| bad(it.to_string()))?.metadata().version.clone())
}

/// The side that does not render: its chart and its values, with the resources as they were.
fn refused(
    name: &str,
    old: &Side,
    next: &Workspace,
    part: &str,
    helm: HelmVersion,
    sources: &dyn Sources,
) -> Result<Side, Error> {
    let mut side = Side { name: name.into(), helm: Some(helm), ..old.clone() };
    let parts = next.spec.parts.iter().filter(|it| it.name == part).cloned().collect();
    let resolved =
        resolve::resolve(&Spec { parts, ..next.spec.clone() }, helm, sources).map_err(workspace::Error::Resolve)?;
    if let (Some(resolved), Some(entry)) = (resolved.parts().first(), side.parts.get_mut(part)) {
        entry.source = resolved.source.clone();
        entry.digest = resolved.digest;
        entry.size = Some(resolved.size);
        if let ResolvedContent::Chart { version, .. } = &resolved.content {
            entry.version = Some(version.clone());
        }
        if let Ok(content) = &mut entry.content {
            content.values = side::values(&resolved.content);
        }
    }
    Ok(side)
}

/// Writes the lock, then the spec. Where the spec cannot be written, the lock is put back.
fn apply(before: &Workspace, old: &str, next: &Workspace, lock: &Lock, locked: Locked) -> Result<Locked, Error> {
    before.check_lock(Some(old))?;
    before.check_spec()?;
    let text = lock.encode();
    let changed = old != text;
    disk::replace(&next.lock_path, text.as_bytes(), Access::Public)?;
    if let Err(fault) = disk::write(Path::new(&next.file), next.spec_text.as_bytes(), Access::Public) {
        disk::replace(&next.lock_path, old.as_bytes(), Access::Public)?;
        return Err(fault.into());
    }
    Ok(Locked { changed, ..locked })
}
