//! Patches for Talos machine configs, in the form each version wants.

use super::Manifest;
use crate::engine::value::Value;
use crate::engine::yaml;
use crate::stage::spec::TalosVersion;

/// The control-plane patch: `cluster.inlineManifests` up to Talos 1.13, `KubeInlineManifestConfig` documents from 1.14.
pub fn control_plane(manifests: &[Manifest], talos: TalosVersion) -> String {
    if talos.has_manifest_documents() {
        manifests.iter().map(document).collect::<Vec<_>>().join("---\n")
    } else {
        let list = manifests.iter().map(|it| entry(it, "contents"));
        write(&Value::map([("cluster", Value::map([("inlineManifests", Value::list(list))]))]))
    }
}

/// One `KubeInlineManifestConfig` document.
pub(super) fn document(manifest: &Manifest) -> String {
    let head = write(&Value::map([
        ("apiVersion", "v1alpha1".into()),
        ("kind", "KubeInlineManifestConfig".into()),
        ("name", manifest.name.as_str().into()),
    ]));
    head + &write(&Value::map([("manifest", manifest.contents.as_str().into())]))
}

/// One entry of a list of manifests.
pub(super) fn entry(manifest: &Manifest, key: &str) -> Value {
    Value::map([("name", manifest.name.as_str().into()), (key, manifest.contents.as_str().into())])
}

/// What the manifests mean for the rest of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// They bring a CNI: Talos shall not install its own.
    pub cni: bool,
    /// They do the work of kube-proxy.
    pub replaces_proxy: bool,
}

/// Looks for a CNI among the manifests: something that mounts a node's folders for CNI plugins.
pub fn network(manifests: &[Manifest]) -> Network {
    let any = |needles: &[&str]| manifests.iter().any(|it| needles.iter().any(|needle| it.contents.contains(needle)));
    let cni = any(&["/opt/cni/bin", "/etc/cni/net.d"]);
    Network { cni, replaces_proxy: cni && any(&["kube-proxy-replacement: \"true\"", "kube-proxy-replacement: strict"]) }
}

/// The patch for every node, workers too: no CNI of Talos' own, no kube-proxy where the manifests replace it, and
/// KubePrism, which a CNI needs to reach the API server before there is a network. `None` without a CNI.
pub fn all_nodes(manifests: &[Manifest], talos: TalosVersion) -> Option<String> {
    let network = network(manifests);
    if !network.cni {
        return None;
    }
    if talos.has_manifest_documents() {
        let document = |kind: &str, rest: &str| format!("apiVersion: v1alpha1\nkind: {kind}\n{rest}\n");
        let mut documents = vec![document("KubeFlannelCNIConfig", "$patch: delete")];
        if network.replaces_proxy {
            documents.push(document("KubeProxyConfig", "enabled: false"));
        }
        documents.push(document("KubePrismConfig", "port: 7445"));
        return Some(documents.join("---\n"));
    }
    let mut cluster = vec![("network", Value::map([("cni", Value::map([("name", "none".into())]))]))];
    if network.replaces_proxy {
        cluster.push(("proxy", Value::map([("disabled", Value::Bool(true))])));
    }
    let prism = Value::map([("enabled", Value::Bool(true)), ("port", Value::Int(7445))]);
    let machine = Value::map([("features", Value::map([("kubePrism", prism)]))]);
    Some(write(&Value::map([("cluster", Value::map(cluster)), ("machine", machine)])))
}

/// A value as Helm writes it.
pub(super) fn write(value: &Value) -> String {
    yaml::write(value).expect("plain strings have a YAML form").to_text().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cni() -> Vec<Manifest> {
        let contents = "kind: ConfigMap\ndata:\n  kube-proxy-replacement: \"true\"\n  path: /opt/cni/bin\n".into();
        vec![Manifest { name: "00-cni".into(), contents }]
    }

    #[test]
    fn up_to_1_13_patches_are_fields_of_the_config() {
        let talos = TalosVersion { major: 1, minor: 13 };
        let expected = "cluster:\n  network:\n    cni:\n      name: none\n  proxy:\n    disabled: true\nmachine:\n  features:\n    kubePrism:\n      enabled: true\n      port: 7445\n";
        assert_eq!(all_nodes(&cni(), talos).as_deref(), Some(expected));
        assert!(control_plane(&cni(), talos).starts_with("cluster:\n  inlineManifests:\n  - contents: |\n"));
    }

    #[test]
    fn from_1_14_patches_are_documents() {
        let talos = TalosVersion { major: 1, minor: 14 };
        let expected = "apiVersion: v1alpha1\nkind: KubeFlannelCNIConfig\n$patch: delete\n---\napiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: false\n---\napiVersion: v1alpha1\nkind: KubePrismConfig\nport: 7445\n";
        assert_eq!(all_nodes(&cni(), talos).as_deref(), Some(expected));
        let patch = control_plane(&cni(), talos);
        assert!(patch.starts_with("apiVersion: v1alpha1\nkind: KubeInlineManifestConfig\nname: 00-cni\nmanifest: |\n"));
    }

    #[test]
    fn without_a_cni_nodes_keep_that_of_talos() {
        let plain = [Manifest { name: "00-a".into(), contents: "kind: A\n".into() }];
        assert_eq!(all_nodes(&plain, TalosVersion { major: 1, minor: 12 }), None);
    }
}
