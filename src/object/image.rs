//! Container images that a manifest names anywhere: in arguments, variables and settings.

use std::collections::BTreeSet;

/// Every word of a text that reads as an image: `HOST/PATH:TAG`, `ORG/NAME:1.2.3`, or one with a digest. A guess: what runs
/// in the cluster may pull it, and need not.
pub fn named(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
    let inner = |it: char| it.is_ascii_alphanumeric() || "./-_:@".contains(it);
    let words = lines.flat_map(|line| line.split(move |it| !inner(it)));
    let bare = words.map(|it| it.strip_prefix("docker://").or(it.strip_prefix("oci://")).unwrap_or(it));
    bare.filter(|it| is_image(it)).map(str::to_owned).collect()
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
    let is_part = |it: &str| {
        let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._-".contains(&it);
        let ends = |it: Option<u8>| it.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
        ends(it.bytes().next()) && ends(it.bytes().last()) && it.bytes().all(inner)
    };
    let is_tag =
        |it: &str| it.bytes().next().is_some_and(|it| it.is_ascii_alphanumeric()) && !it.contains([':', '/', '@']);
    let is_version = |it: &str| {
        let it = it.strip_prefix('v').unwrap_or(it);
        it.bytes().next().is_some_and(|it| it.is_ascii_digit()) && it.contains('.')
    };
    let (host, port) = first.split_once(':').map_or((first, None), |(host, port)| (host, Some(port)));
    let is_port = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()));
    let is_host = (host.contains('.') || host == "localhost" || port.is_some()) && is_port && is_part(host);
    if !path.split('/').all(is_part) || !tag.is_none_or(is_tag) {
        return false;
    }
    if is_host {
        return digest.is_some() || tag.is_some();
    }
    // Without a host, much reads like one: a version is asked for.
    port.is_none() && is_part(first) && (digest.is_some() || tag.is_some_and(is_version))
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
                assert_eq!(named(&text).into_iter().collect::<Vec<_>>(), [image], "{text}");
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
            assert_eq!(named(text).len(), 0, "{text}");
        }
    }
}
