//! What the API server asks before it takes an object: webhooks and policies.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, word, words};
use crate::base::number::some;
use crate::review::compare::around::{self, selects};
use crate::review::compare::model::{Area, Finding, Risk};

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.group() != "admissionregistration.k8s.io" {
        return;
    }
    match pair.kind() {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => webhooks(pair, found),
        _ => policies(pair, found),
    }
}

/// What the API server asks before it takes an object, other than webhooks.
fn policies(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.old["spec"] == pair.new["spec"] || pair.is_gone() {
        return;
    }
    let spec = &pair.new["spec"];
    let rules = [&spec["matchConstraints"], &spec["matchResources"]];
    let rules = rules.into_iter().flat_map(|it| items(&it["resourceRules"]));
    let targets: Vec<String> = rules
        .flat_map(|rule| {
            let verbs = words(&rule["operations"]).collect::<Vec<_>>().join(", ");
            words(&rule["resources"]).map(move |it| format!("{verbs} of {it}")).collect::<Vec<_>>()
        })
        .collect();
    let targets = if targets.is_empty() { "what it matches".to_owned() } else { some(&targets, 8) };
    let change = if pair.is_new() { "is new" } else { "judges otherwise" };
    match pair.kind() {
        "ValidatingAdmissionPolicy" => {
            pair.say(found, Risk::Traffic, Area::Permission, format!("{change}: can refuse {targets}"));
        }
        "ValidatingAdmissionPolicyBinding" => {
            let actions: Vec<&str> = words(&spec["validationActions"]).collect();
            let policy = word(&spec["policyName"]);
            let text = format!("puts policy {policy} into force ({}) for {targets}", actions.join(", "));
            let risk = if actions.contains(&"Deny") { Risk::Traffic } else { Risk::Moves };
            pair.say(found, risk, Area::Permission, text);
        }
        _ => pair.say(found, Risk::Gains, Area::Permission, format!("{change}: can change {targets}")),
    }
}

fn webhooks(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let named = |side: &Json, name: &Json| items(&side["webhooks"]).iter().find(|it| it["name"] == *name).cloned();
    for hook in items(&pair.new["webhooks"]) {
        let old = named(pair.old, &hook["name"]).unwrap_or_default();
        let name = word(&hook["name"]);
        let asked = asked(hook);
        if old["rules"] != hook["rules"] && (old.is_null() || !asked.is_subset(&self::asked(&old))) {
            let text = format!("webhook {name} is asked before these are written: {}", told(hook));
            pair.say(found, Risk::Gains, Area::Permission, text);
        } else if old["rules"] != hook["rules"] {
            let text = format!("webhook {name} is asked about less: {}", told(hook));
            pair.say(found, Risk::Loss, Area::Permission, text);
        }
        let strict = |it: &Json| !it.is_null() && word(&it["failurePolicy"]) != "Ignore";
        let newly = strict(hook) && !strict(&old);
        if newly {
            let mut text =
                format!("webhook {name} blocks what it is asked about while it does not answer (failurePolicy Fail)");
            text.push_str(&deadlock(pair, hook));
            pair.say(found, Risk::Traffic, Area::Admission, text);
        } else if strict(&old) && !strict(hook) {
            let text = format!("webhook {name} lets through what it was to judge while it does not answer (Ignore)");
            pair.say(found, Risk::Gains, Area::Admission, text);
        }
        if old.is_null() {
            continue;
        }
        exemptions(pair, name, &old, hook, newly, found);
        client(pair, name, &old, hook, found);
        let wait = |it: &Json| it["timeoutSeconds"].as_i64().unwrap_or(10);
        if wait(hook) < wait(&old) && strict(hook) {
            let text = format!(
                "webhook {name} has {} seconds to answer, not {}: what is late is blocked",
                wait(hook),
                wait(&old)
            );
            pair.say(found, Risk::Traffic, Area::Admission, text);
        } else if wait(hook) > wait(&old) {
            let text =
                format!("webhook {name} may keep each write waiting for {} seconds, not {}", wait(hook), wait(&old));
            pair.say(found, Risk::Moves, Area::Admission, text);
        }
    }
    for hook in items(&pair.old["webhooks"]) {
        if !pair.is_gone() && named(pair.new, &hook["name"]).is_none() {
            let text = format!("webhook {} is gone: nothing judges {} any more", word(&hook["name"]), told(hook));
            pair.say(found, Risk::Loss, Area::Permission, text);
        }
    }
}

/// What a webhook is asked about: operations and resources.
fn asked(hook: &Json) -> BTreeSet<(String, String)> {
    let of = |rule: &Json| -> Vec<(String, String)> {
        let verbs: Vec<&str> = words(&rule["operations"]).collect();
        words(&rule["resources"]).flat_map(|it| verbs.iter().map(|verb| ((*verb).to_owned(), it.to_owned()))).collect()
    };
    items(&hook["rules"]).iter().flat_map(of).collect()
}

fn told(hook: &Json) -> String {
    let targets: Vec<String> =
        items(&hook["rules"]).iter().flat_map(|it| words(&it["resources"])).map(str::to_owned).collect();
    some(&targets, 8)
}

/// The workload of this bundle that answers a webhook which is asked about its own pods.
fn deadlock(pair: &Pair<'_>, hook: &Json) -> String {
    let about = items(&hook["rules"])
        .iter()
        .any(|rule| words(&rule["resources"]).any(|it| matches!(it, "pods" | "*" | "*/*" | "pods/*")));
    let service = &hook["clientConfig"]["service"];
    let (space, name) = (word(&service["namespace"]), word(&service["name"]));
    if !about {
        return String::new();
    }
    let exempt = exempts(hook, space);
    let found = pair.around.new.find("Service", space, name);
    // A workload of the Service's name answers too, where the Service is not at hand.
    let selector = found.map(|it| it["spec"]["selector"].clone()).unwrap_or_default();
    let answers = pair.around.new.selected(space, &selector);
    let like = || pair.around.new.workloads().find(|it| around::space(it) == space && it["metadata"]["name"] == name);
    match answers.first().copied().or_else(like).filter(|_| !exempt) {
        Some(workload) => format!(
            ": it is answered by {} of this bundle, whose own pods it is asked about: while none runs, none can start",
            around::title(workload)
        ),
        None if exempts(hook, "kube-system") => String::new(),
        None => ": no pod can start while it is down, those of kube-system among them".into(),
    }
}

/// Whether a webhook leaves a namespace alone.
fn exempts(hook: &Json, space: &str) -> bool {
    let labels = serde_json::json!({"kubernetes.io/metadata.name": space});
    let selector = &hook["namespaceSelector"];
    selector.as_object().is_some_and(|it| !it.is_empty()) && !selects(selector, &labels)
}

/// What is no longer left alone.
fn exemptions(pair: &Pair<'_>, name: &str, old: &Json, new: &Json, newly: bool, found: &mut Vec<Finding>) {
    let strict = word(&new["failurePolicy"]) != "Ignore";
    let system = exempts(old, "kube-system") && !exempts(new, "kube-system");
    let mut told = Vec::new();
    for (field, what) in
        [("namespaceSelector", "namespaces"), ("objectSelector", "objects"), ("matchConditions", "conditions")]
    {
        let nothing = |it: &Json| {
            it.is_null()
                || it.as_object().is_some_and(serde_json::Map::is_empty)
                || it.as_array().is_some_and(Vec::is_empty)
        };
        if old[field] == new[field] || nothing(&old[field]) && nothing(&new[field]) {
            continue;
        }
        if nothing(&new[field]) {
            told.push(format!("{what} ({field} is gone)"));
        } else if nothing(&old[field]) {
            let text = format!("webhook {name} leaves more alone: it has a {field} now");
            pair.say(found, Risk::Gains, Area::Admission, text);
        } else {
            told.push(format!("{what} ({field} is another)"));
        }
    }
    if told.is_empty() {
        return;
    }
    let mut text =
        format!("webhook {name} is asked about more than before: its exemptions changed for {}", told.join(", "));
    if system {
        text.push_str("; kube-system is no longer exempt");
    }
    if strict && !newly {
        text.push_str(": while it does not answer, nothing of that can be written");
        text.push_str(&deadlock(pair, new));
    }
    pair.say(found, if strict { Risk::Traffic } else { Risk::Gains }, Area::Admission, text);
}

fn client(pair: &Pair<'_>, name: &str, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let (old, new) = (&old["clientConfig"], &new["clientConfig"]);
    if old["caBundle"] != new["caBundle"] {
        let text = format!(
            "webhook {name} trusts another CA: its calls fail until the server's certificate is signed by that one"
        );
        pair.say(found, Risk::Traffic, Area::Certificate, text);
    }
    let address = |it: &Json| match it["url"].as_str() {
        Some(url) => url.to_owned(),
        None => {
            let service = &it["service"];
            format!("Service {}/{}{}", word(&service["namespace"]), word(&service["name"]), word(&service["path"]))
        }
    };
    if address(old) != address(new) || old["service"]["port"] != new["service"]["port"] {
        let text = format!("webhook {name} is answered by {}, not by {}", address(new), address(old));
        pair.say(found, Risk::Gains, Area::Permission, text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    #[test]
    fn says_what_a_policy_can_refuse() {
        let api = "admissionregistration.k8s.io/v1";
        let rules = json!([{"operations": ["CREATE", "UPDATE"], "resources": ["gateways"]}]);
        let policy = json!({"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "spec": {"matchConstraints": {"resourceRules": rules}}});
        let binding = json!({"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {"policyName": "g", "validationActions": ["Deny"], "matchResources": {"resourceRules": rules}}});
        let said = |new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            let old = Json::Null;
            look(&Pair::bare("a b c", &old, new, &Around::default()), &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        assert_eq!(said(&policy), ["Traffic: is new: can refuse CREATE, UPDATE of gateways"]);
        assert_eq!(said(&binding), ["Traffic: puts policy g into force (Deny) for CREATE, UPDATE of gateways"]);
    }
}
