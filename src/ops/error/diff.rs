//! Why two sides cannot be compared.

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::edge::git;

#[derive(Debug, thiserror::Error)]
pub enum DiffError {
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
}

impl DiffError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let of = |code| Diagnostic::new(code, self.to_string());
        match self {
            DiffError::NoGit { fault, .. } => Diagnostic { help: fault.help(), ..of(Code::G001) },
            DiffError::NoRepository { .. } | DiffError::NoRevision { .. } => {
                of(Code::G002).help("name a lock, a bundle, a spec or a revision: `main`, `HEAD~3`, `main..HEAD`")
            }
            DiffError::Shallow { .. } => of(Code::G002).help(
                "`git fetch --unshallow` fetches the rest; in CI, `fetch-depth: 0` (GitHub) or `GIT_DEPTH: \"0\"` (GitLab)",
            ),
            DiffError::NoCommon { .. } => of(Code::G003).help("`A..B` compares two revisions as they stand"),
        }
    }
}
