//! Routine or not: whether nobody needs to read a change. One that is no routine and is called so is worse than many that
//! are and are not.

use std::collections::BTreeSet;

use helm_engine::sprig::semver::Version;

use super::around::Around;
use super::model::{Area, Change, Diff, Finding, How, PartDiff, Risk, Status, Verdict};
use super::risk::name;

/// Labels and annotations that nothing decides by.
const INERT: &[&str] = &["app.kubernetes.io/version", "helm.sh/chart", "chart"];
/// Annotations of pods that say nothing but that something else changed, which is told by itself.
const CHECKSUMS: &[&str] = &["checksum/"];
/// Facts of a part that a version bump changes.
const FACTS: &[&str] = &["version", "digest", "size"];
/// Reasons that are told.
const REASONS: usize = 12;

pub(super) fn verdict(diff: &Diff, around: &Around) -> Verdict {
    let mut because: Vec<String> = Vec::new();
    let mut say = |text: String| {
        if !because.contains(&text) {
            because.push(text);
        }
    };
    for finding in &diff.findings {
        if let Some(why) = grave(finding) {
            say(why);
        }
    }
    if !diff.facts.is_empty() {
        let facts: Vec<&str> = diff.facts.iter().map(|it| it.what).collect();
        say(format!("{} changes", facts.join(", ")));
    }
    if !diff.recipients.added.is_empty() || !diff.recipients.removed.is_empty() {
        say("other recipients".into());
    }
    if around.old.partial || around.new.partial {
        say("not all manifests are at hand".into());
    }
    for part in diff.parts.iter().filter(|it| it.status != Status::Same) {
        self::part(part, around, &mut say);
    }
    because.truncate(REASONS);
    Verdict { routine: because.is_empty(), because }
}

/// What a finding has against routine. Pods of a Deployment that restart under a new image are what an update is.
fn grave(finding: &Finding) -> Option<String> {
    let about = finding.resource.as_deref().map_or_else(|| finding.part.clone(), |it| name(it).to_owned());
    let harmless = match finding.risk {
        Risk::Moves => {
            !matches!(finding.area, Area::Image | Area::Certificate | Area::Crd | Area::Permission | Area::Privilege)
        }
        Risk::Restart => finding.is_rollout,
        _ => false,
    };
    (!harmless).then(|| format!("{}: {about}", finding.risk.title()))
}

fn part(part: &PartDiff, around: &Around, say: &mut dyn FnMut(String)) {
    let name = &part.name;
    match part.status {
        Status::Changed => {}
        Status::Added => return say(format!("part {name} is new")),
        _ => return say(format!("part {name} is gone")),
    }
    for fact in part.facts.iter().filter(|it| !FACTS.contains(&it.what)) {
        match fact.what {
            // What differs in them is said below.
            "values" if !part.values.user.is_empty() => {}
            "values" | "secret values" => say(format!("part {name}: other {}", fact.what)),
            "lookup" => say(format!("part {name}: other objects for `lookup`")),
            what => say(format!("part {name}: another {what}")),
        }
    }
    if part.contents_missing.is_some() {
        say(format!("part {name}: its contents are not at hand"));
    }
    let values = &part.values;
    if !values.user.is_empty() {
        say(format!("part {name}: other values ({})", some(values.user.iter().map(|it| it.path.as_str()))));
    }
    if !values.vanished.is_empty() {
        let keys = some(values.vanished.iter().map(String::as_str));
        say(format!("part {name}: values that the new chart does not list ({keys})"));
    }
    if !part.certificates.is_empty() || part.resealed > 0 {
        say(format!("part {name}: certificates or secrets change"));
    }
    if let Some(fact) = part.facts.iter().find(|it| it.what == "version") {
        match (&fact.old, &fact.new) {
            (Some(from), Some(to)) => {
                if let Some(why) = strays(from, to) {
                    say(format!("part {name}: version {from} → {to} {why}"));
                }
            }
            _ => say(format!("part {name}: no version to compare")),
        }
    }
    for image in &part.images {
        match (&image.old, &image.new) {
            (Some(old), Some(new)) => {
                if let Some(why) = image_strays(old, new) {
                    say(format!("image {new} {why}"));
                }
            }
            _ => say(format!("part {name}: an image comes or goes")),
        }
    }
    let selected = selected(around);
    for fold in &part.folds {
        let key = fold.what.split_once(' ').map_or("", |it| it.1);
        if !inert(key, &selected) {
            say(format!("part {name}: {} changes", fold.what));
        }
    }
    for resource in &part.resources {
        let about = self::name(&resource.id);
        match resource.status {
            Status::TextOnly | Status::Same => continue,
            Status::Changed if !resource.changes.is_empty() || resource.folded > 0 => {}
            Status::Changed => say(format!("{about} differs in a way that is not known")),
            _ => say(format!("{about} comes, goes or moves")),
        }
        for change in &resource.changes {
            if !is_routine(change, &selected) {
                say(format!("{about}: {} changes", change.path));
            }
        }
    }
}

/// The first of many names.
fn some<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 3;
    let all = names.len();
    let first = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if all > SHOWN { format!("{first} and {} more", all - SHOWN) } else { first }
}

/// Keys of labels that a selector of the bundle looks for.
fn selected(around: &Around) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for scene in [&around.old, &around.new] {
        for kind in ["Service", "PodDisruptionBudget", "Deployment", "DaemonSet", "StatefulSet"] {
            for object in scene.of(kind) {
                let selector = &object["spec"]["selector"];
                for map in [selector, &selector["matchLabels"]] {
                    keys.extend(map.as_object().into_iter().flatten().map(|it| it.0.clone()));
                }
            }
        }
    }
    keys
}

fn inert(key: &str, selected: &BTreeSet<String>) -> bool {
    INERT.contains(&key) && !selected.contains(key)
}

fn is_routine(change: &Change, selected: &BTreeSet<String>) -> bool {
    if change.how != How::Changed {
        return false;
    }
    match change.keys.as_slice() {
        [.., list, item, last] if last == "image" && item.starts_with('\u{0}') => {
            matches!(list.as_str(), "containers" | "initContainers")
        }
        [.., metadata, kind, key] if metadata == "metadata" && kind == "labels" => inert(key, selected),
        [.., metadata, kind, key] if metadata == "metadata" && kind == "annotations" => {
            inert(key, selected) || CHECKSUMS.iter().any(|it| key.starts_with(it))
        }
        _ => false,
    }
}

/// What makes a new version more than an update along the way that its makers keep open.
fn strays(from: &str, to: &str) -> Option<&'static str> {
    let read = |it: &str| Version::parse(it).ok().filter(|_| it.contains('.'));
    let (Some(old), Some(new)) = (read(from), read(to)) else { return Some("cannot be compared") };
    let numbers = |it: &str| -> Option<[u64; 3]> {
        let plain = it.trim_start_matches('v').split(['-', '+']).next()?;
        let mut all = plain.split('.').map(|it| it.parse::<u64>().ok());
        Some([all.next()??, all.next().unwrap_or(Some(0))?, all.next().unwrap_or(Some(0))?])
    };
    let (Some(a), Some(b)) = (numbers(from), numbers(to)) else { return Some("cannot be compared") };
    let suffix = |it: &str| it.trim_start_matches('v').split_once('-').map(|it| it.1.to_owned());
    match () {
        () if new.compare(&old).is_lt() => Some("goes back"),
        () if a[0] != b[0] => Some("is another major version"),
        () if a[0] == 0 && a[1] != b[1] => Some("is another minor version of one before 1.0"),
        () if b[1] > a[1] + 1 => Some("skips a minor version"),
        () if is_before_release(to) || suffix(from) != suffix(to) => Some("is of another kind"),
        () => None,
    }
}

fn is_before_release(version: &str) -> bool {
    let suffix = version.split_once('-').map_or("", |it| it.1).to_ascii_lowercase();
    ["alpha", "beta", "rc", "dev", "pre", "snapshot", "nightly", "canary", "edge"].iter().any(|it| suffix.contains(it))
}

fn image_strays(old: &str, new: &str) -> Option<&'static str> {
    let cut = |it: &str| -> (String, String, String) {
        let (rest, digest) = it.split_once('@').unwrap_or((it, ""));
        let at = rest.rfind('/').map_or(0, |it| it + 1);
        let (name, tag) = rest[at..].split_once(':').unwrap_or((&rest[at..], ""));
        (format!("{}{name}", &rest[..at]), tag.to_owned(), digest.to_owned())
    };
    let (old, new) = (cut(old), cut(new));
    match () {
        () if old.0 != new.0 => Some("comes from elsewhere"),
        () if !old.2.is_empty() && new.2.is_empty() => Some("is no longer pinned"),
        () if old.1 == new.1 => Some("has other content under the old tag"),
        () => strays(&old.1, &new.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_to_the_way_that_makers_keep_open() {
        for (from, to) in
            [("1.2.3", "1.2.4"), ("v1.2.3", "v1.3.0"), ("0.4.1", "0.4.2"), ("1.2.3-alpine", "1.2.4-alpine")]
        {
            assert_eq!(strays(from, to), None, "{from} {to}");
        }
        for (from, to) in [
            ("1.2.3", "1.2.2"),
            ("1.2.3", "2.0.0"),
            ("0.4.1", "0.5.0"),
            ("1.17.1", "1.19.0"),
            ("1.2.3", "1.2.4-rc.1"),
            ("latest", "1.2.3"),
            ("1.2.3", "latest"),
            ("1.2.3-alpine", "1.2.4"),
            ("2024", "2025"),
        ] {
            assert!(strays(from, to).is_some(), "{from} {to}");
        }
        assert_eq!(image_strays("a/b:1.0.0@sha256:1", "a/b:1.0.1@sha256:2"), None);
        assert!(image_strays("a/b:1.0.0", "a/c:1.0.1").is_some());
        assert!(image_strays("a/b:1.0.0@sha256:1", "a/b:1.0.0@sha256:2").is_some());
        assert!(image_strays("r:5000/b:1.0.0", "r:5000/b:1.0.1").is_none());
    }
}
