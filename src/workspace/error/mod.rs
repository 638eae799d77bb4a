//! Why a workspace does not give what is asked of it.

mod lock;

pub(crate) use lock::{NAMED, RESEAL_FOR_BUNDLE, RESEAL_TO_RECIPIENTS};
pub use lock::{Unlike, no_lock};

use std::path::{Path, PathBuf};

use super::chart::NameError;
use super::fleet::FleetError;
use crate::base::code::{Code, Exit};
use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::number::some;
use crate::edge::{age, disk, git, hold};
use crate::stage::bundle;
use crate::stage::lock::EnvelopeFault;
use crate::stage::render;
use crate::stage::resolve::{self, SourceError};
use crate::stage::seal;
use crate::stage::spec::sops_rules::RuleError;
use crate::stage::vendored;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the spec has faults")]
    Spec(Vec<Diagnostic>),
    #[error(transparent)]
    Disk(#[from] disk::Error),
    #[error(transparent)]
    Hold(hold::Error),
    #[error("`{}` was changed while this ran; it was left as it is now", .0.display())]
    ChangedMeanwhile(PathBuf),
    #[error("there is no spec `{}`", .0.display())]
    NoSpec(PathBuf),
    #[error("there is no lock `{}`", path.display())]
    NoLock { path: PathBuf },
    #[error("lock `{}`: {fault}", path.display())]
    Lock { path: PathBuf, fault: crate::stage::lock::Error },
    #[error("the lock has envelopes that do not belong where they stand")]
    Envelopes { path: PathBuf, faults: Vec<EnvelopeFault> },
    #[error("sources have faults")]
    Resolve(Vec<resolve::Error>),
    #[error(transparent)]
    Fetch(#[from] SourceError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("the spec has no part `{part}` to update")]
    NoSuchPart { part: String, parts: Vec<String> },
    #[error("the lock is stale")]
    Stale { path: PathBuf, stale: Vec<vendored::Stale> },
    #[error(transparent)]
    Render(#[from] render::Error),
    #[error(transparent)]
    Seal(#[from] seal::Error),
    #[error("parts render otherwise than the lock says")]
    OutputDiffers { path: PathBuf, parts: Vec<Unlike> },
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    #[error("the bundle has envelopes that do not belong where they stand")]
    BundleEnvelopes { bundle: PathBuf, faults: Vec<EnvelopeFault> },
    #[error("`{}` is no bundle: {fault}", path.display())]
    NotABundle { path: PathBuf, fault: bundle::Error },
    #[error("`{}` is not the bundle of lock `{}`", bundle.display(), lock.display())]
    NotOfLock { bundle: PathBuf, lock: PathBuf, unlike: Vec<bundle::Unlike> },
    #[error("there is no bundle `{}`", .0.display())]
    NoBundle(PathBuf),
    #[error(transparent)]
    Open(#[from] bundle::OpenError),
    #[error("no identity is named, and there are secrets to open")]
    NoIdentity,
    #[error("the sealed key of the pin `{pin}` is not that of its certificate")]
    WrongKey { pin: String },
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Age(#[from] age::Error),
    #[error("`{}` names nobody to seal to: {fault}", path.display())]
    Rules { path: PathBuf, fault: RuleError, place: Option<Box<Place>> },
}

impl Error {
    /// What to tell the user: every fault, in order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let one = match self {
            Error::Spec(faults) => return faults.clone(),
            Error::Resolve(faults) => return faults.iter().map(resolve::Error::diagnostic).collect(),
            Error::Stale { path, stale } => return stale.iter().map(|it| lock::stale(path, it)).collect(),
            Error::OutputDiffers { path, parts } => return parts.iter().map(|it| it.diagnostic(path)).collect(),
            Error::Envelopes { path, faults } => return faults.iter().map(|it| lock::misplaced(path, it)).collect(),
            Error::Disk(fault) => disk_fault(fault),
            Error::Hold(_) => {
                self.plain(Code::E003).help("nothing was written; run the command again once that run has ended")
            }
            Error::ChangedMeanwhile(_) => {
                self.plain(Code::E004).help("look at what changed, and run the command again")
            }
            Error::NoSpec(_) => self
                .plain(Code::E001)
                .help("name a spec, or the folder it is in; `ichor init NAME` writes a first one into the folder NAME"),
            Error::NoLock { path } => self.plain(Code::L001).help(no_lock(path)),
            Error::Lock { path, fault } => lock::diagnostic(path, fault),
            Error::Render(render::Error { part, unfit_issuer: Some(ca), .. }) => {
                Diagnostic::new(Code::P013, format!("part `{part}` asks for a certificate, and {ca}")).help(ca.help())
            }
            Error::Render(fault) => {
                let diagnostic = Diagnostic::new(Code::R001, format!("part `{}` does not render: {fault}", fault.part));
                match &fault.missing_pin {
                    Some(_) => diagnostic.help("run `ichor lock` to mint what is missing"),
                    None if fault.is_schema => diagnostic.help(
                        "correct the values; where the schema itself is at fault, or lies at an address, write \
                         `skipSchemaValidation: true` beside the chart",
                    ),
                    None => diagnostic,
                }
            }
            Error::Seal(fault) => Diagnostic::new(Code::R002, fault.to_string()),
            Error::Bundle(_) => self.plain(Code::B002),
            Error::BundleEnvelopes { bundle, faults } => {
                let fault = |it: &EnvelopeFault| Diagnostic::new(Code::P003, it.to_string()).at(file(bundle));
                return faults
                    .iter()
                    .map(|it| fault(it).help("build the bundle again from its spec and lock"))
                    .collect();
            }
            Error::NotABundle { .. } => self.plain(Code::B003),
            Error::NotOfLock { bundle, lock, unlike } => {
                let (message, lock) = (format!("{self}: {}", some(unlike, NAMED)), lock.display());
                let help = match unlike.iter().all(bundle::Unlike::is_unknown) {
                    true => format!(
                        "`ichor verify {}` builds it anew from spec and lock, and compares all of it",
                        bundle.display()
                    ),
                    false => format!(
                        "do not use it before you know why; `ichor diff {lock} {}` tells more",
                        bundle.display()
                    ),
                };
                Diagnostic::new(Code::B006, message).help(help)
            }
            Error::NoBundle(_) => self.plain(Code::B005).help("run `ichor build` to make `result`, or name another"),
            Error::Open(_) => self.plain(Code::B004),
            Error::NoIdentity => self
                .plain(Code::A002)
                .help("name a file with your age identity or SSH key: `-i key.txt`, or ICHOR_IDENTITY"),
            Error::WrongKey { .. } => {
                self.plain(Code::P003).help("take the lock from version control again: it is not for editing")
            }
            Error::Git(fault) => Diagnostic { help: fault.help(), ..self.plain(Code::G001) },
            Error::Age(fault) => Diagnostic { help: fault.help(), ..Diagnostic::new(Code::A001, fault.to_string()) },
            Error::Rules { fault, place, .. } => {
                let place = place.as_deref().cloned();
                Diagnostic { place, ..self.plain(Code::S013).help(fault.help()) }
            }
            Error::Fleet(FleetError::Disk(fault)) => disk_fault(fault),
            Error::Fleet(fault) => fault.diagnostic(),
            Error::Fetch(fault) => fetch_fault(fault),
            Error::Name(fault) => Diagnostic { help: fault.help().map(str::to_owned), ..self.plain(Code::V022) },
            Error::NoSuchPart { parts, .. } => {
                self.plain(Code::L009).help(format!("its parts are {}", parts.join(", ")))
            }
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

impl From<hold::Error> for Error {
    fn from(fault: hold::Error) -> Self {
        match fault {
            hold::Error::Disk(fault) => Error::Disk(fault),
            busy @ hold::Error::Busy { .. } => Error::Hold(busy),
        }
    }
}

/// A fault of the disk, for the user.
pub fn disk_fault(fault: &disk::Error) -> Diagnostic {
    Diagnostic { help: fault.help().map(str::to_owned), ..Diagnostic::new(fault.code(), fault.to_string()) }
}

/// A fault of a source, for the user.
pub fn fetch_fault(fault: &SourceError) -> Diagnostic {
    Diagnostic { help: fault.help(), ..Diagnostic::new(fault.code(), fault.to_string()) }
}

/// A file as the place of a fault, where no line is to be shown.
pub(crate) fn file(path: &Path) -> Place {
    Place { file: path.display().to_string().into(), text: None, span: 0..0 }
}
