//! A first spec whose parts come from releases that GitOps has.

use std::path::Path;

use crate::base::diagnostic::Place;
use crate::base::recipient::Recipient;
use crate::edge::gitops::DiskTrees;
use crate::gitops::{Fault, Index, Trees};
use crate::ops::Error;
use crate::stage::spec::{KubernetesVersion, TalosVersion};
use crate::workspace;

/// What a cluster cannot boot without, in the order in which it needs them.
const FIRST: [&str; 3] = ["cilium", "coredns", "spegel"];
const GROUP: &str = "helm.toolkit.fluxcd.io";

/// The text of a spec in a folder, with the releases of Flux that lie at a path.
pub fn flux(
    folder: &Path,
    path: &Path,
    name: &str,
    talos: TalosVersion,
    kubernetes: &KubernetesVersion,
    recipients: &[Recipient],
) -> Result<String, Error> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let failed = |fault: &Fault| {
        let place = Place { file: path.display().to_string().into(), text: None, span: 0..0 };
        Error::from(workspace::Error::Spec(vec![fault.diagnostic(&place)]))
    };
    let (tree, below) = DiskTrees::new(folder).open(&absolute.to_string_lossy()).map_err(|it| failed(&it))?;
    let index = Index::of(&*tree).map_err(|it| failed(&it))?;
    let is_below = |path: &str| below.is_empty() || path == below || path.starts_with(&format!("{below}/"));
    let mut found: Vec<(String, String)> = Vec::new();
    for it in index.objects.iter().filter(|it| it.is(GROUP, "HelmRelease")) {
        if let Some(path) = it.path().filter(|it| is_below(it)) {
            found.push((it.name(), tree.as_written(path)));
        }
    }
    if found.is_empty() {
        return Err(failed(&Fault::NoRelease { path: path.display().to_string(), what: "HelmRelease" }));
    }
    let rank = |name: &str| FIRST.iter().position(|it| *it == name).unwrap_or(FIRST.len());
    found.sort_by(|one, other| (rank(&one.0), &one.0).cmp(&(rank(&other.0), &other.0)));
    let has_first = found.iter().any(|(name, _)| rank(name) < FIRST.len());
    let mut text = format!("bundle: {name}\ntalos: \"{talos}\"\nkubernetes: \"{}\"\n", kubernetes.as_str());
    if !recipients.is_empty() {
        text.push_str("recipients:\n");
        recipients.iter().for_each(|it| text.push_str(&format!("  - {it}\n")));
    }
    text.push_str("# Chart, version, namespace and values are those of the releases; `values:` beside one comes on top.\nparts:\n");
    for (name, path) in &found {
        // What can wait until the cluster is there is named, and left out.
        let sign = if has_first && rank(name) == FIRST.len() { "# " } else { "" };
        text.push_str(&format!("  {sign}- name: {name}\n  {sign}  flux: {path}\n"));
    }
    Ok(text)
}
