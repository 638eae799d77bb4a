//! Why no first spec is written.

use std::path::PathBuf;

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InitError {
    #[error("{} would be replaced", .0.iter().map(|it| format!("`{}`", it.display())).collect::<Vec<_>>().join(", "))]
    Exists(Vec<PathBuf>),
    #[error("{0}")]
    BadRecipient(String),
    #[error("there is no terminal to ask on, and nothing says {}", .0.join(", "))]
    NotAsked(Vec<&'static str>),
    #[error("the input ended before the last question was answered; nothing was written")]
    Unanswered,
    #[error("`--from {0}` is not known")]
    NoTool(String),
    #[error("`{}` holds no public key", .0.display())]
    NoRecipientIn(PathBuf),
}

impl InitError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let (code, help) = match self {
            InitError::Exists(_) => (Code::I001, "name another place, or move away what is there"),
            InitError::NoRecipientIn(_) => {
                (Code::I002, "write public keys into it, one a line: `age1...`, `ssh-ed25519 ...`")
            }
            InitError::NoTool(_) => (Code::V022, "write `--from flux PATH`"),
            InitError::NotAsked(_) => (Code::I003, "give these flags, or `--yes` to take the defaults"),
            InitError::Unanswered => (Code::I004, "answer each question, or take the defaults with `--yes`"),
            InitError::BadRecipient(_) => (Code::I005, "`age-keygen -y key.txt` prints the public key"),
        };
        Diagnostic::new(code, self.to_string()).help(help)
    }
}
