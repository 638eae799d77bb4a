//! Pieces of a `talconfig.yaml`.
//!
//! Everything goes in as patches per role: what stands under `inlineManifests` there goes to workers as well, and with it
//! the key of a CA. talhelper fills patches in: it takes `$$` for a `$`, and what stands between `{{` and `}}` for a
//! template of Go's.

use crate::deliver::contents::Contents;
use crate::stage::pack::talos;
use crate::stage::spec::TalosVersion;

/// The newest Talos whose documents talhelper 3.1.16, its last version, knows. Later ones still take the forms of this.
const NEWEST: TalosVersion = TalosVersion { major: 1, minor: 13 };

/// A manifest with a `$` in it, where talhelper fills in variables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("manifest `{manifest}` holds a `$`, which talhelper would take for a variable inside talconfig.yaml")]
pub struct DollarError {
    manifest: String,
}

/// A patch: the list it belongs into, its file, and its text.
struct Patch {
    of_control_planes: bool,
    file: &'static str,
    text: String,
}

/// One text: patches written into `talconfig.yaml`. talhelper fills that whole file in before it looks at patches, so a
/// `$` in a manifest is an error here.
pub(super) fn single(contents: &Contents<'_>) -> Result<String, DollarError> {
    if let Some(manifest) = contents.manifests.iter().find(|it| it.contents.contains('$')) {
        return Err(DollarError { manifest: manifest.name.clone() });
    }
    Ok(piece(&patches(contents), |patch| format!("|\n{}", talos::indent(&patch.text, 6))))
}

/// A folder: the piece of `talconfig.yaml`, and beside it the patches it names.
pub(super) fn files(contents: &Contents<'_>) -> Vec<(String, String)> {
    let patches = patches(contents);
    let piece = piece(&patches, |patch| format!("'@./{}'\n", patch.file));
    let mut files = vec![("talconfig-ichor.yaml".to_owned(), piece)];
    files.extend(patches.into_iter().map(|it| (it.file.to_owned(), it.text)));
    files
}

/// What talhelper cannot take of this Talos.
pub(super) fn note(contents: &Contents<'_>) -> Option<String> {
    (contents.talos > NEWEST).then(|| {
        format!(
            "talhelper 3.1.16 is the last and knows no documents of Talos {}: these are the forms of {NEWEST}, which it \
             still takes; the target `topf` has its own",
            contents.talos
        )
    })
}

const MERGE: &str = "# Merge this into talconfig.yaml. Files are found from the folder of talconfig.yaml.\n";

fn piece(patches: &[Patch], text: impl Fn(&Patch) -> String) -> String {
    let list = |of_control_planes: bool| -> String {
        let of_role = patches.iter().filter(|it| it.of_control_planes == of_control_planes);
        of_role.map(|it| format!("  - {}", text(it))).collect()
    };
    let (all, control_planes) = (list(false), talos::indent(&list(true), 2));
    let all = if all.is_empty() { all } else { format!("patches:\n{all}") };
    format!("{MERGE}{all}controlPlane:\n  patches:\n{control_planes}")
}

fn patches(contents: &Contents<'_>) -> Vec<Patch> {
    let talos = contents.talos.min(NEWEST);
    let mut patches = Vec::new();
    let mut add = |of_control_planes: bool, file, text: &str| {
        let text = text.replace('$', "$$").replace("{{", "{{ \"{{\" }}");
        patches.push(Patch { of_control_planes, file, text });
    };
    if let Some(network) = talos::network_patches(contents.manifests, talos) {
        add(false, "all.yaml", &network.all);
        if let Some(text) = &network.control_planes {
            add(true, "network.yaml", text);
        }
    }
    add(true, "controlplane.yaml", &talos::control_plane(contents.manifests, talos));
    patches
}
