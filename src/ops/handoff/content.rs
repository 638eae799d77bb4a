//! What a part is for the tool that takes it over.

use std::path::Path;

use crate::deliver::flux::{self, FluxContent, ValueChange};
use crate::edge::disk;
use crate::ops::Error;
use crate::ops::error::HandoffError;
use crate::stage::lock::LockedPart;
use crate::stage::spec::{Content, Network, Source};
use crate::stage::vendored::{VendoredContent, VendoredPart};
use helm_engine::helm::values::{coalesce_values, merge_maps, read_documents};
use helm_engine::value::Value;

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

pub(super) fn content(
    tool: &'static str,
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
                    return Err(HandoffError::NotFromAddress {
                        tool,
                        part: part.name.clone(),
                        address: locked.source.clone(),
                    }
                    .into());
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
