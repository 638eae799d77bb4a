//! The one place that prints diagnostics.

use std::borrow::Cow;
use std::io;
use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use ichor::base::code::Severity;
use ichor::base::diagnostic::Diagnostic;
pub use ichor::base::stars::without_keys;
use ichor::ops::Error;

/// Prints diagnostics to standard error: what is wrong, where with the line shown, and what to do next.
pub fn print(diagnostics: &[Diagnostic]) {
    diagnostics.iter().for_each(|it| print_as(it, it.severity()));
}

/// Prints what is told beside a result: as warnings, since the command did what it was asked.
pub fn warn(diagnostics: &[Diagnostic]) {
    diagnostics.iter().for_each(|it| print_as(it, Severity::Warning));
}

/// Prints why a verb failed, and gives the exit code that says so.
pub fn fail(fault: &Error) -> ExitCode {
    print(&fault.diagnostics());
    ExitCode::from(fault.exit().number())
}

fn print_as(diagnostic: &Diagnostic, severity: Severity) {
    let renderer = if crate::takes_colour(&io::stderr()) { Renderer::styled() } else { Renderer::plain() };
    complain!("{}", renderer.render(&[group(diagnostic, severity)]));
}

fn group(diagnostic: &Diagnostic, severity: Severity) -> Group<'_> {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(cut(&diagnostic.message)).id(diagnostic.code.name());
    let help = diagnostic.help.as_ref().map(|it| Level::HELP.message(cut(it)));
    let mut group = match &diagnostic.place {
        Some(place) => match &place.text {
            Some(text) => {
                let end = place.span.end.min(text.len());
                let start = place.span.start.min(end);
                title.element(
                    Snippet::source(without_keys(text))
                        .path(without_keys(&place.file))
                        .annotation(AnnotationKind::Primary.span(start..end)),
                )
            }
            None => title.element(annotate_snippets::Origin::path(without_keys(&place.file))),
        },
        None => Group::with_title(title),
    };
    if let Some(help) = help {
        group = group.element(help);
    }
    group
}

/// The most characters of a line, and the most lines, of a message that are shown.
const LINE: usize = 1000;
const LINES: usize = 200;

/// A text with the middle of its longest lines left out, and what follows after very many lines: what a message quotes may
/// be a whole file on one line.
fn cut(text: &str) -> Cow<'_, str> {
    let text = &*without_keys(text);
    if text.len() <= LINE {
        return text.to_owned().into();
    }
    let short = |line: &str| {
        let count = line.chars().count();
        if count <= LINE {
            return line.to_owned();
        }
        let half = LINE / 2;
        let (start, end): (String, String) =
            (line.chars().take(half).collect(), line.chars().skip(count - half).collect());
        format!("{start} ... [{} characters] ... {end}", count - LINE)
    };
    let mut lines: Vec<String> = text.lines().take(LINES).map(short).collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("... [{more} more lines]"));
    }
    lines.join("\n").into()
}
