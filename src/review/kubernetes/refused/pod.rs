//! The spec of a pod, wherever it stands.

use std::collections::BTreeSet;

use super::container::{self, Around};
use super::{not_negative, resources, scheduling, volume};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

/// Checks the spec of a pod. `claims` are volumes that a StatefulSet makes for it.
pub(super) fn check(pod: &Cursor<'_>, claims: &[&str], faults: &mut Faults) {
    let mut volumes = volume::check(pod, faults);
    volumes.extend(claims);
    let host_network = pod.is("hostNetwork");
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let containers = pod.list("containers");
    if containers.is_empty() && pod.get("containers").is_some_and(|it| it.value.is_array()) {
        faults.missing(pod, "containers", "a pod has a container");
    }
    let mut host_ports: BTreeSet<(String, i64, String)> = BTreeSet::new();
    for (is_init, list) in [(false, containers), (true, pod.list("initContainers"))] {
        for one in list {
            container::check(&one, &Around { volumes: &volumes, host_network, is_init }, faults);
            let name = one.text("name");
            if !name.is_empty()
                && !names.insert(name)
                && let Some(at) = one.get("name")
            {
                let what = format!("is `{name}`, as another container is called");
                faults.clash(&at, what, "give each a name of its own");
            }
            for port in one.list("ports").iter().filter(|_| !is_init) {
                let Some(number) = port.number("hostPort").filter(|it| *it != 0) else { continue };
                let protocol = Some(port.text("protocol")).filter(|it| !it.is_empty()).unwrap_or("TCP");
                if !host_ports.insert((protocol.to_owned(), number, port.text("hostIP").to_owned())) {
                    let help = "one port of the node serves one of them: take another number";
                    faults.clash(port, format!("has the `hostPort` {number}, which another one has"), help);
                }
            }
        }
    }
    resources::check(pod, faults);
    if let Some(at) = pod.get("activeDeadlineSeconds")
        && at.value.as_i64().is_some_and(|it| it < 1)
    {
        faults.value(&at, "is below 1", "write the seconds after which the pod is ended");
    }
    names_in(pod, faults);
    dns(pod, faults);
    security(pod, faults);
    scheduling::check(pod, faults);
}

fn names_in(pod: &Cursor<'_>, faults: &mut Faults) {
    let labels = ["hostname", "subdomain"].map(|it| (it, text::is_label as fn(&str) -> bool));
    let domains = ["serviceAccountName", "nodeName", "runtimeClassName", "priorityClassName"];
    for (key, fits) in labels.into_iter().chain(domains.map(|it| (it, text::is_subdomain as fn(&str) -> bool))) {
        if let Some(at) = pod.get(key)
            && !at.word().is_empty()
            && !fits(at.word())
        {
            let help = "it is made of small letters, digits and `-`";
            faults.value(&at, format!("is `{}`, which the API server does not take", at.word()), help);
        }
    }
}

fn dns(pod: &Cursor<'_>, faults: &mut Faults) {
    let config = pod.get("dnsConfig");
    let servers = config.map(|it| it.list("nameservers")).unwrap_or_default();
    if pod.text("dnsPolicy") == "None" && servers.is_empty() {
        faults.missing(pod, "dnsConfig.nameservers", "`dnsPolicy: None` needs a server");
    }
    let aliases = pod.list("hostAliases");
    let aliases = aliases.iter().filter_map(|it| it.get("ip"));
    for at in servers.iter().cloned().chain(aliases) {
        if at.value.is_string() && text::address(at.word()).is_none() {
            faults.value(&at, format!("is `{}`, which is no address", at.word()), "write an address such as 10.0.0.1");
        }
    }
}

fn security(pod: &Cursor<'_>, faults: &mut Faults) {
    if pod.is("shareProcessNamespace")
        && pod.is("hostPID")
        && let Some(at) = pod.get("shareProcessNamespace")
    {
        faults.clash(&at, "does not go with `hostPID`", "take one of them out");
    }
    let Some(context) = pod.get("securityContext") else { return };
    not_negative(&context, &["runAsUser", "runAsGroup", "fsGroup"], faults);
}
