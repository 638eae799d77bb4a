//! The CRDs of the Gateway API that a tree brings.

use super::object::objects;
use super::{Fault, Tree};
use helm_engine::value::Value;

/// The version that a CRD of the Gateway API says it is of.
pub const BUNDLE_VERSION: &str = "gateway.networking.k8s.io/bundle-version";
/// What stands before the version where one is fetched from its releases.
const RELEASES: [&str; 2] = ["gateway-api/releases/download/", "kubernetes-sigs/gateway-api//config/crd?ref="];

/// Every version of the Gateway API's CRDs that a tree names, and the file in which it does.
pub fn gateway_versions(tree: &dyn Tree) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    for path in tree.files()? {
        let Some(bytes) = tree.read(&path)? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let mut versions: Vec<String> = Vec::new();
        for sign in RELEASES {
            for (at, _) in text.match_indices(sign) {
                let rest = text.get(at + sign.len()..).unwrap_or_default();
                versions.push(rest.chars().take_while(|it| it.is_ascii_alphanumeric() || ".-".contains(*it)).collect());
            }
        }
        if text.contains(BUNDLE_VERSION) {
            let crds = objects(&text, None).into_iter().filter(|it| it.kind() == "CustomResourceDefinition");
            versions.extend(crds.filter_map(|it| it.text(&["metadata", "annotations", BUNDLE_VERSION])));
        }
        // A repository at a tag.
        if text.contains("kubernetes-sigs/gateway-api") {
            let sources = objects(&text, None).into_iter().filter(|it| it.kind() == "GitRepository");
            versions.extend(sources.filter_map(|it| match it.get(&["spec", "ref", "tag"]) {
                Some(Value::Str(tag)) => Some(tag.to_text().into_owned()),
                _ => None,
            }));
        }
        versions.sort();
        versions.dedup();
        found.extend(versions.into_iter().map(|it| (tree.as_written(&path), it)));
    }
    Ok(found)
}
