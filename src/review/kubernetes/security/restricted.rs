//! What the level `restricted` forbids beside what `baseline` does.

use super::{Pod, Refusal, refuse, takes_capability, takes_volume};
use crate::review::kubernetes::cursor::Cursor;

pub(super) fn check(pod: &Pod<'_>, refused: &mut Vec<Refusal>) {
    for volume in pod.spec.list("volumes") {
        let fields = volume.value.as_object().into_iter().flatten();
        for (kind, _) in fields.filter(|it| !it.1.is_null()) {
            if kind != "name" && kind != "hostPath" && !takes_volume(kind) {
                refuse(refused, &volume, format!("the {kind} volume `{}`", volume.text("name")));
            }
        }
    }
    let own = pod.spec.get("securityContext");
    if let Some(at) = own.as_ref().and_then(|it| it.get("runAsNonRoot")).filter(|it| it.value == false) {
        refuse(refused, &at, "runAsNonRoot false");
    }
    // Pods that say they are of Windows are not asked for what Windows does not have.
    let is_windows = pod.spec.at(&["os", "name"]).is_some_and(|it| it.word() == "windows");
    for container in pod.containers() {
        let context = container.get("securityContext");
        let name = container.text("name");
        let says = |key: &str| {
            let given =
                |of: &Option<Cursor<'_>>| of.as_ref().and_then(|it| it.value.get(key)).and_then(|it| it.as_bool());
            given(&context).or_else(|| given(&own))
        };
        let at = context.clone().unwrap_or_else(|| container.clone());
        if says("runAsNonRoot") != Some(true) {
            refuse(refused, &at, format!("the container `{name}` without `runAsNonRoot: true`"));
        }
        if is_windows {
            continue;
        }
        if context.as_ref().is_none_or(|it| it.value.get("allowPrivilegeEscalation") != Some(&false.into())) {
            refuse(refused, &at, format!("the container `{name}` without `allowPrivilegeEscalation: false`"));
        }
        capabilities(&at, context.as_ref(), name, refused);
        let profile = |of: Option<&Cursor<'_>>| {
            of.and_then(|it| it.at(&["seccompProfile", "type"])).map(|it| it.word().to_owned())
        };
        let profile = profile(context.as_ref()).or_else(|| profile(own.as_ref())).unwrap_or_default();
        if !["RuntimeDefault", "Localhost", "Unconfined"].contains(&profile.as_str()) {
            refuse(refused, &at, format!("the container `{name}` without a `seccompProfile`"));
        }
    }
    for context in pod.contexts() {
        if let Some(at) = context.get("runAsUser").filter(|it| it.value == 0) {
            refuse(refused, &at, "runAsUser 0");
        }
    }
}

fn capabilities(at: &Cursor<'_>, context: Option<&Cursor<'_>>, name: &str, refused: &mut Vec<Refusal>) {
    let list = |key: &str| context.and_then(|it| it.get("capabilities")).map(|it| it.list(key)).unwrap_or_default();
    if !list("drop").iter().any(|it| it.word() == "ALL") {
        refuse(refused, at, format!("the container `{name}` that does not drop ALL capabilities"));
    }
    for added in list("add") {
        // Those that `baseline` refuses are said already.
        if takes_capability(added.word()) && added.word() != "NET_BIND_SERVICE" {
            refuse(refused, &added, format!("the capability {}", added.word()));
        }
    }
}
