//! Why a pin is not rotated.

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::ops::rotate::Held;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    #[error("there is no pin `{name}`")]
    NoPin { name: String, near: Vec<String> },
    #[error("rotating `{name}` needs the key of its CA, `{key}`")]
    NeedsKey { name: String, key: String },
    #[error("{}", held(name, *taken, *why))]
    Held { name: String, taken: u8, why: Held },
    #[error("the pin `{name}` cannot be rotated: {reason}")]
    NotRotated { name: String, reason: String },
}

impl RotateError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let of = |code| Diagnostic::new(code, self.to_string());
        match self {
            RotateError::NoPin { near, .. } if near.is_empty() => of(Code::P004).help("`ichor certs` lists all"),
            RotateError::NoPin { near, .. } => {
                let near: Vec<String> = near.iter().map(|it| format!("`{it}`")).collect();
                of(Code::P004).help(format!("did you mean {}? `ichor certs` lists all", near.join(" or ")))
            }
            RotateError::NeedsKey { .. } => {
                of(Code::A002).help("name an identity that opens it: `-i key.txt`, or ICHOR_IDENTITY")
            }
            RotateError::Held { name, taken, why } => of(Code::P014).help(why.help(name, *taken)),
            RotateError::NotRotated { .. } => of(Code::P005),
        }
    }
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
