//! The volumes of a pod.

use std::collections::BTreeSet;

use super::needed;
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

/// What each kind of source must name, where its schema does not say so.
const NEEDED: &[(&str, &str)] = &[
    ("secret", "secretName"),
    ("configMap", "name"),
    ("persistentVolumeClaim", "claimName"),
    ("hostPath", "path"),
    ("csi", "driver"),
    ("nfs", "server"),
    ("nfs", "path"),
];

/// The names of the volumes.
pub(super) fn check<'j>(pod: &Cursor<'j>, faults: &mut Faults) -> BTreeSet<&'j str> {
    let mut names = BTreeSet::new();
    for volume in pod.list("volumes") {
        let name = volume.text("name");
        needed(&volume, "name", "a volume has a name", faults);
        if let Some(at) = volume.get("name").filter(|_| !name.is_empty()) {
            if !text::is_label(name) {
                let help = "the name of a volume is made of small letters, digits and `-`, at most 63";
                faults.value(&at, format!("is `{name}`, which the API server does not take"), help);
            } else if !names.insert(name) {
                faults.clash(&at, format!("is `{name}`, as another volume is called"), "give each a name of its own");
            }
        }
        source(&volume, faults);
    }
    names
}

fn source(volume: &Cursor<'_>, faults: &mut Faults) {
    let fields = volume.value.as_object().into_iter().flatten();
    let sources: Vec<&str> = fields.filter(|it| it.0 != "name" && !it.1.is_null()).map(|it| it.0.as_str()).collect();
    if sources.len() > 1 {
        let what = format!("is {} at once", sources.join(" and "));
        faults.clash(volume, what, "a volume comes from one place: make two volumes of it");
    }
    for (kind, key) in NEEDED {
        if let Some(source) = volume.get(kind) {
            needed(&source, key, "say what is mounted", faults);
        }
    }
    if let Some(at) = volume.get("hostPath").and_then(|it| it.get("path"))
        && at.word().split('/').any(|it| it == "..")
    {
        faults.value(&at, "has a `..` in it", "write the path in full");
    }
    for kind in ["secret", "configMap"] {
        if let Some(source) = volume.get(kind) {
            items(&source, faults);
        }
    }
    for projected in volume.get("projected").map(|it| it.list("sources")).unwrap_or_default() {
        for kind in ["secret", "configMap"] {
            if let Some(source) = projected.get(kind) {
                needed(&source, "name", "say what is mounted", faults);
                items(&source, faults);
            }
        }
        if let Some(token) = projected.get("serviceAccountToken")
            && let Some(at) = token.get("expirationSeconds")
            && at.value.as_i64().is_some_and(|it| it < 600)
        {
            faults.value(&at, "is below 600", "a token lasts ten minutes at least");
        }
    }
}

fn items(source: &Cursor<'_>, faults: &mut Faults) {
    for item in source.list("items") {
        needed(&item, "key", "name the key to mount", faults);
        needed(&item, "path", "say under which name it is mounted", faults);
        let path = item.text("path");
        if let Some(at) = item.get("path")
            && (path.starts_with('/') || path.split('/').any(|it| it == ".."))
        {
            faults.value(&at, "leads out of the volume", "write a path from the volume down, without `..`");
        }
    }
    for key in ["defaultMode"] {
        if let Some(at) = source.get(key)
            && at.value.as_i64().is_some_and(|it| !(0..=0o777).contains(&it))
        {
            faults.value(&at, format!("is {}", at.value), "a mode goes from 0 to 0777, which is 511");
        }
    }
}
