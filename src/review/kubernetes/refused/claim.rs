//! Claims, volumes, and classes.

use super::resources::size;
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/// Fields of a volume that are mappings and say nothing of where it comes from.
const NO_SOURCE: [&str; 3] = ["capacity", "claimRef", "nodeAffinity"];

/// The largest value of a PriorityClass that is not the system's.
const HIGHEST: i64 = 1_000_000_000;

pub(super) fn claim(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else { return };
    modes(&spec, faults);
    match spec.at(&["resources", "requests", "storage"]) {
        None => faults.missing(&spec, "resources.requests.storage", "a claim asks for a size"),
        Some(at) if size(&at).is_some_and(|it| it <= 0.0) => {
            faults.value(&at, "is not above zero", "write a size such as 10Gi");
        }
        Some(_) => {}
    }
}

pub(super) fn volume(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else { return };
    modes(&spec, faults);
    if !spec.at(&["capacity"]).is_some_and(|it| it.has("storage")) {
        faults.missing(&spec, "capacity.storage", "a volume has a size");
    }
    let fields = spec.value.as_object().into_iter().flatten();
    if !fields.filter(|it| it.1.is_object()).any(|it| !NO_SOURCE.contains(&it.0.as_str())) {
        faults.missing(&spec, "csi", "a volume comes from somewhere: `csi`, `nfs`, `hostPath`, `local` and others");
    }
}

fn modes(spec: &Cursor<'_>, faults: &mut Faults) {
    if let Some(at) = spec.get("storageClassName")
        && !at.word().is_empty()
        && !text::is_subdomain(at.word())
    {
        let help = "it is made of small letters, digits, `-` and `.`";
        faults.value(&at, format!("is `{}`, which no class is called", at.word()), help);
    }
    let modes = spec.list("accessModes");
    if modes.is_empty() && spec.get("accessModes").is_none_or(|it| it.value.is_array()) {
        faults.missing(spec, "accessModes", format!("it can be {}", MODES.join(", ")));
    }
    if modes.len() > 1
        && let Some(at) = modes.iter().find(|it| it.word() == "ReadWriteOncePod")
    {
        faults.clash(at, "goes with no other mode", "take the others out");
    }
}

pub(super) fn class(object: &Cursor<'_>, faults: &mut Faults) {
    super::needed(object, "provisioner", "name what makes the volumes", faults);
}

pub(super) fn priority(object: &Cursor<'_>, faults: &mut Faults) {
    let name = object.get("metadata").map(|it| it.text("name")).unwrap_or_default();
    if name.starts_with("system-") {
        if !["system-node-critical", "system-cluster-critical"].contains(&name)
            && let Some(at) = object.at(&["metadata", "name"])
        {
            faults.value(&at, format!("is `{name}`"), "names that begin with `system-` are the system's own");
        }
    } else if let Some(at) = object.get("value")
        && at.value.as_i64().is_some_and(|it| it > HIGHEST)
    {
        faults.value(&at, format!("is {}", at.value), format!("the highest that is not the system's is {HIGHEST}"));
    }
}
