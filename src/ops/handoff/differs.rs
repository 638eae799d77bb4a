//! What another Helm prints otherwise than that of the lock.

use std::collections::{BTreeMap, BTreeSet};

use crate::edge::random;
use crate::ops::Error;
use crate::stage::lock::Lock;
use crate::stage::render::{self, Rendered};
use crate::stage::seal::{self, Sealed};
use crate::stage::spec::Content;
use crate::stage::vendored::Vendored;
use crate::workspace::Workspace;
use helm_engine::helm::HelmVersion;

/// By part: the resources whose text is another, white space aside, or why the chart does not render.
pub(super) fn differs(
    workspace: &Workspace,
    lock: &Lock,
    rendered: &Rendered,
    helm: HelmVersion,
) -> Result<BTreeMap<String, Result<Vec<String>, String>>, Error> {
    let mut differs = BTreeMap::new();
    if helm == lock.helm() {
        return Ok(differs);
    }
    let ours = seal::seal(rendered)?;
    let mut other = workspace.clone();
    other.helm = Some(helm);
    // A cluster has one version of Kubernetes, whichever Helm asks.
    if other.spec.kubernetes.is_none() {
        other.spec.kubernetes = format!("1.{}.0", lock.helm().behaviour().kubernetes).parse().ok();
    }
    for part in &workspace.spec.parts {
        if !matches!(part.content, Content::Chart(_)) {
            continue;
        }
        other.spec.parts = vec![part.clone()];
        let resolved = other.resolve(Some(lock))?;
        let theirs = Vendored::fresh(&other.spec, resolved, Some(lock), lock.clock);
        let rendered = render::render(&theirs, &random::seed(), None).map_err(|it| it.message);
        let sealed = rendered.and_then(|rendered| seal::seal(&rendered).map_err(|fault| fault.to_string()));
        let ours = text(&ours, &part.name);
        match sealed.as_ref().map(|it| text(it, &part.name)) {
            Ok(theirs) if lines(ours).eq(lines(theirs)) => {}
            Ok(theirs) => drop(differs.insert(part.name.clone(), Ok(resources(ours, theirs)))),
            Err(fault) => drop(differs.insert(part.name.clone(), Err(fault.clone()))),
        }
    }
    Ok(differs)
}

fn text<'s>(sealed: &'s Sealed, part: &str) -> &'s str {
    sealed.parts().iter().find(|it| it.name == part).map_or("", |it| it.text.as_str())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|it| !it.is_empty())
}

/// The resources that only one text has, or that both have with another digest.
fn resources(ours: &str, theirs: &str) -> Vec<String> {
    let of = |text: &str| seal::inventory(text).map(|it| it.digests).unwrap_or_default();
    let (ours, theirs) = (of(ours), of(theirs));
    let all: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    all.into_iter().filter(|it| ours.get(*it) != theirs.get(*it)).cloned().collect()
}
