//! `ichor check`: what is likely wrong, though it builds.

use std::path::Path;

use jiff::Timestamp;

use super::Error;
use crate::base::code::{Code, Severity};
use crate::base::diagnostic::Diagnostic;
use crate::base::secret::Secret;
use crate::deliver::changes::{self, ValueChange};
use crate::deliver::contents::Contents;
use crate::deliver::size;
use crate::deliver::target::{self, Target};
use crate::edge::{disk, random};
use crate::review::rules::{self, ChartSubject, Layer, MachineConfig, Output, Subject, Written, allowed};
use crate::stage::bundle::Bundle;
use crate::stage::lock::{Envelope, Lock};
use crate::stage::pack::{self, Manifest, Packed};
use crate::stage::render::{self, secrets};
use crate::stage::resolve::{self, SourceError};
use crate::stage::seal::{self, Sealed};
use crate::stage::spec::{Content, Source, Spec, Values};
use crate::stage::vendored::{Vendored, VendoredContent, VendoredPart};
use crate::workspace;
use crate::workspace::Workspace;
use helm_engine::helm;

/// What checking found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The spec, as findings name it.
    pub spec: String,
    pub diagnostics: Vec<Diagnostic>,
    /// What the spec allows, each with its reason.
    pub allowed: Vec<(Diagnostic, String)>,
    /// The size of what each target gets, in bytes; empty where nothing could be built.
    pub sizes: Vec<(Target, u64)>,
    /// Which values of a part that comes from GitOps are other ones once GitOps takes over.
    pub takeover: Vec<(String, Vec<ValueChange>)>,
}

impl Checked {
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|it| it.severity() == severity).count()
    }
}

/// Checks the spec at a path, as far as its lock allows; together with the machine config of a control plane, where one is
/// named.
pub fn check(spec: &Path, machine_config: Option<&Path>, now: Timestamp) -> Result<Checked, Error> {
    let workspace = Workspace::read(spec)?;
    let machine_config = match machine_config {
        Some(path) => Some(MachineConfig { file: path.display().to_string(), text: disk::read_text(path)? }),
        None => None,
    };
    let lock = workspace.lock_if_any()?.map(|(lock, _)| lock);
    let mut diagnostics = Vec::new();
    if lock.is_none() {
        let message = "there is no lock yet, so nothing that renders was checked";
        diagnostics.push(Diagnostic::new(Code::L013, message).help(workspace::error::no_lock(&workspace.lock_path)));
    }
    let resolved = match workspace.resolve(lock.as_ref()) {
        Ok(resolved) => Some(resolved),
        Err(workspace::Error::Resolve(faults)) => {
            // What must be fetched is not here before there is a lock.
            let is_known = |it: &&resolve::Error| {
                lock.is_none()
                    && matches!(it, resolve::Error::Source { source, .. } if matches!(**source, SourceError::NotLocked { .. }))
            };
            diagnostics.extend(faults.iter().filter(|it| !is_known(it)).map(resolve::Error::diagnostic));
            None
        }
        Err(fault) => return Err(fault.into()),
    };
    let stale = match (&resolved, &lock) {
        (Some(resolved), Some(lock)) => Vendored::stale(&workspace.spec, resolved, lock),
        _ => Vec::new(),
    };
    let agrees = lock.is_some() && stale.is_empty();
    if !stale.is_empty() {
        diagnostics.extend(workspace.stale(stale).diagnostics());
    }
    // What disagrees with its lock is not rendered, but its values can be read.
    let vendored = resolved.map(|it| Vendored::fresh(&workspace.spec, it, lock.as_ref(), now));
    let sealed = match &vendored {
        Some(vendored) if agrees => Some(seal::seal(&render::render(vendored, &random::seed(), None)?)?),
        _ => None,
    };
    if let (Some(sealed), Some(lock)) = (&sealed, &lock)
        && let Err(fault) = workspace.check(sealed, lock)
    {
        diagnostics.extend(fault.diagnostics());
    }
    let packed = sealed.as_ref().map(|it| pack::pack(it, &workspace.spec));
    let charts = vendored.iter().flat_map(|it| it.parts()).filter_map(|it| chart(it, &workspace)).collect();
    let subject = Subject {
        spec: &workspace.spec,
        file: &workspace.file,
        text: &workspace.spec_text,
        charts,
        output: packed.as_ref().map(|it| output(it.manifests(), it.patch().len() as u64, &workspace.spec)),
        written: written(&workspace),
        machine_config,
        lock: lock.as_ref().map(|it| (it, now)),
    };
    let judged = allowed::judge(&workspace.spec, rules::check(&subject), packed.is_some());
    diagnostics.extend(judged.diagnostics);
    let sizes = match (&sealed, &packed, &lock) {
        (Some(sealed), Some(packed), Some(lock)) => sizes(packed, &manifests(sealed, packed, lock), &workspace.spec),
        _ => Vec::new(),
    };
    let takeover = vendored.iter().flat_map(|it| it.parts()).filter_map(|it| takeover(it, &workspace.spec)).collect();
    Ok(Checked { spec: workspace.file.to_string(), diagnostics, allowed: judged.allowed, sizes, takeover })
}

/// What the release that a part comes from says otherwise than the part with its own `values:`.
fn takeover(part: &VendoredPart, spec: &Spec) -> Option<(String, Vec<ValueChange>)> {
    let VendoredContent::Chart { values, .. } = &part.content else { return None };
    let wanted = spec.parts.iter().find(|it| it.name == part.name)?;
    let Content::Chart(chart) = &wanted.content else { return None };
    let release = &chart.released.as_deref()?.release;
    let changes = changes::told(changes::changes(values, &release.values), release.secret_digest.is_some());
    (!changes.is_empty()).then(|| (part.name.clone(), changes))
}

/// The errors of the rules in what a build gives, but for those that the spec allows. Nothing here asks for the time.
pub(super) fn errors(workspace: &Workspace, vendored: &Vendored, manifests: &[Manifest]) -> Vec<Diagnostic> {
    let patch = pack::talos::control_plane(manifests, workspace.spec.talos).len() as u64;
    let subject = Subject {
        spec: &workspace.spec,
        file: &workspace.file,
        text: &workspace.spec_text,
        charts: vendored.parts().iter().filter_map(|it| chart(it, workspace)).collect(),
        output: Some(output(manifests, patch, &workspace.spec)),
        written: written(workspace),
        machine_config: None,
        lock: None,
    };
    let found = allowed::judge(&workspace.spec, rules::check(&subject), false).diagnostics;
    found.into_iter().filter(|it| it.severity() == Severity::Error).collect()
}

fn output<'a>(manifests: &'a [Manifest], patch: u64, spec: &Spec) -> Output<'a> {
    Output { manifests, namespaces: pack::namespaces(spec), patch }
}

fn chart<'a>(part: &'a VendoredPart, workspace: &'a Workspace) -> Option<ChartSubject<'a>> {
    let VendoredContent::Chart { chart, values, .. } = &part.content else { return None };
    let wanted = workspace.spec.parts.iter().find(|it| it.name == part.name)?;
    let Content::Chart(wanted) = &wanted.content else { return None };
    let layers = wanted.values.iter().filter_map(|layer| match layer {
        Values::File { path, .. } => {
            let (file, text) = workspace.text(path).ok()?;
            Some(Layer { file, text, start: None })
        }
        Values::Inline(_, place) => Some(Layer {
            file: place.file.to_string(),
            text: place.text.as_deref()?.to_owned(),
            start: Some(place.span.start),
        }),
    });
    Some(ChartSubject {
        part: &part.name,
        chart,
        version: &chart.metadata().version,
        place: wanted.place.clone(),
        given: values,
        layers: layers.collect(),
        sealed: secrets::paths(&part.pins),
    })
}

/// The manifests of the spec that are files of the workspace.
fn written(workspace: &Workspace) -> Vec<Written> {
    let mut found = Vec::new();
    for part in &workspace.spec.parts {
        let Content::Manifest { source: Source::Local(path), .. } = &part.content else { continue };
        found.extend(workspace.texts(path).into_iter().map(|(file, text)| Written {
            part: part.name.clone(),
            file,
            text,
        }));
    }
    found
}

/// The manifests as a node gets them: opened, with something of the same length in the place of each secret.
fn manifests(sealed: &Sealed, packed: &Packed, lock: &Lock) -> Vec<Manifest> {
    let opened = Bundle::assemble(sealed, packed, lock).ok().and_then(|bundle| {
        let stand_in = |(name, envelope): (&String, &Envelope)| {
            (name.clone(), Secret::new(stand_in(envelope.secret_len(), name.ends_with(".key"))))
        };
        let secrets = bundle.envelopes().iter().map(stand_in).collect();
        bundle.open(&secrets, &helm::functions(), random::seed()).ok()
    });
    opened.map_or_else(|| packed.manifests().to_vec(), |it| it.manifests().to_vec())
}

/// A text of this length; one of a key has the lines of PEM.
fn stand_in(length: usize, is_key: bool) -> String {
    const BEGIN: usize = "-----BEGIN RSA PRIVATE KEY-----\n".len();
    const LINE: usize = 65;
    let ends_line = |at: usize| at + 1 == BEGIN || (at >= BEGIN && (at - BEGIN) % LINE == LINE - 1) || at + 1 == length;
    (0..length).map(|at| if is_key && ends_line(at) { '\n' } else { 'x' }).collect()
}

/// What each target that needs nothing but the manifests would get.
fn sizes(packed: &Packed, manifests: &[Manifest], spec: &Spec) -> Vec<(Target, u64)> {
    let contents = Contents { bundle: &spec.bundle, talos: spec.talos, manifests, network: packed.network() };
    [Target::Talos, Target::Omni, Target::Talhelper, Target::Topf, Target::Kubectl]
        .into_iter()
        .filter_map(|it| Some((it, size::measure(it, &target::deliver(&contents, it).ok()?, manifests))))
        .collect()
}
