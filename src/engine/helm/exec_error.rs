//! Go's errors of parsing and executing templates in Helm's words.

use std::fmt;

use crate::gotmpl::{ExecError, ParseError};
use crate::value::Str;

/// A template that does not parse or does not execute. Prints as Helm prints it.
#[derive(Debug)]
pub enum TemplateError {
    /// The text is no template.
    Parse {
        /// The path of the file from the root chart on.
        template: Str,
        /// Where and why, as Go tells it.
        cause: ParseError,
    },
    /// The template came to an action that fails.
    Exec {
        /// The path of the file from the root chart on.
        template: Str,
        /// Where and why, as Go tells it.
        cause: Box<ExecError>,
        /// Whether a chain of errors is told line by line, as Helm 4 does.
        by_line: bool,
    },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Parse { template, cause } => f.write_str(&parse_text(template, &cause.to_string())),
            TemplateError::Exec { template, cause, by_line } => {
                f.write_str(&exec_text(template, &cause.to_string(), *by_line))
            }
        }
    }
}

impl std::error::Error for TemplateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TemplateError::Parse { cause, .. } => Some(cause),
            TemplateError::Exec { cause, .. } => Some(cause.as_ref()),
        }
    }
}

/// What `fail` and `required` put around their message, so that it is found in the middle of a chain of errors.
pub(super) const MARK_START: &str = "HELM_ERR_START";
pub(super) const MARK_END: &str = "HELM_ERR_END";

/// Mirrors `cleanupParseError`.
fn parse_text(template: &Str, text: &str) -> String {
    let tokens: Vec<&str> = text.split(": ").collect();
    match tokens.as_slice() {
        [_, location, .., message] => format!("parse error at ({location}): {message}"),
        [_, message] => format!("parse error at ({message}): {message}"),
        _ => format!("parse error in ({template}): {text}"),
    }
}

/// Mirrors `cleanupExecError` of Helm 3 and `reformatExecErrorMsg` of Helm 4, which tells by line: a chain of template errors down to its end is told line by line; where a function
/// failed with an error of its own, the text stays as Go has it.
fn exec_text(template: &Str, text: &str, by_line: bool) -> String {
    let mut tokens = text.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({template}): {text}");
    };
    if let Some(message) = marked(rest) {
        return format!("execution error at ({location}): {message}");
    }
    if !by_line {
        return text.to_owned();
    }
    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut current = Some(text);
    while let Some(text) = current {
        let Some(step) = Step::parse(text) else { return steps.first().map_or(text, |it| it.whole).to_owned() };
        current = step.cause;
        if steps.last() != Some(&step) {
            steps.push(step);
        }
    }
    let told: String = steps.iter().map(Step::told).collect();
    told.trim().to_owned()
}

/// The text between the first start mark and the last end mark.
fn marked(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(MARK_START)?;
    rest.rsplit_once(MARK_END).map(|(message, _)| message)
}

/// One error of a chain.
#[derive(Debug, PartialEq, Eq)]
struct Step<'a> {
    whole: &'a str,
    location: &'a str,
    executing: Option<(&'a str, &'a str)>,
    message: &'a str,
    /// The error a function failed with.
    cause: Option<&'a str>,
}

impl<'a> Step<'a> {
    /// `None` where the text is no error of `text/template`.
    fn parse(whole: &'a str) -> Option<Self> {
        let rest = whole.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Step { whole, location: "", executing: None, message: whole, cause: None });
        }
        if let Some((location, after)) = rest.split_once(": executing ")
            && let Some((name, after)) = after.strip_prefix('"').and_then(|it| it.split_once('"'))
            && let Some((context, full)) = after.strip_prefix(" at <").and_then(|it| it.split_once(">: "))
        {
            let message = full.split_once(" template:").map_or(full, |(before, _)| before);
            let cause = full.strip_prefix("error calling ").and_then(|it| it.split_once(": ")).map(|(_, cause)| cause);
            return Some(Step { whole, location, executing: Some((name, context)), message, cause });
        }
        let (location, message) = rest.rsplit_once(": ")?;
        Some(Step { whole, location, executing: None, message, cause: None })
    }

    fn told(&self) -> String {
        let location = if self.location.is_empty() { String::new() } else { format!("{}\n  ", self.location) };
        let executing = self
            .executing
            .map_or_else(String::new, |(name, context)| format!("executing \"{name}\" at <{context}>:\n    "));
        format!("{location}{executing}{}\n", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        assert_eq!(exec_text(&"t".into(), text, true), want);
    }

    #[test]
    fn tells_a_chain_line_by_line() {
        check(
            "template: c/t.yaml:2:10: executing \"c/t.yaml\" at <.Values.a.b>: nil pointer evaluating interface {}.b",
            "c/t.yaml:2:10\n  executing \"c/t.yaml\" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b",
        );
        check(
            "template: c/t.yaml:1:3: executing \"c/t.yaml\" at <include \"n\" .>: error calling include: template: no \
             template \"n\" associated with template \"gotpl\"",
            "c/t.yaml:1:3\n  executing \"c/t.yaml\" at <include \"n\" .>:\n    error calling include:\ntemplate: no \
             template \"n\" associated with template \"gotpl\"",
        );
    }

    #[test]
    fn leaves_a_chain_as_go_has_it_for_helm_3() {
        let text =
            "template: c/t.yaml:1:3: executing \"c/t.yaml\" at <or>: wrong number of args for or: want at least 1";
        assert_eq!(exec_text(&"t".into(), text, false), text);
        let failed =
            "template: t:1:3: executing \"t\" at <fail \"x\">: error calling fail: HELM_ERR_STARTxHELM_ERR_END";
        assert_eq!(exec_text(&"t".into(), failed, false), "execution error at (t:1:3): x");
    }

    #[test]
    fn leaves_a_functions_own_error_alone() {
        let text = "template: t:1:3: executing \"t\" at <.Files.Lines>: error calling Lines: runtime error: index out of \
                    range [-1]";
        check(text, text);
    }

    #[test]
    fn finds_the_message_of_fail() {
        check(
            "template: t:1:3: executing \"t\" at <include \"x\" .>: error calling include: template: h:2:4: executing \
             \"x\" at <fail \"boo\">: error calling fail: HELM_ERR_STARTboo: hooHELM_ERR_END",
            "execution error at (t:1:3): boo: hoo",
        );
    }
}
