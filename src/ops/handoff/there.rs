//! Releases that GitOps has already: a hand-over must not put a second one beside them.

use crate::deliver::flux::FluxContent;
use crate::deliver::flux_secrets::FluxSecret;
use crate::gitops::Written;

/// What to do with the release that a part comes from.
pub(super) fn release_there(part: &str, from: &Written, content: &FluxContent, under: &[FluxSecret]) -> String {
    let path = &from.path;
    match content {
        FluxContent::Patch(patch) if patch.values.is_empty() && under.is_empty() => {
            format!("`{part}`: the {from} in `{path}` stays as it is.")
        }
        FluxContent::Patch(patch) => {
            let null = if patch.has_null() {
                " A patch of kustomize takes a key with `null` out: write such values into the release itself."
            } else {
                ""
            };
            format!(
                "`{part}`: the {from} in `{path}` stays, with what is in `{part}/patch.yaml`. Once Flux has applied what else is \
                 here, name that file under `patches` of the kustomization beside the release.{null}"
            )
        }
        FluxContent::Chart { object: Some(_), .. } => format!(
            "`{part}`: the {from} in `{path}` is the same object: put `applications/{part}.yaml` in the place of what is written \
             there, and leave it out here."
        ),
        _ => format!(
            "`{part}`: the {from} in `{path}` says what is written here. Two tools that apply one release undo what the other does: \
             let the first one go of it without having it delete anything, then begin with step 2."
        ),
    }
}

/// The sections of a guide on releases that are there, and on where charts come from; empty where there is nothing to say.
pub(super) fn told(there: &[String], caveats: &[String]) -> String {
    let section = |title: &str, said: &[String]| {
        let lines: String = said.iter().map(|it| format!("- {it}\n")).collect();
        if said.is_empty() { lines } else { format!("\n## {title}\n\n{lines}") }
    };
    section("Releases that are there already", there) + &section("Where charts come from", caveats)
}
