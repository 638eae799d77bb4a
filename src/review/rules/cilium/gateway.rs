//! The Gateway API that each minor of Cilium was built for, and what its operator does with other CRDs.
//!
//! The rows are from Cilium's source at the tags v1.16.19, v1.17.14, v1.18.6, v1.19.6 and v1.20.0: what is asked for, from the
//! page `Documentation/network/servicemesh/gateway-api/installation.rst`; the kinds, from `operator/pkg/gateway-api/cell.go`
//! (1.20: `helpers/schemes.go`). Which release of the Gateway API serves what, from `config/crd` of v1.0.0 to v1.6.1.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Minor, Rules, older, three};
use crate::base::code::Code;
use crate::base::number::some;
use crate::review::rules::minor;

const GROUP: &str = "gateway.networking.k8s.io";

/// What a minor of Cilium wants of the Gateway API.
struct Wanted {
    cilium: Minor,
    /// The release whose CRDs its documentation has one install.
    release: &'static str,
    /// The CRDs and their versions without which the operator leaves the Gateway API off.
    must: &'static [(&'static str, &'static str)],
    /// Those that it does without. One that has the version and does not serve it ends the operator (cilium#44920).
    may: &'static [(&'static str, &'static str)],
    /// The first release whose standard channel no longer serves what it wants.
    standard_until: Option<&'static str>,
}

const FIRST_KINDS: &[(&str, &str)] = &[
    ("gatewayclasses", "v1"),
    ("gateways", "v1"),
    ("httproutes", "v1"),
    ("grpcroutes", "v1"),
    ("referencegrants", "v1beta1"),
];

const TABLE: &[Wanted] = &[
    Wanted {
        cilium: (1, 16),
        release: "v1.1.0",
        must: &[
            ("gatewayclasses", "v1"),
            ("gateways", "v1"),
            ("httproutes", "v1"),
            ("grpcroutes", "v1"),
            ("referencegrants", "v1beta1"),
            ("tlsroutes", "v1alpha2"),
        ],
        may: &[],
        standard_until: Some("v0.0.0"),
    },
    Wanted {
        cilium: (1, 17),
        release: "v1.2.0",
        must: FIRST_KINDS,
        may: &[("tlsroutes", "v1alpha2")],
        standard_until: Some("v1.5.0"),
    },
    Wanted {
        cilium: (1, 18),
        release: "v1.2.0",
        must: FIRST_KINDS,
        may: &[("tlsroutes", "v1alpha2")],
        standard_until: Some("v1.5.0"),
    },
    Wanted {
        cilium: (1, 19),
        release: "v1.4.1",
        must: FIRST_KINDS,
        may: &[("tlsroutes", "v1alpha2")],
        standard_until: Some("v1.5.0"),
    },
    Wanted {
        cilium: (1, 20),
        release: "v1.6.1",
        must: &[
            ("gatewayclasses", "v1"),
            ("gateways", "v1"),
            ("httproutes", "v1"),
            ("grpcroutes", "v1"),
            ("tlsroutes", "v1"),
            ("referencegrants", "v1"),
            ("backendtlspolicies", "v1"),
        ],
        may: &[("listenersets", "v1"), ("tcproutes", "v1"), ("udproutes", "v1")],
        standard_until: None,
    },
];

/// Whether the CRDs of a release of the Gateway API are for a release of Cilium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayFit {
    Fits,
    /// It wants those of this release at least.
    TooOld(&'static str),
    /// Its operator ends with these: the standard channel is right before this release only, the experimental one always.
    TooNew(&'static str),
    /// It wants the experimental channel.
    Experimental,
    /// Nothing is known of that Cilium, or one of them is no version.
    Unknown,
}

/// The Gateway API that a release of Cilium wants at least, `v1.4.1`; `None` where that is not known.
pub fn gateway_api(cilium: &str) -> Option<String> {
    Some(wanted(minor(cilium)?)?.release.to_owned())
}

/// Compares a release of the Gateway API's CRDs, `v1.4.1`, with what a release of Cilium takes. `channel` is `standard` or
/// `experimental`, as the CRDs' own annotation says.
pub fn gateway_fit(cilium: &str, release: &str, channel: &str) -> GatewayFit {
    let Some(wanted) = minor(cilium).and_then(wanted).filter(|_| three(release).is_some()) else {
        return GatewayFit::Unknown;
    };
    if older(release, wanted.release) {
        return GatewayFit::TooOld(wanted.release);
    }
    match wanted.standard_until.filter(|_| channel == "standard") {
        Some("v0.0.0") => GatewayFit::Experimental,
        Some(until) if !older(release, until) => GatewayFit::TooNew(until),
        _ => GatewayFit::Fits,
    }
}

/// The row of a minor; of a later one than are known, that of the last.
fn wanted(cilium: Minor) -> Option<&'static Wanted> {
    TABLE.iter().rev().find(|it| it.cilium <= cilium)
}

impl Rules<'_> {
    pub(super) fn gateway(&mut self) {
        if !self.on(&["gatewayAPI", "enabled"]) {
            return;
        }
        let known = self.subject.spec.api_versions.iter().any(|it| it.starts_with("gateway.networking.k8s.io/v1"));
        if !known && self.text(&["gatewayAPI", "gatewayClass", "create"]) != "true" {
            let message = "`gatewayAPI.enabled` is set, but the chart will not render the GatewayClass";
            let help = "set `gatewayAPI.gatewayClass.create: \"true\"`, or, where the cluster has its CRD already, list gateway.networking.k8s.io/v1/GatewayClass in `apiVersions`";
            self.tell(Code::C007, message, help);
        }
        if self.subject.output.is_some()
            && let Some(wanted) = wanted(self.version)
        {
            self.gateway_definitions(wanted);
        }
    }

    fn gateway_definitions(&mut self, wanted: &Wanted) {
        let (major, minor) = self.version;
        let definitions: BTreeMap<&str, &Json> = self
            .objects
            .iter()
            .filter(|it| it.head.kind == "CustomResourceDefinition" && it.json["spec"]["group"] == GROUP)
            // The name of a CRD is its plural and its group.
            .filter_map(|it| Some((it.head.name.split('.').next()?, &it.json)))
            .collect();
        let release = wanted.release;
        let help = format!("add a manifest part with the CRDs of {release} before it");
        // What the spec lists, the cluster is said to have.
        let is_there = self.subject.spec.api_versions.iter().any(|it| it.starts_with(GROUP));
        if definitions.is_empty() && is_there {
            return;
        }
        if definitions.is_empty() {
            let message = "`gatewayAPI.enabled` is set, but no part brings the Gateway API's CRDs";
            return self.tell(Code::C008, message, &help);
        }
        let releases = definitions.values().filter_map(|it| {
            let release = it["metadata"]["annotations"]["gateway.networking.k8s.io/bundle-version"].as_str()?;
            Some((three(release)?, release))
        });
        if let Some((_, found)) = releases.min().filter(|it| older(it.1, release)) {
            let message =
                format!("Cilium {major}.{minor} wants the Gateway API's CRDs from {release} on, but these are {found}");
            return self.tell(Code::C008, message, "take the newer CRDs");
        }
        // Some of the CRDs may come from elsewhere; a set with the core is a whole release.
        let is_whole = ["gatewayclasses", "gateways", "httproutes"].iter().all(|it| definitions.contains_key(it));
        let missing = |(plural, version): &&(&str, &str)| match definitions.get(plural) {
            Some(it) => has(it, version).is_none(),
            None => is_whole,
        };
        let missing = wanted.must.iter().filter(missing);
        let missing: Vec<String> = missing.map(|(plural, version)| format!("{plural} {version}")).collect();
        if !missing.is_empty() {
            let message =
                format!("Cilium {major}.{minor} leaves the Gateway API off without the CRDs of {}", some(&missing, 4));
            let help = match missing.iter().any(|it| it == "tlsroutes v1alpha2") {
                true => format!("take the experimental channel of {release}, experimental-install.yaml"),
                false => help,
            };
            return self.tell(Code::C008, message, &help);
        }
        for (plural, version) in wanted.must.iter().chain(wanted.may) {
            if definitions.get(plural).and_then(|it| has(it, version)) == Some(false) {
                let message = format!(
                    "the operator of Cilium {major}.{minor} ends: it watches {plural} {version}, which these CRDs of the Gateway API do not serve"
                );
                let help = format!(
                    "take the experimental channel, experimental-install.yaml, or the standard one of {release}"
                );
                return self.tell(Code::C008, message, &help);
            }
        }
        // Before 1.19 nobody has reported it.
        for (plural, version) in wanted.may.iter().filter(|_| self.version >= (1, 19)) {
            if definitions.get(plural).is_some_and(|it| has(it, version).is_none()) {
                let message = format!(
                    "Cilium {major}.{minor} serves {plural} {version} alone, which these CRDs of the Gateway API do not have"
                );
                return self.tell(Code::C008, message, &format!("take those of {release}"));
            }
        }
    }
}

/// Whether a CRD serves a version; `None` where it has it not.
fn has(definition: &Json, version: &str) -> Option<bool> {
    let versions = definition["spec"]["versions"].as_array()?;
    Some(versions.iter().find(|it| it["name"] == version)?["served"] == true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minor_takes_its_own_crds() {
        for (cilium, release, channel, fit) in [
            ("1.16.19", "v1.1.0", "experimental", GatewayFit::Fits),
            ("1.16.19", "v1.1.0", "standard", GatewayFit::Experimental),
            ("1.17.14", "v1.1.0", "standard", GatewayFit::TooOld("v1.2.0")),
            ("1.18.6", "v1.4.1", "standard", GatewayFit::Fits),
            ("1.18.6", "v1.5.0", "standard", GatewayFit::TooNew("v1.5.0")),
            ("1.19.6", "v1.2.0", "standard", GatewayFit::TooOld("v1.4.1")),
            ("1.19.6", "v1.6.1", "standard", GatewayFit::TooNew("v1.5.0")),
            ("1.19.6", "v1.6.1", "experimental", GatewayFit::Fits),
            ("1.20.0", "v1.4.1", "experimental", GatewayFit::TooOld("v1.6.1")),
            ("1.20.0", "v1.6.1", "standard", GatewayFit::Fits),
            ("1.15.0", "v1.0.0", "standard", GatewayFit::Unknown),
            ("1.20.0", "main", "standard", GatewayFit::Unknown),
        ] {
            assert_eq!(gateway_fit(cilium, release, channel), fit, "{cilium} {release} {channel}");
        }
    }
}
