//! Where a pod may run.

use super::{labels, needed};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

const RULES: (&str, &str) =
    ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");

pub(super) fn check(pod: &Cursor<'_>, faults: &mut Faults) {
    labels::plain(pod, "nodeSelector", faults);
    for toleration in pod.list("tolerations") {
        tolerates(&toleration, faults);
    }
    for spread in pod.list("topologySpreadConstraints") {
        if let Some(at) = spread.get("maxSkew")
            && at.value.as_i64().is_some_and(|it| it < 1)
        {
            faults.value(&at, "is below 1", "write 1 or more");
        }
        needed(&spread, "topologyKey", "name the label of nodes to spread over", faults);
        if let Some(selector) = spread.get("labelSelector") {
            labels::selector(&selector, faults);
        }
    }
    let Some(affinity) = pod.get("affinity") else { return };
    if let Some(node) = affinity.get("nodeAffinity") {
        nodes(&node, faults);
    }
    for key in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = affinity.get(key) else { continue };
        for term in pods.list(RULES.0) {
            near(&term, faults);
        }
        for preferred in pods.list(RULES.1) {
            weight(&preferred, faults);
            if let Some(term) = preferred.get("podAffinityTerm") {
                near(&term, faults);
            }
        }
    }
}

/// The labels by which Pod Security admission knows what a namespace takes.
pub(super) fn namespace(object: &Cursor<'_>, faults: &mut Faults) {
    let labels = object.get("metadata").map(|it| it.entries("labels")).unwrap_or_default();
    for (key, at) in labels {
        let mode = key.strip_prefix("pod-security.kubernetes.io/");
        let is_level = ["privileged", "baseline", "restricted"].contains(&at.word());
        let is_version =
            at.word() == "latest" || at.word().strip_prefix("v1.").is_some_and(|it| it.parse::<u32>().is_ok());
        let (fits, help) = match mode {
            Some("enforce" | "audit" | "warn") => (is_level, "it can be privileged, baseline, restricted"),
            Some("enforce-version" | "audit-version" | "warn-version") => (is_version, "it can be latest or v1.34"),
            _ => continue,
        };
        if !fits && at.value.is_string() {
            faults.value(&at, format!("is `{}`", at.word()), help);
        }
    }
}

fn tolerates(at: &Cursor<'_>, faults: &mut Faults) {
    match at.text("operator") {
        "Exists" if !at.text("value").is_empty() => {
            faults.clash(at, "has a `value`, which `Exists` does not take", "take the value out, or write `Equal`");
        }
        "Exists" => {}
        "" | "Equal" if at.text("key").is_empty() && !at.is_sealed() => {
            faults.clash(at, "has no `key`", "write `operator: Exists` to tolerate everything");
        }
        _ => {}
    }
    if let Some(key) = at.get("key")
        && !key.word().is_empty()
        && !text::is_qualified(key.word())
    {
        faults.value(&key, format!("is `{}`, which is no key of a taint", key.word()), labels::KEY);
    }
    if at.has("tolerationSeconds") && !["", "NoExecute"].contains(&at.text("effect")) {
        faults.clash(at, "has `tolerationSeconds`, which `NoExecute` alone takes", "take them out");
    }
}

fn nodes(at: &Cursor<'_>, faults: &mut Faults) {
    let mut terms = Vec::new();
    if let Some(required) = at.get(RULES.0) {
        let found = required.list("nodeSelectorTerms");
        if found.is_empty() && required.has("nodeSelectorTerms") {
            faults.missing(&required, "nodeSelectorTerms", "one term at least is needed");
        }
        terms.extend(found);
    }
    for preferred in at.list(RULES.1) {
        weight(&preferred, faults);
        terms.extend(preferred.get("preference"));
    }
    for term in terms {
        for rule in term.list("matchExpressions") {
            let values = rule.list("values").len();
            match rule.text("operator") {
                "In" | "NotIn" if values == 0 => {
                    faults.missing(&rule, "values", "`In` and `NotIn` need values");
                }
                "Exists" | "DoesNotExist" if values > 0 => {
                    let what = "has `values`, which `Exists` and `DoesNotExist` do not take";
                    faults.clash(&rule, what, "take them out");
                }
                "Gt" | "Lt" if values != 1 => {
                    faults.clash(&rule, "has not one value", "`Gt` and `Lt` compare with one number");
                }
                _ => {}
            }
        }
    }
}

fn near(term: &Cursor<'_>, faults: &mut Faults) {
    needed(term, "topologyKey", "name the label of nodes that says what is near", faults);
    for key in ["labelSelector", "namespaceSelector"] {
        if let Some(selector) = term.get(key) {
            labels::selector(&selector, faults);
        }
    }
}

fn weight(at: &Cursor<'_>, faults: &mut Faults) {
    if let Some(weight) = at.get("weight")
        && weight.value.as_i64().is_some_and(|it| !(1..=100).contains(&it))
    {
        faults.value(&weight, format!("is {}", weight.value), "a weight goes from 1 to 100");
    }
}
