//! Why a source could not be had.

use std::path::PathBuf;

use crate::base::code::Code;
use crate::base::digest::Digest;
use helm_engine::sprig::semver::ConstraintError;

/// Why a source could not be had. What the system, git or the client of HTTP says is a text in it; all else is data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A path of the spec; `leads_out` of a link from a folder to what does not belong to it.
    #[error("{fault}")]
    Path { fault: String, leads_out: bool },
    /// Any other path.
    #[error("{fault}")]
    Disk { fault: String, is_input: bool, help: Option<&'static str> },
    #[error("{fault}")]
    Git { fault: String, help: Option<String> },
    #[error("`{path}` is not in git at {commit}")]
    NotInGit { path: String, commit: String },
    #[error("`{path}` is kept by git-lfs and is not at hand at {commit}")]
    InLfs { path: String, commit: String },
    #[error("`{path}` lies outside of the repository")]
    OutsideGit { path: String },
    #[error("`{path}` is no PEM: {fault}", path = path.display())]
    NotPem { path: PathBuf, fault: String },
    #[error("there is no certificate in `{path}`", path = path.display())]
    NoCertificate { path: PathBuf, is_der: bool },
    #[error("`{text}` is no address: {fault}")]
    NotAnAddress { text: String, fault: url::ParseError },
    #[error("`{path}` lies on this machine")]
    NotElsewhere { path: String },
    #[error("{fault}")]
    NoAnswer { fault: String, help: &'static str },
    #[error("{fault}")]
    WithoutTls { fault: String, help: &'static str },
    /// An answer that is longer than any of its kind.
    #[error("{fault}")]
    TooLong { fault: String, help: &'static str },
    #[error("{answer}")]
    Refused { host: String, answer: String },
    /// `is_anonymous` where the server was not shown whose question it is.
    #[error("{answer}")]
    Absent { host: String, answer: String, is_anonymous: bool },
    #[error("{answer}")]
    Failing { answer: String },
    #[error("{at} answers with {what}")]
    Odd { at: String, what: String },
    #[error("{host} sends for a token to `{realm}`, which is no address: {fault}")]
    TokenAddress { host: String, realm: String, fault: url::ParseError },
    #[error("`{address}` has no chart `{chart}`")]
    NoSuchChart { address: String, chart: String },
    #[error("{what} has the digest {found}, but {}", says.of(wanted))]
    OtherDigest { what: String, found: Digest, wanted: String, says: Says },
    #[error("{what} has {found} bytes, but its manifest says {wanted}")]
    OtherSize { what: String, found: u64, wanted: u64 },
    #[error("{what} has moved: the lock says {locked}, but there is now {now}")]
    Moved { what: String, locked: Digest, now: Digest, part: String },
    #[error("{what} has {size} bytes; no more than {most} are taken")]
    TooLarge { what: String, size: u64, most: u64 },
    #[error("`{key}` ({digest}) is neither in vendor nor in the cache")]
    NotAtHand { key: String, digest: Digest },
    #[error("`{key}` is damaged: `{path}` does not have the digest in its name", path = path.display())]
    Damaged { key: String, path: PathBuf },
    #[error("{what} is not at hand, and the network is not to be used")]
    Offline { what: String },
    #[error("newer versions are not known without the network")]
    VersionsOffline,
    /// It is elsewhere, and the caller asks for what is here.
    #[error("`{key}` has not been fetched")]
    NotFetched { key: String },
    #[error("`{key}` is not in the lock")]
    NotLocked { key: String },
    #[error("`{key}`: the source is {wanted}, but the lock says {locked}")]
    LockedOtherwise { key: String, wanted: String, locked: String },
    #[error("the lock holds no manifest for {name}")]
    NoManifest { name: String },
    #[error("{name} is no chart: {why}")]
    NotAChart { name: String, why: String },
    #[error("{name} is no bundle: {why}")]
    NotABundle { name: String, why: String },
    #[error("`{url}` is no index of a repository: {fault}")]
    NotAnIndex { url: String, fault: String },
    #[error("`{address}` lists {chart} {version} without an address")]
    NoAddress { address: String, chart: String, version: String },
    #[error("`{key}` is no chart: {fault}")]
    Unpackable { key: String, fault: String },
    #[error(transparent)]
    BadConstraint(#[from] ConstraintError),
    #[error("{what} has no {}", constraint.as_ref().map_or("release".to_owned(), |it| format!("version that satisfies `{it}`")))]
    NoVersion { what: String, constraint: Option<String>, newest: Option<String> },
    /// Neither the host nor a mirror of it.
    #[error("{fault} ({})", mirrors.iter().map(|(name, fault)| format!("mirror {name}: {fault}")).collect::<Vec<_>>().join("; "))]
    NorAtMirrors { fault: Box<SourceError>, mirrors: Vec<(String, SourceError)> },
}

/// Who says which digest content should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The question itself: content was asked for by its digest.
    Question,
    Index,
    Spec,
}

impl Says {
    fn of(self, wanted: &str) -> String {
        match self {
            Says::Question => format!("{wanted} was asked for"),
            Says::Index => format!("the index says {wanted}"),
            Says::Spec => format!("the spec says {wanted}"),
        }
    }
}

impl SourceError {
    pub fn code(&self) -> Code {
        use SourceError::*;
        match self {
            Path { .. } => Code::V001,
            Disk { is_input: true, .. } => Code::E001,
            Disk { is_input: false, .. } => Code::E005,
            Git { .. } => Code::G001,
            NotInGit { .. } | InLfs { .. } | OutsideGit { .. } => Code::V024,
            NotPem { .. } | NoCertificate { .. } => Code::V020,
            NotAnAddress { .. } | NotElsewhere { .. } => Code::V021,
            NoAnswer { .. } | Failing { .. } | Odd { .. } => Code::V010,
            WithoutTls { .. } => Code::V015,
            Refused { .. } | TokenAddress { .. } => Code::V011,
            Absent { .. } | NoSuchChart { .. } => Code::V012,
            OtherDigest { .. } | OtherSize { .. } | TooLong { .. } => Code::V013,
            Moved { .. } => Code::V014,
            TooLarge { .. } => Code::V023,
            NotAtHand { .. } | Damaged { .. } | Offline { .. } | VersionsOffline | NotFetched { .. } => Code::V016,
            NotLocked { .. } | LockedOtherwise { .. } | NoManifest { .. } => Code::L006,
            NotAChart { .. } | NotABundle { .. } | NotAnIndex { .. } | NoAddress { .. } => Code::V017,
            Unpackable { .. } => Code::V002,
            BadConstraint(_) => Code::V004,
            NoVersion { .. } => Code::V018,
            NorAtMirrors { fault, .. } => fault.code(),
        }
    }

    /// What to do.
    pub fn help(&self) -> Option<String> {
        use SourceError::*;
        let said = match self {
            Path { leads_out: true, .. } => "put a copy of the file there: what the folder holds becomes public",
            Disk { help, .. } => return help.map(str::to_owned),
            Git { help, .. } => return help.clone(),
            InLfs { .. } => "`git lfs pull` fetches what it keeps",
            NoCertificate { is_der: true, .. } => "it is in DER: `openssl x509 -inform DER` writes PEM",
            NoAnswer { help, .. } | WithoutTls { help, .. } | TooLong { help, .. } => help,
            Refused { host, .. } => return Some(login(host)),
            Absent { host, is_anonymous: true, .. } => {
                return Some(format!("look at the source's name and version; if it is private, {}", login(host)));
            }
            Absent { .. } => "look at the source's name and version",
            Failing { .. } => "look at the network and the server, and run the command again",
            Odd { .. } => {
                "something else than a registry may answer there: look at the address, and at proxies on the way"
            }
            NoSuchChart { .. } => "look at the source's name",
            OtherDigest { says: Says::Question, .. } | OtherSize { .. } => {
                "the server or something on the way to it is broken or lies; nothing was kept"
            }
            OtherDigest { says: Says::Index, .. } => {
                "the server sent other content than it announced, or a proxy changed it; nothing was kept"
            }
            OtherDigest { says: Says::Spec, .. } => "if you trust the new content, write its digest into the spec",
            Moved { part, .. } => {
                let help = format!("ask its publisher why; `ichor lock --update {part}` takes the new content");
                return Some(help);
            }
            NotAtHand { .. } => "run `ichor vendor` to fetch it",
            Damaged { .. } => "run `ichor vendor`, which fetches it anew",
            Offline { .. } | VersionsOffline => "run the command without `--offline`",
            NotLocked { .. } | LockedOtherwise { .. } => {
                "run `ichor lock` to bring the lock up to date, and review what it changes"
            }
            NoManifest { .. } => "run `ichor lock`",
            NotAChart { .. } => "a chart is what `helm push` makes",
            NotABundle { .. } => "a bundle is what `ichor push` puts there",
            NoAddress { .. } => "name another version, or tell its keeper",
            NoVersion { newest: Some(newest), .. } => return Some(format!("the newest is {newest}")),
            NoVersion { newest: None, .. } => "it has no versions at all",
            NorAtMirrors { fault, .. } => return fault.help(),
            Path { .. } | NotInGit { .. } | OutsideGit { .. } | NotPem { .. } | NoCertificate { .. } => return None,
            NotAnAddress { .. } | NotElsewhere { .. } | TokenAddress { .. } | TooLarge { .. } => return None,
            NotFetched { .. } | NotAnIndex { .. } | Unpackable { .. } | BadConstraint(_) => return None,
        };
        Some(said.to_owned())
    }

    /// Whether it is the version that is wrong, and not where it is looked for.
    pub fn is_of_version(&self) -> bool {
        matches!(self, SourceError::BadConstraint(_) | SourceError::NoVersion { .. })
    }

    /// Whether a server, asked last, does not have it.
    pub fn is_absent(&self) -> bool {
        match self {
            SourceError::NorAtMirrors { fault, .. } => fault.is_absent(),
            fault => matches!(fault, SourceError::Absent { .. } | SourceError::NoSuchChart { .. }),
        }
    }

    /// Whether the server gave no answer that can be used, so that it need not be asked for anything else.
    pub fn is_silence(&self) -> bool {
        matches!(self, SourceError::NoAnswer { .. } | SourceError::Failing { .. } | SourceError::Odd { .. })
    }

    /// The same, once mirrors were asked in vain.
    #[must_use]
    pub fn after(self, mirrors: Vec<(String, SourceError)>) -> SourceError {
        match mirrors.is_empty() {
            true => self,
            false => SourceError::NorAtMirrors { fault: Box::new(self), mirrors },
        }
    }
}

fn login(host: &str) -> String {
    format!("log in with `docker login {host}`, `podman login` or `helm registry login`")
}
