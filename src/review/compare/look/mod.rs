//! What a change to a resource means: permissions, privileges, exposure, restarts, traffic, definitions.

mod blind;
mod definitions;
mod gone;
mod network;
mod permissions;
mod privileges;
mod settings;
mod workloads;

pub(super) use blind::blind;
pub(super) use gone::meaning as gone;
pub(super) use settings::Readers;

use serde_json::Value as Json;

use super::model::{Area, Finding, Risk};

/// One resource, before and after; `null` where it is not there.
pub(super) struct Pair<'a> {
    pub(super) part: &'a str,
    /// API version, kind, namespace and name; of the old side where the resource is gone.
    pub(super) id: &'a str,
    pub(super) old: &'a Json,
    pub(super) new: &'a Json,
    /// Whether Kubernetes takes it for another object: its namespace or name is another.
    pub(super) renamed: bool,
}

/// Everything a reviewer must know of one resource.
pub(super) fn look(pair: &Pair<'_>, readers: &Readers, found: &mut Vec<Finding>) {
    gone::look(pair, found);
    permissions::look(pair, found);
    privileges::look(pair, found);
    workloads::look(pair, found);
    network::look(pair, readers, found);
    settings::look(pair, readers, found);
    definitions::look(pair, found);
}

impl Pair<'_> {
    fn kind(&self) -> &str {
        let kind = self.new["kind"].as_str().or(self.old["kind"].as_str());
        kind.unwrap_or_default()
    }

    fn group(&self) -> &str {
        let version = self.new["apiVersion"].as_str().or(self.old["apiVersion"].as_str()).unwrap_or_default();
        version.split_once('/').map_or("", |(group, _)| group)
    }

    fn is_new(&self) -> bool {
        self.old.is_null()
    }

    fn is_gone(&self) -> bool {
        self.new.is_null()
    }

    fn say(&self, found: &mut Vec<Finding>, risk: Risk, area: Area, text: String) {
        let (part, resource) = (self.part.to_owned(), Some(self.id.to_owned()));
        found.push(Finding { risk, area, part, resource, text });
    }
}

/// The pod a resource makes, where it makes any.
fn pod(resource: &Json) -> &Json {
    match resource["kind"].as_str().unwrap_or_default() {
        "Pod" => &resource["spec"],
        "CronJob" => &resource["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "ReplicationController" | "StatefulSet" => {
            &resource["spec"]["template"]["spec"]
        }
        _ => &Json::Null,
    }
}

fn items(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn words(value: &Json) -> impl Iterator<Item = &str> {
    items(value).iter().filter_map(Json::as_str)
}
