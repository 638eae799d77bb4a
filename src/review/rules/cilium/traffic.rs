//! Settings of Cilium with which its agent ends, or which have no effect.

use super::Rules;
use crate::base::code::Code;

/// Where the agent says so: `daemon/cmd/kube_proxy_replacement.go`, `pkg/egressgateway/manager.go`, and the page on L2
/// announcements.
impl Rules<'_> {
    pub(super) fn traffic(&mut self) {
        self.direct_return();
        self.egress();
        self.announcements();
    }

    fn direct_return(&mut self) {
        let mode = self.setting("bpf-lb-mode", &["loadBalancer", "mode"]);
        if !self.replaces_proxy() || !["dsr", "hybrid"].contains(&mode.as_str()) || !self.tunnels() {
            return;
        }
        let protocol = self.setting("tunnel-protocol", &["tunnelProtocol"]);
        let dispatch = self.setting("bpf-lb-dsr-dispatch", &["loadBalancer", "dsrDispatch"]);
        let help = "set `routingMode: native`, or `tunnelProtocol: geneve` with `loadBalancer.dsrDispatch: geneve`";
        if protocol != "geneve" {
            let message = format!("`loadBalancer.mode: {mode}` does not go with a tunnel of VXLAN: the agent ends");
            self.tell(Code::C015, message, help);
        } else if dispatch != "geneve" {
            let message =
                format!("`loadBalancer.mode: {mode}` in a tunnel of Geneve needs its dispatch: the agent ends");
            self.tell(Code::C015, message, help);
        }
    }

    fn egress(&mut self) {
        if !self.on(&["egressGateway", "enabled"]) {
            return;
        }
        let off = |value: String| value != "true";
        if off(self.setting("enable-bpf-masquerade", &["bpf", "masquerade"]))
            || self.setting("enable-ipv4-masquerade", &["enableIPv4Masquerade"]) == "false"
        {
            let message = "`egressGateway.enabled` needs BPF masquerading, and the agent ends without it";
            self.tell(Code::C016, message, "set `bpf.masquerade: true` and `enableIPv4Masquerade: true`");
        }
    }

    fn announcements(&mut self) {
        if self.on(&["l2announcements", "enabled"]) && !self.replaces_proxy() {
            let message = "`l2announcements.enabled` has no effect: it needs Cilium in place of kube-proxy";
            self.tell(Code::C017, message, "set `kubeProxyReplacement: true`");
        }
    }

    /// Whether pods talk through a tunnel. Where the chart is told nothing, it makes one, but for clouds.
    pub(super) fn tunnels(&self) -> bool {
        match self.setting("routing-mode", &["routingMode"]).as_str() {
            "tunnel" => true,
            "" => !["eni", "gke", "azure"].iter().any(|it| self.on(&[it, "enabled"])),
            _ => false,
        }
    }
}
