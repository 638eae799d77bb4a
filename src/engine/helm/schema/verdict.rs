//! Whether a text is of a format, and if not, why.

pub(super) type Judged = Result<(), String>;

pub(super) fn fail(message: impl Into<String>) -> Judged {
    Err(message.into())
}
