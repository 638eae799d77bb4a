//! What a part is for the tool that takes it over.

use std::path::Path;

use serde_json::Value as Json;

use super::kept::Tool;
use super::sealed;
use crate::deliver::changes::{self, ValueChange, difference};
use crate::deliver::flux::{self, FluxContent};
use crate::deliver::flux_patch::FluxPatch;
use crate::edge::disk;
use crate::gitops::Written;
use crate::ops::Error;
use crate::ops::error::HandoffError;
use crate::stage::lock::LockedPart;
use crate::stage::spec::{Content, Network, Source};
use crate::stage::vendored::{VendoredContent, VendoredPart};
use helm_engine::helm::values::{coalesce_values, merge_maps, read_documents};
use helm_engine::value::{Map, Value};

/// How Flux reaches a registry or repository; it knows no machine's files.
pub(super) fn reached(part: &str, source: &Source, network: &Network) -> Option<String> {
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
pub(super) fn settings(part: &VendoredPart) -> Vec<String> {
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
pub(super) fn caveat(part: &str, source: &Source, locked: &LockedPart) -> Option<String> {
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

/// A part as it is taken over.
pub(super) struct Taken {
    pub(super) content: FluxContent,
    /// All values from now on, with a word where one is sealed.
    pub(super) values: Map,
    /// Where values are sealed that come from a release of another tool.
    pub(super) sealed: Vec<Vec<Json>>,
    /// What changes from the bootstrap's values.
    pub(super) changes: Vec<ValueChange>,
    /// The release of GitOps that the part comes from.
    pub(super) from: Option<Written>,
}

pub(super) fn content(
    tool: Tool,
    part: &VendoredPart,
    wanted: Option<&Content>,
    locked: &LockedPart,
    layers: &[&Path],
) -> Result<Taken, Error> {
    let (chart, namespace, bootstrap, inputs) = match &part.content {
        VendoredContent::Manifest(bytes) => {
            let content = FluxContent::Manifest(String::from_utf8_lossy(bytes).into_owned());
            return Ok(Taken { content, values: Map::any(), sealed: Vec::new(), changes: Vec::new(), from: None });
        }
        VendoredContent::Chart { chart, namespace, values, inputs } => (chart, namespace, values, inputs),
    };
    let wanted = match wanted {
        Some(Content::Chart(it)) => Some(it),
        _ => None,
    };
    let released = wanted.and_then(|it| it.released.as_deref());
    // What the part sets on top of a release of this very tool was for the bootstrap.
    let own = released.filter(|it| it.tool == tool.of_gitops());
    let base = own.map_or(bootstrap, |it| &it.release.values);
    let (mut merged, mut later) = (base.clone(), Map::any());
    for layer in layers {
        let fault = |message| HandoffError::LaterValues { path: layer.to_path_buf(), message };
        let read = read_documents(&disk::read_any(layer)?, chart.helm()).map_err(fault)?;
        (merged, later) = (merge_maps(&merged, &read), merge_maps(&later, &read));
    }
    let with_defaults = |given| coalesce_values(chart, given, &mut Vec::new());
    let values = match (with_defaults(&merged), with_defaults(bootstrap)) {
        (Ok(all), Ok(bootstrap)) => flux::keep_certificates(&merged, &all, &bootstrap),
        _ => merged,
    };
    let hides = own.is_some_and(|it| it.release.secret_digest.is_some());
    let changes = changes::told(changes::changes(bootstrap, &values), hides);
    let from = released.map(|it| it.release.object.clone());
    let sealed = if released.is_some() { sealed::places(&part.pins, &later) } else { Vec::new() };
    if let Some(own) = own.filter(|_| tool == Tool::Flux) {
        let Written { namespace, name, path, .. } = own.release.object.clone();
        let patch = FluxPatch { namespace, name, path, values: difference(base, &values) };
        return Ok(Taken { content: FluxContent::Patch(patch), values, sealed: Vec::new(), changes, from });
    }
    let source = match wanted {
        Some(it) if !matches!(it.source, Source::Url(_)) => it.source.clone(),
        _ => {
            let (part, address) = (part.name.clone(), locked.source.clone());
            return Err(HandoffError::NotFromAddress { tool: tool.name(), part, address }.into());
        }
    };
    let content = FluxContent::Chart {
        release: inputs.release.clone().unwrap_or_else(|| part.name.clone()),
        object: own.map(|it| it.release.object.name.clone()),
        source: Box::new(source),
        chart: chart.name().to_owned(),
        version: locked.version.clone().unwrap_or_default(),
        manifest: locked.manifest,
        namespace: namespace.clone(),
        values: sealed::without(&values, &sealed),
        secrets: !inputs.secret_values.is_empty() || !sealed.is_empty(),
        plain_http: false,
    };
    Ok(Taken { content, values, sealed, changes, from })
}
