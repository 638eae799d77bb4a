//! Pods that Pod Security admission refuses: Talos enforces the level `baseline` in every namespace but kube-system.
//!
use std::collections::BTreeMap;

use super::object::Object;
use super::{Subject, place};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::review::kubernetes::schema::Release;
use crate::review::kubernetes::security::{self, Level, Pod};

/// The namespace that Talos exempts.
const EXEMPT: &str = "kube-system";

pub(super) fn check(subject: &Subject<'_>, objects: &[Object<'_>], release: Release, found: &mut Vec<Diagnostic>) {
    let levels: BTreeMap<&str, Level> = objects
        .iter()
        .filter(|it| it.head.kind == "Namespace")
        .map(|it| (it.head.name.as_str(), Level::of(it.cursor().value)))
        .collect();
    for object in objects {
        let namespace = if object.head.namespace.is_empty() { "default" } else { &object.head.namespace };
        let level = levels.get(namespace).copied().unwrap_or(Level::Baseline);
        if namespace == EXEMPT || level == Level::Privileged {
            continue;
        }
        let Some(pod) = pod(object) else { continue };
        let refused = security::refusals(&pod, level, Some(release.oldest));
        let Some(first) = refused.first() else { continue };
        let mut what: Vec<&str> = refused.iter().map(|it| it.what.as_str()).collect();
        what.dedup();
        let message = format!("namespace `{namespace}` refuses the pods of {}: {}", object.head, what.join(", "));
        let who = match levels.contains_key(namespace) && level == Level::Restricted {
            true => "its label asks for the `restricted` level".to_owned(),
            false => "Talos enforces the `baseline` level".to_owned(),
        };
        let help = format!(
            "{who}: take that out, or give the Namespace the label `pod-security.kubernetes.io/enforce: privileged`"
        );
        let diagnostic = Diagnostic::new(Code::T004, message).help(help);
        found.push(match place::of(subject, object, &first.path) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        });
    }
}

fn pod<'j>(object: &'j Object<'_>) -> Option<Pod<'j>> {
    let path: &[&str] = match (object.head.group(), object.head.kind.as_str()) {
        ("", "Pod") => &[],
        ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("batch", "Job")
        | ("", "PodTemplate" | "ReplicationController") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    let path = if object.head.kind == "PodTemplate" { &["template"] } else { path };
    Pod::of(&object.cursor().at(path)?)
}
