//! What stands around a resource on each side: the workloads, roles, services and settings that it works with.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::documents::Documents;
use super::side::Side;
use crate::review::rehearse::{self, Stage};

/// Kinds that are read; of all others, only what they are called is known.
const READ: &[&str] = &[
    "ClusterRole",
    "ConfigMap",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Job",
    "Namespace",
    "Pod",
    "PodDisruptionBudget",
    "PriorityClass",
    "Role",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
    "StorageClass",
];

/// Both sides, and the versions that the new one is for.
#[derive(Debug, Default)]
pub(in crate::review) struct Around {
    pub(in crate::review) old: Scene,
    pub(in crate::review) new: Scene,
    pub(in crate::review) stage: Stage,
}

/// All objects of one side. Data of Secrets are among them, and are never shown.
#[derive(Debug, Default)]
pub(in crate::review) struct Scene {
    objects: Vec<Json>,
    /// What every object is called, read or not.
    pub(in crate::review) ids: BTreeSet<String>,
    /// Whether a part's contents are not at hand.
    pub(in crate::review) partial: bool,
}

impl Around {
    pub(in crate::review) fn of<'a>(
        (old, new): (&Side, &Side),
        documents: &dyn Fn(bool, &str) -> Option<&'a Documents<'a>>,
    ) -> Around {
        let scene = |is_new: bool, side: &Side| {
            let mut scene = Scene::default();
            for (name, part) in &side.parts {
                scene.partial |= part.content.is_err();
                for id in part.resources.keys() {
                    scene.ids.insert(id.clone());
                    let kind = id.split(' ').nth(1).unwrap_or_default();
                    if READ.contains(&kind) {
                        scene.objects.extend(documents(is_new, name).and_then(|it| it.read(id)));
                    }
                }
            }
            scene
        };
        let minor = |it: &Side| it.kubernetes.as_deref()?.trim_start_matches('v').split('.').nth(1)?.parse().ok();
        let talos = new.talos.as_deref().or(old.talos.as_deref()).and_then(|it| it.parse().ok());
        let (before, after) = (scene(false, old), scene(true, new));
        let levels = rehearse::levels(after.objects.iter());
        let definitions = rehearse::definitions(after.objects.iter());
        let stage = Stage { talos, kubernetes: minor(new).or_else(|| minor(old)), levels, definitions };
        Around { old: before, new: after, stage }
    }
}

impl Scene {
    /// The objects of a kind.
    pub(in crate::review) fn of<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Json> {
        self.objects.iter().filter(move |it| it["kind"] == kind)
    }

    pub(in crate::review) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Json> {
        self.objects.iter().find(|it| {
            it["kind"] == kind
                && it["metadata"]["name"] == name
                && it["metadata"]["namespace"].as_str().unwrap_or_default() == namespace
        })
    }

    /// Whatever makes pods, and pods.
    pub(in crate::review) fn workloads(&self) -> impl Iterator<Item = &Json> {
        self.objects.iter().filter(|it| !pod(it).is_null())
    }

    /// The workloads of a namespace whose pods a selector of labels finds.
    pub(in crate::review) fn selected<'s>(&'s self, namespace: &'s str, selector: &'s Json) -> Vec<&'s Json> {
        let fits = |it: &&Json| space(it) == namespace && selects(selector, labels(it));
        self.workloads().filter(fits).collect()
    }
}

/// The namespace of an object.
pub(in crate::review) fn space(object: &Json) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// `Deployment n/x`.
pub(in crate::review) fn title(object: &Json) -> String {
    let (kind, name) = (object["kind"].as_str().unwrap_or_default(), object["metadata"]["name"].as_str());
    match space(object) {
        "" => format!("{kind} {}", name.unwrap_or_default()),
        space => format!("{kind} {space}/{}", name.unwrap_or_default()),
    }
}

/// The template that a resource makes pods by, which of a pod is the pod.
pub(in crate::review) fn template(resource: &Json) -> &Json {
    match resource["kind"].as_str().unwrap_or_default() {
        "Pod" => resource,
        "CronJob" => &resource["spec"]["jobTemplate"]["spec"]["template"],
        "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "ReplicationController" | "StatefulSet" => {
            &resource["spec"]["template"]
        }
        _ => &Json::Null,
    }
}

/// The pod a resource makes, where it makes any.
pub(in crate::review) fn pod(resource: &Json) -> &Json {
    &template(resource)["spec"]
}

/// The labels of the pods that a resource makes.
pub(in crate::review) fn labels(resource: &Json) -> &Json {
    &template(resource)["metadata"]["labels"]
}

/// Whether a selector finds labels: a plain mapping as of a Service, or one with rules. An empty one as of a Service finds
/// nothing.
pub(in crate::review) fn selects(selector: &Json, labels: &Json) -> bool {
    let Some(map) = selector.as_object() else { return false };
    let rules = map.contains_key("matchLabels") || map.contains_key("matchExpressions");
    if !rules {
        return !map.is_empty() && map.iter().all(|(key, value)| labels[key.as_str()] == *value);
    }
    let plain = map.get("matchLabels").and_then(Json::as_object);
    let all = plain.into_iter().flatten().all(|(key, value)| labels[key.as_str()] == *value);
    let list = map.get("matchExpressions").and_then(Json::as_array);
    all && list.into_iter().flatten().all(|rule| {
        let value = &labels[rule["key"].as_str().unwrap_or_default()];
        let among = rule["values"].as_array().is_some_and(|it| it.contains(value));
        match rule["operator"].as_str().unwrap_or_default() {
            "In" => among,
            "NotIn" => !among,
            "Exists" => !value.is_null(),
            "DoesNotExist" => value.is_null(),
            _ => false,
        }
    })
}
