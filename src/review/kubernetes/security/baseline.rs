//! What the level `baseline` forbids.

use super::{Pod, Refusal, is_other_profile, refuse, takes_capability, takes_se_linux, takes_sysctl};
use crate::review::kubernetes::cursor::Cursor;

pub(super) fn check(pod: &Pod<'_>, minor: Option<u32>, refused: &mut Vec<Refusal>) {
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(at) = pod.spec.get(key).filter(|_| pod.spec.is(key)) {
            refuse(refused, &at, key);
        }
    }
    for volume in pod.spec.list("volumes") {
        if let Some(at) = volume.get("hostPath") {
            refuse(refused, &at, format!("the hostPath volume `{}`", volume.text("name")));
        }
    }
    for sysctl in pod.spec.get("securityContext").map(|it| it.list("sysctls")).unwrap_or_default() {
        let name = sysctl.text("name").replace('/', ".");
        if !takes_sysctl(&name) {
            refuse(refused, &sysctl, format!("the sysctl `{name}`"));
        }
    }
    for context in pod.contexts() {
        of_context(pod, &context, refused);
    }
    for container in pod.containers() {
        of_container(&container, minor, refused);
    }
    for (key, at) in &pod.annotations {
        if is_other_profile(key, at.word()) {
            refuse(refused, at, format!("the AppArmor profile `{}`", at.word()));
        }
    }
}

fn of_context(pod: &Pod<'_>, context: &Cursor<'_>, refused: &mut Vec<Refusal>) {
    let kind = |key: &str| context.get(key).and_then(|it| it.get("type"));
    if let Some(at) = kind("seccompProfile").filter(|it| it.word() == "Unconfined") {
        refuse(refused, &at, "the seccomp profile `Unconfined`");
    }
    if let Some(at) = kind("appArmorProfile").filter(|it| !["RuntimeDefault", "Localhost"].contains(&it.word())) {
        refuse(refused, &at, format!("the AppArmor profile `{}`", at.word()));
    }
    if let Some(options) = context.get("seLinuxOptions") {
        if let Some(at) = options.get("type").filter(|it| !takes_se_linux(it.word())) {
            refuse(refused, &at, format!("the SELinux type `{}`", at.word()));
        }
        for key in ["user", "role"] {
            if let Some(at) = options.get(key).filter(|it| !it.word().is_empty()) {
                refuse(refused, &at, format!("an SELinux {key}"));
            }
        }
    }
    if let Some(at) = context.at(&["windowsOptions", "hostProcess"]).filter(|it| it.value == true) {
        refuse(refused, &at, "hostProcess");
    }
    // A pod with users of its own may see all of /proc.
    let own_users = pod.spec.value.get("hostUsers").is_some_and(|it| it == false);
    if let Some(at) = context.get("procMount").filter(|it| !["", "Default"].contains(&it.word()) && !own_users) {
        refuse(refused, &at, format!("procMount `{}`", at.word()));
    }
}

fn of_container(container: &Cursor<'_>, minor: Option<u32>, refused: &mut Vec<Refusal>) {
    if let Some(context) = container.get("securityContext") {
        if let Some(at) = context.get("privileged").filter(|_| context.is("privileged")) {
            refuse(refused, &at, format!("the privileged container `{}`", container.text("name")));
        }
        for at in context.get("capabilities").map(|it| it.list("add")).unwrap_or_default() {
            if !takes_capability(at.word()) {
                refuse(refused, &at, format!("the capability {}", at.word()));
            }
        }
    }
    for port in container.list("ports") {
        if let Some(number) = port.number("hostPort").filter(|it| *it != 0) {
            refuse(refused, &port, format!("hostPort {number}"));
        }
    }
    if minor.is_none_or(|it| it < 34) {
        return;
    }
    let hooks = container.get("lifecycle").into_iter().flat_map(|it| ["postStart", "preStop"].map(|key| it.get(key)));
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(|it| container.get(it));
    for at in probes.into_iter().chain(hooks).flatten() {
        for key in ["httpGet", "tcpSocket"] {
            if let Some(host) = at.at(&[key, "host"]).filter(|it| !it.word().is_empty()) {
                refuse(refused, &host, format!("a probe of the host `{}`", host.word()));
            }
        }
    }
}
