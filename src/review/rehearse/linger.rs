//! What stays in the cluster though a manifest no longer says it: server-side apply takes away only what it knows it wrote.

use serde_json::Value as Json;

use super::fixed::group;

/// The new object with what stays of the old one.
pub(super) fn kept(old: &Json, new: &Json) -> Json {
    let mut kept = new.clone();
    match (group(new), new["kind"].as_str().unwrap_or_default()) {
        ("", "Service") => service(old, &mut kept),
        // What was written as text is kept as data, which nobody owns.
        ("", "Secret") => {
            for (key, value) in old["stringData"].as_object().into_iter().flatten() {
                if kept["data"].get(key).is_none() && kept["stringData"].get(key).is_none() {
                    kept["stringData"][key.as_str()] = value.clone();
                }
            }
        }
        ("apps", _) | ("batch", "Job") => account(&old["spec"], kept.get_mut("spec")),
        _ => {}
    }
    kept
}

/// An account has two names in a pod, and the older one stays.
fn account(old: &Json, new: Option<&mut Json>) {
    let name = &old["template"]["spec"]["serviceAccountName"];
    if let Some(spec) = new.and_then(|it| it.pointer_mut("/template/spec"))
        && spec["serviceAccountName"].is_null()
        && spec["serviceAccount"].is_null()
        && !name.is_null()
    {
        spec["serviceAccountName"] = name.clone();
    }
}

/// A Service keeps its address, and the ports of the nodes that it was given.
fn service(old: &Json, new: &mut Json) {
    for field in ["clusterIP", "clusterIPs"] {
        if new["spec"][field].is_null() && !old["spec"][field].is_null() {
            new["spec"][field] = old["spec"][field].clone();
        }
    }
    let kind = |it: &Json| it["spec"]["type"].as_str().unwrap_or("ClusterIP").to_owned();
    if kind(old) != kind(new) {
        return;
    }
    let before = old["spec"]["ports"].as_array().cloned().unwrap_or_default();
    for port in new.pointer_mut("/spec/ports").and_then(Json::as_array_mut).into_iter().flatten() {
        let same = before.iter().find(|it| it["port"] == port["port"] && it["protocol"] == port["protocol"]);
        if let Some(same) = same.filter(|it| port["nodePort"].is_null() && !it["nodePort"].is_null()) {
            port["nodePort"] = same["nodePort"].clone();
        }
    }
}
