//! Everything a verb can fail with, and how each failure reads.

mod deliver;
mod diff;
mod handoff;
mod images;
mod init;
mod parcel;
mod rotate;
mod upgrade;

pub use deliver::FormError;
pub use diff::DiffError;
pub use handoff::{HandoffError, Remade};
pub use init::InitError;
pub use rotate::{Held, RotateError, between};
pub use upgrade::UpgradeError;

use std::path::PathBuf;

use super::adopt::AdoptError;
use super::attest::AttestError;
use super::parcel::PackError;
use super::push::AddressError;
use super::signed::Unsigned;
use crate::base::code::{Code, Exit};
use crate::base::diagnostic::Diagnostic;
use crate::deliver::target::DeliverError;
use crate::edge::images::ImageFault;
use crate::edge::layout::LayoutError;
use crate::edge::parcel::ParcelError;
use crate::edge::{age, disk, git, guard, hold, kubectl};
use crate::stage::bundle;
use crate::stage::render;
use crate::stage::resolve::SourceError;
use crate::stage::seal;
use crate::workspace;
use crate::workspace::error::{self, RESEAL_FOR_BUNDLE, RESEAL_TO_RECIPIENTS, fetch_fault, file};

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    #[error("the lock's secrets are sealed for bundle `{found}`, and the spec is of bundle `{wanted}`")]
    SealedForAnother { path: PathBuf, found: String, wanted: String },
    #[error("the recipients changed")]
    RecipientsChanged { path: PathBuf },
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("sources cannot be fetched")]
    Fetches(Vec<SourceError>),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("a rebuild gives other bytes than `{}`", path.display())]
    NotReproduced { path: PathBuf },
    /// Sealed values cannot be taken; never quotes them.
    #[error("`{path}`: {reason}")]
    SecretValues { path: String, reason: String },
    #[error(transparent)]
    Import(#[from] render::ImportError),
    #[error("the import would replace what the lock holds: {}", quoted(pins))]
    WouldReplace { path: PathBuf, pins: Vec<String>, anew: Vec<String> },
    #[error("refused to write secrets there: {0}")]
    Exposed(#[from] guard::Exposed),
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    #[error(transparent)]
    Kubectl(#[from] kubectl::Error),
    #[error(transparent)]
    Rotate(#[from] RotateError),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Handoff(#[from] HandoffError),
    #[error(transparent)]
    Diff(#[from] DiffError),
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
    #[error(transparent)]
    Form(#[from] FormError),
    /// What the rules of `check` find.
    #[error("nothing was built, for the rules of `check` find errors in it")]
    Checked(Vec<Diagnostic>),
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    #[error(transparent)]
    Pack(#[from] PackError),
    #[error(transparent)]
    Attest(#[from] AttestError),
    #[error("images cannot be carried")]
    Images(Vec<ImageFault>),
    #[error("signatures are missing, or by somebody else")]
    Unsigned(Vec<Unsigned>),
    #[error("there is no place for the store")]
    NoStore,
}

impl Error {
    /// What to tell the user: every fault, in order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let one = match self {
            Error::Workspace(fault) => return fault.diagnostics(),
            Error::Checked(errors) => {
                let help = "mend them; `allow` in the spec takes what is right here, and `--no-check` builds all the same";
                let last = self.plain(Code::B007).help(help);
                return errors.iter().cloned().chain([last]).collect();
            }
            Error::Images(faults) => return faults.iter().map(ImageFault::diagnostic).collect(),
            Error::Unsigned(faults) => return faults.iter().map(parcel::unsigned).collect(),
            Error::Fetches(faults) => return faults.iter().map(fetch_fault).collect(),
            Error::SealedForAnother { path, .. } => self
                .plain(Code::L011)
                .at(file(path))
                .help(RESEAL_FOR_BUNDLE),
            Error::RecipientsChanged { path } => {
                Diagnostic::new(Code::L007, "the spec names other recipients than the lock")
                    .at(file(path))
                    .help(RESEAL_TO_RECIPIENTS)
            }
            Error::NotReproduced { .. } => self.plain(Code::B001),
            Error::SecretValues { .. } => self
                .plain(Code::P001)
                .help("sealed values are a YAML mapping of texts: correct the file, and encrypt it again"),
            Error::Import(_) => self.plain(Code::P002),
            Error::WouldReplace { path, anew, .. } => {
                let anew = match anew.as_slice() {
                    [] => String::new(),
                    anew => format!(", and issues anew what rests on it: {}", quoted(anew)),
                };
                let help = format!(
                    "where the cluster uses what is imported, `--replace` takes it{anew}; where it uses what the lock holds, leave \
                     the lock as it is. `--dry-run` shows the change"
                );
                self.plain(Code::P015).at(file(path)).help(help)
            }
            Error::Parcel(fault) => parcel::parcel(fault),
            Error::Pack(fault) => parcel::pack(fault),
            Error::Attest(fault) => parcel::attest(fault),
            Error::Exposed(_) => self
                .plain(Code::P006)
                .help("name a place of your own outside of git, add the file to .gitignore, or say `--force`"),
            Error::Adopt(fault) => fault.diagnostic(),
            Error::Kubectl(_) => self.plain(Code::E006).help("`kubectl get` must work here: install it, and name a cluster with `--kubeconfig` or `--context`"),
            Error::Rotate(fault) => fault.diagnostic(),
            Error::Init(fault) => fault.diagnostic(),
            Error::Handoff(fault) => fault.diagnostic(),
            Error::Diff(fault) => fault.diagnostic(),
            Error::Upgrade(fault) => fault.diagnostic(),
            Error::Form(fault) => fault.diagnostic(),
            Error::NoStore => self.plain(Code::E002).help("set ICHOR_STORE or HOME"),
            Error::Address(fault) => self.plain(Code::V022).help(fault.help()),
            Error::Layout(LayoutError::Disk(fault)) => error::disk_fault(fault),
            Error::Layout(_) => self.plain(Code::V019).help("take vendor from version control again, or move it away and run `ichor vendor`, which fetches all that the lock names"),
        };
        vec![one]
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        Exit::of_all(self.diagnostics().iter().map(|it| it.code.exit()))
    }

    fn plain(&self, code: Code) -> Diagnostic {
        Diagnostic::new(code, self.to_string())
    }
}

impl From<DeliverError> for Error {
    fn from(fault: DeliverError) -> Self {
        Error::Form(fault.into())
    }
}

/// What the parts of a workspace fail with, as a fault of the workspace.
macro_rules! of_workspace {
    ($($fault:ty),*) => {
        $(impl From<$fault> for Error {
            fn from(fault: $fault) -> Self {
                Error::Workspace(fault.into())
            }
        })*
    };
}

of_workspace!(
    age::Error,
    bundle::Error,
    bundle::OpenError,
    disk::Error,
    git::Error,
    hold::Error,
    render::Error,
    seal::Error,
    SourceError
);

/// Names for a message, not more than ten.
fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|it| format!("`{it}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
