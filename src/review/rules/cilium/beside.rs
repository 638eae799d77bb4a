//! Objects beside Cilium that it reads.

use super::{Minor, announced, kinds, settings};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::review::rules::object::{Object, maps, word};
use crate::review::rules::{Subject, minor, place};
use helm_engine::value::{Map, Value};

/// Rules on the objects beside Cilium.
pub(in crate::review::rules) fn objects(subject: &Subject<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let cilium = subject.charts.iter().find(|it| it.chart.name() == "cilium").and_then(|it| minor(it.version));
    let settings = settings(subject, objects);
    let announces = settings.as_ref().is_some_and(|it| it.announces);
    let is_policy = |it: &Object<'_>| it.head.kind == "CiliumL2AnnouncementPolicy";
    // What BGP announces may be in any network.
    let by_bgp = objects.iter().any(|it| it.head.kind.starts_with("CiliumBGP"));
    let by_arp = announces && !by_bgp && objects.iter().any(is_policy);
    for object in objects {
        let told = found.len();
        if let Some(version) = cilium {
            kinds::check(object, version, found);
        }
        if is_policy(object) {
            announced::policy(subject, object, settings.as_ref(), found);
        }
        if object.head.kind == "CiliumLoadBalancerIPPool" && by_arp {
            announced::pool(subject, object, found);
        }
        if object.head.kind == "CiliumLoadBalancerIPPool"
            && let Some(version) = cilium
        {
            pool(object, version, found);
        }
        if object.head.kind.ends_with("NetworkPolicy") {
            let wrong = maps(&Value::Map(object.content.clone())).iter().any(|it| {
                ["k8s-app", "k8s:k8s-app"].iter().any(|key| word(it.get(key)).as_deref() == Some("cilium-hubble-relay"))
            });
            if wrong {
                let message = format!(
                    "{}: {} selects `cilium-hubble-relay`, which no pod is labelled",
                    object.manifest, object.head
                );
                found.push(Diagnostic::new(Code::C011, message).help("the label is `k8s-app: hubble-relay`"));
            }
        }
        place::fill(subject, object, found.get_mut(told..).unwrap_or_default());
    }
}

fn pool(object: &Object<'_>, version: Minor, found: &mut Vec<Diagnostic>) {
    let Object { manifest, head, content, .. } = object;
    let at_all = format!("{manifest}: {head}");
    let spec = match content.get("spec") {
        Some(Value::Map(spec)) => spec,
        _ => Map::any(),
    };
    if spec.contains("cidrs") {
        let help = "write `spec.blocks: [{cidr: ...}]`";
        if version >= (1, 16) {
            found.push(
                Diagnostic::new(Code::C009, format!("{at_all}: `spec.cidrs` is gone since Cilium 1.16")).help(help),
            );
        } else if version >= (1, 15) {
            found.push(Diagnostic::new(Code::C014, format!("{at_all}: `spec.cidrs` goes with Cilium 1.16")).help(help));
        }
    }
}
