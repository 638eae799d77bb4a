//! What go-yaml says when a text is no YAML.

use std::borrow::Cow;
use std::fmt;

/// A position in the text: line and column from 0, both counted as go-yaml does, and the byte offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Characters before this one.
    pub index: usize,
    /// Line ends before this one.
    pub line: usize,
    /// Characters before this one in its line.
    pub column: usize,
    /// Bytes before this one, in the text as read (a leading byte order mark counts).
    pub offset: usize,
}

/// An error of the reader, scanner, parser or composer. It prints as `gopkg.in/yaml.v2` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// What is wrong, without `yaml:` and the line: `did not find expected key`.
    pub problem: Cow<'static, str>,
    /// The line go-yaml names, which is not always the true one; `None` where it names none.
    pub go_line: Option<usize>,
    /// Where it truly happened.
    pub mark: Mark,
}

impl YamlError {
    /// A fault without a line in go-yaml's text.
    pub fn plain(problem: impl Into<Cow<'static, str>>, mark: Mark) -> Self {
        YamlError { problem: problem.into(), go_line: None, mark }
    }

    /// A fault of the scanner. go-yaml counts lines from 1 here, but omits the first.
    pub fn scanner(problem: impl Into<Cow<'static, str>>, mark: Mark) -> Self {
        let go_line = (mark.line != 0).then_some(mark.line + 1);
        YamlError { problem: problem.into(), go_line, mark }
    }

    /// A fault of the parser. go-yaml counts lines from 0 here, and omits the first.
    pub fn parser(problem: impl Into<Cow<'static, str>>, mark: Mark) -> Self {
        let go_line = (mark.line != 0).then_some(mark.line);
        YamlError { problem: problem.into(), go_line, mark }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("yaml: ")?;
        if let Some(line) = self.go_line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for YamlError {}
