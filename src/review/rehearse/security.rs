//! Pod Security: what a level forbids of a pod.
//!
//! From the Pod Security Standards of Kubernetes; a real API server judges it in the tests. Hidden in no webhook: the API
//! server itself refuses such pods, and the workload that makes them stays without.

use serde_json::Value as Json;

use super::pods::list;

/// The label of a Namespace that says which level holds in it.
pub(in crate::review) const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// A level of the standards, the laxest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// Capabilities that baseline lets a container add.
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];
const VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Types of SELinux that a pod may ask for.
const SE_LINUX: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Whether baseline lets a container add a capability.
pub(in crate::review) fn takes_capability(capability: &str) -> bool {
    CAPABILITIES.contains(&capability)
}

/// Whether baseline lets a pod set a sysctl, written with dots.
pub(in crate::review) fn takes_sysctl(name: &str) -> bool {
    SYSCTLS.contains(&name)
}

/// Whether restricted takes a kind of volume.
pub(in crate::review) fn takes_volume(kind: &str) -> bool {
    VOLUMES.contains(&kind)
}

/// Whether baseline takes a type of SELinux.
pub(in crate::review) fn takes_se_linux(kind: &str) -> bool {
    SE_LINUX.contains(&kind)
}

/// Whether an annotation asks for a profile of AppArmor that baseline does not take.
pub(in crate::review) fn is_other_profile(key: &str, profile: &str) -> bool {
    key.starts_with("container.apparmor.security.beta.kubernetes.io/")
        && !["", "runtime/default"].contains(&profile)
        && !profile.starts_with("localhost/")
}

impl Level {
    /// Of a Namespace; what Talos has by default where it says nothing.
    pub fn of(namespace: &Json) -> Level {
        match namespace["metadata"]["labels"][ENFORCE].as_str() {
            Some("privileged") => Level::Privileged,
            Some("restricted") => Level::Restricted,
            _ => Level::Baseline,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// What a level forbids of a pod, in words such as `hostNetwork`. `template` has the pod's metadata and `spec`.
pub fn forbidden(template: &Json, level: Level) -> Vec<String> {
    let mut found = Vec::new();
    if level >= Level::Baseline {
        baseline(template, &mut found);
    }
    if level >= Level::Restricted {
        restricted(&template["spec"], &mut found);
    }
    found
}

fn containers(pod: &Json) -> impl Iterator<Item = &Json> {
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(|it| list(&pod[it]))
}

fn baseline(template: &Json, found: &mut Vec<String>) {
    let pod = &template["spec"];
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod[field] == true {
            found.push(field.to_owned());
        }
    }
    let host = |it: &&Json| !it["hostPath"].is_null();
    if let Some(volume) = list(&pod["volumes"]).iter().find(host) {
        found.push(format!("hostPath {}", volume["hostPath"]["path"].as_str().unwrap_or_default()));
    }
    let annotations = template["metadata"]["annotations"].as_object();
    for (key, value) in annotations.into_iter().flatten() {
        if is_other_profile(key, value.as_str().unwrap_or_default()) {
            found.push("AppArmor unconfined".into());
        }
    }
    for sysctl in list(&pod["securityContext"]["sysctls"]).iter().filter_map(|it| it["name"].as_str()) {
        if !takes_sysctl(sysctl) {
            found.push(format!("sysctl {sysctl}"));
        }
    }
    let contexts = std::iter::once(&pod["securityContext"]).chain(containers(pod).map(|it| &it["securityContext"]));
    for context in contexts {
        if context["seccompProfile"]["type"] == "Unconfined" {
            found.push("seccomp Unconfined".into());
        }
        if context["appArmorProfile"]["type"] == "Unconfined" {
            found.push("AppArmor Unconfined".into());
        }
        let options = &context["seLinuxOptions"];
        let kind = options["type"].as_str().unwrap_or_default();
        if !takes_se_linux(kind) {
            found.push(format!("SELinux type {kind}"));
        }
        for field in ["user", "role"].into_iter().filter(|it| options[*it].as_str().is_some_and(|it| !it.is_empty())) {
            found.push(format!("SELinux {field}"));
        }
        if context["windowsOptions"]["hostProcess"] == true {
            found.push("hostProcess".into());
        }
    }
    for container in containers(pod) {
        let context = &container["securityContext"];
        if context["privileged"] == true {
            found.push("privileged".into());
        }
        for added in list(&context["capabilities"]["add"]).iter().filter_map(Json::as_str) {
            if !takes_capability(added) {
                found.push(format!("capability {added}"));
            }
        }
        if context["procMount"].as_str().is_some_and(|it| it != "Default") {
            found.push("procMount".into());
        }
        for port in list(&container["ports"]).iter().filter_map(|it| it["hostPort"].as_i64()) {
            if port != 0 {
                found.push(format!("hostPort {port}"));
            }
        }
    }
    found.sort();
    found.dedup();
}

fn restricted(pod: &Json, found: &mut Vec<String>) {
    for volume in list(&pod["volumes"]) {
        let kinds = volume.as_object().into_iter().flatten().map(|it| it.0.as_str()).filter(|it| *it != "name");
        found.extend(kinds.filter(|it| !takes_volume(it) && *it != "hostPath").map(|it| format!("volume {it}")));
    }
    let own = &pod["securityContext"];
    if own["runAsUser"] == 0 {
        found.push("runAsUser 0".into());
    }
    for container in containers(pod) {
        let name = container["name"].as_str().unwrap_or_default();
        let context = &container["securityContext"];
        let either = |field: &str| if context[field].is_null() { &own[field] } else { &context[field] };
        if context["allowPrivilegeEscalation"] != false {
            found.push(format!("{name} without allowPrivilegeEscalation false"));
        }
        if *either("runAsNonRoot") != true {
            found.push(format!("{name} without runAsNonRoot"));
        }
        if context["runAsUser"] == 0 {
            found.push(format!("{name} with runAsUser 0"));
        }
        if !matches!(either("seccompProfile")["type"].as_str(), Some("RuntimeDefault" | "Localhost")) {
            found.push(format!("{name} without a seccomp profile"));
        }
        let capabilities = &context["capabilities"];
        if !list(&capabilities["drop"]).iter().any(|it| it == "ALL") {
            found.push(format!("{name} that does not drop all capabilities"));
        }
        for added in list(&capabilities["add"]).iter().filter_map(Json::as_str) {
            if added != "NET_BIND_SERVICE" && takes_capability(added) {
                found.push(format!("{name} with capability {added}"));
            }
        }
    }
}
