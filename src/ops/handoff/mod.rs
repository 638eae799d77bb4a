//! `ichor handoff flux`: from the bootstrap to GitOps.

mod flux_secrets;
mod guide;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::deliver::files::Files;
use crate::deliver::flux::{self, FluxContent, FluxPart, ValueChange};
use crate::deliver::flux_version::FluxVersion;
use crate::deliver::target::DeliverError;
use crate::edge::disk;
use crate::edge::random;
use crate::ops::Error;
use crate::ops::error::{HandoffError, Remade};
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::render::{self, Rendered, release};
use crate::stage::seal::{self, Sealed};
use crate::stage::spec::{Content, Network, Source};
use crate::stage::vendored::{Vendored, VendoredContent, VendoredPart};
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;
use flux_secrets::UnderSops;
use guide::HelmAfter;
use helm_engine::helm::values::{coalesce_values, merge_maps, read_documents};
use helm_engine::value::Value;

/// A hand-over to Flux.
#[derive(Clone, Debug)]
pub struct Handoff {
    pub bundle: String,
    /// By path below the folder of the hand-over.
    pub files: Files,
    /// What changes from the bootstrap's values to those of Flux, by part.
    pub changes: BTreeMap<String, Vec<ValueChange>>,
    /// Which Helm Flux renders with, and what it prints otherwise than the lock's.
    pub helm: HelmAfter,
    /// What Flux makes anew though the bootstrap has made it: Secrets by part.
    pub remade: BTreeMap<String, Remade>,
}

/// More values for the time after the bootstrap.
#[derive(Clone, Debug)]
pub struct Later {
    /// The part; may be left out where the spec has one chart.
    pub part: Option<String>,
    pub file: PathBuf,
}

/// Who opens what is sealed, and the folder where it will lie under SOPS.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Identity files.
    pub identities: &'a [String],
    pub folder: &'a Path,
}

/// What Flux takes the spec at a path over with. `later` values lie over those of the bootstrap. `fetching` says how hosts
/// are reached; nothing is fetched. With an `opening`, what is sealed goes along as Secrets under SOPS.
pub fn flux(
    spec: &Path,
    later: &[Later],
    version: FluxVersion,
    fetching: Fetching<'_>,
    opening: Option<Opening<'_>>,
) -> Result<Handoff, Error> {
    let workspace = Workspace::read(spec)?;
    let network = fetching.network(&workspace)?;
    let (lock, _) = workspace.lock()?;
    let vendored = workspace.vendored(&lock)?;
    let charts: Vec<&str> = vendored
        .parts()
        .iter()
        .filter(|it| matches!(it.content, VendoredContent::Chart { .. }))
        .map(|it| it.name.as_str())
        .collect();
    let mut layers: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for layer in later {
        let part = match (&layer.part, charts.as_slice()) {
            (Some(part), charts) if charts.contains(&part.as_str()) => part.clone(),
            (None, [only]) => (*only).to_owned(),
            (named, _) => {
                let charts = charts.iter().map(|it| (*it).to_owned()).collect();
                return Err(HandoffError::NoSuchChart { named: named.clone(), charts }.into());
            }
        };
        layers.entry(part).or_default().push(&layer.file);
    }
    let rendered = render::render(&vendored, &random::seed(), None)?;
    let mut under_sops = match opening {
        Some(it) => Some(UnderSops::open(&workspace, &lock, &vendored, it.identities, it.folder)?),
        None => None,
    };
    let mut parts = Vec::new();
    let mut changes = BTreeMap::new();
    let mut secrets = Vec::new();
    let mut caveats = Vec::new();
    let mut remade = BTreeMap::new();
    for (part, bootstrap) in vendored.parts().iter().zip(rendered.parts()) {
        let layers = layers.remove(&part.name).unwrap_or_default();
        let Some(locked) = lock.parts.get(&part.name) else { continue };
        let source = workspace.spec.parts.iter().find(|it| it.name == part.name).map(|it| &it.content);
        let (mut content, changed) = content(part, source, locked, &layers)?;
        let mut under = Vec::new();
        match &mut content {
            FluxContent::Chart { source, plain_http, values, .. } => {
                if let Source::Oci(name) = &**source {
                    *plain_http = network.plain_http.contains(&name.host);
                }
                caveats.extend(caveat(&part.name, source, locked));
                caveats.extend(reached(&part.name, source, &network));
                let mut secrets = release::remade(&vendored, part, bootstrap, values, random::seed())?;
                let mut beside = Vec::new();
                if let Some(sops) = under_sops.as_ref().filter(|_| !secrets.is_empty()) {
                    let kept = sops.keep(part, locked, secrets)?;
                    (secrets, beside) = (kept.left, kept.beside);
                    under.extend(kept.secrets);
                }
                if !secrets.is_empty() {
                    remade.insert(part.name.clone(), Remade { secrets, settings: settings(part), beside });
                }
            }
            FluxContent::Manifest(text) if text.contains("${") => caveats.push(format!(
                "`{0}`: `{0}/manifest.yaml` holds `${{`. Where your Flux fills variables into all that it applies \
                 (`postBuild.substitute`), annotate these objects with `kustomize.toolkit.fluxcd.io/substitute: disabled`.",
                part.name
            )),
            FluxContent::Manifest(_) => {}
        }
        if let Some(sops) = &mut under_sops {
            under.extend(sops.values(part)?);
        } else if let VendoredContent::Chart { inputs, namespace, .. } = &part.content {
            let command = |(path, _): &(String, Vec<u8>)| {
                format!(
                    "age --decrypt -i KEY {path} | kubectl -n {namespace} create secret generic {}-secret-values --from-file=values.yaml=/dev/stdin",
                    part.name
                )
            };
            secrets.extend(inputs.secret_values.iter().map(command));
        }
        if !changed.is_empty() {
            changes.insert(part.name.clone(), changed);
        }
        parts.push(FluxPart { name: part.name.clone(), content, secrets: under });
    }
    let helm =
        HelmAfter { flux: version, locked: lock.helm(), differs: differs(&workspace, &lock, &rendered, version)? };
    let bundle = workspace.spec.bundle;
    let mut files = flux::files(&bundle, &parts);
    files.push(("HANDOFF.md".into(), guide::guide(&bundle, &parts, &changes, &secrets, &caveats, &remade, &helm)));
    let files = Files::new(files).map_err(DeliverError::Files)?;
    Ok(Handoff { bundle, files, changes, remade, helm })
}

/// What the Helm of a Flux prints otherwise than that of the lock.
fn differs(
    workspace: &Workspace,
    lock: &Lock,
    rendered: &Rendered,
    flux: FluxVersion,
) -> Result<BTreeMap<String, Result<Vec<String>, String>>, Error> {
    let mut differs = BTreeMap::new();
    if flux.helm() == lock.helm() {
        return Ok(differs);
    }
    let ours = seal::seal(rendered)?;
    let mut other = workspace.clone();
    other.helm = Some(flux.helm());
    // A cluster has one version of Kubernetes, whichever Helm asks.
    if other.spec.kubernetes.is_none() {
        other.spec.kubernetes = format!("1.{}.0", lock.helm().behaviour().kubernetes).parse().ok();
    }
    for part in &workspace.spec.parts {
        if !matches!(part.content, Content::Chart(_)) {
            continue;
        }
        other.spec.parts = vec![part.clone()];
        let resolved = other.resolve(Some(lock))?;
        let theirs = Vendored::fresh(&other.spec, resolved, Some(lock), lock.clock);
        let rendered = render::render(&theirs, &random::seed(), None).map_err(|it| it.message);
        let sealed = rendered.and_then(|rendered| seal::seal(&rendered).map_err(|fault| fault.to_string()));
        let ours = text(&ours, &part.name);
        match sealed.as_ref().map(|it| text(it, &part.name)) {
            Ok(theirs) if lines(ours).eq(lines(theirs)) => {}
            Ok(theirs) => drop(differs.insert(part.name.clone(), Ok(resources(ours, theirs)))),
            Err(fault) => drop(differs.insert(part.name.clone(), Err(fault.clone()))),
        }
    }
    Ok(differs)
}

fn text<'s>(sealed: &'s Sealed, part: &str) -> &'s str {
    sealed.parts().iter().find(|it| it.name == part).map_or("", |it| it.text.as_str())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|it| !it.is_empty())
}

/// The resources that only one text has, or that both have with another digest.
fn resources(ours: &str, theirs: &str) -> Vec<String> {
    let of = |text: &str| seal::inventory(text).map(|it| it.digests).unwrap_or_default();
    let (ours, theirs) = (of(ours), of(theirs));
    let all: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    all.into_iter().filter(|it| ours.get(*it) != theirs.get(*it)).cloned().collect()
}

impl Handoff {
    /// Refuses a hand-over that has keys made anew.
    pub fn check_keys(&self) -> Result<(), Error> {
        if self.remade.is_empty() { Ok(()) } else { Err(HandoffError::Remade { parts: self.remade.clone() }.into()) }
    }
}

/// How Flux reaches a registry or repository; it knows no machine's files.
fn reached(part: &str, source: &Source, network: &Network) -> Option<String> {
    let (host, kind) = match source {
        Source::Oci(name) => (name.host.clone(), "OCIRepository"),
        Source::Repository { address, .. } => {
            let host = address.split("://").nth(1)?.split('/').next()?;
            (host.to_owned(), "HelmRepository")
        }
        Source::Local(_) | Source::Url(_) => return None,
    };
    let mut ways = vec![format!("a login in a Secret that `spec.secretRef` names, if {host} asks for one")];
    if !network.authorities.is_empty() {
        ways.push("the certificate of your authority in one that `spec.certSecretRef` names".into());
    }
    if network.mirrors.contains_key(&host) {
        ways.push(format!("a way to {host} itself, or its mirror's address in `spec.url`"));
    }
    Some(format!("`{part}`: the {kind} in `{part}/source.yaml` needs {}.", ways.join("; ")))
}

/// The values of a chart that name a Secret in place of making one.
fn settings(part: &VendoredPart) -> Vec<String> {
    let VendoredContent::Chart { chart, values, .. } = &part.content else { return Vec::new() };
    let all = coalesce_values(chart, values, &mut Vec::new()).unwrap_or_else(|_| values.clone());
    let mut found = Vec::new();
    let mut open = vec![(String::new(), all)];
    while let Some((prefix, map)) = open.pop() {
        for (key, value) in map.to_vec() {
            let key = key.to_text();
            let path = if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
            match value {
                Value::Map(below) => open.push((path, below)),
                Value::Str(text) if text.is_empty() && key.to_lowercase().contains("existingsecret") => {
                    found.push(path)
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// What the user should know of how Flux gets a chart.
fn caveat(part: &str, source: &Source, locked: &LockedPart) -> Option<String> {
    match source {
        Source::Repository { address, .. } => Some(format!(
            "`{part}`: Flux pins a chart of a classic repository by its version alone. The lock holds the archive {}, as \
             {address} must go on giving it.",
            locked.digest
        )),
        Source::Local(path) => Some(format!(
            "`{part}`: `chart: {path}` in `{part}/release.yaml` is a path from the root of the Git repository."
        )),
        Source::Oci(_) | Source::Url(_) => None,
    }
}

fn content(
    part: &VendoredPart,
    wanted: Option<&Content>,
    locked: &LockedPart,
    layers: &[&Path],
) -> Result<(FluxContent, Vec<ValueChange>), Error> {
    Ok(match &part.content {
        VendoredContent::Manifest(bytes) => {
            (FluxContent::Manifest(String::from_utf8_lossy(bytes).into_owned()), Vec::new())
        }
        VendoredContent::Chart { chart, namespace, values, inputs } => {
            let mut merged = values.clone();
            for layer in layers {
                let fault = |message| HandoffError::LaterValues { path: layer.to_path_buf(), message };
                merged = merge_maps(&merged, &read_documents(&disk::read_any(layer)?, chart.helm()).map_err(fault)?);
            }
            let with_defaults = |given| coalesce_values(chart, given, &mut Vec::new());
            let kept = match (with_defaults(&merged), with_defaults(values)) {
                (Ok(all), Ok(bootstrap)) => flux::keep_certificates(&merged, &all, &bootstrap),
                _ => merged,
            };
            let changed = flux::changes(values, &kept);
            let source = match wanted {
                Some(Content::Chart(it)) if !matches!(it.source, Source::Url(_)) => it.source.clone(),
                _ => {
                    return Err(
                        HandoffError::NotForFlux { part: part.name.clone(), address: locked.source.clone() }.into()
                    );
                }
            };
            let content = FluxContent::Chart {
                source: Box::new(source),
                chart: chart.name().to_owned(),
                version: locked.version.clone().unwrap_or_default(),
                manifest: locked.manifest,
                namespace: namespace.clone(),
                values: kept,
                secrets: !inputs.secret_values.is_empty(),
                plain_http: false,
            };
            (content, changed)
        }
    })
}
