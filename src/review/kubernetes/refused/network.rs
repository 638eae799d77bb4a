//! Network policies and Ingresses.

use super::{labels, needed, port_or_name};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

pub(super) fn policy(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else { return };
    if let Some(selector) = spec.get("podSelector") {
        labels::selector(&selector, faults);
    }
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.list(rules) {
            for port in rule.list("ports") {
                range(&port, faults);
            }
            for one in rule.list(peers) {
                peer(&one, faults);
            }
        }
    }
    for at in spec.list("policyTypes") {
        if at.value.is_string() && !["Ingress", "Egress"].contains(&at.word()) {
            faults.value(&at, format!("is `{}`", at.word()), "it can be Ingress or Egress");
        }
    }
}

fn range(port: &Cursor<'_>, faults: &mut Faults) {
    port_or_name(port, "port", faults);
    let Some(end) = port.get("endPort") else { return };
    match port.number("port") {
        None => faults.clash(&end, "needs a `port` that is a number", "write the first port as a number"),
        Some(first) if end.value.as_i64().is_some_and(|it| it < first) => {
            faults.clash(&end, "is below `port`", "write the last port of the range");
        }
        Some(_) => super::port(port, "endPort", faults),
    }
}

fn peer(at: &Cursor<'_>, faults: &mut Faults) {
    for key in ["podSelector", "namespaceSelector"] {
        if let Some(selector) = at.get(key) {
            labels::selector(&selector, faults);
        }
    }
    let selects = at.has("podSelector") || at.has("namespaceSelector");
    let Some(block) = at.get("ipBlock") else {
        if !selects && at.value.is_object() {
            faults.clash(at, "names no peer", "write `podSelector`, `namespaceSelector` or `ipBlock`");
        }
        return;
    };
    if selects {
        faults.clash(at, "has an `ipBlock` and a selector", "make two entries of it");
    }
    needed(&block, "cidr", "write a range such as 10.0.0.0/8", faults);
    let ranges = block.get("cidr").into_iter().chain(block.list("except"));
    for at in ranges.filter(|it| it.value.is_string() && !it.word().is_empty()) {
        if text::range(at.word()).is_none() {
            faults.value(&at, format!("is `{}`, which is no range", at.word()), "write a range such as 10.0.0.0/8");
        }
    }
}

pub(super) fn class(object: &Cursor<'_>, faults: &mut Faults) {
    if let Some(spec) = object.get("spec") {
        needed(&spec, "controller", "name what serves the class, such as k8s.io/ingress-nginx", faults);
    }
}

pub(super) fn ingress(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else { return };
    if !spec.is_filled("rules") && !spec.has("defaultBackend") {
        faults.missing(&spec, "rules", "an Ingress has rules or a `defaultBackend`");
    }
    if let Some(at) = spec.get("defaultBackend") {
        backend(&at, faults);
    }
    for rule in spec.list("rules") {
        if let Some(host) = rule.get("host").filter(|it| !it.word().is_empty()) {
            is_host(&host, faults);
        }
        for path in rule.get("http").map(|it| it.list("paths")).unwrap_or_default() {
            let text = path.text("path");
            let must = ["Exact", "Prefix"].contains(&path.text("pathType"));
            if let Some(at) = path.get("path")
                && !text.starts_with('/')
                && (must || !text.is_empty())
            {
                faults.value(&at, format!("is `{text}`"), "a path begins with `/`");
            }
            if let Some(at) = path.get("backend") {
                backend(&at, faults);
            }
        }
    }
    for tls in spec.list("tls") {
        for host in tls.list("hosts") {
            is_host(&host, faults);
        }
    }
}

fn is_host(at: &Cursor<'_>, faults: &mut Faults) {
    let name = at.word().strip_prefix("*.").unwrap_or(at.word());
    if at.value.is_string() && (!text::is_subdomain(name) || text::address(name).is_some()) {
        let what = format!("is `{}`, which is no name of DNS", at.word());
        faults.value(at, what, "write a name such as app.example.com, or `*.example.com`");
    }
}

fn backend(at: &Cursor<'_>, faults: &mut Faults) {
    let Some(service) = at.get("service") else {
        if !at.has("resource") && at.value.is_object() {
            faults.clash(at, "names nothing to lead to", "write `service: {name, port}`");
        }
        return;
    };
    needed(&service, "name", "name the Service", faults);
    if let Some(at) = service.get("name")
        && !at.word().is_empty()
        && !text::is_old_label(at.word())
    {
        faults.value(&at, format!("is `{}`, which no Service is called", at.word()), "name the Service");
    }
    let Some(port) = service.get("port") else {
        return faults.missing(&service, "port", "write `port: {number}` or `port: {name}`");
    };
    let named = !port.text("name").is_empty();
    let numbered = port.number("number").is_some_and(|it| it != 0);
    match (named, numbered) {
        (true, true) => faults.clash(&port, "has both `name` and `number`", "take one of them out"),
        (false, false) if port.value.is_object() && !port.has("number") && !port.has("name") => {
            faults.missing(&port, "number", "write the number or the name of the port");
        }
        (true, false) => port_or_name(&port, "name", faults),
        _ => super::port(&port, "number", faults),
    }
}
