//! `docs/SUMMARY.md` lists every page of `docs` once.

use std::collections::BTreeSet;

use super::links::{join, links};
use super::page::Page;
use super::pages;

#[test]
fn the_summary_lists_every_page() {
    let summary = Page::read("docs/SUMMARY.md");
    let listed: Vec<String> = links(&summary).into_iter().filter_map(|it| join(&summary.path, &it.1)).collect();
    let set: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(set.len(), listed.len(), "a page stands twice: {listed:?}");
    for page in pages() {
        if page.path.starts_with("docs/") && page.path != summary.path {
            assert!(set.contains(&page.path), "docs/SUMMARY.md does not list {}", page.path);
        }
    }
}
