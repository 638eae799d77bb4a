//! What the level `baseline` forbids.

use super::{Pod, Refusal, refuse};
use crate::review::rehearse::security;
use crate::review::rules::cursor::Cursor;
use crate::review::rules::schema::Release;

pub(super) fn check(pod: &Pod<'_>, release: Release) -> Vec<Refusal> {
    let mut refused = Vec::new();
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(at) = pod.spec.get(key).filter(|_| pod.spec.is(key)) {
            refuse(&mut refused, &at, key);
        }
    }
    for volume in pod.spec.list("volumes") {
        if let Some(at) = volume.get("hostPath") {
            refuse(&mut refused, &at, format!("the hostPath volume `{}`", volume.text("name")));
        }
    }
    for sysctl in pod.spec.get("securityContext").map(|it| it.list("sysctls")).unwrap_or_default() {
        let name = sysctl.text("name").replace('/', ".");
        if !security::takes_sysctl(&name) {
            refuse(&mut refused, &sysctl, format!("the sysctl `{name}`"));
        }
    }
    for context in pod.contexts() {
        of_context(pod, &context, &mut refused);
    }
    for container in pod.containers() {
        of_container(&container, release, &mut refused);
    }
    for (key, at) in &pod.annotations {
        if security::is_other_profile(key, at.word()) {
            refuse(&mut refused, at, format!("the AppArmor profile `{}`", at.word()));
        }
    }
    refused
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
        if let Some(at) = options.get("type").filter(|it| !security::takes_se_linux(it.word())) {
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

fn of_container(container: &Cursor<'_>, release: Release, refused: &mut Vec<Refusal>) {
    if let Some(context) = container.get("securityContext") {
        if let Some(at) = context.get("privileged").filter(|_| context.is("privileged")) {
            refuse(refused, &at, format!("the privileged container `{}`", container.text("name")));
        }
        for at in context.get("capabilities").map(|it| it.list("add")).unwrap_or_default() {
            if !security::takes_capability(at.word()) {
                refuse(refused, &at, format!("the capability {}", at.word()));
            }
        }
    }
    for port in container.list("ports") {
        if let Some(number) = port.number("hostPort").filter(|it| *it != 0) {
            refuse(refused, &port, format!("hostPort {number}"));
        }
    }
    if release.oldest < 34 {
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
