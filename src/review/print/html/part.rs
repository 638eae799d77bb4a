//! One part on the page: facts, values, images, certificates, and its resources side by side.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{anchor, class, plain};
use crate::base::number::count;
use crate::review::compare::model::{Change, How, PartDiff, ResourceDiff, Risk, Status};
use crate::review::compare::present::{self, Line};
use crate::review::compare::{fold, values};
use crate::review::print::text;

/// Longer values on one line are cut, in characters.
const CUT: usize = 400;

pub(super) fn part(part: &PartDiff, index: usize) -> Markup {
    let what = match part.status {
        Status::Added => " (new)",
        Status::Removed => " (gone)",
        _ => "",
    };
    let title = format!("part-{index}");
    html! {
        section.part aria-labelledby=(title) {
            h2 id=(title) { "Part " (plain(&part.name)) (what) }
            @if !part.links.is_empty() {
                p.what { @for (index, it) in part.links.iter().enumerate() { @if index > 0 { " · " } a href=(it.address) rel="noreferrer" { (it.what) } } }
            }
            @if !part.facts.is_empty() {
                table.facts {
                    caption.hidden { "Where the part comes from" }
                    tbody {
                        @for fact in &part.facts {
                            tr {
                                th scope="row" { (fact.what) }
                                td.old { @if let Some(old) = &fact.old { (plain(&present::shorter(old))) } @else { "none" } }
                                td.new { @if let Some(new) = &fact.new { (plain(&present::shorter(new))) } @else { "none" } }
                            }
                        }
                    }
                }
            }
            (values_of(part))
            @if !part.images.is_empty() {
                (fold_of("Images", part.images.len(), true, html! {
                    ul.plain {
                        @for it in &part.images {
                            li {
                                code { (plain(&present::shorter(it.new.as_deref().or(it.old.as_deref()).unwrap_or_default()))) }
                                " " span.what { (plain(&it.what)) }
                            }
                        }
                    }
                }))
            }
            @if !part.certificates.is_empty() || part.resealed > 0 {
                (fold_of("Certificates", part.certificates.len(), true, html! {
                    ul.plain {
                        @for it in &part.certificates {
                            li { span.sign.(status(it.status)) { (word(it.status)) } " " code { (plain(&it.name)) } ": " (plain(&it.what)) }
                        }
                        @if part.resealed > 0 { li { (count(part.resealed, "envelope")) " sealed anew, their content unseen" } }
                    }
                }))
            }
            @if !part.folds.is_empty() {
                (fold_of("The same change in many resources", part.folds.len(), true, html! {
                    @for fold in &part.folds {
                        details.fold {
                            summary { code { (plain(&fold.what)) } ": " (word_of(&fold.old)) " → " (word_of(&fold.new)) " " span.what { (count(fold.resources.len(), "resource")) } }
                            ul.plain { @for id in &fold.resources { li { code { (plain(id)) } } } }
                        }
                    }
                }))
            }
            @if !part.resources.is_empty() {
                h3 { "Resources " span.what { (part.resources.len()) } }
                div.resources { @for it in &part.resources { (resource(&part.name, it)) } }
            }
            @if let Some(notes) = &part.notes {
                (fold_of("Notes of the chart", 0, false, html! { pre { (present::notes(notes)) } }))
            }
        }
    }
}

/// The kind in a resource's name.
pub(super) fn kind(id: &str) -> &str {
    id.split(' ').nth(1).unwrap_or(id)
}

fn values_of(part: &PartDiff) -> Markup {
    let values = &part.values;
    let (hidden, counting): (Vec<_>, Vec<_>) = values.defaults.iter().partition(|it| it.overridden);
    let (new, changed): (Vec<_>, Vec<_>) = counting.into_iter().partition(|it| it.change.how == How::Added);
    let (images, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|it| values::is_of_image(&it.change));
    let table = |title: &str, open: bool, changes: Vec<&Change>| {
        html! { @if !changes.is_empty() { (fold_of(title, changes.len(), open, fields(&changes))) } }
    };
    html! {
        @if !values.vanished.is_empty() {
            (fold_of("Your values that have no default in the new chart", values.vanished.len(), true, html! {
                ul.plain { @for it in &values.vanished { li { code { (plain(it)) } } } }
            }))
        }
        (table("Your values", true, values.user.iter().collect()))
        (table("Defaults that changed below your values", false, changed.into_iter().map(|it| &it.change).collect()))
        (table("Tags and digests of images among the defaults", false, images.into_iter().map(|it| &it.change).collect()))
        (table("Defaults that changed, but that you set yourself", false, hidden.into_iter().map(|it| &it.change).collect()))
        (table("New defaults", false, new.into_iter().map(|it| &it.change).collect()))
    }
}

fn fold_of(title: &str, number: usize, open: bool, inner: Markup) -> Markup {
    html! {
        details.box open[open] {
            summary { (title) @if number > 0 { " " span.what { (number) } } }
            div.inner { (inner) }
        }
    }
}

fn resource(part: &str, it: &ResourceDiff) -> Markup {
    let quiet = fold::is_quiet(it);
    html! {
        details.resource.(class(it.risk)) id=(anchor(part, &it.id)) data-risk=(class(it.risk)) data-kind=(plain(kind(&it.id))) {
            summary {
                span.sign.(status(it.status)) { (word(it.status)) }
                " " span.id { (text::title(it)) } " "
                @if it.risk != Risk::Moves { span.mark { (it.risk.title()) } }
                @if !it.changes.is_empty() { span.what { (count(it.changes.len(), "change")) } }
                @if quiet { span.what { @if it.status == Status::TextOnly { "comments and layout" } @else { "only what many share" } } }
            }
            div.inner {
                @if !it.changes.is_empty() { (fields(&it.changes.iter().collect::<Vec<_>>())) }
                @if it.folded > 0 { p.what { (count(it.folded, "further change")) " of many resources at once, told above." } }
                @if let Some(value) = &it.value { pre.whole { (present::block(value)) } }
                @if it.status == Status::Removed { p.what { "It is gone." } }
                @if it.status == Status::TextOnly { p.what { "Only comments, order or layout differ: for Kubernetes it is the same." } }
                @if fold::is_blind(it) { p.what { "Its digest differs; its content is not at hand." } }
            }
        }
    }
}

/// Fields, the old side left and the new one right.
fn fields(changes: &[&Change]) -> Markup {
    html! {
        table.fields {
            thead { tr { th scope="col" { "Field" } th scope="col" { "Before" } th scope="col" { "After" } } }
            tbody { @for change in changes { (field(change)) } }
        }
    }
}

fn field(change: &Change) -> Markup {
    let path = html! { th scope="row" { (breakable(&present::harmless(&change.path))) } };
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && present::has_lines(old)
        && present::has_lines(new)
    {
        return html! { tr { (path) td.lines colspan="2" { (lines(old, new)) } } };
    }
    html! {
        tr {
            (path)
            td.old.void[change.old.is_none()] { @match &change.old { Some(it) => { del { (cell(it)) } } None => { span.nothing { "absent" } } } }
            td.new.void[change.new.is_none()] { @match &change.new { Some(it) => { ins { (cell(it)) } } None => { span.nothing { "absent" } } } }
        }
    }
}

fn cell(value: &Json) -> Markup {
    if value.is_object() || value.is_array() || present::has_lines(value) {
        return html! { pre { (present::block(value)) } };
    }
    html! { (present::word(value, CUT)) }
}

/// Two texts, line beside line.
fn lines(old: &Json, new: &Json) -> Markup {
    let mut rows: Vec<(Option<String>, Option<String>, &str)> = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    let mut come: Vec<String> = Vec::new();
    let flush =
        |rows: &mut Vec<(Option<String>, Option<String>, &str)>, gone: &mut Vec<String>, come: &mut Vec<String>| {
            let length = gone.len().max(come.len());
            let (mut old, mut new) = (gone.drain(..), come.drain(..));
            rows.extend((0..length).map(|_| (old.next(), new.next(), "change")));
        };
    for line in present::lines(old, new, 3) {
        match line {
            Line::Gone(text) => gone.push(text),
            Line::Come(text) => come.push(text),
            Line::Same(text) => {
                flush(&mut rows, &mut gone, &mut come);
                rows.push((Some(text.clone()), Some(text), "same"));
            }
            Line::Gap(number) => {
                flush(&mut rows, &mut gone, &mut come);
                rows.push((Some(format!("… {}", count(number, "line"))), None, "gap"));
            }
        }
    }
    flush(&mut rows, &mut gone, &mut come);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Changed lines" {
            table.text {
                tbody {
                    @for (old, new, kind) in &rows {
                        @if *kind == "gap" { tr.gap { td colspan="2" { (old.as_deref().unwrap_or_default()) } } }
                        @else if *kind == "same" { tr.same { td { (old.as_deref().unwrap_or_default()) } td { (new.as_deref().unwrap_or_default()) } } }
                        @else {
                            tr.change {
                                td.old { @if let Some(it) = old { del { (it) } } }
                                td.new { @if let Some(it) = new { ins { (it) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A path that may be broken at its dots and brackets.
fn breakable(path: &str) -> Markup {
    let mut pieces: Vec<&str> = Vec::new();
    let mut rest = path;
    while let Some(at) = rest.char_indices().skip(1).find(|(_, it)| matches!(it, '.' | '[')).map(|(at, _)| at) {
        let (piece, after) = rest.split_at(at);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    html! { @for piece in pieces { (piece) wbr; } }
}

fn word_of(value: &Option<Json>) -> String {
    value.as_ref().map_or("none".into(), |it| present::word(it, 80))
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Added => "added",
        Status::Removed => "removed",
        Status::Changed => "changed",
        Status::Renamed => "renamed",
        Status::TextOnly | Status::Same => "same",
    }
}

fn status(status: Status) -> &'static str {
    word(status)
}
