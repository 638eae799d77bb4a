//! What API servers refuse beside what their schemas say: Kubernetes' own validation, as far as manifests of charts meet it.
//!
//! Mirrors `pkg/apis/*/validation` of Kubernetes 1.34. Where a later release takes more, that is taken.

mod claim;
mod container;
mod definition;
mod env;
mod labels;
mod network;
mod pod;
mod probe;
mod rbac;
mod resources;
mod scheduling;
mod secret;
mod service;
mod volume;
mod webhook;
mod workload;

use super::fault::Faults;
use crate::review::kubernetes::cursor::Cursor;

/// Says what the server refuses in an object of a kind of Kubernetes.
pub(in crate::review) fn check(object: &Cursor<'_>, faults: &mut Faults) {
    match (object.text("apiVersion"), object.text("kind")) {
        ("v1", "Pod") => workload::bare(object, faults),
        ("v1", "PodTemplate") => workload::template(object, faults),
        ("apps/v1", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet") => workload::check(object, faults),
        ("batch/v1", "Job" | "CronJob") => workload::jobs(object, faults),
        ("v1", "Namespace") => scheduling::namespace(object, faults),
        ("v1", "Service") => service::check(object, faults),
        ("v1", "Secret") => secret::secret(object, faults),
        ("v1", "ConfigMap") => secret::config(object, faults),
        ("v1", "PersistentVolumeClaim") => claim::claim(object, faults),
        ("v1", "PersistentVolume") => claim::volume(object, faults),
        ("storage.k8s.io/v1", "StorageClass") => claim::class(object, faults),
        ("scheduling.k8s.io/v1", "PriorityClass") => claim::priority(object, faults),
        ("policy/v1", "PodDisruptionBudget") => workload::budget(object, faults),
        ("autoscaling/v2" | "autoscaling/v1", "HorizontalPodAutoscaler") => workload::autoscaler(object, faults),
        ("networking.k8s.io/v1", "NetworkPolicy") => network::policy(object, faults),
        ("networking.k8s.io/v1", "Ingress") => network::ingress(object, faults),
        ("networking.k8s.io/v1", "IngressClass") => network::class(object, faults),
        ("rbac.authorization.k8s.io/v1", "Role" | "ClusterRole") => rbac::role(object, faults),
        ("rbac.authorization.k8s.io/v1", "RoleBinding" | "ClusterRoleBinding") => rbac::binding(object, faults),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => definition::check(object, faults),
        ("admissionregistration.k8s.io/v1", kind) if kind.ends_with("WebhookConfiguration") => {
            webhook::check(object, faults);
        }
        _ => {}
    }
}

/// A number that may not be negative, by its key.
fn not_negative(below: &Cursor<'_>, keys: &[&str], faults: &mut Faults) {
    for key in keys {
        if below.number(key).is_some_and(|it| it < 0)
            && let Some(at) = below.get(key)
        {
            faults.value(&at, "is below zero", "write 0 or more");
        }
    }
}

/// The number of a port.
fn port(below: &Cursor<'_>, key: &str, faults: &mut Faults) {
    if let Some(at) = below.get(key)
        && at.value.as_i64().is_some_and(|it| !(1..=65535).contains(&it))
    {
        faults.value(&at, format!("is {}, which is no port", at.value), "ports go from 1 to 65535");
    }
}

/// The number or the name of a port.
fn port_or_name(below: &Cursor<'_>, key: &str, faults: &mut Faults) {
    let Some(at) = below.get(key) else { return };
    match at.value.as_str() {
        None => port(below, key, faults),
        Some(name) if super::text::is_port_name(name) => {}
        Some(name) => {
            let is_number = name.parse::<u16>().is_ok();
            let help = if is_number { "a number is written without quotes" } else { PORT_NAME };
            faults.value(&at, format!("is `{name}`, which is no name of a port"), help);
        }
    }
}

const PORT_NAME: &str =
    "the name of a port is made of at most 15 small letters, digits and `-`, with a letter among them";

/// What must be a text that is not empty.
fn needed(below: &Cursor<'_>, key: &str, help: &str, faults: &mut Faults) {
    // Where nothing stands at all, the schema says so for most.
    if below.text(key).is_empty() && below.get(key).is_none_or(|it| it.value.is_string()) {
        faults.missing(below, key, help);
    }
}
