//! The kinds that each minor of Cilium serves, and in which versions.
//!
//! From the CRDs in `pkg/k8s/apis/cilium.io/client/crds` at the tags v1.16.19, v1.17.14, v1.18.6, v1.19.6 and v1.20.0.

use super::Minor;
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::review::rules::object::Object;

/// A kind in one version: the first minor of Cilium 1 with it, the first that calls it deprecated, the first without it.
/// 0 is before all that are known here, and [`NEVER`] after.
type Row = (&'static str, &'static str, u32, u32, u32);

const NEVER: u32 = u32::MAX;

const KINDS: &[Row] = &[
    ("CiliumBGPAdvertisement", "v2", 18, NEVER, NEVER),
    ("CiliumBGPAdvertisement", "v2alpha1", 16, 18, NEVER),
    ("CiliumBGPClusterConfig", "v2", 18, NEVER, NEVER),
    ("CiliumBGPClusterConfig", "v2alpha1", 16, 18, NEVER),
    ("CiliumBGPNodeConfig", "v2", 18, NEVER, NEVER),
    ("CiliumBGPNodeConfig", "v2alpha1", 16, 18, NEVER),
    ("CiliumBGPNodeConfigOverride", "v2", 18, NEVER, NEVER),
    ("CiliumBGPNodeConfigOverride", "v2alpha1", 16, 18, NEVER),
    ("CiliumBGPPeerConfig", "v2", 18, NEVER, NEVER),
    ("CiliumBGPPeerConfig", "v2alpha1", 16, 18, NEVER),
    ("CiliumBGPPeeringPolicy", "v2alpha1", 0, 18, 19),
    ("CiliumCIDRGroup", "v2", 18, NEVER, NEVER),
    ("CiliumCIDRGroup", "v2alpha1", 0, 18, NEVER),
    ("CiliumClusterwideEnvoyConfig", "v2", 0, NEVER, NEVER),
    ("CiliumClusterwideNetworkPolicy", "v2", 0, NEVER, NEVER),
    ("CiliumDatapathPlugin", "v2alpha1", 20, NEVER, NEVER),
    ("CiliumEgressGatewayPolicy", "v2", 0, NEVER, NEVER),
    ("CiliumEndpointSlice", "v2alpha1", 0, NEVER, NEVER),
    ("CiliumEnvoyConfig", "v2", 0, NEVER, NEVER),
    ("CiliumExternalWorkload", "v2", 0, NEVER, 18),
    ("CiliumGatewayClassConfig", "v2alpha1", 18, NEVER, NEVER),
    ("CiliumL2AnnouncementPolicy", "v2alpha1", 0, NEVER, NEVER),
    ("CiliumLoadBalancerIPPool", "v2", 18, NEVER, NEVER),
    ("CiliumLoadBalancerIPPool", "v2alpha1", 0, 18, NEVER),
    ("CiliumLocalRedirectPolicy", "v2", 0, NEVER, NEVER),
    ("CiliumNetworkPolicy", "v2", 0, NEVER, NEVER),
    ("CiliumNode", "v2", 0, NEVER, NEVER),
    ("CiliumNodeConfig", "v2", 16, NEVER, NEVER),
    ("CiliumNodeConfig", "v2alpha1", 0, 16, 20),
    ("CiliumPodIPPool", "v2alpha1", 0, NEVER, NEVER),
];

/// Says of an object what this Cilium makes of its kind and version.
pub(super) fn check(object: &Object<'_>, cilium: Minor, found: &mut Vec<Diagnostic>) {
    let head = &object.head;
    let Some(version) = head.api_version.strip_prefix("cilium.io/") else { return };
    let rows = || KINDS.iter().filter(|it| it.0 == head.kind);
    // A version that the whole group does not have is told as such.
    if cilium.0 != 1 || rows().next().is_none() || !KINDS.iter().any(|it| it.1 == version) {
        return;
    }
    let minor = cilium.1;
    let at = format!("{}: {head}", object.manifest);
    // The version to write: one that this Cilium has and does not call deprecated.
    let better = rows().find(|it| it.2 <= minor && minor < it.3.min(it.4));
    let help = |row: Option<&Row>| match row {
        Some((_, version, ..)) => format!("write `apiVersion: cilium.io/{version}`"),
        None => "take it out, or a Cilium that has it: its upgrade notes say what takes its place".to_owned(),
    };
    match rows().find(|it| it.1 == version) {
        None => {
            let message = format!("{at}: cilium.io/{version} has no {} in any Cilium", head.kind);
            found.push(Diagnostic::new(Code::C009, message).help(help(better)));
        }
        Some((kind, _, since, ..)) if minor < *since => {
            let message = format!("{at}: cilium.io/{version} knows a {kind} only from Cilium 1.{since} on");
            found.push(Diagnostic::new(Code::C009, message).help(help(better)));
        }
        Some((kind, _, _, _, gone)) if minor >= *gone => {
            let message = format!("{at}: a {kind} of cilium.io/{version} is gone since Cilium 1.{gone}");
            found.push(Diagnostic::new(Code::C009, message).help(help(better)));
        }
        Some((_, _, _, deprecated, _)) if minor >= *deprecated => {
            let message = format!("{at}: cilium.io/{version} is deprecated since Cilium 1.{deprecated}");
            found.push(Diagnostic::new(Code::C014, message).help(help(better)));
        }
        Some(_) => {}
    }
}
