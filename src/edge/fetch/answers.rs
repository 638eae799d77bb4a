//! Answers that are not what was asked for, as faults of a source.

use std::fmt;

use url::Url;

use super::failure::{HttpError, HttpFault};
use super::http::{Answer, shown, status_text};
use crate::base::digest::Digest;
use crate::stage::resolve::{Says, SourceError};

/// What the server was shown of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tried {
    /// The server did not ask.
    #[default]
    Unasked,
    Credentials(String),
    /// There were none, or none that can be sent; why, where that is known.
    Nothing(Option<String>),
    /// Nothing at first, and then, of its own accord, the credentials of this user.
    Both {
        user: String,
        status: u16,
    },
    /// There is a token, where only a password can be sent.
    NoPassword,
}

impl Tried {
    /// Whether the last word was said to somebody the server does not know, or does not know enough.
    fn is_anonymous(&self) -> bool {
        !matches!(self, Tried::Unasked | Tried::Credentials(_))
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tried::Unasked => Ok(()),
            Tried::Credentials(of) => write!(f, " (with {of})"),
            Tried::Nothing(None) => f.write_str(" (without credentials)"),
            Tried::Nothing(Some(why)) => write!(f, " (without credentials: {why})"),
            Tried::Both { user, status } => {
                write!(f, " (without credentials, and {} with those of `{user}`)", status_text(*status))
            }
            Tried::NoPassword => f.write_str(" (without a password: for this host there is a token)"),
        }
    }
}

/// Whether bytes have a digest.
pub fn verified(what: &str, bytes: Vec<u8>, wanted: &Digest) -> Result<Vec<u8>, SourceError> {
    let found = Digest::of(&bytes);
    if found == *wanted {
        return Ok(bytes);
    }
    Err(SourceError::OtherDigest { what: what.into(), found, wanted: wanted.to_string(), says: Says::Question })
}

/// No answer came.
pub fn unreachable(fault: &HttpError) -> SourceError {
    let (kind, fault, help) = (fault.kind, fault.message.clone(), fault.kind.help());
    match kind {
        HttpFault::Plain => SourceError::WithoutTls { fault, help },
        HttpFault::TooLarge => SourceError::TooLong { fault, help },
        _ => SourceError::NoAnswer { fault, help },
    }
}

/// An answer other than what was asked for.
pub fn status_fault(url: &Url, host: &str, answer: &Answer, tried: &Tried) -> SourceError {
    let said = said(&answer.body).map(|it| format!(": {it}")).unwrap_or_default();
    let (host, status) = (host.to_owned(), answer.status);
    let answer = format!("{} answers {}{tried}{said}", shown(url), status_text(status));
    match status {
        401 | 403 => SourceError::Refused { host, answer },
        404 | 410 => SourceError::Absent { host, answer, is_anonymous: tried.is_anonymous() },
        _ => SourceError::Failing { answer },
    }
}

/// What a registry itself says is wrong, as the distribution specification has it; on one line, and no more of it than
/// that.
fn said(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let first = body.get("errors")?.get(0)?;
    let texts = [first.get("message"), first.get("code")].into_iter().flatten().filter_map(|it| it.as_str());
    let text = texts.map(str::trim).find(|it| !it.is_empty())?;
    let plain = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    Some(format!("`{}`", plain.take(200).collect::<String>()))
}

/// An answer that no registry would give.
pub fn odd(url: &Url, what: &str) -> SourceError {
    SourceError::Odd { at: shown(url), what: what.into() }
}
