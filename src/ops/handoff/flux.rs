//! `ichor handoff flux`.

use std::collections::BTreeMap;
use std::path::Path;

use super::content::{Taken, caveat, content, reached, settings};
use super::differs::differs;
use super::flux_secrets::UnderSops;
use super::guide::{self, HelmAfter};
use super::kept::{self, Tool};
use super::there::{self, release_there};
use super::{Handoff, Later, Opening, Prepared};
use crate::deliver::files::Files;
use crate::deliver::flux::{self, FluxContent, FluxPart};
use crate::deliver::flux_version::FluxVersion;
use crate::deliver::target::DeliverError;
use crate::edge::random;
use crate::ops::Error;
use crate::ops::error::{HandoffError, Remade};
use crate::stage::render::release;
use crate::stage::spec::Source;
use crate::stage::vendored::VendoredContent;
use crate::workspace::fetching::Fetching;

/// What Flux takes the spec at a path over with. `later` values lie over those of the bootstrap. `fetching` says how hosts
/// are reached; nothing is fetched. With an `opening`, what is sealed goes along as Secrets under SOPS.
pub fn flux(
    spec: &Path,
    later: &[Later],
    version: FluxVersion,
    fetching: Fetching<'_>,
    opening: Option<Opening<'_>>,
) -> Result<Handoff, Error> {
    let prepared = Prepared::read(spec, later, fetching)?;
    let Prepared { workspace, network, lock, vendored, rendered, .. } = &prepared;
    let mut under_sops = match opening {
        Some(it) => Some(UnderSops::open(workspace, lock, vendored, it.identities, it.folder)?),
        None => None,
    };
    let mut parts = Vec::new();
    let mut changes = BTreeMap::new();
    let mut secrets = Vec::new();
    let mut caveats = Vec::new();
    let mut remade = BTreeMap::new();
    let mut there = Vec::new();
    for (part, bootstrap) in vendored.parts().iter().zip(rendered.parts()) {
        let Some(locked) = lock.parts.get(&part.name) else { continue };
        let source = workspace.spec.parts.iter().find(|it| it.name == part.name).map(|it| &it.content);
        let taken = content(Tool::Flux, part, source, locked, &prepared.layers(&part.name))?;
        let Taken { mut content, values, sealed, changes: changed, from } = taken;
        let mut under = Vec::new();
        let mut kept = Vec::new();
        match &mut content {
            FluxContent::Chart { source, plain_http, .. } => {
                if let Source::Oci(name) = &**source {
                    *plain_http = network.plain_http.contains(&name.host);
                }
                caveats.extend(caveat(&part.name, source, locked));
                caveats.extend(reached(&part.name, source, network));
            }
            FluxContent::Manifest(text) if text.contains("${") => caveats.push(format!(
                "`{0}`: `{0}/manifest.yaml` holds `${{`. Where your Flux fills variables into all that it applies \
                 (`postBuild.substitute`), annotate these objects with `kustomize.toolkit.fluxcd.io/substitute: disabled`.",
                part.name
            )),
            FluxContent::Manifest(_) | FluxContent::Patch(_) => {}
        }
        if !matches!(content, FluxContent::Manifest(_)) {
            let mut secrets = release::remade(vendored, part, bootstrap, &values, random::seed())?;
            kept = kept::kept(&prepared, part, bootstrap, &values)?;
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
        there.extend(from.map(|it| release_there(&part.name, &it, &content, &under)));
        if let Some(sops) = &mut under_sops {
            under.extend(sops.values(part, &values, &sealed)?);
        } else if !sealed.is_empty() {
            return Err(HandoffError::SealedRelease { part: part.name.clone() }.into());
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
        parts.push(FluxPart { name: part.name.clone(), content, secrets: under, kept });
    }
    let helm = HelmAfter {
        tool: format!("Flux {version}"),
        helm: Some(version.helm()),
        locked: lock.helm(),
        differs: differs(workspace, lock, rendered, version.helm())?,
    };
    let bundle = workspace.spec.bundle.clone();
    let mut files = flux::files(&bundle, &parts);
    let notes = there::told(&there, &caveats);
    files.push(("HANDOFF.md".into(), guide::guide(&bundle, &parts, &changes, &secrets, &notes, &remade, &helm)));
    let files = Files::new(files).map_err(DeliverError::Files)?;
    let kept = kept::names(parts.iter().map(|it| it.kept.as_slice()));
    Ok(Handoff { bundle, files, changes, remade, helm, kept })
}
