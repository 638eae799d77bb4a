//! Links of pages lead somewhere: to a file of the repository, and to a heading in it.

use std::path::{Component, Path, PathBuf};

use super::page::Page;
use super::pages;
use crate::support::repository;

#[test]
fn every_link_leads_somewhere() {
    let faults: Vec<String> = pages().iter().flat_map(broken).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn broken(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, target) in links(page) {
        if ["https://", "http://", "mailto:"].iter().any(|it| target.starts_with(it)) {
            continue;
        }
        if let Err(why) = follow(page, &target) {
            faults.push(format!("{}:{}: `{target}` {why}", page.path, index + 1));
        }
    }
    faults
}

fn follow(page: &Page, target: &str) -> Result<(), String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let other =
        if path.is_empty() { page.path.clone() } else { join(&page.path, path).ok_or("leaves the repository")? };
    let file = repository().join(&other);
    if !file.exists() {
        return Err("is not there".into());
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let other = Page::read(&other);
    let headings: Vec<String> = other.prose().into_iter().filter_map(|(_, line)| heading(line)).collect();
    if headings.iter().any(|it| it == anchor) { Ok(()) } else { Err(format!("names no heading: {headings:?}")) }
}

/// A path from the root, for one that stands in a page.
pub fn join(page: &str, path: &str) -> Option<String> {
    let mut found = PathBuf::from(page);
    found.pop();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir if !found.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            other => found.push(other),
        }
    }
    Some(found.display().to_string())
}

/// The name that GitHub and mdBook give a heading.
fn heading(line: &str) -> Option<String> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    if !(1..=6).contains(&level) || !text.starts_with(' ') {
        return None;
    }
    let kept = text.trim().to_lowercase();
    let kept = kept.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    Some(kept.map(|it| if it == ' ' { '-' } else { it }).collect())
}

/// The targets of links and pictures, with their lines.
pub fn links(page: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in page.prose() {
        // What is in backticks is no link.
        let line: String = line.split('`').step_by(2).collect();
        for (open, close) in [("](", ")"), ("src=\"", "\""), ("srcset=\"", "\""), ("href=\"", "\"")] {
            for piece in line.split(open).skip(1) {
                if let Some((target, _)) = piece.split_once(close) {
                    found.push((index, target.trim_matches(['<', '>']).to_owned()));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let page = |text: &str| Page::of("docs/a.md", text);
        let good = "# One two\n[a](#one-two) [b](../README.md) `[c](none.md)`\n<!-- [d](none.md) -->\n";
        // Anchors are read from the file, so the page itself must be one.
        assert_eq!(heading("# One `two`, three"), Some("one-two-three".into()));
        assert_eq!(broken(&page(&good.replace("#one-two", "../README.md#ichor"))), [""; 0]);
        for bad in ["[a](none.md)", "[a](../README.md#nothing)", "<img src=\"none.svg\">", "[a](../../out.md)"] {
            assert_eq!(broken(&page(bad)).len(), 1, "{bad}");
        }
    }
}
