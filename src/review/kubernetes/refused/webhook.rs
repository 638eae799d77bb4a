//! Webhooks of admission.

use std::collections::BTreeSet;

use super::{labels, needed};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

pub(super) fn check(object: &Cursor<'_>, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for hook in object.list("webhooks") {
        let name = hook.text("name");
        needed(&hook, "name", "a webhook has a name such as pods.example.com", faults);
        if let Some(at) = hook.get("name").filter(|_| !name.is_empty()) {
            if !text::is_subdomain(name) || name.split('.').count() < 3 {
                let help = "it is a domain of three parts at least, such as pods.example.com";
                faults.value(&at, format!("is `{name}`, which the API server does not take"), help);
            } else if !names.insert(name) {
                faults.clash(&at, "is the name of two webhooks", "give each a name of its own");
            }
        }
        if !hook.is_filled("admissionReviewVersions") && hook.has("admissionReviewVersions") {
            faults.missing(&hook, "admissionReviewVersions", "write `[v1]`");
        } else if let Some(at) = hook.get("admissionReviewVersions")
            && at.value.is_array()
            && !at.items().iter().any(|it| ["v1", "v1beta1"].contains(&it.word()) || it.is_sealed())
        {
            faults.value(&at, "has neither `v1` nor `v1beta1`", "write `[v1]`");
        }
        if let Some(at) = hook.get("sideEffects")
            && at.value.is_string()
            && !["None", "NoneOnDryRun"].contains(&at.word())
        {
            faults.value(&at, format!("is `{}`", at.word()), "it can be None or NoneOnDryRun");
        }
        if let Some(at) = hook.get("timeoutSeconds")
            && at.value.as_i64().is_some_and(|it| !(1..=30).contains(&it))
        {
            faults.value(&at, format!("is {}", at.value), "it goes from 1 to 30");
        }
        for key in ["namespaceSelector", "objectSelector"] {
            if let Some(selector) = hook.get(key) {
                labels::selector(&selector, faults);
            }
        }
        if let Some(client) = hook.get("clientConfig") {
            to(&client, faults);
        }
        for rule in hook.list("rules") {
            for key in ["operations", "apiGroups", "apiVersions", "resources"] {
                if !rule.is_filled(key) {
                    faults.missing(&rule, key, "a rule says what the webhook is asked about");
                }
            }
        }
    }
}

fn to(client: &Cursor<'_>, faults: &mut Faults) {
    match (client.get("url"), client.get("service")) {
        (None, None) => faults.missing(client, "service", "say whom the API server asks: `service` or `url`"),
        (Some(_), Some(_)) => faults.clash(client, "has both `url` and `service`", "take one of them out"),
        (Some(url), None) if url.value.is_string() && !url.word().starts_with("https://") => {
            faults.value(&url, format!("is `{}`", url.word()), "it begins with https://");
        }
        (None, Some(service)) => {
            needed(&service, "name", "name the Service", faults);
            needed(&service, "namespace", "name its namespace", faults);
            super::port(&service, "port", faults);
        }
        _ => {}
    }
}
