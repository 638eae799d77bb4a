//! What decides where traffic goes: services, policies, routes, pools, webhooks.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, Readers, items, references, routing, word};
use crate::base::number::some;
use crate::review::compare::around;
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::kubernetes::text::{holds, range};

/// Kinds whose every change is one of traffic, by their API group.
const ROUTING: &[(&str, &[&str])] = &[
    ("networking.k8s.io", &["NetworkPolicy", "Ingress", "IngressClass"]),
    (
        "gateway.networking.k8s.io",
        &[
            "BackendTLSPolicy",
            "Gateway",
            "GatewayClass",
            "GRPCRoute",
            "HTTPRoute",
            "ListenerSet",
            "ReferenceGrant",
            "TCPRoute",
            "TLSRoute",
            "UDPRoute",
        ],
    ),
    ("policy.networking.k8s.io", &["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"]),
    ("discovery.k8s.io", &["EndpointSlice"]),
    ("", &["Endpoints"]),
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
            "CiliumBGPNodeConfigOverride",
            "CiliumGatewayClassConfig",
            "CiliumPodIPPool",
            "CiliumBGPAdvertisement",
            "CiliumCIDRGroup",
            "CiliumNodeConfig",
        ],
    ),
];

pub(super) fn look(pair: &Pair<'_>, readers: &Readers, found: &mut Vec<Finding>) {
    match pair.kind() {
        "Service" if pair.group().is_empty() => service(pair, readers, found),
        _ if pair.group() == "admissionregistration.k8s.io" => {}
        "APIService" if pair.old["spec"] != pair.new["spec"] && !pair.is_gone() => {
            let text = "answers in place of the API server for a whole group of the API";
            pair.say(found, Risk::Gains, Area::Permission, text.into());
        }
        kind => {
            if routes(pair.group(), kind) && !pair.is_gone() && content(pair.old) != content(pair.new) {
                let told = !pair.is_new() && routing::look(pair, found);
                let what = match pair.is_new() {
                    true => "is new: it decides on traffic from the moment it is applied",
                    false => "decides otherwise on traffic",
                };
                if !told {
                    pair.say(found, Risk::Traffic, Area::Network, what.into());
                }
            }
        }
    }
}

/// Whether every change of a kind is one of traffic.
pub(super) fn routes(group: &str, kind: &str) -> bool {
    ROUTING.iter().any(|(it, kinds)| *it == group && kinds.contains(&kind))
}

/// A resource without what only names and describes it.
fn content(resource: &Json) -> Json {
    let mut content = resource.clone();
    if let Json::Object(fields) = &mut content {
        fields.remove("metadata");
        fields.remove("apiVersion");
        fields.remove("status");
    }
    content
}

/// Annotations that change how a service is reached, as those of load balancers; who counts and who owns is no matter.
fn annotations(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let empty = serde_json::Map::new();
    let of = |it: &'_ Json| it["metadata"]["annotations"].as_object().unwrap_or(&empty).clone();
    let (old, new) = (of(pair.old), of(pair.new));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys.into_iter().filter(|it| old.get(*it) != new.get(*it)) {
        if !["prometheus.io/", "meta.helm.sh/", "helm.sh/", "kubectl.kubernetes.io/"]
            .iter()
            .any(|it| key.starts_with(it))
        {
            let side = |it: Option<&Json>| it.map_or_else(|| "none".into(), plain);
            let text =
                format!("may be reached otherwise: annotation {key} ({} → {})", side(old.get(key)), side(new.get(key)));
            pair.say(found, Risk::Traffic, Area::Network, text);
        }
    }
}

fn service(pair: &Pair<'_>, readers: &Readers, found: &mut Vec<Finding>) {
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    if pair.is_gone() {
        return;
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
    fields(pair, found);
    ports(pair, readers, found);
    annotations(pair, found);
}

/// The fields of a Service that lead traffic, old and new, in the words of who runs it.
fn fields(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    let mut say = |risk, text: String| pair.say(found, risk, Area::Network, text);
    for (field, default) in [
        ("type", "ClusterIP"),
        ("clusterIP", ""),
        ("externalName", ""),
        ("ipFamilyPolicy", ""),
        ("externalTrafficPolicy", "Cluster"),
        ("internalTrafficPolicy", "Cluster"),
        ("trafficDistribution", ""),
        ("sessionAffinity", "None"),
        ("loadBalancerClass", ""),
        ("loadBalancerIP", ""),
    ] {
        let (before, after) = (old[field].as_str().unwrap_or(default), new[field].as_str().unwrap_or(default));
        if before == after {
            continue;
        }
        // An address that is not written is one that the cluster gives.
        let empty = if field == "clusterIP" { "one that the cluster gives" } else { "none" };
        let none = |it: &str| if it.is_empty() { empty.to_owned() } else { it.to_owned() };
        let why = match (field, after) {
            ("externalTrafficPolicy", "Local") => ": nodes without a pod of it drop what comes from outside",
            ("internalTrafficPolicy", "Local") => ": pods on nodes without a pod of it reach nobody",
            ("externalTrafficPolicy", _) => ": pods no longer see who calls",
            ("type", "ClusterIP") => ": nothing outside of the cluster reaches it",
            ("type", "ExternalName") => ": its name leads out of the cluster",
            ("clusterIP", "None") => ": its name leads to the pods themselves",
            ("loadBalancerClass", _) => ": another controller gives it its address",
            ("loadBalancerIP", _) => ": it has another address outside",
            _ => "",
        };
        let (before, after) = (none(before), none(after));
        say(Risk::Traffic, format!("{field} {before} → {after}{why}"));
    }
    for field in ["ipFamilies", "sessionAffinityConfig", "publishNotReadyAddresses"] {
        if old[field] != new[field] {
            say(Risk::Traffic, format!("{field} {} → {}", plain(&old[field]), plain(&new[field])));
        }
    }
    if old["selector"] != new["selector"] {
        let selected =
            |scene: &around::Scene, it: &Json| scene.selected(around::space(it), &it["spec"]["selector"]).len();
        let (before, after) = (selected(&pair.around.old, pair.old), selected(&pair.around.new, pair.new));
        let why = if before > 0 && after == 0 { ": no pod of the bundle has these labels" } else { "" };
        let text = format!("leads to other pods: {} → {}{why}", plain(&old["selector"]), plain(&new["selector"]));
        say(Risk::Traffic, text);
    }
    let ranges = "loadBalancerSourceRanges";
    let (before, after) = (items(&old[ranges]), items(&new[ranges]));
    if before == after || new["type"] != "LoadBalancer" {
        return;
    }
    let list = |it: &[Json]| some(&it.iter().map(word).collect::<Vec<_>>(), 6);
    // A range within one of the other side is no other source.
    let within = |one: &Json, others: &[Json]| {
        let one = word(one);
        others
            .iter()
            .any(|it| word(it) == one || range(word(it)).zip(range(one)).is_some_and(|(it, one)| holds(it, one)))
    };
    if after.is_empty() {
        let text = format!("can be reached from everywhere: {ranges} is gone (was {})", list(before));
        return pair.say(found, Risk::Gains, Area::Exposure, text);
    }
    let wider: Vec<&str> = after.iter().filter(|it| !within(it, before)).map(word).collect();
    if !before.is_empty() && !wider.is_empty() {
        pair.say(found, Risk::Gains, Area::Exposure, format!("can be reached from {} too", some(&wider, 6)));
    }
    if before.is_empty() || before.iter().any(|it| !within(it, after)) {
        let text = format!("can be reached from {} alone", list(after));
        pair.say(found, Risk::Traffic, Area::Network, text);
    }
}

fn ports(pair: &Pair<'_>, readers: &Readers, found: &mut Vec<Finding>) {
    let (old, new) = (&pair.old["spec"], &pair.new["spec"]);
    let namespace = word(&pair.new["metadata"]["namespace"]);
    let protocol =
        |it: &Json| if it["protocol"].is_null() { "TCP".to_owned() } else { word(&it["protocol"]).to_owned() };
    let id = |it: &Json| format!("{}/{}", it["port"], protocol(it));
    let target = |it: &Json| if it["targetPort"].is_null() { it["port"].clone() } else { it["targetPort"].clone() };
    // Port names are resolved in the new pods.
    let number = |it: &Json| match target(it) {
        Json::String(name) => readers.port(namespace, &new["selector"], &name),
        number => number.as_i64(),
    };
    let shown = |it: &Json| target(it).as_str().map_or_else(|| target(it).to_string(), str::to_owned);
    for before in items(&old["ports"]) {
        let Some(after) = items(&new["ports"]).iter().find(|it| id(it) == id(before)) else {
            pair.say(found, Risk::Traffic, Area::Network, format!("port {} is gone", id(before)));
            continue;
        };
        if target(before) != target(after) {
            let same = number(before).is_some() && number(before) == number(after);
            let dangling = target(after).as_str().is_some_and(|it| references::dangling(pair, it));
            let (risk, more) = match (same, dangling) {
                (true, _) => (Risk::Moves, ": the same port"),
                (_, true) => (Risk::Traffic, ": no pod has a port of that name, and nothing answers"),
                _ => (Risk::Traffic, ""),
            };
            let text = format!("port {} leads to {}, not to {}{more}", id(after), shown(after), shown(before));
            pair.say(found, risk, Area::Network, text);
        }
        for field in ["nodePort", "name", "appProtocol"] {
            if before[field] != after[field] {
                let text = format!(
                    "port {} has another {field}: {} → {}",
                    id(after),
                    plain(&before[field]),
                    plain(&after[field])
                );
                pair.say(found, Risk::Traffic, Area::Network, text);
            }
        }
    }
    for port in items(&new["ports"]).iter().filter(|it| !items(&old["ports"]).iter().any(|old| id(old) == id(it))) {
        pair.say(found, Risk::Moves, Area::Network, format!("port {} is new and leads to {}", id(port), shown(port)));
    }
}

fn plain(value: &Json) -> String {
    if value.is_null() { "none".into() } else { crate::review::compare::present::word(value, 40) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    #[test]
    fn marks_a_service_that_opens_to_the_outside() {
        let old = json!({"kind": "Service", "spec": {"ports": [{"port": 80}]}});
        let new = json!({"kind": "Service", "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}});
        let mut found = Vec::new();
        look(&Pair::bare("v1 Service x", &old, &new, &Around::default()), &Readers::default(), &mut found);
        let said: Vec<_> = found.iter().map(|it| (it.risk, it.text.as_str())).collect();
        let expected = [
            (Risk::Gains, "can be reached from outside the cluster (LoadBalancer)"),
            (Risk::Traffic, "type ClusterIP → LoadBalancer"),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn tells_a_port_that_leads_elsewhere_from_one_that_is_only_named_otherwise() {
        let service = |target: Json| {
            json!({"kind": "Service", "metadata": {"namespace": "n"}, "spec": {"selector": {"app": "a"},
                "ports": [{"name": "m", "port": 9964, "targetPort": target}]}})
        };
        let pods = json!({"kind": "DaemonSet", "metadata": {"namespace": "n"}, "spec": {"template": {
            "metadata": {"labels": {"app": "a", "more": "b"}},
            "spec": {"containers": [{"name": "c", "ports": [{"name": "metrics", "containerPort": 9964}]}]}}}});
        let mut readers = Readers::default();
        readers.note("apps/v1 DaemonSet n/a", &pods, false);
        let said = |old: &Json, new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            look(&Pair::bare("v1 Service n/x", old, new, &Around::default()), &readers, &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        let named = service(json!("metrics"));
        assert_eq!(
            said(&named, &service(json!(9964))),
            ["Moves: port 9964/TCP leads to 9964, not to metrics: the same port"]
        );
        assert_eq!(said(&named, &service(json!(80))), ["Traffic: port 9964/TCP leads to 80, not to metrics"]);
        assert_eq!(said(&named, &service(json!("other"))), ["Traffic: port 9964/TCP leads to other, not to metrics"]);
        let mut more = named.clone();
        more["spec"]["ports"] = json!([{"name": "m", "port": 53, "protocol": "UDP", "nodePort": 30053}]);
        assert_eq!(
            said(&named, &more),
            ["Traffic: port 9964/TCP is gone", "Moves: port 53/UDP is new and leads to 53"]
        );
        let mut outside = more.clone();
        outside["spec"]["ports"][0]["nodePort"] = json!(30054);
        assert_eq!(said(&more, &outside), ["Traffic: port 53/UDP has another nodePort: 30053 → 30054"]);
    }

    #[test]
    fn names_annotations_and_endpoints_that_lead_elsewhere() {
        let said = |old: &Json, new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            look(&Pair::bare("v1 X n/x", old, new, &Around::default()), &Readers::default(), &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        let service = |address: &str, scraped: &str| {
            json!({"kind": "Service", "metadata": {"annotations":
                {"io.cilium/lb-ipam-ips": address, "prometheus.io/scrape": scraped}}, "spec": {"ports": []}})
        };
        assert_eq!(
            said(&service("192.0.2.1", "true"), &service("192.0.2.2", "false")),
            ["Traffic: may be reached otherwise: annotation io.cilium/lb-ipam-ips (192.0.2.1 → 192.0.2.2)"]
        );
        let endpoints = |address: &str, label: &str| {
            json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"labels": {"a": label}},
                "subsets": [{"addresses": [{"ip": address}]}]})
        };
        assert_eq!(
            said(&endpoints("192.0.2.1", "x"), &endpoints("192.0.2.2", "x")),
            ["Traffic: decides otherwise on traffic"]
        );
        assert!(said(&endpoints("192.0.2.1", "x"), &endpoints("192.0.2.1", "y")).is_empty());
    }
}
