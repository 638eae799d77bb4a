//! Why an execution failed.

use std::error::Error;
use std::fmt;

use crate::strconv;
use crate::value::Str;

/// An execution error. Prints as Go does:
/// `template: FILE:LINE:COLUMN: executing "TEMPLATE" at <CONTEXT>: MESSAGE`.
#[derive(Debug)]
pub struct ExecError {
    /// The name of the template that was being executed, or asked for.
    pub template: Str,
    /// Where it happened; `None` where no template was being executed yet, and then `message` is all there is.
    pub place: Option<TemplatePlace>,
    /// What happened: `error calling fail: no`.
    pub message: String,
    /// What a function failed with, where that is more than a message: the world's own error, or the `ExecError` of
    /// a nested execution.
    pub source: Option<Box<dyn Error + 'static>>,
}

/// A place in a template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePlace {
    /// The name of the text the template was parsed from.
    pub file: Str,
    /// Counted from 1.
    pub line: usize,
    /// In bytes, counted from 0.
    pub column: usize,
    /// The part of the template that was being evaluated, as text.
    pub context: String,
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(TemplatePlace { file, line, column, context }) = &self.place {
            let name = strconv::quote(&self.template);
            write!(f, "template: {file}:{line}:{column}: executing {name} at <{context}>: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Error for ExecError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref()
    }
}
