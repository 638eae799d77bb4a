//! Encryption, meshes and certificates: settings with which Cilium does not start, or does not do what they say.
//!
//! The agent says so in `daemon/cmd/daemon.go` (before 1.19 `daemon_main.go`) and `pkg/clustermesh/types`; the chart in
//! `templates/cilium-configmap.yaml`, `templates/cilium-agent/daemonset.yaml` and `templates/hubble/tls-*`, each of 1.16 to 1.20.

use super::Rules;
use crate::base::code::Code;

/// The Secret with the keys of IPsec that the agent mounts.
const KEYS: &str = "cilium-ipsec-keys";

impl Rules<'_> {
    pub(super) fn security(&mut self) {
        self.encryption();
        self.mesh();
        self.methods();
    }

    fn encryption(&mut self) {
        if !self.on(&["encryption", "enabled"]) {
            return;
        }
        let kind = self.text(&["encryption", "type"]);
        let known: &[&str] =
            if self.version >= (1, 19) { &["ipsec", "wireguard", "ztunnel"] } else { &["ipsec", "wireguard"] };
        if !known.contains(&kind.as_str()) {
            let message = format!("`encryption.type: {kind}` encrypts nothing in this Cilium");
            self.tell(Code::C018, message, &format!("set it to one of {}", known.join(", ")));
        }
        if kind != "ipsec" {
            return;
        }
        if self.on(&["hostFirewall", "enabled"]) {
            let message = "`encryption.type: ipsec` does not go with the host firewall: the agent ends";
            self.tell(Code::C018, message, "set `encryption.type: wireguard`, or `hostFirewall.enabled: false`");
        }
        let is_there = self.objects.iter().any(|it| it.head.kind == "Secret" && it.head.name == KEYS);
        let named = self.text(&["encryption", "ipsec", "secretName"]);
        if self.subject.output.is_some() && !is_there && (named.is_empty() || named == KEYS) {
            let message = format!("`encryption.type: ipsec` mounts the Secret `{KEYS}`, which no part brings");
            let help = "the agent waits for it: have a chart of your own make it from `secretValues`, or set `encryption.type: wireguard`";
            self.tell(Code::C019, message, help);
        }
    }

    fn mesh(&mut self) {
        let id = self.text(&["cluster", "id"]);
        let Ok(id) = id.parse::<i64>() else { return };
        let most: i64 = match self.text(&["clustermesh", "maxConnectedClusters"]).as_str() {
            "511" => 511,
            _ => 255,
        };
        if !(0..=most).contains(&id) {
            let message = format!("`cluster.id: {id}` is none: the agent ends");
            self.tell(Code::C020, message, &format!("an id is a number from 1 to {most}, and another in each cluster"));
        } else if id == 0 && self.on(&["clustermesh", "useAPIServer"]) {
            let message = "`clustermesh.useAPIServer` is set, and `cluster.id: 0` is of no mesh: its API server ends";
            self.tell(
                Code::C020,
                message,
                &format!("set `cluster.id` to a number from 1 to {most}, another in each cluster"),
            );
        }
    }

    fn methods(&mut self) {
        const METHODS: [&str; 3] = ["helm", "cronJob", "certmanager"];
        for (path, on) in [
            (["hubble", "tls", "auto", "method"].as_slice(), ["hubble", "enabled"]),
            (&["clustermesh", "apiserver", "tls", "auto", "method"], ["clustermesh", "useAPIServer"]),
        ] {
            let auto = |key| self.on(&[&path[..path.len() - 1], &[key]].concat());
            let tls = path[..path.len() - 2].to_vec();
            let is_off = self.text(&[tls.as_slice(), &["enabled"]].concat()) == "false";
            let method = self.text(path);
            if !self.on(&on) || is_off || !auto("enabled") || METHODS.contains(&method.as_str()) {
                continue;
            }
            let message =
                format!("`{}: {method}` makes no certificates: what asks for them does not start", path.join("."));
            self.tell(Code::C021, message, "set it to helm, cronJob or certmanager, in exactly these letters");
        }
    }
}
