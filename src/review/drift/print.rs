//! What drifted, as people and programs read it.

use std::fmt::Write as _;

use maud::{DOCTYPE, html};

use super::{Drift, Field, Finding, Object};
use crate::base::number::count;
use crate::review::rehearse::{Boot, Upgrade};

/// For programs.
pub fn json(drift: &Drift) -> String {
    serde_json::to_string_pretty(drift).unwrap_or_default() + "\n"
}

/// For a terminal.
pub fn text(drift: &Drift) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}", drift.bundle, summary(drift));
    for finding in &drift.findings {
        let _ = writeln!(out, "\n{} {}{}", finding.code, place(finding), finding.message);
        for field in &finding.fields {
            let _ = writeln!(out, "    {}", line(field));
        }
    }
    if !drift.objects.is_empty() {
        let _ = writeln!(out, "\nwhat Talos would do");
        for object in &drift.objects {
            let _ = writeln!(out, "    {}: {}", object.object, fate(object));
        }
    }
    for note in &drift.notes {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

/// For a comment on a pull request.
pub fn markdown(drift: &Drift) -> String {
    let mut out = format!("## {}: {}\n", plain(&drift.bundle), summary(drift));
    for finding in &drift.findings {
        let _ = writeln!(out, "\n- **{}** {}{}", finding.code, plain(&place(finding)), plain(&finding.message));
        for field in &finding.fields {
            let _ = writeln!(out, "  - {}", plain(&line(field)));
        }
    }
    if !drift.objects.is_empty() {
        let _ = writeln!(out, "\n| object | at the next boot | at the next `upgrade-k8s` |\n|---|---|---|");
        for it in &drift.objects {
            let upgrade = format!("{}{}", upgrade(it.fate.upgrade), reasons(it));
            let _ = writeln!(out, "| {} | {} | {} |", plain(&it.object), boot(it.fate.boot), plain(&upgrade));
        }
    }
    for note in &drift.notes {
        let _ = writeln!(out, "\nNote: {}", plain(note));
    }
    out
}

/// As a page.
pub fn page(drift: &Drift) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'";
                title { (drift.bundle) ": drift" }
            }
            body {
                h1 { (drift.bundle) ": " (summary(drift)) }
                ul {
                    @for finding in &drift.findings {
                        li {
                            b { (finding.code.name()) } " " (place(finding)) (finding.message)
                            @if !finding.fields.is_empty() {
                                ul { @for field in &finding.fields { li { (line(field)) } } }
                            }
                        }
                    }
                }
                @if !drift.objects.is_empty() {
                    table {
                        tr { th { "object" } th { "at the next boot" } th { "at the next upgrade-k8s" } }
                        @for it in &drift.objects {
                            tr { td { (it.object) } td { (boot(it.fate.boot)) } td { (upgrade(it.fate.upgrade)) (reasons(it)) } }
                        }
                    }
                }
                @for note in &drift.notes { p { "Note: " (note) } }
            }
        }
    };
    page.into_string()
}

fn summary(drift: &Drift) -> String {
    let against = drift.against.join(" and ");
    match drift.findings.len() {
        0 => format!("no difference from {against}"),
        n => format!("{} from {against}", count(n, "difference")),
    }
}

fn place(finding: &Finding) -> String {
    match (&finding.part, &finding.object) {
        (_, Some(object)) => format!("{object}: "),
        (Some(part), None) => format!("part {part}: "),
        (None, None) => String::new(),
    }
}

fn line(field: &Field) -> String {
    let shown = |it: &str| if it.is_empty() { "nothing".to_owned() } else { it.to_owned() };
    let owners = match field.owners.as_slice() {
        [] => String::new(),
        owners => format!(" (owned by {})", owners.join(", ")),
    };
    format!("{}: the bundle has {}, there is {}{owners}", field.path, shown(&field.bundle), shown(&field.found))
}

fn fate(object: &Object) -> String {
    format!("{}; {}{}", boot(object.fate.boot), upgrade(object.fate.upgrade), reasons(object))
}

fn reasons(object: &Object) -> String {
    let mut out = String::new();
    for refusal in &object.fate.refusals {
        let _ = write!(out, ": {}: {}", refusal.path, refusal.why);
    }
    if !object.flags.is_empty() {
        let _ = write!(out, " (needs {})", object.flags.join(" "));
    }
    out
}

fn boot(boot: Boot) -> &'static str {
    match boot {
        Boot::Creates => "the next boot creates it",
        Boot::LeavesAlone => "a boot leaves it alone",
        Boot::Refused => "the next boot fails on it",
    }
}

fn upgrade(upgrade: Upgrade) -> &'static str {
    match upgrade {
        Upgrade::Creates => "upgrade-k8s creates it",
        Upgrade::Updates => "upgrade-k8s updates it",
        Upgrade::LeavesAlone => "upgrade-k8s leaves it alone",
        Upgrade::Refused => "upgrade-k8s is refused",
        Upgrade::Prunes => "upgrade-k8s deletes it",
        Upgrade::LeavesBehind => "upgrade-k8s leaves it behind",
    }
}

/// Without what Markdown would take for its own.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if "\\`*_[]<>|#".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
