//! One container of a pod.

use std::collections::BTreeSet;

use super::{env, needed, probe, resources};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

/// What is around the container.
pub(super) struct Around<'a> {
    pub volumes: &'a BTreeSet<&'a str>,
    pub host_network: bool,
    /// Whether it runs before the others and ends.
    pub is_init: bool,
}

pub(super) fn check(container: &Cursor<'_>, around: &Around<'_>, faults: &mut Faults) {
    needed(container, "name", "a container has a name", faults);
    if let Some(at) = container.get("name")
        && !at.word().is_empty()
        && !text::is_label(at.word())
    {
        let help = "the name of a container is made of small letters, digits and `-`, at most 63";
        faults.value(&at, format!("is `{}`, which the API server does not take", at.word()), help);
    }
    needed(container, "image", "name the image to run", faults);
    ports(container, around, faults);
    env::check(container, faults);
    mounts(container, around, faults);
    resources::check(container, faults);
    if around.is_init && container.text("restartPolicy") != "Always" {
        for key in ["lifecycle"].into_iter().chain(probe::PROBES) {
            if let Some(at) = container.get(key) {
                let help = "a container that ends before the others start is not probed: take it out";
                faults.clash(&at, "is not for an init container without `restartPolicy: Always`", help);
            }
        }
    } else {
        probe::check(container, faults);
    }
    security(container, faults);
}

fn ports(container: &Cursor<'_>, around: &Around<'_>, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for port in container.list("ports") {
        super::port(&port, "containerPort", faults);
        if port.number("hostPort") != Some(0) {
            super::port(&port, "hostPort", faults);
        }
        if let Some(at) = port.get("name") {
            let name = at.word();
            if !name.is_empty() && !text::is_port_name(name) {
                faults.value(&at, format!("is `{name}`, which is no name of a port"), super::PORT_NAME);
            } else if !name.is_empty() && !names.insert(name) {
                faults.clash(&at, "is the name of two ports", "give each a name of its own");
            }
        }
        let both = port.number("hostPort").filter(|it| *it != 0).zip(port.number("containerPort"));
        if around.host_network && both.is_some_and(|(host, own)| host != own) {
            let help = "with `hostNetwork` they are the same port: write one number";
            faults.clash(&port, "has a `hostPort` that is not its `containerPort`", help);
        }
    }
}

fn mounts(container: &Cursor<'_>, around: &Around<'_>, faults: &mut Faults) {
    let mut paths = BTreeSet::new();
    for (list, path_key) in [("volumeMounts", "mountPath"), ("volumeDevices", "devicePath")] {
        for mount in container.list(list) {
            needed(&mount, path_key, "say where it is mounted", faults);
            if let Some(at) = mount.get("name")
                && !around.volumes.contains(at.word())
                && at.value.is_string()
            {
                let near = text::nearest(at.word(), around.volumes.iter().copied());
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add it to `volumes` of the pod".to_owned(),
                };
                faults.clash(&at, format!("is `{}`, and the pod has no volume of that name", at.word()), help);
            }
            let path = mount.text(path_key);
            if !path.is_empty()
                && !paths.insert(path)
                && let Some(at) = mount.get(path_key)
            {
                faults.clash(&at, format!("is `{path}`, where something is mounted already"), "take one of them out");
            }
            if !mount.text("subPath").is_empty() && !mount.text("subPathExpr").is_empty() {
                faults.clash(&mount, "has both `subPath` and `subPathExpr`", "take one of them out");
            }
            for key in ["subPath", "subPathExpr"] {
                let path = mount.text(key);
                if (path.starts_with('/') || path.split('/').any(|it| it == ".."))
                    && let Some(at) = mount.get(key)
                {
                    faults.value(&at, "leads out of the volume", "write a path from the volume down, without `..`");
                }
            }
        }
    }
}

fn security(container: &Cursor<'_>, faults: &mut Faults) {
    let Some(context) = container.get("securityContext") else { return };
    super::not_negative(&context, &["runAsUser", "runAsGroup"], faults);
    let Some(at) =
        context.get("allowPrivilegeEscalation").filter(|_| context.value["allowPrivilegeEscalation"] == false)
    else {
        return;
    };
    let adds = context.get("capabilities").map(|it| it.list("add")).unwrap_or_default();
    let why = if context.is("privileged") {
        "is false in a privileged container"
    } else if adds.iter().any(|it| ["CAP_SYS_ADMIN"].contains(&it.word())) {
        "is false in a container that adds CAP_SYS_ADMIN"
    } else {
        return;
    };
    faults.clash(&at, why, "take one of the two out");
}
