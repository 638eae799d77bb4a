//! Roles and bindings.

use super::{labels, needed};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn role(object: &Cursor<'_>, faults: &mut Faults) {
    let in_namespace = object.text("kind") == "Role";
    for rule in object.list("rules") {
        if !rule.is_filled("verbs") && rule.get("verbs").is_some_and(|it| it.value.is_array()) {
            faults.missing(&rule, "verbs", "a rule allows a verb: `get`, `list`, `watch` …");
        }
        if rule.is_filled("nonResourceURLs") {
            if in_namespace {
                let help = "write a ClusterRole for them";
                faults.clash(&rule, "has `nonResourceURLs`, which a Role does not take", help);
            }
            if rule.is_filled("resources") || rule.is_filled("apiGroups") || rule.is_filled("resourceNames") {
                faults.clash(&rule, "has both resources and `nonResourceURLs`", "make two rules of it");
            }
            continue;
        }
        for (key, help) in
            [("apiGroups", "`\"\"` is the group of pods and Services"), ("resources", "name what the rule is about")]
        {
            if !rule.is_filled(key) && rule.get(key).is_none_or(|it| it.value.is_array()) {
                faults.missing(&rule, key, help);
            }
        }
    }
    let Some(aggregation) = object.get("aggregationRule") else { return };
    if !aggregation.is_filled("clusterRoleSelectors") {
        faults.missing(&aggregation, "clusterRoleSelectors", "one at least is needed");
    }
    for selector in aggregation.list("clusterRoleSelectors") {
        labels::selector(&selector, faults);
    }
}

pub(super) fn binding(object: &Cursor<'_>, faults: &mut Faults) {
    let in_namespace = object.text("kind") == "RoleBinding";
    if let Some(role) = object.get("roleRef") {
        let known: &[&str] = if in_namespace { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
        if let Some(at) = role.get("kind").filter(|it| it.value.is_string() && !known.contains(&it.word())) {
            faults.value(&at, format!("is `{}`", at.word()), format!("it can be {}", known.join(" or ")));
        }
        needed(&role, "name", "name the role", faults);
        group(&role, GROUP, faults);
    }
    for subject in object.list("subjects") {
        needed(&subject, "name", "name who gets the role", faults);
        match subject.text("kind") {
            "ServiceAccount" => {
                group(&subject, "", faults);
                if !in_namespace && subject.text("namespace").is_empty() {
                    faults.missing(&subject, "namespace", "a ServiceAccount is in a namespace: name it");
                }
                if let Some(at) = subject.get("name")
                    && !at.word().is_empty()
                    && !text::is_subdomain(at.word())
                {
                    let help = "it is made of small letters, digits, `-` and `.`";
                    faults.value(&at, format!("is `{}`, which no ServiceAccount is called", at.word()), help);
                }
            }
            "User" | "Group" => group(&subject, GROUP, faults),
            "" => {}
            _ => {
                if let Some(at) = subject.get("kind") {
                    faults.value(&at, format!("is `{}`", at.word()), "it can be ServiceAccount, User, Group");
                }
            }
        }
    }
}

/// The group where one is named: the server puts the right one in where none is.
fn group(below: &Cursor<'_>, wanted: &str, faults: &mut Faults) {
    if let Some(at) = below.get("apiGroup")
        && at.value.is_string()
        && !["", wanted].contains(&at.word())
    {
        let help = if wanted.is_empty() { "take it out".to_owned() } else { format!("write `{wanted}`") };
        faults.value(&at, format!("is `{}`", at.word()), help);
    }
}
