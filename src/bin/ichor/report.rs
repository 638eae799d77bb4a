//! The one place that prints diagnostics.

use std::io;
use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use ichor::base::diagnostic::{Diagnostic, Severity};
use ichor::ops::Error;

/// Prints diagnostics to standard error: what is wrong, where with the line shown, and what to do next.
pub fn print(diagnostics: &[Diagnostic]) {
    let renderer = if crate::takes_colour(&io::stderr()) { Renderer::styled() } else { Renderer::plain() };
    for diagnostic in diagnostics {
        say!("{}", renderer.render(&[group(diagnostic)]));
    }
}

/// Prints why a verb failed, and gives the exit code that says so.
pub fn fail(fault: &Error) -> ExitCode {
    print(&fault.diagnostics());
    ExitCode::from(fault.exit_code())
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let help = diagnostic.help.as_ref().map(|it| Level::HELP.message(it));
    let mut group = match &diagnostic.place {
        Some(place) => match &place.text {
            Some(text) => {
                let end = place.span.end.min(text.len());
                let start = place.span.start.min(end);
                title.element(
                    Snippet::source(&**text).path(&*place.file).annotation(AnnotationKind::Primary.span(start..end)),
                )
            }
            None => title.element(annotate_snippets::Origin::path(&*place.file)),
        },
        None => Group::with_title(title),
    };
    if let Some(help) = help {
        group = group.element(help);
    }
    group
}
