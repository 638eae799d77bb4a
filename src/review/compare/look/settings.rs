//! Keys of ConfigMaps and Secrets: who reads them, and which of them steer the datapath.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Pair, items, pod, references, word};
use crate::base::number::some;
use crate::review::compare::model::{Area, Finding, Risk};

/// Words in keys of any ConfigMap that steer packets.
const DATAPATH: &[&str] = &[
    "routing-mode",
    "tunnel",
    "kube-proxy-replacement",
    "masquerade",
    "datapath-mode",
    "bpf-lb-",
    "ipam",
    "cluster-pool",
    "native-routing-cidr",
    "auto-direct-node-routes",
    "direct-routing",
    "devices",
    "mtu",
    "encryption",
    "wireguard",
    "ipsec",
    "host-firewall",
    "enable-policy",
    "policy-default",
    "policy-audit",
    "enable-ipv4",
    "enable-ipv6",
    "cni-exclusive",
    "cni-chaining",
    "host-legacy-routing",
    "bandwidth-manager",
    "l2-announcements",
    "bgp-control-plane",
    "egress-gateway",
    "local-redirect",
    "endpoint-routes",
    "install-iptables",
    "install-no-conntrack",
    "node-port",
    "nodeport",
    "external-ips",
    "socket-lb",
    "session-affinity",
    "k8s-require",
    "srv6",
    "netkit",
    "xdp",
];

/// Cilium's own configuration: every key of it steers packets but those with one of these words, which watch, count, wait or
/// collect garbage.
const CILIUM: &str = "cilium-config";
const CILIUM_QUIET: &[&str] = &[
    "access-log",
    "api-serve-addr",
    "bpf-events",
    "bpf-root",
    "cache-ttl",
    "cgroup-root",
    "clock-probe",
    "cni-log-file",
    "controller-group",
    "debug",
    "drift-checker",
    "dynamic-config",
    "gc-interval",
    "gops",
    "heartbeat-timeout",
    "hubble",
    "install-crds",
    "ipam-cilium-node-update-rate",
    "is-up-condition",
    "k8s-client-",
    "metrics",
    "monitor-",
    "pprof",
    "procfs",
    "prometheus",
    "queue-size",
    "secrets-namespace",
    "secrets-sync",
    "state-dir",
    "stats",
    "status-report",
    "watcher-interval",
];

/// Which workloads read which ConfigMaps and Secrets, and which of them restart anyway.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    /// By kind and name of what is read; namespaces are not told apart where a part has but one.
    by_source: BTreeMap<(String, String), BTreeSet<String>>,
    restarting: BTreeSet<String>,
    /// Namespace, labels and named ports of the pods that workloads make.
    pods: Vec<(String, Json, BTreeMap<String, i64>)>,
}

impl Readers {
    /// Notes what a workload of the new side reads.
    pub(crate) fn note(&mut self, id: &str, resource: &Json, restarts: bool) {
        let pod = pod(resource);
        if pod.is_null() {
            return;
        }
        let name = id.split_once(' ').map_or(id, |(_, name)| name);
        if restarts {
            self.restarting.insert(name.to_owned());
        }
        let named = items(&pod["containers"]).iter().flat_map(|it| items(&it["ports"]));
        let named = named.filter_map(|it| Some((word(&it["name"]).to_owned(), it["containerPort"].as_i64()?)));
        let labels = resource["spec"]["template"]["metadata"]["labels"].clone();
        self.pods.push((word(&resource["metadata"]["namespace"]).to_owned(), labels, named.collect()));
        let mut read = |kind: &str, source: &Json| {
            if let Some(source) = source.as_str() {
                self.by_source.entry((kind.to_owned(), source.to_owned())).or_default().insert(name.to_owned());
            }
        };
        for volume in items(&pod["volumes"]) {
            read("ConfigMap", &volume["configMap"]["name"]);
            read("Secret", &volume["secret"]["secretName"]);
            for source in items(&volume["projected"]["sources"]) {
                read("ConfigMap", &source["configMap"]["name"]);
                read("Secret", &source["secret"]["name"]);
            }
        }
        for container in items(&pod["initContainers"]).iter().chain(items(&pod["containers"])) {
            for source in items(&container["envFrom"]) {
                read("ConfigMap", &source["configMapRef"]["name"]);
                read("Secret", &source["secretRef"]["name"]);
            }
            for variable in items(&container["env"]) {
                read("ConfigMap", &variable["valueFrom"]["configMapKeyRef"]["name"]);
                read("Secret", &variable["valueFrom"]["secretKeyRef"]["name"]);
            }
        }
    }

    /// The number of a named port of the pods that a selector finds, where all of them agree.
    pub(super) fn port(&self, namespace: &str, selector: &Json, name: &str) -> Option<i64> {
        let selector = selector.as_object().filter(|it| !it.is_empty())?;
        let selected = self.pods.iter().filter(|(space, labels, _)| {
            space == namespace && selector.iter().all(|(key, value)| labels[key.as_str()] == *value)
        });
        let numbers: BTreeSet<Option<i64>> = selected.map(|(_, _, ports)| ports.get(name).copied()).collect();
        if numbers.len() == 1 { numbers.into_iter().next().flatten() } else { None }
    }

    fn of(&self, kind: &str, resource: &Json) -> (Vec<&str>, Vec<&str>) {
        let source = (kind.to_owned(), word(&resource["metadata"]["name"]).to_owned());
        let all = self.by_source.get(&source).into_iter().flatten().map(String::as_str);
        all.partition(|it| self.restarting.contains(*it))
    }
}

pub(super) fn look(pair: &Pair<'_>, readers: &Readers, found: &mut Vec<Finding>) {
    let kind = pair.kind();
    if !matches!(kind, "ConfigMap" | "Secret") || pair.is_new() {
        return;
    }
    let keys = changed(pair);
    if keys.is_empty() {
        return;
    }
    let own = kind == "ConfigMap" && word(&pair.old["metadata"]["name"]) == CILIUM;
    let mut steering: Vec<&Setting> = keys.iter().filter(|it| kind == "ConfigMap" && steers(&it.key, own)).collect();
    steering.sort_by_key(|it| it.weight);
    if !steering.is_empty() {
        let told: Vec<&str> = steering.into_iter().map(|it| it.told.as_str()).collect();
        pair.say(found, Risk::Traffic, Area::Setting, format!("settings that steer traffic: {}", some(&told, 30)));
    }
    if pair.is_gone() {
        return;
    }
    let (restart, mut stay) = readers.of(kind, pair.new);
    // Whoever restarts what cannot start again cuts it off.
    let broken = references::broken(pair);
    stay.retain(|it| !broken.contains(*it));
    let what = match keys.as_slice() {
        [one] => format!("key {}", one.key),
        all => format!("{} keys", all.len()),
    };
    if !stay.is_empty() {
        let text = format!(
            "{what} changed; {} until you restart {}",
            if let [one] = stay.as_slice() {
                format!("{one} reads it and may keep the old value")
            } else {
                format!("{} read it and may keep the old value", some(&stay, 3))
            },
            if stay.len() == 1 { "it" } else { "them" },
        );
        // A DaemonSet may carry the traffic of its node.
        let risk = if stay.iter().any(|it| it.starts_with("DaemonSet ")) { Risk::Traffic } else { Risk::Restart };
        pair.say(found, risk, Area::Setting, text);
        let restarts =
            |it: &&&str| ["DaemonSet ", "Deployment ", "StatefulSet "].iter().any(|kind| it.starts_with(kind));
        if let Some(it) = found.last_mut() {
            it.restart = stay.iter().filter(restarts).map(|it| (*it).to_owned()).collect();
        }
    }
    if !restart.is_empty() {
        let verbs = if restart.len() == 1 { "reads it and restarts" } else { "read it and restart" };
        let text = format!("{what} changed; {} {verbs} with this change", some(&restart, 3));
        pair.say(found, Risk::Moves, Area::Setting, text);
    }
}

/// A key whose value differs.
struct Setting {
    key: String,
    /// The key with what became of it.
    told: String,
    /// The order of the report: what changed, then what is gone, then what switches nothing on.
    weight: u8,
}

fn changed(pair: &Pair<'_>) -> Vec<Setting> {
    let mut keys = Vec::new();
    for field in ["data", "stringData", "binaryData"] {
        let empty = serde_json::Map::new();
        let old = pair.old[field].as_object().unwrap_or(&empty);
        let new = pair.new[field].as_object().unwrap_or(&empty);
        let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in all {
            let (weight, told) = match (old.get(key), new.get(key)) {
                (Some(old), Some(new)) if old == new => continue,
                (Some(old), Some(new)) => (0, format!("{key} ({} → {})", shown(old), shown(new))),
                (None, Some(new)) => {
                    let off = matches!(new.as_str(), Some("" | "false" | "0" | "none"));
                    (2 + u8::from(off), format!("{key} (new: {})", shown(new)))
                }
                (old, _) => (1, format!("{key} (gone, was {})", old.map(shown).unwrap_or_default())),
            };
            keys.push(Setting { key: key.clone(), told, weight });
        }
    }
    keys
}

fn shown(value: &Json) -> String {
    crate::review::compare::present::word(value, 40)
}

fn steers(key: &str, of_cilium: bool) -> bool {
    if of_cilium { !CILIUM_QUIET.iter().any(|it| key.contains(it)) } else { DATAPATH.iter().any(|it| key.contains(it)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    #[test]
    fn says_who_reads_a_setting_and_whether_it_restarts() {
        let agent =
            json!({"kind": "DaemonSet", "spec": {"template": {"spec": {"volumes": [{"configMap": {"name": "c"}}]}}}});
        let config =
            |mode: &str| json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"routing-mode": mode}});
        let said = |restarts: bool| -> Vec<String> {
            let mut readers = Readers::default();
            readers.note("apps/v1 DaemonSet n/agent", &agent, restarts);
            let mut found = Vec::new();
            let (old, new) = (config("tunnel"), config("native"));
            look(&Pair::bare("v1 ConfigMap n/c", &old, &new, &Around::default()), &readers, &mut found);
            found.into_iter().map(|it| it.text).collect()
        };
        let steers = "settings that steer traffic: routing-mode (tunnel → native)";
        assert_eq!(
            said(false),
            [
                steers,
                "key routing-mode changed; DaemonSet n/agent reads it and may keep the old value until you restart it"
            ]
        );
        assert_eq!(
            said(true),
            [steers, "key routing-mode changed; DaemonSet n/agent reads it and restarts with this change"]
        );
    }

    #[test]
    fn tells_what_steers_traffic_and_what_switches_nothing_on_last() {
        let config = |name: &str, data: Json| json!({"kind": "ConfigMap", "metadata": {"name": name}, "data": data});
        let said = |name: &str| -> Vec<String> {
            let old = config(
                name,
                json!({"mesh-auth-enabled": "true", "service-topology": "true", "hubble-metrics": "a", "unknown": "1"}),
            );
            let new = config(
                name,
                json!({"mesh-auth-enabled": "false", "a-firewall": "false", "hubble-metrics": "b", "pmtud": "x", "unknown": "1"}),
            );
            let mut found = Vec::new();
            look(&Pair::bare("v1 ConfigMap n/c", &old, &new, &Around::default()), &Readers::default(), &mut found);
            found.into_iter().map(|it| it.text).collect()
        };
        let all = "settings that steer traffic: mesh-auth-enabled (\"true\" → \"false\"), service-topology (gone, was \"true\"), \
                   pmtud (new: x), a-firewall (new: \"false\")";
        assert_eq!(said("cilium-config"), [all]);
        assert_eq!(said("other"), ["settings that steer traffic: pmtud (new: x)"]);
    }
}
