//! What decides where traffic goes: services, policies, routes, pools, webhooks.

use serde_json::Value as Json;

use super::{Pair, items, some, word};
use crate::stage::diff::model::{Area, Finding, Risk};

/// Kinds whose every change is one of traffic, by the end of their API group.
const ROUTING: &[(&str, &[&str])] = &[
    ("networking.k8s.io", &["NetworkPolicy", "Ingress", "IngressClass"]),
    (
        "gateway.networking.k8s.io",
        &["Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "ReferenceGrant"],
    ),
    (
        "cilium.io",
        &[
            "CiliumNetworkPolicy",
            "CiliumClusterwideNetworkPolicy",
            "CiliumLoadBalancerIPPool",
            "CiliumL2AnnouncementPolicy",
            "CiliumEgressGatewayPolicy",
            "CiliumEnvoyConfig",
            "CiliumClusterwideEnvoyConfig",
            "CiliumLocalRedirectPolicy",
            "CiliumBGPPeeringPolicy",
            "CiliumBGPClusterConfig",
            "CiliumBGPPeerConfig",
            "CiliumBGPAdvertisement",
            "CiliumCIDRGroup",
            "CiliumNodeConfig",
        ],
    ),
];

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    match pair.kind() {
        "Service" => service(pair, found),
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => webhooks(pair, found),
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" | "APIService"
            if pair.old["spec"] != pair.new["spec"] && !pair.is_gone() =>
        {
            pair.say(found, Risk::Gains, Area::Permission, "decides on what the API server takes and answers".into());
        }
        kind => {
            let routing = ROUTING.iter().find(|(group, _)| *group == pair.group());
            if routing.is_some_and(|(_, kinds)| kinds.contains(&kind)) && pair.old["spec"] != pair.new["spec"] {
                let what = match (pair.is_new(), pair.is_gone()) {
                    (true, _) => "is new: it decides on traffic from the moment it is applied",
                    (_, true) => "is gone: what it let through or held back no longer is",
                    _ => "decides otherwise on traffic",
                };
                pair.say(found, Risk::Traffic, Area::Network, what.into());
            }
        }
    }
}

fn service(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    if pair.is_gone() {
        return pair.say(
            found,
            Risk::Traffic,
            Area::Network,
            "is gone: its address and name no longer lead anywhere".into(),
        );
    }
    let kind = |it: &Json| if it["type"].is_null() { "ClusterIP".to_owned() } else { word(&it["type"]).to_owned() };
    let (old_kind, new_kind) = (if pair.is_new() { "ClusterIP".into() } else { kind(old) }, kind(new));
    if old_kind != new_kind && matches!(new_kind.as_str(), "LoadBalancer" | "NodePort") {
        pair.say(found, Risk::Gains, Area::Exposure, format!("can be reached from outside the cluster ({new_kind})"));
    }
    for address in items(&new["externalIPs"]).iter().filter(|it| !items(&old["externalIPs"]).contains(it)) {
        pair.say(found, Risk::Gains, Area::Exposure, format!("takes the traffic to {} (externalIPs)", word(address)));
    }
    if pair.is_new() {
        return;
    }
    let fields = [
        "type",
        "selector",
        "ports",
        "clusterIP",
        "ipFamilies",
        "ipFamilyPolicy",
        "externalTrafficPolicy",
        "internalTrafficPolicy",
        "trafficDistribution",
        "sessionAffinity",
        "loadBalancerClass",
        "loadBalancerIP",
        "loadBalancerSourceRanges",
        "publishNotReadyAddresses",
    ];
    let differ: Vec<&str> = fields.into_iter().filter(|it| old[*it] != new[*it]).collect();
    if !differ.is_empty() {
        pair.say(
            found,
            Risk::Traffic,
            Area::Network,
            format!("takes or leads traffic otherwise: {}", differ.join(", ")),
        );
    }
}

fn webhooks(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let named = |side: &Json, name: &Json| items(&side["webhooks"]).iter().find(|it| it["name"] == *name).cloned();
    for hook in items(&pair.new["webhooks"]) {
        let old = named(pair.old, &hook["name"]).unwrap_or_default();
        let name = word(&hook["name"]);
        if old["rules"] != hook["rules"] {
            let targets: Vec<String> =
                items(&hook["rules"]).iter().flat_map(|it| super::words(&it["resources"])).map(str::to_owned).collect();
            let text = format!("webhook {name} is asked before these are written: {}", some(&targets, 8));
            pair.say(found, Risk::Gains, Area::Permission, text);
        }
        let strict = |it: &Json| !it.is_null() && word(&it["failurePolicy"]) != "Ignore";
        if strict(hook) && !strict(&old) {
            let text =
                format!("webhook {name} blocks what it is asked about while it does not answer (failurePolicy Fail)");
            pair.say(found, Risk::Traffic, Area::Network, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_a_service_that_opens_to_the_outside() {
        let old = json!({"kind": "Service", "spec": {"ports": [{"port": 80}]}});
        let new = json!({"kind": "Service", "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}});
        let mut found = Vec::new();
        look(&Pair { part: "p", id: "v1 Service x", old: &old, new: &new, renamed: false }, &mut found);
        let said: Vec<_> = found.iter().map(|it| (it.risk, it.text.as_str())).collect();
        let expected = [
            (Risk::Gains, "can be reached from outside the cluster (LoadBalancer)"),
            (Risk::Traffic, "takes or leads traffic otherwise: type"),
        ];
        assert_eq!(said, expected);
    }
}
