//! What is wrong with a lock, and what to do about it: its keys are those of a cluster, and new ones would not fit it.

use std::path::Path;

use super::file;
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::base::number::some;
use crate::base::shell;
use crate::stage::lock::{self, EnvelopeFault};
use crate::stage::seal::Difference;
use crate::stage::vendored::Stale;

/// How many are named of a list.
pub(crate) const NAMED: usize = 5;

/// A part that renders otherwise than its lock says.
#[derive(Clone, Debug)]
pub struct Unlike {
    pub part: String,
    /// Whether its text is that of the lock, so that nothing but an edit of the lock makes them differ.
    pub edited: bool,
    pub differences: Vec<Difference>,
}

impl Unlike {
    pub(super) fn diagnostic(&self, lock: &Path) -> Diagnostic {
        let what = some(&self.differences, NAMED);
        let help = match self.edited {
            true => {
                "its text is that of the lock, so somebody edited the lock, or another ichor wrote it: look at its history; \
                 `ichor lock` writes it anew, and shows what it changes"
            }
            false => "run `ichor lock` to bring the lock up to date, and review what it changes",
        };
        let message = format!("part `{}` renders otherwise than the lock says: {what}", self.part);
        Diagnostic::new(Code::L008, message).at(file(lock)).help(help)
    }
}

pub(super) fn diagnostic(path: &Path, fault: &lock::Error) -> Diagnostic {
    let of = |code| Diagnostic::new(code, fault.to_string()).at(file(path));
    match fault {
        lock::Error::NewerFormat(_) => of(Code::L002).help("use a newer ichor"),
        lock::Error::NotCanonical { diff, .. } => of(Code::L003)
            .help(format!("take the lock from version control again: it is not for editing. This is amiss:\n{diff}")),
        lock::Error::Pin { .. } | lock::Error::Name(_) => {
            of(Code::L004).help("take the lock from version control again: it is not for editing")
        }
        lock::Error::Conflicted { .. } => of(Code::L012).help(conflicted(path)),
        _ => of(Code::L005).help(format!("take the lock from version control again; {REBUILT}")),
    }
}

pub(super) fn stale(path: &Path, stale: &Stale) -> Diagnostic {
    Diagnostic::new(Code::L006, stale.to_string()).at(file(path)).help(match stale {
        Stale::Recipients { sealed: true } => RESEAL_TO_RECIPIENTS,
        Stale::Bundle { sealed: true, .. } => RESEAL_FOR_BUNDLE,
        _ => "run `ichor lock` to bring the lock up to date, and review what it changes",
    })
}

pub(super) fn misplaced(lock: &Path, fault: &EnvelopeFault) -> Diagnostic {
    let (code, help) = if fault.is_unbound() {
        let merged = "if a merge with a branch of before brought it, `ichor reseal -i KEY` binds it";
        (Code::P011, format!("take the lock from version control again; {merged}"))
    } else {
        (Code::P003, "take the lock from version control again: it is not for editing".to_owned())
    };
    Diagnostic::new(code, fault.to_string()).at(file(lock)).help(help)
}

pub(crate) const RESEAL_TO_RECIPIENTS: &str = "run `ichor reseal -i KEY` to seal what the lock holds to the new recipients; they stay the \
                                     same secrets";
pub(crate) const RESEAL_FOR_BUNDLE: &str = "run `ichor reseal -i KEY` to seal what the lock holds for the spec's bundle; they stay the same \
                                 secrets";

/// What to do about a lock that is gone for good.
const REBUILT: &str = "if it is lost, `ichor lock` with `--import` or `--import-secret` takes the keys that the cluster uses; \
                       see \"If you lose the key or the lock\" in docs/how-to/lost.md";

/// A new lock has new keys: right for a new cluster, and wrong for one that runs.
pub fn no_lock(path: &Path) -> String {
    let path = path.display();
    format!(
        "for a new cluster, run `ichor lock` to make it. For one that runs, take `{path}` from version control again, or where \
         the bundle has a new name, rename its lock too and run `ichor reseal -i KEY`; {REBUILT}"
    )
}

fn conflicted(path: &Path) -> String {
    let path = shell::quoted(&path.display().to_string());
    format!(
        "`ichor git-setup` has git merge locks by their parts; then `git checkout --merge -- {path}` does this merge again. \
         It keeps the keys of both sides; join the specs, run `ichor lock`, and `git add {path}`"
    )
}
