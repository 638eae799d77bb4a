//! Why a function gave no result.

use std::error::Error;
use std::fmt;

/// The error a template function returns. `message` is Go's wording, without the `error calling f:` that the executor adds.
#[derive(Debug)]
pub struct Failure {
    /// What is told: `can't convert to int`.
    pub message: String,
    /// What lies beneath, where a caller may want its data back: the world's own error, or a nested execution error.
    pub source: Option<Box<dyn Error + 'static>>,
}

impl Failure {
    /// A failure that is no more than what it tells.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), source: None }
    }

    /// A failure that carries a typed error and prints as it does.
    pub fn from_error(source: impl Error + 'static) -> Self {
        Failure { message: source.to_string(), source: Some(Box::new(source)) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref()
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::new(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Failure::new(message)
    }
}
