//! `HANDOFF.md`: what to do with a hand-over to Flux, in order.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::kept::{self, Tool};
use crate::deliver::changes::ValueChange;
use crate::deliver::flux::{FluxContent, FluxPart};
use crate::deliver::flux_secrets::FluxSecret;
use crate::deliver::kept::Kept;
use crate::ops::error::Remade;
use helm_engine::helm::HelmVersion;

/// What to do, in order, and what changes.
pub(super) fn guide(
    bundle: &str,
    parts: &[FluxPart],
    changes: &BTreeMap<String, Vec<ValueChange>>,
    secrets: &[String],
    notes: &str,
    remade: &BTreeMap<String, Remade>,
    helm: &HelmAfter,
) -> String {
    let second = match parts.iter().any(applies) {
        true => format!(
            "Put this folder into the repository that Flux watches, at `infrastructure/{bundle}`, and `{bundle}.yaml` where your\n   \
             other Flux Kustomizations are. Commit, push, and run `flux reconcile kustomization flux-system --with-source`."
        ),
        false => "Do what stands under \"Releases that are there already\", commit and push.".to_owned(),
    };
    let mut text = format!(
        "# From bootstrap to Flux: {bundle}

1. Bootstrap with Helm's marks of ownership on the objects, so that Helm adopts them:
   `ichor open --for talos --helm-ownership -i KEY -o patches/`
   (on a running cluster, apply that patch and run `talosctl upgrade-k8s`, which updates what Talos created).
2. {second}
3. When `flux get helmreleases --all-namespaces` says Ready, let Talos go of what Flux holds: take the inline manifests
   out of every control plane's machine config (`talosctl edit machineconfig`), their entries out of the ConfigMap
   `kube-system/talos-bootstrap-manifests-inventory`, and the annotation `config.k8s.io/owning-inventory` off the
   objects. Until then `talosctl upgrade-k8s` would put the bootstrap's state back.

"
    );
    let under = files_of_sops(parts);
    text.push_str(if under.is_empty() { "Secrets with certificates are not in this folder.\n" } else { &under });
    if remade.is_empty() && !under.is_empty() {
        text.push_str("The release makes nothing anew that the bootstrap has made.\n");
    } else if remade.is_empty() {
        text.push_str("They stay in the cluster as the bootstrap made them: the release makes none of them anew.\n");
    } else {
        text.push_str("\n**The release makes these anew**, and what the bootstrap made is lost:\n\n");
        for (part, it) in remade {
            it.secrets.iter().for_each(|(secret, pins)| {
                let pins: Vec<&str> = pins.iter().map(String::as_str).collect();
                let _ = writeln!(text, "- `{part}`: {secret} ({})", pins.join(", "));
            });
        }
        text.push_str("\nPrograms that trust the old ones fail until they are started again with the new ones.\n");
    }
    if !secrets.is_empty() {
        text.push_str("\nSealed values are not here either. Before step 2, put them into the cluster:\n\n");
        secrets.iter().for_each(|it| text.push_str(&format!("    {it}\n")));
    }
    text.push_str(notes);
    let kept: Vec<_> = parts.iter().map(|it| (it.name.as_str(), it.kept.as_slice())).collect();
    text.push_str(&kept::told(&kept, Tool::Flux));
    text.push_str("\n## Which Helm renders\n\n");
    helm.lines().iter().for_each(|it| text.push_str(&format!("{it}\n")));
    text.push_str(&values(changes));
    text
}

/// Whether there is something of a part that Flux applies beside what it has already.
fn applies(part: &FluxPart) -> bool {
    !matches!(part.content, FluxContent::Patch(_)) || !part.secrets.is_empty() || part.kept.iter().any(Kept::stays)
}

/// The values that change, as tables.
pub(super) fn values(changes: &BTreeMap<String, Vec<ValueChange>>) -> String {
    let mut text = "\n## What changes in the values\n".to_owned();
    if changes.is_empty() {
        text.push_str("\nNothing.\n");
    }
    for (part, changes) in changes {
        let _ = writeln!(text, "\n### {part}\n\n| value | bootstrap | afterwards |\n|---|---|---|");
        for change in changes {
            let cell = |it: &Option<String>| match it {
                Some(value) => format!("`{}`", value.replace('|', "\\|")),
                None => "not set".into(),
            };
            let _ = writeln!(text, "| `{}` | {} | {} |", change.path, cell(&change.old), cell(&change.new));
        }
    }
    text
}

/// What to know of the Secrets that go along; empty where there are none.
fn files_of_sops(parts: &[FluxPart]) -> String {
    let files = parts.iter().flat_map(|part| {
        part.secrets.iter().map(move |it| {
            let place = if it.replaces { "; the release leaves it out (`postRenderers`)" } else { "" };
            format!("- `{}/{}`: Secret {}{place}\n", part.name, FluxSecret::file(&it.name), it.name)
        })
    });
    let files: String = files.collect();
    if files.is_empty() {
        return files;
    }
    format!(
        "What is sealed is in this folder, encrypted by SOPS. Flux decrypts it with the key that it finds in the cluster; \
         before step 2, unless it has one, put it there:\n\n    kubectl -n flux-system create secret generic sops-age \
         --from-file=age.agekey=/dev/stdin < KEY\n\n{files}\nAfter `ichor rotate`, hand over again.\n"
    )
}

/// The Helm before and after.
#[derive(Clone, Debug)]
pub struct HelmAfter {
    /// `Flux 2.9`.
    pub tool: String,
    /// The tool's; `None` where it is not known.
    pub helm: Option<HelmVersion>,
    pub locked: HelmVersion,
    /// By part: the resources whose text is another, white space aside, or why the chart does not render.
    pub differs: BTreeMap<String, Result<Vec<String>, String>>,
}

impl HelmAfter {
    /// What there is to say, one sentence a line; resources and faults are lines of their own.
    pub fn lines(&self) -> Vec<String> {
        let (tool, locked) = (&self.tool, self.locked);
        let Some(helm) = self.helm else {
            return vec![format!(
                "{tool} renders with a Helm of its own, and the lock is of Helm {locked}: `--helm VERSION` says what that prints otherwise."
            )];
        };
        let mut lines = vec![format!("{tool} renders with Helm {helm}, and the lock is of Helm {locked}.")];
        if self.differs.is_empty() {
            lines.push("Both print the same of these charts, white space aside.".into());
            return lines;
        }
        for (part, differs) in &self.differs {
            match differs {
                Ok(resources) if resources.is_empty() => {
                    lines.push(format!("Part {part}: the text outside of resources differs."));
                }
                Ok(resources) => {
                    lines.push(format!("Part {part}: other content in"));
                    lines.extend(resources.iter().map(|it| format!("  - {it}")));
                }
                Err(fault) => lines.push(format!("Part {part} does not render with Helm {helm}: {fault}")),
            }
        }
        lines.push(format!(
            "See `ichor upgrade --helm {helm}` before: with --write, the bootstrap is what {tool} renders."
        ));
        lines
    }
}
