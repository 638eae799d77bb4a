//! The forms in which a bundle's manifests are handed to a cluster.

use std::fmt;
use std::str::FromStr;

use crate::deliver::contents::Contents;
use crate::deliver::files::{Files, FilesError};
use crate::deliver::{kubectl, machine_config, omni, talhelper, topf};
use crate::stage::pack::{Manifest, talos};
use helm_engine::path::RelPath;

/// Who takes the manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Patches for `talosctl`.
    Talos,
    /// An existing control-plane machine config.
    MachineConfig,
    /// Pieces of an Omni cluster template.
    Omni,
    /// Pieces of a `talconfig.yaml`.
    Talhelper,
    /// Patches per role, where topf finds them.
    Topf,
    /// One stream in apply order.
    Kubectl,
    /// One file per manifest.
    Files,
    /// What Flux takes over with.
    Flux,
}

/// Every target, with its name on the command line.
pub const TARGETS: &[(&str, Target)] = &[
    ("talos", Target::Talos),
    ("machine-config", Target::MachineConfig),
    ("omni", Target::Omni),
    ("talhelper", Target::Talhelper),
    ("topf", Target::Topf),
    ("kubectl", Target::Kubectl),
    ("files", Target::Files),
    ("flux", Target::Flux),
];

/// Patches for machine configs that hold the manifests already have names that begin with this.
pub const UPDATE: &str = "update";

/// Texts for a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What goes to standard output or one file; `None` where only a folder holds it.
    pub single: Option<String>,
    /// Why there is no single text, where the reason is in the manifests and not in the target.
    pub no_single: Option<DeliverError>,
    /// What the single text lacks and the folder has.
    pub single_note: Option<&'static str>,
    /// What goes into a folder, by relative path; [`Files`] says whether it can.
    pub files: Vec<(String, String)>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// What follows the command that takes the delivery, where one run of it is not enough.
    pub then: Option<String>,
}

/// Why manifests do not take a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    #[error("there is no target `{0}`")]
    NoTarget(String),
    #[error("the target `{0}` needs more than the manifests")]
    NotFromManifests(Target),
    #[error(transparent)]
    Dollar(#[from] talhelper::DollarError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    MachineConfig(#[from] machine_config::Error),
}

impl Target {
    /// Whether the target is a folder only.
    pub fn is_folder(self) -> bool {
        matches!(self, Target::Files | Target::Flux)
    }

    /// What the user runs next, where `path` is the file that was written, or the folder with these files.
    pub fn next(self, path: &str, files: Option<&Files>) -> String {
        let path = path.trim_end_matches('/');
        match (self, files) {
            (Target::Talos, Some(files)) => {
                let patch = |(file, _): &(RelPath, String)| {
                    if file.as_str().starts_with(UPDATE) {
                        return String::new();
                    }
                    let role = if file.as_str() == "all.yaml" { "" } else { "-control-plane" };
                    format!(" --config-patch{role} @{path}/{file}")
                };
                let patches: String = files.iter().map(patch).collect();
                let update = |(file, _): &(RelPath, String)| {
                    file.as_str().starts_with(UPDATE).then(|| format!(" --patch @{path}/{file}"))
                };
                let update: String = files.iter().filter_map(update).collect();
                let or = match update.as_str() {
                    "" => update,
                    _ => format!(
                        "\n  or, where control planes hold these manifests already: talosctl patch machineconfig --nodes \
                         CONTROL_PLANES{update}"
                    ),
                };
                format!("talosctl gen config NAME https://ENDPOINT:6443{patches}{or}")
            }
            (target, _) => target.next_of_any(path),
        }
    }

    fn next_of_any(self, path: &str) -> String {
        match self {
            Target::Talos => format!("talosctl patch machineconfig --nodes CONTROL_PLANES --patch @{path}"),
            Target::MachineConfig => format!("talosctl apply-config --nodes CONTROL_PLANE --file {path}"),
            Target::Omni => "omnictl cluster template sync --file cluster.yaml".into(),
            Target::Topf => "topf apply".into(),
            Target::Talhelper => "talhelper genconfig && talhelper gencommand apply | bash".into(),
            Target::Kubectl => format!("kubectl apply --server-side --filename {path}"),
            Target::Files => format!("kubectl apply --server-side --filename {path}/"),
            Target::Flux => {
                "git add, commit and push, then: flux reconcile kustomization flux-system --with-source".into()
            }
        }
    }
}

/// The manifests in the form of a target. [`Target::MachineConfig`] goes by [`machine_config::insert`], and
/// [`Target::Flux`] by the spec, not by the manifests.
pub fn deliver(contents: &Contents<'_>, target: Target) -> Result<Delivery, DeliverError> {
    let no_notes = |single, files| Delivery { single, files, ..Delivery::default() };
    Ok(match target {
        Target::Talos => {
            let patch = talos::control_plane(contents.manifests, contents.talos);
            let mut delivery = no_notes(Some(patch.clone()), vec![("controlplane.yaml".into(), patch)]);
            if let Some(update) = talos::update(contents.manifests, contents.talos) {
                delivery.files.push((format!("{UPDATE}.yaml"), update));
            }
            if let Some(network) = contents.network {
                delivery.files.splice(0..0, network.files());
                delivery.single_note = Some(
                    "this patch is not enough: nodes must also run no CNI of Talos' own, and KubePrism; `-o DIR/` writes all of it",
                );
            }
            delivery
        }
        Target::Omni => no_notes(Some(omni::single(contents)), omni::files(contents)),
        Target::Talhelper => {
            let single = talhelper::single(contents);
            let no_single = single.as_ref().err().cloned().map(DeliverError::Dollar);
            let notes = talhelper::note(contents).into_iter().collect();
            Delivery { no_single, notes, ..no_notes(single.ok(), talhelper::files(contents)) }
        }
        Target::Topf => {
            let single_note = Some("topf finds patches in folders: `-o DIR/` writes them, with what workers need");
            Delivery { single_note, ..no_notes(Some(topf::single(contents)), topf::files(contents)) }
        }
        Target::Kubectl => {
            let stream = kubectl::stream(contents.manifests);
            let then = kubectl::then(contents.manifests);
            Delivery { then, ..no_notes(Some(stream.clone()), vec![(format!("{}.yaml", contents.bundle), stream)]) }
        }
        Target::Files => {
            let file = |it: &Manifest| (format!("{}.yaml", it.name), it.contents.clone());
            let then = kubectl::then(contents.manifests);
            Delivery { then, ..no_notes(None, contents.manifests.iter().map(file).collect()) }
        }
        Target::MachineConfig | Target::Flux => return Err(DeliverError::NotFromManifests(target)),
    })
}

impl FromStr for Target {
    type Err = DeliverError;

    fn from_str(text: &str) -> Result<Target, DeliverError> {
        let found = TARGETS.iter().find(|(name, _)| *name == text);
        found.map(|(_, target)| *target).ok_or_else(|| DeliverError::NoTarget(text.into()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TARGETS.iter().find(|(_, it)| it == self).map_or("", |(name, _)| name))
    }
}
