//! The API groups that need no CRD in a bundle: those of Kubernetes itself, and Cilium's, which its operator brings.
//!
//! Kinds and versions are those of `k8s.io/api` from Kubernetes 1.28 to 1.37 and those before them that were taken away, and
//! of Cilium 1.16 to 1.20 with Tetragon.

/// A group, with every version it had and every kind that an object may be of.
#[derive(Debug)]
pub struct Group {
    /// What stands before the slash of `apiVersion`; empty for the core group.
    pub name: &'static str,
    versions: &'static str,
    /// Kinds outside of every namespace.
    of_cluster: &'static str,
    of_namespace: &'static str,
}

const fn group(
    name: &'static str,
    versions: &'static str,
    of_cluster: &'static str,
    of_namespace: &'static str,
) -> Group {
    Group { name, versions, of_cluster, of_namespace }
}

/// Cilium's group.
pub(crate) const CILIUM: &str = "cilium.io";

const GROUPS: &[Group] = &[
    group(
        "",
        "v1",
        "ComponentStatus Namespace Node PersistentVolume",
        "Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController \
         ResourceQuota Secret Service ServiceAccount",
    ),
    group(
        "admissionregistration.k8s.io",
        "v1 v1beta1 v1alpha1",
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy \
         ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
        "",
    ),
    group("apiextensions.k8s.io", "v1 v1beta1", "CustomResourceDefinition", ""),
    group("apiregistration.k8s.io", "v1 v1beta1", "APIService", ""),
    group("apps", "v1 v1beta2 v1beta1", "", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    group("authentication.k8s.io", "v1 v1beta1 v1alpha1", "SelfSubjectReview TokenRequest TokenReview", ""),
    group(
        "authorization.k8s.io",
        "v1 v1beta1",
        "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
        "LocalSubjectAccessReview",
    ),
    group("autoscaling", "v2 v1 v2beta2 v2beta1", "", "HorizontalPodAutoscaler"),
    group("batch", "v1 v1beta1 v2alpha1", "", "CronJob Job"),
    group(
        "certificates.k8s.io",
        "v1 v1beta1 v1alpha1",
        "CertificateSigningRequest ClusterTrustBundle",
        "PodCertificateRequest",
    ),
    group("coordination.k8s.io", "v1 v1beta1 v1alpha2 v1alpha1", "", "Lease LeaseCandidate"),
    group("discovery.k8s.io", "v1 v1beta1", "", "EndpointSlice"),
    group("events.k8s.io", "v1 v1beta1", "", "Event"),
    group("extensions", "v1beta1", "PodSecurityPolicy", "DaemonSet Deployment Ingress NetworkPolicy ReplicaSet"),
    group("flowcontrol.apiserver.k8s.io", "v1 v1beta3 v1beta2 v1beta1", "FlowSchema PriorityLevelConfiguration", ""),
    group("internal.apiserver.k8s.io", "v1alpha1", "StorageVersion", ""),
    group("networking.k8s.io", "v1 v1beta1 v1alpha1", "IPAddress IngressClass ServiceCIDR", "Ingress NetworkPolicy"),
    group("node.k8s.io", "v1 v1beta1 v1alpha1", "RuntimeClass", ""),
    group("policy", "v1 v1beta1", "PodSecurityPolicy", "PodDisruptionBudget"),
    group("rbac.authorization.k8s.io", "v1 v1beta1 v1alpha1", "ClusterRole ClusterRoleBinding", "Role RoleBinding"),
    group(
        "resource.k8s.io",
        "v1 v1beta2 v1beta1 v1alpha3 v1alpha2",
        "DeviceClass DeviceTaintRule ResourcePoolStatusRequest ResourceSlice",
        "PodSchedulingContext ResourceClaim ResourceClaimTemplate",
    ),
    group(
        "scheduling.k8s.io",
        "v1 v1beta1 v1alpha3 v1alpha2 v1alpha1",
        "PriorityClass",
        "CompositePodGroup PodGroup Workload",
    ),
    group(
        "storage.k8s.io",
        "v1 v1beta1 v1alpha1",
        "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
        "CSIStorageCapacity",
    ),
    group("storagemigration.k8s.io", "v1 v1beta1 v1alpha1", "StorageVersionMigration", ""),
    group(
        CILIUM,
        "v2 v2alpha1 v1alpha1",
        "CiliumBGPAdvertisement CiliumBGPClusterConfig CiliumBGPNodeConfig CiliumBGPNodeConfigOverride \
         CiliumBGPPeerConfig CiliumBGPPeeringPolicy CiliumCIDRGroup CiliumClusterwideEnvoyConfig \
         CiliumClusterwideNetworkPolicy CiliumEgressGatewayPolicy CiliumEndpointSlice CiliumExternalWorkload \
         CiliumIdentity CiliumL2AnnouncementPolicy CiliumLoadBalancerIPPool CiliumNode CiliumPodIPPool CiliumVTEPConfig \
         TracingPolicy",
        "CiliumEndpoint CiliumEnvoyConfig CiliumGatewayClassConfig CiliumLocalRedirectPolicy CiliumNetworkPolicy \
         CiliumNodeConfig PodInfo TracingPolicyNamespaced",
    ),
];

impl Group {
    /// The group of this name; `None` for one that a CRD of a bundle, or something else in the cluster, brings.
    pub fn of(name: &str) -> Option<&'static Group> {
        GROUPS.iter().find(|it| it.name == name)
    }

    /// The group that has a kind, the first of several.
    pub fn with(kind: &str) -> Option<&'static Group> {
        GROUPS.iter().find(|group| group.kinds().any(|it| it == kind))
    }

    /// Whether every cluster has it.
    pub(crate) fn is_of_kubernetes(&self) -> bool {
        self.name != CILIUM
    }

    /// The newest stable one first.
    pub fn versions(&self) -> impl Iterator<Item = &'static str> {
        self.versions.split(' ')
    }

    /// The kinds outside of every namespace, then the others.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.of_cluster.split_whitespace().chain(self.of_namespace.split_whitespace())
    }

    /// Whether objects of a kind live outside of every namespace. False for a kind that it has not.
    pub(crate) fn is_cluster_scoped(&self, kind: &str) -> bool {
        self.of_cluster.split_whitespace().any(|it| it == kind)
    }

    /// Whether objects of a kind live in a namespace. False for a kind that it has not.
    pub(crate) fn is_namespaced(&self, kind: &str) -> bool {
        self.of_namespace.split_whitespace().any(|it| it == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_stands_once_in_its_group() {
        for group in GROUPS {
            let mut kinds: Vec<&str> = group.kinds().collect();
            kinds.sort_unstable();
            let count = kinds.len();
            kinds.dedup();
            assert_eq!(kinds.len(), count, "{}", group.name);
            assert!(count > 0 && group.versions().all(|it| it.starts_with('v')), "{}", group.name);
        }
    }
}
