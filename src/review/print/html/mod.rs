//! The comparison as one page: nothing is loaded from outside, and nothing but the page's own script may run.
//!
//! Without the script everything can still be read and unfolded.

mod part;
mod picture;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::base::digest::Digest;
use crate::review::compare::model::{Diff, Finding, Risk, Status};
use crate::review::compare::{present, risk};
use crate::review::print::{overview, text};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Prints a comparison.
pub fn print(diff: &Diff) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (plain(&diff.bundle)) ": " (plain(&diff.old)) " → " (plain(&diff.new)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#parts" { "Skip to the parts" }
                (head(diff))
                main {
                    (findings(diff))
                    (picture::picture(diff))
                    (filters(diff))
                    div #parts tabindex="-1" {
                        @for (index, part) in diff.parts.iter().enumerate().filter(|(_, it)| it.status != Status::Same) {
                            (part::part(part, index))
                        }
                    }
                    p.none #none hidden { "Nothing matches these filters." }
                }
                footer { p { "Made by ichor. Sealed text is a mark, certificates are fingerprints: no secret is on this page." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Only the style and the script of this page, by their digests.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Digest::of(text.as_bytes()).as_bytes()));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'")
}

fn head(diff: &Diff) -> Markup {
    let gravest = diff.findings.first().map_or(Risk::Moves, |it| it.risk);
    html! {
        header.top {
            div.names {
                h1 { (plain(&diff.bundle)) }
                p.sides { span.old { (plain(&diff.old)) } span.arrow { " → " } span.new { (plain(&diff.new)) } }
            }
            div.tools {
                button #theme type="button" hidden { "Dark" }
                button #keys type="button" hidden aria-expanded="false" aria-controls="help" { "Keys" }
            }
        }
        div #help hidden {
            dl {
                @for (key, what) in [("/", "search"), ("j k", "next and previous resource"), ("o", "unfold or fold it"), ("e c", "unfold or fold all"), ("1 – 7", "show one risk only"), ("0", "show all"), ("?", "these keys")] {
                    div { dt { kbd { (key) } } dd { (what) } }
                }
            }
        }
        section.risk.(class(gravest)) aria-label="Risk" {
            ul.line {
                @for clause in &diff.risk.0 {
                    @if clause.of.is_empty() {
                        li { span.capital { (plain(&clause.what)) } }
                    } @else {
                        li { strong.capital { (plain(&clause.what)) } ": " (plain(&clause.of)) }
                    }
                }
            }
            @if !diff.identical {
                p.verdict { strong.capital { (plain(&overview::verdict(diff))) } }
            }
            @if let Some(counts) = overview::counts(diff) { p.counts { (ticked(&counts)) } }
            @if !diff.checklist.is_empty() {
                div.steps {
                    h2 { "To do" }
                    ol { @for it in &diff.checklist { li { span.area { (overview::when(it.when)) } " " span { (ticked(&it.text)) } } } }
                }
            }
            @for remark in &diff.remarks {
                p.remark { (ticked(remark)) }
            }
            ul.facts {
                @for fact in &diff.facts {
                    li { (fact.what) ": " (plain(fact.old.as_deref().unwrap_or("none"))) " → " (plain(fact.new.as_deref().unwrap_or("none"))) }
                }
                @for it in &diff.recipients.added { li.added { "recipient added: " code title=(plain(it)) { (plain(&crate::review::print::recipient(it))) } } }
                @for it in &diff.recipients.removed { li.removed { "recipient removed: " code title=(plain(it)) { (plain(&crate::review::print::recipient(it))) } } }
                @if let Some(size) = &diff.size {
                    li { "size: " (text::change_of_size(size.old, size.new))
                        @if let Some(share) = text::share(size) { ", " (share) }
                    }
                }
            }
        }
    }
}

fn findings(diff: &Diff) -> Markup {
    html! {
        section.findings aria-label="What to know" {
            @for risk in Risk::ALL {
                @let found: Vec<&Finding> = diff.findings.iter().filter(|it| it.risk == risk).collect();
                @if !found.is_empty() {
                    details.group.(class(risk)) open[risk < Risk::Restart] {
                        summary { span.badge { (found.len()) } " " span.capital { (risk.title()) } }
                        ul {
                            @for it in found {
                                li {
                                    span.area { (it.area.title()) }
                                    " "
                                    span {
                                        @if let Some(id) = &it.resource {
                                            a href={ "#" (anchor(&it.part, id)) } { (plain(risk::name(id))) }
                                            ": "
                                        } @else if let Some(part) = text::about(diff, it) {
                                            span.id { (plain(part)) }
                                            ": "
                                        }
                                        (plain(&present::shorter(&it.text)))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn filters(diff: &Diff) -> Markup {
    let resources = || diff.parts.iter().flat_map(|it| &it.resources);
    let mut kinds: Vec<&str> = resources().map(|it| part::kind(&it.id)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    html! {
        form.filters #filters hidden role="search" aria-label="Filter resources" {
            label.search { span.label { "Search" } input #search type="search" autocomplete="off" spellcheck="false"; }
            label { span.label { "Kind" }
                select #kind {
                    option value="" { "all kinds" }
                    @for kind in kinds { option value=(plain(kind)) { (plain(kind)) } }
                }
            }
            fieldset {
                legend.label { "Risk" }
                div.chips {
                    @for (index, risk) in Risk::ALL.into_iter().enumerate() {
                        @let count = resources().filter(|it| it.risk == risk).count();
                        button.chip.(class(risk)) type="button" aria-pressed="true" data-risk=(class(risk)) data-key=(index + 1) disabled[count == 0] {
                            (risk.title()) " " span.count { (count) }
                        }
                    }
                }
            }
            div.all {
                button #open type="button" { "Unfold all" }
                button #close type="button" { "Fold all" }
                output #shown {}
            }
        }
    }
}

/// The name of a risk in the page's style and script.
fn class(risk: Risk) -> &'static str {
    match risk {
        Risk::Refused => "refused",
        Risk::Gains => "gains",
        Risk::Unseen => "unseen",
        Risk::Traffic => "traffic",
        Risk::Loss => "loss",
        Risk::Restart => "restart",
        Risk::Moves => "moves",
    }
}

/// Where a resource stands on the page.
fn anchor(part: &str, id: &str) -> String {
    format!("r-{}", &Digest::of(format!("{part}\n{id}").as_bytes()).hex()[..16])
}

/// A sentence in which words of code stand between back ticks.
fn ticked(text: &str) -> Markup {
    html! {
        @for (index, it) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (plain(it)) } } @else { (plain(it)) }
        }
    }
}

/// Text as it may be shown; maud escapes what HTML takes for itself.
fn plain(text: &str) -> String {
    present::harmless(text)
}
