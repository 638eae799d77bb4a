//! The one place that prints diagnostics.

use std::borrow::Cow;
use std::io;
use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use ichor::base::code::Severity;
use ichor::base::diagnostic::Diagnostic;
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
    say!("{}", renderer.render(&[group(diagnostic, severity)]));
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

/// A text with stars over the private keys in it, as many as they have letters: who gives one in the place of a file's name
/// is told so, and does not see it again, in a log least of all.
pub fn without_keys(text: &str) -> Cow<'_, str> {
    /// How private keys begin, in capitals, and what ends them.
    const KEYS: [(&str, &str); 3] = [("AGE-SECRET-KEY-", ""), ("AGE-PLUGIN-", ""), ("PRIVATE KEY-----", "-----END ")];
    let capitals = text.to_ascii_uppercase();
    let mut hidden: Vec<std::ops::Range<usize>> = Vec::new();
    for (mark, end) in KEYS {
        // Small letters are the name of a plugin's program.
        let looked_at = if mark == "AGE-PLUGIN-" { text } else { &capitals };
        for (at, _) in looked_at.match_indices(mark) {
            let start = at + mark.len();
            let key = &capitals[start..];
            let length = if end.is_empty() {
                key.find(|it: char| !it.is_ascii_alphanumeric() && it != '-').unwrap_or(key.len())
            } else {
                key.find(end).unwrap_or(key.len())
            };
            hidden.push(start..start + length);
        }
    }
    if hidden.is_empty() {
        return text.into();
    }
    let is_hidden = |at: usize| hidden.iter().any(|it| it.contains(&at));
    let star = |(at, it): (usize, char)| if it.is_ascii_graphic() && is_hidden(at) { '*' } else { it };
    text.char_indices().map(star).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_shown() {
        for (text, shown) in [
            ("there is no `x`", "there is no `x`"),
            ("`age-plugin-yubikey` is missing", "`age-plugin-yubikey` is missing"),
            ("AGE-PLUGIN-YUBIKEY-1QQ", "AGE-PLUGIN-***********"),
            ("no `AGE-SECRET-KEY-1QQ`", "no `AGE-SECRET-KEY-***`"),
            ("`age-secret-key-1qq/x`, AGE-SECRET-KEY-1A", "`age-secret-key-***/x`, AGE-SECRET-KEY-**"),
            ("AGE-SECRET-KEY-PQ-1QQ.", "AGE-SECRET-KEY-******."),
            ("ä -----BEGIN PRIVATE KEY-----\nAB\n-----END X", "ä -----BEGIN PRIVATE KEY-----\n**\n-----END X"),
        ] {
            assert_eq!(without_keys(text), shown);
            assert_eq!(shown.len(), text.len(), "places stay");
        }
    }
}
