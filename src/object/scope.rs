//! Which kinds live outside every namespace.

use std::collections::BTreeSet;

use crate::object::api::Group;
use crate::object::document::{Head, documents};
use helm_engine::yaml::node::Node;

/// Kinds that live outside every namespace, each with its API group: those of Kubernetes, of Cilium and of the Gateway
/// API, and those that the bundle's own CRDs define.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterScoped {
    defined: BTreeSet<(String, String)>,
}

/// Kinds of groups that a CRD brings, and that are so common that no CRD need be at hand.
const COMMON: &[(&str, &str)] = &[("gateway.networking.k8s.io", "GatewayClass"), ("cert-manager.io", "ClusterIssuer")];

impl ClusterScoped {
    /// Learns from the CRDs in streams of manifests.
    pub(crate) fn learn<'t>(streams: impl IntoIterator<Item = &'t str>) -> ClusterScoped {
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

    /// With the group and kind of what CRDs define so.
    pub(crate) fn of(defined: impl Iterator<Item = (String, String)>) -> ClusterScoped {
        ClusterScoped { defined: defined.collect() }
    }

    /// Whether an object of this head lives outside of every namespace. False for a kind that nothing tells of.
    pub fn contains(&self, head: &Head) -> bool {
        let known = Group::of(head.group()).is_some_and(|it| it.is_cluster_scoped(&head.kind));
        known
            || COMMON.contains(&(head.group(), &head.kind))
            || self.defined.contains(&(head.group().to_owned(), head.kind.clone()))
    }
}

/// Whether every cluster serves this API group. No group without a dot in its name comes from elsewhere.
pub(crate) fn is_of_kubernetes(group: &str) -> bool {
    !group.contains('.') || Group::of(group).is_some_and(Group::is_of_kubernetes)
}

/// Whether objects of this kind surely live in a namespace.
pub(crate) fn is_namespaced(head: &Head) -> bool {
    Group::of(head.group()).is_some_and(|it| it.is_of_kubernetes() && it.is_namespaced(&head.kind))
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
