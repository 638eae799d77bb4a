//! Rendered texts as manifests: split into documents, told from hooks, and put in the order of installation.

mod head;
mod kind;
mod split;

use std::collections::BTreeMap;

use super::helm_version::HelmVersion;
use crate::strconv;
use crate::value::Str;

pub use head::Head;
pub(crate) use split::{split_documents, trim_space};

/// One document that is no hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The path of its template from the root chart on.
    pub path: String,
    /// What the document says of itself.
    pub head: Head,
    /// The document in YAML, without the line `---`.
    pub text: Str,
}

/// One document with a `helm.sh/hook` annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The path of its template from the root chart on.
    pub path: String,
    /// What the document says of itself.
    pub head: Head,
    /// The document in YAML, without the line `---`.
    pub text: Str,
    /// As Helm names them: `pre-install`, `test`.
    pub events: Vec<String>,
    /// `helm.sh/hook-weight`: Helm runs those of less weight first. 0 where it is no number.
    pub weight: i64,
    /// `helm.sh/hook-delete-policy`, in small letters: `before-hook-creation`, `hook-succeeded`, `hook-failed`.
    pub delete_policies: Vec<String>,
    /// `helm.sh/hook-output-log-policy`, in small letters.
    pub output_log_policies: Vec<String>,
}

impl Hook {
    pub(crate) fn is_test(&self) -> bool {
        self.events.iter().any(|it| it == "test")
    }
}

/// A document that is no YAML or no Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("YAML parse error on {path}: {cause}")]
pub struct ManifestError {
    /// The path of the template from the root chart on.
    pub path: String,
    /// What Go's decoder says of the document.
    pub cause: String,
}

/// Splits and sorts the rendered texts, which are given by path. Empty texts and partials drop out; so do hooks of kinds
/// Helm does not know.
///
/// Mirrors `releaseutil.SortManifests` with `InstallOrder`.
pub(crate) fn sort_manifests(
    files: &BTreeMap<String, Str>,
    helm: HelmVersion,
) -> Result<(Vec<Hook>, Vec<Manifest>), ManifestError> {
    let behaviour = helm.behaviour();
    let mut hooks = Vec::new();
    let mut manifests = Vec::new();
    for (path, text) in files {
        let base = path.rsplit('/').next().unwrap_or(path);
        if base.starts_with('_') || split::trim_space(text).is_empty() {
            continue;
        }
        for document in split::split_documents(text, behaviour.separator) {
            let head = head::read(document).map_err(|cause| ManifestError { path: path.clone(), cause })?;
            let text = Str::from(document);
            match head.annotations.get("helm.sh/hook") {
                None => manifests.push(Manifest { path: path.clone(), head, text }),
                Some(events) => {
                    if let Some(events) = hook_events(events) {
                        hooks.push(hook(path, head, text, events));
                    }
                }
            }
        }
    }
    hooks.sort_by(|a: &Hook, b| kind::compare(&a.head.kind, &b.head.kind, behaviour));
    manifests.sort_by(|a: &Manifest, b| kind::compare(&a.head.kind, &b.head.kind, behaviour));
    Ok((hooks, manifests))
}

fn hook(path: &str, head: Head, text: Str, events: Vec<String>) -> Hook {
    let policies = |annotation: &str| -> Vec<String> {
        let listed = head.annotations.get(annotation).map(|it| it.split(','));
        listed.into_iter().flatten().map(|it| it.trim().to_lowercase()).collect()
    };
    let weight = head.annotations.get("helm.sh/hook-weight").and_then(|it| strconv::atoi(it).ok());
    Hook {
        path: path.into(),
        events,
        weight: weight.unwrap_or(0),
        delete_policies: policies("helm.sh/hook-delete-policy"),
        output_log_policies: policies("helm.sh/hook-output-log-policy"),
        head,
        text,
    }
}

const EVENTS: &[&str] = &[
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
];

/// The events an annotation names, `None` where one is unknown.
fn hook_events(annotation: &str) -> Option<Vec<String>> {
    annotation
        .split(',')
        .map(|it| {
            let name = it.trim().to_lowercase();
            // Helm 2 called its tests so.
            let name = if name == "test-success" { "test".to_owned() } else { name };
            EVENTS.contains(&name.as_str()).then_some(name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_event_drops_the_hook() {
        assert_eq!(hook_events("Pre-Install, test-success"), Some(vec!["pre-install".into(), "test".into()]));
        assert_eq!(hook_events("pre-install,crd-install"), None);
    }
}
