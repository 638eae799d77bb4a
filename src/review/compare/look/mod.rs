//! What a change to a resource means: permissions, privileges, exposure, restarts, traffic, definitions.

mod admission;
mod blind;
mod definitions;
mod gone;
mod health;
mod network;
mod objects;
mod permissions;
mod privileges;
mod references;
mod routing;
mod scheduling;
mod settings;
mod texts;
mod workloads;

pub(super) use blind::blind;
pub(super) use gone::meaning as gone;
pub(super) use settings::Readers;

use serde_json::Value as Json;

use super::around::{self, Around};
use super::model::{Area, Finding, Risk};
use crate::review::rehearse::Fate;

/// One resource, before and after; `null` where it is not there.
pub(super) struct Pair<'a> {
    pub(super) part: &'a str,
    /// API version, kind, namespace and name; of the old side where the resource is gone.
    pub(super) id: &'a str,
    pub(super) old: &'a Json,
    pub(super) new: &'a Json,
    /// Whether Kubernetes takes it for another object: its namespace or name is another.
    pub(super) renamed: bool,
    pub(super) around: &'a Around,
    /// What Talos does with it, where that is known.
    pub(super) fate: Option<&'a Fate>,
}

/// Everything a reviewer must know of one resource.
pub(super) fn look(pair: &Pair<'_>, readers: &Readers, found: &mut Vec<Finding>) {
    refusals(pair, found);
    gone::look(pair, found);
    permissions::look(pair, found);
    privileges::look(pair, found);
    workloads::look(pair, found);
    scheduling::look(pair, found);
    health::look(pair, found);
    network::look(pair, readers, found);
    admission::look(pair, found);
    settings::look(pair, readers, found);
    texts::look(pair, found);
    references::look(pair, found);
    objects::look(pair, found);
    definitions::look(pair, found);
}

/// What the API server does not take, and what it takes to get it there.
fn refusals(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    for refusal in pair.fate.iter().flat_map(|it| &it.refusals) {
        let text = format!("{}: {}", refusal.path, refusal.why);
        pair.say(found, Risk::Refused, Area::Admission, text);
    }
}

#[cfg(test)]
impl<'a> Pair<'a> {
    /// One among nothing else.
    fn bare(id: &'a str, old: &'a Json, new: &'a Json, around: &'a Around) -> Pair<'a> {
        Pair { part: "p", id, old, new, renamed: false, around, fate: None }
    }
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

    fn is_refused(&self) -> bool {
        self.fate.is_some_and(|it| !it.refusals.is_empty())
    }

    fn name(&self) -> &str {
        word(if self.new.is_null() { &self.old["metadata"]["name"] } else { &self.new["metadata"]["name"] })
    }

    fn say(&self, found: &mut Vec<Finding>, risk: Risk, area: Area, text: String) {
        let (part, resource) = (self.part.to_owned(), Some(self.id.to_owned()));
        found.push(Finding { risk, area, part, resource, text, ..Finding::default() });
    }
}

/// The pod a resource makes, where it makes any.
fn pod(resource: &Json) -> &Json {
    around::pod(resource)
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
