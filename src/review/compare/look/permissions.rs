//! Who may do what on the cluster's API: rules of roles and their bindings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Pair, items, word, words};
use crate::base::number::some;
use crate::review::compare::around::Scene;
use crate::review::compare::model::{Area, Finding, Risk};

/// What a rule is about: a resource (with its group behind a dot), of one name or any, or a path of the API server.
type Target = (String, String);

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    match pair.kind() {
        "Role" | "ClusterRole" => roles(pair, found),
        "RoleBinding" | "ClusterRoleBinding" => bindings(pair, found),
        _ => {}
    }
}

fn roles(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (grants(pair.old), grants(pair.new));
    for (verbs, targets) in grouped(missing(&new, &old)) {
        let verbs: Vec<&str> = verbs.iter().map(String::as_str).collect();
        let text = format!("may now {}: {}{}", verbs.join(", "), targets.join(", "), danger(&verbs, &targets));
        pair.say(found, Risk::Gains, Area::Permission, text);
    }
    if !pair.is_gone() {
        for (verbs, targets) in grouped(missing(&old, &new)) {
            let verbs: Vec<&str> = verbs.iter().map(String::as_str).collect();
            let text = format!("may no longer {}: {}", verbs.join(", "), some(&targets, 12));
            pair.say(found, Risk::Loss, Area::Permission, text);
        }
    }
    if !pair.is_new() && !pair.is_gone() && pair.old["rules"] != pair.new["rules"] {
        let same = missing(&new, &old).is_empty() && missing(&old, &new).is_empty();
        if same {
            pair.say(found, Risk::Moves, Area::Setting, "allows the same as before, written otherwise".into());
        }
    }
    let aggregated = |role: &Json| -> BTreeSet<String> {
        let labels = role["metadata"]["labels"].as_object();
        let prefix = "rbac.authorization.k8s.io/aggregate-to-";
        let of = labels.into_iter().flatten().filter(|(_, value)| *value == "true");
        of.filter_map(|(key, _)| Some(key.strip_prefix(prefix)?.to_owned())).collect()
    };
    for role in aggregated(pair.new).difference(&aggregated(pair.old)) {
        let rules: Vec<String> = grouped(missing(&new, &BTreeMap::new()))
            .into_iter()
            .map(|(verbs, targets)| {
                let verbs: Vec<&str> = verbs.iter().map(String::as_str).collect();
                format!("{}: {}{}", verbs.join(", "), some(&targets, 6), danger(&verbs, &targets))
            })
            .collect();
        let text = match rules.as_slice() {
            [] => format!("its rules are now part of ClusterRole {role}, and it has none"),
            all => {
                let what = some(all, 4);
                format!("its rules are now part of ClusterRole {role}: everybody who has {role} may {what}")
            }
        };
        pair.say(found, Risk::Gains, Area::Permission, text);
    }
    if pair.new["aggregationRule"] != pair.old["aggregationRule"] && !pair.new["aggregationRule"].is_null() {
        pair.say(found, Risk::Gains, Area::Permission, "collects its rules from other roles by other labels".into());
    }
}

fn bindings(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let role = |it: &Json| format!("{} {}", word(&it["roleRef"]["kind"]), word(&it["roleRef"]["name"]));
    let subjects = |it: &Json| -> BTreeSet<String> {
        let own = it["metadata"]["namespace"].as_str().unwrap_or_default();
        let name = |it: &Json| {
            // A service account without a namespace is one of the binding's own.
            let space = match word(&it["namespace"]) {
                "" if it["kind"] == "ServiceAccount" => own,
                space => space,
            };
            match space {
                "" => format!("{} {}", word(&it["kind"]), word(&it["name"])),
                space => format!("{} {space}/{}", word(&it["kind"]), word(&it["name"])),
            }
        };
        items(&it["subjects"]).iter().map(name).collect()
    };
    // What a binding gives, where its role is of the bundle.
    let rights = |scene: &Scene, it: &Json| -> Option<BTreeMap<Target, BTreeSet<String>>> {
        let space = match word(&it["roleRef"]["kind"]) {
            "Role" => it["metadata"]["namespace"].as_str().unwrap_or_default(),
            _ => "",
        };
        let role = scene.find(word(&it["roleRef"]["kind"]), space, word(&it["roleRef"]["name"]))?;
        role["aggregationRule"].is_null().then(|| grants(role))
    };
    let (old_role, new_role) = (role(pair.old), role(pair.new));
    let same_role = old_role == new_role;
    let given = rights(&pair.around.new, pair.new);
    let before = if pair.is_new() { None } else { rights(&pair.around.old, pair.old) };
    let (old, new) = (subjects(pair.old), subjects(pair.new));
    for subject in new.iter().filter(|it| !same_role || !old.contains(*it)) {
        let known = old.contains(subject);
        // The same rights by another role are no gain, and neither is a role that allows nothing.
        let more = match (&given, &before) {
            (Some(given), _) if given.is_empty() => {
                let text = format!("{subject} now has {new_role}, which allows nothing");
                pair.say(found, Risk::Moves, Area::Permission, text);
                continue;
            }
            (Some(given), Some(before)) if known && missing(given, before).is_empty() => continue,
            (Some(given), Some(before)) if known => missing(given, before),
            (Some(given), _) => missing(given, &BTreeMap::new()),
            (None, _) => Vec::new(),
        };
        let what: Vec<String> = grouped(more)
            .into_iter()
            .map(|(verbs, targets)| format!("{}: {}", verbs.join(", "), some(&targets, 4)))
            .collect();
        let what = if what.is_empty() { String::new() } else { format!(", and may {}", some(&what, 3)) };
        let own = own_role(&new_role);
        let text = format!("{subject} now has {new_role}{what}{own}{}", everybody(subject));
        pair.say(found, Risk::Gains, Area::Permission, text);
    }
    if same_role && old == new && pair.old["subjects"] != pair.new["subjects"] {
        pair.say(found, Risk::Moves, Area::Setting, "binds the same subjects as before, written otherwise".into());
    }
    if !pair.is_gone() {
        for subject in old.difference(&new) {
            if before.as_ref().is_some_and(BTreeMap::is_empty) {
                continue;
            }
            pair.say(found, Risk::Loss, Area::Permission, format!("{subject} no longer has {old_role}"));
        }
        if !same_role && !pair.is_new() {
            let lost = match (&before, &given) {
                (Some(before), Some(given)) => !missing(before, given).is_empty(),
                (Some(before), None) => !before.is_empty(),
                _ => true,
            };
            if lost && old.intersection(&new).next().is_some() {
                let text = format!("its subjects no longer have {old_role}");
                pair.say(found, Risk::Loss, Area::Permission, text);
            }
        }
    }
}

/// What the roles of Kubernetes itself allow.
fn own_role(role: &str) -> &'static str {
    match role {
        "ClusterRole cluster-admin" => " (everything)",
        "ClusterRole admin" => " (all that is in a namespace, its Secrets and rights too)",
        "ClusterRole edit" => " (Secrets and pods of a namespace)",
        _ => "",
    }
}

/// Describes a subject that stands for many users, such as `system:authenticated`.
fn everybody(subject: &str) -> &'static str {
    match subject {
        "Group system:unauthenticated" | "User system:anonymous" => {
            " (whoever reaches the API server, without a login)"
        }
        "Group system:authenticated" => " (every user and every pod)",
        "Group system:serviceaccounts" => " (every pod)",
        _ => "",
    }
}

/// The verbs a role allows, by what they act on.
fn grants(role: &Json) -> BTreeMap<Target, BTreeSet<String>> {
    let mut grants: BTreeMap<Target, BTreeSet<String>> = BTreeMap::new();
    for rule in items(&role["rules"]) {
        let mut targets: Vec<Target> = Vec::new();
        for path in words(&rule["nonResourceURLs"]) {
            targets.push((path.to_owned(), String::new()));
        }
        let names: Vec<&str> = words(&rule["resourceNames"]).collect();
        let names = if names.is_empty() { vec![""] } else { names };
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                let resource = match (group, resource.split_once('/')) {
                    ("", _) => resource.to_owned(),
                    (_, Some((kind, below))) => format!("{kind}.{group}/{below}"),
                    (_, None) => format!("{resource}.{group}"),
                };
                targets.extend(names.iter().map(|name| (resource.clone(), (*name).to_owned())));
            }
        }
        for target in targets {
            grants.entry(target).or_default().extend(words(&rule["verbs"]).map(str::to_owned));
        }
    }
    grants
}

/// What `all` allows and `other` does not, wildcards heeded.
fn missing(
    all: &BTreeMap<Target, BTreeSet<String>>,
    other: &BTreeMap<Target, BTreeSet<String>>,
) -> Vec<(Target, Vec<String>)> {
    let wild: Vec<(&Target, &BTreeSet<String>)> =
        other.iter().filter(|((target, _), _)| target.contains('*')).collect();
    let allowed = |target: &Target, verb: &String| {
        let has = |verbs: &BTreeSet<String>| verbs.contains(verb) || verbs.contains("*");
        let any_name = (target.0.clone(), String::new());
        other.get(target).is_some_and(has)
            || other.get(&any_name).is_some_and(has)
            || wild
                .iter()
                .any(|(it, verbs)| (it.1.is_empty() || it.1 == target.1) && matches(&it.0, &target.0) && has(verbs))
    };
    let gained = all.iter().map(|(target, verbs)| {
        let verbs: Vec<String> = verbs.iter().filter(|verb| !allowed(target, verb)).cloned().collect();
        (target.clone(), verbs)
    });
    gained.filter(|(_, verbs)| !verbs.is_empty()).collect()
}

/// Whether `pattern`, with `*` for a whole resource, group or rest of a path, covers `target`.
fn matches(pattern: &str, target: &str) -> bool {
    if pattern.starts_with('/') {
        return pattern.strip_suffix('*').map_or(pattern == target, |start| target.starts_with(start));
    }
    if target.starts_with('/') {
        return false;
    }
    let split = |it: &str| -> (String, String, String) {
        let (head, below) = it.split_once('/').unwrap_or((it, ""));
        let (resource, group) = head.split_once('.').unwrap_or((head, ""));
        (resource.to_owned(), group.to_owned(), below.to_owned())
    };
    let (pattern, target) = (split(pattern), split(target));
    let resource = pattern.0 == target.0 && pattern.2 == target.2
        || pattern.0 == "*" && (pattern.2.is_empty() || pattern.2 == target.2);
    resource && (pattern.1 == target.1 || pattern.1 == "*")
}

/// Targets that gain the same verbs, together; those that are limited to names with all their names.
fn grouped(gained: Vec<(Target, Vec<String>)>) -> BTreeMap<Vec<String>, Vec<String>> {
    let mut groups: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for ((target, name), verbs) in gained {
        let names = groups.entry(verbs).or_default().entry(target).or_default();
        names.push(name);
    }
    let told = |(target, names): (String, Vec<String>)| -> Vec<String> {
        let limited: Vec<String> = names.iter().filter(|it| !it.is_empty()).cloned().collect();
        let only = (!limited.is_empty()).then(|| format!("{target} (only {})", limited.join(", ")));
        names.iter().any(String::is_empty).then_some(target).into_iter().chain(only).collect()
    };
    groups.into_iter().map(|(verbs, targets)| (verbs, targets.into_iter().flat_map(told).collect())).collect()
}

/// What a permission allows in effect, where that is more than its words.
fn danger(verbs: &[&str], targets: &[String]) -> String {
    let may = |words: &[&str]| verbs.iter().any(|it| *it == "*" || words.contains(it));
    let group = |it: &str| {
        let head = it.split(['/', ' ']).next().unwrap_or(it);
        head.split_once('.').map_or(String::new(), |(_, group)| group.to_owned())
    };
    // `*.acme.io` is every resource of that group alone.
    let on = |word: &str| {
        targets.iter().any(|it| {
            it == word || it.starts_with('*') && !it.contains('/') && (group(it) == group(word) || group(it) == "*")
        })
    };
    let mut means = Vec::new();
    if on("secrets") && may(&["get", "list", "watch"]) {
        means.push("reads every Secret it can reach");
    }
    let rights = targets.iter().any(|it| {
        let name = it.split(" (only").next().unwrap_or(it);
        let all = name.starts_with("*.") && (name == "*.*" || name == "*.rbac.authorization.k8s.io");
        all || matches!(
            name,
            "*" | "clusterroles.rbac.authorization.k8s.io"
                | "roles.rbac.authorization.k8s.io"
                | "clusterrolebindings.rbac.authorization.k8s.io"
                | "rolebindings.rbac.authorization.k8s.io"
        )
    });
    let everything = targets.iter().any(|it| it == "*.*");
    if verbs.contains(&"*") && everything {
        return " (everything there is: cluster-admin)".into();
    }
    if rights && may(&["escalate", "bind"]) {
        means.push("can take rights it was not given");
    }
    // Who may be impersonated stands in the core group and in that of logins.
    let others = |it: &String| {
        let name = it.split(" (only").next().unwrap_or(it);
        matches!(name, "users" | "groups" | "serviceaccounts" | "*")
            || name.ends_with(".authentication.k8s.io")
            || name.contains(".authentication.k8s.io/")
    };
    if may(&["impersonate"]) && targets.iter().any(others) {
        means.push("can act as others, and so take rights it was not given");
    }
    if on("pods/exec") || on("pods/attach") {
        means.push("runs commands in pods");
    }
    if on("serviceaccounts/token") {
        means.push("makes tokens of other accounts");
    }
    if on("nodes/proxy") {
        means.push("reaches the kubelet past the API server");
    }
    let creates = may(&["create", "update", "patch"]);
    if creates && ["pods", "daemonsets.apps", "deployments.apps", "jobs.batch"].iter().any(|it| on(it)) {
        means.push("runs pods of its own making");
    }
    if creates && targets.iter().any(|it| it.contains("webhookconfigurations.")) {
        means.push("changes what the API server admits");
    }
    if means.is_empty() { String::new() } else { format!(" ({})", means.join("; ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    fn role(rules: Json) -> Json {
        json!({"kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1", "rules": rules})
    }

    fn said(old: &Json, new: &Json) -> Vec<String> {
        let mut found = Vec::new();
        look(&Pair::bare("rbac/v1 ClusterRole x", old, new, &Around::default()), &mut found);
        found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
    }

    #[test]
    fn names_what_is_gained_and_nothing_else() {
        let old = role(json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]));
        let new = role(json!([
            {"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["get", "list"]},
            {"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["a"], "verbs": ["update"]},
        ]));
        assert_eq!(
            said(&old, &new),
            [
                "Gains: may now get, list: secrets (reads every Secret it can reach)",
                "Gains: may now list: pods",
                "Gains: may now update: deployments.apps/scale (only a)",
            ]
        );
    }

    #[test]
    fn joins_the_names_a_grant_is_limited_to() {
        let rule = |names: &[&str]| {
            role(json!([{"apiGroups": [""], "resources": ["secrets"], "resourceNames": names, "verbs": ["get"]}]))
        };
        assert_eq!(said(&rule(&["a"]), &rule(&["a", "b", "c"])), ["Gains: may now get: secrets (only b, c)"]);
    }

    #[test]
    fn heeds_wildcards() {
        let all = role(json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]));
        let some = role(json!([{"apiGroups": ["a.b"], "resources": ["x", "x/status"], "verbs": ["get"]}]));
        assert_eq!(said(&all, &some), ["Loss: may no longer *: *.*"]);
        assert!(said(&some, &all)[0].starts_with("Gains: may now *: *.*"));
        let group = role(json!([{"apiGroups": ["a.b"], "resources": ["*"], "verbs": ["get"]}]));
        assert_eq!(said(&group, &some), ["Loss: may no longer get: *.a.b"]);
    }

    #[test]
    fn names_a_subject_that_joins_a_binding() {
        let binding = |names: &[&str]| {
            let subjects: Vec<Json> =
                names.iter().map(|it| json!({"kind": "ServiceAccount", "namespace": "n", "name": it})).collect();
            json!({"kind": "RoleBinding", "roleRef": {"kind": "Role", "name": "r"}, "subjects": subjects})
        };
        assert_eq!(said(&binding(&["a"]), &binding(&["a", "b"])), ["Gains: ServiceAccount n/b now has Role r"]);
    }

    #[test]
    fn says_who_everybody_is() {
        let binding = |group: &str| {
            json!({"kind": "ClusterRoleBinding", "roleRef": {"kind": "ClusterRole", "name": "r"},
                "subjects": [{"kind": "Group", "name": group}]})
        };
        assert_eq!(
            said(&Json::Null, &binding("system:authenticated")),
            ["Gains: Group system:authenticated now has ClusterRole r (every user and every pod)"]
        );
        assert_eq!(said(&Json::Null, &binding("staff")), ["Gains: Group staff now has ClusterRole r"]);
    }
}
