//! Keys of ConfigMaps and Secrets: who reads them, and which of them steer the datapath.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Pair, items, pod, some, word};
use crate::stage::diff::model::{Area, Finding, Risk};

/// Words in keys of Cilium's configuration that steer packets, by what their change can do.
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
    "cluster-id",
    "cluster-name",
    "cni-exclusive",
    "cni-chaining",
    "host-legacy-routing",
    "bandwidth-manager",
    "enable-bbr",
    "l2-announcements",
    "bgp-control-plane",
    "egress-gateway",
    "local-redirect",
    "endpoint-routes",
    "identity-allocation",
    "identity-management",
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

/// Which workloads read which ConfigMaps and Secrets, and which of them restart anyway.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    /// By kind and name of what is read; namespaces are not told apart where a part has but one.
    by_source: BTreeMap<(String, String), BTreeSet<String>>,
    restarting: BTreeSet<String>,
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
    let steering: Vec<&String> =
        keys.iter().filter(|(key, _)| kind == "ConfigMap" && steers(key)).map(|(_, it)| it).collect();
    if !steering.is_empty() {
        let text = format!("steers the datapath otherwise: {}", some(&steering, 12));
        pair.say(found, Risk::Traffic, Area::Setting, text);
    }
    if pair.is_gone() {
        return;
    }
    let (restart, stay) = readers.of(kind, pair.new);
    let keys: Vec<&String> = keys.iter().map(|(key, _)| key).collect();
    let what = if keys.len() == 1 { format!("key {}", keys[0]) } else { format!("{} keys", keys.len()) };
    if !stay.is_empty() {
        let text = format!(
            "{what} changed, but {} reads it and does not restart by itself: restart it by hand",
            some(&stay, 3)
        );
        pair.say(found, Risk::Restart, Area::Setting, text);
    }
    if !restart.is_empty() {
        let text = format!("{what} changed; {} reads it and restarts with this change", some(&restart, 3));
        pair.say(found, Risk::Moves, Area::Setting, text);
    }
}

/// The keys whose values differ, each with how.
fn changed(pair: &Pair<'_>) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for field in ["data", "stringData", "binaryData"] {
        let empty = serde_json::Map::new();
        let old = pair.old[field].as_object().unwrap_or(&empty);
        let new = pair.new[field].as_object().unwrap_or(&empty);
        let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in all {
            let how = match (old.get(key), new.get(key)) {
                (Some(old), Some(new)) if old == new => continue,
                (Some(old), Some(new)) => format!("{key} ({} → {})", shown(old), shown(new)),
                (None, Some(new)) => format!("{key} (new: {})", shown(new)),
                _ => format!("{key} (gone)"),
            };
            keys.push((key.clone(), how));
        }
    }
    keys
}

fn shown(value: &Json) -> String {
    crate::stage::diff::present::word(value, 40)
}

fn steers(key: &str) -> bool {
    DATAPATH.iter().any(|it| key.contains(it))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            look(
                &Pair { part: "p", id: "v1 ConfigMap n/c", old: &old, new: &new, renamed: false },
                &readers,
                &mut found,
            );
            found.into_iter().map(|it| it.text).collect()
        };
        let steers = "steers the datapath otherwise: routing-mode (tunnel → native)";
        assert_eq!(
            said(false),
            [
                steers,
                "key routing-mode changed, but DaemonSet n/agent reads it and does not restart by itself: restart it by hand"
            ]
        );
        assert_eq!(
            said(true),
            [steers, "key routing-mode changed; DaemonSet n/agent reads it and restarts with this change"]
        );
    }
}
