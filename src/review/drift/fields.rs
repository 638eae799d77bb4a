//! The fields in which an object of a cluster is not what the bundle says, and who owns them.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::Field;
use super::live::{OWNER, entries, keys_of, tidied, with_others};
use crate::base::digest::Digest;
use crate::review::rehearse;

/// What tools write beside what they apply, to know it again.
const MARKS: [&str; 13] = [
    "meta.helm.sh/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "reconcile.fluxcd.io/",
    "argocd.argoproj.io/",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "kubectl.kubernetes.io/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "kubernetes.io/metadata.name",
    "config.k8s.io/",
];

/// Maps of texts, which are told key by key also where the other side has none of them.
const TEXTS: [&str; 7] = ["labels", "annotations", "data", "binaryData", "selector", "matchLabels", "nodeSelector"];

/// The fields in which a live object, restricted, is not what the bundle says; with who owns them.
pub fn differences(kept: &Json, wanted: &Json, live: &Json) -> Vec<Field> {
    found(kept, wanted, live).into_iter().map(|(_, it)| it).collect()
}

/// The fields that others put into a live object, which the bundle does not say; `differs` are those that are told already.
/// Marks of tools, status, and what a controller holds back are none.
pub fn added(live: &Json, wanted: &Json, differs: &[Field]) -> Vec<Field> {
    let is_ours = |path: &[String], field: &Field| {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let is_told =
            differs.iter().any(|it| field.path == it.path || field.path.starts_with(&format!("{}.", it.path)));
        let is_mark = match steps.as_slice() {
            ["status" | "stringData", ..] | ["metadata", "managedFields", ..] => true,
            ["metadata", "finalizers", ..] => {
                field.found.contains("kubernetes.io/") || field.found == "foregroundDeletion"
            }
            [.., "labels" | "annotations", key] => MARKS.iter().any(|mark| key.starts_with(mark)),
            _ => false,
        };
        !is_told && !is_mark
    };
    let all = found(&with_others(live, wanted), wanted, live);
    all.into_iter().filter(|(path, it)| is_ours(path, it)).map(|(_, it)| it).collect()
}

/// Whether a field is a chart's label to which Flux has put the beginning of the chart's digest. `manifest` is that of the lock:
/// another digest is another chart.
pub fn is_label_of_flux(field: &Field, manifest: Option<Digest>) -> bool {
    let suffix = field.found.strip_prefix(&field.bundle).and_then(|it| it.strip_prefix(['_', '+']));
    let is_digest = |it: &&str| it.len() >= 7 && it.bytes().all(|it| it.is_ascii_hexdigit());
    field.path.ends_with("labels.helm.sh/chart")
        && !field.bundle.is_empty()
        && suffix.filter(is_digest).is_some_and(|it| manifest.is_none_or(|own| own.hex().starts_with(it)))
}

fn found(kept: &Json, wanted: &Json, live: &Json) -> Vec<(Vec<String>, Field)> {
    let mut kept = kept.clone();
    // The owner's mark is told by itself.
    if let Some(notes) = kept["metadata"]["annotations"].as_object_mut() {
        notes.remove(OWNER);
    }
    let (mut one, mut other) = (tidied(&kept), tidied(wanted));
    rehearse::settle(&mut one, &mut other);
    let mut found = Vec::new();
    walk(&one, &other, &mut Vec::new(), &mut |path, found_value, wanted_value| {
        let owners = owners(live, path);
        let is_secret =
            wanted["kind"] == "Secret" && matches!(path.first().map(String::as_str), Some("data" | "stringData"));
        let shown = |it: &Json| match (it, is_secret) {
            (Json::Null, _) => String::new(),
            (_, true) => "(not shown)".into(),
            (Json::String(text), _) => short(text),
            (other, _) => short(&other.to_string()),
        };
        let field = Field { path: path.join("."), bundle: shown(wanted_value), found: shown(found_value), owners };
        found.push((path.to_vec(), field));
    });
    found
}

type Say<'s> = dyn FnMut(&[String], &Json, &Json) + 's;

fn walk(one: &Json, other: &Json, path: &mut Vec<String>, say: &mut Say<'_>) {
    let none = Json::Null;
    match (one, other) {
        (one, other) if one == other => {}
        (Json::Object(_), Json::Object(_)) => fields(one, other, path, say),
        (Json::Object(_), Json::Null) | (Json::Null, Json::Object(_))
            if path.last().is_some_and(|it| TEXTS.contains(&it.as_str())) =>
        {
            fields(one, other, path, say);
        }
        (Json::Array(before), Json::Array(after)) => {
            let both = [before.as_slice(), after.as_slice()].concat();
            let keys = match both.iter().all(|it| it["name"].is_string()) {
                true => Some(vec!["name"]),
                false if before.len() == after.len() => None,
                false => keys_of(path.last().map_or("", String::as_str), &both),
            };
            let Some(key) = keys.as_ref().and_then(|it| it.first()) else {
                if before.len() != after.len() {
                    return say(path, one, other);
                }
                for (at, (one, other)) in before.iter().zip(after).enumerate() {
                    path.push(at.to_string());
                    walk(one, other, path, say);
                    path.pop();
                }
                return;
            };
            let named = |it: &Json| match (&it["name"], &it[*key]) {
                (Json::String(name), _) | (_, Json::String(name)) => name.clone(),
                (_, other) => other.to_string(),
            };
            let mut names: Vec<String> = before.iter().map(named).collect();
            names.extend(after.iter().map(named).filter(|it| !before.iter().any(|item| named(item) == *it)));
            let is_one_each = names.len() == names.iter().collect::<BTreeSet<_>>().len();
            let of = |items: &[Json], name: &str| items.iter().find(|it| named(it) == name).cloned();
            let mut is_told = false;
            if is_one_each {
                for name in names {
                    let pair = (of(before, &name), of(after, &name));
                    path.push(name);
                    walk(
                        pair.0.as_ref().unwrap_or(&none),
                        pair.1.as_ref().unwrap_or(&none),
                        path,
                        &mut |at, one, other| {
                            is_told = true;
                            say(at, one, other);
                        },
                    );
                    path.pop();
                }
            }
            // Only their order, or items of one name.
            if !is_told {
                say(path, one, other);
            }
        }
        _ => say(path, one, other),
    }
}

fn fields(one: &Json, other: &Json, path: &mut Vec<String>, say: &mut Say<'_>) {
    let names = [one, other].into_iter().filter_map(Json::as_object).flat_map(|it| it.keys());
    let names: BTreeSet<&String> = names.collect();
    for name in names {
        let none = Json::Null;
        path.push(name.clone());
        walk(one.get(name).unwrap_or(&none), other.get(name).unwrap_or(&none), path, say);
        path.pop();
    }
}

fn short(text: &str) -> String {
    let line: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(120).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

/// The managers that own a field, or the nearest field around it that anybody owns.
fn owners(live: &Json, path: &[String]) -> Vec<String> {
    let depth = |fields: &Json| {
        let mut node = fields;
        let mut depth = 0;
        for step in path {
            let named = |name: &String| {
                let known: Option<Map<String, Json>> =
                    name.strip_prefix("k:").and_then(|it| serde_json::from_str(it).ok());
                let is_it = |it: &Json| it.as_str().map_or_else(|| it.to_string(), str::to_owned) == *step;
                known.is_some_and(|it| it.values().any(is_it))
            };
            let next = node
                .get(format!("f:{step}"))
                .or_else(|| node.as_object()?.iter().find(|(it, _)| named(it)).map(|it| it.1));
            let Some(next) = next else { break };
            node = next;
            depth += 1;
        }
        depth
    };
    let depths: Vec<(usize, &str)> =
        entries(live).map(|it| (depth(&it["fieldsV1"]), it["manager"].as_str().unwrap_or("nobody"))).collect();
    let deepest = depths.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
    if deepest < path.len().min(1) {
        return Vec::new();
    }
    let mut owners: Vec<String> =
        depths.iter().filter(|(depth, _)| *depth == deepest).map(|(_, it)| (*it).to_owned()).collect();
    owners.sort();
    owners.dedup();
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_flux_is_told_where_the_chart_is_another() {
        let digest = Digest::of(b"x");
        let hex = digest.hex();
        let field = |path: &str, found: String| Field {
            path: path.into(),
            bundle: "app-1.2.3".into(),
            found,
            owners: Vec::new(),
        };
        let (pods, own) = ("spec.template.metadata.labels.helm.sh/chart", "metadata.labels.helm.sh/chart");
        let suffixed = format!("app-1.2.3_{}", &hex[..12]);
        for path in [own, pods] {
            assert!(is_label_of_flux(&field(path, suffixed.clone()), Some(digest)));
            assert!(is_label_of_flux(&field(path, suffixed.clone()), None), "the lock knows no digest");
            assert!(!is_label_of_flux(&field(path, suffixed.clone()), Some(Digest::of(b"y"))), "another chart");
            assert!(!is_label_of_flux(&field(path, "app-1.2.4".into()), Some(digest)));
            assert!(!is_label_of_flux(&field(path, "app-1.2.3_beta".into()), None), "no digest");
        }
        assert!(!is_label_of_flux(&field("metadata.labels.app", suffixed), Some(digest)));
    }
}
