//! Pods that Pod Security admission refuses: Talos enforces the level `baseline` in every namespace but kube-system.
//!
//! Mirrors the checks of `k8s.io/pod-security-admission` 1.34. What later releases let through is let through.

mod baseline;
mod restricted;

use std::collections::BTreeMap;

use super::cursor::{Cursor, Path};
use super::object::Object;
use super::schema::Release;
use super::{Subject, place};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::review::rehearse::Level;

/// The namespace that Talos exempts.
const EXEMPT: &str = "kube-system";

/// What a pod does that the level of its namespace forbids.
struct Refusal {
    path: Path,
    what: String,
}

/// A pod, or what pods are made of.
struct Pod<'j> {
    annotations: Vec<(&'j str, Cursor<'j>)>,
    spec: Cursor<'j>,
}

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
        let mut refused = baseline::check(&pod, release);
        if level == Level::Restricted {
            refused.extend(restricted::check(&pod));
        }
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
    let holder = object.cursor().at(path)?;
    let annotations = holder.get("metadata").map(|it| it.entries("annotations")).unwrap_or_default();
    Some(Pod { annotations, spec: holder.get("spec")? })
}

impl<'j> Pod<'j> {
    fn containers(&self) -> Vec<Cursor<'j>> {
        ["initContainers", "containers", "ephemeralContainers"].iter().flat_map(|it| self.spec.list(it)).collect()
    }

    /// The security context of the pod, then those of its containers.
    fn contexts(&self) -> Vec<Cursor<'j>> {
        let own = self.spec.get("securityContext");
        own.into_iter().chain(self.containers().iter().filter_map(|it| it.get("securityContext"))).collect()
    }
}

fn refuse(refused: &mut Vec<Refusal>, at: &Cursor<'_>, what: impl Into<String>) {
    if !at.is_sealed() {
        refused.push(Refusal { path: at.path.clone(), what: what.into() });
    }
}
