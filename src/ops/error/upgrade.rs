//! Why another version is not taken.

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::stage::spec::edit::EditError;

#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    #[error("{fault}")]
    Edit { fault: EditError, parts: Vec<String> },
    #[error("there is no `{path}` for version {version}")]
    NoSuchVersion { version: String, path: String },
    #[error("`{path}` is no chart: {message}")]
    NotAnUpgrade { path: String, message: String },
}

impl UpgradeError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let of = |code| Diagnostic::new(code, self.to_string());
        match self {
            UpgradeError::Edit { parts, .. } => {
                of(Code::U001).help(format!("the spec's parts are {}", parts.join(", ")))
            }
            UpgradeError::NoSuchVersion { .. } => {
                of(Code::U002).help("put the archive there, or name the path of one in place of the version")
            }
            UpgradeError::NotAnUpgrade { .. } => of(Code::U003),
        }
    }
}
