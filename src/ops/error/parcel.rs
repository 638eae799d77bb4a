//! Why parcels, signatures and statements are not taken, as it is told.

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::edge::parcel::ParcelError;
use crate::edge::signed::SignatureError;
use crate::edge::ssh::SshError;
use crate::ops::attest::AttestError;
use crate::ops::parcel::PackError;
use crate::ops::signed::Unsigned;
use crate::workspace::error;

pub(super) fn parcel(fault: &ParcelError) -> Diagnostic {
    let plain = |code: Code, help: &str| Diagnostic::new(code, fault.to_string()).help(help);
    match fault {
        ParcelError::Disk(fault) => error::disk_fault(fault),
        ParcelError::Layout(_) | ParcelError::Changed(_) => {
            plain(Code::V019, "`ichor vendor --check --images` says what is wrong with vendor")
        }
        ParcelError::NotAParcel(_) => plain(Code::B008, "name a file that `ichor pack` wrote"),
        ParcelError::Damaged { .. } | ParcelError::Index { .. } => {
            plain(Code::B009, "carry the file again: it was damaged on the way, or somebody changed it")
        }
        ParcelError::NoBase { .. } => plain(
            Code::B010,
            "name that parcel, or the folder that it was unpacked into, with `--base`, or have one packed without `--since`",
        ),
    }
}

pub(super) fn pack(fault: &PackError) -> Diagnostic {
    let (code, help) = match fault {
        PackError::FromGitOps(_) => (Code::B011, "name its chart and values in the spec itself"),
        PackError::NotVendored(_) => (Code::V016, "`ichor vendor` fetches everything that the lock names"),
        PackError::Name(_) | PackError::ToolTwice(_) => (Code::B011, "give it another name"),
    };
    Diagnostic::new(code, fault.to_string()).help(help)
}

pub(super) fn attest(fault: &AttestError) -> Diagnostic {
    let plain = |code: Code, help: &str| Diagnostic::new(code, fault.to_string()).help(help);
    match fault {
        AttestError::Ssh(SshError::Nobody(_)) => plain(
            Code::B012,
            "do not use the file before you know who signed it; `--signers FILE` names whose signatures count",
        ),
        AttestError::Ssh(SshError::NoProgram) => plain(Code::E009, "install OpenSSH, whose program it is"),
        AttestError::Ssh(_) => plain(Code::E009, "name an SSH key that can sign, with `--key`"),
        AttestError::NotRebuilt(_) => plain(Code::B001, "`ichor verify` says what differs"),
        AttestError::TooFew { passed_over, .. } => {
            let told = passed_over.iter().map(|it| format!("; {it}")).collect::<String>();
            Diagnostic::new(Code::B013, format!("{fault}{told}"))
                .help("have more people run `ichor attest`, or look at why theirs do not count")
        }
        AttestError::NoSigners => plain(
            Code::B012,
            "name a file of signers with `--signers`: a line `NAME KEY` each, as OpenSSH's `allowed_signers`",
        ),
        AttestError::NoSignature { .. } => plain(Code::B012, "`ichor sign` makes it"),
    }
}

/// A chart or an image that is not signed as the spec asks.
pub(super) fn unsigned(it: &Unsigned) -> Diagnostic {
    let (code, help) = match &it.fault {
        SignatureError::None { .. } | SignatureError::NotBy { .. } => {
            (Code::V027, "find out who made it before you use it; where somebody else may sign it, say so there")
        }
        SignatureError::Means(_) => (Code::V028, "name a file of that kind, as `ichor schema --markdown` says"),
        SignatureError::NoProgram => (Code::E010, "install GnuPG, whose program it is"),
        SignatureError::Run(_) => (Code::E010, "look at whether GnuPG works here"),
    };
    Diagnostic::new(code, format!("{}: {}", it.what, it.fault)).at(it.place.clone()).help(help)
}
