//! The commands of a page: run in order, and what they print compared with what the page says.

use std::fs;

use super::page::{Block, Page};
use super::setting::{Place, Setting, is_lacking};
use super::writes;
use crate::support::repository;

/// A command, and what the page says that it prints.
struct Step {
    /// Its first line in the page, from 0.
    at: usize,
    command: String,
    /// From and up to which line its output stands.
    output: (usize, usize),
}

/// Runs a page; what differs first, where anything does.
pub fn run(page: Page) -> Result<(), String> {
    let setting = Setting::of(&page);
    if is_lacking(&setting) {
        return Ok(());
    }
    let place = Place::new(&setting);
    for command in &setting.before {
        let (code, said) = place.run(command);
        if code != 0 {
            return Err(format!("before: `{command}` ends with {code}:\n{said}"));
        }
    }
    let mut changes = Vec::new();
    let done = compare(&page, &place, &mut changes);
    if !changes.is_empty() {
        let mut lines = page.lines;
        for (start, end, said) in changes.into_iter().rev() {
            lines.splice(start..end, said);
        }
        fs::write(repository().join(&page.path), lines.join("\n") + "\n").map_err(|fault| fault.to_string())?;
    }
    done
}

/// Lines of a page, from one number up to another, and what stands there from now on.
type Change = (usize, usize, Vec<String>);

fn compare(page: &Page, place: &Place, changes: &mut Vec<Change>) -> Result<(), String> {
    for block in &page.blocks {
        if let Some(file) = &block.file {
            place.write(file, &(page.text_of(block).join("\n") + "\n"));
        }
        if block.kind != "console" {
            continue;
        }
        for step in steps(page, block)? {
            let (code, said) = place.run(&step.command);
            let line = step.at + 1;
            if code != 0 {
                return Err(format!("line {line}: `{}` ends with {code}:\n{said}", step.command));
            }
            let said = ordered(said.lines().map(|it| it.trim_end().to_owned()).collect());
            let expected = &page.lines[step.output.0..step.output.1];
            if agree(expected, &said) {
                continue;
            }
            if !writes() {
                let (said, expected) = (said.join("\n"), expected.join("\n"));
                return Err(format!("line {line}: `{}` prints\n{said}\n\nand not\n{expected}", step.command));
            }
            changes.push((step.output.0, step.output.1, shortened(said.iter().map(|it| masked(it)).collect())));
        }
    }
    Ok(())
}

/// Sources are told as they come, in any order: by their names.
fn ordered(mut lines: Vec<String>) -> Vec<String> {
    for group in lines.chunk_by_mut(|one, other| one.starts_with("have ") && other.starts_with("have ")) {
        group.sort();
    }
    lines
}

/// Long texts as a page shows them: what comes first, and how they end.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    const LONGEST: usize = 24;
    if lines.len() > LONGEST {
        lines.splice(LONGEST - 6..lines.len() - 2, ["...".to_owned()]);
    }
    lines
}

fn steps(page: &Page, block: &Block) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (index, line) in page.text_of(block).iter().enumerate() {
        let at = block.start + index;
        let command = line.strip_prefix("$ ");
        if let (None, true, Some(step)) = (command, goes_on, steps.last_mut()) {
            step.command += &format!("\n{line}");
            step.output = (at + 1, at + 1);
            goes_on = line.ends_with('\\');
            continue;
        }
        match (command, steps.last_mut()) {
            (Some(command), _) => {
                goes_on = command.ends_with('\\');
                steps.push(Step { at, command: command.into(), output: (at + 1, at + 1) });
            }
            (None, Some(step)) => step.output.1 = at + 1,
            (None, None) => return Err(format!("line {}: a console block begins with `$ `", at + 1)),
        }
    }
    Ok(steps)
}

/// Whether lines are those that a page expects; `...` there is any number of lines.
fn agree(expected: &[String], said: &[String]) -> bool {
    match expected.split_first() {
        None => said.is_empty(),
        Some((first, rest)) if first == "..." => (0..=said.len()).any(|skip| agree(rest, &said[skip..])),
        Some((first, rest)) => said.split_first().is_some_and(|(it, others)| fits(first, it) && agree(rest, others)),
    }
}

/// Whether a line is the expected one; `[..]` there is any text, with as many dots as somebody likes.
fn fits(expected: &str, said: &str) -> bool {
    let Some((head, rest)) = expected.split_once("[..") else { return expected == said };
    let rest = rest.trim_start_matches('.').strip_prefix(']').unwrap_or(rest);
    let Some(said) = said.strip_prefix(head) else { return false };
    (0..=said.len()).filter(|at| said.is_char_boundary(*at)).any(|at| fits(rest, &said[at..]))
}

/// A line for the page, with `[..]` for what another run prints otherwise: keys, digests, days and times.
fn masked(line: &str) -> String {
    let mut out = String::new();
    let is_word = |it: char| it.is_ascii_alphanumeric() || ":-./+=_".contains(it);
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
        let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        out.push_str(&masked_word(&rest[..end]));
        rest = &rest[end..];
    }
    out
}

fn masked_word(word: &str) -> String {
    let hex = |it: &str| it.len() >= 12 && it.chars().all(|it| it.is_ascii_hexdigit() || it == ':');
    let bare = word.trim_end_matches(['.', ':']);
    let end = &word[bare.len()..];
    let day = |it: &str| it.len() >= 10 && it.starts_with("20") && it.as_bytes()[4] == b'-' && it.as_bytes()[7] == b'-';
    for kind in ["sha256:", "SHA256:", "sha256-", "age1pq1", "age1"] {
        if let Some(rest) = bare.strip_prefix(kind)
            && rest.len() >= 12
        {
            return format!("{kind}[..]{end}");
        }
    }
    if let Some((head, _)) = bare.split_once("sha256:") {
        return format!("{head}sha256:[..]{end}");
    }
    if day(bare) {
        // As wide, so that tables stay tables.
        return format!("[{}]{end}", ".".repeat(bare.len() - 2));
    }
    if hex(bare) || is_commit(bare) {
        return format!("[..]{end}");
    }
    word.to_owned()
}

/// Whether a word is the short name of a commit.
fn is_commit(word: &str) -> bool {
    let (mut digits, mut letters) = (0, 0);
    for it in word.chars() {
        match it {
            '0'..='9' => digits += 1,
            'a'..='f' => letters += 1,
            _ => return false,
        }
    }
    digits + letters >= 7 && digits > 0 && letters > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn only_what_the_page_leaves_open_may_differ() {
        for (expected, said) in [
            ("a\n...\nb", "a\nb"),
            ("a\n...\nb", "a\nx\ny\nb"),
            ("a [..] c", "a b c"),
            ("a [....] c", "a b c"),
            ("", ""),
            ("...", ""),
        ] {
            assert!(agree(&lines(expected), &lines(said)), "{expected}: {said}");
        }
        for (expected, said) in [("a", ""), ("", "a"), ("a\n...\nb", "a\nx"), ("a [..] c", "a b d"), ("a", "a\nb")] {
            assert!(!agree(&lines(expected), &lines(said)), "{expected}: {said}");
        }
    }

    #[test]
    fn keys_digests_and_days_are_left_open() {
        let digest = "3b".repeat(32);
        assert_eq!(masked(&format!("built sha256:{digest}, 12 KiB")), "built sha256:[..], 12 KiB");
        assert_eq!(masked("ends 2029-11-27 (1095 days)"), "ends [........] (1095 days)");
        assert_eq!(masked("to age1qyqszqgpqyqszqgpqyqszqgp."), "to age1[..].");
        assert_eq!(masked("cilium 1.19.6, 73 KiB"), "cilium 1.19.6, 73 KiB");
    }
}
