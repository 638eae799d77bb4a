//! A tree of GitOps beside the lock.

use std::path::Path;

use crate::base::code::Code;
use crate::edge::random;
use crate::gitops::{self, Release, Tool, Tree, Trees, Wanted};
use crate::ops::Error;
use crate::review::compare::values_json;
use crate::review::drift::{Drift, Field, Finding, differences, skips};
use crate::review::rules::cilium::{gateway_api, older};
use crate::stage::lock::Lock;
use crate::stage::render::{self, release};
use crate::stage::resolve::choose;
use crate::stage::spec::Content;
use crate::stage::vendored::{Vendored, VendoredContent, VendoredPart};
use crate::workspace;
use crate::workspace::Workspace;

const GROUP: &str = "helm.toolkit.fluxcd.io";

/// Compares every part with the release that GitOps has of it.
pub(super) fn compare(
    workspace: &Workspace,
    lock: &Lock,
    vendored: &Vendored,
    agrees: bool,
    git: Option<&Path>,
    drift: &mut Drift,
) -> Result<(), Error> {
    let trees = workspace.trees();
    let absolute = git.map(std::path::absolute).transpose().ok().flatten();
    let opened = match &absolute {
        Some(path) => Some(trees.open(&path.to_string_lossy()).map_err(|it| fault(workspace, &it))?),
        None => None,
    };
    let mut found: Vec<(&VendoredPart, Release)> = Vec::new();
    for part in vendored.parts() {
        let own = workspace.spec.parts.iter().find(|it| it.name == part.name).and_then(|it| match &it.content {
            Content::Chart(chart) => chart.released.as_deref(),
            Content::Manifest { .. } => None,
        });
        match (own, &opened) {
            (Some(own), _) => found.push((part, own.release.clone())),
            (None, Some((tree, below))) => {
                if let Some(release) = matching(&**tree, below, part, drift).map_err(|it| fault(workspace, &it))? {
                    found.push((part, release));
                }
            }
            (None, None) => {}
        }
    }
    if found.is_empty() {
        drift.against.push("the sources of the spec".into());
        drift.notes.push("no release of GitOps was found for any part: name its tree with `--git PATH`".into());
    }
    if !found.is_empty() {
        drift.against.push("GitOps".into());
    }
    let rendered = match agrees {
        true => Some(render::render(vendored, &random::seed(), None)?),
        false => None,
    };
    for (part, release) in &found {
        let VendoredContent::Chart { chart, values, inputs, .. } = &part.content else { continue };
        let locked = lock.parts.get(&part.name).and_then(|it| it.version.as_deref()).unwrap_or_default();
        version(part, chart.name(), locked, release, drift);
        let is_own = inputs.release.is_some();
        if !is_own {
            let fields = fields(&values_json(&release.values), &values_json(values));
            if !fields.is_empty() {
                let message = format!("the values of release {} are others than those of the bundle", release.name);
                let fix = format!(
                    "write `flux:`, `argocd:` or `helmfile:` in the place of `chart:` of part {}, so that there is one source",
                    part.name
                );
                drift.findings.push(Finding {
                    fields,
                    ..Finding::new(Code::W004, message).of(&part.name).fix(format!("# {fix}"))
                });
            }
        }
        let bootstrap = rendered.as_ref().and_then(|it| it.parts().iter().find(|it| it.name == part.name));
        if let Some(bootstrap) = bootstrap {
            let remade = release::remade(vendored, part, bootstrap, &release.values, random::seed())?;
            for (secret, pins) in remade {
                let pins: Vec<String> = pins.into_iter().collect();
                let message = format!(
                    "the chart makes this anew on each render of release {} ({}): drift is corrected again and again, and what trusts it fails",
                    release.name,
                    pins.join(", ")
                );
                let fix = format!("ichor handoff flux {} --sops -i KEY -o FOLDER", workspace.file);
                drift.findings.push(Finding::new(Code::W005, message).of(&part.name).at(&secret).fix(fix));
            }
        }
    }
    let brought = match &opened {
        Some((tree, _)) => gitops::gateway_versions(&**tree).map_err(|it| fault(workspace, &it))?,
        None => own_tree(workspace, &trees)?,
    };
    fit(lock, vendored, &found, &brought, rendered.as_ref(), drift);
    Ok(())
}

fn fault(workspace: &Workspace, fault: &gitops::Fault) -> Error {
    let place = crate::base::diagnostic::Place { file: workspace.file.as_str().into(), text: None, span: 0..0 };
    workspace::Error::Spec(vec![fault.diagnostic(&place)]).into()
}

/// What the trees of the parts' own releases bring.
fn own_tree(workspace: &Workspace, trees: &dyn Trees) -> Result<Vec<(String, String)>, Error> {
    for part in &workspace.spec.parts {
        if let Content::Chart(chart) = &part.content
            && let Some(released) = &chart.released
        {
            let path = released.written.split('#').next().unwrap_or_default();
            let opened = trees.open(path).and_then(|(tree, _)| gitops::gateway_versions(&*tree));
            return opened.map_err(|it| fault(workspace, &it));
        }
    }
    Ok(Vec::new())
}

/// The release of a part: of its name or of its chart's, in a tree.
fn matching(
    tree: &dyn Tree,
    below: &str,
    part: &VendoredPart,
    drift: &mut Drift,
) -> Result<Option<Release>, gitops::Fault> {
    let VendoredContent::Chart { chart, namespace, .. } = &part.content else { return Ok(None) };
    let index = gitops::Index::of(tree)?;
    let is_below = |path: &str| below.is_empty() || path == below || path.starts_with(&format!("{below}/"));
    let releases = index.objects.iter().filter(|it| it.is(GROUP, "HelmRelease"));
    let releases: Vec<_> = releases.filter(|it| it.path().is_some_and(is_below)).collect();
    for name in [part.name.as_str(), chart.name()] {
        let named =
            |it: &&&gitops::Object| it.name() == name || it.text(&["spec", "releaseName"]).as_deref() == Some(name);
        let found: Vec<_> = releases.iter().filter(named).collect();
        let Some(one) = found.first() else { continue };
        if found.len() > 1 {
            drift.notes.push(format!("part {}: several releases are called {name}; the first is compared", part.name));
        }
        let wanted = Wanted {
            tool: Tool::Flux,
            path: one.path().unwrap_or_default().to_owned(),
            name: Some(one.name()),
            kustomization: None,
            namespace: Some(namespace.clone()),
        };
        return gitops::release(tree, &wanted, None).map(Some);
    }
    of_others(tree, &index, &is_below, part, drift)
}

/// The release of a part that is an Application of Argo CD or of a helmfile.
fn of_others(
    tree: &dyn Tree,
    index: &gitops::Index,
    is_below: &dyn Fn(&str) -> bool,
    part: &VendoredPart,
    drift: &mut Drift,
) -> Result<Option<Release>, gitops::Fault> {
    let VendoredContent::Chart { chart, namespace, .. } = &part.content else { return Ok(None) };
    let names = [part.name.as_str(), chart.name()];
    let wanted = |tool: Tool, path: &str, name: String| Wanted {
        tool,
        path: path.to_owned(),
        name: Some(name),
        kustomization: None,
        namespace: Some(namespace.clone()),
    };
    for object in &index.objects {
        let Some(path) = object.path().filter(|it| is_below(it)) else { continue };
        let applications = match gitops::applications(tree, object) {
            Ok(applications) => applications,
            // A set whose elements only a cluster knows.
            Err(fault) => {
                note(drift, format!("`{}` was not compared: {fault}", tree.as_written(path)));
                continue;
            }
        };
        let is_it = |it: &&gitops::Object| gitops::application_names(it).iter().any(|it| names.contains(&it.as_str()));
        if let Some(one) = applications.iter().find(is_it) {
            return gitops::release(tree, &wanted(Tool::Argocd, path, one.name()), None).map(Some);
        }
    }
    let is_helmfile = |it: &str| {
        let name = it.rsplit('/').next().unwrap_or_default();
        name.starts_with("helmfile.") || it.contains("helmfile.d/")
    };
    for path in tree.files()?.iter().filter(|it| is_below(it) && is_helmfile(it)) {
        for name in names {
            match gitops::release(tree, &wanted(Tool::Helmfile, path, name.to_owned()), None) {
                Ok(release) => return Ok(Some(release)),
                Err(gitops::Fault::NoRelease { .. }) => {}
                Err(gitops::Fault::Unreadable { path, message }) => {
                    note(drift, format!("`{path}` was not compared: {message}"));
                }
                Err(fault) => return Err(fault),
            }
        }
    }
    Ok(None)
}

fn note(drift: &mut Drift, note: String) {
    if !drift.notes.contains(&note) {
        drift.notes.push(note);
    }
}

/// Which of the two has the older chart.
fn version(part: &VendoredPart, chart: &str, locked: &str, release: &Release, drift: &mut Drift) {
    let wanted = release.chart.version.clone().or_else(|| {
        let (_, tag) = release.chart.source.rsplit_once('/')?.1.split_once(':')?;
        Some(tag.split('@').next().unwrap_or(tag).to_owned())
    });
    let Some(wanted) = wanted.filter(|it| choose::is_exact(it)) else { return };
    if choose::is_same(&wanted, locked) {
        return;
    }
    let is_own = drift.findings.iter().any(|it| it.code == Code::W001 && it.part.as_deref() == Some(&part.name));
    let fix = match is_own {
        true => "ichor lock".to_owned(),
        false => format!("ichor upgrade {} {wanted} --write", part.name),
    };
    let finding = if older(locked, &wanted) {
        let why = "a rebuild or `talosctl upgrade-k8s` brings the older one back";
        Finding::new(Code::W002, format!("the bundle has {chart} {locked}, GitOps has {wanted}: {why}"))
    } else {
        Finding::new(Code::W003, format!("the bundle has {chart} {locked}, GitOps has the older {wanted}"))
    };
    drift.findings.push(finding.of(&part.name).fix(fix));
    if chart == "cilium"
        && let Some(between) = skips(locked, &wanted)
    {
        let message = format!(
            "the step between {locked} and {wanted} skips {between}: Cilium goes one minor at a time, each from its latest patch"
        );
        drift.findings.push(Finding::new(Code::W007, message).of(&part.name));
    }
}

/// The values that differ, by their paths.
fn fields(release: &serde_json::Value, bundle: &serde_json::Value) -> Vec<Field> {
    let mut found = differences(release, bundle, &serde_json::Value::Null);
    found.retain(|it| it.found != gitops::SEALED);
    found
}

/// Whether Cilium and the Gateway API's CRDs, of whichever side, go together.
fn fit(
    lock: &Lock,
    vendored: &Vendored,
    found: &[(&VendoredPart, Release)],
    brought: &[(String, String)],
    rendered: Option<&render::Rendered>,
    drift: &mut Drift,
) {
    let mut own: Vec<String> = Vec::new();
    for part in rendered.iter().flat_map(|it| it.parts()) {
        for document in crate::object::document::documents(&String::from_utf8_lossy(&part.text)) {
            if document.text.contains(gitops::BUNDLE_VERSION)
                && let Some(json) = document.json()
                && let Some(version) = json["metadata"]["annotations"][gitops::BUNDLE_VERSION].as_str()
                && json["kind"] == "CustomResourceDefinition"
            {
                own.push(version.to_owned());
            }
        }
    }
    own.sort();
    own.dedup();
    for part in vendored.parts() {
        let VendoredContent::Chart { chart, values, .. } = &part.content else { continue };
        if chart.name() != "cilium" {
            continue;
        }
        let release = found.iter().find(|(it, _)| it.name == part.name).map(|(_, it)| it);
        let on = |values: &serde_json::Value| values["gatewayAPI"]["enabled"] == true;
        let is_on = on(&values_json(values)) || release.is_some_and(|it| on(&values_json(&it.values)));
        if !is_on {
            continue;
        }
        let locked = lock.parts.get(&part.name).and_then(|it| it.version.clone()).unwrap_or_default();
        let later = release.and_then(|it| it.chart.version.clone()).filter(|it| choose::is_exact(it));
        // What is newer runs in the end, and the CRDs of either side meet it.
        let newest = later.filter(|it| older(&locked, it)).unwrap_or(locked);
        let Some(wanted) = gateway_api(&newest) else { continue };
        let sides = own
            .iter()
            .map(|it| ("the bundle".to_owned(), it))
            .chain(brought.iter().map(|(path, it)| (format!("`{path}`"), it)));
        for (where_from, version) in sides {
            if older(version, &wanted) {
                let message = format!(
                    "Cilium {newest} wants the Gateway API's CRDs from {wanted} on, and {where_from} brings {version}: the CRDs move first"
                );
                drift.findings.push(Finding::new(Code::W006, message).of(&part.name));
            }
        }
        if let (Some(own), Some((path, other))) = (own.first(), brought.iter().find(|(_, it)| own.first() != Some(it)))
        {
            let message = format!(
                "the bundle brings the Gateway API's CRDs of {own}, and `{path}` brings {other}: Talos and GitOps undo each other"
            );
            drift.findings.push(Finding::new(Code::W006, message).of(&part.name));
        }
    }
}
