//! Which kinds live outside every namespace.

use std::collections::BTreeSet;

use crate::object::document::{Head, documents};
use helm_engine::yaml::node::Node;

/// Kinds that live outside every namespace, each with its API group: those of Kubernetes, of Cilium and of the Gateway
/// API, and those that the bundle's own CRDs define.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterScoped {
    defined: BTreeSet<(String, String)>,
}

const KNOWN: &[(&str, &[&str])] = &[
    ("", &["Namespace", "Node", "PersistentVolume", "ComponentStatus"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("certificates.k8s.io", &["CertificateSigningRequest", "ClusterTrustBundle"]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    ("storage.k8s.io", &["StorageClass", "CSIDriver", "CSINode", "VolumeAttachment", "VolumeAttributesClass"]),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("cert-manager.io", &["ClusterIssuer"]),
    (
        "cilium.io",
        &[
            "CiliumBGPAdvertisement",
            "CiliumBGPClusterConfig",
            "CiliumBGPNodeConfig",
            "CiliumBGPNodeConfigOverride",
            "CiliumBGPPeerConfig",
            "CiliumBGPPeeringPolicy",
            "CiliumCIDRGroup",
            "CiliumClusterwideEnvoyConfig",
            "CiliumClusterwideNetworkPolicy",
            "CiliumEgressGatewayPolicy",
            "CiliumExternalWorkload",
            "CiliumIdentity",
            "CiliumL2AnnouncementPolicy",
            "CiliumLoadBalancerIPPool",
            "CiliumNode",
            "CiliumPodIPPool",
            "CiliumVTEPConfig",
            "TracingPolicy",
        ],
    ),
];

/// Namespaced kinds of Kubernetes itself that manifests commonly hold.
const NAMESPACED: &[&str] = &[
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Endpoints",
    "EndpointSlice",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Job",
    "Lease",
    "LimitRange",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "ReplicaSet",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
];

/// The API groups of Kubernetes itself that have a dot in their name.
const OF_KUBERNETES: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

impl ClusterScoped {
    /// Learns from the CRDs in streams of manifests.
    pub fn learn<'t>(streams: impl IntoIterator<Item = &'t str>) -> ClusterScoped {
        let mut defined = BTreeSet::new();
        for document in streams.into_iter().filter(|it| it.contains("CustomResourceDefinition")).flat_map(documents) {
            let Some(tree) = document.tree() else { continue };
            let root = tree.root();
            if Head::of(root).kind != "CustomResourceDefinition" {
                continue;
            }
            let at = |path: &[&str]| {
                let node = path.iter().try_fold(root, |node, key| node.get(key).map(Node::resolved));
                node.and_then(Node::text).map(|it| it.to_text().into_owned()).unwrap_or_default()
            };
            if at(&["spec", "scope"]) == "Cluster" {
                defined.insert((at(&["spec", "group"]), at(&["spec", "names", "kind"])));
            }
        }
        ClusterScoped { defined }
    }

    pub fn contains(&self, head: &Head) -> bool {
        let known = KNOWN.iter().any(|(group, kinds)| *group == head.group() && kinds.contains(&head.kind.as_str()));
        known || self.defined.contains(&(head.group().to_owned(), head.kind.clone()))
    }
}

/// Whether every cluster serves this API group.
pub fn is_of_kubernetes(group: &str) -> bool {
    !group.contains('.') || OF_KUBERNETES.contains(&group)
}

/// Whether objects of this kind surely live in a namespace.
pub fn is_namespaced(head: &Head) -> bool {
    let group = head.group();
    let of_kubernetes = group.is_empty() || !group.contains('.') || group.ends_with(".k8s.io");
    of_kubernetes && NAMESPACED.contains(&head.kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(api_version: &str, kind: &str) -> Head {
        Head { api_version: api_version.into(), kind: kind.into(), ..Head::default() }
    }

    #[test]
    fn knows_kinds_by_group_and_learns_from_crds() {
        let crd =
            "kind: CustomResourceDefinition\nspec:\n  group: example.com\n  scope: Cluster\n  names: {kind: Thing}\n";
        let scoped = ClusterScoped::learn([crd]);
        assert!(scoped.contains(&head("example.com/v1", "Thing")));
        assert!(!ClusterScoped::default().contains(&head("example.com/v1", "Thing")));
        assert!(scoped.contains(&head("cilium.io/v2", "CiliumLoadBalancerIPPool")));
        assert!(scoped.contains(&head("v1", "Namespace")));
        assert!(!scoped.contains(&head("cilium.io/v2", "CiliumNetworkPolicy")));
        assert!(!scoped.contains(&head("example.com/v1", "Namespace")));
    }

    #[test]
    fn namespaced_kinds_are_those_of_kubernetes() {
        assert!(is_namespaced(&head("apps/v1", "DaemonSet")));
        assert!(is_namespaced(&head("networking.k8s.io/v1", "NetworkPolicy")));
        assert!(!is_namespaced(&head("serving.knative.dev/v1", "Service")));
    }
}
