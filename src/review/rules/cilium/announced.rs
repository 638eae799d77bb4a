//! Addresses that Cilium would announce, and that nobody reaches.

use super::Settings;
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::review::kubernetes::text;
use crate::review::rules::Subject;
use crate::review::rules::config;
use crate::review::rules::object::Object;

/// Rules on one L2 announcement policy.
pub(super) fn policy(
    subject: &Subject<'_>,
    object: &Object<'_>,
    settings: Option<&Settings>,
    found: &mut Vec<Diagnostic>,
) {
    let at = format!("{}: {}", object.manifest, object.head);
    let spec = &object.json["spec"];
    if spec["externalIPs"] != true && spec["loadBalancerIPs"] != true {
        let message = format!("{at} announces neither `externalIPs` nor `loadBalancerIPs`, so nothing");
        found.push(Diagnostic::new(Code::C022, message).help("write `loadBalancerIPs: true`"));
    }
    if settings.is_some_and(|it| !it.announces) {
        let message = format!("{at} has no effect: Cilium announces nothing");
        found.push(Diagnostic::new(Code::C022, message).help("set `l2announcements.enabled: true` in Cilium's values"));
    }
    // A pattern that is a plain name is one interface; others are not looked into.
    let plain = |it: &str| {
        let name = it.trim_start_matches('^').trim_end_matches('$').to_owned();
        name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_').then_some(name)
    };
    let wanted = spec["interfaces"].as_array().into_iter().flatten().filter_map(|it| it.as_str()).map(plain);
    let Some(wanted) = wanted.collect::<Option<Vec<String>>>().filter(|it| !it.is_empty()) else { return };
    let devices = settings.map(|it| it.devices.as_slice()).unwrap_or_default();
    let (known, whose) = match devices.iter().all(|it| plain(it).is_some()) && !devices.is_empty() {
        true => (devices.to_vec(), "Cilium's `devices`"),
        false => (config::interfaces(subject), "the machine config"),
    };
    // A pattern matches anywhere in a name.
    if !known.is_empty() && !wanted.iter().any(|it| known.iter().any(|known| known.contains(it.as_str()))) {
        let message = format!("{at} announces on {}, which is no interface of {whose}", wanted.join(", "));
        found.push(Diagnostic::new(Code::C022, message).help(format!("it has {}", known.join(", "))));
    }
}

/// Whether the addresses of a pool are in a network of the nodes, where they are announced by ARP.
pub(super) fn pool(subject: &Subject<'_>, object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let networks = config::networks(subject);
    if networks.is_empty() {
        return;
    }
    for block in object.json["spec"]["blocks"].as_array().into_iter().flatten() {
        let Some(given) = ["cidr", "start"].iter().find_map(|it| block[*it].as_str()) else { continue };
        let first = text::range(given).or_else(|| Some((text::address(given)?, 32)));
        let Some(first) = first.filter(|it| it.0.is_ipv4()) else { continue };
        if !networks.iter().any(|it| text::holds(*it, first)) {
            let message = format!(
                "{}: {}: {given} is in no network of the machine config, so that nobody asks for it by ARP",
                object.manifest, object.head
            );
            let help = "take addresses of the nodes' own network, or announce these by BGP";
            found.push(Diagnostic::new(Code::C022, message).help(help));
        }
    }
}
