//! Kinds and versions that an API group does not have: misspelt ones, and those of another group.

use super::object::{Object, defined};
use super::{Subject, place};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::object::api::Group;
use crate::object::scope::is_of_kubernetes;

pub(super) fn check(subject: &Subject<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let defined = defined(objects);
    for object in objects {
        let head = &object.head;
        // What has neither is no object, which another rule says.
        let named = !head.kind.is_empty() && !head.api_version.is_empty();
        if named && !defined.contains(&(head.group().to_owned(), head.kind.clone())) {
            let told = found.len();
            of_group(object, found);
            place::fill(subject, object, found.get_mut(told..).unwrap_or_default());
        }
    }
}

fn of_group(object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let head = &object.head;
    let at = format!("{}: {head}", object.manifest);
    let version = head.api_version.rsplit('/').next().unwrap_or_default();
    let Some(group) = Group::of(head.group()) else {
        // One with a dot may be brought by a CRD from elsewhere.
        if is_of_kubernetes(head.group()) {
            let message = format!("{at}: Kubernetes has no API group `{}`", head.group());
            found.push(Diagnostic::new(Code::K007, message).help(elsewhere(&head.kind)));
        }
        return;
    };
    let name = if group.name.is_empty() { "v1" } else { group.name };
    if !group.kinds().any(|it| it == head.kind) {
        let far = |it: &&str| strsim::damerau_levenshtein(&it.to_lowercase(), &head.kind.to_lowercase());
        let near = group.kinds().min_by_key(far).filter(|it| far(it) <= 2 && Group::with(&head.kind).is_none());
        let help = near.map_or_else(|| elsewhere(&head.kind), |it| format!("did you mean `{it}`?"));
        found.push(Diagnostic::new(Code::K007, format!("{at}: `{name}` has no kind `{}`", head.kind)).help(help));
    } else if !group.versions().any(|it| it == version) {
        let versions: Vec<&str> = group.versions().collect();
        let help = format!("it has {}", versions.join(", "));
        found.push(Diagnostic::new(Code::K007, format!("{at}: `{name}` has no version `{version}`")).help(help));
    }
}

/// Where a kind is, if anywhere.
fn elsewhere(kind: &str) -> String {
    let Some(group) = Group::with(kind) else {
        return "the API server refuses the object: see the kinds of your cluster with `kubectl api-resources`".into();
    };
    let version = group.versions().next().unwrap_or("v1");
    let api_version = if group.name.is_empty() { version.into() } else { format!("{}/{version}", group.name) };
    format!("a {kind} is of `{api_version}`")
}
