//! Images by their looks: texts in arguments, variables and settings that read as the name of one. A guess: what runs in
//! the cluster may pull it, and need not.

use std::collections::BTreeSet;

use helm_engine::value::{Map, Value};
use helm_engine::yaml;

use super::reference::{Reference, is_component, is_tag};

/// The images that a stream of manifests seems to name beside those that run.
///
/// A word does by itself where it has a host and a tag, or a version. Where a key, a flag or the name of a variable speaks of
/// an image, a short name with a tag does, too; and so do a `repository` and a `tag` beside each other.
pub fn looks_named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    words(text, &mut found);
    for document in text.split("\n---").filter(|it| speaks(it)) {
        // What is no YAML is told elsewhere.
        if let Ok(value) = yaml::read(document.as_bytes()) {
            fields(&value, &mut found);
        }
    }
    found
}

/// Whether a name speaks of an image.
fn speaks(name: &str) -> bool {
    name.to_ascii_lowercase().contains("image")
}

/// Every word that reads as an image by itself, or behind a word that speaks of one: `--sidecar-image=busybox:1.36`.
fn words(text: &str, found: &mut BTreeSet<String>) {
    let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
    let inner = |it: char| it.is_ascii_alphanumeric() || "./-_:@".contains(it);
    for line in lines {
        let mut rest = line;
        let mut before = "";
        while let Some(start) = rest.find(inner) {
            let between = rest.get(..start).unwrap_or_default();
            let tail = rest.get(start..).unwrap_or_default();
            let end = tail.find(|it| !inner(it)).unwrap_or(tail.len());
            let (word, after) = tail.split_at(end);
            let bare = word.strip_prefix("docker://").or(word.strip_prefix("oci://")).unwrap_or(word);
            // `image:busybox:1.36` is one word, and so is the key in front of a value.
            let is_told = speaks(before) && (between.contains('=') || before.ends_with(':') || between.contains(':'));
            if is_image(bare) || is_told && is_short(bare) {
                found.insert(bare.to_owned());
            }
            before = word;
            rest = after;
        }
    }
}

/// What fields say together: a variable's name and value, or the pieces of a name.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Map(map) => {
            let text = |key: &str| match map.get(key) {
                Some(Value::Str(it)) => Some(it.to_text().into_owned()),
                _ => None,
            };
            if let (Some(name), Some(value)) = (text("name"), text("value"))
                && speaks(&name)
                && is_short(&value)
            {
                found.insert(value);
            }
            found.extend(of_pieces(map));
            map.entries().values().for_each(|it| fields(it, found));
        }
        Value::List(list) => list.items().iter().for_each(|it| fields(it, found)),
        _ => {}
    }
}

/// `{registry, repository, tag, digest}`, as charts' values and custom resources have it; `baseImage` in the older form.
fn of_pieces(map: &Map) -> Option<String> {
    let text = |key: &str| match map.get(key) {
        Some(Value::Str(it)) if !it.is_empty() => Some(it.to_text().into_owned()),
        _ => None,
    };
    let repository = text("repository").or_else(|| text("baseImage"))?;
    let registry = text("registry").map(|it| format!("{it}/")).unwrap_or_default();
    let last = text("image").map(|it| format!("/{it}")).unwrap_or_default();
    let is_versioned = map.get("baseImage").is_some() || !last.is_empty();
    let tag = text("tag").or_else(|| text("version").filter(|_| is_versioned));
    let digest = text("digest").or_else(|| text("sha")).map(|it| match it.starts_with("sha256:") {
        true => it,
        false => format!("sha256:{it}"),
    });
    if tag.is_none() && digest.is_none() {
        return None;
    }
    let whole = format!(
        "{registry}{repository}{last}{}{}",
        tag.map(|it| format!(":{it}")).unwrap_or_default(),
        digest.map(|it| format!("@{it}")).unwrap_or_default()
    );
    Reference::parse(&whole).ok().map(|_| whole)
}

/// Whether a word that stands where an image is spoken of is one: it has a tag or a digest, and more than digits before it.
fn is_short(word: &str) -> bool {
    let named = Reference::parse(word).ok();
    let name = word.split(['@', ':']).next().unwrap_or_default();
    named.is_some_and(|it| it.tag.is_some() || it.digest.is_some())
        && name.bytes().any(|it| it.is_ascii_lowercase())
        && !matches!(name, "true" | "false" | "sha256" | "docker" | "http" | "https")
}

fn is_image(word: &str) -> bool {
    let (name, digest) = word.split_once('@').map_or((word, None), |(name, digest)| (name, Some(digest)));
    let is_digest = |it: &str| {
        it.strip_prefix("sha256:")
            .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(|it| it.is_ascii_hexdigit()))
    };
    if digest.is_some_and(|it| !is_digest(it)) {
        return false;
    }
    let Some((first, rest)) = name.split_once('/') else { return false };
    let (path, tag) = rest.rsplit_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let is_version = |it: &str| {
        let it = it.strip_prefix('v').unwrap_or(it);
        it.bytes().next().is_some_and(|it| it.is_ascii_digit()) && it.contains('.')
    };
    let (host, port) = first.split_once(':').map_or((first, None), |(host, port)| (host, Some(port)));
    let is_port = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()));
    let is_host = (host.contains('.') || host == "localhost" || port.is_some()) && is_port && is_component(host);
    if !path.split('/').all(is_component) || !tag.is_none_or(is_tag) {
        return false;
    }
    if is_host {
        return digest.is_some() || tag.is_some();
    }
    // Without a host, much reads like one: a version is asked for.
    port.is_none() && is_component(first) && (digest.is_some() || tag.is_some_and(is_version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_from_what_is_none() {
        for image in [
            "registry.example.net/op/solver:v1.2.3",
            "quay.io/a/b/c:latest",
            "localhost/x:dev",
            "reg:5000/x:1",
            "longhornio/longhorn-engine:v1.6.1",
            "ghcr.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            for text in [
                format!("args: [\"--image={image}\"]"),
                format!("value: {image}"),
                format!("  - '--images={image},other'"),
                format!("config: '{{\"image\":\"{image}\"}}'"),
                format!("x: docker://{image}"),
            ] {
                assert_eq!(looks_named(&text).into_iter().collect::<Vec<_>>(), [image], "{text}");
            }
        }
        for text in [
            "# quay.io/a/b:v1",
            "url: https://example.net/path:8080",
            "address: example.net:443",
            "path: /var/lib/x:ro",
            "kube-system/cilium:main",
            "image: quay.io/a/b",
            "api: cilium.io/v2",
            "time: 2026/01/02:10",
            "example.net/A/B:v1",
            "group/kind:get",
        ] {
            assert_eq!(looks_named(text).len(), 0, "{text}");
        }
    }
}
