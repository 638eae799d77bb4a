//! Why a release cannot be read.

use super::substitute::SubstituteFault;
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};

/// Why a release cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error("there is no `{0}`")]
    NoPath(String),
    #[error("`{path}` cannot be read: {message}")]
    Unreadable { path: String, message: String },
    #[error("`{path}` holds no {what}")]
    NoRelease { path: String, what: &'static str },
    #[error("`{path}` holds several releases: {}", names.join(", "))]
    Several { path: String, names: Vec<String> },
    #[error("several Kustomizations apply `{path}`: {}", names.join(", "))]
    Kustomizations { path: String, names: Vec<String> },
    #[error("{object} names {what}, which is nowhere in the tree")]
    Missing { object: String, what: String, place: Option<Box<Place>> },
    #[error("there are several {what}, and they differ: {}", paths.join(", "))]
    Ambiguous { what: String, paths: Vec<String> },
    /// A field that changes what is rendered, in a way that is not known here.
    #[error("{object}: `{field}` cannot be followed: {why}")]
    Field { object: String, field: String, why: String, place: Option<Box<Place>> },
    #[error("{object}: {fault}")]
    Substitute { object: String, fault: SubstituteFault, place: Option<Box<Place>> },
    #[error("nothing says the namespace of {0}")]
    NoNamespace(String),
    /// What is sealed cannot be taken; never quotes it.
    #[error("{object}: {why}")]
    Sealed { object: String, why: String },
    #[error("neither `kustomize` nor `kubectl` is on the PATH, and `{0}` is built by one of them")]
    NoKustomize(String),
    #[error("`kustomize build {folder}` failed: {said}")]
    Kustomize { folder: String, said: String },
    #[error("{0}")]
    Surroundings(String),
}

impl Fault {
    pub fn code(&self) -> Code {
        match self {
            Fault::NoPath(_) | Fault::NoRelease { .. } | Fault::Unreadable { .. } => Code::F001,
            Fault::Several { .. } | Fault::Kustomizations { .. } | Fault::Ambiguous { .. } => Code::F002,
            Fault::Missing { .. } | Fault::NoNamespace(_) => Code::F003,
            Fault::Field { .. } | Fault::Substitute { .. } => Code::F004,
            Fault::Sealed { .. } => Code::P001,
            Fault::NoKustomize(_) | Fault::Surroundings(_) => Code::F005,
            Fault::Kustomize { .. } => Code::F006,
        }
    }

    /// What to tell the user; where the fault has no place of its own, it is that of the spec.
    pub fn diagnostic(&self, spec: &Place) -> Diagnostic {
        let own = match self {
            Fault::Missing { place, .. } | Fault::Field { place, .. } | Fault::Substitute { place, .. } => {
                place.as_deref()
            }
            _ => None,
        };
        let diagnostic = Diagnostic::new(self.code(), self.to_string()).at(own.unwrap_or(spec).clone());
        match self.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    fn help(&self) -> Option<&'static str> {
        Some(match self {
            Fault::NoRelease { .. } => "name the file of the release, or the folder that its Kustomization applies",
            Fault::Several { .. } => "name one: `PATH#NAME` or `PATH#NAMESPACE/NAME`",
            Fault::Kustomizations { .. } => "name one beside the part's path: `kustomization: NAME`",
            Fault::Missing { .. } => {
                "bring the file into the repository, or write the part with `chart:` and `values:`"
            }
            Fault::Ambiguous { .. } => "leave one of them, or give each its namespace",
            Fault::NoNamespace(_) => "write `namespace:` beside the part's path",
            Fault::Substitute { fault: SubstituteFault::Unknown(_), .. } => {
                "bring the ConfigMap or Secret of `substituteFrom` into the repository, or give the variable in `substitute`"
            }
            Fault::NoKustomize(_) => "install kustomize or kubectl",
            Fault::Field { .. } | Fault::Substitute { .. } => {
                "write the part with `chart:` and `values:` where the release must stay as it is"
            }
            Fault::Sealed { .. } => "sealed values are texts: quote it, or move it to where values are in the clear",
            _ => return None,
        })
    }
}
