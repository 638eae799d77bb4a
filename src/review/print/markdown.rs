//! The comparison for a comment on a pull request: under 60,000 characters, the least important folded first, then left out.

mod escape;

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::base::number::count;
use crate::review::compare::model::{Change, Diff, Finding, Fold, How, PartDiff, ResourceDiff, Risk, Status};
use crate::review::compare::present::{self, Line};
use crate::review::compare::{fold, values};
use crate::review::print::{overview, text};
use escape::{code, escape, longest_run, tag, ticked};

/// GitHub refuses comments of more than 65,536 characters.
pub const MAX: usize = 60_000;

/// How much is shown. Each step leaves out more.
#[derive(Clone, Copy)]
struct Detail {
    /// Changes of resources whose risk is graver than or equal to this.
    risk: Risk,
    /// Changes shown of one resource.
    changes: usize,
    /// Lines shown of one changed text.
    lines: usize,
    /// Entries of every other list.
    entries: usize,
    /// Characters of one value.
    word: usize,
    findings: usize,
}

const STEPS: &[Detail] = &[
    Detail { risk: Risk::Moves, changes: 200, lines: 200, entries: 400, word: 160, findings: 400 },
    Detail { risk: Risk::Moves, changes: 40, lines: 40, entries: 100, word: 120, findings: 200 },
    Detail { risk: Risk::Restart, changes: 20, lines: 20, entries: 40, word: 100, findings: 100 },
    Detail { risk: Risk::Traffic, changes: 10, lines: 10, entries: 20, word: 80, findings: 60 },
    Detail { risk: Risk::Gains, changes: 5, lines: 5, entries: 10, word: 60, findings: 40 },
];

/// Prints a comparison.
pub fn print(diff: &Diff) -> String {
    for detail in STEPS {
        let page = page(diff, *detail, true);
        if page.chars().count() < MAX {
            return page;
        }
    }
    let head = page(diff, STEPS[STEPS.len() - 1], false);
    let cut: String = head.chars().take(MAX - 100).collect();
    // Only whole lines: a cut within a line could leave a mark open.
    let whole = cut.rsplit_once('\n').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}\n\nThere is more than a comment can hold: see `ichor diff --format html`.\n")
}

fn page(diff: &Diff, detail: Detail, parts: bool) -> String {
    let mut page = Page { text: String::new(), detail };
    page.head(diff);
    if parts {
        for part in diff.parts.iter().filter(|it| it.status != Status::Same) {
            page.part(part);
        }
    }
    page.text
}

struct Page {
    text: String,
    detail: Detail,
}

impl Page {
    fn head(&mut self, diff: &Diff) {
        self.line(&format!("### {}: {} → {}", escape(&diff.bundle), escape(&diff.old), escape(&diff.new)));
        self.line("");
        if let [one] = &*diff.risk.0 {
            self.line(&format!("**Risk:** {}", escape(&cut(&one.to_string(), 400))));
        } else {
            self.line("**Risk**\n");
            for clause in &diff.risk.0 {
                let colon = if clause.of.is_empty() { "" } else { ": " };
                self.line(&format!("- **{}**{colon}{}", escape(&clause.what), escape(&cut(&clause.of, 400))));
            }
        }
        if !diff.identical {
            self.line(&format!("\n**{}**", escape(&capital(&overview::verdict(diff)))));
        }
        if let Some(counts) = overview::counts(diff) {
            self.line(&format!("\n{}", ticked(&counts)));
        }
        if !diff.checklist.is_empty() {
            self.line("\n**To do**\n");
            for step in &diff.checklist {
                self.line(&format!("- [ ] {}: {}", overview::when(step.when), ticked(&cut(&step.text, 600))));
            }
        }
        for remark in diff.remarks.iter().take(20) {
            self.line(&format!("\n> {}", escape(&cut(remark, 400))));
        }
        for risk in Risk::ALL {
            let findings: Vec<&Finding> = diff.findings.iter().filter(|it| it.risk == risk).collect();
            if findings.is_empty() {
                continue;
            }
            let title = format!("{} {} ({})", sign(risk), capital(risk.title()), findings.len());
            let open = risk <= Risk::Loss;
            self.line(&if open {
                format!("\n#### {title}\n")
            } else {
                format!("\n<details><summary>{title}</summary>\n")
            });
            for it in findings.iter().take(self.detail.findings) {
                let about = text::about(diff, it).map(|it| format!("{} ", code(it))).unwrap_or_default();
                self.line(&format!(
                    "- {}: {about}{}",
                    it.area.title(),
                    escape(&cut(&present::shorter(&it.text), 1_500))
                ));
            }
            self.more(findings.len(), self.detail.findings);
            if !open {
                self.line("\n</details>");
            }
        }
        self.line("");
        if let Some(size) = &diff.size {
            self.line(&format!("Size: {}", text::change_of_size(size.old, size.new)));
        }
        for fact in &diff.facts {
            let word = |it: &Option<String>| it.as_deref().map_or("none".into(), code);
            self.line(&format!("{}: {} → {}\n", fact.what, word(&fact.old), word(&fact.new)));
        }
        for (verb, list) in [("may now open", &diff.recipients.added), ("may no longer open", &diff.recipients.removed)]
        {
            for it in list {
                self.line(&format!(
                    "- recipient {} {verb} the bundle's secrets",
                    code(&crate::review::print::recipient(it))
                ));
            }
        }
        self.line("");
    }

    fn part(&mut self, part: &PartDiff) {
        let what = match part.status {
            Status::Added => " (new)",
            Status::Removed => " (gone)",
            _ => "",
        };
        self.line(&format!("#### Part {}{what}\n", escape(&part.name)));
        for link in &part.links {
            self.line(&format!("- [{}]({})", link.what, link.address));
        }
        for fact in &part.facts {
            let word = |it: &Option<String>| it.as_ref().map_or("none".into(), |it| code(&present::shorter(it)));
            self.line(&format!("- {}: {} → {}", fact.what, word(&fact.old), word(&fact.new)));
        }
        self.line("");
        let images: Vec<String> = part
            .images
            .iter()
            .map(|it| {
                let name = it.new.as_deref().or(it.old.as_deref()).unwrap_or_default();
                format!("- {}: {}", code(&present::shorter(name)), escape(&it.what))
            })
            .collect();
        self.folded("Images", &images);
        let certificates: Vec<String> =
            part.certificates.iter().map(|it| format!("- {}: {}", code(&it.name), escape(&it.what))).collect();
        self.folded("Certificates", &certificates);
        self.values(part);
        let folds: Vec<String> = part.folds.iter().map(|it| self.fold(it)).collect();
        self.folded("The same change in many resources", &folds);
        self.resources(part);
        if let Some(notes) = &part.notes {
            let notes = present::notes(notes);
            let lines: Vec<String> = notes.lines().take(self.detail.lines).map(|it| format!(" {it}")).collect();
            self.fence("Notes of the chart", &lines);
        }
    }

    fn values(&mut self, part: &PartDiff) {
        let values = &part.values;
        let lines = |changes: &mut dyn Iterator<Item = &Change>| -> Vec<String> {
            changes.flat_map(|it| self.change(it)).collect()
        };
        let user = lines(&mut values.user.iter());
        let (hidden, counting): (Vec<_>, Vec<_>) = values.defaults.iter().partition(|it| it.overridden);
        let (new, changed): (Vec<_>, Vec<_>) = counting.into_iter().partition(|it| it.change.how == How::Added);
        let (images, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|it| values::is_of_image(&it.change));
        let mut changed = lines(&mut changed.into_iter().map(|it| &it.change));
        if !images.is_empty() {
            changed.push(format!("# and the tags and digests of images ({})", images.len()));
        }
        let hidden = lines(&mut hidden.into_iter().map(|it| &it.change));
        let new = lines(&mut new.into_iter().map(|it| &it.change));
        let vanished: Vec<String> = values.vanished.iter().map(|it| format!("- {}", code(it))).collect();
        self.folded("Your values that have no default in the new chart", &vanished);
        self.fence("Your values", &user);
        self.fence("Defaults that changed below your values", &changed);
        self.fence("Defaults that changed, but that you set yourself", &hidden);
        self.fence("New defaults", &new);
    }

    fn fold(&self, fold: &Fold) -> String {
        let word =
            |it: &Option<Json>| it.as_ref().map_or("none".into(), |it| code(&present::word(it, self.detail.word)));
        format!(
            "- {} in {}: {} → {}",
            code(&fold.what),
            count(fold.resources.len(), "resource"),
            word(&fold.old),
            word(&fold.new)
        )
    }

    fn resources(&mut self, part: &PartDiff) {
        let (quiet, loud): (Vec<_>, Vec<_>) = part.resources.iter().partition(|it| fold::is_quiet(it));
        if !loud.is_empty() {
            self.line(&format!("\n**Resources** ({})\n", loud.len()));
        }
        let (shown, bare): (Vec<&ResourceDiff>, Vec<&ResourceDiff>) =
            loud.into_iter().partition(|it| !it.changes.is_empty() && it.risk <= self.detail.risk);
        for resource in shown.iter().take(self.detail.entries) {
            self.resource(resource);
        }
        self.more(shown.len(), self.detail.entries);
        for resource in bare.iter().take(self.detail.entries) {
            self.line(&format!("- {} {}{}", word(resource.status), code(&text::title(resource)), mark(resource.risk)));
        }
        self.more(bare.len(), self.detail.entries);
        if !quiet.is_empty() {
            self.line(&format!(
                "\n{} differ only in what is told above, or in how they are written.\n",
                count(quiet.len(), "more resource")
            ));
        }
    }

    fn resource(&mut self, resource: &ResourceDiff) {
        let title = format!("{} {}{}", word(resource.status), tag(&text::title(resource)), mark(resource.risk));
        if let Some(text) = overview::folded(resource) {
            return self.line(&format!("- {title}: {}", escape(&text)));
        }
        let mut lines: Vec<String> =
            resource.changes.iter().take(self.detail.changes).flat_map(|it| self.change(it)).collect();
        if resource.changes.len() > self.detail.changes {
            lines.push(format!("# and {}", count(resource.changes.len() - self.detail.changes, "more change")));
        }
        self.block(&title, &lines);
    }

    /// The lines of a `diff` block.
    fn change(&self, change: &Change) -> Vec<String> {
        let path = present::harmless(&change.path);
        let mut lines = vec![format!("# {path}")];
        if change.how == How::Reordered {
            lines.push("! in another order".into());
            return lines;
        }
        let both = change.old.as_ref().zip(change.new.as_ref());
        if let Some((old, new)) = both.filter(|(old, new)| present::has_lines(old) && present::has_lines(new)) {
            lines.extend(present::lines(old, new, 2).into_iter().map(|it| match it {
                Line::Same(text) => format!("  {text}"),
                Line::Gone(text) => format!("- {text}"),
                Line::Come(text) => format!("+ {text}"),
                Line::Gap(lines) => format!("# {}", count(lines, "line")),
            }));
        } else {
            for (sign, value) in [('-', &change.old), ('+', &change.new)] {
                let Some(value) = value else { continue };
                if value.is_object() || value.is_array() || present::has_lines(value) {
                    lines.extend(present::block(value).lines().map(|it| format!("{sign} {it}")));
                } else {
                    lines.push(format!("{sign} {}", present::word(value, self.detail.word)));
                }
            }
        }
        if lines.len() > self.detail.lines {
            let more = lines.len() - self.detail.lines;
            lines.truncate(self.detail.lines);
            lines.push(format!("# and {}", count(more, "more line")));
        }
        lines
    }

    fn folded(&mut self, title: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        self.line(&format!("<details><summary>{title} ({})</summary>\n", entries.len()));
        for entry in entries.iter().take(self.detail.entries) {
            self.line(entry);
        }
        self.more(entries.len(), self.detail.entries);
        self.line("\n</details>\n");
    }

    fn fence(&mut self, title: &str, lines: &[String]) {
        let kept: Vec<String> = lines.iter().take(self.detail.entries * 3).cloned().collect();
        if !kept.is_empty() {
            self.block(title, &kept);
        }
        self.more(lines.len(), self.detail.entries * 3);
    }

    fn block(&mut self, title: &str, lines: &[String]) {
        // The fence is longer than any that stands in it.
        let ticks = lines.iter().map(|it| longest_run(it)).max().unwrap_or_default().max(2) + 1;
        let fence = "`".repeat(ticks);
        self.line(&format!("<details><summary>{title}</summary>\n\n{fence}diff"));
        for line in lines {
            self.line(&cut(line, 400));
        }
        self.line(&format!("{fence}\n\n</details>\n"));
    }

    fn more(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.line(&format!("\n… and {} more", all - shown));
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{text}");
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Added => "added",
        Status::Removed => "removed",
        Status::Renamed => "renamed",
        _ => "changed",
    }
}

fn sign(risk: Risk) -> &'static str {
    match risk {
        Risk::Refused => "⛔",
        Risk::Gains => "🔴",
        Risk::Unseen => "🟤",
        Risk::Traffic => "🟠",
        Risk::Loss => "🟣",
        Risk::Restart => "🔵",
        Risk::Moves => "⚪",
    }
}

fn mark(risk: Risk) -> String {
    if risk == Risk::Moves { String::new() } else { format!(" {} {}", sign(risk), risk.title()) }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|it| it.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
