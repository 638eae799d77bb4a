//! Routing without a tunnel: what the agent wants to know of the pods' range.
//!
//! It ends in `checkIPv4NativeRoutingCIDR` of `pkg/option/config.go` (cilium#27747), and on direct routes in a tunnel
//! (cilium#15196).

use super::Rules;
use crate::base::code::Code;
use crate::deliver::flux::at;
use crate::review::kubernetes::text::{holds, range};
use crate::review::rules::object::word;
use helm_engine::value::Value;

/// One family of addresses: its switch, its masquerading, its range, and the pool that its pods get addresses of.
struct Family {
    on: (&'static str, &'static [&'static str]),
    masquerades: (&'static str, &'static [&'static str]),
    native: (&'static str, &'static [&'static str]),
    pool: &'static str,
}

const FAMILIES: &[Family] = &[
    Family {
        on: ("enable-ipv4", &["ipv4", "enabled"]),
        masquerades: ("enable-ipv4-masquerade", &["enableIPv4Masquerade"]),
        native: ("ipv4-native-routing-cidr", &["ipv4NativeRoutingCIDR"]),
        pool: "clusterPoolIPv4PodCIDRList",
    },
    Family {
        on: ("enable-ipv6", &["ipv6", "enabled"]),
        masquerades: ("enable-ipv6-masquerade", &["enableIPv6Masquerade"]),
        native: ("ipv6-native-routing-cidr", &["ipv6NativeRoutingCIDR"]),
        pool: "clusterPoolIPv6PodCIDRList",
    },
];

impl Rules<'_> {
    pub(super) fn routing(&mut self) {
        let mode = self.setting("routing-mode", &["routingMode"]);
        if self.setting("auto-direct-node-routes", &["autoDirectNodeRoutes"]) == "true" && self.tunnels() {
            let message = "`autoDirectNodeRoutes` does not go with a tunnel: the agent ends";
            self.tell(Code::C024, message, "set `routingMode: native`, or leave `autoDirectNodeRoutes` out");
        }
        let is_of_cloud = ["eni", "alibabacloud", "gke", "azure"].iter().any(|it| self.on(&[it, "enabled"]));
        if mode != "native" || is_of_cloud || self.on(&["ipMasqAgent", "enabled"]) {
            return;
        }
        for family in FAMILIES {
            let is = |of: &(&str, &[&str])| self.setting(of.0, of.1) == "true";
            if !is(&family.on) || !is(&family.masquerades) {
                continue;
            }
            let native = self.setting(family.native.0, family.native.1);
            let key = family.native.1.join(".");
            if native.is_empty() {
                let message = format!("`routingMode: native` wants `{key}`, and the agent ends without it");
                self.tell(Code::C023, message, &format!("set `{key}` to the range of the pods"));
                continue;
            }
            let Some(routed) = range(&native).filter(|_| self.text(&["ipam", "mode"]) == "cluster-pool") else {
                continue;
            };
            let outside = self.pool(family.pool).into_iter().find(|it| range(it).is_some_and(|it| !holds(routed, it)));
            if let Some(pods) = outside {
                let message = format!("`{key}` is {native}, which does not hold the pods of {pods}");
                let help = format!("write the same range as `{key}` and in `ipam.operator.{}`", family.pool);
                self.tell(Code::C023, message, &help);
            }
        }
    }

    /// The ranges of the pods' pool; the chart takes a list or a single one.
    fn pool(&self, key: &str) -> Vec<String> {
        match at(self.all, &["ipam", "operator", key]) {
            Some(Value::List(list)) => list.items().iter().filter_map(|it| word(Some(it.clone()))).collect(),
            other => word(other).into_iter().collect(),
        }
    }
}
