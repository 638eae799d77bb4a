//! What leaves a release that takes over, and stays in the cluster.

use std::fmt::Write as _;

use super::Prepared;
use crate::deliver::kept::{Kept, POLICY};
use crate::edge::random;
use crate::gitops;
use crate::ops::Error;
use crate::stage::render::{RenderedPart, release};
use crate::stage::vendored::VendoredPart;
use helm_engine::value::Map;

/// The objects of the bootstrap that the release does not have with these values.
pub(super) fn kept(
    prepared: &Prepared,
    part: &VendoredPart,
    bootstrap: &RenderedPart,
    values: &Map,
) -> Result<Vec<Kept>, Error> {
    let leaving = release::leaving(&prepared.vendored, part, bootstrap, values, random::seed())?;
    let kept = leaving.into_iter().map(|it| Kept {
        api_version: it.head.api_version,
        kind: it.head.kind,
        namespace: it.head.namespace,
        name: it.head.name,
        kind_of_secret: it.kind_of_secret,
    });
    Ok(kept.collect())
}

/// What must stay, each as its kind and name.
pub(super) fn names<'k>(parts: impl Iterator<Item = &'k [Kept]>) -> Vec<String> {
    parts.flatten().filter(|it| it.stays()).map(Kept::shown).collect()
}

/// What the reader must know of it, by part; empty where nothing leaves.
pub(super) fn told(parts: &[(&str, &[Kept])], tool: Tool) -> String {
    let all = || parts.iter().flat_map(|(part, kept)| kept.iter().map(move |it| (*part, it)));
    let mut text = String::new();
    if all().any(|(_, it)| it.stays()) {
        text.push_str("\n## What must not be deleted\n\n");
        text.push_str(tool.words());
        for (part, it) in all().filter(|(_, it)| it.stays()) {
            let _ = writeln!(text, "- `{part}`: {}", it.shown());
        }
        let annotation = tool.annotation();
        text.push('\n');
        text.push_str(tool.before());
        for (_, it) in all().filter(|(_, it)| it.stays()) {
            let _ = writeln!(text, "    {}", it.annotate(&annotation));
        }
    }
    if all().any(|(_, it)| !it.stays()) {
        text.push_str(
            "\nThese objects of the bootstrap are not in the release, by the values that it has from now on:\n\n",
        );
        for (part, it) in all().filter(|(_, it)| !it.stays()) {
            let _ = writeln!(text, "- `{part}`: {}", it.shown());
        }
        text.push('\n');
        text.push_str(tool.rest());
    }
    text
}

/// Who takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Flux,
    Argocd,
}

impl Tool {
    pub(super) fn name(self) -> &'static str {
        match self {
            Tool::Flux => "Flux",
            Tool::Argocd => "Argo CD",
        }
    }

    pub(super) fn of_gitops(self) -> gitops::Tool {
        match self {
            Tool::Flux => gitops::Tool::Flux,
            Tool::Argocd => gitops::Tool::Argocd,
        }
    }

    fn annotation(self) -> String {
        match self {
            Tool::Flux => format!("{}={}", POLICY.0, POLICY.1),
            Tool::Argocd => "argocd.argoproj.io/sync-options=Prune=false".into(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Tool::Flux => {
                "The release does not make these: it takes them as they are in the cluster. Where Helm or Flux had a release of the \
                 part before this hand-over, an upgrade deletes what leaves it, but for what is annotated \
                 `helm.sh/resource-policy: keep`. `keep.yaml` beside the release has Flux put that on each before it upgrades, and so \
                 does `ichor open --helm-ownership` with each Secret:\n\n"
            }
            Tool::Argocd => {
                "The Applications do not make these: they take them as they are in the cluster. Nothing here prunes. Where Argo CD had \
                 an Application of the part before this hand-over, a sync with pruning deletes what left it:\n\n"
            }
        }
    }

    fn before(self) -> &'static str {
        match self {
            Tool::Flux => {
                "Where you upgrade the release with Helm by hand, or Flux has one of the part already, run this before step 2:\n\n"
            }
            Tool::Argocd => "Where there is such an Application, run this before step 2:\n\n",
        }
    }

    fn rest(self) -> &'static str {
        match self {
            Tool::Flux => "A release that was there before deletes them. What Talos made stays until you delete it.\n",
            Tool::Argocd => "They stay until you delete them.\n",
        }
    }
}
