//! Container images, before and after.

use std::collections::BTreeSet;

use helm_engine::sprig::semver::Version;

use super::model::{Area, Finding, ImageDiff, Risk};

/// `registry/repository:tag@digest` in its pieces.
struct Image<'a> {
    registry: &'a str,
    repository: &'a str,
    tag: &'a str,
    digest: &'a str,
}

/// Stands behind a tag whose version is lower than the one before.
const OLDER: &str = " (older)";

/// `versions` are those of the part, before and after.
pub(super) fn compare(
    part: &str,
    versions: [Option<&str>; 2],
    old: &[String],
    new: &[String],
    found: &mut Vec<Finding>,
) -> Vec<ImageDiff> {
    let same_chart = versions[0] == versions[1];
    let goes_back = matches!(versions, [Some(from), Some(to)] if is_older(from, to));
    let before: BTreeSet<&String> = old.iter().collect();
    let after: BTreeSet<&String> = new.iter().collect();
    let mut gone: Vec<&String> = before.difference(&after).copied().collect();
    let mut diffs = Vec::new();
    for image in after.difference(&before) {
        let to = Image::parse(image);
        // The same repository, else the same last word of it in another registry.
        let near = |it: &&String| -> u8 {
            let from = Image::parse(it);
            match () {
                () if from.repository == to.repository && from.registry == to.registry => 2,
                () if last(from.repository) == last(to.repository) => 1,
                () => 0,
            }
        };
        let best = gone.iter().enumerate().map(|(index, it)| (near(it), index)).filter(|(near, _)| *near > 0);
        let from = best.max_by_key(|(near, index)| (*near, usize::MAX - index)).map(|(_, index)| gone.remove(index));
        let what = match from {
            Some(from) => differs(&Image::parse(from), &to),
            None => vec![if to.digest.is_empty() { "new, without a digest" } else { "new" }.to_owned()],
        };
        let moving = |it: &Image<'_>| {
            it.digest.is_empty()
                && !it.tag.starts_with(|it: char| it.is_ascii_digit())
                && Version::parse(it.tag).is_err()
        };
        let follows = moving(&to) && !from.is_some_and(|it| moving(&Image::parse(it)));
        let stranger = !old.is_empty() && old.iter().all(|it| Image::parse(it).registry != to.registry);
        let mut say = |risk, text: &str| {
            let text = format!("{image} {text}");
            found.push(Finding::new(risk, Area::Image, part, text));
        };
        if from.is_none() && stranger {
            say(Risk::Gains, "is new, and from a registry that nothing came from before");
        }
        if follows && from.is_some() {
            let tag = if to.tag.is_empty() { "latest" } else { to.tag };
            say(Risk::Gains, &format!("follows the tag {tag}: its content may change while nothing changes here"));
        }
        for it in &what {
            match it.as_str() {
                "other registry" => say(Risk::Gains, "comes from another registry"),
                "other repository" => say(Risk::Gains, "comes from another repository"),
                "no digest any more" => say(Risk::Gains, "is no longer pinned by a digest"),
                // Under a new chart version, its maker may have rebuilt the image; under the same version, somebody moved the tag.
                "same tag, other digest" if same_chart => say(Risk::Gains, "has the old tag and other content"),
                "same tag, other digest" => say(Risk::Moves, "has the old tag and other content"),
                it if it.ends_with(OLDER) && !goes_back => say(Risk::Moves, "is older than before"),
                _ => {}
            }
        }
        diffs.push(ImageDiff { old: from.map(|it| (*it).clone()), new: Some((*image).clone()), what: what.join(", ") });
    }
    let gone = gone.into_iter().map(|it| ImageDiff { old: Some(it.clone()), new: None, what: "gone".into() });
    diffs.extend(gone);
    diffs
}

fn differs(from: &Image<'_>, to: &Image<'_>) -> Vec<String> {
    let mut what = Vec::new();
    if from.registry != to.registry {
        what.push("other registry".to_owned());
    } else if from.repository != to.repository {
        what.push("other repository".to_owned());
    }
    if from.tag != to.tag {
        let older = if is_older(from.tag, to.tag) { OLDER } else { "" };
        what.push(format!("tag {} → {}{older}", or_none(from.tag), or_none(to.tag)));
    }
    match (from.digest, to.digest) {
        (a, b) if a == b && !a.is_empty() && from.tag != to.tag && from.repository == to.repository => {
            what.push("same digest, so the same content".into())
        }
        (a, b) if a == b => {}
        (_, "") => what.push("no digest any more".into()),
        ("", _) => what.push("pinned by a digest now".into()),
        _ if from.tag == to.tag && !to.tag.is_empty() => what.push("same tag, other digest".into()),
        _ => what.push("other digest".into()),
    }
    what
}

/// Whether `to` is a lower version than `from`; not where one of them is no version of several numbers.
pub(super) fn is_older(from: &str, to: &str) -> bool {
    let read = |it: &str| Version::parse(it).ok().filter(|_| it.contains('.'));
    matches!((read(from), read(to)), (Some(from), Some(to)) if to.compare(&from).is_lt())
}

fn or_none(tag: &str) -> &str {
    if tag.is_empty() { "none" } else { tag }
}

fn last(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

impl<'a> Image<'a> {
    fn parse(text: &'a str) -> Image<'a> {
        let (name, digest) = text.split_once('@').unwrap_or((text, ""));
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (name, ""),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
            _ => ("docker.io", name),
        };
        Image { registry, repository, tag, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_images_and_marks_what_weakens_them() {
        let list = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let old = list(&["quay.io/c/agent:v1@sha256:a", "quay.io/c/envoy:v1@sha256:b", "quay.io/c/ui:v1", "busybox"]);
        let new = list(&[
            "quay.io/c/agent:v2@sha256:c",
            "evil.io/c/envoy:v1@sha256:b",
            "quay.io/c/ui:v1@sha256:d",
            "alpine:3",
        ]);
        let mut found = Vec::new();
        let said: Vec<_> = compare("p", [None, None], &old, &new, &mut found).into_iter().map(|it| it.what).collect();
        assert_eq!(
            said,
            ["new, without a digest", "other registry", "tag v1 → v2, other digest", "pinned by a digest now", "gone"]
        );
        let marks: Vec<_> = found.into_iter().map(|it| it.text).collect();
        assert_eq!(marks, ["evil.io/c/envoy:v1@sha256:b comes from another registry"]);
    }

    #[test]
    fn tells_a_tag_that_moved_and_a_version_that_goes_back() {
        let list = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let old = list(&["r.io/spire:1.12.4@sha256:a", "r.io/box:1.37@sha256:b", "r.io/s:1755531540-60ee83e"]);
        let new = list(&["r.io/spire:1.9.6@sha256:c", "r.io/box:1.37@sha256:d", "r.io/s:1263560095-8f36c34"]);
        let said = |versions: [Option<&str>; 2]| -> Vec<String> {
            let mut found = Vec::new();
            compare("p", versions, &old, &new, &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        let older = "Moves: r.io/spire:1.9.6@sha256:c is older than before";
        let moved = "r.io/box:1.37@sha256:d has the old tag and other content";
        assert_eq!(said([Some("1.0.0"), Some("1.1.0")]), [format!("Moves: {moved}"), older.to_owned()]);
        assert_eq!(said([Some("1.0.0"), Some("1.0.0")]), [format!("Gains: {moved}"), older.to_owned()]);
        // Where the chart goes back, so do its images.
        assert_eq!(said([Some("1.1.0"), Some("1.0.0")]), [format!("Moves: {moved}")]);
        let what: Vec<String> =
            compare("p", [None, None], &old, &new, &mut Vec::new()).into_iter().map(|it| it.what).collect();
        assert_eq!(
            what,
            [
                "same tag, other digest",
                "tag 1755531540-60ee83e → 1263560095-8f36c34",
                "tag 1.12.4 → 1.9.6 (older), other digest"
            ]
        );
    }

    #[test]
    fn marks_an_image_from_a_registry_that_is_new() {
        let list = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let mut found = Vec::new();
        compare("p", [None, None], &list(&["r.io/a:1"]), &list(&["r.io/a:1", "r.io/b:1", "evil.io/c:1"]), &mut found);
        let said: Vec<_> = found.into_iter().map(|it| (it.risk, it.text)).collect();
        assert_eq!(
            said,
            [(Risk::Gains, "evil.io/c:1 is new, and from a registry that nothing came from before".to_owned())]
        );
        let mut found = Vec::new();
        compare("p", [None, None], &[], &list(&["r.io/a:1"]), &mut found);
        assert!(found.is_empty(), "where everything is new, that is no news");
    }
}
