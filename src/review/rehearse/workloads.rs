//! What the API server refuses of workloads: selectors, strategies, schedules.

use serde_json::Value as Json;

use super::fate::{Refusal, Remedy, Rule};
use super::say::Say;
use super::talos::Manner;
use super::{names, pods};

/// Policies of pods that are kept running, of those that end, and of all.
const ALWAYS: &[&str] = &["Always"];
const ENDS: &[&str] = &["Never", "OnFailure"];
const ANY: &[&str] = &["Always", "Never", "OnFailure"];

pub(super) fn look(old: &Json, new: &Json, manner: Manner, found: &mut Vec<Refusal>) {
    let spec = &new["spec"];
    let kind = new["kind"].as_str().unwrap_or_default();
    match kind {
        "Pod" => pods::look(spec, "spec", ANY, &[], found),
        "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet" => {
            selector(spec, found);
            let claims = pods::list(&spec["volumeClaimTemplates"]).iter();
            let claims: Vec<&str> = claims.filter_map(|it| it["metadata"]["name"].as_str()).collect();
            pods::look(&spec["template"]["spec"], "spec.template.spec", ALWAYS, &claims, found);
            labels(&spec["template"], "spec.template", found);
        }
        "Job" => {
            pods::look(&spec["template"]["spec"], "spec.template.spec", ENDS, &[], found);
            labels(&spec["template"], "spec.template", found);
        }
        "CronJob" => {
            let job = &spec["jobTemplate"]["spec"];
            pods::look(&job["template"]["spec"], "spec.jobTemplate.spec.template.spec", ENDS, &[], found);
            cron(spec, found);
        }
        _ => return,
    }
    let mut say = Say { path: "spec", found };
    for field in ["replicas", "minReadySeconds", "revisionHistoryLimit", "parallelism", "completions", "backoffLimit"] {
        if let Some(number) = spec[field].as_i64().filter(|it| *it < 0) {
            say.invalid(field, format!("{number} is less than nothing"));
        }
    }
    match kind {
        "Deployment" => strategy(old, new, "strategy", &["Recreate", "RollingUpdate"], manner, found),
        "DaemonSet" | "StatefulSet" => {
            strategy(old, new, "updateStrategy", &["OnDelete", "RollingUpdate"], manner, found);
        }
        _ => {}
    }
}

/// A selector that does not find the pods that are made.
fn selector(spec: &Json, found: &mut Vec<Refusal>) {
    let mut say = Say { path: "spec", found };
    let selector = &spec["selector"];
    let wanted = selector["matchLabels"].as_object();
    let rules = pods::list(&selector["matchExpressions"]);
    if wanted.is_none_or(serde_json::Map::is_empty) && rules.is_empty() {
        return say.invalid("selector", "it must name at least one label".into());
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let differs = |(key, value): &(&String, &Json)| &labels[key.as_str()] != *value;
    if let Some((key, value)) = wanted.into_iter().flatten().find(differs) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let has = labels[key.as_str()].as_str().map_or("has none".to_owned(), |it| format!("has {it}"));
        say.invalid("template.metadata.labels", format!("the selector wants {key}={value}, and the template {has}"));
    }
    for rule in rules {
        let key = rule["key"].as_str().unwrap_or_default();
        let value = &labels[key];
        let fits = match rule["operator"].as_str().unwrap_or_default() {
            "In" => pods::list(&rule["values"]).contains(value),
            "NotIn" => !pods::list(&rule["values"]).contains(value),
            "Exists" => !value.is_null(),
            "DoesNotExist" => value.is_null(),
            _ => true,
        };
        if !fits {
            say.invalid("template.metadata.labels", format!("the selector's rule on {key} does not fit the template"));
        }
    }
}

fn labels(template: &Json, path: &str, found: &mut Vec<Refusal>) {
    let mut say = Say { path, found };
    for (key, value) in template["metadata"]["labels"].as_object().into_iter().flatten() {
        if !names::is_qualified(key) {
            say.invalid("metadata.labels", format!("`{key}` is no key of a label"));
        }
        if let Some(value) = value.as_str().filter(|it| !names::is_label_value(it)) {
            say.invalid("metadata.labels", format!("`{value}` is no value of a label"));
        }
    }
}

/// Another strategy beside what the old one left behind: server-side apply keeps defaults that nobody owns.
fn strategy(old: &Json, new: &Json, field: &str, types: &[&str], manner: Manner, found: &mut Vec<Refusal>) {
    let mut say = Say { path: "spec", found };
    let (before, after) = (&old["spec"][field], &new["spec"][field]);
    let kind = after["type"].as_str().unwrap_or("RollingUpdate");
    if !types.contains(&kind) {
        return say.invalid(&format!("{field}.type"), format!("{kind} is none of {}", types.join(", ")));
    }
    let rolling = &after["rollingUpdate"];
    let path = format!("{field}.rollingUpdate");
    let fields: &[&str] = match new["kind"].as_str().unwrap_or_default() {
        "Deployment" => &["maxSurge", "maxUnavailable"],
        "StatefulSet" => &["partition"],
        _ => &[],
    };
    let judged = !fields.is_empty();
    if kind != "RollingUpdate" && !rolling.is_null() && judged {
        return say.invalid(&path, format!("it is not possible beside the type {kind}"));
    }
    let rolled = before["type"].as_str().unwrap_or("RollingUpdate") == "RollingUpdate";
    // What the old manifest wrote out goes with it; what the API server filled in stays.
    let defaulted = before["rollingUpdate"].is_null();
    if manner.merges && judged && !old.is_null() && rolled && kind != "RollingUpdate" && defaulted {
        let why = format!(
            "the live object keeps the rollingUpdate that it was given by default, which {kind} does not allow, and \
             server-side apply does not take it away"
        );
        say.found.push(Refusal { rule: Rule::Invalid, path: format!("spec.{path}"), why, remedy: Remedy::Recreate });
    }
    let zero = |it: &Json| it.as_i64() == Some(0) || it.as_str().is_some_and(|it| it == "0" || it == "0%");
    if kind == "RollingUpdate"
        && field != "updateStrategy"
        && zero(&rolling["maxSurge"])
        && zero(&rolling["maxUnavailable"])
    {
        say.invalid(&path, "maxSurge and maxUnavailable cannot both be 0".into());
    }
    for name in ["maxSurge", "maxUnavailable"] {
        let text = rolling[name].as_str();
        let fits = text.is_none_or(|it| it.strip_suffix('%').is_some_and(|it| it.parse::<u32>().is_ok()));
        if !fits || rolling[name].as_i64().is_some_and(|it| it < 0) {
            say.invalid(&format!("{path}.{name}"), "it must be a number or a percentage such as 25%".into());
        }
    }
}

fn cron(spec: &Json, found: &mut Vec<Refusal>) {
    let mut say = Say { path: "spec", found };
    let schedule = spec["schedule"].as_str().unwrap_or_default();
    let fields = schedule.split_whitespace().count();
    let macro_ = schedule.starts_with('@');
    if schedule.is_empty() {
        say.invalid("schedule", "a CronJob needs one".into());
    } else if !macro_ && fields != 5 && !schedule.starts_with("TZ=") && !schedule.starts_with("CRON_TZ=") {
        say.invalid("schedule", format!("`{schedule}` has {fields} fields, not 5"));
    } else if schedule.contains("TZ=") {
        say.invalid("schedule", "write the time zone as `timeZone`".into());
    }
    if let Some(policy) = spec["concurrencyPolicy"].as_str().filter(|it| !["Allow", "Forbid", "Replace"].contains(it)) {
        say.invalid("concurrencyPolicy", format!("{policy} is none of Allow, Forbid, Replace"));
    }
}
