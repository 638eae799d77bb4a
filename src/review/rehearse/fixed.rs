//! Fields that cannot be changed once an object is there.
//!
//! From the update validations of Kubernetes (`pkg/apis/*/validation`) and of apiextensions, 1.28 to 1.37; a real API server
//! judges the table in the tests.

use serde_json::{Map, Value as Json};

use super::fate::{Refusal, Remedy, Rule};
use crate::review::kubernetes::quantity;

/// A kind, with its group, and the fields it keeps for life. `Recreate`: deleting it and making it anew loses nothing but
/// time. `Migrate`: it takes data or all that rests on it along.
const FIXED: &[(&str, &str, Remedy, &[&str])] = &[
    ("apps", "DaemonSet", Remedy::Recreate, &["spec.selector"]),
    ("apps", "Deployment", Remedy::Recreate, &["spec.selector"]),
    ("apps", "ReplicaSet", Remedy::Recreate, &["spec.selector"]),
    (
        "batch",
        "Job",
        Remedy::Recreate,
        &[
            "spec.selector",
            "spec.completionMode",
            "spec.podFailurePolicy",
            "spec.backoffLimitPerIndex",
            "spec.managedBy",
            "spec.successPolicy",
        ],
    ),
    ("rbac.authorization.k8s.io", "RoleBinding", Remedy::Recreate, &["roleRef"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", Remedy::Recreate, &["roleRef"]),
    ("", "Secret", Remedy::Recreate, &["type"]),
    ("", "PersistentVolume", Remedy::Migrate, &["spec.volumeMode"]),
    ("scheduling.k8s.io", "PriorityClass", Remedy::Recreate, &["value", "preemptionPolicy"]),
    (
        "storage.k8s.io",
        "StorageClass",
        Remedy::Recreate,
        &["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"],
    ),
    ("storage.k8s.io", "VolumeAttributesClass", Remedy::Recreate, &["driverName", "parameters"]),
    ("storage.k8s.io", "CSIDriver", Remedy::Recreate, &["spec.attachRequired", "spec.volumeLifecycleModes"]),
    ("networking.k8s.io", "IngressClass", Remedy::Recreate, &["spec.controller"]),
    ("networking.k8s.io", "IPAddress", Remedy::Recreate, &["spec.parentRef"]),
    ("node.k8s.io", "RuntimeClass", Remedy::Recreate, &["handler"]),
    ("discovery.k8s.io", "EndpointSlice", Remedy::Recreate, &["addressType"]),
    ("certificates.k8s.io", "ClusterTrustBundle", Remedy::Recreate, &["spec.signerName"]),
    ("resource.k8s.io", "ResourceClaim", Remedy::Recreate, &["spec"]),
    ("resource.k8s.io", "ResourceClaimTemplate", Remedy::Recreate, &["spec"]),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        Remedy::Migrate,
        &["spec.scope", "spec.group", "spec.names.kind", "spec.names.plural"],
    ),
];

/// What a StatefulSet may change, and the minor since which it may.
const STATEFUL: &[(&str, u32)] = &[
    ("replicas", 0),
    ("template", 0),
    ("updateStrategy", 0),
    ("persistentVolumeClaimRetentionPolicy", 0),
    ("minReadySeconds", 22),
    ("ordinals", 26),
    ("revisionHistoryLimit", 33),
];

/// What a StatefulSet has beside.
const KEPT: &[&str] = &[
    "minReadySeconds",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "podManagementPolicy",
    "revisionHistoryLimit",
    "selector",
    "serviceName",
    "volumeClaimTemplates",
];

/// What a Job that waits may change in its pods.
const SCHEDULING: &[&str] = &["nodeSelector", "tolerations", "schedulingGates"];

pub(super) fn look(old: &Json, new: &Json, minor: Option<u32>, found: &mut Vec<Refusal>) {
    let (group, kind) = (group(new), new["kind"].as_str().unwrap_or_default());
    let row = FIXED.iter().find(|it| (it.0, it.1) == (group, kind));
    for (remedy, path) in row.into_iter().flat_map(|it| it.3.iter().map(|path| (it.2, *path))) {
        if !equal(at(old, path), at(new, path)) {
            found.push(change(path, remedy, at(old, path), at(new, path)));
        }
    }
    match (group, kind) {
        ("apps", "StatefulSet") => stateful(old, new, minor, found),
        ("batch", "Job") => job(old, new, found),
        ("", "PersistentVolumeClaim") => claim(old, new, found),
        ("", "Pod") => pod(old, new, found),
        ("", "ConfigMap" | "Secret") => sealed_for_ever(old, new, found),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => stored(old, new, found),
        _ => {}
    }
}

fn stateful(old: &Json, new: &Json, minor: Option<u32>, found: &mut Vec<Refusal>) {
    let (old, new) = (fields(&old["spec"]), fields(&new["spec"]));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let free = STATEFUL.iter().any(|(it, since)| it == name && minor.is_none_or(|it| it >= *since));
        let null = Json::Null;
        let (before, after) = (old.get(name).unwrap_or(&null), new.get(name).unwrap_or(&null));
        // A field that no version has is refused as such.
        let known = KEPT.contains(&name.as_str());
        if known && !free && !equal(before, after) {
            found.push(change(&format!("spec.{name}"), Remedy::Recreate, before, after));
        }
    }
}

fn job(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    let (mut before, mut after) = (old["spec"]["template"].clone(), new["spec"]["template"].clone());
    for template in [&mut before, &mut after] {
        if let Some(Json::Object(labels)) = template.pointer_mut("/metadata/labels") {
            // The API server puts these in.
            labels.retain(|key, _| {
                !key.starts_with("batch.kubernetes.io/") && key != "controller-uid" && key != "job-name"
            });
        }
        if old["spec"]["suspend"] == true {
            template["metadata"] = Json::Null;
            if let Some(Json::Object(spec)) = template.get_mut("spec") {
                spec.retain(|key, _| !SCHEDULING.contains(&key.as_str()));
                if let Some(Json::Object(affinity)) = spec.get_mut("affinity") {
                    affinity.remove("nodeAffinity");
                }
            }
        }
    }
    for template in [&mut before, &mut after] {
        if equal(&template["metadata"]["labels"], &Json::Object(Map::new()))
            && let Some(Json::Object(metadata)) = template.get_mut("metadata")
        {
            metadata.remove("labels");
        }
        if template["metadata"].as_object().is_some_and(Map::is_empty) || template["metadata"].is_null() {
            template["metadata"] = Json::Null;
        }
    }
    if before != after {
        found.push(refusal("spec.template", Remedy::Recreate, "the pods of a Job are settled for its life".into()));
    }
}

/// How often a Job must end well. `old` and `new` are as they are written.
pub(super) fn completions(old: &Json, new: &Json, merges: bool, found: &mut Vec<Refusal>) {
    let indexed = new["spec"]["completionMode"] == "Indexed";
    let number = |it: &Json, field: &str| it["spec"][field].as_i64();
    let whole = |completions: Option<i64>, parallelism: Option<i64>| {
        if completions.is_none() && parallelism.is_none() { Some(1) } else { completions }
    };
    let live = whole(number(old, "completions"), number(old, "parallelism"));
    // What the API server filled in stays where a manifest is merged; what an old manifest said goes with it.
    let kept = |field: &str, filled: Option<i64>| {
        let said = number(old, field).is_some();
        number(new, field).or(if merges && !said { filled } else { None })
    };
    let after = whole(kept("completions", live), kept("parallelism", Some(1)));
    // An indexed Job may grow and shrink where both of its numbers go together.
    let elastic = indexed && new["spec"]["completions"] == new["spec"]["parallelism"];
    if live != after && !elastic {
        let json = |it: Option<i64>| it.map_or(Json::Null, Json::from);
        found.push(change("spec.completions", Remedy::Recreate, &json(live), &json(after)));
    }
}

/// A claim keeps all but its size, which may only grow.
fn claim(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    let (mut before, mut after) = (old["spec"].clone(), new["spec"].clone());
    let sizes = [&old, &new].map(|it| quantity::nanos(&it["spec"]["resources"]["requests"]["storage"]));
    if let [Some(from), Some(to)] = sizes
        && to < from
    {
        let text = |it: &Json| word(&it["spec"]["resources"]["requests"]["storage"]);
        let why = format!("a claim cannot shrink ({} → {})", text(old), text(new));
        found.push(refusal("spec.resources.requests.storage", Remedy::Migrate, why));
    }
    if before["storageClassName"].is_null() {
        before["storageClassName"] = after["storageClassName"].clone();
    }
    if before["volumeName"].is_null() {
        before["volumeName"] = after["volumeName"].clone();
    }
    for spec in [&mut before, &mut after] {
        if let Json::Object(spec) = spec {
            spec.remove("volumeAttributesClassName");
        }
        if let Some(Json::Object(requests)) = spec.pointer_mut("/resources/requests") {
            requests.remove("storage");
        }
    }
    let (before, after) = (fields(&before), fields(&after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let null = Json::Null;
    for name in names {
        let (before, after) = (before.get(name).unwrap_or(&null), after.get(name).unwrap_or(&null));
        if !equal(before, after) {
            found.push(change(&format!("spec.{name}"), Remedy::Migrate, before, after));
        }
    }
}

/// A pod keeps all but its images, its deadline and what tolerations come to it.
fn pod(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    let plain = |pod: &Json| -> Json {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
                container["image"] = Json::Null;
            }
        }
        if let Json::Object(spec) = &mut spec {
            for name in
                ["activeDeadlineSeconds", "tolerations", "nodeName", "priority", "terminationGracePeriodSeconds"]
            {
                spec.remove(name);
            }
        }
        spec
    };
    let deadline = |it: &Json| it["spec"]["activeDeadlineSeconds"].as_i64();
    if deadline(old).is_some_and(|before| deadline(new).is_none_or(|after| after > before)) {
        found.push(refusal("spec.activeDeadlineSeconds", Remedy::Recreate, "it can only become less".into()));
    }
    let (before, after) = (fields(&plain(old)), fields(&plain(new)));
    for name in after.keys().chain(before.keys().filter(|it| !after.contains_key(*it))) {
        let null = Json::Null;
        let (before, after) = (before.get(name).unwrap_or(&null), after.get(name).unwrap_or(&null));
        if !equal(before, after) {
            let path = format!("spec.{name}");
            found.push(refusal(&path, Remedy::Recreate, "a pod that is there keeps it".into()));
        }
    }
}

/// ConfigMaps and Secrets that say they are immutable.
fn sealed_for_ever(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    if old["immutable"] != true {
        return;
    }
    for field in ["data", "binaryData", "stringData"] {
        if !equal(&old[field], &new[field]) {
            found.push(refusal(field, Remedy::Recreate, "the object says that it is immutable".into()));
        }
    }
    if new["immutable"] != true {
        let why = "what is immutable stays so".into();
        found.push(refusal("immutable", Remedy::Recreate, why));
    }
}

/// Versions that objects are stored in stay in the definition.
fn stored(old: &Json, new: &Json, found: &mut Vec<Refusal>) {
    let versions = |it: &Json| it["spec"]["versions"].as_array().cloned().unwrap_or_default();
    let mut stored: Vec<String> =
        versions(old).iter().filter(|it| it["storage"] == true).map(|it| word(&it["name"])).collect();
    stored.extend(old["status"]["storedVersions"].as_array().into_iter().flatten().map(word));
    stored.sort();
    stored.dedup();
    for version in stored {
        if !versions(new).iter().any(|it| it["name"] == version.as_str()) {
            let why = format!(
                "objects are stored as {version}, which is gone: keep it, unserved, until all are stored anew and \
                 status.storedVersions does not name it"
            );
            found.push(refusal("spec.versions", Remedy::Rewrite, why));
        }
    }
}

fn change(path: &str, remedy: Remedy, old: &Json, new: &Json) -> Refusal {
    let short = |it: &Json| match it {
        Json::Null => Some("none".to_owned()),
        Json::Array(_) | Json::Object(_) => None,
        plain => Some(word(plain)).filter(|it| it.len() <= 60),
    };
    let why = match (short(old), short(new)) {
        (Some(old), Some(new)) => format!("it cannot be changed in place ({old} → {new})"),
        _ => "it cannot be changed in place".into(),
    };
    refusal(path, remedy, why)
}

fn refusal(path: &str, remedy: Remedy, why: String) -> Refusal {
    Refusal { rule: Rule::Immutable, path: path.into(), why, remedy }
}

fn word(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn at<'a>(object: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(object, |it, key| &it[key])
}

fn fields(value: &Json) -> Map<String, Json> {
    value.as_object().cloned().unwrap_or_default()
}

/// Whether two fields are one: nothing, an empty list and an empty mapping are the same.
fn equal(one: &Json, other: &Json) -> bool {
    let nothing = |it: &Json| match it {
        Json::Null => true,
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    };
    one == other || nothing(one) && nothing(other)
}

/// The API group of an object.
pub(super) fn group(object: &Json) -> &str {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    version.split_once('/').map_or("", |(group, _)| group)
}
