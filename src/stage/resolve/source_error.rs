//! Why a source could not be had.

use std::path::PathBuf;

use crate::base::digest::Digest;
use helm_engine::sprig::semver::ConstraintError;

/// Why a source could not be had. What the system, git or the client of HTTP says is a text in it; all else is data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A path of the spec does not lead to what it should.
    #[error("{fault}")]
    Path {
        /// What is wrong with it, the path included.
        fault: String,
        /// Whether a link leads out of a folder, to what does not belong to it.
        leads_out: bool,
    },
    /// A path that the spec does not name cannot be read or written: of the cache, for one.
    #[error("{fault}")]
    Disk {
        /// What the system says, the path included.
        fault: String,
        /// Whether what was named is wrong, and not the disk.
        is_input: bool,
        /// What to do next.
        help: Option<&'static str>,
    },
    /// Git was asked for a file, and fails.
    #[error("{fault}")]
    Git {
        /// What git says.
        fault: String,
        /// What to do next.
        help: Option<String>,
    },
    /// A commit does not hold a file that the spec names.
    #[error("`{path}` is not in git at {commit}")]
    NotInGit {
        /// The path from the top of the repository.
        path: String,
        /// The commit, or what names it.
        commit: String,
    },
    /// A commit holds but a pointer to a file, whose content lies with git-lfs.
    #[error("`{path}` is kept by git-lfs and is not at hand at {commit}")]
    InLfs {
        /// The path from the top of the repository.
        path: String,
        /// The commit, or what names it.
        commit: String,
    },
    /// The spec is read at a commit, and names a file that lies outside of the repository.
    #[error("`{path}` lies outside of the repository")]
    OutsideGit {
        /// The path as the spec has it.
        path: String,
    },
    /// A file of certificate authorities is broken.
    #[error("`{path}` is no PEM: {fault}", path = path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A file of certificate authorities holds none in PEM.
    #[error("there is no certificate in `{path}`", path = path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// Whether it holds one in DER.
        is_der: bool,
    },
    /// A source, mirror or proxy is no URL.
    #[error("`{text}` is no address: {fault}")]
    NotAnAddress {
        /// What was to be one.
        text: String,
        /// Why it is none.
        fault: url::ParseError,
    },
    /// Something was to be fetched that lies on this machine.
    #[error("`{path}` lies on this machine")]
    NotElsewhere {
        /// The path as the spec has it.
        path: String,
    },
    /// No answer came: the host is not known, the connection broke, or its certificate is not trusted.
    #[error("{fault}")]
    NoAnswer {
        /// What the system or the client of HTTP says.
        fault: String,
        /// What to do next.
        help: &'static str,
    },
    /// The server talks plain HTTP, and was to talk HTTPS.
    #[error("{fault}")]
    WithoutTls {
        /// What the system or the client of HTTP says.
        fault: String,
        /// What to do next.
        help: &'static str,
    },
    /// An answer that is longer than any of its kind.
    #[error("{fault}")]
    TooLong {
        /// What the system or the client of HTTP says.
        fault: String,
        /// What to do next.
        help: &'static str,
    },
    /// The server does not give it to this user (401, 403).
    #[error("{answer}")]
    Refused {
        /// Who was asked.
        host: String,
        /// Address, status and what the server says of it.
        answer: String,
    },
    /// The server does not have it (404, 410).
    #[error("{answer}")]
    Absent {
        /// Who was asked.
        host: String,
        /// Address, status and what the server says of it.
        answer: String,
        /// Whether the server was not shown whose question it is, and may know more for others.
        is_anonymous: bool,
    },
    /// The server answers with any other status.
    #[error("{answer}")]
    Failing {
        /// Address, status and what the server says of it.
        answer: String,
    },
    /// The server answers with what nobody of its kind would.
    #[error("{at} answers with {what}")]
    Odd {
        /// The address.
        at: String,
        /// What came instead.
        what: String,
    },
    /// A registry wants a token, and does not say where to have it.
    #[error("{host} sends for a token to `{realm}`, which is no address: {fault}")]
    TokenAddress {
        /// Who was asked.
        host: String,
        /// Where it sends for a token.
        realm: String,
        /// Why that is no address.
        fault: url::ParseError,
    },
    /// The index of a repository has no chart of that name.
    #[error("`{address}` has no chart `{chart}`")]
    NoSuchChart {
        /// The address of the repository.
        address: String,
        /// The name of the chart.
        chart: String,
    },
    /// What came is not what was asked for or promised.
    #[error("{what} has the digest {found}, but {}", says.of(wanted))]
    OtherDigest {
        /// The content, for people.
        what: String,
        /// The digest of what came.
        found: Digest,
        /// The digest that it should have.
        wanted: String,
        /// Who says so.
        says: Says,
    },
    /// What came is longer or shorter than its manifest says.
    #[error("{what} has {found} bytes, but its manifest says {wanted}")]
    OtherSize {
        /// The content, for people.
        what: String,
        /// Its length in bytes.
        found: u64,
        /// The length in its manifest.
        wanted: u64,
    },
    /// A version has other content than when it was locked.
    #[error("{what} has moved: the lock says {locked}, but there is now {now}")]
    Moved {
        /// The version, for people.
        what: String,
        /// The digest in the lock.
        locked: Digest,
        /// The digest that the server gives now.
        now: Digest,
        /// The part that takes the new content, where the user wants it.
        part: String,
    },
    /// Content is longer than any that is taken, so that it was not fetched.
    #[error("{what} has {size} bytes; no more than {most} are taken")]
    TooLarge {
        /// The content, for people.
        what: String,
        /// Its length in bytes, as its manifest says.
        size: u64,
        /// The most that is taken, in bytes.
        most: u64,
    },
    /// A build wants content that nobody has fetched here.
    #[error("`{key}` ({digest}) is neither in vendor nor in the cache")]
    NotAtHand {
        /// `PART` or `PART/SUBCHART`.
        key: String,
        /// The digest in the lock.
        digest: Digest,
    },
    /// Content that was kept has been changed.
    #[error("`{key}` is damaged: `{path}` does not have the digest in its name", path = path.display())]
    Damaged {
        /// `PART` or `PART/SUBCHART`.
        key: String,
        /// The file.
        path: PathBuf,
    },
    /// The network was forbidden, and is needed.
    #[error("{what} is not at hand, and the network is not to be used")]
    Offline {
        /// The content, for people.
        what: String,
    },
    /// The network was forbidden, and the question was what is new there.
    #[error("newer versions are not known without the network")]
    VersionsOffline,
    /// It is elsewhere, and the caller asks for what is here.
    #[error("`{key}` has not been fetched")]
    NotFetched {
        /// `PART` or `PART/SUBCHART`.
        key: String,
    },
    /// The spec has a source that the lock has not.
    #[error("`{key}` is not in the lock")]
    NotLocked {
        /// `PART` or `PART/SUBCHART`.
        key: String,
    },
    /// The spec has another source for a part than the lock.
    #[error("`{key}`: the source is {wanted}, but the lock says {locked}")]
    LockedOtherwise {
        /// `PART` or `PART/SUBCHART`.
        key: String,
        /// The source in the spec.
        wanted: String,
        /// The source in the lock.
        locked: String,
    },
    /// The lock is of something in a registry, and lacks the digest of its manifest.
    #[error("the lock holds no manifest for {name}")]
    NoManifest {
        /// The name in the registry.
        name: String,
    },
    /// An artifact in a registry is something else than a chart.
    #[error("{name} is no chart: {why}")]
    NotAChart {
        /// The name in the registry.
        name: String,
        /// What it has instead.
        why: String,
    },
    /// An artifact in a registry is something else than a bundle.
    #[error("{name} is no bundle: {why}")]
    NotABundle {
        /// The name in the registry.
        name: String,
        /// What it has instead.
        why: String,
    },
    /// The `index.yaml` of a repository cannot be read.
    #[error("`{url}` is no index of a repository: {fault}")]
    NotAnIndex {
        /// Where it lies.
        url: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The index of a repository has a version, and does not say where it lies.
    #[error("`{address}` lists {chart} {version} without an address")]
    NoAddress {
        /// The address of the repository.
        address: String,
        /// The name of the chart.
        chart: String,
        /// The version.
        version: String,
    },
    /// A chart was fetched, and cannot be unpacked.
    #[error("`{key}` is no chart: {fault}")]
    Unpackable {
        /// `PART` or `PART/SUBCHART`.
        key: String,
        /// What is wrong with it.
        fault: String,
    },
    /// What was given for a version is no constraint.
    #[error(transparent)]
    BadConstraint(#[from] ConstraintError),
    /// No version of a chart is in the constraint.
    #[error("{what} has no {}", constraint.as_ref().map_or("release".to_owned(), |it| format!("version that satisfies `{it}`")))]
    NoVersion {
        /// The chart, for people.
        what: String,
        /// The constraint; absent where any release would do.
        constraint: Option<String>,
        /// The newest version that there is.
        newest: Option<String>,
    },
    /// Neither the host nor a mirror of it.
    #[error("{fault} ({})", mirrors.iter().map(|(name, fault)| format!("mirror {name}: {fault}")).collect::<Vec<_>>().join("; "))]
    NorAtMirrors {
        /// What the host says.
        fault: Box<SourceError>,
        /// What each mirror says, by its name.
        mirrors: Vec<(String, SourceError)>,
    },
}

/// Who says which digest content should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The question itself: content was asked for by its digest.
    Question,
    /// The index of a repository.
    Index,
    /// The spec, with `sha256`.
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
    /// Whether it is the version that is wrong, and not where it is looked for.
    pub(crate) fn is_of_version(&self) -> bool {
        matches!(self, SourceError::BadConstraint(_) | SourceError::NoVersion { .. })
    }

    /// Whether a server, asked last, does not have it.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            SourceError::NorAtMirrors { fault, .. } => fault.is_absent(),
            fault => matches!(fault, SourceError::Absent { .. } | SourceError::NoSuchChart { .. }),
        }
    }

    /// Whether a server does not let this user in, as some say where there is nothing.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            SourceError::NorAtMirrors { fault, .. } => fault.is_refusal(),
            fault => matches!(fault, SourceError::Refused { .. }),
        }
    }

    /// Whether the server gave no answer that can be used, so that it need not be asked for anything else.
    pub(crate) fn is_silence(&self) -> bool {
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
