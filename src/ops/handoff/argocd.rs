//! `ichor handoff argocd`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::content::{Taken, content};
use super::differs::differs;
use super::guide::{HelmAfter, values};
use super::kept::{self, Tool};
use super::shown::Shown;
use super::there::{self, release_there};
use super::{Handoff, Later, Prepared};
use crate::deliver::argocd::{self, ArgocdPart, Ignored, Place};
use crate::deliver::files::Files;
use crate::deliver::flux::FluxContent;
use crate::deliver::target::DeliverError;
use crate::edge::git::Git;
use crate::edge::random;
use crate::ops::Error;
use crate::ops::error::HandoffError;
use crate::stage::lock::LockedPart;
use crate::stage::render::release;
use crate::stage::spec::Source;
use crate::workspace::fetching::Fetching;
use helm_engine::helm::HelmVersion;

/// Where Argo CD will find what is written.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its address; without one, that of the remote `origin` of the spec's own repository.
    pub address: Option<String>,
    pub revision: String,
}

/// What Argo CD takes the spec at a path over with. `later` values lie over those of the bootstrap, and `helm` is the one
/// that Argo CD renders with. Nothing is fetched. What a chart makes anew on each render stays as the cluster has it, which
/// every Application says.
pub fn argocd(
    spec: &Path,
    later: &[Later],
    helm: Option<HelmVersion>,
    repository: &Repository,
    fetching: Fetching<'_>,
) -> Result<Handoff, Error> {
    let prepared = Prepared::read(spec, later, fetching)?;
    let Prepared { workspace, lock, vendored, rendered, .. } = &prepared;
    let address = repository.address.clone().or_else(|| {
        let git = Git::find(workspace.spec_folder()).ok().flatten();
        git.and_then(|it| it.remotes().into_iter().next())
    });
    let place = address.map(|repository_of| Place { repository: repository_of, revision: repository.revision.clone() });
    if place.is_none() {
        return Err(HandoffError::NoRepository.into());
    }
    let mut parts = Vec::new();
    let mut changes = BTreeMap::new();
    let mut caveats = Vec::new();
    let mut there = Vec::new();
    for (part, bootstrap) in vendored.parts().iter().zip(rendered.parts()) {
        let Some(locked) = lock.parts.get(&part.name) else { continue };
        let source = workspace.spec.parts.iter().find(|it| it.name == part.name).map(|it| &it.content);
        let taken = content(Tool::Argocd, part, source, locked, &prepared.layers(&part.name))?;
        let Taken { content, values, changes: changed, from, .. } = taken;
        let mut ignored = Vec::new();
        let mut kept = Vec::new();
        if let FluxContent::Chart { source, secrets, namespace, .. } = &content {
            if *secrets || locked.secret_values.is_some() {
                return Err(HandoffError::SealedValues { part: part.name.clone() }.into());
            }
            caveats.extend(pinned(&part.name, source, locked));
            kept = kept::kept(&prepared, part, bootstrap, &values)?;
            let shown = Shown::of(locked);
            let shows = |text: &str| shown.is_in(text);
            for it in release::minted(vendored, part, bootstrap, &values, &shows, random::seed())? {
                let is_named = !it.head.namespace.is_empty() || it.head.kind != "Secret";
                let of = if is_named { it.head.namespace.clone() } else { namespace.clone() };
                let (kind, name) = (it.head.kind.clone(), it.head.name.clone());
                let mut places = vec![it.pointer.clone()];
                // Argo CD compares the texts of a Secret as the server keeps them.
                if let Some(key) = it.pointer.strip_prefix("/stringData").filter(|_| kind == "Secret") {
                    places.push(format!("/data{key}"));
                }
                match ignored.last_mut() {
                    Some(Ignored { group, kind: last, name: named, pointers, .. })
                        if *group == it.group && *last == kind && *named == name =>
                    {
                        pointers.extend(places);
                    }
                    _ => ignored.push(Ignored { group: it.group, kind, name, namespace: of, pointers: places }),
                }
            }
        }
        there.extend(from.map(|it| release_there(&part.name, &it, &content, &[])));
        if !changed.is_empty() {
            changes.insert(part.name.clone(), changed);
        }
        parts.push(ArgocdPart { name: part.name.clone(), content, ignored, kept });
    }
    let differs = match helm {
        Some(helm) => differs(workspace, lock, rendered, helm)?,
        None => BTreeMap::new(),
    };
    let helm = HelmAfter { tool: "Argo CD".into(), helm, locked: lock.helm(), differs };
    let bundle = workspace.spec.bundle.clone();
    let mut files = argocd::files(&bundle, &parts, place.as_ref());
    let mut guide = guide(&bundle, &parts, &there::told(&there, &caveats), &helm);
    guide.push_str(&values(&changes));
    files.push(("HANDOFF.md".into(), guide));
    let files = Files::new(files).map_err(DeliverError::Files)?;
    let kept = kept::names(parts.iter().map(|it| it.kept.as_slice()));
    Ok(Handoff { bundle, files, changes, remade: BTreeMap::new(), helm, kept })
}

/// What to know of how Argo CD gets a chart.
fn pinned(part: &str, source: &Source, locked: &LockedPart) -> Option<String> {
    let (what, whose) = match source {
        Source::Oci(_) => (locked.manifest?, "the registry must go on giving it"),
        Source::Repository { .. } => (locked.digest, "the repository must go on giving it"),
        Source::Local(path) => {
            return Some(format!(
                "`{part}`: `path: {}` in `applications/{part}.yaml` is a path from the root of the repository.",
                path.trim_start_matches("./")
            ));
        }
        Source::Url(_) => return None,
    };
    Some(format!("`{part}`: Argo CD pins a chart by its version alone. The lock holds {what}, as {whose}."))
}

/// What to do, in order.
fn guide(bundle: &str, parts: &[ArgocdPart], notes: &str, helm: &HelmAfter) -> String {
    let mut text = format!(
        "# From bootstrap to Argo CD: {bundle}

1. Bootstrap with the bundle: `ichor open --for talos -i KEY -o patches/`.
2. Put this folder into the repository that the Applications name, at `infrastructure/{bundle}`. Commit and push.
3. `kubectl apply --server-side -f {bundle}.yaml`. Argo CD takes over what is in the cluster; nothing is pruned.
4. When `argocd app list` says Synced and Healthy, let Talos go of what Argo CD holds: take the inline manifests out of every
   control plane's machine config (`talosctl edit machineconfig`), their entries out of the ConfigMap
   `kube-system/talos-bootstrap-manifests-inventory`, and the annotation `config.k8s.io/owning-inventory` off the objects.
   Until then `talosctl upgrade-k8s` would put the bootstrap's state back.

Where Helm has a release of these parts, leave it: `helm uninstall` would delete what Argo CD holds.

"
    );
    let ignored: Vec<&ArgocdPart> = parts.iter().filter(|it| !it.ignored.is_empty()).collect();
    if ignored.is_empty() {
        text.push_str("No chart makes anything anew: the certificates stay as the bootstrap made them.\n");
    } else {
        text.push_str(
            "Argo CD asks no cluster when it renders, so these charts make certificates and keys anew each time. Each Application \
             leaves them as the cluster has them (`ignoreDifferences` with `RespectIgnoreDifferences=true`):\n\n",
        );
        for part in ignored {
            for it in &part.ignored {
                let _ = writeln!(text, "- `{}`: {} {} ({})", part.name, it.kind, it.name, it.pointers.join(", "));
            }
        }
        text.push_str("\nAn object that is deleted comes back with new ones. To have others on purpose, `ichor rotate`, and apply the bundle.\n");
    }
    text.push_str(notes);
    let kept: Vec<_> = parts.iter().map(|it| (it.name.as_str(), it.kept.as_slice())).collect();
    text.push_str(&kept::told(&kept, Tool::Argocd));
    text.push_str("\n## Which Helm renders\n\n");
    helm.lines().iter().for_each(|it| text.push_str(&format!("{it}\n")));
    text
}
