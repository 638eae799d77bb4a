//! Patches for Talos machine configs, in the form each version wants.

use super::Manifest;
use crate::stage::spec::TalosVersion;
use helm_engine::value::Value;
use helm_engine::yaml;

/// The control-plane patch: `cluster.inlineManifests` up to Talos 1.13, `KubeInlineManifestConfig` documents from 1.14.
pub fn control_plane(manifests: &[Manifest], talos: TalosVersion) -> String {
    if talos.has_manifest_documents() {
        return manifests.iter().map(document).collect::<Vec<_>>().join("---\n");
    }
    if manifests.is_empty() {
        return "cluster:\n  inlineManifests: []\n".into();
    }
    let entry = |it: &Manifest| format!("    - {}", indent(&block(it), 6).trim_start());
    format!("cluster:\n  inlineManifests:\n{}", manifests.iter().map(entry).collect::<String>())
}

/// The same list for a config that holds manifests of these names already: each gives way to its successor, any number of
/// times. A list of Talos' grows with each patch otherwise, and a name that stands twice is refused. `None` from 1.14 on,
/// where the patch for new configs does that too.
pub fn update(manifests: &[Manifest], talos: TalosVersion) -> Option<String> {
    if talos.has_manifest_documents() || manifests.is_empty() {
        return None;
    }
    let entry = |it: &Manifest| {
        let gone = format!("{}$patch: delete\n", name(it));
        format!("    - {}    - {}", indent(&gone, 6).trim_start(), indent(&block(it), 6).trim_start())
    };
    Some(format!("cluster:\n  inlineManifests:\n{}", manifests.iter().map(entry).collect::<String>()))
}

/// The line that names a manifest.
pub fn name(manifest: &Manifest) -> String {
    write(&Value::map([("name", manifest.name.as_str().into())]))
}

/// One `KubeInlineManifestConfig` document.
pub fn document(manifest: &Manifest) -> String {
    let name = name(manifest);
    format!("apiVersion: v1alpha1\nkind: KubeInlineManifestConfig\n{name}{}", literal("manifest", &manifest.contents))
}

/// One entry of the list, as lines at no indentation.
pub fn block(manifest: &Manifest) -> String {
    name(manifest) + &literal("contents", &manifest.contents)
}

/// Every line that is not empty moved to the right.
pub fn indent(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    let lines = text.bytes().filter(|it| *it == b'\n').count() + 1;
    let mut moved = String::with_capacity(text.len() + lines * by);
    for line in text.split_inclusive('\n') {
        if line.trim_end_matches('\n').is_empty() {
            moved.push_str(line);
        } else {
            moved.push_str(&pad);
            moved.push_str(line);
        }
    }
    moved
}

/// A key and a text as it reads best: line by line, also where it holds tabs, for which Helm's writer would quote all
/// of it.
pub fn literal(key: &str, text: &str) -> String {
    let plain = |it: char| it == '\n' || it == '\t' || !(it.is_control() || "\u{2028}\u{2029}\u{feff}".contains(it));
    if text.trim().is_empty() || !text.chars().all(plain) {
        return format!("{key}: {}\n", quoted(text));
    }
    let indicator = if text.starts_with([' ', '\t', '\n']) { "2" } else { "" };
    let chomping = match text.strip_suffix('\n') {
        None => "-",
        Some(rest) if rest.ends_with('\n') => "+",
        Some(_) => "",
    };
    let end = if chomping == "-" { "\n" } else { "" };
    format!("{key}: |{indicator}{chomping}\n{}{end}", indent(text, 2))
}

/// A text between double quotes. All but plain characters are escaped: what counts as a line break differs from one
/// version of YAML to the next.
fn quoted(text: &str) -> String {
    let mut result = String::from("\"");
    for it in text.chars() {
        match it {
            '"' | '\\' => result.extend(['\\', it]),
            '\n' => result.push_str("\\n"),
            ' '..='~' => result.push(it),
            _ if u32::from(it) > 0xffff => result.push_str(&format!("\\U{:08X}", u32::from(it))),
            _ => result.push_str(&format!("\\u{:04X}", u32::from(it))),
        }
    }
    result.push('"');
    result
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

/// What nodes are told where the manifests bring their network: no CNI of Talos' own, no kube-proxy where the manifests
/// replace it, and KubePrism, which a CNI needs to reach the API server before there is a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPatches {
    /// For every node, workers too.
    pub all: String,
    /// For control planes alone: from 1.14 on, Talos refuses the documents of Flannel and kube-proxy on any other machine
    /// (`ControlplaneOnlyConfig` of its `pkg/machinery/config/container`).
    pub control_planes: Option<String>,
}

/// The patches for a cluster whose network the manifests bring; `None` where they bring none.
pub fn network_patches(manifests: &[Manifest], talos: TalosVersion) -> Option<NetworkPatches> {
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
        let control_planes = Some(documents.join("---\n"));
        return Some(NetworkPatches { all: document("KubePrismConfig", "port: 7445"), control_planes });
    }
    let mut cluster = vec![("network", Value::map([("cni", Value::map([("name", "none".into())]))]))];
    if network.replaces_proxy {
        cluster.push(("proxy", Value::map([("disabled", Value::Bool(true))])));
    }
    let prism = Value::map([("enabled", Value::Bool(true)), ("port", Value::Int(7445))]);
    let machine = Value::map([("features", Value::map([("kubePrism", prism)]))]);
    let all = write(&Value::map([("cluster", Value::map(cluster)), ("machine", machine)]));
    Some(NetworkPatches { all, control_planes: None })
}

/// A value as Helm writes it.
pub fn write(value: &Value) -> String {
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
        let patches = NetworkPatches { all: expected.into(), control_planes: None };
        assert_eq!(network_patches(&cni(), talos), Some(patches));
        assert!(control_plane(&cni(), talos).starts_with(
            "cluster:\n  inlineManifests:\n    - name: 00-cni\n      contents: |\n        kind: ConfigMap\n"
        ));
    }

    #[test]
    fn from_1_14_patches_are_documents() {
        let talos = TalosVersion { major: 1, minor: 14 };
        let all = "apiVersion: v1alpha1\nkind: KubePrismConfig\nport: 7445\n";
        let control_planes = "apiVersion: v1alpha1\nkind: KubeFlannelCNIConfig\n$patch: delete\n---\napiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: false\n";
        let patches = NetworkPatches { all: all.into(), control_planes: Some(control_planes.into()) };
        assert_eq!(network_patches(&cni(), talos), Some(patches));
        let patch = control_plane(&cni(), talos);
        assert!(patch.starts_with("apiVersion: v1alpha1\nkind: KubeInlineManifestConfig\nname: 00-cni\nmanifest: |\n"));
    }

    #[test]
    fn every_text_comes_back() {
        for text in [
            "a\n",
            "a",
            "a\n\n",
            "\n a\n",
            "  a\n\tb \n   \nc",
            "\ta\n",
            "a\u{7}b\n",
            "é: \u{85}\n",
            "#x\n",
            "---\na: 1\n",
            " \n",
        ] {
            let read = yaml::read_map(indent(&literal("k", text), 3).as_bytes()).expect("YAML").get("k");
            assert!(matches!(&read, Some(Value::Str(it)) if it == text), "{text:?}: {read:?}");
        }
    }

    #[test]
    fn without_a_cni_nodes_keep_that_of_talos() {
        let plain = [Manifest { name: "00-a".into(), contents: "kind: A\n".into() }];
        assert_eq!(network_patches(&plain, TalosVersion { major: 1, minor: 12 }), None);
    }
}
