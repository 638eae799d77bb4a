//! What to tell of a source that could not be had: under which code, and what to do.

use super::source_error::{Says, SourceError};
use crate::base::code::Code;

impl SourceError {
    /// The code that it is told under.
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
}

fn login(host: &str) -> String {
    format!("log in with `docker login {host}`, `podman login` or `helm registry login`")
}
