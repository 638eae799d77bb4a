//! What nodes are told of the registry that their images lie in, and of the cache that Talos keeps of them.

use crate::stage::spec::TalosVersion;

/// A registry of the outside, and where its images lie inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrors<'m> {
    /// The registry that images are named with: `quay.io`.
    pub registry: &'m str,
    /// The host that has them.
    pub host: &'m str,
    /// The path below it.
    pub path: String,
    /// Whether it speaks plain http.
    pub is_plain: bool,
}

impl Mirrors<'_> {
    fn url(&self) -> String {
        let scheme = if self.is_plain { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}", self.host, self.path)
    }
}

/// The smallest volume that Talos makes for its cache, in MiB.
const SMALLEST: u64 = 500;

/// What a machine config is told, as documents or as a patch, in the form of a version of Talos. `cache` is the size of what
/// lies in the cache, in bytes.
///
/// Mirrors `RegistryMirrorConfig` (from Talos 1.12), `ImageCacheConfig` (from 1.14), `VolumeConfig`, and before these
/// `machine.registries` and `machine.features.imageCache`.
pub fn documents(mirrors: &[Mirrors<'_>], cache: Option<u64>, talos: TalosVersion) -> String {
    let from = |minor: u32| (talos.major, talos.minor) >= (1, minor);
    let mut machine = String::new();
    let mut documents = Vec::new();
    if from(12) {
        documents.extend(mirrors.iter().map(|it| {
            format!(
                "apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: {}\nendpoints:\n  - url: {}\n    overridePath: true\n\
                 skipFallback: true\n",
                quoted(it.registry),
                quoted(&it.url())
            )
        }));
    } else if !mirrors.is_empty() {
        machine.push_str("  registries:\n    mirrors:\n");
        for it in mirrors {
            machine.push_str(&format!(
                "      {}:\n        endpoints:\n          - {}\n        overridePath: true\n        skipFallback: true\n",
                quoted(it.registry),
                quoted(&it.url())
            ));
        }
    }
    if let Some(bytes) = cache {
        if from(14) {
            documents.push("apiVersion: v1alpha1\nkind: ImageCacheConfig\nlocal:\n  enabled: true\n".into());
        } else {
            machine.push_str("  features:\n    imageCache:\n      localEnabled: true\n");
        }
        let size = volume(bytes);
        documents.push(format!(
            "apiVersion: v1alpha1\nkind: VolumeConfig\nname: IMAGECACHE\nprovisioning:\n  diskSelector:\n    match: system_disk\n  \
             minSize: {size}MiB\n  maxSize: {size}MiB\n"
        ));
    }
    let machine = (!machine.is_empty()).then(|| format!("machine:\n{machine}"));
    machine.into_iter().chain(documents).collect::<Vec<_>>().join("---\n")
}

/// The size of a volume for so many bytes, in MiB: a tenth more for the file system, 64 MiB for what is being replaced, and
/// even steps of 64 MiB.
fn volume(bytes: u64) -> u64 {
    let needed = bytes.saturating_add(bytes / 10).div_ceil(1 << 20) + 64;
    needed.next_multiple_of(64).max(SMALLEST)
}

/// A name between quotes: hosts with ports and addresses hold colons.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_has_room() {
        assert_eq!(volume(0), 500);
        assert_eq!(volume(1 << 30), 1216);
        assert!(volume(u64::MAX) > 0);
    }

    #[test]
    fn older_versions_get_a_patch() {
        let talos = |text: &str| text.parse::<TalosVersion>().expect("a version");
        let mirrors =
            [Mirrors { registry: "quay.io", host: "r.internal:5000", path: "m/quay.io".into(), is_plain: true }];
        let old = documents(&mirrors, Some(1), talos("1.11"));
        assert!(
            old.starts_with("machine:\n  registries:")
                && old.contains("imageCache:")
                && !old.contains("RegistryMirror"),
            "{old}"
        );
        let new = documents(&mirrors, Some(1), talos("1.14"));
        assert!(
            new.starts_with("apiVersion")
                && new.contains("ImageCacheConfig")
                && new.contains("http://r.internal:5000/v2/m/quay.io"),
            "{new}"
        );
        assert_eq!(documents(&[], None, talos("1.14")), "");
    }
}
