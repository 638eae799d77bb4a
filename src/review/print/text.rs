//! The comparison for a terminal: colours where asked for, plain lines otherwise.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::base::number::{self, count};
use crate::deliver::size;
use crate::review::compare::model::{Change, Diff, Finding, How, PartDiff, ResourceDiff, Risk, Size, Status};
use crate::review::compare::present::{self, Line};
use crate::review::compare::{fold, risk, values};
use crate::review::print::overview;

/// In characters.
const CUT: usize = 160;

/// Prints a comparison. What is to be read as sentences is broken between words where it is wider than `width`, in
/// characters.
pub fn print(diff: &Diff, colour: bool, width: Option<usize>) -> String {
    let mut page = Page { text: String::new(), colour, width };
    page.head(diff);
    for part in diff.parts.iter().filter(|it| it.status != Status::Same) {
        page.part(part);
    }
    if let Some(sizes) = &diff.size {
        page.line(0, &format!("{} {}", page.bold("size"), change_of_size(sizes.old, sizes.new)));
        for part in sizes.parts.iter().filter(|it| it.old != it.new) {
            page.line(1, &format!("{}  {}", part.name, change_of_size(part.old, part.new)));
        }
        if let Some(text) = share(sizes) {
            page.line(1, &text);
        }
    }
    page.text
}

/// How much of the next limit is taken, where that is no little.
pub(in crate::review) fn share(sizes: &Size) -> Option<String> {
    let next = sizes.limits.iter().find(|it| it.bytes >= sizes.new)?;
    let share = sizes.new * 100 / next.bytes.max(1);
    (share >= 10).then(|| format!("{share}% of what {} takes ({})", next.what, size::human(next.bytes)))
}

/// What a finding is about, as short as it is clear: the resource, else the part where there are several.
pub(in crate::review) fn about<'a>(diff: &Diff, finding: &'a Finding) -> Option<&'a str> {
    let part = Some(finding.part.as_str()).filter(|it| !it.is_empty() && diff.parts.len() > 1);
    finding.resource.as_deref().map(risk::name).or(part)
}

/// `80 KiB → 92 KiB (+15%)`.
pub(in crate::review) fn change_of_size(old: u64, new: u64) -> String {
    if old == new {
        return size::human(new);
    }
    if size::human(old) == size::human(new) {
        return format!("{} ({:+} bytes)", size::human(new), new as i64 - old as i64);
    }
    let share =
        if old == 0 { String::new() } else { format!(" ({:+.0}%)", (new as f64 - old as f64) * 100.0 / old as f64) };
    format!("{} → {}{share}", size::human(old), size::human(new))
}

/// The sign that stands before what was added, removed or changed.
pub(in crate::review) fn sign(status: Status) -> char {
    match status {
        Status::Added => '+',
        Status::Removed => '-',
        Status::Changed => '~',
        Status::Renamed => '>',
        Status::TextOnly | Status::Same => '=',
    }
}

/// A resource with what it was called before.
pub(in crate::review) fn title(resource: &ResourceDiff) -> String {
    let mut title = present::harmless(&resource.id);
    if let Some(old) = &resource.old_id {
        let _ = write!(title, " (was {})", present::harmless(old));
    }
    if let Some(part) = &resource.old_part {
        let _ = write!(title, " (was in part {part})");
    }
    title
}

struct Page {
    text: String,
    colour: bool,
    width: Option<usize>,
}

impl Page {
    fn head(&mut self, diff: &Diff) {
        self.line(
            0,
            &format!(
                "{}: {} → {}",
                self.bold(&diff.bundle),
                present::harmless(&diff.old),
                present::harmless(&diff.new)
            ),
        );
        for (index, clause) in diff.risk.0.iter().enumerate() {
            let title = if index == 0 { self.bold("risk:") } else { "     ".to_owned() };
            self.line(0, &format!("{title} {}", self.broken(6, &present::harmless(&clause.to_string()))));
        }
        self.overview(diff);
        for remark in &diff.remarks {
            self.line(0, &self.dim(&format!("note: {}", self.broken(6, &present::harmless(remark)))));
        }
        for risk in Risk::ALL {
            let findings: Vec<_> = diff.findings.iter().filter(|it| it.risk == risk).collect();
            if findings.is_empty() {
                continue;
            }
            self.blank();
            self.line(0, &self.risk(risk, &risk.title().to_uppercase()));
            for it in findings {
                let about = about(diff, it).map(|it| format!("{}: ", present::harmless(it))).unwrap_or_default();
                let text = format!("{about}{}", present::shorter(&it.text));
                self.line(1, &format!("{:<11} {}", it.area.title(), self.broken(14, &text)));
            }
        }
        if !diff.checklist.is_empty() {
            self.blank();
            self.line(0, &self.bold("TO DO"));
            for step in &diff.checklist {
                let text = self.broken(14, &present::harmless(&step.text));
                self.line(1, &format!("{:<11} {text}", overview::when(step.when)));
            }
        }
        self.blank();
        for fact in &diff.facts {
            self.fact(0, fact.what, fact.old.as_deref(), fact.new.as_deref());
        }
        for (sign, list) in [('+', &diff.recipients.added), ('-', &diff.recipients.removed)] {
            for it in list {
                let name = present::harmless(&crate::review::print::recipient(it));
                self.line(0, &self.signed(sign, &format!("recipient {name}")));
            }
        }
    }

    fn overview(&mut self, diff: &Diff) {
        let verdict = (!diff.identical).then(|| present::harmless(&overview::verdict(diff)));
        for (title, text) in [("talos", overview::counts(diff)), ("merge", verdict)] {
            if let Some(text) = text {
                self.line(0, &format!("{title}: {}", self.broken(6, &text)));
            }
        }
    }

    fn part(&mut self, part: &PartDiff) {
        let what = match part.status {
            Status::Added => " (new)",
            Status::Removed => " (gone)",
            _ => "",
        };
        self.line(0, &format!("{}{what}", self.bold(&format!("part {}", part.name))));
        for link in &part.links {
            self.line(1, &format!("{:<10} {}", link.what, link.address));
        }
        for fact in &part.facts {
            let short = |it: &String| if it.starts_with("sha256:") { present::short(it) } else { it.clone() };
            self.fact(1, fact.what, fact.old.as_ref().map(short).as_deref(), fact.new.as_ref().map(short).as_deref());
        }
        self.values(part);
        self.section("images", part.images.len());
        for image in &part.images {
            let (sign, name) = match (&image.old, &image.new) {
                (None, Some(new)) => ('+', present::shorter(&present::harmless(new))),
                (Some(old), None) => ('-', present::shorter(&present::harmless(old))),
                (_, new) => ('~', present::shorter(&present::harmless(new.as_deref().unwrap_or_default()))),
            };
            self.line(2, &self.signed(sign, &format!("{name}  {}", self.dim(&image.what))));
        }
        self.section("certificates", part.certificates.len());
        for it in &part.certificates {
            let text = present::harmless(&format!("{}: {}", it.name, it.what));
            self.line(2, &self.signed(sign(it.status), &text));
        }
        if part.resealed > 0 {
            self.line(1, &self.dim(&format!("{} sealed anew, their content unseen", count(part.resealed, "envelope"))));
        }
        self.resources(part);
        if let Some(notes) = &part.notes {
            self.section("notes of the chart", 1);
            for line in present::notes(notes).lines() {
                self.line(2, line);
            }
        }
        self.blank();
    }

    fn values(&mut self, part: &PartDiff) {
        let values = &part.values;
        self.section("your values", values.user.len());
        for it in &values.user {
            self.change(2, it);
        }
        let (hidden, counting): (Vec<_>, Vec<_>) = values.defaults.iter().partition(|it| it.overridden);
        let (new, changed): (Vec<_>, Vec<_>) = counting.into_iter().partition(|it| it.change.how == How::Added);
        let (images, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|it| values::is_of_image(&it.change));
        self.section("defaults of the chart that changed below your values", changed.len() + images.len());
        for it in changed {
            self.change(2, &it.change);
        }
        if !images.is_empty() {
            self.line(2, &self.dim(&format!("and the tags and digests of images ({})", images.len())));
        }
        self.section("defaults that changed, but that you set yourself", hidden.len());
        for it in hidden {
            self.change(2, &it.change);
        }
        self.section("your values that have no default in the new chart", values.vanished.len());
        for it in &values.vanished {
            self.line(2, &self.signed('-', &present::harmless(it)));
        }
        self.section("new defaults of the chart", new.len());
        for it in new {
            let (sign, text) = one_line(&it.change);
            self.line(2, &self.signed(sign, &text));
        }
    }

    fn resources(&mut self, part: &PartDiff) {
        self.section("the same change in many resources", part.folds.len());
        for fold in &part.folds {
            let change = Change {
                path: fold.what.clone(),
                how: fold.how,
                old: fold.old.clone(),
                new: fold.new.clone(),
                keys: Vec::new(),
            };
            let (sign, text) = one_line(&change);
            self.line(
                2,
                &self.signed(sign, &format!("{text}  {}", self.dim(&count(fold.resources.len(), "resource")))),
            );
        }
        let (quiet, loud): (Vec<_>, Vec<_>) = part.resources.iter().partition(|it| fold::is_quiet(it));
        self.section("resources", loud.len());
        for resource in loud {
            let mark = match resource.risk {
                Risk::Moves => String::new(),
                risk => format!("  {}", self.risk(risk, &format!("[{}]", risk.title()))),
            };
            self.line(2, &format!("{}{mark}", self.signed(sign(resource.status), &title(resource))));
            if let Some(text) = overview::folded(resource) {
                self.line(4, &self.dim(&text));
                continue;
            }
            for change in &resource.changes {
                self.change(4, change);
            }
        }
        if !quiet.is_empty() {
            let text_only = quiet.iter().filter(|it| it.status == Status::TextOnly).count();
            let folded = quiet.len() - text_only;
            let mut words = Vec::new();
            if folded > 0 {
                words.push(format!("{} changed only in what is told above", count(folded, "resource")));
            }
            if text_only > 0 {
                words.push(format!("{} only in how it is written", count(text_only, "resource")));
            }
            self.line(1, &self.dim(&words.join(", ")));
        }
    }

    fn change(&mut self, depth: usize, change: &Change) {
        if let (Some(old), Some(new)) = (&change.old, &change.new)
            && (present::has_lines(old) || present::has_lines(new))
            && old.is_string()
            && new.is_string()
        {
            self.line(depth, &self.signed('~', &present::harmless(&change.path)));
            for line in present::lines(old, new, 2) {
                let text = match line {
                    Line::Same(text) => self.dim(&format!("  {text}")),
                    Line::Gone(text) => self.signed('-', &text),
                    Line::Come(text) => self.signed('+', &text),
                    Line::Gap(count) => self.dim(&format!("  … {}", number::count(count, "line"))),
                };
                self.line(depth + 2, &text);
            }
            return;
        }
        let whole = match change.how {
            How::Added => change.new.as_ref(),
            How::Removed => change.old.as_ref(),
            _ => None,
        };
        if let Some(value) = whole.filter(|it| it.is_object() || it.is_array() || present::has_lines(it)) {
            let sign = if change.how == How::Added { '+' } else { '-' };
            self.line(depth, &self.signed(sign, &format!("{}:", present::harmless(&change.path))));
            for line in present::block(value).lines() {
                self.line(depth + 2, &self.signed(sign, line));
            }
            return;
        }
        let (sign, text) = one_line(change);
        self.line(depth, &self.signed(sign, &text));
    }

    fn fact(&mut self, depth: usize, what: &str, old: Option<&str>, new: Option<&str>) {
        let text = match (old, new) {
            (Some(old), Some(new)) => format!("{what:<10} {old} → {new}"),
            (None, Some(new)) => format!("{what:<10} {new}"),
            (old, _) => format!("{what:<10} {} → none", old.unwrap_or_default()),
        };
        self.line(depth, &present::harmless(&text));
    }

    fn section(&mut self, title: &str, items: usize) {
        if items > 0 {
            self.line(1, &self.bold(title));
        }
    }

    /// A sentence that begins in a column; what does not fit follows below that column.
    fn broken(&self, column: usize, text: &str) -> String {
        let Some(width) = self.width.filter(|it| *it > column + 20) else { return text.to_owned() };
        let mut broken = String::new();
        let mut at = column;
        for word in text.split(' ') {
            let length = word.chars().count();
            if at > column && at + 1 + length > width {
                let _ = write!(broken, "\n{}", " ".repeat(column));
                at = column;
            } else if at > column {
                broken.push(' ');
                at += 1;
            }
            broken.push_str(word);
            at += length;
        }
        broken
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "  ".repeat(depth));
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn risk(&self, risk: Risk, text: &str) -> String {
        let code = match risk {
            Risk::Refused => "1;37;41",
            Risk::Gains => "1;31",
            Risk::Unseen => "1;34",
            Risk::Traffic => "1;33",
            Risk::Loss => "1;35",
            Risk::Restart => "1;36",
            Risk::Moves => "1;2",
        };
        self.paint(code, text)
    }

    fn signed(&self, sign: char, text: &str) -> String {
        let code = match sign {
            '+' => "32",
            '-' => "31",
            '~' | '>' => "33",
            _ => return format!("{sign} {text}"),
        };
        self.paint(code, &format!("{sign} {text}"))
    }
}

/// A change on one line with its sign.
pub(in crate::review) fn one_line(change: &Change) -> (char, String) {
    let path = present::harmless(&change.path);
    let word = |it: &Option<Json>| it.as_ref().map_or_else(|| "none".to_owned(), |it| present::word(it, CUT));
    match change.how {
        How::Added => ('+', format!("{path}: {}", word(&change.new))),
        How::Removed => ('-', format!("{path}: {}", word(&change.old))),
        How::Changed => ('~', format!("{path}: {} → {}", word(&change.old), word(&change.new))),
        How::Reordered => ('~', format!("{path}: the order is now {}", word(&change.new))),
    }
}
