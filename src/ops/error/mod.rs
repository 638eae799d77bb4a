//! Everything a verb can fail with, and how each failure reads.

mod deliver;
mod diff;
mod handoff;
mod init;
mod lock;
mod rotate;
mod upgrade;

pub use deliver::FormError;
pub use diff::DiffError;
pub use handoff::{HandoffError, Remade};
pub use init::InitError;
pub use lock::Unlike;
pub(super) use lock::no_lock;
pub use rotate::{Held, RotateError, between};
pub use upgrade::UpgradeError;

use std::path::PathBuf;

use super::chart::NameError;
use super::push::AddressError;
use crate::base::code::{Code, Exit};
use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::number::some;
use crate::deliver::target::DeliverError;
use crate::edge::layout::LayoutError;
use crate::edge::{age, disk, git, guard, hold};
use crate::stage::bundle;
use crate::stage::lock::EnvelopeFault;
use crate::stage::render;
use crate::stage::resolve::{self, SourceError};
use crate::stage::seal;
use crate::stage::spec::sops_rules::RuleError;
use crate::stage::vendored;
use lock::{NAMED, RESEAL_FOR_BUNDLE, RESEAL_TO_RECIPIENTS};

/// Why a verb failed.
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
    #[error("there is no lock `{}`", path.display())]
    NoLock { path: PathBuf },
    #[error("lock `{}`: {fault}", path.display())]
    Lock { path: PathBuf, fault: crate::stage::lock::Error },
    #[error("the lock has envelopes that do not belong where they stand")]
    Envelopes { path: PathBuf, faults: Vec<EnvelopeFault> },
    #[error("the bundle has envelopes that do not belong where they stand")]
    BundleEnvelopes { bundle: PathBuf, faults: Vec<EnvelopeFault> },
    #[error("the lock's secrets are sealed for bundle `{found}`, and the spec is of bundle `{wanted}`")]
    SealedForAnother { path: PathBuf, found: String, wanted: String },
    #[error("the recipients changed")]
    RecipientsChanged { path: PathBuf },
    #[error("sources have faults")]
    Resolve(Vec<resolve::Error>),
    #[error(transparent)]
    Fetch(SourceError),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("sources cannot be fetched")]
    Fetches(Vec<SourceError>),
    #[error(transparent)]
    Layout(#[from] LayoutError),
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
    #[error("a rebuild gives other bytes than `{}`", path.display())]
    NotReproduced { path: PathBuf },
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    #[error("`{}` is no bundle: {fault}", path.display())]
    NotABundle { path: PathBuf, fault: bundle::Error },
    #[error("`{}` is not the bundle of lock `{}`", bundle.display(), lock.display())]
    NotOfLock { bundle: PathBuf, lock: PathBuf, unlike: Vec<bundle::Unlike> },
    #[error("there is no bundle `{}`", .0.display())]
    NoBundle(PathBuf),
    #[error(transparent)]
    Open(#[from] bundle::OpenError),
    #[error(transparent)]
    Age(#[from] age::Error),
    #[error("`{}` names nobody to seal to: {fault}", path.display())]
    Rules { path: PathBuf, fault: RuleError, place: Option<Box<Place>> },
    #[error("no identity is named, and there are secrets to open")]
    NoIdentity,
    /// Sealed values cannot be taken; never quotes them.
    #[error("`{path}`: {reason}")]
    SecretValues { path: String, reason: String },
    #[error(transparent)]
    Import(#[from] render::ImportError),
    #[error("the sealed key of the pin `{pin}` is not that of its certificate")]
    WrongKey { pin: String },
    #[error("the import would replace what the lock holds: {}", quoted(pins))]
    WouldReplace { path: PathBuf, pins: Vec<String>, anew: Vec<String> },
    #[error("refused to write secrets there: {0}")]
    Exposed(#[from] guard::Exposed),
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
    #[error("there is no place for the store")]
    NoStore,
    #[error(transparent)]
    Git(#[from] git::Error),
}

impl Error {
    /// What to tell the user: every fault, in order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let one = match self {
            Error::Spec(faults) => return faults.clone(),
            Error::Resolve(faults) => return faults.iter().map(resolve::Error::diagnostic).collect(),
            Error::Stale { path, stale } => return stale.iter().map(|it| lock::stale(path, it)).collect(),
            Error::Fetches(faults) => return faults.iter().map(fetch_fault).collect(),
            Error::OutputDiffers { path, parts } => return parts.iter().map(|it| it.diagnostic(path)).collect(),
            Error::Envelopes { path, faults } => return faults.iter().map(|it| lock::misplaced(path, it)).collect(),
            Error::BundleEnvelopes { bundle, faults } => {
                let fault = |it: &EnvelopeFault| Diagnostic::new(Code::P003, it.to_string()).at(file(bundle));
                return faults.iter().map(|it| fault(it).help("build the bundle again from its spec and lock")).collect();
            }
            Error::Disk(fault) => disk_fault(fault),
            Error::Hold(_) => self.plain(Code::E003).help("nothing was written; run the command again once that run has ended"),
            Error::ChangedMeanwhile(_) => self.plain(Code::E004).help("look at what changed, and run the command again"),
            Error::NoLock { path } => self.plain(Code::L001).help(no_lock(path)),
            Error::Lock { path, fault } => lock::diagnostic(path, fault),
            Error::SealedForAnother { path, .. } => self
                .plain(Code::L011)
                .at(file(path))
                .help(RESEAL_FOR_BUNDLE),
            Error::RecipientsChanged { path } => {
                Diagnostic::new(Code::L007, "the spec names other recipients than the lock")
                    .at(file(path))
                    .help(RESEAL_TO_RECIPIENTS)
            }
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
            Error::NotReproduced { .. } => self.plain(Code::B001),
            Error::Bundle(_) => self.plain(Code::B002),
            Error::NotABundle { .. } => self.plain(Code::B003),
            Error::NotOfLock { bundle, lock, unlike } => {
                let (message, lock) = (format!("{self}: {}", some(unlike, NAMED)), lock.display());
                let help = match unlike.iter().all(bundle::Unlike::is_unknown) {
                    true => format!("`ichor verify {}` builds it anew from spec and lock, and compares all of it", bundle.display()),
                    false => format!("do not use it before you know why; `ichor diff {lock} {}` tells more", bundle.display()),
                };
                Diagnostic::new(Code::B006, message).help(help)
            }
            Error::NoBundle(_) => self.plain(Code::B005).help("run `ichor build` to make `result`, or name another"),
            Error::Open(_) => self.plain(Code::B004),
            Error::Age(fault) => {
                Diagnostic { help: fault.help(), ..Diagnostic::new(Code::A001, fault.to_string()) }
            }
            Error::Rules { fault, place, .. } => {
                let place = place.as_deref().cloned();
                Diagnostic { place, ..self.plain(Code::S013).help(fault.help()) }
            }
            Error::NoIdentity => self
                .plain(Code::A002)
                .help("name a file with your age identity or SSH key: `-i key.txt`, or ICHOR_IDENTITY"),
            Error::SecretValues { .. } => self
                .plain(Code::P001)
                .help("sealed values are a YAML mapping of texts: correct the file, and encrypt it again"),
            Error::Import(_) => self.plain(Code::P002),
            Error::WrongKey { .. } => {
                self.plain(Code::P003).help("take the lock from version control again: it is not for editing")
            }
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
            Error::Exposed(_) => self
                .plain(Code::P006)
                .help("name a place of your own outside of git, add the file to .gitignore, or say `--force`"),
            Error::Rotate(fault) => fault.diagnostic(),
            Error::Init(fault) => fault.diagnostic(),
            Error::Handoff(fault) => fault.diagnostic(),
            Error::Diff(fault) => fault.diagnostic(),
            Error::Upgrade(fault) => fault.diagnostic(),
            Error::Form(fault) => fault.diagnostic(),
            Error::Git(fault) => Diagnostic { help: fault.help(), ..self.plain(Code::G001) },
            Error::NoStore => self.plain(Code::E002).help("set ICHOR_STORE or HOME"),
            Error::Fetch(fault) => fetch_fault(fault),
            Error::Address(fault) => self.plain(Code::V022).help(fault.help()),
            Error::Name(fault) => Diagnostic { help: fault.help().map(str::to_owned), ..self.plain(Code::V022) },
            Error::Layout(LayoutError::Disk(fault)) => disk_fault(fault),
            Error::Layout(_) => self.plain(Code::V019).help("take vendor from version control again, or move it away and run `ichor vendor`, which fetches all that the lock names"),
            Error::NoSuchPart { parts, .. } => self.plain(Code::L009).help(format!("its parts are {}", parts.join(", "))),
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

impl From<hold::Error> for Error {
    fn from(fault: hold::Error) -> Self {
        match fault {
            hold::Error::Disk(fault) => Error::Disk(fault),
            busy @ hold::Error::Busy { .. } => Error::Hold(busy),
        }
    }
}

fn disk_fault(fault: &disk::Error) -> Diagnostic {
    Diagnostic { help: fault.help().map(str::to_owned), ..Diagnostic::new(fault.code(), fault.to_string()) }
}

fn fetch_fault(fault: &SourceError) -> Diagnostic {
    Diagnostic { help: fault.help(), ..Diagnostic::new(fault.code(), fault.to_string()) }
}

/// Names for a message, not more than ten.
fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|it| format!("`{it}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn file(path: &std::path::Path) -> Place {
    Place { file: path.display().to_string().into(), text: None, span: 0..0 }
}
