//! Probes and hooks of a container.

use super::{needed, not_negative, port, port_or_name};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;

pub(super) const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

pub(super) fn check(container: &Cursor<'_>, faults: &mut Faults) {
    for key in PROBES {
        let Some(probe) = container.get(key) else { continue };
        handler(&probe, &["exec", "httpGet", "tcpSocket", "grpc"], faults);
        let counts = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
        not_negative(&probe, &counts, faults);
        if key != "readinessProbe"
            && probe.number("successThreshold").is_some_and(|it| it > 1)
            && let Some(at) = probe.get("successThreshold")
        {
            faults.value(&at, "is not 1", "liveness and startup probes succeed at the first time: write 1");
        }
    }
    let Some(lifecycle) = container.get("lifecycle") else { return };
    for key in ["postStart", "preStop"] {
        if let Some(hook) = lifecycle.get(key) {
            handler(&hook, &["exec", "httpGet", "tcpSocket", "sleep"], faults);
        }
    }
}

fn handler(at: &Cursor<'_>, kinds: &[&str], faults: &mut Faults) {
    let found: Vec<&str> = kinds.iter().copied().filter(|it| at.has(it)).collect();
    match found.as_slice() {
        [] => faults.clash(at, "says nothing to do", format!("write one of {}", kinds.join(", "))),
        [_] => {}
        several => faults.clash(at, format!("has {} at once", several.join(" and ")), "keep one of them"),
    }
    if let Some(exec) = at.get("exec")
        && !exec.is_filled("command")
    {
        faults.missing(&exec, "command", "name the program to run");
    }
    for key in ["httpGet", "tcpSocket"] {
        if let Some(action) = at.get(key) {
            port_or_name(&action, "port", faults);
        }
    }
    if let Some(grpc) = at.get("grpc") {
        port(&grpc, "port", faults);
    }
    for header in at.get("httpGet").map(|it| it.list("httpHeaders")).unwrap_or_default() {
        needed(&header, "name", "a header has a name", faults);
    }
}
