//! Why a bundle does not take the form that its taker wants.

use std::path::PathBuf;

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::deliver::machine_config;
use crate::deliver::target::{self, DeliverError, Target};

#[derive(Debug, thiserror::Error)]
pub enum FormError {
    #[error(transparent)]
    Target(#[from] DeliverError),
    #[error("`{}`: {fault}", path.display())]
    Config { path: PathBuf, fault: machine_config::Error },
    #[error("the machine config `{}` is encrypted by SOPS", .0.display())]
    SopsConfig(PathBuf),
    #[error("`sops -d` would read `{}` by its name, and lay out anew what is in it", .0.display())]
    SopsName(PathBuf),
    #[error("a file of SOPS needs a name, for which its rules say who may open it")]
    SopsNowhere,
    #[error("what goes to Flux has no secret in it that `--sops` could encrypt")]
    SopsForFlux,
    #[error("no machine config is named to put the manifests into")]
    NoConfig,
    #[error("the target `{0}` is a folder")]
    NeedsFolder(Target),
    #[error("with `--all`, what is written for each spec needs a folder")]
    NoFolderForAll,
    #[error("with `--all`, a comparison is printed as text, Markdown or JSON, to standard output")]
    NotForAll,
    #[error("what goes to the target `{0}` cannot be split")]
    CannotSplit(Target),
    #[error("the spec `{}` is of bundle `{found}`, not of `{wanted}`", spec.display())]
    OtherBundle { spec: PathBuf, found: String, wanted: String },
}

impl FormError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let of = |code| Diagnostic::new(code, self.to_string());
        match self {
            FormError::Target(DeliverError::Dollar { .. }) => of(Code::D001).help("write a folder: `-o DIR/`"),
            FormError::Target(DeliverError::NoTarget(_)) => {
                let names: Vec<&str> = target::TARGETS.iter().map(|(name, _)| *name).collect();
                of(Code::D002).help(format!("targets are {}", names.join(", ")))
            }
            FormError::Target(_) => of(Code::D003),
            FormError::Config { fault, .. } => match fault {
                machine_config::Error::Worker { .. } => of(Code::D004).help("name the config of a control plane"),
                machine_config::Error::Twice { .. } => of(Code::D004).help("keep one of them, or join what they hold"),
                machine_config::Error::NotAConfig => of(Code::D004).help("`talosctl gen config` makes one"),
                _ => of(Code::D004),
            },
            FormError::SopsConfig(path) => of(Code::D013).help(format!(
                "decrypt it on the way: `sops -d {} | ichor open --for machine-config=/dev/stdin -o FILE.sops --sops`",
                path.display()
            )),
            FormError::SopsName(path) => {
                let help = format!("name it `{}.sops`: of that, `sops -d` gives back the same bytes", path.display());
                of(Code::D014).help(help)
            }
            FormError::SopsNowhere => {
                of(Code::D015).help("name it: `--sops -o FILE.sops`, or a folder: `--sops -o DIR/`")
            }
            FormError::SopsForFlux => of(Code::D016).help("`ichor handoff flux --sops -i KEY` hands secrets over"),
            FormError::NoConfig => of(Code::D005).help("name it: `--for machine-config controlplane.yaml`"),
            FormError::NoFolderForAll => {
                of(Code::D017).help("name it: `-o DIR`; each spec gets a folder of its own in it")
            }
            FormError::NotForAll => of(Code::D018).help("leave out `--output`, and choose another `--format`"),
            FormError::NeedsFolder(_) => of(Code::D006).help("name it: `-o DIR/`"),
            FormError::CannotSplit(_) => of(Code::D007).help("`talos`, `kubectl` and `files` can"),
            FormError::OtherBundle { .. } => of(Code::D008).help("name the bundle's own spec: `--spec ichor.yaml`"),
        }
    }
}
