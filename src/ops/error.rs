//! Everything a verb can fail with, and how each failure reads.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::handoff::Remade;
use super::rotate::Held;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::number::some;
use crate::deliver::machine_config;
use crate::deliver::target;
use crate::edge::layout::LayoutError;
use crate::edge::{age, disk, git, guard, hold};
use crate::stage::bundle;
use crate::stage::lock::{self, EnvelopeFault};
use crate::stage::render;
use crate::stage::resolve::{self, Fault, SourceError};
use crate::stage::seal::{self, Difference};
use crate::stage::spec::edit;
use crate::stage::spec::sops_rules::RuleError;
use crate::stage::vendored;

/// How many are named of a list.
const NAMED: usize = 5;

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
    Lock { path: PathBuf, fault: lock::Error },
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
    #[error("no identity is named, and there are secrets to open")]
    NoIdentity,
    /// Sealed values cannot be taken; never quotes them.
    #[error("`{path}`: {reason}")]
    SecretValues { path: String, reason: String },
    #[error(transparent)]
    Import(#[from] render::ImportError),
    #[error("the sealed key of the pin `{pin}` is not that of its certificate")]
    WrongKey { pin: String },
    #[error("there is no pin `{name}`")]
    NoPin { name: String, near: Vec<String> },
    #[error("the import would replace what the lock holds: {}", quoted(pins))]
    WouldReplace { path: PathBuf, pins: Vec<String>, anew: Vec<String> },
    #[error("rotating `{name}` needs the key of its CA, `{key}`")]
    NeedsKey { name: String, key: String },
    #[error("{}", held(name, *taken, *why))]
    Held { name: String, taken: u8, why: Held },
    #[error("refused to write secrets there: {0}")]
    Exposed(#[from] guard::Exposed),
    #[error("the pin `{name}` cannot be rotated: {reason}")]
    NotRotated { name: String, reason: String },
    #[error("there is no place for the store")]
    NoStore,
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error("`{wanted}` is no file, and no revision can be read: {fault}")]
    NoGit { wanted: String, fault: git::Error },
    #[error("`{wanted}` is no file, and the spec lies in no git repository")]
    NoRepository { wanted: String },
    #[error("`{wanted}` is neither a file nor a revision git knows")]
    NoRevision { wanted: String },
    #[error("`{wanted}` is not in this clone, which is shallow")]
    Shallow { wanted: String },
    #[error("`{one}` and `{other}` have no commit in common")]
    NoCommon { one: String, other: String },
    #[error("{fault}")]
    Edit { fault: edit::EditError, parts: Vec<String> },
    #[error("there is no `{path}` for version {version}")]
    NoSuchVersion { version: String, path: String },
    #[error("`{path}` is no chart: {message}")]
    NotAnUpgrade { path: String, message: String },
    #[error(transparent)]
    Deliver(#[from] target::DeliverError),
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
    NeedsFolder(target::Target),
    #[error("what goes to the target `{0}` cannot be split")]
    CannotSplit(target::Target),
    #[error("the spec `{}` is of bundle `{found}`, not of `{wanted}`", spec.display())]
    OtherBundle { spec: PathBuf, found: String, wanted: String },
    #[error("{}", no_such_chart(named))]
    NoSuchChart { named: Option<String>, charts: Vec<String> },
    #[error("part `{part}` is the archive {address}, and Flux takes no chart from an address")]
    NotForFlux { part: String, address: String },
    #[error("{} would be replaced", .0.iter().map(|it| format!("`{}`", it.display())).collect::<Vec<_>>().join(", "))]
    Exists(Vec<PathBuf>),
    #[error("{0}")]
    BadRecipient(String),
    #[error("there is no terminal to ask on, and nothing says {}", .0.join(", "))]
    NotAsked(Vec<&'static str>),
    #[error("the input ended before the last question was answered; nothing was written")]
    Unanswered,
    #[error("`{}` holds no public key", .0.display())]
    NoRecipientIn(PathBuf),
    #[error("`{}` names nobody to seal to: {fault}", path.display())]
    Rules { path: PathBuf, fault: RuleError, place: Option<Box<Place>> },
    #[error("{}", remade(parts))]
    Remade { parts: BTreeMap<String, Remade> },
    #[error("values file `{}` cannot be read: {message}", path.display())]
    LaterValues { path: PathBuf, message: String },
}

/// A part that renders otherwise than its lock says.
#[derive(Clone, Debug)]
pub struct Unlike {
    pub part: String,
    /// Whether its text is that of the lock, so that nothing but an edit of the lock makes them differ.
    pub edited: bool,
    pub differences: Vec<Difference>,
}

impl Unlike {
    fn diagnostic(&self, lock: &std::path::Path) -> Diagnostic {
        let what = some(&self.differences, NAMED);
        let help = match self.edited {
            true => {
                "its text is that of the lock, so somebody edited the lock, or another ichor wrote it: look at its history; \
                 `ichor lock` writes it anew, and shows what it changes"
            }
            false => "run `ichor lock` to bring the lock up to date, and review what it changes",
        };
        let message = format!("part `{}` renders otherwise than the lock says: {what}", self.part);
        Diagnostic::error("L008", message).at(file(lock)).help(help)
    }
}

impl Error {
    /// What to tell the user: every fault, in order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Error::Spec(faults) => faults.clone(),
            Error::Resolve(faults) => faults.iter().map(resolve::Error::diagnostic).collect(),
            Error::Stale { path, stale } => {
                let fault = |it: &vendored::Stale| {
                    let fault = Diagnostic::error("L006", it.to_string()).at(file(path));
                    fault.help(match it {
                        vendored::Stale::Recipients { sealed: true } => RESEAL_TO_RECIPIENTS,
                        vendored::Stale::Bundle { sealed: true, .. } => RESEAL_FOR_BUNDLE,
                        _ => "run `ichor lock` to bring the lock up to date, and review what it changes",
                    })
                };
                stale.iter().map(fault).collect()
            }
            Error::Fetches(faults) => faults.iter().map(fetch_fault).collect(),
            Error::OutputDiffers { path, parts } => parts.iter().map(|it| it.diagnostic(path)).collect(),
            Error::Envelopes { path, faults } => faults.iter().map(|it| misplaced(path, it)).collect(),
            Error::BundleEnvelopes { bundle, faults } => {
                let fault = |it: &EnvelopeFault| Diagnostic::error("P003", it.to_string()).at(file(bundle));
                faults.iter().map(|it| fault(it).help("build the bundle again from its spec and lock")).collect()
            }
            _ => vec![self.single()],
        }
    }

    /// The process' exit code: 1 differs, 2 bad input, 3 failed surroundings.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::NotReproduced { .. } | Error::NotOfLock { .. } => 1,
            Error::Disk(fault) if !fault.is_input() => 3,
            Error::NoStore | Error::Git(_) | Error::NoGit { .. } | Error::Hold(_) | Error::ChangedMeanwhile(_) => 3,
            Error::Layout(LayoutError::Disk(fault)) if !fault.is_input() => 3,
            Error::Fetch(fault) => whose(std::slice::from_ref(&fault.fault)),
            Error::Fetches(faults) => whose(&faults.iter().map(|it| it.fault).collect::<Vec<_>>()),
            Error::Resolve(faults) => whose(&faults.iter().map(resolve::Error::fault).collect::<Vec<_>>()),
            _ => 2,
        }
    }

    fn single(&self) -> Diagnostic {
        match self {
            Error::Disk(fault) => disk_fault(fault),
            Error::Hold(_) => self.plain("E003").help("nothing was written; run the command again once that run has ended"),
            Error::ChangedMeanwhile(_) => self.plain("E004").help("look at what changed, and run the command again"),
            Error::NoLock { path } => self.plain("L001").help(no_lock(path)),
            Error::Lock { path, fault } => lock_fault(path, fault),
            Error::SealedForAnother { path, .. } => self
                .plain("L011")
                .at(file(path))
                .help(RESEAL_FOR_BUNDLE),
            Error::RecipientsChanged { path } => {
                Diagnostic::error("L007", "the spec names other recipients than the lock")
                    .at(file(path))
                    .help(RESEAL_TO_RECIPIENTS)
            }
            Error::Render(render::Error { part, unfit_issuer: Some(ca), .. }) => {
                Diagnostic::error("P013", format!("part `{part}` asks for a certificate, and {ca}")).help(ca.help())
            }
            Error::Render(fault) => {
                let diagnostic = Diagnostic::error("R001", format!("part `{}` does not render: {fault}", fault.part));
                match &fault.missing_pin {
                    Some(_) => diagnostic.help("run `ichor lock` to mint what is missing"),
                    None if fault.is_schema => diagnostic.help(
                        "correct the values; where the schema itself is at fault, or lies at an address, write \
                         `skipSchemaValidation: true` beside the chart",
                    ),
                    None => diagnostic,
                }
            }
            Error::Seal(fault) => Diagnostic::error("R002", fault.to_string()),
            Error::NotReproduced { .. } => self.plain("B001"),
            Error::Bundle(_) => self.plain("B002"),
            Error::NotABundle { .. } => self.plain("B003"),
            Error::NotOfLock { bundle, lock, unlike } => {
                let (message, lock) = (format!("{self}: {}", some(unlike, NAMED)), lock.display());
                let help = match unlike.iter().all(bundle::Unlike::is_unknown) {
                    true => format!("`ichor verify {}` builds it anew from spec and lock, and compares all of it", bundle.display()),
                    false => format!("do not use it before you know why; `ichor diff {lock} {}` tells more", bundle.display()),
                };
                Diagnostic::error("B006", message).help(help)
            }
            Error::NoBundle(_) => self.plain("B005").help("run `ichor build` to make `result`, or name another"),
            Error::Open(_) => self.plain("B004"),
            Error::Age(fault) => {
                let diagnostic = Diagnostic::error("A001", fault.to_string());
                match fault.help() {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            }
            Error::NoIdentity => self
                .plain("A002")
                .help("name a file with your age identity or SSH key: `-i key.txt`, or ICHOR_IDENTITY"),
            Error::SecretValues { .. } => {
                self.plain("P001").help("sealed values are a YAML mapping of texts: correct the file, and encrypt it again")
            }
            Error::Import(_) => self.plain("P002"),
            Error::WrongKey { .. } => {
                self.plain("P003").help("take the lock from version control again: it is not for editing")
            }
            Error::NoPin { near, .. } if near.is_empty() => self.plain("P004").help("`ichor certs` lists all"),
            Error::NoPin { near, .. } => {
                let near: Vec<String> = near.iter().map(|it| format!("`{it}`")).collect();
                self.plain("P004").help(format!("did you mean {}? `ichor certs` lists all", near.join(" or ")))
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
                self.plain("P015").at(file(path)).help(help)
            }
            Error::NeedsKey { .. } => {
                self.plain("A002").help("name an identity that opens it: `-i key.txt`, or ICHOR_IDENTITY")
            }
            Error::Held { name, taken, why } => self.plain("P014").help(why.help(name, *taken)),
            Error::Exposed(_) => self
                .plain("P006")
                .help("name a place of your own outside of git, add the file to .gitignore, or say `--force`"),
            Error::NotRotated { .. } => self.plain("P005"),
            Error::Deliver(fault) => match fault {
                target::DeliverError::Dollar { .. } => self.plain("D001").help("write a folder: `-o DIR/`"),
                target::DeliverError::NoTarget(_) => {
                    let names: Vec<&str> = target::TARGETS.iter().map(|(name, _)| *name).collect();
                    self.plain("D002").help(format!("targets are {}", names.join(", ")))
                }
                _ => self.plain("D003"),
            },
            Error::Config { fault, .. } => {
                let diagnostic = self.plain("D004");
                match fault {
                    machine_config::Error::Worker { .. } => diagnostic.help("name the config of a control plane"),
                    machine_config::Error::Twice { .. } => diagnostic.help("keep one of them, or join what they hold"),
                    machine_config::Error::NotAConfig => diagnostic.help("`talosctl gen config` makes one"),
                    _ => diagnostic,
                }
            }
            Error::SopsConfig(path) => self.plain("D013").help(format!(
                "decrypt it on the way: `sops -d {} | ichor open --for machine-config=/dev/stdin -o FILE.sops --sops`",
                path.display()
            )),
            Error::SopsName(path) => {
                let help = format!("name it `{}.sops`: of that, `sops -d` gives back the same bytes", path.display());
                self.plain("D014").help(help)
            }
            Error::SopsNowhere => self.plain("D016").help("name it: `--sops -o FILE.sops`, or a folder: `--sops -o DIR/`"),
            Error::SopsForFlux => self.plain("D015").help("`ichor handoff flux --sops -i KEY` hands secrets over"),
            Error::NoConfig => self.plain("D005").help("name it: `--for machine-config controlplane.yaml`"),
            Error::NeedsFolder(_) => self.plain("D006").help("name it: `-o DIR/`"),
            Error::CannotSplit(_) => self.plain("D007").help("`talos`, `kubectl` and `files` can"),
            Error::OtherBundle { .. } => self.plain("D008").help("name the bundle's own spec: `--spec ichor.yaml`"),
            Error::NoSuchChart { charts, .. } => {
                let help = format!("write `--values PART=FILE`; the spec's charts are {}", charts.join(", "));
                self.plain("D009").help(help)
            }
            Error::NotForFlux { .. } => self
                .plain("D010")
                .help("push the archive to a registry (`helm push`) or unpack it here, and name that in the spec"),
            Error::Exists(_) => self.plain("I001").help("name another place, or move away what is there"),
            Error::NotAsked(_) => self.plain("I003").help("give these flags, or `--yes` to take the defaults"),
            Error::BadRecipient(_) => self.plain("I005").help("`age-keygen -y key.txt` prints the public key"),
            Error::Unanswered => self.plain("I004").help("answer each question, or take the defaults with `--yes`"),
            Error::NoRecipientIn(_) => {
                self.plain("I002").help("write public keys into it, one a line: `age1...`, `ssh-ed25519 ...`")
            }
            Error::Rules { fault, place, .. } => {
                let diagnostic = self.plain("S013").help(fault.help());
                match place {
                    Some(place) => diagnostic.at((**place).clone()),
                    None => diagnostic,
                }
            }
            Error::Remade { parts } => {
                let part = parts.keys().next().map_or("PART", String::as_str);
                let settings: Vec<&str> =
                    parts.values().flat_map(|it| &it.settings).take(8).map(String::as_str).collect();
                let known = if settings.is_empty() {
                    "values under which the chart takes Secrets that are there".to_owned()
                } else {
                    format!("names of the Secrets that are there ({})", settings.join(", "))
                };
                let beside: Vec<String> = parts.values().flat_map(|it| it.beside.iter().cloned()).collect();
                let others = match beside.as_slice() {
                    [] => ", hand them over with `--sops -i KEY`".to_owned(),
                    beside => format!(" (`--sops` cannot keep what stands in other objects too: {})", some(beside, NAMED)),
                };
                self.plain("D012").help(format!(
                    "give it {known} by `--values {part}=FILE`{others}, or accept new keys with `--new-keys`"
                ))
            }
            Error::LaterValues { .. } => self.plain("V005"),
            Error::NoStore => self.plain("E002").help("set ICHOR_STORE or HOME"),
            Error::Git(fault) | Error::NoGit { fault, .. } => match fault.help() {
                Some(help) => self.plain("G001").help(help),
                None => self.plain("G001"),
            },
            Error::Edit { parts, .. } => self.plain("U001").help(format!("the spec's parts are {}", parts.join(", "))),
            Error::NoSuchVersion { .. } => {
                self.plain("U002").help("put the archive there, or name the path of one in place of the version")
            }
            Error::NotAnUpgrade { .. } => self.plain("U003"),
            Error::NoRepository { .. } | Error::NoRevision { .. } => {
                self.plain("G002").help("name a lock, a bundle, a spec or a revision: `main`, `HEAD~3`, `main..HEAD`")
            }
            Error::Shallow { .. } => self
                .plain("G002")
                .help("`git fetch --unshallow` fetches the rest; in CI, `fetch-depth: 0` (GitHub) or `GIT_DEPTH: \"0\"` (GitLab)"),
            Error::NoCommon { .. } => self.plain("G003").help("`A..B` compares two revisions as they stand"),
            Error::Fetch(fault) => fetch_fault(fault),
            Error::Layout(LayoutError::Disk(fault)) => disk_fault(fault),
            Error::Layout(_) => self.plain("V019").help("take vendor from version control again, or move it away and run `ichor vendor`, which fetches all that the lock names"),
            Error::NoSuchPart { parts, .. } => self.plain("L009").help(format!("its parts are {}", parts.join(", "))),
            Error::Spec(_) | Error::Resolve(_) | Error::Fetches(_) | Error::Stale { .. } => self.plain("E000"),
            Error::Envelopes { .. } | Error::BundleEnvelopes { .. } | Error::OutputDiffers { .. } => self.plain("E000"),
        }
    }

    fn plain(&self, code: &'static str) -> Diagnostic {
        Diagnostic::error(code, self.to_string())
    }
}

/// What a release would make anew, by part.
fn remade(parts: &BTreeMap<String, Remade>) -> String {
    let of = |(part, it): (&String, &Remade)| {
        let secrets: Vec<&str> = it.secrets.keys().map(String::as_str).collect();
        format!("{} of part `{part}`", secrets.join(", "))
    };
    let all: Vec<String> = parts.iter().map(of).collect();
    format!("a release would make anew what the bootstrap has made: {}", all.join("; "))
}

impl From<hold::Error> for Error {
    fn from(fault: hold::Error) -> Self {
        match fault {
            hold::Error::Disk(fault) => Error::Disk(fault),
            busy @ hold::Error::Busy { .. } => Error::Hold(busy),
        }
    }
}

/// The exit code of faults: that of the surroundings or of differing content only where all are such.
fn whose(faults: &[Fault]) -> u8 {
    match faults {
        all if all.iter().all(|it| *it == Fault::Surroundings) => 3,
        all if all.iter().all(|it| *it == Fault::Differs) => 1,
        _ => 2,
    }
}

fn disk_fault(fault: &disk::Error) -> Diagnostic {
    let diagnostic = Diagnostic::error("E001", fault.to_string());
    match fault.help() {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn fetch_fault(fault: &SourceError) -> Diagnostic {
    let diagnostic = Diagnostic::error(fault.code, fault.to_string());
    match &fault.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

fn misplaced(lock: &std::path::Path, fault: &EnvelopeFault) -> Diagnostic {
    let (code, help) = if fault.is_unbound() {
        let merged = "if a merge with a branch of before brought it, `ichor reseal -i KEY` binds it";
        ("P011", format!("take the lock from version control again; {merged}"))
    } else {
        ("P003", "take the lock from version control again: it is not for editing".to_owned())
    };
    Diagnostic::error(code, fault.to_string()).at(file(lock)).help(help)
}

/// Names for a message, not more than ten.
fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|it| format!("`{it}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn held(name: &str, taken: u8, why: Held) -> String {
    match why {
        Held::NotNext(step) if taken == 0 => format!("step {step} of rotating `{name}` has no step before it"),
        Held::NotNext(step) => format!("step {step} of rotating `{name}` is not the next: step {taken} of 3 is taken"),
        Held::NotCommitted if taken == 0 => {
            format!("`{name}` was replaced, and the lock with that is not committed yet")
        }
        Held::NotCommitted => {
            format!("step {taken} of 3 of rotating `{name}` is not committed yet, so the next is not taken")
        }
        Held::Young => format!("`{name}` was made within the last day, and no commit holds this lock"),
    }
}

fn no_such_chart(named: &Option<String>) -> String {
    match named {
        Some(part) => format!("the spec has no chart part `{part}`"),
        None => "the spec has not just one chart that these values could be for".into(),
    }
}

fn lock_fault(path: &std::path::Path, fault: &lock::Error) -> Diagnostic {
    let diagnostic = |code| Diagnostic::error(code, fault.to_string()).at(file(path));
    match fault {
        lock::Error::NewerFormat(_) => diagnostic("L002").help("use a newer ichor"),
        lock::Error::NotCanonical { diff, .. } => diagnostic("L003")
            .help(format!("take the lock from version control again: it is not for editing. This is amiss:\n{diff}")),
        lock::Error::Pin { .. } | lock::Error::Name(_) => {
            diagnostic("L004").help("take the lock from version control again: it is not for editing")
        }
        lock::Error::Conflicted { .. } => diagnostic("L012").help(conflicted(path)),
        _ => diagnostic("L005").help(format!("take the lock from version control again; {REBUILT}")),
    }
}

const RESEAL_TO_RECIPIENTS: &str = "run `ichor reseal -i KEY` to seal what the lock holds to the new recipients; they stay the \
                                     same secrets";
const RESEAL_FOR_BUNDLE: &str = "run `ichor reseal -i KEY` to seal what the lock holds for the spec's bundle; they stay the same \
                                 secrets";

/// What to do about a lock that is gone for good: its keys are those of a cluster, and new ones would not fit it.
const REBUILT: &str = "if it is lost, `ichor lock` with `--import` or `--import-secret` takes the keys that the cluster uses; \
                       see \"If you lose the key or the lock\" in the README";

/// A new lock has new keys: right for a new cluster, and wrong for one that runs.
pub(super) fn no_lock(path: &std::path::Path) -> String {
    let path = path.display();
    format!(
        "for a new cluster, run `ichor lock` to make it. For one that runs, take `{path}` from version control again, or where \
         the bundle has a new name, rename its lock too and run `ichor reseal -i KEY`; {REBUILT}"
    )
}

fn conflicted(path: &std::path::Path) -> String {
    let path = super::git::quoted(&path.display().to_string());
    format!(
        "`ichor git-setup` has git merge locks by their parts; then `git checkout --merge -- {path}` does this merge again. \
         It keeps the keys of both sides; join the specs, run `ichor lock`, and `git add {path}`"
    )
}

fn file(path: &std::path::Path) -> Place {
    Place { file: path.display().to_string().into(), text: None, span: 0..0 }
}
